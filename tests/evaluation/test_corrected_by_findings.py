"""Which price follows from findings about sums: only by unit price, and only where that is another one."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from evaluation.bid_checks.corrected import suggested_price
from evaluation.bid_checks.findings import BidFinding, Evidence, FindingKind
from evaluation.price_corrections import ArithmeticGround as G
from evaluation.price_corrections import PriceCorrection

WORKS, GOODS = (G.WORDS_OVER_FIGURES, G.UNIT_OVER_TOTAL), tuple(G)
SUM = BidFinding(FindingKind.LIST_SUM, ("b",), {"sum": "110", "price": "100", "difference": "10"}, (Evidence("b"),))
LINES = BidFinding(
    FindingKind.LIST_LINES, ("b",), {}, tuple(Evidence("b", values={"product": "5", "amount": "9"}) for _ in range(2))
)
OTHER = BidFinding(FindingKind.LIST_ZERO, ("b",), {}, ())


@pytest.mark.parametrize(
    ("found", "price"),
    [([SUM], "110"), ([LINES], "92"), ([SUM, LINES, OTHER], "102"), ([OTHER], None), ([], None)],
)
def test_the_list_counts_by_its_unit_prices(found, price):
    to = suggested_price(found, D(100), WORKS)
    assert to == (PriceCorrection(D(price), G.UNIT_OVER_TOTAL) if price else None)


def test_nothing_follows_where_the_opening_form_counts_or_the_rule_is_not_known():
    assert suggested_price([SUM], D(100), GOODS) is None
    assert suggested_price([SUM], D(100), (G.WORDS_OVER_FIGURES,)) is None


def test_nothing_follows_where_the_lines_explain_the_sum():
    lines = BidFinding(FindingKind.LIST_LINES, ("b",), {}, (Evidence("b", values={"product": "5", "amount": "15"}),))
    assert suggested_price([SUM, lines], D(100), WORKS) is None
