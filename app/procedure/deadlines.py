"""The deadlines of a published tender: how they move, and when they stand still.

A deadline moves only later, only before it is reached, and only by two persons: with an amendment (`tender`), by a
postponement (ROLES 9), after an outage of the platform (10). An order of the competent authority (67; Reg. art. 62, O20
art. 52) lets lots stand still: nothing is handed in and nothing closes until a second order names their new deadlines,
which leave at least what was left at the pause. No bid is touched by any of this, since none names a deadline.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from app.procedure.calendar import Period, add
from app.procedure.errors import RuleViolation
from app.procedure.profiles import Profile


@dataclass(frozen=True)
class PostponementProposed:
    """Later deadlines by lot, while the tender itself stays as it is; the reason is published."""

    reason: str
    deadlines: dict[str, datetime]


@dataclass(frozen=True)
class PostponementReleased:
    reason: str
    deadlines: dict[str, datetime]


@dataclass(frozen=True)
class OutageExtensionProposed:
    """The platform could not be reached from `began_at` to `ended_at`: its cause, and the later deadlines by lot."""

    cause: str
    began_at: datetime
    ended_at: datetime
    deadlines: dict[str, datetime]


@dataclass(frozen=True)
class OutageExtensionReleased:
    cause: str
    began_at: datetime
    ended_at: datetime
    deadlines: dict[str, datetime]


@dataclass(frozen=True)
class OutageMeasured:
    """The platform's own record shows that it stood still from `began_at` to `ended_at`, shortly before deadlines: the
    later ones, by lot, that its published rule proposes. Whether they come into force two persons decide.
    """

    began_at: datetime
    ended_at: datetime
    deadlines: dict[str, datetime]


@dataclass(frozen=True)
class PauseProposed:
    """An inspector drafts the order that these lots stand still."""

    reason: str
    lots: tuple[str, ...]


@dataclass(frozen=True)
class PauseOrdered:
    reason: str
    lots: tuple[str, ...]


@dataclass(frozen=True)
class ResumptionProposed:
    """An inspector drafts the order by which paused lots go on, with their new deadlines."""

    reason: str
    deadlines: dict[str, datetime]


@dataclass(frozen=True)
class ResumptionOrdered:
    reason: str
    deadlines: dict[str, datetime]


Postponement = PostponementProposed | PostponementReleased
OutageExtension = OutageExtensionProposed | OutageExtensionReleased
Pause = PauseProposed | PauseOrdered
Resumption = ResumptionProposed | ResumptionOrdered
Proposal = PostponementProposed | OutageExtensionProposed | PauseProposed | ResumptionProposed
Release = PostponementReleased | OutageExtensionReleased | PauseOrdered | ResumptionOrdered
Fact = Proposal | Release

# What a second person puts into force, word for word, by what the first has proposed.
RELEASED_BY: Mapping[type[Proposal], type[Release]] = {
    PostponementProposed: PostponementReleased,
    OutageExtensionProposed: OutageExtensionReleased,
    PauseProposed: PauseOrdered,
    ResumptionProposed: ResumptionOrdered,
}

# Whose people act: the party of the case, by its field in `CaseOpened`.
PARTY_OF: Mapping[type[Fact], str] = {
    PostponementProposed: "agency",
    PostponementReleased: "agency",
    OutageExtensionProposed: "centre",
    OutageExtensionReleased: "agency",
    PauseProposed: "regulator",
    PauseOrdered: "regulator",
    ResumptionProposed: "regulator",
    ResumptionOrdered: "regulator",
}


@dataclass(frozen=True)
class Waiting:
    """A proposal that waits for its second person; a later one of its kind replaces it."""

    fact: Proposal
    by: str


@dataclass(frozen=True)
class Change:
    """What was put into force: the name of its fact, its reason, and the deadlines of its lots before and after.

    `after` is empty for a pause; `outage` is the interval of one that was reported.
    """

    type: str
    reason: str
    at: datetime
    before: Mapping[str, datetime]
    after: Mapping[str, datetime]
    outage: tuple[datetime, datetime] | None = None


@dataclass(frozen=True)
class Timetable:
    """State: the deadline of each lot, and for lots that stand still the time that was left when they were paused."""

    deadlines: Mapping[str, datetime] = field(default_factory=dict)
    left: Mapping[str, timedelta] = field(default_factory=dict)
    waiting: Mapping[type[Release], Waiting] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    measured: OutageMeasured | None = None  # the latest

    def closes_at(self, lot: str) -> datetime | None:
        """When a lot closes; None while it stands still."""
        return None if lot in self.left else self.deadlines[lot]

    def had(self, lot: str) -> tuple[datetime, ...]:
        """Every deadline that the lot has had, the one that stands last."""
        earlier = (change.before[lot] for change in self.changes if lot in change.before)
        return (*sorted({*earlier} - {self.deadlines[lot]}), self.deadlines[lot])

    def moved(self, type: str, reason: str, deadlines: Mapping[str, datetime], at: datetime) -> Timetable:
        """The timetable with these deadlines; a change that moves none leaves no trace."""
        if not deadlines:
            return self
        change = Change(type, reason, at, {lot: self.deadlines[lot] for lot in deadlines}, dict(deadlines))
        return replace(self, deadlines={**self.deadlines, **deadlines}, changes=(*self.changes, change))


def rule_after_outage(
    timetable: Timetable, began_at: datetime, ended_at: datetime, now: datetime, since: datetime, profile: Profile
) -> OutageMeasured | None:
    """What the rule book proposes after an outage that the platform has measured itself (ROLES 10); None for nothing.

    It concerns the running lots whose deadline is ahead, `outage_before_deadline` after the outage at most. They get
    what was lost, and at least the notice that a moved deadline needs, counted from the deadline as it stands: so it
    can be released until then, and never afterwards. Lost seconds are whole ones, rounded up.
    """
    within, least, notice = profile.outage_before_deadline, profile.outage_at_least, profile.moved_deadline_notice
    if within is None or least is None or not since <= began_at < ended_at <= now or ended_at < add(began_at, least):
        return None
    lost = timedelta(seconds=math.ceil((ended_at - began_at).total_seconds()))
    found = {}
    for lot, deadline_at in timetable.deadlines.items():
        if lot not in timetable.left and now < deadline_at <= add(ended_at, within):
            found[lot] = max(deadline_at + lost, deadline_at if notice is None else add(deadline_at, notice))
    return OutageMeasured(began_at, ended_at, found) if found else None


def check_measured(
    timetable: Timetable, fact: OutageMeasured, now: datetime, since: datetime, profile: Profile
) -> None:
    """Refuses (`outage_not_measured`) other deadlines than the rule's, and an outage that stands on record already."""
    last = timetable.measured
    known = last is not None and fact.began_at < last.ended_at
    if known or fact != rule_after_outage(timetable, fact.began_at, fact.ended_at, now, since, profile):
        raise RuleViolation("outage_not_measured", began_at=fact.began_at, ended_at=fact.ended_at)


