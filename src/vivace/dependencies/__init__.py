"""What programs reach for in the reference's package of this name. Nothing of ours uses it."""
