"""A request for a correction that the chair does not answer: who answers it then, and from when on."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.profiles import read_profile
from app.procedure import unanswered
from app.procedure.errors import RuleViolation
from evaluation.scoring import ScorePlace
from evaluation.sitting import (
    CorrectionGround,
    CorrectionRefused,
    CorrectionRequested,
    CorrectionWithdrawn,
    RecessCalled,
    RecessEnded,
    ScoreSheetLocked,
    SheetReopened,
    Stage,
    recheck,
)
from tests.evaluation.sittings import UNMARKED, Sitting, sheet
from tests.procedure.tenders import AT

PROFILE = read_profile("cn-goods")
WAIT = timedelta(minutes=30)
CHAIR, ASKS, OTHER = 3, 5, 1
ANSWERS = [lambda by, about: SheetReopened(by, about), lambda by, about: CorrectionRefused(by, about, "as it is")]


def asked(seat):
    place = ScorePlace("A", "plan")
    return CorrectionRequested(seat, CorrectionGround.ABNORMAL_SCORE, "overlooked", (place,))


@dataclass
class Timed:
    """A sitting with the clock of its requests, in which every fact is checked as the case checks it."""

    sitting: Sitting = field(default_factory=lambda: Sitting(UNMARKED).until(Stage.RESULTS))
    waiting: dict = field(default_factory=dict)
    now: datetime = AT
    profile: object = PROFILE

    def act(self, *facts):
        for fact in facts:
            unanswered.check(self.waiting, self.sitting.state, fact, self.now, self.profile)
            for event in self.sitting.act(fact):
                self.waiting = unanswered.apply(self.waiting, event, self.now)
        return self

    def after(self, passed):
        self.now += passed
        return self

    def code(self, fact):
        with pytest.raises(RuleViolation) as refusal:
            self.act(fact)
        return refusal.value.code

    def answerable(self, seat):
        return unanswered.answered_by(self.waiting, self.sitting.state, seat, self.now, self.profile)


@given(passed=st.timedeltas(timedelta(0), timedelta(hours=2)), answer=st.sampled_from(ANSWERS))
def test_once_the_chair_was_waited_for_any_other_member_answers_but_who_asked(passed, answer):
    case = Timed().act(asked(ASKS)).after(passed)
    due = passed >= WAIT
    assert case.answerable(OTHER) == ((ASKS,) if due else ())
    assert (case.answerable(CHAIR), case.answerable(ASKS)) == ((ASKS,), ())
    assert case.code(answer(ASKS, ASKS)) == "sitting_not_by_chair"
    if not due:
        assert case.code(answer(OTHER, ASKS)) == "correction_waits_for_chair"
        case.act(answer(CHAIR, ASKS))
        return
    case.act(answer(OTHER, ASKS))
    assert (case.waiting, case.sitting.state.requests) == ({}, {})
    assert recheck(case.sitting.events) == case.sitting.state


@pytest.mark.parametrize("answer", ANSWERS)
def test_the_chair_answers_late_too_and_a_request_of_the_chair_is_answered_at_once(answer):
    Timed().act(asked(ASKS)).after(2 * WAIT).act(answer(CHAIR, ASKS))
    case = Timed().act(asked(CHAIR))
    assert case.answerable(OTHER) == (CHAIR,)
    case.act(answer(OTHER, CHAIR))


def test_the_time_counts_anew_for_every_request_and_when_the_sitting_goes_on():
    case = Timed().act(asked(ASKS)).after(WAIT).act(CorrectionWithdrawn(ASKS), asked(ASKS))
    assert case.code(ANSWERS[0](OTHER, ASKS)) == "correction_waits_for_chair"
    case.after(WAIT / 2).act(RecessCalled(CHAIR, "lunch")).after(WAIT)
    assert case.answerable(OTHER) == ()  # nobody answers in a standstill
    case.act(RecessEnded(CHAIR))
    assert case.code(ANSWERS[0](OTHER, ASKS)) == "correction_waits_for_chair"
    case.after(WAIT).act(ANSWERS[0](OTHER, ASKS), ScoreSheetLocked(ASKS, sheet(ASKS), {}))


def test_a_rule_book_without_the_time_leaves_it_to_the_chair():
    case = Timed(profile=replace(PROFILE, refusal_after=None)).act(asked(ASKS)).after(timedelta(days=9))
    assert case.answerable(OTHER) == ()
    assert case.code(ANSWERS[1](OTHER, ASKS)) == "sitting_not_by_chair"


def test_what_nobody_has_asked_for_is_said_to_be_so():
    assert Timed().code(ANSWERS[0](OTHER, ASKS)) == "correction_not_requested"