def rule_proposal(timetable: Timetable, now: datetime) -> OutageMeasured | None:
    """What the rule proposes that nobody has taken up yet, of lots whose time is not over; None for nothing."""
    found = timetable.measured
    if found is None or OutageExtensionReleased in timetable.waiting:
        return None
    ahead = {
        lot: deadline_at
        for lot, deadline_at in found.deadlines.items()
        if lot not in timetable.left and now < timetable.deadlines[lot] < deadline_at
    }
    return replace(found, deadlines=ahead) if ahead else None


def check_later(timetable: Timetable, moved: Mapping[str, datetime], now: datetime) -> None:
    """Refuses deadlines that may not become `moved` (`lot_unknown`, `deadline_over`, `deadline_only_later`).

    Who amends, postpones or resumes asks here: a reached deadline is over, unless its lot stands still.
    """
    for lot, deadline_at in moved.items():
        current = _known(timetable, lot)
        if lot not in timetable.left:
            _check_not_over(lot, current, now)
        if deadline_at < current:
            raise RuleViolation("deadline_only_later", deadline_at=current, proposed_at=deadline_at)


def _known(timetable: Timetable, lot: str) -> datetime:
    if lot not in timetable.deadlines:
        raise RuleViolation("lot_unknown", lot=lot)
    return timetable.deadlines[lot]


def _check_not_over(lot: str, deadline_at: datetime, now: datetime) -> None:
    if now >= deadline_at:
        raise RuleViolation("deadline_over", lot=lot, deadline_at=deadline_at, now=now)


def decide(timetable: Timetable, fact: Fact, by: str, now: datetime, since: datetime, profile: Profile) -> None:
    """Refuses (RuleViolation) what may not be proposed or put into force by `by` now.

    `since` is when the tender was published: no outage before it is anybody's loss.
    """
    if isinstance(fact, Release):
        _check_second_person(timetable, fact, by)
    _check_reason(fact)
    match fact:
        case PostponementProposed() | PostponementReleased():
            _check_running(timetable, fact.deadlines, now, profile)
        case OutageExtensionProposed() | OutageExtensionReleased():
            _check_outage(timetable, fact, now, since, profile)
            _check_running(timetable, fact.deadlines, now, profile)
        case PauseProposed() | PauseOrdered():
            _check_pause(timetable, fact, now)
        case ResumptionProposed() | ResumptionOrdered():
            _check_resumption(timetable, fact, now, profile)


def _check_second_person(timetable: Timetable, fact: Release, by: str) -> None:
    waiting = timetable.waiting.get(type(fact))
    if waiting is None:
        raise RuleViolation("nothing_submitted")
    if by == waiting.by:
        raise RuleViolation("second_person_needed")
    if vars(fact) != vars(waiting.fact):
        raise RuleViolation("object_has_changed", expected=reason_of(waiting.fact)[:12], stated=reason_of(fact)[:12])


