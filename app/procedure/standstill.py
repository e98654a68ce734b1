"""A sitting that stands still: since when, until when a fault may be repaired, and what needs a second person.

1. What an authority orders or the tenderer decides, of a sitting or of a member, is put into force word for word by
   another person than drafted it, within the profile's period for two persons. A draft dies with what it is about:
   that of a standstill when the sitting stops or goes on, that of a member when the member leaves or the signing
   begins. To suspend is about no standstill, whatever others call or end meanwhile.
2. A fault is ended by its repair within the profile's period: one before the first statement, another after it. When
   it has passed the tenderer decides: before the start to go on or to give up, after it only to give up, since then a
   new committee evaluates (a published city rule of remote evaluation: 2 and 4 hours). The period runs from the report
   of the fault, also beneath an order.
3. A witness reports and repairs faults of its own sites, and announces there; what is not one site's is the centre's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.procedure.calendar import add
from app.procedure.errors import RuleViolation
from app.procedure.profiles import Profile
from app.procedure.roles import Actor, Role
from evaluation.sitting import (
    AnnouncementMade,
    BriefingGiven,
    ChairNamed,
    Disposition,
    FaultRepaired,
    FaultReported,
    MemberRecused,
    MemberReplaced,
    NewCommitteeOrdered,
    NewCommitteeProposed,
    RecheckOrdered,
    RecheckProposed,
    RefusalRecorded,
    ReplacementOrdered,
    ReplacementProposed,
    ReportSealed,
    ReportSigned,
    SittingAbandoned,
    SittingClosed,
    SittingDecided,
    SittingDecisionProposed,
    SittingFailed,
    SittingOrdered,
    SittingOrderProposed,
    SittingResumed,
    SittingState,
    SittingSuspended,
    SuspensionGround,
    TimeExtended,
    WarningGiven,
    WarningGround,
)

Proposal = SittingOrderProposed | SittingDecisionProposed | ReplacementProposed | NewCommitteeProposed | RecheckProposed
Release = SittingOrdered | SittingDecided | ReplacementOrdered | NewCommitteeOrdered | RecheckOrdered
RELEASED_BY: Mapping[type, type] = {
    SittingOrderProposed: SittingOrdered,
    SittingDecisionProposed: SittingDecided,
    ReplacementProposed: ReplacementOrdered,
    NewCommitteeProposed: NewCommitteeOrdered,
    RecheckProposed: RecheckOrdered,
}
# Whose act each is: a party of the case.
PARTY_OF: Mapping[type, str] = {
    WarningGiven: "regulator",
    SittingOrderProposed: "regulator",
    SittingOrdered: "regulator",
    SittingDecisionProposed: "agency",
    SittingDecided: "agency",
    ReplacementProposed: "agency",
    ReplacementOrdered: "agency",
    NewCommitteeProposed: "agency",
    NewCommitteeOrdered: "agency",
    RecheckProposed: "agency",
    RecheckOrdered: "agency",
    TimeExtended: "agency",
    BriefingGiven: "agency",
    ChairNamed: "agency",
}


@dataclass(frozen=True)
class Waiting:
    """What waits for its second person."""

    fact: Proposal
    by: str
    at: datetime

    def valid_until(self, profile: Profile) -> datetime | None:
        """Until when the second person may put it into force; None where the profile knows no period."""
        return add(self.at, profile.approval_valid) if profile.approval_valid else None

    def lapsed(self, now: datetime, profile: Profile) -> bool:
        """Whether it is too late, so that it has to be drafted again."""
        until = self.valid_until(profile)
        return until is not None and now >= until


class DropCause(StrEnum):
    """Of what a draft died before its time."""

    STANDSTILL = "standstill"
    MEMBER_LEFT = "member_left"
    SIGNING = "signing"


@dataclass(frozen=True)
class Dropped:
    """A draft that can be put into force no more."""

    waiting: Waiting
    cause: DropCause
    at: datetime


@dataclass(frozen=True)
class Warned:
    """What the authority has warned of, and when; `site` is "" where it is meant for all."""

    at: datetime
    site: str
    note: str
    ground: WarningGround | None = None


@dataclass(frozen=True)
class Standstill:
    """What the state of the sitting has no clock for.

    `since` when what is on top (`ground`) stands, None while a sitting runs; `fault_since` when the fault began that is
    not repaired, wherever it lies; `waiting` are proposals by the kind that puts them into force, `dropped` those that
    died, until there is another of that kind; `warnings` what the authority has said, in order.
    """

    since: datetime | None = None
    ground: SuspensionGround | None = None
    fault_since: datetime | None = None
    waiting: Mapping[type, Waiting] = field(default_factory=dict)
    dropped: Mapping[type, Dropped] = field(default_factory=dict)
    warnings: tuple[Warned, ...] = ()


def fault_ends_at(standstill: Standstill, sitting: SittingState, profile: Profile) -> datetime | None:
    """Until when a fault may be repaired, be it on top or beneath; None where none lasts, or the profile knows no
    period."""
    if standstill.fault_since is None or sitting.fault is None:
        return None
    period = profile.fault_after_start if sitting.statements else profile.fault_before_start
    return add(standstill.fault_since, period) if period else None


def check_site(sitting: SittingState, fact: Any, actor: Actor) -> None:
    """Raises RuleViolation `standstill_site_other` to a witness of other sites than the fault's or announcement's."""
    if isinstance(fact, FaultReported | AnnouncementMade):
        site = fact.site
    elif isinstance(fact, FaultRepaired) and sitting.fault is not None:
        site = sitting.fault.site
    else:
        return
    if actor.is_(Role.SITE_WITNESS) and site not in actor.sites:
        raise RuleViolation("standstill_site_other")


def check(standstill: Standstill, sitting: SittingState, fact: Any, by: str, now: datetime, profile: Profile) -> None:
    """What a fact of a sitting needs beyond the rules of the sitting.

    Raises RuleViolation `standstill_not_proposed`, `second_person_needed`, `proposal_lapsed` (proposed_at, until,
    period), `object_has_changed`, `fault_overdue` (until), `fault_not_overdue` (until), `fault_must_abandon` (until),
    `warning_ground_wrong`.
    """
    if isinstance(fact, WarningGiven) and fact.ground not in (profile.warning_grounds or (None,)):
        raise RuleViolation("warning_ground_wrong", allowed=len(profile.warning_grounds))
    ends_at = fault_ends_at(standstill, sitting, profile)
    if isinstance(fact, FaultRepaired) and ends_at is not None and now >= ends_at:
        raise RuleViolation("fault_overdue", until=ends_at)
    of_the_fault = ends_at is not None and sitting.suspended == sitting.fault
    if isinstance(fact, SittingDecisionProposed | SittingDecided) and of_the_fault and ends_at is not None:
        if now < ends_at:
            raise RuleViolation("fault_not_overdue", until=ends_at)
        if fact.step is Disposition.RESUME and sitting.statements:
            raise RuleViolation("fault_must_abandon", until=ends_at)
    if isinstance(fact, Release):
        _check_second(standstill, fact, by, now, profile)


def _check_second(standstill: Standstill, fact: Release, by: str, now: datetime, profile: Profile) -> None:
    waiting = standstill.waiting.get(type(fact))
    if waiting is None:
        raise RuleViolation("standstill_not_proposed")
    if waiting.by == by:
        raise RuleViolation("second_person_needed")
    if waiting.lapsed(now, profile):
        facts = {"proposed_at": waiting.at, "until": waiting.valid_until(profile)}
        raise RuleViolation("proposal_lapsed", **facts, period=str(profile.approval_valid))
    if vars(waiting.fact) != vars(fact):
        raise RuleViolation("object_has_changed", expected=waiting.fact.note[:12], stated=fact.note[:12])


def apply(standstill: Standstill, fact: Any, by: str, at: datetime) -> Standstill:
    """The state after an accepted fact. A later proposal of the same kind replaces the one that waits."""
    match fact:
        case SittingSuspended():
            left, began = _without_other(standstill, at), standstill.fault_since
            if fact.ground is SuspensionGround.FAULT:
                began = began or at  # it stands again where an order was laid over it
                return replace(left, since=began, ground=fact.ground, fault_since=began)
            return replace(left, since=at, ground=fact.ground)
        case SittingResumed():
            ended = standstill.ground is SuspensionGround.FAULT
            left = _without_other(standstill, at)
            return replace(left, since=None, ground=None, fault_since=None if ended else left.fault_since)
        case SittingAbandoned() | SittingFailed() | SittingClosed():
            return Standstill(warnings=standstill.warnings)
        case WarningGiven():
            return replace(standstill, warnings=(*standstill.warnings, Warned(at, fact.site, fact.note, fact.ground)))
        case FaultRepaired():
            return replace(standstill, fault_since=None)
        case MemberRecused() | MemberReplaced():
            return _without_member(standstill, DropCause.MEMBER_LEFT, at, fact.seat)
        case ReportSigned() | RefusalRecorded() | ReportSealed():
            return _without_member(standstill, DropCause.SIGNING, at)
        case SittingOrdered() | SittingDecided() | ReplacementOrdered() | RecheckOrdered():
            return replace(standstill, waiting=_others(standstill.waiting, type(fact)))
        case NewCommitteeOrdered():
            return Standstill()
        case (
            SittingOrderProposed()
            | SittingDecisionProposed()
            | ReplacementProposed()
            | NewCommitteeProposed()
            | RecheckProposed()
        ):
            kind = RELEASED_BY[type(fact)]
            waiting = {**standstill.waiting, kind: Waiting(fact, by, at)}
            return replace(standstill, waiting=waiting, dropped=_others(standstill.dropped, kind))
    return standstill


def _without_other(standstill: Standstill, at: datetime) -> Standstill:
    """What was drafted of a standstill was for another one; what was drafted of a member, or to suspend whatever
    happens, still holds."""
    for waiting in tuple(standstill.waiting.values()):
        fact = waiting.fact
        if isinstance(fact, SittingOrderProposed | SittingDecisionProposed) and fact.step is not Disposition.SUSPEND:
            standstill = _dropped(standstill, waiting, DropCause.STANDSTILL, at)
    return standstill


def _without_member(standstill: Standstill, cause: DropCause, at: datetime, seat: int | None = None) -> Standstill:
    """Without what was drafted of the member of one seat, or of any."""
    found = standstill.waiting.get(ReplacementOrdered)
    if found is None or (seat is not None and getattr(found.fact, "seat", None) != seat):
        return standstill
    return _dropped(standstill, found, cause, at)


def _dropped(standstill: Standstill, waiting: Waiting, cause: DropCause, at: datetime) -> Standstill:
    kind = RELEASED_BY[type(waiting.fact)]
    dropped = {**standstill.dropped, kind: Dropped(waiting, cause, at)}
    return replace(standstill, waiting=_others(standstill.waiting, kind), dropped=dropped)


def _others(by_kind: Mapping[type, Any], kind: type) -> dict[type, Any]:
    return {other: one for other, one in by_kind.items() if other is not kind}
