"""A bidder is asked what a majority voted, by the chair alone, and nothing goes on before it has ended."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import RuleViolation
from evaluation.sitting import (
    BidsReviewed,
    Clarification,
    ClarificationAsked,
    ClarificationDecided,
    ClarificationLapsed,
    ClarificationSent,
    ClarificationStanding,
    ClarificationVoted,
    ClarificationWithdrawn,
    ConflictDeclared,
    FaultReported,
    MemberIdentified,
    MemberReplaced,
    ScoreSheetLocked,
    SittingDecided,
    Stage,
    StatementMade,
    askable,
    decide,
    may_propose,
    recheck,
)
from evaluation.sitting.clarification_rules import MOST_FRUITLESS
from evaluation.sitting.interruptions import Disposition
from tests.evaluation.questions import FILE, ID, answer, proposal
from tests.evaluation.sittings import Sitting, findings, key_of, sheet
from tests.evaluation.test_sitting_changes import refused

S = ClarificationStanding
CHAIR, OTHERS = 3, (2, 3, 4, 5)


def code(sitting, *facts) -> str:
    for fact in facts[:-1]:
        sitting.act(fact)
    return refused(sitting, facts[-1]).code


def reviewing() -> Sitting:
    return Sitting().until(Stage.REVIEW)


def voted(*agree: int, stage: Stage = Stage.REVIEW) -> Sitting:
    sitting = Sitting().until(stage)
    sitting.act(proposal(), *(ClarificationVoted(seat, ID, True) for seat in agree))
    return sitting


def sent(stage: Stage = Stage.REVIEW) -> Sitting:
    sitting = voted(2, 3, stage=stage)
    sitting.act(ClarificationSent(CHAIR, ID, 600))
    return sitting


def standing(sitting: Sitting) -> ClarificationStanding:
    return sitting.state.clarifications[ID].standing


@pytest.mark.parametrize("votes", list(product((True, False), repeat=4)), ids=str)
def test_more_than_half_of_all_members_decide_as_soon_as_no_vote_can_change_it(votes):
    sitting, agreed, opposed = reviewing(), 1, 0
    sitting.act(proposal())
    for seat, agrees in zip(OTHERS, votes, strict=True):
        accepted = sitting.act(ClarificationVoted(seat, ID, agrees))
        agreed, opposed = agreed + agrees, opposed + (not agrees)
        if agreed == 3 or opposed == 3:
            assert accepted[1:] == (ClarificationDecided(ID, agreed == 3, agreed, opposed),)
            break
        assert accepted[1:] == ()
    assert standing(sitting) is (S.ACCEPTED if agreed == 3 else S.REFUSED)
    assert recheck(sitting.events) == sitting.state
    if agreed < 3:
        assert code(sitting, ClarificationSent(CHAIR, ID, 600)) == "clarification_stands_otherwise"
        sitting.act(BidsReviewed(1, findings()))  # nothing is waited for any more


@given(members=st.integers(1, 9), votes=st.lists(st.booleans(), max_size=9))
def test_a_tie_of_an_even_committee_asks_nothing(members, votes):
    votes = votes[:members]
    decision = Clarification(proposal(), votes=dict(enumerate(votes))).decision(members)
    left = members - len(votes)
    reachable = {2 * (sum(votes) + more) > members for more in range(left + 1)}
    assert decision == (reachable.pop() if len(reachable) == 1 else None)


@pytest.mark.parametrize("seat", [1, 2, 4, 5])
def test_the_chair_alone_sends_and_only_what_was_voted(seat):
    sitting = voted(2, 3)
    assert code(sitting, ClarificationSent(seat, ID, 600)) == "clarification_by_chair"
    assert code(sitting, ClarificationSent(CHAIR, "other", 600)) == "clarification_unknown"
    asked = sitting.act(ClarificationSent(CHAIR, ID, 600))[1]
    what = proposal()
    assert asked == ClarificationAsked(ID, "A", what.subject, what.place, what.question, 600)
    assert code(sitting, ClarificationSent(CHAIR, ID, 600)) == "clarification_stands_otherwise"
    assert "seat" not in vars(asked)


def test_who_proposed_takes_back_what_the_chair_does_not_send():
    sitting = voted(2, 4)
    assert sitting.state.clarifications[ID].standing is S.ACCEPTED
    assert refused(sitting, ClarificationWithdrawn(2, ID)).code == "clarification_of_another"
    sitting.act(ClarificationWithdrawn(1, ID))
    sitting.act(*(BidsReviewed(n, findings()) for n in sitting.numbers))
    assert sitting.state.stage is Stage.SCORING


def test_what_was_voted_down_is_not_proposed_again_as_it_was():
    sitting = reviewing()
    sitting.act(proposal(), *(ClarificationVoted(seat, ID, False) for seat in (2, 3, 4)))
    spaced = proposal(2, "q-2", question=proposal().question.replace(" ", "  "))
    assert refused(sitting, spaced).code == "clarification_refused_before"
    sitting.act(proposal(2, "q-2", bid="B"), proposal(1, "q-3", question="And what of the guarantee?"))


def test_a_seat_holds_the_others_up_with_so_many_questions_and_no_more():
    sitting = reviewing()
    for n in range(MOST_FRUITLESS):
        sitting.act(proposal(1, f"w-{n}"), ClarificationWithdrawn(1, f"w-{n}"))
    assert refused(sitting, proposal(1, "more")).code == "clarification_too_many"
    sitting.act(proposal(2, "more"))


@pytest.mark.parametrize("letter", ["\x00", "\x1b", "\x07", "\x0b", "\ufffe"])
def test_texts_of_record_hold_no_control_characters(letter):
    sitting = voted(2, 3)
    sitting.act(ClarificationSent(CHAIR, ID, 600))
    assert refused(sitting, proposal(2, "q-2", question=f"a{letter}b")).code == "sitting_text_unfit"
    assert refused(sitting, answer(text=f"a{letter}b")).code == "sitting_text_unfit"
    sitting.act(answer(text="one line\nand another"))


def test_the_chair_cannot_send_what_is_still_voted_on():
    assert code(voted(2), ClarificationSent(CHAIR, ID, 600)) == "clarification_stands_otherwise"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ((proposal(), ClarificationVoted(1, ID, True)), "sitting_already_done"),
        ((proposal(), ClarificationVoted(2, ID, True), ClarificationVoted(2, ID, False)), "sitting_already_done"),
        ((ClarificationVoted(2, ID, True),), "clarification_unknown"),
        ((proposal(), proposal(2)), "clarification_id_taken"),
        ((proposal(), proposal(1, "q-2")), "clarification_own_in_vote"),
        ((proposal(bid="Z"),), "clarification_bid_unknown"),
        ((proposal(question=" "),), "sitting_text_missing"),
        ((proposal(place=""),), "sitting_text_missing"),
        ((proposal(id="../x"),), "sitting_id_malformed"),
        ((proposal(), ClarificationWithdrawn(2, ID)), "clarification_of_another"),
        (
            (proposal(), ClarificationWithdrawn(1, ID), ClarificationVoted(2, ID, True)),
            "clarification_stands_otherwise",
        ),
        ((proposal(), answer()), "clarification_stands_otherwise"),
        ((proposal(), ClarificationLapsed(ID)), "clarification_stands_otherwise"),
    ],
)
def test_what_is_no_step_of_it_is_refused(facts, expected):
    assert code(reviewing(), *facts) == expected


@pytest.mark.parametrize("outcome", [ClarificationDecided(ID, True, 5, 0), ClarificationAsked(ID, "A", "", "", "", 1)])
def test_what_follows_can_be_proposed_by_nobody(outcome):
    assert code(voted(2, 3), outcome) == "sitting_fact_not_proposable"


def test_a_member_answers_for_no_bidder_and_votes_for_no_other_seat():
    sitting = sent()
    for fact, actor in ((answer(), 2), (ClarificationLapsed(ID), 2)):
        with pytest.raises(RuleViolation, match="sitting_not_for_members"):
            decide(sitting.state, fact, actor)
    with pytest.raises(RuleViolation, match="sitting_not_own_seat"):
        decide(voted().state, ClarificationVoted(2, ID, True), 4)


@pytest.mark.parametrize("stage", [Stage.REVIEW, Stage.SCORING])
@pytest.mark.parametrize(
    ("steps", "waits"),
    [
        ((proposal(),), "clarification_in_vote"),
        ((proposal(), ClarificationVoted(2, ID, True), ClarificationVoted(3, ID, True)), "clarification_unsent"),
        ((proposal(), ClarificationVoted(2, ID, True), ClarificationVoted(3, ID, True),
          ClarificationSent(CHAIR, ID, 600)), "clarification_unanswered"),
    ],
)  # fmt: skip
def test_nobody_reviews_or_locks_before_it_has_ended(stage, steps, waits):
    sitting = Sitting().until(stage)
    sitting.act(*steps)
    step = BidsReviewed(1, findings()) if stage is Stage.REVIEW else ScoreSheetLocked(1, sheet(1), {})
    assert code(sitting, step) == waits
    if waits == "clarification_in_vote":
        sitting.act(ClarificationWithdrawn(1, ID))
    elif waits == "clarification_unsent":
        sitting.act(ClarificationSent(CHAIR, ID, 600), ClarificationLapsed(ID))
    else:
        sitting.act(answer())
    sitting.act(step)
    assert recheck(sitting.events) == sitting.state


def test_an_answer_is_final_and_of_that_bid():
    sitting = sent()
    assert code(sitting, answer(bid="B")) == "clarification_bid_unknown"
    assert code(sitting, answer(text="\n")) == "sitting_text_missing"
    assert code(sitting, answer(files=(FILE, FILE))) == "file_repeated"
    assert code(sitting, answer(files=(replace(FILE, sha256="x"),))) == "sitting_digest_malformed"
    sitting.act(answer())
    for late in (answer(), ClarificationLapsed(ID)):
        assert code(sitting, late) == "clarification_stands_otherwise"


def test_once_a_sheet_is_locked_or_the_bid_is_rejected_nothing_is_asked_about_it():
    sitting = Sitting().until(Stage.SCORING)
    assert may_propose(sitting.state, 1)
    assert askable(sitting.state) == sitting.state.valid
    sitting.act(ScoreSheetLocked(1, sheet(1), {}))
    refusal = refused(sitting, proposal(2))
    assert (refusal.code, refusal.facts) == ("clarification_too_late", {}), "how many have locked is not told"
    assert not may_propose(sitting.state, 1)
    late = Sitting().until(Stage.RESULTS)
    assert code(late, proposal()) == "sitting_out_of_order"
    assert not may_propose(late.state, 1)


def test_in_the_review_others_may_still_ask_after_some_have_judged():
    sitting = reviewing()
    sitting.act(BidsReviewed(4, findings()), proposal(5))
    assert code(sitting, BidsReviewed(1, findings())) == "clarification_in_vote"


@pytest.mark.parametrize("begun", [voted, lambda: voted(2, 3)])
def test_where_a_member_leaves_what_was_not_sent_is_dropped_and_stays_on_record(begun):
    sitting = begun()
    sitting.act(ConflictDeclared(5, "late"))
    assert standing(sitting) is S.DROPPED
    assert sitting.state.clarifications_awaited == ()
    assert recheck(sitting.events) == sitting.state


def test_what_was_sent_goes_on_while_a_successor_comes_and_is_answered_to_it():
    sitting = sent()
    sitting.act(ConflictDeclared(5, "late"))
    assert standing(sitting) is S.SENT
    sitting.act(MemberReplaced(5, "sub", "successor"), MemberIdentified(5, key_of(5, 1), "w"))
    assert code(sitting, proposal(1, "q-2")) == "sitting_out_of_order"
    sitting.act(StatementMade(5, True, ""))
    assert code(sitting, BidsReviewed(5, findings())) == "clarification_unanswered"
    sitting.act(answer(), BidsReviewed(5, findings()))
    assert recheck(sitting.events) == sitting.state


def test_a_standstill_takes_no_answer_and_giving_up_ends_every_request():
    sitting = sent()
    sitting.act(proposal(2, "q-2", "B"), FaultReported("sub", "line down"))
    assert not may_propose(sitting.state, 1)
    for fact in (answer(), ClarificationLapsed(ID), ClarificationVoted(4, "q-2", True)):
        assert code(sitting, fact) == "sitting_suspended"
    sitting.act(SittingDecided(Disposition.ABANDON, "not repaired"))
    assert {one.standing for one in sitting.state.clarifications.values()} == {S.DROPPED}
    assert code(sitting, answer()) == "sitting_out_of_order"
    assert recheck(sitting.events) == sitting.state
