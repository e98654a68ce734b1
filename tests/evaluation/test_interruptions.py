from __future__ import annotations

from itertools import permutations, product

import pytest

from evaluation.sitting import (
    FINAL,
    BoothChanged,
    CheckInGround,
    CheckInRefused,
    DefectFound,
    Disposition,
    FaultRepaired,
    FaultReported,
    MemberIdentified,
    MemberRecused,
    RecessCalled,
    RecessEnded,
    ReportPrepared,
    ScoreSheetLocked,
    SittingAbandoned,
    SittingDecided,
    SittingDecisionProposed,
    SittingOrdered,
    SittingOrderProposed,
    SittingResumed,
    SittingSuspended,
    Stage,
    SuspensionGround,
    recheck,
    visible_scores,
)
from tests.evaluation.sittings import REPORT, Sitting, key_of, sheet
from tests.evaluation.test_sitting_changes import at, refused

RUNNING = [stage for stage in Stage if stage not in FINAL | {Stage.UNCONVENED}]
CHAIR = 3
FAULT = FaultReported("sub", "the line to the sub-site is down")


def changed(sitting: Sitting, seat: int, turn: int) -> BoothChanged:
    return BoothChanged(seat, key_of(seat, turn), sitting.state.keys[seat], "witness", "the screen is black")


@pytest.mark.parametrize("stage", [stage for stage in RUNNING if stage is not Stage.GATHERING])
def test_another_booth_leaves_all_that_the_member_did(stage):
    sitting = at(stage)
    before = sitting.state
    change = changed(sitting, 4, 7)
    assert sitting.act(change) == (change,)
    after = sitting.state
    assert after.keys == before.keys | {4: key_of(4, 7)}
    assert (after.stage, after.statements, after.chair_votes, after.sheets, after.signed) == (
        before.stage,
        before.statements,
        before.chair_votes,
        before.sheets,
        before.signed,
    )
    assert after.moves == {4: change}
    assert recheck(sitting.events) == after


def test_a_key_counts_for_one_seat_once():
    sitting = at(Stage.SCORING)
    old = sitting.state.keys[4]
    assert refused(sitting, BoothChanged(4, key_of(4, 7), key_of(5), "witness", "broken")).code == "booth_key_other"
    assert refused(sitting, BoothChanged(9, key_of(4, 7), old, "witness", "broken")).code == "sitting_seat_empty"
    for key in (old, sitting.state.keys[5]):
        wrong = BoothChanged(4, key, old, "witness", "broken")
        assert refused(sitting, wrong).code == "sitting_key_of_other_seat"
    assert refused(sitting, BoothChanged(4, "key", old, "witness", "broken")).code == "sitting_digest_malformed"
    assert refused(sitting, BoothChanged(4, key_of(4, 7), old, "witness", " ")).code == "sitting_text_missing"
    sitting.act(changed(sitting, 4, 7))
    back = BoothChanged(4, old, key_of(4, 7), "witness", "repaired")
    assert refused(sitting, back).code == "sitting_key_of_other_seat"


def test_a_key_of_who_left_counts_for_nobody_again():
    sitting = at(Stage.GATHERING)
    sitting.act(MemberIdentified(1, key_of(1), "witness"), MemberRecused(1, "ill"))
    assert refused(sitting, MemberIdentified(2, key_of(1), "witness")).code == "sitting_key_of_other_seat"
    assert refused(sitting, BoothChanged(1, key_of(1, 7), key_of(1), "w", "broken")).code == "sitting_seat_empty"


def test_a_witness_who_lets_nobody_in_says_why_and_the_seat_stays_open():
    sitting = at(Stage.GATHERING)
    refusal = CheckInRefused(1, key_of(1), "witness", CheckInGround.NOT_THE_PERSON, "the photograph is another's")
    assert sitting.act(refusal) == (refusal,)
    assert (sitting.state.keys, sitting.state.turned_away) == ({}, {1: refusal})
    sitting.act(MemberIdentified(1, key_of(1, 2), "witness"))
    assert sitting.state.turned_away == {}
    assert refused(sitting, CheckInRefused(9, key_of(3), "w", CheckInGround.DECLINED, "left")).code == (
        "sitting_seat_empty"
    )
    assert refused(sitting, CheckInRefused(2, key_of(3), "w", CheckInGround.DECLINED, "")).code == (
        "sitting_text_missing"
    )
    assert recheck(sitting.events) == sitting.state


@pytest.mark.parametrize("stage", RUNNING)
def test_a_fault_stops_every_stage_and_the_sitting_goes_on_where_it_stopped(stage):
    sitting = at(stage)
    before = sitting.state
    assert sitting.act(FAULT) == (FAULT, SittingSuspended(SuspensionGround.FAULT, "sub", FAULT.note))
    refusal = refused(sitting, ReportPrepared(REPORT)) if stage in (Stage.RESULTS, Stage.REPORT) else None
    assert refusal is None or (refusal.code, refusal.facts["note"]) == ("sitting_suspended", FAULT.note)
    assert refused(sitting, FAULT).code == "sitting_suspended"
    assert sitting.act(FaultRepaired("the line is back"))[-1] == SittingResumed("the line is back")
    assert sitting.state == before
    assert recheck(sitting.events) == before


