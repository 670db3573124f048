"""The models of the schemes, under the names by which programs take them from the modules beside this one.

Nobody here needs them: building them takes longer than the rest of this package, so they are built when asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["models_under"]


def models_under(module_name: str, **names: str) -> Callable[[str], Any]:
    """Return the `__getattr__` of a module in which models of `vivace.openapi.models` have other names.

    Args:
        module_name: The module.
        names: The names in `vivace.openapi.models`, by those in the module.
    """

    def find(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {module_name!r} has no attribute {name!r}")
        from vivace.openapi import models

        return getattr(models, names[name])

    return find
