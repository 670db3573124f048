"""The class of all security schemes. What it is stands in `vivace._deps.schemes`, which the document is made from."""

from vivace._deps.schemes import SecurityBase
from vivace.security._models import models_under

__all__ = ["SecurityBase"]

__getattr__ = models_under(__name__, SecurityBaseModel="SecurityBase")
