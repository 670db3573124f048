"""The class of all security schemes. What it is stands in `vivace._deps.schemes`, which the document is made from."""

from vivace._deps.schemes import SecurityBase

__all__ = ["SecurityBase"]
