"""Answered requests to correct a locked sheet, as the supervision authority is told of each: nothing of the sheet.

Which scores were asked for, why, and why a request was refused speak of scores, and stay with those who may see them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.casefile.record import Record
from evaluation.sitting import (
    CorrectionGround,
    CorrectionRefused,
    CorrectionRequested,
    CorrectionWithdrawn,
    SheetReopened,
)


class Decision(StrEnum):
    """What became of a request."""

    PERMITTED = "permitted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class AnsweredCorrection:
    """`by`: the seat that answered; a member takes its own request back."""

    lot: str
    seat: int
    ground: CorrectionGround
    asked_at: datetime
    decision: Decision
    by: int
    decided_at: datetime


def answered_corrections(records: Iterable[Record]) -> tuple[AnsweredCorrection, ...]:
    """Every answer in the records, in order. A request that lapsed because a member left was never answered."""
    asked: dict[tuple[str, int], Record] = {}
    found = []
    for record in records:
        if isinstance(record.fact, CorrectionRequested):
            asked[record.lot, record.fact.seat] = record
        elif (answer := _answer(record.fact)) is not None:
            seat, decision = answer
            request = asked.pop((record.lot, seat))
            about = record.lot, seat, request.fact.ground, request.at
            found.append(AnsweredCorrection(*about, decision, record.fact.seat, record.at))
    return tuple(found)


def _answer(fact: object) -> tuple[int, Decision] | None:
    match fact:
        case SheetReopened():
            return fact.reopened, Decision.PERMITTED
        case CorrectionRefused():
            return fact.refused, Decision.REFUSED
        case CorrectionWithdrawn():
            return fact.seat, Decision.WITHDRAWN
    return None
