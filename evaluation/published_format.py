"""Reading the JSON of a published evaluation: every field that is not as it must be is named, with its bidder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

from evaluation.errors import RuleViolation

FIGURE = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?")
ROUNDING = re.compile(r"([0-6])(dp half up)?")
LONGEST = 60  # characters of a name
MOST = 1_000  # entries of a list or an object


@dataclass(frozen=True)
class Entry:
    """One object of the file; `where` names it in refusals: a bidder's code, a field, or "JSON" for the whole file."""

    where: str
    fields: Mapping[str, Any]

    def refuse(self, field: str, expected: str) -> NoReturn:
        """Raises RuleViolation `published_format`."""
        found = printable(str(self.fields.get(field, "")))[:LONGEST]
        raise RuleViolation("published_format", where=self.where, field=field, expected=expected, found=found)

    def blank(self, field: str) -> bool:
        """Whether the field is there, with nothing in it."""
        value = self.fields.get(field)
        return value is None or (isinstance(value, str) and not value.strip())

    def text(self, field: str) -> str:
        """A name as it can be printed, without blanks around it."""
        value = self.fields.get(field)
        if isinstance(value, bool) or not isinstance(value, str | int) or not 0 < len(str(value).strip()) <= LONGEST:
            self.refuse(field, "text")
        return printable(str(value).strip())

    def texts(self, field: str) -> list[str]:
        items = self._items(field)
        return [Entry(self.where, {field: item}).text(field) for item in items]

    def number(self, field: str) -> Decimal:
        found = figure(self.fields.get(field))
        if found is None:
            self.refuse(field, "published_number")
        return found

    def numbers(self, field: str) -> list[Decimal]:
        return [Entry(self.where, {field: item}).number(field) for item in self._items(field)]

    def whole(self, field: str, otherwise: int) -> int:
        if field not in self.fields:
            return otherwise
        number = self.number(field)
        if number != int(number):
            self.refuse(field, "whole_number")
        return int(number)

    def entry(self, field: str) -> Entry:
        value = self.fields.get(field)
        if not isinstance(value, dict) or not 0 < len(value) <= MOST:
            self.refuse(field, "object")
        return Entry(f"{self.where} {printable(field)}".strip(), value)

    def entries(self, field: str) -> list[Entry]:
        items = self._items(field)
        for number, item in enumerate(items, 1):
            if not isinstance(item, dict):
                Entry(f"{field} {number}", {field: item}).refuse(field, "object")
        return [Entry(f"{field} {number}", item) for number, item in enumerate(items, 1)]

    def _items(self, field: str) -> list[Any]:
        value = self.fields.get(field)
        if not isinstance(value, list) or not 0 < len(value) <= MOST:
            self.refuse(field, "list")
        return value


def reading(data: Any) -> Entry:
    """The whole file. Raises RuleViolation `published_format` where it is no object."""
    if not isinstance(data, dict):
        raise RuleViolation("published_format", where="JSON", field="{}", expected="object", found="")
    return Entry("JSON", data)


def figure(value: Any) -> Decimal | None:
    """The number that `value` writes in plain decimal notation; None if it is none, or too long to be one here."""
    text = "" if isinstance(value, bool) or not isinstance(value, str | int | Decimal) else str(value).strip()
    return Decimal(text) if FIGURE.fullmatch(text) else None


def rounding(entry: Entry, field: str) -> int:
    """The decimals of `2dp half up`, the one way in which results are rounded."""
    value = entry.fields.get(field)
    found = None if isinstance(value, bool) else ROUNDING.fullmatch(str(value))
    if found is None:
        entry.refuse(field, "published_rounding")
    return int(found[1])


def printable(text: str) -> str:
    """`text` with what a terminal would act upon, or cannot show, written as its code point."""
    return "".join(c if c.isprintable() or c == "\u3000" else f"\\u{ord(c):04x}" for c in text)
