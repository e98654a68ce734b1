"""The rules under which a sitting is led at random."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

from tests.evaluation.sittings import BIDS, CONVENED, MARKED, UNMARKED, with_evaluation

# The second publishes no mark of far scores; under the third, bids are equal in price and quality, and are drawn; under
# the fourth the lowest price is to be explained.
SAME_PRICE = tuple(replace(bid, price=D("1566000")) for bid in BIDS)
RULES = (CONVENED, UNMARKED, replace(with_evaluation(tie_chain=("draw",)), bids=SAME_PRICE), MARKED)
DRAWN = 2


def same_for_all(bids):
    """Equal totals for every bid: they have to be drawn."""
    return {bid: {"plan": D(30), "service": D(10), "record": D(6)} for bid in bids}
