"""Readings of made-up bids, for tests of what is found in them."""

from __future__ import annotations

import random
from decimal import Decimal as D

from evaluation.bid_checks import (
    READINGS,
    BidCheckRules,
    BidReading,
    FileReading,
    FindingKind,
    Reading,
    Readings,
    check_bids,
    fingerprints,
)
from evaluation.bid_checks.findings import BidFinding

RULES = BidCheckRules(
    rounding=D("1.00"),
    unbalanced_percent=D(30),
    unbalanced_bids=3,
    unbalanced_share=D("0.5"),
    regular_bids=3,
    regular_items=10,
    regular_share=D(90),
    regular_tolerance=D("0.1"),
    alike_share=D(50),
    alike_prints=40,
)
HEADER = ("number", "name", "unit", "quantity", "unit_price", "amount")
OWN_HEADER = ("项目编码", "项目名称", "计量单位", "工程量", "综合单价")


def digest(text: str) -> str:
    return (text.encode().hex() * 64)[:64]


def file(path: str, *texts: str, content: str = "", **properties: str) -> FileReading:
    """A file whose pages have these texts."""
    sha256 = digest(content or path + "".join(texts))
    return FileReading(path, 100, sha256, Reading.READ, properties, tuple(map(fingerprints, texts)))


def priced(prices: dict[str, str], quantity: str = "10") -> tuple[tuple[str, ...], ...]:
    """A list of items at these unit prices, multiplied right."""
    rows = [(n, f"项目{n}", "m3", quantity, price, f"{D(price) * D(quantity):f}") for n, price in prices.items()]
    return (HEADER, *rows)


def bid(
    name: str,
    price: str = "",
    manager: str = "",
    rows: tuple[tuple[str, ...], ...] = (),
    files: tuple[FileReading, ...] = (),
) -> BidReading:
    if rows:
        files = (*files, file("priced-list.csv", content=f"list of {name}"))
        total = sum((D(row[5]) for row in rows[1:]), D(0))
        price = price or f"{total:f}"
    return BidReading(
        name, D(price or "100.00"), manager or f"manager {name}", files, "priced-list.csv" if rows else "", rows
    )


def readings(
    *bids: BidReading, documents: tuple[FileReading, ...] = (), own: tuple[tuple[str, ...], ...] = ()
) -> Readings:
    return Readings(READINGS, "test", documents, own, bids)


def found(*bids: BidReading, **more: tuple) -> list[BidFinding]:
    return list(check_bids(readings(*bids, **more), RULES))


def kinds(findings: list[BidFinding]) -> list[tuple[FindingKind, tuple[str, ...]]]:
    return [(one.kind, one.bids) for one in findings]


def prose(seed: int, length: int = 3000) -> str:
    """A text of its own: no two seeds share a run of sixteen characters."""
    drawn = random.Random(seed)
    return "".join(chr(0x4E00 + drawn.randrange(3000)) for _ in range(length))
