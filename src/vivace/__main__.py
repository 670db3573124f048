"""`python -m vivace` is the command `vivace`."""

from vivace.cli import main

if __name__ == "__main__":  # processes that are started for workers import this module again
    main(prog_name="vivace")
