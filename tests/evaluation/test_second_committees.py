"""Another committee for what was given up: when, by whom it is made up, and that nothing of the first one counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evaluation.errors import RuleViolation
from evaluation.sitting import (
    DefectFound,
    Disposition,
    FailureRecordSealed,
    MemberIdentified,
    NewCommitteeOrdered,
    NewCommitteeProposed,
    SittingDecided,
    SittingOrdered,
    Stage,
    recheck,
)
from tests.evaluation.sittings import CONVENED, SEATS, Sitting, key_of

ANEW = NewCommitteeOrdered("the line was not restored")
RECORD = FailureRecordSealed("f" * 64)


def given_up(stage: Stage = Stage.RESULTS) -> Sitting:
    sitting = Sitting().until(stage)
    sitting.act(SittingOrdered(Disposition.SUSPEND, "x"), SittingOrdered(Disposition.ABANDON, "x"))
    return sitting


def seats(first: int = 6, person: str = "other") -> tuple:
    return tuple(
        replace(seat, number=first + place, person=f"{person}-{seat.number}") for place, seat in enumerate(SEATS)
    )


def refused(sitting: Sitting, fact: object) -> str:
    with pytest.raises(RuleViolation) as refusal:
        sitting.act(fact)
    return refusal.value.code


def test_it_waits_for_the_sealed_record_and_is_no_way_out_of_defective_documents():
    sitting = given_up()
    assert refused(sitting, ANEW) == "new_committee_before_record"
    assert refused(sitting, FailureRecordSealed("f" * 64, 2)) == "failure_of_another"
    sitting.act(RECORD)
    assert refused(sitting, NewCommitteeOrdered(" ")) == "sitting_text_missing"
    assert sitting.act(NewCommitteeProposed("x")) == (NewCommitteeProposed("x"),)
    defective = Sitting().until(Stage.REVIEW)
    defective.act(DefectFound(3, "two criteria contradict"), SittingOrdered(Disposition.SUSPEND, "x"))
    defective.act(SittingOrdered(Disposition.ABANDON, "x"), RECORD)
    assert refused(defective, ANEW) == "new_committee_on_defects"
    decided = Sitting().until(Stage.REVIEW)
    decided.act(DefectFound(3, "two criteria contradict"), SittingDecided(Disposition.ABANDON, "x"), RECORD)
    assert refused(decided, ANEW) == "new_committee_on_defects"
    for stage in (Stage.RESULTS, Stage.CLOSED):
        assert refused(Sitting().until(stage), ANEW) == "sitting_out_of_order"


def test_nobody_sits_again_and_no_number_of_a_seat_means_people_of_two_committees():
    sitting = given_up()
    sitting.act(RECORD, ANEW)
    state = sitting.state
    assert (state.stage, state.committee, state.first_seat) == (Stage.UNCONVENED, 2, 6)
    assert (state.seats, state.sheets, state.result, state.failure_sha256) == ({}, {}, None, "")
    for wrong in (seats(first=1), seats(person="person")):
        assert refused(sitting, replace(CONVENED, seats=wrong)) == "sitting_convened_invalid"
    sitting.act(replace(CONVENED, seats=seats()))
    assert sitting.state.stage is Stage.GATHERING
    assert {f"person-{n}" for n in range(1, 6)} < sitting.state.persons


def test_what_the_second_committee_does_replays_with_the_first_and_it_can_be_given_up_too():
    sitting = given_up(Stage.SCORING)
    sitting.act(RECORD, ANEW, replace(CONVENED, seats=seats()))
    with pytest.raises(RuleViolation, match="sitting_key_of_other_seat"):
        sitting.act(MemberIdentified(6, key_of(1), "witness"))
    sitting.gather()
    assert sitting.state.stage is Stage.STATEMENTS
    sitting.act(SittingOrdered(Disposition.SUSPEND, "x"), SittingOrdered(Disposition.ABANDON, "x"))
    assert refused(sitting, RECORD) == "failure_of_another"
    sitting.act(FailureRecordSealed("f" * 64, 2), ANEW)
    assert (sitting.state.committee, sitting.state.first_seat) == (3, 11)
    assert recheck(sitting.events) == sitting.state
