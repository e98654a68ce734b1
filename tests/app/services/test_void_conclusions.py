"""What a report says of requests and votes that a later turn of the sitting made void, from the events alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.casefile.codec import encode
from app.casefile.disposals import disposals
from app.casefile.record import Record
from app.casefile.rolled_back import rolled_back
from app.services.report_course import corrections_of
from evaluation.scoring import ScorePlace
from evaluation.sitting import (
    BidsReviewed,
    CorrectionGround,
    CorrectionRefused,
    CorrectionRequested,
    Disposal,
    FindingPut,
    FindingVoted,
    RollbackGround,
    RollbackProposed,
    RollbackReleased,
    RollbackTarget,
    ScoreSheetLocked,
    SheetReopened,
    Stage,
)
from tests.evaluation.sittings import UNMARKED, Sitting, findings, sheet

START = datetime(2026, 1, 5, 1, tzinfo=UTC)
WORDS = (RollbackTarget.REVIEW, RollbackGround.MISTAKE, "meant for another bid")


def recorded(sitting: Sitting) -> list[Record]:
    return [
        Record("case", n, "1", type(fact).__name__, START + timedelta(minutes=n), "", "", encode(fact), {})
        for n, fact in enumerate(sitting.events)
    ]


def asked(seat: int, criterion: str = "plan") -> CorrectionRequested:
    return CorrectionRequested(seat, CorrectionGround.ABNORMAL_SCORE, "meant another", (ScorePlace("A", criterion),))


def told(sitting: Sitting) -> list[str]:
    names = {bid.bid: bid.bidder_name for bid in sitting.state.bids}
    return list(corrections_of(recorded(sitting), names, sitting.state.rules.evaluation.criteria, "en"))


def held_again(sitting: Sitting) -> Sitting:
    sitting.act(RollbackProposed(1, *WORDS), RollbackReleased(sitting.state.chair or 0, 1, *WORDS))
    sitting.act(*(BidsReviewed(seat, findings()) for seat in sitting.numbers))
    assert sitting.state.stage is Stage.RESULTS
    return sitting


@pytest.fixture
def results() -> Sitting:
    return Sitting(UNMARKED).until(Stage.RESULTS)


def test_a_request_that_a_stage_held_again_made_void_has_not_the_answer_of_a_later_one(results):
    results.act(asked(2))
    held_again(results)
    assert results.state.requests == {}
    results.act(asked(2), CorrectionRefused(3, 2, "the score is right"))
    first, second = told(results)
    assert "It lapsed at" in first
    assert "had the results made anew" in first
    assert "the score is right" not in first
    assert "the score is right" in second


def test_a_request_that_stands_while_anothers_sheet_is_corrected_is_answered_after_it(results):
    results.act(asked(2), asked(4), SheetReopened(3, 4))
    results.act(ScoreSheetLocked(4, sheet(4), {}), CorrectionRefused(3, 2, "the score is right"))
    first, second = told(results)
    assert "the score is right" in first
    assert "lapsed" not in first + second


def test_votes_that_a_stage_held_again_made_void_count_no_more(results):
    results.act(FindingPut(3, 1, Disposal.EXPLAINED, "a common template"))
    for seat in results.numbers:
        if results.state.put is not None:
            results.act(FindingVoted(seat, 1, True, ""))
    standing = disposals(recorded(results))
    assert [one.lapsed for one in standing] == [False]
    held_again(results)
    assert results.state.disposed == ()
    assert disposals(recorded(results)) == (replace(standing[0], lapsed=True),)


def test_a_chair_that_is_elected_again_after_a_review_was_held_again_is_named_as_it_stood(results):
    results.act(RollbackProposed(1, *WORDS), RollbackReleased(3, 1, *WORDS))
    chosen = (RollbackTarget.CHAIR, RollbackGround.PROCEDURE, "a vote was counted twice")
    results.act(RollbackProposed(1, *chosen), RollbackReleased(4, 1, *chosen))
    first, second = rolled_back(recorded(results))
    assert (first.before.chair.seat, first.before.results is not None) == (3, True)
    assert (second.before.chair.seat, second.before.results) == (3, None)
