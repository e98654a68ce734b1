"""Which prices are so low that the committee has the bidder explain them (O12 art. 21, O87 art. 60).

The law has no number: what is marked is a matter of the published rules, and that a price is marked decides nothing.
There is no minimum price (Regulation art. 27); a marked price is to be explained, and the committee decides whether the
explanation proves it reasonable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum

from evaluation.arithmetic import ARITHMETIC, MONEY_PLACES, mean, round_half_up


@dataclass(frozen=True)
class LowPriceRules:
    """Below which share of what a price is marked; None: it is not compared with that.

    `of_mean`: of the mean of all compared prices, its own among them; `of_next`: the lowest price, of the one next to
    it; `of_ceiling`: of the ceiling, where there is one.
    """

    of_mean: Decimal | None = None
    of_next: Decimal | None = None
    of_ceiling: Decimal | None = None


class LowPriceKind(StrEnum):
    """With what a price was compared."""

    MEAN = "mean"
    NEXT = "next"
    CEILING = "ceiling"


@dataclass(frozen=True)
class LowPriceMark:
    """A limit in yuan that a price lies below, with what it is a share of."""

    kind: LowPriceKind
    compared: Decimal
    limit: Decimal


@dataclass(frozen=True)
class MarkedPrice:
    """A price (yuan) that is to be explained, with each limit that it lies below."""

    bid: str
    price: Decimal
    marks: tuple[LowPriceMark, ...]


def marked_prices(
    rules: LowPriceRules, prices: Mapping[str, Decimal], ceiling: Decimal | None
) -> tuple[MarkedPrice, ...]:
    """Of `prices` (yuan, by bid, of the bids that passed the review) those below a limit, in their order.

    A limit is rounded half up to the fen before it is used, so that anybody can compute it from what is printed.
    """
    with localcontext(ARITHMETIC):
        limits = tuple(_limits(rules, prices, ceiling))
        lowest = min(prices.values(), default=None)
        found = []
        for bid, price in prices.items():
            marks = (m for m in limits if price < m.limit and (m.kind is not LowPriceKind.NEXT or price == lowest))
            if of_bid := tuple(marks):
                found.append(MarkedPrice(bid, price, of_bid))
        return tuple(found)


def _limits(rules: LowPriceRules, prices: Mapping[str, Decimal], ceiling: Decimal | None) -> Iterator[LowPriceMark]:
    in_order = sorted(prices.values())
    average = round_half_up(mean(in_order), MONEY_PLACES) if in_order else None
    compared = (
        (LowPriceKind.MEAN, rules.of_mean, average),
        (LowPriceKind.NEXT, rules.of_next, in_order[1] if len(in_order) > 1 else None),
        (LowPriceKind.CEILING, rules.of_ceiling, ceiling),
    )
    for kind, share, base in compared:
        if share is not None and base is not None:
            yield LowPriceMark(kind, base, round_half_up(base * share, MONEY_PLACES))