def test_nothing_is_locked_meanwhile_but_a_booth_may_be_changed():
    sitting = at(Stage.SCORING)
    sitting.act(ScoreSheetLocked(1, sheet(1), {}), FAULT, changed(sitting, 2, 7))
    assert refused(sitting, ScoreSheetLocked(2, sheet(2), {})).code == "sitting_suspended"
    sitting.act(FaultRepaired("back"), ScoreSheetLocked(2, sheet(2), {}))
    assert sitting.state.sheets.keys() == {1, 2}


def test_the_chair_alone_calls_and_ends_a_recess_and_finds_documents_defective():
    sitting = at(Stage.SCORING)
    for fact in (RecessCalled(1, "lunch"), DefectFound(1, "two criteria contradict")):
        assert refused(sitting, fact).code == "standstill_by_chair"
    assert refused(sitting, RecessEnded(CHAIR)).code == "sitting_not_suspended"
    sitting.act(RecessCalled(CHAIR, "lunch"))
    assert refused(sitting, RecessEnded(1)).code == "standstill_by_chair"
    assert refused(sitting, FaultRepaired("back")).code == "standstill_of_others"
    assert refused(sitting, SittingDecided(Disposition.RESUME, "go on")).code == "standstill_of_others"
    sitting.act(RecessEnded(CHAIR), DefectFound(CHAIR, "two criteria contradict"))
    assert refused(sitting, RecessEnded(CHAIR)).code == "standstill_of_others"
    assert sitting.act(SittingDecided(Disposition.RESUME, "clear after all"))[-1] == SittingResumed("clear after all")


def test_before_there_is_a_chair_nobody_calls_a_recess():
    assert refused(at(Stage.STATEMENTS), RecessCalled(CHAIR, "lunch")).code == "standstill_by_chair"


def test_an_order_stops_what_stands_still_already_and_only_an_order_ends_it():
    sitting = at(Stage.SCORING)
    sitting.act(RecessCalled(CHAIR, "lunch"), SittingOrdered(Disposition.SUSPEND, "a complaint is examined"))
    assert sitting.state.suspended == SittingSuspended(SuspensionGround.ORDER, "", "a complaint is examined")
    for fact in (FaultRepaired("back"), SittingDecided(Disposition.ABANDON, "enough")):
        assert refused(sitting, fact).code == "standstill_of_others"
    assert refused(sitting, FAULT).code == "sitting_suspended"
    assert sitting.act(RecessEnded(CHAIR)) == (RecessEnded(CHAIR),)  # the order stands all the same
    assert refused(sitting, SittingOrdered(Disposition.SUSPEND, "again")).code == "sitting_suspended"
    proposed = SittingOrderProposed(Disposition.RESUME, "unfounded")
    assert sitting.act(proposed) == (proposed,)
    sitting.act(SittingOrdered(Disposition.RESUME, "unfounded"))
    assert sitting.state.suspended is None
    assert refused(sitting, SittingOrdered(Disposition.ABANDON, "void")).code == "sitting_not_suspended"


STANDSTILLS = {
    SuspensionGround.RECESS: (RecessCalled(CHAIR, "lunch"), RecessEnded(CHAIR)),
    SuspensionGround.FAULT: (FAULT, FaultRepaired("the line is back")),
    SuspensionGround.DEFECTIVE_DOCUMENTS: (
        DefectFound(CHAIR, "two criteria contradict"),
        SittingDecided(Disposition.RESUME, "they do not"),
    ),
}
ORDER = SittingOrdered(Disposition.SUSPEND, "a complaint is examined")
LIFTED = SittingOrdered(Disposition.RESUME, "unfounded")


@pytest.mark.parametrize("ground", STANDSTILLS)
def test_what_an_order_was_laid_over_stands_again_when_it_is_lifted(ground):
    begins, ends = STANDSTILLS[ground]
    sitting = at(Stage.SCORING)
    before = sitting.state
    sitting.act(begins)
    standing = sitting.state.suspended
    sitting.act(ORDER)
    assert sitting.act(LIFTED) == (LIFTED, SittingResumed(LIFTED.note), standing)
    assert sitting.state.suspended == standing
    assert refused(sitting, ScoreSheetLocked(1, sheet(1), {})).code == "sitting_suspended"
    assert sitting.act(ends)[-1] == SittingResumed("" if ground is SuspensionGround.RECESS else ends.note)
    assert sitting.state == before
    assert recheck(sitting.events) == before


