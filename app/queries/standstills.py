"""A sitting that stands still as everybody concerned sees it: since when, why, by whose word, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.casefile.case import Case
from app.procedure.standstill import Waiting, fault_ends_at
from evaluation.committee import MemberRole
from evaluation.sitting import (
    TRANSITIONS,
    Disposition,
    ReplacementOrdered,
    SittingDecided,
    SittingOrdered,
    SuspensionGround,
)


@dataclass(frozen=True)
class StandstillView:
    """`ends_at`: until when a fault may be repaired; `started`: members have begun, so too long a fault ends it;
    `beneath`: what stands again one by one when this one ends, the next first."""

    ground: SuspensionGround
    note: str
    site: str
    since: datetime
    ends_at: datetime | None
    started: bool
    beneath: tuple[SuspensionGround, ...] = ()

    @property
    def faulty(self) -> bool:
        """Whether a fault waits for its repair, perhaps beneath an order."""
        return SuspensionGround.FAULT in (self.ground, *self.beneath)

    def overdue(self, now: datetime) -> bool:
        """Whether the tenderer has to decide, since the fault has lasted too long."""
        return self.ends_at is not None and now >= self.ends_at


def standstill_of(case: Case, lot: str) -> StandstillView | None:
    """None while the sitting runs."""
    state = case.lot(lot)
    suspended, since = state.sitting.suspended, state.standstill.since
    if suspended is None or since is None:
        return None
    ends_at = fault_ends_at(state.standstill, state.sitting, case.tender.published.profile)
    started = bool(state.sitting.statements)
    beneath = tuple(one.ground for one in reversed(state.sitting.beneath))
    return StandstillView(suspended.ground, suspended.note, suspended.site, since, ends_at, started, beneath)


def order_waiting(case: Case, lot: str) -> Waiting | None:
    """What another inspector may order."""
    return case.lot(lot).standstill.waiting.get(SittingOrdered)


def decision_waiting(case: Case, lot: str) -> Waiting | None:
    """What the agency's supervisor may release."""
    return case.lot(lot).standstill.waiting.get(SittingDecided)


def replacement_waiting(case: Case, lot: str) -> Waiting | None:
    """What the agency's supervisor may order of a member."""
    return case.lot(lot).standstill.waiting.get(ReplacementOrdered)


def replaceable(case: Case, lot: str) -> tuple[int, ...]:
    """Seats whose member can be replaced now."""
    sitting = case.lot(lot).sitting
    standing = sitting.suspended is not None and sitting.suspended.ground is not SuspensionGround.RECESS
    if standing or (sitting.stage, ReplacementOrdered) not in TRANSITIONS:
        return ()
    return tuple(
        number
        for number, seat in sorted(sitting.seats.items())
        if seat.role is MemberRole.EXPERT and number not in sitting.empty
    )


def order_steps(case: Case, lot: str) -> tuple[Disposition, ...]:
    """What an inspector may propose now."""
    view = standstill_of(case, lot)
    if view is not None and view.ground is SuspensionGround.ORDER:
        return (Disposition.RESUME, Disposition.ABANDON)
    return (Disposition.SUSPEND,)


def decision_steps(case: Case, lot: str, now: datetime) -> tuple[Disposition, ...]:
    """What the tenderer may decide now, if anything."""
    view = standstill_of(case, lot)
    if view is None or view.ground not in (SuspensionGround.FAULT, SuspensionGround.DEFECTIVE_DOCUMENTS):
        return ()
    if view.ends_at is not None and now < view.ends_at:
        return ()
    return (
        (Disposition.ABANDON,)
        if view.ends_at is not None and view.started
        else (Disposition.RESUME, Disposition.ABANDON)
    )
