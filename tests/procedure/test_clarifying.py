"""How long a bidder has to answer the committee, who answers, and what an answer must be."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.profiles import read_profile
from app.procedure import clarifying
from app.procedure.clarifying import LONGEST_ANSWER, MOST_BYTES, MOST_FILES, Answerer
from app.procedure.errors import RuleViolation
from evaluation.sitting import (
    ClarificationLapsed,
    ClarificationSent,
    ClarificationVoted,
    FaultReported,
    RecessCalled,
    RecessEnded,
    SittingDecided,
    Stage,
)
from evaluation.sitting.interruptions import Disposition
from tests.evaluation.questions import FILE, ID, answer, proposal
from tests.evaluation.sittings import Sitting
from tests.procedure.tenders import AT

PROFILE = read_profile("cn-goods")
CHAIR, HOUR = 3, timedelta(hours=1)
ASKED, OTHER, NOBODY = Answerer("A"), Answerer("B"), Answerer()


@dataclass
class Timed:
    """A sitting with the times of what it asks, in which every fact is checked as the case checks it."""

    sitting: Sitting = field(default_factory=lambda: Sitting().until(Stage.REVIEW))
    course: clarifying.Clarifying = field(default_factory=dict)
    now: datetime = AT
    profile: object = PROFILE

    def act(self, *facts, by=NOBODY):
        for fact in facts:
            clarifying.check(self.course, fact, by, self.now, self.profile)
            for event in self.sitting.act(fact):
                self.course = clarifying.apply(self.course, event, self.now)
        return self

    def sent(self, seconds=3600):
        yes = (ClarificationVoted(seat, ID, True) for seat in (2, 3))
        return self.act(proposal(), *yes, ClarificationSent(CHAIR, ID, seconds))

    def after(self, passed):
        self.now += passed
        return self

    def refusal(self, fact, by=NOBODY):
        with pytest.raises(RuleViolation) as refusal:
            self.act(fact, by=by)
        return refusal.value

    def code(self, fact, by=NOBODY):
        return self.refusal(fact, by).code


@given(passed=st.timedeltas(timedelta(0), 2 * HOUR))
def test_an_answer_is_taken_strictly_before_the_end_and_what_nobody_answered_lapses_from_then_on(passed):
    case = Timed().sent().after(passed)
    if passed < HOUR:
        assert case.code(ClarificationLapsed(ID)) == "clarification_not_due"
        case.act(answer(), by=ASKED)
        assert (case.course[ID].answered_at, case.course[ID].open) == (case.now, False)
        assert case.code(answer(), ASKED) == "clarification_answered_before"
    else:
        late = case.refusal(answer(), ASKED)
        assert (late.code, late.facts) == ("clarification_late", {"until": AT + HOUR, "now": case.now})
        case.act(ClarificationLapsed(ID))
        assert (case.course[ID].lapsed_at, case.course[ID].open) == (case.now, False)
        assert case.code(answer(), ASKED) == "clarification_late"


@pytest.mark.parametrize("by", [OTHER, NOBODY])
def test_nobody_answers_but_the_bidder_that_is_asked(by):
    case = Timed().sent()
    assert case.code(answer(), by) == "clarification_not_asked"
    assert case.code(answer(bid=by.bid or "A"), by) == "clarification_not_asked"


def test_who_answers_unasked_is_told_the_same_whether_or_not_somebody_was_asked():
    quiet, busy = Timed(), Timed().sent()
    busy.act(RecessCalled(CHAIR, "lunch"))
    for id in (ID, "guessed"):
        assert {quiet.code(answer(id, "B"), OTHER), busy.code(answer(id, "B"), OTHER)} == {"clarification_not_asked"}


@given(seconds=st.integers(0, 200_000))
def test_the_chair_gives_no_less_and_no_more_time_than_the_rule_book(seconds):
    case = Timed()
    case.act(proposal(), *(ClarificationVoted(seat, ID, True) for seat in (2, 3)))
    fact = ClarificationSent(CHAIR, ID, seconds)
    if 1800 <= seconds <= 86400:
        case.act(fact)
        assert case.course[ID].until == AT + timedelta(seconds=seconds)
    else:
        assert case.code(fact) == "clarification_time_wrong"


def test_a_rule_book_without_the_time_knows_no_clarifications():
    older = Timed(profile=replace(PROFILE, clarification=None))
    assert older.code(proposal()) == "clarification_not_known"


def test_the_time_rests_while_the_sitting_stands_still_and_no_recess_lengthens_it():
    case = Timed().sent().after(HOUR / 2).act(RecessCalled(CHAIR, "lunch")).after(HOUR)
    assert case.course[ID].until is None
    assert case.code(ClarificationLapsed(ID)) == "clarification_not_due"
    with pytest.raises(Exception, match="sitting_suspended"):
        case.act(answer(), by=ASKED)
    case.act(RecessEnded(CHAIR))
    assert case.course[ID].until == case.now + HOUR / 2
    assert case.course[ID].asked_at == AT
    for _ in range(3):  # called and ended at once
        case.act(RecessCalled(CHAIR, "again"), RecessEnded(CHAIR))
    assert case.course[ID].until == case.now + HOUR / 2
    case.after(HOUR * 0.49).act(answer(), by=ASKED)


def test_an_evaluation_that_is_given_up_waits_for_no_answer():
    case = Timed().sent().act(FaultReported("sub", "line down"), SittingDecided(Disposition.ABANDON, "x"))
    assert case.course[ID].until is None
    assert case.code(ClarificationLapsed(ID)) == "clarification_not_due"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"text": "x" * (LONGEST_ANSWER + 1)}, "clarification_text_long"),
        ({"files": tuple(replace(FILE, id=str(n)) for n in range(MOST_FILES + 1))}, "files_too_many"),
        ({"files": (replace(FILE, size=MOST_BYTES + 1),)}, "file_too_large"),
        ({"files": (replace(FILE, size=0),)}, "file_too_large"),
        ({"files": (replace(FILE, name="n" * 297 + ".pdf"),)}, "clarification_text_long"),
        ({"files": (replace(FILE, name="说明.docx"),)}, "clarification_file_not_pdf"),
    ],
)
def test_what_an_answer_must_be(changes, expected):
    assert Timed().sent().code(answer(**changes), ASKED) == expected


@pytest.mark.parametrize("text", ["甲公司说明如下", "甲 公\n司 说明", "由甲公司负责", "甲\u200b公\u2060司"])
def test_where_bidders_are_anonymous_an_answer_does_not_name_its_own(text):
    case = Timed().sent()
    assert case.code(answer(text=text), Answerer("A", "甲公司")) == "clarification_text_names_bidder"
    assert case.code(answer(text="张 伟负责"), Answerer("A", "甲公司", "张伟")) == "clarification_text_names_manager"
    case.act(answer(text=text), by=ASKED)


@pytest.mark.parametrize("text", ["我方甲(北京)有限公司答复", "甲（北京）有限公司", "甲（ 北京 ）有限公司ＡＢ"])
def test_a_name_is_found_whatever_the_width_of_its_letters(text):
    answerer = Answerer("A", "甲（北京）有限公司")
    assert Timed().sent().code(answer(text=text), answerer) == "clarification_text_names_bidder"


def test_a_question_is_no_novel():
    assert Timed().code(proposal(question="问" * 2001)) == "clarification_text_long"
    assert Timed().code(proposal(place="处" * 301)) == "clarification_text_long"
