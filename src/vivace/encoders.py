"""From Python data to JSON: ``jsonable_encoder`` makes plain data of anything, ``encode_json`` makes bytes of anything.

The one rule: ``encode_json(x)`` has the bytes of ``json.dumps(jsonable_encoder(x))`` in the compact form, or its error.
"""

from __future__ import annotations

import dataclasses
import datetime
import importlib
import io
import json
import marshal
import math
import sys
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from pathlib import Path, PurePath
from re import Pattern
from types import GeneratorType
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic_core import PydanticUndefinedType, Url

from vivace.exceptions import PydanticV1NotSupportedError
from vivace.types import IncEx

__all__ = [
    "ENCODERS_BY_TYPE",
    "decimal_encoder",
    "encode_json",
    "encode_json_line",
    "encoders_by_class_tuples",
    "generate_encoders_by_class_tuples",
    "isoformat",
    "jsonable_encoder",
]

Encoder = Callable[[Any], Any]  # takes and returns whatever its type demands


def isoformat(o: datetime.date | datetime.time) -> str:
    """Return the ISO 8601 form."""
    return o.isoformat()


def decimal_encoder(dec_value: Decimal) -> int | float:
    """Return an ``int`` if the number is written without decimals (``Decimal("1")``), else a ``float``."""
    exponent = dec_value.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= 0:
        return int(dec_value)
    return float(dec_value)  # as are the infinities and NaN, whose exponent is a letter


_encoders: Final[dict[type[Any], Encoder]] = {
    bytes: lambda o: o.decode(),
    datetime.date: isoformat,
    datetime.datetime: isoformat,
    datetime.time: isoformat,
    datetime.timedelta: lambda o: o.total_seconds(),
    Decimal: decimal_encoder,
    Enum: lambda o: o.value,
    frozenset: list,
    deque: list,
    GeneratorType: list,
    IPv4Address: str,
    IPv4Interface: str,
    IPv4Network: str,
    IPv6Address: str,
    IPv6Interface: str,
    IPv6Network: str,
    Path: str,
    Pattern: lambda o: o.pattern,
    SecretBytes: str,
    SecretStr: str,
    set: list,
    UUID: str,
    Url: str,
}


def generate_encoders_by_class_tuples(
    type_encoder_map: dict[Any, Encoder],
) -> dict[Encoder, tuple[Any, ...]]:
    """Turn a table of encoders by type around: the types of each encoder, as a tuple for ``isinstance``."""
    types_by_encoder: dict[Encoder, tuple[Any, ...]] = defaultdict(tuple)
    for type_, encoder in type_encoder_map.items():
        types_by_encoder[encoder] += (type_,)
    return types_by_encoder


_types_by_encoder: Final = generate_encoders_by_class_tuples(_encoders)

# More types that are written as strings. PERF: their modules take longer to import than all else that this one needs
# (benchmark: startup), so they are left to programs: an object of such a type exists only if its module is imported.
_LATE_TYPES: Final = (
    ("pydantic.networks", "AnyUrl"),
    ("pydantic.networks", "NameEmail"),
    ("pydantic.color", "Color"),  # deprecated
    ("pydantic_extra_types.color", "Color"),  # optional
)

# What programs see has all types: see `__getattr__()`.
ENCODERS_BY_TYPE: dict[type[Any], Encoder]
encoders_by_class_tuples: dict[Encoder, tuple[Any, ...]]


