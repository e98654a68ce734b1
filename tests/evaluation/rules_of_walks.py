"""The rules under which a sitting is led at random."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D
from random import Random

from evaluation.sitting import FINAL, CompetitionVoted, SittingState, Stage
from tests.evaluation.sittings import (
    BIDS,
    BRANDED,
    COMPETING,
    CONVENED,
    MARKED,
    NAMING,
    UNMARKED,
    Sitting,
    with_evaluation,
)

# The second publishes no mark of far scores; under the third, bids are equal in price and quality, and are drawn; under
# the fourth the lowest price is to be explained; under the fifth the committee decides whether competition is lacking;
# under the sixth the tenderer may name the chair; under the last bids state brands of a core product.
SAME_PRICE = tuple(replace(bid, price=D("1566000")) for bid in BIDS)
RULES = (
    CONVENED,
    UNMARKED,
    replace(with_evaluation(tie_chain=("draw",)), bids=SAME_PRICE),
    MARKED,
    COMPETING,
    NAMING,
    BRANDED,
)
DRAWN = 2
BEGINNINGS = [stage for stage in Stage if stage not in FINAL | {Stage.UNCONVENED}]


def begun(rules: int, stage: Stage) -> Sitting:
    """A sitting in a stage; to a vote about competition only one set of rules leads."""
    return Sitting(COMPETING if stage is Stage.COMPETITION else RULES[rules]).until(stage)


def on_competition(state: SittingState, seat: int, rng: Random) -> CompetitionVoted:
    """What one member votes: mostly to go on."""
    return CompetitionVoted(seat, state.valid, rng.random() < 0.2, "all from one town")


def same_for_all(bids):
    """Equal totals for every bid: they have to be drawn."""
    return {bid: {"plan": D(30), "service": D(10), "record": D(6)} for bid in bids}
