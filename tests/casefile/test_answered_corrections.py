"""What the authority is told of corrections, from any course of requests, answers and departures in two lots."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta

from hypothesis import given

from app.casefile.answered_corrections import AnsweredCorrection, Decision, answered_corrections
from app.casefile.codec import encode
from app.casefile.record import Record
from evaluation.scoring import ScorePlace
from evaluation.sitting import (
    CorrectionGround,
    CorrectionRefused,
    CorrectionRequested,
    CorrectionWithdrawn,
    MemberRecused,
    SheetReopened,
)
from tests.choices import choices

START = datetime(2026, 1, 5, 1, tzinfo=UTC)
CHAIR = 3
ANSWERS = {
    Decision.PERMITTED: lambda seat: SheetReopened(CHAIR, seat),
    Decision.REFUSED: lambda seat: CorrectionRefused(CHAIR, seat, "the score 12 is as it should be"),
    Decision.WITHDRAWN: CorrectionWithdrawn,
}


def recorded(facts) -> list[Record]:
    return [
        Record("case", n, lot, type(fact).__name__, START + timedelta(minutes=n), "", "", encode(fact), {})
        for n, (lot, fact) in enumerate(facts)
    ]


@given(choices(49))
def test_each_answer_is_told_once_with_the_request_that_it_answers(chosen):
    facts, expected = [], []
    for _ in range(chosen.one(range(13))):
        lot, seat = chosen.one("12"), chosen.one(range(1, 6))
        ground, decision = chosen.one(list(CorrectionGround)), chosen.one((None, *Decision))
        asked_at = START + timedelta(minutes=len(facts))
        facts.append((lot, CorrectionRequested(seat, ground, "meant 40", (ScorePlace("A", "plan"),))))
        facts.append((lot, ANSWERS[decision](seat) if decision else MemberRecused(seat, "ill")))
        if decision:
            by = seat if decision is Decision.WITHDRAWN else CHAIR
            decided_at = asked_at + timedelta(minutes=1)
            expected.append(AnsweredCorrection(lot, seat, ground, asked_at, decision, by, decided_at))
    assert answered_corrections(recorded(facts)) == tuple(expected)


def test_nothing_of_a_sheet_is_in_it():
    assert {field.name for field in fields(AnsweredCorrection)} == {
        *("lot", "seat", "ground", "asked_at", "decision", "by", "decided_at")
    }