def __getattr__(name: str) -> Any:
    if name not in ("ENCODERS_BY_TYPE", "encoders_by_class_tuples"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    for module, type_name in _LATE_TYPES:
        with suppress(ImportError):
            late_type = getattr(importlib.import_module(module), type_name)
            _encoders[late_type] = str
            _types_by_encoder[str] += (late_type,)
    globals().update(ENCODERS_BY_TYPE=_encoders, encoders_by_class_tuples=_types_by_encoder)
    return globals()[name]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rules:
    """The options of one call that hold on every level of the data."""

    by_alias: bool = True
    exclude_unset: bool = False
    exclude_defaults: bool = False
    exclude_none: bool = False
    custom_encoder: Mapping[Any, Encoder] | None = None
    sqlalchemy_safe: bool = True


_DEFAULT_RULES: Final = _Rules()


def jsonable_encoder(
    obj: Any,
    include: IncEx | None = None,
    exclude: IncEx | None = None,
    by_alias: bool = True,
    exclude_unset: bool = False,
    exclude_defaults: bool = False,
    exclude_none: bool = False,
    custom_encoder: dict[Any, Encoder] | None = None,
    sqlalchemy_safe: bool = True,
) -> Any:
    """Return the data as something that ``json.dumps`` can write: dicts, lists, strings, numbers, booleans and None.

    Args:
        obj: Pydantic models, dataclasses, enums, dates, paths, containers of all these, or any object with attributes.
        include: The fields or keys to keep on the top level; in a list, on the top level of each element.
        exclude: The fields or keys to leave out there.
        by_alias: Name the fields of models by their aliases.
        exclude_unset: Leave out the fields of models that nobody set.
        exclude_defaults: Leave out the fields of models that equal their defaults.
        exclude_none: Leave out fields and keys whose value is None.
        custom_encoder: Functions by type, asked before anything else; also for subclasses of their type.
        sqlalchemy_safe: Leave out keys that begin with ``_sa``, where SQLAlchemy keeps its state.

    Raises:
        ValueError: An object is neither iterable as pairs nor has attributes. The argument is the list of both errors.
        PydanticV1NotSupportedError: There is a model of ``pydantic.v1`` in the data.
    """
    rules = _Rules(
        by_alias=by_alias,
        exclude_unset=exclude_unset,
        exclude_defaults=exclude_defaults,
        exclude_none=exclude_none,
        custom_encoder=custom_encoder or None,
        sqlalchemy_safe=sqlalchemy_safe,
    )
    return _encode(obj, rules, _as_selection(include), _as_selection(exclude))


Selection = Collection[Any] | None  # names of fields, keys, or indexes, as pydantic takes them


def _as_selection(names: Any) -> Selection:
    return names if names is None or isinstance(names, set | dict) else set(names)


def _encode(obj: Any, rules: _Rules, include: Selection = None, exclude: Selection = None) -> Any:
    if rules.custom_encoder is not None:
        encoder = _find_custom(type(obj), obj, rules.custom_encoder)
        if encoder is not None:
            return encoder(obj)
    # PERF: what JSON is made of needs one look at its exact type.
    encode_builtin = _BUILTINS.get(type(obj))
    if encode_builtin is not None:
        return encode_builtin(obj, rules, include, exclude)
    return _encode_object(obj, rules, include, exclude)


def _find_custom(kind: type[Any], obj: object, encoders: Mapping[Any, Encoder]) -> Encoder | None:
    if kind in encoders:
        return encoders[kind]
    return next((encoder for type_, encoder in encoders.items() if isinstance(obj, type_)), None)


def _encode_object(obj: Any, rules: _Rules, include: Selection, exclude: Selection) -> Any:
    # The order decides for objects that are several of these, such as an enum whose members are strings.
    if isinstance(obj, BaseModel):
        return _encode_model(obj, rules, include, exclude)
    if dataclasses.is_dataclass(obj):
        if isinstance(obj, type):
            raise AssertionError(f"{obj!r} is a dataclass, and only its instances are data. Pass an instance.")
        return _encode(dataclasses.asdict(obj), rules, include, exclude)
    if isinstance(obj, Enum):
        return obj.value
    if isinstance(obj, PurePath):
        return str(obj)
    if isinstance(obj, str | int | float):
        return obj
    if isinstance(obj, PydanticUndefinedType):
        return None
    if isinstance(obj, dict):
        return _encode_dict(obj, rules, include, exclude)
    if isinstance(obj, list | set | frozenset | GeneratorType | tuple | deque):
        return _encode_elements(obj, rules, include, exclude)
    encoder = _find_encoder(type(obj), obj)
    if encoder is not None:
        return encoder(obj)
    return _encode_attributes(obj, rules, include, exclude)


def _encode_model(obj: BaseModel, rules: _Rules, include: Selection, exclude: Selection) -> Any:
    data = obj.model_dump(
        mode="json",
        include=include,  # type: ignore[arg-type]  # pydantic checks what it is given
        exclude=exclude,  # type: ignore[arg-type]
        by_alias=rules.by_alias,
        exclude_unset=rules.exclude_unset,
        exclude_none=rules.exclude_none,
        exclude_defaults=rules.exclude_defaults,
    )
    # The model has written itself: custom encoders see it as a whole or not at all.
    return _encode(data, rules if rules.custom_encoder is None else dataclasses.replace(rules, custom_encoder=None))


def _encode_dict(obj: dict[Any, Any], rules: _Rules, include: Selection, exclude: Selection) -> dict[Any, Any]:
    return {
        _encode(key, rules): _encode(value, rules)
        for key, value in obj.items()
        if not (rules.sqlalchemy_safe and isinstance(key, str) and key.startswith("_sa"))
        and not (value is None and rules.exclude_none)
        and (include is None or key in include)
        and (exclude is None or key not in exclude)
    }


def _encode_elements(obj: Any, rules: _Rules, include: Selection, exclude: Selection) -> list[Any]:
    return [_encode(element, rules, include, exclude) for element in obj]


def _encode_itself(obj: Any, rules: _Rules, include: Selection, exclude: Selection) -> Any:
    return obj


def _find_encoder(kind: type[Any], obj: object) -> Encoder | None:
    # The tables are read each time: programs add their own types to them.
    if kind in _encoders:
        return _encoders[kind]
    for encoder, types in _types_by_encoder.items():
        if isinstance(obj, types):
            return encoder
    is_late = any(isinstance(obj, getattr(sys.modules.get(module), name, ())) for module, name in _LATE_TYPES)
    return str if is_late else None


def _encode_attributes(obj: Any, rules: _Rules, include: Selection, exclude: Selection) -> Any:
    if any((base.__module__, base.__name__) == ("pydantic.v1.main", "BaseModel") for base in type(obj).__mro__):
        raise PydanticV1NotSupportedError(
            f"pydantic.v1 models are no longer supported by FastAPI. Please update the model {obj!r}."
        )
    errors: list[Exception] = []
    for read in (_pairs_in_file if isinstance(obj, io.IOBase) else dict, vars):
        try:
            data = read(obj)
            break
        except Exception as exc:  # any object: its iteration may raise anything
            errors.append(exc)
    else:
        raise ValueError(errors) from errors[-1]
    return _encode(data, rules, include, exclude)


# As pairs, so many lines have the same keys again and again: of bytes there are 256.
_MAX_PAIRS = 10_000
_CHUNK_SIZE = 64 * 1024


def _pairs_in_file(file: Any) -> dict[Any, Any]:
    """Do what ``dict(file)`` does, to which lines of two are pairs, in little memory and time.

    A client may send a large file where a text is due, and the error shows what was sent.
    """
    pairs: dict[Any, Any] = {}
    for _ in range(_MAX_PAIRS):
        line = file.readline(3)
        if not line:
            return pairs
        if len(line) != 2:
            while line and line[-1] not in ("\n", 10):
                line = file.readline(_CHUNK_SIZE)
            break
        pairs[line[0]] = line[1]
    raise ValueError("The lines of the file are no pairs")


_BUILTINS: Final[dict[type[Any], Callable[[Any, _Rules, Selection, Selection], Any]]] = {
    str: _encode_itself,
    int: _encode_itself,
    float: _encode_itself,
    bool: _encode_itself,
    type(None): _encode_itself,
    dict: _encode_dict,
    list: _encode_elements,
    tuple: _encode_elements,
    set: _encode_elements,
    frozenset: _encode_elements,
    deque: _encode_elements,
    GeneratorType: _encode_elements,
}


def encode_json(content: Any) -> bytes:
    """Return the data as JSON: UTF-8, without spaces, any kind of object within as ``jsonable_encoder`` has it.

    Raises:
        ValueError: A number is not finite, or an object cannot be encoded.
        TypeError: A key of a dictionary is not a string, number, boolean or None.
        UnicodeEncodeError: A string holds half of a surrogate pair.
    """
    if _write_plain is not None:
        body = _encode_plain(content, _write_plain)
        if body is not None:
            return body
    return _dump(jsonable_encoder(content))


def _dump(content: Any) -> bytes:
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=None, separators=(",", ":"))
    return text.encode("utf-8")


