"""The command line. Imports anything; nothing imports it."""

from vivace.cli.commands import main

__all__ = ["main"]
