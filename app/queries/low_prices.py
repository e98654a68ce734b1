"""The prices that the rules mark as clearly low, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.messages import sentence
from evaluation.low_prices import MarkedPrice


@dataclass(frozen=True)
class LowPrice:
    """A price (yuan) that is to be explained, with each limit that it lies below in a sentence of its own."""

    bid: str
    bidder: str
    price: Decimal
    marks: tuple[str, ...]


def low_prices_of(marked: Iterable[MarkedPrice], names: Mapping[str, str], language: str) -> tuple[LowPrice, ...]:
    """In the order of the bids."""
    return tuple(
        LowPrice(
            one.bid,
            names[one.bid],
            one.price,
            tuple(
                sentence(f"low_price_{mark.kind}", {"compared": mark.compared, "limit": mark.limit}, language)
                for mark in one.marks
            ),
        )
        for one in marked
    )