def encode_json_line(content: Any) -> bytes:
    """Return the data as one line of JSON as ``json.dumps`` writes it: ASCII, with spaces after commas and colons.

    What streams send of items without a declared type. Any kind of object within as ``jsonable_encoder`` has it;
    numbers that are not finite are null, since a stream that has begun cannot be answered with an error.

    Raises:
        ValueError: An object cannot be encoded.
        TypeError: A key of a dictionary is not a string, number, boolean or None.
    """
    if _write_plain_line is not None:
        body = _encode_plain(content, _write_plain_line)
        if body is not None:
            return body
    return json.dumps(_with_finite_numbers(jsonable_encoder(content))).encode("ascii")


def _with_finite_numbers(data: Any) -> Any:
    if isinstance(data, float):
        return data if math.isfinite(data) else None
    if isinstance(data, dict):
        return {key: _with_finite_numbers(value) for key, value in data.items()}
    return [_with_finite_numbers(item) for item in data] if isinstance(data, list) else data


_Writer = Callable[[Any, int], tuple[str, ...]]


def _make_plain_writer(quote: Callable[[str], str], colon: str, comma: str) -> _Writer | None:
    # PERF: json.dumps with options builds an encoder on every call, at twice the time of writing a small object.
    make = getattr(json.encoder, "c_make_encoder", None)  # None where the interpreter has no such thing (PyPy)
    if make is None:
        return None
    #           markers default quote indent key   item  sort   skip   allow NaN
    return make(None, None, quote, None, colon, comma, False, False, False)  # type: ignore[no-any-return]


_write_plain: Final = _make_plain_writer(json.encoder.encode_basestring, ":", ",")
_write_plain_line: Final = _make_plain_writer(json.encoder.encode_basestring_ascii, ": ", ", ")


def _encode_plain(content: Any, write: _Writer) -> bytes | None:
    """Write data that is plain already, or return None.

    Two things tell plain data at the speed of C. ``marshal`` refuses every object that is not exactly of a built-in
    type: so an enum that is a ``str`` as well, whose value may be another than its text, or a dataclass that is a
    ``dict``, does not get past. The writer, which has no ``default``, refuses what ``marshal`` takes beyond JSON:
    bytes, sets, complex numbers. That leaves the keys that ``jsonable_encoder`` drops, which show in the text.

    What is refused, for whatever reason, goes the way that knows everything and raises the right error.
    """
    # PERF: marshal costs a quarter of writing; asking each object in Python costs four times as much as writing.
    try:
        marshal.dumps(content)
        text = "".join(write(content, 0))
        return None if '"_sa' in text else text.encode("utf-8")
    except (ValueError, TypeError, RecursionError):
        return None
