"""Exact decimal arithmetic of scores and money: half up, and the same on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

# Wide enough that what a quotient of amounts of money loses is far smaller than how near two different figures can be.
ARITHMETIC = Context(prec=50, rounding=ROUND_HALF_UP)
_WHOLE, _LOST = Context(prec=100, rounding=ROUND_HALF_UP), Decimal(1).scaleb(-30)
ZERO = Decimal(0)
HUNDRED = Decimal(100)
MONEY_PLACES = 2  # yuan and fen


def round_half_up(value: Decimal, places: int) -> Decimal:
    """`value` with exactly `places` decimals, ties away from zero (四舍五入).

    A third of an amount that is multiplied again can be a tie, which the truncated quotient misses by its last place:
    what was lost there is made good first.
    """
    return value.quantize(_LOST, context=_WHOLE).quantize(Decimal(1).scaleb(-places), context=ARITHMETIC)


def plain(value: Decimal) -> str:
    """A figure without an exponent and without zeros that say nothing."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def mean(values: Sequence[Decimal]) -> Decimal:
    """The unrounded arithmetic mean of at least one value."""
    with localcontext(ARITHMETIC):
        return sum(values, ZERO) / len(values)


def middle(values: Sequence[Decimal]) -> Decimal:
    """The value in the middle, of an even number the upper one: what most of them are, where most are the same."""
    return sorted(values)[len(values) // 2]


def trimmed(values: Sequence[Decimal], drop_highest_from: int, drop_lowest_from: int) -> list[Decimal]:
    """The values in ascending order without one highest and one lowest.

    Each end is dropped only when at least `drop_highest_from` (`drop_lowest_from`) values are given.
    """
    ordered = sorted(values)
    first = 1 if len(ordered) >= drop_lowest_from else 0
    last = len(ordered) - 1 if len(ordered) >= drop_highest_from else len(ordered)
    return ordered[first:last]
