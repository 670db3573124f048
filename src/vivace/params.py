"""The classes of markers, under the reference's import path."""

from vivace._deps.markers import Depends, Security
from vivace._params.markers import Body, Cookie, File, Form, Header, Param, ParamTypes, Path, Query

__all__ = ["Body", "Cookie", "Depends", "File", "Form", "Header", "Param", "ParamTypes", "Path", "Query", "Security"]
