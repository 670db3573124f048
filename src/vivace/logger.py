"""The logger of the framework, named ``vivace``. It has no handlers: the program decides where its records go."""

import logging

__all__ = ["logger"]

logger = logging.getLogger("vivace")
