"""`pricedlist/v1`: a bill of quantities as a table, priced by a bidder or, without prices, published by the tenderer.

The first line names the columns, in Chinese or English, in any order; each further one is an item.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from evaluation.errors import RuleViolation

FILE_NAME = "priced-list.csv"  # in a bid's package
OWN_NAME = "bill-of-quantities.csv"  # among the tender's documents
MOST_ITEMS = 10_000
MOST_BYTES = 16 << 20
MOST_COLUMNS, LONGEST_CELL = 40, 1000
COLUMNS = {
    "number": ("number", "项目编码", "编码", "序号"),
    "name": ("name", "项目名称", "名称"),
    "unit": ("unit", "计量单位", "单位"),
    "quantity": ("quantity", "工程量", "数量"),
    "unit_price": ("unit_price", "综合单价", "单价"),
    "amount": ("amount", "合价", "金额"),
}
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,6})?\Z", re.ASCII)


@dataclass(frozen=True)
class Item:
    """A line of a list (`line` counts from 1, the names of columns included). Money in yuan; None where it is empty."""

    line: int
    number: str
    name: str
    unit: str
    quantity: Decimal
    unit_price: Decimal | None
    amount: Decimal | None


def rows_of(data: bytes) -> tuple[tuple[str, ...], ...]:
    """The cells of a CSV (UTF-8, or GB 18030 as Chinese spreadsheets write it), trimmed; none of what is no CSV, of one
    with more lines than a list may have, and of cells that are too long.
    """
    if len(data) > MOST_BYTES:
        return ()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", "replace")
    try:
        rows = [tuple(cell.strip() for cell in row) for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
    except csv.Error:
        return ()
    wrong = len(rows) > MOST_ITEMS + 1 or any(
        len(row) > MOST_COLUMNS or max(map(len, row), default=0) > LONGEST_CELL for row in rows
    )
    return () if wrong else tuple(rows)


def read_list(rows: Sequence[Sequence[str]], *, priced: bool) -> tuple[Item, ...]:
    """The items of a table. `priced`: a bidder's, in which every item has a unit price and an amount.

    Raises RuleViolation `priced_list_column` (column), `priced_list_cell` (line, column), `priced_list_twice` (line,
    number), `priced_list_size` (most).
    """
    if len(rows) > MOST_ITEMS + 1:
        raise RuleViolation("priced_list_size", most=MOST_ITEMS)
    places = _places(rows[0] if rows else (), priced=priced)
    items: dict[str, Item] = {}
    for line, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        item = _item(line, {name: row[at].strip() if at < len(row) else "" for name, at in places.items()}, priced)
        if item.number in items:
            raise RuleViolation("priced_list_twice", line=line, number=item.number)
        items[item.number] = item
    return tuple(items.values())


def _places(header: Sequence[str], *, priced: bool) -> dict[str, int]:
    known = {word: name for name, words in COLUMNS.items() for word in words}
    found: dict[str, int] = {}
    for at, cell in enumerate(header):
        name = known.get(cell.strip().lower())
        if name is not None:
            found.setdefault(name, at)
    needed = COLUMNS if priced else ("number", "name", "unit", "quantity")
    for name in needed:
        if name not in found:
            raise RuleViolation("priced_list_column", column=name)
    return found


def _item(line: int, cells: dict[str, str], priced: bool) -> Item:
    def number(name: str, *, needed: bool) -> Decimal | None:
        text = cells.get(name, "").replace(",", "")
        if not text and not needed:
            return None
        if not _NUMBER.match(text):
            raise RuleViolation("priced_list_cell", line=line, column=name)
        return Decimal(text)

    if not cells["number"]:
        raise RuleViolation("priced_list_cell", line=line, column="number")
    quantity = number("quantity", needed=True)
    assert quantity is not None
    unit_price, amount = number("unit_price", needed=priced), number("amount", needed=priced)
    return Item(line, cells["number"], cells["name"], cells["unit"], quantity, unit_price, amount)
