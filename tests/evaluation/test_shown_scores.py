"""Scores that all have seen: what stands of them where a review finds otherwise, and who could tell them to whom."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from evaluation.errors import RuleViolation
from evaluation.scoring import ScorePlace
from evaluation.sitting import (
    BidsReviewed,
    ClarificationProposed,
    ClarificationSubject,
    ConflictDeclared,
    CorrectionGround,
    CorrectionRequested,
    MemberIdentified,
    MemberReplaced,
    RollbackGround,
    RollbackProposed,
    RollbackTarget,
    ScoreSheetLocked,
    SheetReopened,
    Stage,
    StatementMade,
    may_propose,
    recheck,
    rollback_targets,
)
from tests.evaluation.sittings import UNMARKED, Sitting, findings, key_of, sheet, with_rules

TWO = with_rules(least_valid_bids=2)
NO_SEAL = ("C", "formal")
ALL, WITHOUT_C = ("A", "B", "C"), ("A", "B")


def refused(sitting: Sitting, fact: object) -> str:
    with pytest.raises(RuleViolation) as refusal:
        sitting.act(fact)
    return refusal.value.code


def succeeded(sitting: Sitting, seat: int = 5) -> Sitting:
    """The member of a seat leaves, and its successor is there."""
    sitting.act(ConflictDeclared(seat, "a cousin of a bidder"), MemberReplaced(seat, "sub", "person-9"))
    return sitting.act(MemberIdentified(seat, key_of(seat, 3), "w"), StatementMade(seat, True, "")) and sitting


def split(sitting: Sitting) -> Sitting:
    """Bid C is rejected by three of five, the member of seat 5 among them; the others are scored."""
    sitting.until(Stage.REVIEW)
    sitting.act(*(BidsReviewed(n, findings(NO_SEAL) if n in (1, 2, 5) else findings()) for n in sitting.numbers))
    sitting.act(*(ScoreSheetLocked(n, sheet(n, WITHOUT_C), {}) for n in sitting.numbers))
    assert sitting.state.stage is Stage.RESULTS
    return sitting


def test_after_a_successors_review_nobody_scores_again_what_all_have_seen():
    """O87 art. 61 and 64: four grounds, whatever leads back to the scoring."""
    sitting = succeeded(split(Sitting(TWO)))
    sitting.act(BidsReviewed(5, findings()))
    state = sitting.state
    assert (state.stage, state.valid, state.sheets) == (Stage.SCORING, ALL, {})
    assert sorted(state.reopened) == [1, 2, 3, 4]
    assert all(state.reopened[n].before == sheet(n, WITHOUT_C) for n in (1, 2, 3, 4))
    other = {bid: dict(row) for bid, row in sheet(1).items()}
    other["A"]["plan"] = D(0)
    assert refused(sitting, ScoreSheetLocked(1, other, {})) == "score_not_reopened"
    sitting.act(*(ScoreSheetLocked(n, sheet(n), {}) for n in sitting.numbers))
    assert sitting.state.stage is Stage.RESULTS
    assert recheck(sitting.events) == sitting.state


def test_a_bid_that_the_successors_review_rejects_falls_out_and_nothing_else_changes():
    sitting = Sitting(TWO).until(Stage.REVIEW)
    sitting.act(*(BidsReviewed(n, findings(NO_SEAL) if n in (1, 2) else findings()) for n in sitting.numbers))
    sitting.act(*(ScoreSheetLocked(n, sheet(n), {}) for n in sitting.numbers))
    succeeded(sitting).act(BidsReviewed(5, findings(NO_SEAL)))
    assert sitting.state.sheets == {n: sheet(n, WITHOUT_C) for n in (1, 2, 3, 4)}
    sitting.act(ScoreSheetLocked(5, sheet(5, WITHOUT_C), {}))
    assert sitting.state.stage is Stage.RESULTS
    assert recheck(sitting.events) == sitting.state


def test_sheets_that_no_results_have_shown_are_scored_anew():
    sitting = Sitting(TWO).until(Stage.REVIEW)
    sitting.act(*(BidsReviewed(n, findings(NO_SEAL) if n in (1, 2, 5) else findings()) for n in sitting.numbers))
    sitting.act(ScoreSheetLocked(1, sheet(1, WITHOUT_C), {}))
    succeeded(sitting).act(BidsReviewed(5, findings()))
    assert (sitting.state.sheets, sitting.state.reopened) == ({}, {})


def test_a_correction_that_was_permitted_stays_so_and_one_that_was_locked_stands():
    """While seat 1 corrects, seat 5 leaves, and its successor's review finds otherwise."""
    sitting = split(Sitting(with_rules(evaluation=UNMARKED.rules.evaluation, least_valid_bids=2)))
    place = ScorePlace("A", "plan")
    asked = CorrectionRequested(1, CorrectionGround.ABNORMAL_SCORE, "x", (place,))
    sitting.act(asked, SheetReopened(3, 1))
    waiting = sitting.branch()
    corrected = {bid: dict(row) for bid, row in sheet(1).items()}
    corrected["A"]["plan"] = D(30)
    succeeded(waiting).act(BidsReviewed(5, findings()))
    assert waiting.state.reopened[1].places == {place}
    waiting.act(ScoreSheetLocked(1, corrected, {}))

    succeeded(sitting)
    sitting.act(BidsReviewed(5, findings(NO_SEAL)))  # as before: only its own sheet and the correction are awaited
    sitting.act(ScoreSheetLocked(1, {bid: corrected[bid] for bid in WITHOUT_C}, {}))
    sitting.act(ConflictDeclared(5, "a late discovery"), MemberReplaced(5, "sub", "person-10"))
    sitting.act(MemberIdentified(5, key_of(5, 4), "w"), StatementMade(5, True, ""), BidsReviewed(5, findings()))
    assert sitting.state.valid == ALL
    assert sitting.state.reopened[1].before == {bid: corrected[bid] for bid in WITHOUT_C}
    for done in (waiting, sitting):
        done.act(*(ScoreSheetLocked(n, sheet(n), {}) for n in done.numbers if n != 1))
        if done is sitting:
            done.act(ScoreSheetLocked(1, corrected, {}))
        assert done.state.stage is Stage.RESULTS
        assert done.state.sheets[1] == corrected
        assert recheck(done.events) == done.state


