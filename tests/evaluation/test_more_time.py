"""More than a third of the members find the time too short: then, and only then, the tenderer extends it."""

from __future__ import annotations

import pytest

from evaluation.committee import Share
from evaluation.errors import RuleViolation
from evaluation.sitting import (
    MOST_MINUTES,
    FaultReported,
    MemberRecused,
    MoreTimeAsked,
    MoreTimeDue,
    Stage,
    TimeExtended,
    may_ask_for_time,
    recheck,
)
from tests.evaluation.sittings import Sitting, with_rules

TWO_HOURS = TimeExtended(120, "until 19:00")


def refused(sitting: Sitting, fact: object) -> str:
    before = sitting.state
    with pytest.raises(RuleViolation) as refusal:
        sitting.act(fact)
    assert sitting.state is before
    return refusal.value.code


def test_exactly_a_third_is_not_more_than_a_third():
    third = Share(1, 3)
    assert [third.exceeded_by(asked, 6) for asked in (1, 2, 3)] == [False, False, True]
    assert [third.exceeded_by(asked, 5) for asked in (1, 2)] == [False, True]
    assert third.reached_by(2, 6)


@pytest.mark.parametrize("stage", [Stage.REVIEW, Stage.SCORING, Stage.RESULTS, Stage.REPORT])
def test_two_of_five_have_the_time_extended(stage):
    sitting = Sitting().until(stage)
    assert refused(sitting, TWO_HOURS) == "more_time_not_due"
    assert sitting.act(MoreTimeAsked(4)) == (MoreTimeAsked(4),)
    assert refused(sitting, MoreTimeAsked(4)) == "sitting_already_done"
    assert refused(sitting, TWO_HOURS) == "more_time_not_due"
    assert not may_ask_for_time(sitting.state, 4)
    assert sitting.act(MoreTimeAsked(1))[-1] == MoreTimeDue(2, 5)
    assert refused(sitting, MoreTimeAsked(5)) == "more_time_due"
    for minutes in (0, -5, MOST_MINUTES + 1):
        assert refused(sitting, TimeExtended(minutes, "x")) == "extension_minutes_wrong"
    assert refused(sitting, TimeExtended(5, " ")) == "sitting_text_missing"
    sitting.act(TWO_HOURS)
    state = sitting.state
    assert (state.stage, state.extended_minutes, state.more_time_due) == (stage, 120, False)
    assert may_ask_for_time(state, 4)  # and again, where that is too little as well
    assert recheck(sitting.events) == state


def test_it_stays_due_when_who_asked_has_left_and_is_given_in_a_standstill():
    sitting = Sitting().until(Stage.SCORING)
    sitting.act(MoreTimeAsked(4), MoreTimeAsked(5), MemberRecused(4, "ill"))
    assert (sitting.state.stage, sitting.state.short_of_time) == (Stage.GATHERING, {5})
    sitting.act(FaultReported("sub", "line down"), TWO_HOURS)
    assert not sitting.state.more_time_due


def test_rules_that_publish_no_share_know_no_request():
    sitting = Sitting(with_rules(more_time_share=None)).until(Stage.REVIEW)
    assert not may_ask_for_time(sitting.state, 1)
    assert refused(sitting, MoreTimeAsked(1)) == "more_time_unpublished"
