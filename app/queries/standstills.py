"""A sitting that stands still as everybody concerned sees it: since when, why, by whose word, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.casefile.case import Case
from app.procedure.errors import RuleViolation
from app.procedure.roles import SYSTEM, Actor, Role
from app.procedure.standstill import RELEASED_BY as RELEASES
from app.procedure.standstill import Dropped, Release, Waiting, fault_ends_at
from evaluation.sitting import (
    TRANSITIONS,
    Disposition,
    NewCommitteeOrdered,
    NewCommitteeProposed,
    RecheckOrdered,
    ReplacementOrdered,
    SittingDecided,
    SittingOrdered,
    SuspensionGround,
)


@dataclass(frozen=True)
class Beneath:
    """A standstill over which another one was laid."""

    ground: SuspensionGround
    note: str
    site: str


@dataclass(frozen=True)
class StandstillView:
    """`ends_at`: until when a fault may be repaired, also one beneath; `started`: members have begun, so too long a
    fault ends it; `beneath`: what stands again one by one when this one ends, the next first."""

    ground: SuspensionGround
    note: str
    site: str
    since: datetime
    ends_at: datetime | None
    started: bool
    beneath: tuple[Beneath, ...] = ()

    @property
    def in_recess(self) -> bool:
        """Whether the chair's recess has not ended, be it beneath something else."""
        return SuspensionGround.RECESS in (self.ground, *(one.ground for one in self.beneath))

    def overdue(self, now: datetime) -> bool:
        """Whether a fault has lasted too long to be repaired, perhaps beneath an order."""
        return self.ends_at is not None and now >= self.ends_at

    def undecided(self, now: datetime) -> bool:
        """Whether the tenderer has to decide now: a fault has lasted too long, and nothing is laid over it."""
        return self.ground is SuspensionGround.FAULT and self.overdue(now)


def standstill_of(case: Case, lot: str) -> StandstillView | None:
    """None while the sitting runs."""
    state = case.lot(lot)
    suspended, since = state.sitting.suspended, state.standstill.since
    if suspended is None or since is None:
        return None
    ends_at = fault_ends_at(state.standstill, state.sitting, case.tender.published.profile)
    started = bool(state.sitting.statements)
    beneath = tuple(Beneath(one.ground, one.note, one.site) for one in reversed(state.sitting.beneath))
    return StandstillView(suspended.ground, suspended.note, suspended.site, since, ends_at, started, beneath)


def order_waiting(case: Case, lot: str, now: datetime) -> Waiting | None:
    """What another inspector may order now."""
    return _releasable(case, lot, SittingOrdered, now)


def decision_waiting(case: Case, lot: str, now: datetime) -> Waiting | None:
    """What the agency's supervisor may release now."""
    return _releasable(case, lot, SittingDecided, now)


def replacement_waiting(case: Case, lot: str, now: datetime) -> Waiting | None:
    """What the agency's supervisor may order of a member now."""
    return _releasable(case, lot, ReplacementOrdered, now)


def new_committee_waiting(case: Case, lot: str, now: datetime) -> Waiting | None:
    """What the agency's supervisor may release now, so that another committee evaluates."""
    return _releasable(case, lot, NewCommitteeOrdered, now)


def recheck_waiting(case: Case, lot: str, now: datetime) -> Waiting | None:
    """What the agency's supervisor may release now, so that the committee checks its report again."""
    return _releasable(case, lot, RecheckOrdered, now)


def step_after_end(case: Case, lot: str, actor: Actor, now: datetime) -> tuple[str, datetime | None] | None:
    """What this person of the agency may do about an evaluation that has ended: of one that was given up draft that
    another committee evaluates, or release it; of a sealed report release that it is checked again."""
    again = recheck_waiting(case, lot, now)
    if again is not None and actor.is_(Role.AGENCY_SUPERVISOR) and again.by != actor.id:
        return "release_recheck", valid_until(case, again)
    waiting = new_committee_waiting(case, lot, now)
    if waiting is not None and actor.is_(Role.AGENCY_SUPERVISOR) and waiting.by != actor.id:
        return "release_new_committee", valid_until(case, waiting)
    if waiting is None and actor.is_(Role.AGENCY_OFFICER) and takes(case, lot, NewCommitteeProposed("-"), SYSTEM, now):
        return "propose_new_committee", None
    return None


def drafted(case: Case, lot: str, kind: type) -> Waiting | None:
    """What was drafted last to be put into force by a fact of this kind, though the rules may not take it now."""
    return case.lot(lot).standstill.waiting.get(kind)


def releasing(waiting: Waiting) -> Release:
    """The fact that puts a draft into force, word for word."""
    release: Release = RELEASES[type(waiting.fact)](**vars(waiting.fact))
    return release


def valid_until(case: Case, waiting: Waiting) -> datetime | None:
    """Until when a draft may be released."""
    return waiting.valid_until(case.tender.published.profile)


def _releasable(case: Case, lot: str, kind: type, now: datetime) -> Waiting | None:
    """What waits, where another person than drafted it could put it into force now."""
    waiting = drafted(case, lot, kind)
    return waiting if waiting is not None and takes(case, lot, releasing(waiting), SYSTEM, now) else None


def lapsed(case: Case, lot: str, now: datetime) -> tuple[Waiting, ...]:
    """Drafts of which the second person has let the time pass: they have to be drafted again."""
    state, profile = case.lot(lot), case.tender.published.profile
    return tuple(waiting for waiting in state.standstill.waiting.values() if waiting.lapsed(now, profile))


def dropped(case: Case, lot: str) -> tuple[Dropped, ...]:
    """Drafts that died of something else than their time, until there is another."""
    return tuple(case.lot(lot).standstill.dropped.values())


def takes(case: Case, lot: str, fact: Any, actor: Actor, now: datetime) -> bool:
    """Whether the rules would take a fact from this person now."""
    return refusal_of(case, lot, fact, actor, now) is None


def refusal_of(case: Case, lot: str, fact: Any, actor: Actor, now: datetime) -> RuleViolation | None:
    """Why the rules would not take a fact from this person now; None where they would."""
    try:
        case.decide(fact, lot, actor, now)
    except RuleViolation as refusal:
        return refusal
    return None


def replaceable(case: Case, lot: str) -> tuple[int, ...]:
    """Seats whose member can be replaced now."""
    dissenters = case.lot(lot).sitting.dissenters
    return tuple(number for number in _not_leaving(case, lot) if number not in dissenters)


def kept_for_dissent(case: Case, lot: str) -> tuple[int, ...]:
    """Seats whose member could be replaced now but for a dissent: for those alone who see dissents."""
    dissenters = case.lot(lot).sitting.dissenters
    return tuple(number for number in _not_leaving(case, lot) if number in dissenters)


def _not_leaving(case: Case, lot: str) -> tuple[int, ...]:
    """Members in their seats, while anybody can be replaced."""
    sitting = case.lot(lot).sitting
    standing = sitting.suspended is not None and sitting.suspended.ground is not SuspensionGround.RECESS
    if standing or (sitting.stage, ReplacementOrdered) not in TRANSITIONS:
        return ()
    return tuple(number for number in sorted(sitting.seats) if number not in sitting.empty)


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