@pytest.mark.parametrize("until", [Stage.SCORING, Stage.RESULTS])
def test_who_could_tell_a_score_says_nothing_while_a_successor_reviews(until):
    sitting = Sitting().until(Stage.SCORING)
    locked = sitting.numbers[:3] if until is Stage.SCORING else sitting.numbers
    sitting.act(*(ScoreSheetLocked(n, sheet(n), {}) for n in locked))
    succeeded(sitting)
    assert sitting.state.stage is Stage.REVIEW
    words = "bid A has 38.5 points of mine"
    assert rollback_targets(sitting.state) == ()
    proposal = RollbackProposed(1, RollbackTarget.CHAIR, RollbackGround.MISTAKE, words)
    assert refused(sitting, proposal) == "rollback_while_scoring"

    def question(seat: int) -> ClarificationProposed:
        return ClarificationProposed(seat, f"q{seat}", "A", ClarificationSubject.UNCLEAR, "p. 3", words)

    assert [may_propose(sitting.state, seat) for seat in (1, 5)] == [False, True]
    assert refused(sitting, question(1)) == "clarification_rests_for_successor"
    sitting.act(question(5))


def test_where_all_have_seen_the_same_scores_a_stage_can_be_held_again_as_before():
    sitting = Sitting().until(Stage.RESULTS)
    words = (RollbackTarget.REVIEW, RollbackGround.MISTAKE, "meant for another bid")
    sitting.act(RollbackProposed(1, *words))
    assert not sitting.state.kept_from_some
    assert sitting.state.keepers == set(sitting.numbers)
