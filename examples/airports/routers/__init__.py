"""The routes, one module per subject. A route reads its input, asks a storage module, and names its response model."""
