"""Any value of a declared type, for property tests over every kind of fact."""

from __future__ import annotations

import dataclasses
import types
import typing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache

from tests.choices import Choices

WHOLE = sorted({sign * (2**power - less) for power in range(54) for less in (0, 1) for sign in (1, -1)})[1:-1]
LETTERS = 'a0Z\0\n\x7f\x80\xa0ß中\u2028\ud7ff\ue000\ufeff\uffff\U0001f600\U0010ffff "\\/'
MOST_CENTS = 10**14
MILLISECONDS = range(7_258_118_400_000)  # 1970 to 2200
DAYS = range(1, date.max.toordinal() + 1)


def _text(chosen: Choices) -> str:
    return "".join(chosen.one(LETTERS) for _ in range(chosen.one(range(13))))


def _json(chosen: Choices, depth: int = 0) -> typing.Any:
    kind = chosen.one(("text", "whole", "truth", "list", "object")[: 5 if depth < 2 else 3])
    match kind:
        case "text":
            return _text(chosen)
        case "whole":
            return chosen.one(WHOLE)
        case "truth":
            return chosen.one((False, True))
    inner = [_json(chosen, depth + 1) for _ in range(chosen.one((0, 1, 2)))]
    return inner if kind == "list" else {_text(chosen): value for value in inner}


PLAIN: dict[typing.Any, typing.Callable[[Choices], typing.Any]] = {
    typing.Any: _json,
    str: _text,
    int: lambda chosen: chosen.one(WHOLE),
    bool: lambda chosen: chosen.one((False, True)),
    Decimal: lambda chosen: Decimal(chosen.one(range(-MOST_CENTS, MOST_CENTS + 1))) / 100,
    datetime: lambda chosen: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=chosen.one(MILLISECONDS)),
    date: lambda chosen: date.fromordinal(chosen.one(DAYS)),
}
_hints = cache(typing.get_type_hints)


def value_of(kind: typing.Any, chosen: Choices) -> typing.Any:
    """Any value of a type that a fact may use."""
    if kind in PLAIN:
        return PLAIN[kind](chosen)
    if dataclasses.is_dataclass(kind):
        return kind(**{field.name: value_of(_hints(kind)[field.name], chosen) for field in dataclasses.fields(kind)})
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        one = chosen.one(arguments)
        return None if one is type(None) else value_of(one, chosen)
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            arguments = arguments[:1] * chosen.one((0, 1, 2))
        return tuple(value_of(argument, chosen) for argument in arguments)
    if origin is not None:
        keys, items = arguments
        return {value_of(keys, chosen): value_of(items, chosen) for _ in range(chosen.one((0, 1, 2)))}
    assert issubclass(kind, StrEnum)
    return chosen.one(list(kind))