def reason_of(fact: Fact) -> str:
    """Why, in the words that are published."""
    return fact.cause if isinstance(fact, OutageExtension) else fact.reason


def lots_of(fact: Fact) -> tuple[str, ...]:
    """The lots that it is about."""
    return fact.lots if isinstance(fact, Pause) else tuple(fact.deadlines)


def _check_reason(fact: Fact) -> None:
    if not reason_of(fact).strip():
        raise RuleViolation("text_missing")
    if not lots_of(fact):
        raise RuleViolation("no_lot_named")


def _check_running(timetable: Timetable, moved: Mapping[str, datetime], now: datetime, profile: Profile) -> None:
    """The named lots run, their deadlines move, and bidders hear of it in time."""
    for lot, deadline_at in moved.items():
        current = _known(timetable, lot)
        if lot in timetable.left:
            raise RuleViolation("lot_paused", lot=lot)
        if deadline_at == current:
            raise RuleViolation("deadline_only_later", deadline_at=current, proposed_at=deadline_at)
    check_later(timetable, moved, now)
    _check_notice(moved, now, profile.moved_deadline_notice)


def _check_notice(moved: Mapping[str, datetime], now: datetime, notice: Period | None) -> None:
    earliest = now if notice is None else add(now, notice)
    for deadline_at in moved.values():
        if deadline_at < earliest:
            facts = {"deadline_at": deadline_at, "earliest_at": earliest, "period": str(notice)}
            raise RuleViolation("deadline_notice_too_short", **facts)


def _check_outage(
    timetable: Timetable, fact: OutageExtension, now: datetime, since: datetime, profile: Profile
) -> None:
    """An outage of the bidding time, over by now, long enough to count; what bidders lost they get at least."""
    if not since <= fact.began_at < fact.ended_at <= now:
        raise RuleViolation("outage_interval_wrong", began_at=fact.began_at, ended_at=fact.ended_at)
    lasted, least = fact.ended_at - fact.began_at, profile.outage_at_least
    if least is not None and fact.ended_at < add(fact.began_at, least):
        raise RuleViolation("outage_too_short", seconds=int(lasted.total_seconds()), period=str(least))
    for lot, deadline_at in fact.deadlines.items():
        earliest = _known(timetable, lot) + lasted
        if deadline_at < earliest:
            seconds = int(lasted.total_seconds())
            raise RuleViolation("extension_too_short", deadline_at=deadline_at, earliest_at=earliest, seconds=seconds)


def _check_pause(timetable: Timetable, fact: Pause, now: datetime) -> None:
    for lot in fact.lots:
        deadline_at = _known(timetable, lot)
        if lot in timetable.left:
            raise RuleViolation("lot_paused", lot=lot)
        _check_not_over(lot, deadline_at, now)


def _check_resumption(timetable: Timetable, fact: Resumption, now: datetime, profile: Profile) -> None:
    for lot, deadline_at in fact.deadlines.items():
        _known(timetable, lot)
        if lot not in timetable.left:
            raise RuleViolation("lot_not_paused", lot=lot)
        earliest = now + timetable.left[lot]
        if deadline_at < earliest:
            raise RuleViolation("left_too_short", lot=lot, deadline_at=deadline_at, earliest_at=earliest)
    check_later(timetable, fact.deadlines, now)
    _check_notice(fact.deadlines, now, profile.moved_deadline_notice)


def apply(timetable: Timetable, fact: Fact, by: str, at: datetime) -> Timetable:
    """The timetable after an accepted fact."""
    if isinstance(fact, Proposal):
        return replace(timetable, waiting={**timetable.waiting, RELEASED_BY[type(fact)]: Waiting(fact, by)})
    waiting = {kind: found for kind, found in timetable.waiting.items() if kind is not type(fact)}
    found, name = replace(timetable, waiting=waiting), type(fact).__name__
    match fact:
        case PauseOrdered():
            before = {lot: found.deadlines[lot] for lot in fact.lots}
            left = {lot: deadline_at - at for lot, deadline_at in before.items()}
            change = Change(name, fact.reason, at, before, {})
            return replace(found, left={**found.left, **left}, changes=(*found.changes, change))
        case OutageExtensionReleased():
            found = found.moved(name, fact.cause, fact.deadlines, at)
            outage = replace(found.changes[-1], outage=(fact.began_at, fact.ended_at))
            return replace(found, changes=(*found.changes[:-1], outage))
        case PostponementReleased():
            return found.moved(name, fact.reason, fact.deadlines, at)
        case ResumptionOrdered():
            found = found.moved(name, fact.reason, fact.deadlines, at)
            return replace(found, left={lot: kept for lot, kept in found.left.items() if lot not in fact.deadlines})
