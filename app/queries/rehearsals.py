"""Rehearsals as the centre and the trustees see them: the list, and the hall of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.codec import encode
from app.models import CaseFile
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.rehearsal import KIND, Findings, Rehearsal, findings
from app.procedure.roles import Actor
from app.queries.cases import load_case
from app.queries.opening_hall import TrusteeLight
from crypto.canonical import Json

SLOW = 600.0  # seconds from the due time to a share, from which on it is worth a word
SHOWN = 100


@dataclass(frozen=True)
class RehearsalRow:
    """A rehearsal in a list: its stage is waiting, signing, opening or ended."""

    id: str
    state: Rehearsal
    stage: str
    findings: Findings


@dataclass(frozen=True)
class TrusteeLine:
    """How a trustee did: seconds from the due time to its share, None where there was none."""

    name: str
    at: datetime | None
    after: float | None

    @property
    def slow(self) -> bool:
        return self.after is not None and self.after > SLOW


@dataclass(frozen=True)
class RehearsalHall:
    """All that is on the wall of a rehearsal; `bids`: name, price (yuan), reason where it did not open."""

    row: RehearsalRow
    lights: tuple[TrusteeLight, ...]
    trustees: tuple[TrusteeLine, ...]
    bids: tuple[tuple[str, Decimal | None, str], ...]
    opening_took: float | None  # seconds from the release to the last bid


def rehearsal_row(rehearsal: str, state: Rehearsal, now: datetime) -> RehearsalRow:
    return RehearsalRow(rehearsal, state, _stage(state, now), findings(state))


def _stage(state: Rehearsal, now: datetime) -> str:
    if state.ended_at is not None:
        return "ended"
    if state.release is not None:
        return "opening" if state.opened_all_at is None else "signing"
    return "waiting" if now < state.opened.due_at else "signing"


def own_rehearsals(db_session: DbSession, actor: Actor, now: datetime) -> list[RehearsalRow]:
    """The rehearsals that the actor may watch, the latest first."""
    query = select(CaseFile.id).where(CaseFile.kind == KIND).order_by(CaseFile.created_at.desc(), CaseFile.id)
    found = [load_case(db_session, id_) for id_ in db_session.scalars(query.limit(SHOWN))]
    return [
        rehearsal_row(case.id, case.rehearsal, now)
        for case in found
        if case.rehearsal is not None and allowed(actor, Action.REHEARSAL_WATCH, case)
    ]


def described(row: RehearsalRow) -> dict[str, Json]:
    """A rehearsal for programs."""
    state = row.state
    return {
        "rehearsal": row.id,
        "due_at": encode(state.opened.due_at),
        "ends_at": encode(state.opened.ends_at),
        "stage": row.stage,
        "signed": sorted(state.shares),
        "missing": list(row.findings.missing),
        "passed": row.findings.passed,
        "ended_at": encode(state.ended_at) if state.ended_at else "",
    }


def rehearsal_hall(rehearsal: str, state: Rehearsal, now: datetime) -> RehearsalHall:
    """The hall of a rehearsal that the looker may watch."""
    members, times = state.committee.members, state.share_times
    lights = [
        TrusteeLight(m.organisation, "verified" if m.index in times else "waiting", times.get(m.index)) for m in members
    ]
    lines = [TrusteeLine(m.organisation, times.get(m.index), _after(state, times.get(m.index))) for m in members]
    bids = [(bid.name, bid.price, bid.reason) for bid in state.bids.values()]
    took = (
        (state.opened_all_at - state.released_at).total_seconds() if state.opened_all_at and state.released_at else None
    )
    return RehearsalHall(rehearsal_row(rehearsal, state, now), tuple(lights), tuple(lines), tuple(bids), took)


def _after(state: Rehearsal, at: datetime | None) -> float | None:
    return (at - state.opened.due_at).total_seconds() if at else None
