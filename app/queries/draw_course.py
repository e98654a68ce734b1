"""When a draw went which way: what was committed, fixed, signed and shown at which instant, round by round.

Only what the wall shows anyhow gets an instant here; who was called, and when somebody answered, is no part of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.models import CaseEvent
from app.models.casefile import UNSEALED


class Step(StrEnum):
    """What happened."""

    OPENED = "DrawRoundOpened"
    COMMITTED = "DrawCommitted"
    OVERDUE = "CommitmentsOverdue"
    STATED = "DrawStated"
    SHARE = "DrawShareReleased"
    SIGNED = "DrawSigned"
    REVEALED = "DrawRevealed"
    CAPSULES = "CapsulesOpened"
    COMPLETED = "DrawCompleted"


@dataclass(frozen=True)
class CourseLine:
    """One step of a round: `parties` by name, or the number of a `trustee`."""

    at: datetime
    step: Step
    parties: tuple[str, ...] = ()
    trustee: int = 0


def draw_course(db_session: DbSession, case_id: str, lot: str) -> dict[int, tuple[CourseLine, ...]]:
    """By round what happened in it, in the order of the log. A pool, which may be large, is not read for it."""
    here = (CaseEvent.case_id == case_id, CaseEvent.lot == lot, UNSEALED, CaseEvent.type.in_([*Step]))
    found: dict[int, list[CourseLine]] = {}
    for seq, type_, at in db_session.execute(
        select(CaseEvent.seq, CaseEvent.type, CaseEvent.at).where(*here).order_by(CaseEvent.seq)
    ):
        step = Step(type_)
        if step is Step.OPENED:
            found[len(found) + 1] = []
        if found:
            found[len(found)].append(_line(db_session, case_id, seq, at, step))
    return {number: tuple(lines) for number, lines in found.items()}


def _line(db_session: DbSession, case_id: str, seq: int, at: datetime, step: Step) -> CourseLine:
    if step in (Step.OPENED, Step.STATED, Step.SIGNED, Step.COMPLETED):
        return CourseLine(at, step)
    text = db_session.scalars(select(CaseEvent.payload).where(CaseEvent.case_id == case_id, CaseEvent.seq == seq)).one()
    payload = json.loads(text)
    match step:
        case Step.SHARE:
            return CourseLine(at, step, trustee=payload["index"])
        case Step.OVERDUE:
            return CourseLine(at, step, tuple(payload["parties"]))
        case Step.CAPSULES:
            return CourseLine(at, step, tuple(sorted(payload["values"])))
    return CourseLine(at, step, (payload["party"],))
