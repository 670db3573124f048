"""One program, run on the reference and on Vivace; everything that can be observed is compared."""
