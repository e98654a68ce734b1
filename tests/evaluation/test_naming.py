"""The tenderer names the chair (O12 art. 9): by seat, before anybody votes; where that member leaves, all elect."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import RuleViolation
from evaluation.sitting import (
    ChairElected,
    ChairNamed,
    ChairVoted,
    ConflictDeclared,
    Disposition,
    ElectedBy,
    FaultReported,
    MemberIdentified,
    MemberRecused,
    MemberReplaced,
    ReplacementGround,
    ReplacementOrdered,
    RollbackGround,
    RollbackProposed,
    RollbackTarget,
    SittingOrdered,
    Stage,
    StatementMade,
    nameable,
    recheck,
    rollback_targets,
)
from tests.evaluation.sittings import COMMITTEE, NAMING, Sitting, key_of, with_rules
from tests.evaluation.test_more_time import refused
from tests.evaluation.test_rollbacks import rolled_back
from tests.evaluation.test_second_committees import ANEW, RECORD, seats

FIRST = ChairNamed(1)
WITH_BUYER = with_rules(committee=replace(COMMITTEE, tenderer_may_name_chair=True, buyer_may_chair=True))


def named(stage: Stage = Stage.GATHERING, seat: int = 1) -> Sitting:
    sitting = Sitting(NAMING).until(stage)
    sitting.act(ChairNamed(seat))
    return sitting


def elected(sitting: Sitting) -> list[ChairElected]:
    return [event for event in sitting.events if isinstance(event, ChairElected)]


@pytest.mark.parametrize("stage", [Stage.GATHERING, Stage.STATEMENTS, Stage.CHAIR])
def test_whom_it_names_chairs_and_nobody_votes(stage):
    sitting = Sitting(NAMING).until(stage)
    assert nameable(sitting.state) == (1, 3, 4, 5)
    sitting.act(FIRST)
    assert nameable(sitting.state) == ()
    if stage is not Stage.CHAIR:
        assert sitting.state.chair is None
        assert refused(sitting, ChairNamed(3)) == "chair_named_already"
    sitting.play(Stage.REVIEW)
    assert elected(sitting) == [ChairElected(1, 1, ElectedBy.TENDERER)]
    assert not [event for event in sitting.events if isinstance(event, ChairVoted)]
    assert recheck(sitting.play(Stage.CLOSED).events) == sitting.state


def test_only_where_the_rule_book_knows_it():
    sitting = Sitting().until(Stage.CHAIR)
    assert nameable(sitting.state) == ()
    assert refused(sitting, FIRST) == "chair_not_nameable"


def test_the_first_vote_ends_it_also_where_that_vote_is_void():
    sitting = Sitting(NAMING).until(Stage.CHAIR)
    sitting.act(ChairVoted(4, 3, 1))
    assert nameable(sitting.state) == ()
    assert refused(sitting, FIRST) == "chair_named_too_late"
    sitting.act(MemberRecused(4, "ill"))
    assert sitting.state.chair_votes == {}
    assert refused(sitting, FIRST) == "chair_named_too_late"


def test_not_in_the_second_round_nor_where_a_chair_is_elected_again():
    sitting = Sitting(NAMING).until(Stage.CHAIR)
    sitting.act(*(ChairVoted(n, vote, 1) for n, vote in {1: 3, 2: 3, 3: 4, 4: 4, 5: 5}.items()))
    assert (sitting.state.stage, sitting.state.chair_round) == (Stage.CHAIR, 2)
    assert refused(sitting, FIRST) == "chair_named_too_late"
    sitting = Sitting(NAMING).until(Stage.REVIEW)
    rolled_back(sitting, RollbackTarget.CHAIR)
    assert refused(sitting, FIRST) == "chair_named_too_late"


@pytest.mark.parametrize("stage", [Stage.REVIEW, Stage.SCORING, Stage.RESULTS, Stage.SIGNING])
def test_never_once_somebody_chairs(stage):
    sitting = Sitting(NAMING).until(stage)
    assert nameable(sitting.state) == ()
    assert refused(sitting, FIRST) == "sitting_out_of_order"


def test_which_seats():
    sitting = Sitting(NAMING).until(Stage.STATEMENTS)
    assert refused(sitting, ChairNamed(2)) == "chair_not_eligible"  # the buyer's, where it may not chair
    assert refused(sitting, ChairNamed(9)) == "sitting_seat_empty"
    sitting.act(MemberRecused(3, "ill"))
    assert nameable(sitting.state) == (1, 4, 5)
    assert refused(sitting, ChairNamed(3)) == "sitting_seat_empty"
    sitting = Sitting(WITH_BUYER).until(Stage.STATEMENTS)
    assert nameable(sitting.state) == (1, 2, 3, 4, 5)
    sitting.act(ChairNamed(2))
    assert sitting.play(Stage.REVIEW).state.chair == 2


def test_a_member_names_nobody_and_nobody_while_it_stands_still():
    sitting = Sitting(NAMING).until(Stage.CHAIR)
    sitting.act(FaultReported("sub", "line down"))
    assert nameable(sitting.state) == ()
    assert refused(sitting, FIRST) == "sitting_suspended"


LEAVING = {
    "recused": lambda sitting: MemberRecused(1, "ill"),
    "replaced": lambda sitting: ReplacementOrdered(1, ReplacementGround.ABSENCE, "does not come"),
    "conflict": lambda sitting: (
        StatementMade(1, False, "a relative")
        if sitting.state.stage is Stage.STATEMENTS
        else ConflictDeclared(1, "a relative")
    ),
}


def seated_again(sitting: Sitting, seat: int) -> None:
    """A successor sits down, and all go on to the chair."""
    sitting.act(MemberReplaced(seat, "host", f"successor-{len(sitting.events)}"))
    for number in sitting.state.waiting(sitting.state.keys):
        sitting.act(MemberIdentified(number, key_of(number, len(sitting.events)), "witness"))
    for number in sitting.state.waiting(sitting.state.statements):
        sitting.act(StatementMade(number, True, ""))


@pytest.mark.parametrize("how", LEAVING)
@pytest.mark.parametrize("stage", [Stage.GATHERING, Stage.STATEMENTS, Stage.REVIEW, Stage.SCORING, Stage.RESULTS])
def test_where_the_named_member_leaves_the_committee_elects(how, stage):
    if (how, stage) == ("conflict", Stage.GATHERING):
        return  # nobody has sat down
    sitting = named()
    sitting.play(stage)
    sitting.act(LEAVING[how](sitting))
    assert sitting.state.chair is None
    assert (sitting.state.chair_named, sitting.state.named_left, sitting.state.named_chair) == (1, True, None)
    assert refused(sitting, ChairNamed(4)) == "chair_named_already"
    seated_again(sitting, 1)
    assert sitting.state.stage is Stage.CHAIR  # the successor in the named seat is not whom the tenderer meant
    sitting.act(*(ChairVoted(n, 4, 1) for n in sitting.numbers))
    assert elected(sitting)[-1] == ChairElected(4, 1, ElectedBy.VOTES)
    assert recheck(sitting.events) == sitting.state


@pytest.mark.parametrize("stage", [Stage.STATEMENTS, Stage.REVIEW, Stage.SCORING])
def test_where_another_leaves_whom_it_named_chairs(stage):
    sitting = named()
    sitting.play(stage)
    before = sitting.state.chair
    sitting.act(MemberRecused(5, "ill"))
    seated_again(sitting, 5)
    assert (sitting.state.stage, sitting.state.chair) == (Stage.REVIEW, 1)
    by = ElectedBy.TENDERER if before is None else None
    assert elected(sitting)[-1] == ChairElected(1, 1, by)


def test_the_committee_elects_nobody_in_its_place_and_holds_a_review_again():
    sitting = named().play(Stage.REVIEW)
    assert rollback_targets(sitting.state) == ()
    again = RollbackProposed(3, RollbackTarget.CHAIR, RollbackGround.PROCEDURE, "overlooked")
    assert refused(sitting, again) == "rollback_of_named_chair"
    sitting.play(Stage.SCORING)
    assert rollback_targets(sitting.state) == (RollbackTarget.REVIEW,)
    rolled_back(sitting, RollbackTarget.REVIEW)
    assert sitting.state.chair == 1
    sitting.act(MemberRecused(1, "ill"))
    seated_again(sitting, 1)
    sitting.act(*(ChairVoted(n, 4, 1) for n in sitting.numbers))
    assert rollback_targets(sitting.state) == (RollbackTarget.CHAIR,)


def test_another_committee_is_named_a_chair_of_its_own():
    sitting = named().play(Stage.REVIEW)
    sitting.act(SittingOrdered(Disposition.SUSPEND, "x"), SittingOrdered(Disposition.ABANDON, "x"), RECORD, ANEW)
    sitting.act(replace(NAMING, seats=seats()))
    assert nameable(sitting.state) == (6, 8, 9, 10)
    sitting.act(ChairNamed(8))
    assert sitting.play(Stage.REVIEW).state.chair == 8


def takes(sitting: Sitting, fact: object) -> bool:
    before = sitting.state
    try:
        sitting.act(fact)
    except RuleViolation:
        assert sitting.state is before
        return False
    return True


@given(st.lists(st.tuples(st.sampled_from(["name", "vote", "leave", "state"]), st.integers(1, 5)), max_size=12))
def test_whatever_comes_first_decides_who_finds_the_chair(acts):
    """Naming and votes in any order: a chair by the tenderer's word only without a vote before it, and never both."""
    sitting = Sitting(NAMING).until(Stage.STATEMENTS)
    for what, seat in acts:
        facts = {
            "name": ChairNamed(seat),
            "vote": ChairVoted(seat, 3, sitting.state.chair_round),
            "leave": MemberRecused(seat, "ill"),
            "state": StatementMade(seat, True, ""),
        }
        takes(sitting, facts[what])
    kinds = [event for event in sitting.events if isinstance(event, ChairNamed | ChairVoted)]
    assert sum(isinstance(event, ChairNamed) for event in kinds) <= 1
    for chair in elected(sitting):
        if chair.by is ElectedBy.TENDERER:
            assert kinds[0] == ChairNamed(chair.seat)
    assert recheck(sitting.events) == sitting.state
