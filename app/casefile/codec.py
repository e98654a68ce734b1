"""Facts to JSON and back, strictly: what does not fit the fact's declared fields is refused with its path.

Decimals travel as strings, instants as `YYYY-MM-DDTHH:MM:SS[.mmm]Z`, enumerations as their values, a missing
optional value is left out (canonical JSON has no null).
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from app.procedure.errors import RuleViolation
from crypto.canonical import Json
from crypto.errors import CryptoError
from crypto.instants import format_instant, parse_instant

T = TypeVar("T")
# What a refusal says was expected; each has its words in `translations/messages` as `shape_…`.
SHAPES = {str: "text", int: "whole_number", bool: "yes_or_no", Decimal: "number", datetime: "instant", date: "date"}
PLAIN = (str, int, bool)
# In plain digits, as `encode` writes one: `1e999999999` is short, and a thousand million digits once it is written out.
NUMBER = re.compile(r"-?[0-9]{1,100}(\.[0-9]{1,100})?")


def encode(value: Any) -> Json:
    """`value` (a fact or a part of one) as what canonical JSON can hold."""
    match value:
        case StrEnum():
            return value.value
        case bool() | int() | str():
            return value
        case Decimal():
            return format(value, "f")
        case datetime():
            return format_instant(value)
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): encode(item) for key, item in value.items()}
        case tuple() | list():
            return [encode(item) for item in value]
    if dataclasses.is_dataclass(value):
        pairs = ((f.name, getattr(value, f.name)) for f in dataclasses.fields(value))
        return {name: encode(item) for name, item in pairs if item is not None}
    raise TypeError(f"no JSON form for {type(value).__name__}")


@cache
def _fields(kind: type) -> dict[str, tuple[Any, bool]]:
    """Declared type and whether it must be present, by field name."""
    hints = typing.get_type_hints(kind)
    found = {}
    for f in dataclasses.fields(kind):
        required = f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
        found[f.name] = (hints[f.name], required and type(None) not in typing.get_args(hints[f.name]))
    return found


def decode(kind: type[T], value: Json, path: str = "$") -> T:
    """The value of type `kind` that `encode` writes as `value`. Raises RuleViolation `malformed` with the path."""
    return typing.cast(T, _decode(kind, value, path))


def _refuse(path: str, expected: str) -> typing.NoReturn:
    raise RuleViolation("malformed", path=path, expected=expected)


def _shape(kind: Any) -> str:
    """The name of what a value of this type looks like in JSON, never the type's own name."""
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return " | ".join(kind)
    origin = typing.get_origin(kind)
    return SHAPES.get(kind) or ("list" if origin is tuple else "object")


def _decode(kind: Any, value: Json, path: str) -> Any:
    if kind is Any:
        return value
    if kind in PLAIN:
        return value if type(value) is kind else _refuse(path, _shape(kind))
    if dataclasses.is_dataclass(kind):
        return _decode_fact(typing.cast(type, kind), value, path)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _decode_union(arguments, value, path)
    if origin is tuple:
        return _decode_tuple(arguments, value, path)
    if origin in (dict, Mapping):
        return _decode_mapping(arguments, value, path)
    return _decode_text(kind, value, path)


def _decode_fact(kind: type, value: Json, path: str) -> Any:
    fields = _fields(kind)
    if not isinstance(value, dict):
        _refuse(path, "object")
    if unknown := value.keys() - fields.keys():
        _refuse(f"{path}.{sorted(unknown)[0]}", "no_field")
    found = {}
    for name, (declared, required) in fields.items():
        if name in value:
            item = value[name]
            plain = type(item) is declared and declared in PLAIN  # most are: for them no path is written
            found[name] = item if plain else _decode(declared, item, f"{path}.{name}")
        elif required:
            _refuse(f"{path}.{name}", "a_value")
        elif type(None) in typing.get_args(declared):
            found[name] = None
    return kind(**found)


def _decode_union(arguments: tuple[Any, ...], value: Json, path: str) -> Any:
    choices = [a for a in arguments if a is not type(None)]
    if len(choices) == 1:
        return _decode(choices[0], value, path)
    for choice in choices:
        try:
            return _decode(choice, value, path)
        except RuleViolation:
            continue
    _refuse(path, " | ".join(dict.fromkeys(_shape(choice) for choice in choices)))


def _decode_tuple(arguments: tuple[Any, ...], value: Json, path: str) -> Any:
    if not isinstance(value, list):
        _refuse(path, "list")
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(_decode(arguments[0], item, f"{path}[{i}]") for i, item in enumerate(value))
    if len(arguments) != len(value):
        _refuse(path, "list")
    return tuple(_decode(a, item, f"{path}[{i}]") for i, (a, item) in enumerate(zip(arguments, value, strict=True)))


def _decode_mapping(arguments: tuple[Any, ...], value: Json, path: str) -> Any:
    if not isinstance(value, dict):
        _refuse(path, "object")
    key_kind, item_kind = arguments
    try:
        return {
            (int(key) if key_kind is int else key): _decode(item_kind, item, f"{path}.{key}")
            for key, item in value.items()
        }
    except ValueError:
        _refuse(path, "numbered")


def _decode_text(kind: Any, value: Json, path: str) -> Any:
    if not isinstance(value, str):
        _refuse(path, _shape(kind))
    try:
        if kind is Decimal:
            return Decimal(value) if NUMBER.fullmatch(value) else _refuse(path, "number")
        if kind is datetime:
            return parse_instant(value)
        if kind is date:
            return date.fromisoformat(value)
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return kind(value)
    except (ValueError, CryptoError):
        pass
    return _refuse(path, _shape(kind))


def check_lengths(value: Json, most: int) -> None:
    """No text in it has more than `most` characters. Raises RuleViolation `text_too_long` (length, most)."""
    parts = [value]
    while parts:
        part = parts.pop()
        if isinstance(part, str) and len(part) > most:
            raise RuleViolation("text_too_long", length=len(part), most=most)
        if isinstance(part, dict | list):
            parts.extend(part.values() if isinstance(part, dict) else part)
