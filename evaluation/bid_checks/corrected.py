"""The price that a bid would have by what was found in its priced list: for a member to look at, never by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal, localcontext

from evaluation.arithmetic import ARITHMETIC, ZERO
from evaluation.bid_checks.findings import BidFinding, FindingKind
from evaluation.price_corrections import ArithmeticGround, PriceCorrection

G = ArithmeticGround
ABOUT_SUMS = frozenset({FindingKind.LIST_SUM, FindingKind.LIST_LINES})


def suggested_price(
    found: Iterable[BidFinding], read_out: Decimal, grounds: Collection[ArithmeticGround]
) -> PriceCorrection | None:
    """The sum of the list in yuan with quantity times unit price for each amount that differs from it (O12 art. 19), by
    all that was `found` about the one bid. None where that is the price read out, and where the rule book does not know
    the rule or lets the opening form count over the list (O87 art. 59)."""
    if G.UNIT_OVER_TOTAL not in grounds or G.OPENING_OVER_DETAIL in grounds:
        return None
    price = read_out
    with localcontext(ARITHMETIC):
        for one in found:
            if one.kind is FindingKind.LIST_SUM:
                price += Decimal(one.figures["difference"])
            elif one.kind is FindingKind.LIST_LINES:
                lines = (Decimal(at.values["product"]) - Decimal(at.values["amount"]) for at in one.evidence)
                price += sum(lines, ZERO)
    return None if price == read_out or price <= ZERO else PriceCorrection(price, G.UNIT_OVER_TOTAL)
