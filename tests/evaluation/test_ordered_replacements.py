from __future__ import annotations

import pytest

from evaluation.sitting import (
    TRANSITIONS,
    FaultReported,
    MemberIdentified,
    MemberRecused,
    MemberReplaced,
    RecessCalled,
    ReplacementGround,
    ReplacementOrdered,
    ReplacementProposed,
    SittingResumed,
    Stage,
    recheck,
)
from tests.evaluation.sittings import key_of
from tests.evaluation.test_sitting_changes import at, refused

CHAIR, BUYER = 3, 2
LEAVES = [stage for stage in Stage if (stage, MemberRecused) in TRANSITIONS]


def ordered(seat: int, note: str = "taken to hospital") -> ReplacementOrdered:
    return ReplacementOrdered(seat, ReplacementGround.HEALTH, note)


@pytest.mark.parametrize("stage", LEAVES)
def test_who_is_replaced_leaves_as_who_steps_back_does(stage):
    sitting, stepping_back = at(stage), at(stage)
    proposed = ReplacementProposed(4, ReplacementGround.HEALTH, "taken to hospital")
    assert sitting.act(proposed) == (proposed,)
    assert sitting.act(ordered(4)) == (ordered(4), MemberRecused(4, "taken to hospital"))
    stepping_back.act(MemberRecused(4, "taken to hospital"))
    assert sitting.state == stepping_back.state
    assert refused(sitting, ordered(4)).code == "sitting_seat_empty"
    assert recheck(sitting.events) == sitting.state


def test_who_never_came_is_replaced_and_the_successor_sits_down():
    sitting = at(Stage.GATHERING)
    absent = ReplacementOrdered(4, ReplacementGround.ABSENCE, "did not come and does not answer")
    assert sitting.act(absent)[-1] == MemberRecused(4, absent.note)
    sitting.act(MemberReplaced(4, "sub", "person-77"), MemberIdentified(4, key_of(4, 2), "witness"))
    assert sitting.state.keys == {4: key_of(4, 2)}


def test_a_chair_who_falls_ill_in_its_own_recess_is_replaced_and_the_recess_ends():
    sitting = at(Stage.SCORING)
    sitting.act(RecessCalled(CHAIR, "lunch"))
    followed = sitting.act(ordered(CHAIR))
    assert followed == (ordered(CHAIR), SittingResumed("taken to hospital"), MemberRecused(CHAIR, "taken to hospital"))
    assert (sitting.state.suspended, sitting.state.chair) == (None, None)
    assert recheck(sitting.events) == sitting.state


def test_nobody_is_replaced_in_a_fault_nor_once_somebody_has_signed():
    sitting = at(Stage.SCORING)
    assert refused(sitting, ordered(9)).code == "sitting_seat_empty"
    assert refused(sitting, ordered(4, " ")).code == "sitting_text_missing"
    sitting.act(FaultReported("sub", "the line is down"))
    assert refused(sitting, ordered(4)).code == "sitting_suspended"
    assert refused(at(Stage.SIGNING), ordered(4)).code == "sitting_out_of_order"


def test_the_buyers_representative_is_replaced_and_the_successor_evaluates_anew():
    sitting = at(Stage.SCORING)
    sitting.act(ordered(BUYER))
    assert BUYER in sitting.state.empty
    assert BUYER not in sitting.state.reviews
    sitting.act(MemberReplaced(BUYER, "host", "buyer-2"), MemberIdentified(BUYER, key_of(BUYER, 2), "witness"))
    assert sitting.state.stage is Stage.STATEMENTS
    assert sitting.state.seats[BUYER].role == "buyer"
