"""The node of the dependency graph, under the reference's import path."""

from vivace._deps.graph import Dependant

__all__ = ["Dependant"]
