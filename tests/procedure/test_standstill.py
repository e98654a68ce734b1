"""Faults that last, and what needs a second person: the rules beside those of the sitting."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.profiles import read_profile
from app.procedure.errors import RuleViolation
from app.procedure.standstill import DropCause, Dropped, Standstill, apply, check, fault_ends_at
from evaluation.sitting import (
    Disposition,
    FaultRepaired,
    FaultReported,
    RecessCalled,
    ReplacementGround,
    ReplacementOrdered,
    ReplacementProposed,
    SittingDecided,
    SittingDecisionProposed,
    SittingOrdered,
    SittingOrderProposed,
    SittingResumed,
    SittingSuspended,
    Stage,
    SuspensionGround,
)
from tests.evaluation.sittings import Sitting
from tests.procedure.tenders import AT

WORKS = read_profile("cn-works")
FAULT = SittingSuspended(SuspensionGround.FAULT, "sub", "line down")
BEGUN = apply(Standstill(), FAULT, "system", AT)


def stopped(stage, fact=None):
    sitting = Sitting().until(stage)
    sitting.act(fact or FaultReported("sub", "line down"))
    return sitting.state


def refused(standstill, state, fact, now=AT, by="someone"):
    with pytest.raises(RuleViolation) as refusal:
        check(standstill, state, fact, by, now, WORKS)
    return refusal.value.code


@pytest.mark.parametrize(("stage", "hours"), [(Stage.GATHERING, 2), (Stage.STATEMENTS, 2), (Stage.CHAIR, 4)])
def test_a_fault_may_be_repaired_for_two_hours_before_the_start_and_four_after_it(stage, hours):
    assert fault_ends_at(BEGUN, stopped(stage), WORKS) == AT + timedelta(hours=hours)


def test_other_standstills_have_no_end_of_their_own():
    assert fault_ends_at(Standstill(), Sitting().until(Stage.SCORING).state, WORKS) is None
    assert fault_ends_at(BEGUN, stopped(Stage.SCORING, RecessCalled(3, "lunch")), WORKS) is None


@given(seconds=st.integers(0, 6 * 3600), stage=st.sampled_from([Stage.GATHERING, Stage.SCORING, Stage.SIGNING]))
def test_at_every_moment_either_the_repair_or_the_tenderer_ends_a_fault(seconds, stage):
    state, now = stopped(stage), AT + timedelta(seconds=seconds)
    ends_at = fault_ends_at(BEGUN, state, WORKS)
    repair, give_up = FaultRepaired("back"), SittingDecisionProposed(Disposition.ABANDON, "too long")
    go_on = SittingDecisionProposed(Disposition.RESUME, "we wait")
    if now < ends_at:
        check(BEGUN, state, repair, "w", now, WORKS)
        assert {refused(BEGUN, state, fact, now) for fact in (give_up, go_on)} == {"fault_not_overdue"}
        return
    assert refused(BEGUN, state, repair, now) == "fault_overdue"
    check(BEGUN, state, give_up, "o", now, WORKS)
    if stage is Stage.GATHERING:
        check(BEGUN, state, go_on, "o", now, WORKS)
    else:
        assert refused(BEGUN, state, go_on, now) == "fault_must_abandon"


PAIRS = [(SittingOrderProposed, SittingOrdered), (SittingDecisionProposed, SittingDecided)]


@pytest.mark.parametrize(("proposes", "releases"), PAIRS)
def test_a_second_person_puts_into_force_word_for_word(proposes, releases):
    state, late = stopped(Stage.SCORING), AT + timedelta(hours=5)
    words = releases(Disposition.ABANDON, "too long")
    assert refused(BEGUN, state, words, late, "second") == "standstill_not_proposed"
    waits = apply(BEGUN, proposes(Disposition.ABANDON, "too long"), "first", late)
    assert refused(waits, state, words, late, "first") == "second_person_needed"
    assert refused(waits, state, releases(Disposition.ABANDON, "other"), late, "second") == "object_has_changed"
    check(waits, state, words, "second", late, WORKS)
    later = apply(waits, proposes(Disposition.ABANDON, "other"), "second", late)
    assert refused(later, state, words, late, "first") == "object_has_changed"


def test_the_replacement_of_a_member_waits_for_its_second_person_also_when_the_sitting_stops_and_goes_on():
    state = stopped(Stage.SCORING)
    words = ReplacementOrdered(4, ReplacementGround.HEALTH, "taken to hospital")
    waits = apply(Standstill(), ReplacementProposed(4, ReplacementGround.HEALTH, "taken to hospital"), "first", AT)
    for event in (SittingSuspended(SuspensionGround.RECESS, "", "lunch"), SittingResumed("")):
        waits = apply(waits, event, "system", AT)
        assert refused(waits, state, words, AT, "first") == "second_person_needed"
        check(waits, state, words, "second", AT, WORKS)
    other = ReplacementOrdered(1, ReplacementGround.HEALTH, "taken to hospital")
    assert refused(waits, state, other, AT, "second") == "object_has_changed"
    assert refused(apply(waits, words, "second", AT), state, words, AT, "second") == "standstill_not_proposed"


def test_the_decision_that_waited_is_gone_when_the_sitting_goes_on():
    waits = apply(BEGUN, SittingDecisionProposed(Disposition.ABANDON, "too long"), "first", AT)
    assert waits.since == AT
    after = apply(waits, SittingResumed(""), "system", AT)
    dropped = Dropped(waits.waiting[SittingDecided], DropCause.STANDSTILL, AT)
    assert after == Standstill(dropped={SittingDecided: dropped})
    assert apply(waits, FaultReported("", "x"), "system", AT) is waits