@pytest.mark.parametrize("ground", [SuspensionGround.RECESS, SuspensionGround.FAULT])
def test_what_ended_beneath_an_order_does_not_stand_again(ground):
    begins, ends = STANDSTILLS[ground]
    sitting = at(Stage.SCORING)
    before = sitting.state
    sitting.act(begins, ORDER)
    assert sitting.act(ends) == (ends,)
    assert sitting.state.suspended.ground is SuspensionGround.ORDER
    assert refused(sitting, ends).code == "standstill_of_others"
    assert sitting.act(LIFTED) == (LIFTED, SittingResumed(LIFTED.note))
    assert sitting.state == before
    assert recheck(sitting.events) == before


def test_in_a_recess_whose_chair_does_not_come_back_a_fault_can_be_reported():
    sitting = at(Stage.SCORING)
    sitting.act(RecessCalled(CHAIR, "lunch"), FAULT)
    assert sitting.state.suspended.ground is SuspensionGround.FAULT
    assert refused(sitting, FAULT).code == "sitting_suspended"
    assert sitting.act(FaultRepaired("back"))[-1].ground is SuspensionGround.RECESS
    sitting.act(FAULT, SittingDecided(Disposition.ABANDON, "the chair has not come back"))
    assert sitting.state.stage is Stage.ABANDONED
    assert sitting.state.beneath == ()
    assert recheck(sitting.events) == sitting.state


def test_what_is_given_up_is_sealed_as_it_is():
    sitting = at(Stage.SCORING)
    sitting.act(ScoreSheetLocked(1, sheet(1), {}), FAULT)
    assert refused(sitting, SittingDecided(Disposition.SUSPEND, "wait")).code == "standstill_step_wrong"
    sitting.act(SittingDecisionProposed(Disposition.ABANDON, "not repaired within four hours"))
    given_up = SittingDecided(Disposition.ABANDON, "not repaired within four hours")
    assert sitting.act(given_up)[-1] == SittingAbandoned(given_up.note)
    assert sitting.state.stage is Stage.ABANDONED
    assert visible_scores(sitting.state, 2) == {}
    assert refused(sitting, FaultRepaired("back")).code == "sitting_out_of_order"
    assert recheck(sitting.events) == sitting.state


def test_what_follows_from_an_act_is_nobodys_to_propose():
    sitting = at(Stage.SCORING)
    assert refused(sitting, SittingSuspended(SuspensionGround.FAULT, "", "x")).code == "sitting_fact_not_proposable"
    sitting.act(FAULT)
    for fact in (SittingResumed("x"), SittingAbandoned("x")):
        assert refused(sitting, fact).code == "sitting_suspended"


ENDING = [
    RecessEnded(CHAIR),
    FaultRepaired("back"),
    SittingOrdered(Disposition.RESUME, "x"),
    SittingDecided(Disposition.RESUME, "x"),
]


BEGINNING = [
    RecessCalled(CHAIR, "x"),
    DefectFound(CHAIR, "x"),
    FAULT,
    SittingOrdered(Disposition.SUSPEND, "x"),
]
WITH_CHAIR = [stage for stage in RUNNING if at(stage).state.chair is not None]


@pytest.mark.parametrize("stage", WITH_CHAIR)
def test_a_standstill_is_ended_by_who_may_and_by_nobody_else(stage):
    rights = {
        RecessCalled: {RecessEnded},
        DefectFound: {SittingDecided},
        FaultReported: {FaultRepaired, SittingDecided},
        SittingOrdered: {SittingOrdered},
    }
    for begun, ended in product(BEGINNING, ENDING):
        sitting = at(stage)
        before = sitting.state
        sitting.act(begun)
        if type(ended) in rights[type(begun)]:
            sitting.act(ended)
            assert sitting.state == before, (begun, ended)
        else:
            assert refused(sitting, ended).code == "standstill_of_others", (begun, ended)


# What ends each of three that lie upon each other; those beneath an order or a fault can end before it.
THREE = {
    SuspensionGround.RECESS: RecessEnded(CHAIR),
    SuspensionGround.FAULT: FaultRepaired("the line is back"),
    SuspensionGround.ORDER: LIFTED,
}


@pytest.mark.parametrize("stage", WITH_CHAIR)
def test_three_standstills_upon_each_other_all_have_to_end_and_the_sitting_goes_on(stage):
    for ends in permutations(THREE):
        sitting = at(stage)
        before = sitting.state
        sitting.act(RecessCalled(CHAIR, "lunch"), FAULT, ORDER)
        assert [one.ground for one in sitting.state.standing] == list(THREE)
        assert sitting.state.fault.site == "sub"
        left = list(THREE)
        for ground in ends:
            sitting.act(THREE[ground])
            left.remove(ground)
            assert [one.ground for one in sitting.state.standing] == left, ends
            assert sitting.state.suspended is None or sitting.state.suspended.ground is left[-1], ends
            assert recheck(sitting.events) == sitting.state, ends
            if left:
                assert refused(sitting, THREE[ground]).code == "standstill_of_others", ends
        assert sitting.state == before, ends
