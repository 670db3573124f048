"""What a callable is: its kind, its arguments, the shapes of its annotations. This package knows nothing about HTTP."""
