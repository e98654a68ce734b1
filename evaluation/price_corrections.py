"""Arithmetic corrections of prices (算术修正): by which published rule a price is corrected, and what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class ArithmeticGround(StrEnum):
    """Which of two figures counts where they differ (O12 art. 19, O87 art. 59); the rule book says in which order.

    `total_over_unit`: where the decimal point of a unit price is plainly misplaced.
    """

    OPENING_OVER_DETAIL = "opening_over_detail"
    WORDS_OVER_FIGURES = "words_over_figures"
    UNIT_OVER_TOTAL = "unit_over_total"
    TOTAL_OVER_UNIT = "total_over_unit"
    SUM_OVER_TOTAL = "sum_over_total"


@dataclass(frozen=True)
class PriceCorrection:
    """The price in yuan that a bid has by the published rule of correction."""

    price: Decimal
    ground: ArithmeticGround


@dataclass(frozen=True)
class CorrectedPrice:
    """Of a price that was corrected: the one that was bid and read out, and by which rule another one counts."""

    read_out: Decimal
    ground: ArithmeticGround


Corrections = Mapping[str, PriceCorrection]  # by bid, what its bidder has confirmed


def counted_prices(prices: Mapping[str, Decimal], corrections: Corrections) -> dict[str, Decimal]:
    """Of `prices` (yuan by bid, as they were bid) those that count."""
    return {bid: corrections[bid].price if bid in corrections else price for bid, price in prices.items()}


def corrected_price(read_out: Decimal, correction: PriceCorrection | None) -> CorrectedPrice | None:
    """What a result keeps of a price that was corrected; None where it counts as it was bid."""
    return None if correction is None else CorrectedPrice(read_out, correction.ground)
