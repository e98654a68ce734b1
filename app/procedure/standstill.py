"""A sitting that stands still: since when, until when a fault may be repaired, and what needs a second person.

1. What an authority orders or the tenderer decides, of a sitting or of a member, is put into force word for word by
   another person than drafted it.
2. A fault is ended by its repair within the profile's period: one before the first statement, another after it. When
   it has passed the tenderer decides: before the start to go on or to give up, after it only to give up, since then a
   new committee evaluates (a published city rule of remote evaluation: 2 and 4 hours).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from app.procedure.calendar import add
from app.procedure.errors import RuleViolation
from app.procedure.profiles import Profile
from evaluation.sitting import (
    Disposition,
    FaultRepaired,
    ReplacementOrdered,
    ReplacementProposed,
    SittingAbandoned,
    SittingDecided,
    SittingDecisionProposed,
    SittingOrdered,
    SittingOrderProposed,
    SittingResumed,
    SittingState,
    SittingSuspended,
    SuspensionGround,
)

Proposal = SittingOrderProposed | SittingDecisionProposed | ReplacementProposed
Release = SittingOrdered | SittingDecided | ReplacementOrdered
RELEASED_BY: Mapping[type, type] = {
    SittingOrderProposed: SittingOrdered,
    SittingDecisionProposed: SittingDecided,
    ReplacementProposed: ReplacementOrdered,
}
# Whose act each is: a party of the case.
PARTY_OF: Mapping[type, str] = {
    SittingOrderProposed: "regulator",
    SittingOrdered: "regulator",
    SittingDecisionProposed: "agency",
    SittingDecided: "agency",
    ReplacementProposed: "agency",
    ReplacementOrdered: "agency",
}


@dataclass(frozen=True)
class Waiting:
    """What waits for its second person."""

    fact: Proposal
    by: str
    at: datetime


@dataclass(frozen=True)
class Standstill:
    """`since` is None while a sitting runs; `waiting` are proposals by the kind that puts them into force."""

    since: datetime | None = None
    waiting: Mapping[type, Waiting] = field(default_factory=dict)


def fault_ends_at(standstill: Standstill, sitting: SittingState, profile: Profile) -> datetime | None:
    """Until when a fault may be repaired; None where none lasts, or the profile knows no period."""
    if standstill.since is None or sitting.suspended is None or sitting.suspended.ground is not SuspensionGround.FAULT:
        return None
    period = profile.fault_after_start if sitting.statements else profile.fault_before_start
    return add(standstill.since, period) if period else None


def check(standstill: Standstill, sitting: SittingState, fact: Any, by: str, now: datetime, profile: Profile) -> None:
    """What a fact of a sitting needs beyond the rules of the sitting.

    Raises RuleViolation `standstill_not_proposed`, `second_person_needed`, `object_has_changed`, `fault_overdue`
    (until), `fault_not_overdue` (until), `fault_must_abandon` (until).
    """
    ends_at = fault_ends_at(standstill, sitting, profile)
    if isinstance(fact, FaultRepaired) and ends_at is not None and now >= ends_at:
        raise RuleViolation("fault_overdue", until=ends_at)
    if isinstance(fact, SittingDecisionProposed | SittingDecided) and ends_at is not None:
        if now < ends_at:
            raise RuleViolation("fault_not_overdue", until=ends_at)
        if fact.step is Disposition.RESUME and sitting.statements:
            raise RuleViolation("fault_must_abandon", until=ends_at)
    if isinstance(fact, Release):
        _check_second(standstill, fact, by)


def _check_second(standstill: Standstill, fact: Release, by: str) -> None:
    waiting = standstill.waiting.get(type(fact))
    if waiting is None:
        raise RuleViolation("standstill_not_proposed")
    if waiting.by == by:
        raise RuleViolation("second_person_needed")
    if vars(waiting.fact) != vars(fact):
        raise RuleViolation("object_has_changed", expected=waiting.fact.note[:12], stated=fact.note[:12])


def apply(standstill: Standstill, fact: Any, by: str, at: datetime) -> Standstill:
    """The state after an accepted fact. A later proposal of the same kind replaces the one that waits."""
    if isinstance(fact, SittingSuspended | SittingResumed):
        since = at if isinstance(fact, SittingSuspended) else None
        # What was drafted of the sitting was for another state of it; what was drafted of a member still holds.
        kept: Mapping[type, Waiting] = {k: one for k, one in standstill.waiting.items() if k is ReplacementOrdered}
        return Standstill(since, kept)
    if isinstance(fact, SittingAbandoned):
        return Standstill()
    if isinstance(fact, Release):
        return replace(standstill, waiting={k: v for k, v in standstill.waiting.items() if k is not type(fact)})
    if isinstance(fact, Proposal):
        waiting = {**standstill.waiting, RELEASED_BY[type(fact)]: Waiting(fact, by, at)}
        return replace(standstill, waiting=waiting)
    return standstill
