"""A stage that two members have held again: who may, when, and what of the scores stands."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from evaluation.errors import RuleViolation
from evaluation.sitting import (
    BidsReviewed,
    ChairElected,
    ChairRolledBack,
    ChairVoted,
    DissentRecorded,
    MemberRecused,
    ReportSigned,
    ResultsComputed,
    ReviewConcluded,
    ReviewRolledBack,
    RollbackGround,
    RollbackProposed,
    RollbackReleased,
    RollbackTarget,
    ScoreSheetLocked,
    Stage,
    may_release,
    recheck,
    rollback_targets,
)
from tests.evaluation.sittings import REPORT, Sitting, findings, key_of, sheet, with_rules

REVIEW, CHAIR = RollbackTarget.REVIEW, RollbackTarget.CHAIR
WORDS = (RollbackGround.MISTAKE, "the verdict on bid C was meant for bid B")
REJECTED = (("C", "formal"),)
TWO_ARE_ENOUGH = with_rules(least_valid_bids=2)


def refused(sitting: Sitting, fact: object) -> str:
    before = sitting.state
    with pytest.raises(RuleViolation) as refusal:
        sitting.act(fact)
    assert sitting.state is before
    return refusal.value.code


def proposed(seat: int, to: RollbackTarget = REVIEW) -> RollbackProposed:
    return RollbackProposed(seat, to, *WORDS)


def released(seat: int, by: int, to: RollbackTarget = REVIEW) -> RollbackReleased:
    return RollbackReleased(seat, by, to, *WORDS)


def rolled_back(sitting: Sitting, to: RollbackTarget = REVIEW) -> Sitting:
    chair = sitting.state.chair
    other = next(seat for seat in sitting.numbers if seat != chair)
    sitting.act(proposed(other, to))
    sitting.act(released(chair, other, to))
    return sitting


def reviewed_by_all(sitting: Sitting, *failed: tuple[str, str]) -> None:
    for seat in sitting.numbers:
        sitting.act(BidsReviewed(seat, findings(*failed)))


def test_one_member_proposes_and_another_releases_word_for_word_one_of_them_the_chair():
    sitting = Sitting().until(Stage.RESULTS)
    chair = sitting.state.chair
    first, second = [seat for seat in sitting.numbers if seat != chair][:2]
    assert refused(sitting, released(chair, first)) == "rollback_not_proposed"
    sitting.act(proposed(first))
    assert refused(sitting, released(first, first)) == "second_person_needed"
    assert refused(sitting, released(second, first)) == "rollback_by_chair"
    other = RollbackReleased(chair, first, REVIEW, RollbackGround.BASIS, WORDS[1])
    assert refused(sitting, other) == "rollback_not_proposed"
    assert (may_release(sitting.state, chair), may_release(sitting.state, second)) == (True, False)
    assert sitting.act(released(chair, first))[-1] == ReviewRolledBack()
    assert sitting.state.stage is Stage.REVIEW
    assert refused(sitting, released(chair, first)) == "rollback_stage_wrong"


def test_the_chair_is_elected_again_by_any_two():
    sitting = Sitting().until(Stage.REVIEW)
    first, second = [seat for seat in sitting.numbers if seat != sitting.state.chair][:2]
    sitting.act(BidsReviewed(first, findings()))
    sitting.act(proposed(first, CHAIR))
    assert sitting.act(released(second, first, CHAIR))[-1] == ChairRolledBack()
    state = sitting.state
    assert (state.stage, state.chair, state.chair_round, state.chair_votes) == (Stage.CHAIR, None, 1, {})
    assert state.reviews == {}
    for seat in sitting.numbers:
        sitting.act(ChairVoted(seat, 5, 1))
    assert any(isinstance(event, ChairElected) and event.seat == 5 for event in sitting.events)
    assert sitting.state.stage is Stage.REVIEW


@pytest.mark.parametrize(
    "stage", [one for one in Stage if one not in {Stage.UNCONVENED, Stage.FAILED, Stage.ABANDONED}]
)
def test_which_stage_can_be_held_again_from_where(stage):
    sitting = Sitting().until(stage)
    expected = {
        Stage.REVIEW: (CHAIR,),
        Stage.COMPETITION: (CHAIR, REVIEW),
        Stage.SCORING: (CHAIR, REVIEW),
        Stage.RESULTS: (REVIEW,),
        Stage.REPORT: (REVIEW,),
    }.get(stage, ())
    assert rollback_targets(sitting.state) == expected
    for to in RollbackTarget:
        if to not in expected:
            assert refused(sitting, proposed(1, to)) in {"rollback_stage_wrong", "sitting_out_of_order"}


def test_nobody_goes_back_while_a_sheet_is_locked_that_others_may_not_see():
    sitting = Sitting().until(Stage.SCORING)
    chair, other = sitting.state.chair, next(seat for seat in sitting.numbers if seat != sitting.state.chair)
    sitting.act(proposed(other))
    sitting.act(ScoreSheetLocked(1, sheet(1), {}))
    assert rollback_targets(sitting.state) == ()
    assert refused(sitting, proposed(other)) == "rollback_while_scoring"
    assert refused(sitting, released(chair, other)) == "rollback_while_scoring"


def test_the_same_bids_pass_and_the_sheets_stand_as_they_were_locked():
    sitting = Sitting().until(Stage.REPORT)
    before = sitting.state
    rolled_back(sitting)
    assert (sitting.state.result, sitting.state.report_sha256) == (None, "")
    reviewed_by_all(sitting)
    assert sitting.state.stage is Stage.RESULTS
    assert sitting.state.sheets == before.sheets
    assert sitting.state.result == before.result
    assert recheck(sitting.events) == sitting.state


def test_a_bid_that_comes_back_is_scored_and_no_score_that_was_shown_changes():
    sitting = Sitting(TWO_ARE_ENOUGH).until(Stage.REVIEW)
    reviewed_by_all(sitting, *REJECTED)
    for seat in sitting.numbers:
        sitting.act(ScoreSheetLocked(seat, sheet(seat, sitting.state.valid), {}))
    before = sitting.state.sheets
    rolled_back(sitting)
    reviewed_by_all(sitting)
    assert (sitting.state.stage, sitting.state.sheets) == (Stage.SCORING, {})
    better = sheet(1)
    better["A"]["plan"] = D(40)
    assert refused(sitting, ScoreSheetLocked(1, better, {})) == "score_not_reopened"
    for seat in sitting.numbers:
        sitting.act(ScoreSheetLocked(seat, sheet(seat), {}))
    assert sitting.state.stage is Stage.RESULTS
    assert {
        seat: {bid: row for bid, row in s.items() if bid != "C"} for seat, s in sitting.state.sheets.items()
    } == before
    assert [event for event in sitting.events if isinstance(event, ResultsComputed)][-1].result["C"].rank
    assert recheck(sitting.events) == sitting.state


def test_a_bid_that_is_rejected_now_falls_out_and_the_rest_stands():
    sitting = Sitting(TWO_ARE_ENOUGH).until(Stage.RESULTS)
    before = sitting.state.sheets
    rolled_back(sitting)
    reviewed_by_all(sitting, *REJECTED)
    assert sitting.state.stage is Stage.RESULTS
    assert sitting.state.sheets == {seat: {bid: row[bid] for bid in ("A", "B")} for seat, row in before.items()}
    concluded = [event for event in sitting.events if isinstance(event, ReviewConcluded)]
    assert [one.valid for one in concluded] == [("A", "B", "C"), ("A", "B")]  # what was found before stays on record
    rolled_back(sitting)  # and back again: the scores of the bid are those that everybody has seen
    reviewed_by_all(sitting)
    assert sitting.state.sheets == before


def test_who_succeeds_afterwards_scores_alone_and_the_others_keep_theirs():
    sitting = rolled_back(Sitting(TWO_ARE_ENOUGH).until(Stage.RESULTS))
    sitting.act(MemberRecused(4, "ill"))
    assert 4 not in sitting.state.seen
    assert sitting.state.seen.keys() == {1, 2, 3, 5}


def test_a_dissent_is_kept_and_a_proposal_ends_with_its_stage():
    sitting = Sitting().until(Stage.REPORT)
    sitting.act(DissentRecorded(1, "too high"), proposed(1))
    assert sitting.state.rollback == proposed(1)
    sitting.act(ReportSigned(3, REPORT, key_of(3)))
    assert (sitting.state.stage, sitting.state.rollback) == (Stage.SIGNING, None)
    other = Sitting().until(Stage.REPORT)
    other.act(DissentRecorded(1, "too high"))
    rolled_back(other)
    assert [(one.seat, one.text) for one in other.state.superseded_dissents] == [(1, "too high")]


def test_a_reason_is_needed():
    with pytest.raises(RuleViolation, match="sitting_text_missing"):
        Sitting().until(Stage.RESULTS).act(RollbackProposed(1, REVIEW, RollbackGround.BASIS, " "))
