"""The signing of a report: who has said what and when, and for how long a member who says nothing is waited for.

A refusal takes nobody by surprise: it may be recorded once the profile's period has passed since the report could be
signed, and the seal waits as long again, so that the member may still sign or dissent (Regulation art. 53).
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
    BoothChanged,
    ChairRolledBack,
    DissentRecorded,
    MemberIdentified,
    MemberRecused,
    RecheckOrdered,
    RefusalRecorded,
    ReportPrepared,
    ReportSealed,
    ReportSigned,
    ResultsComputed,
    ReviewRolledBack,
    SheetReopened,
    SittingResumed,
    SittingState,
)


@dataclass(frozen=True)
class Dissent:
    """What a member wrote, and when."""

    text: str
    at: datetime


@dataclass(frozen=True)
class EarlierDissent:
    """What a member wrote about results that stand no more: the `computation`-th, of `computed_at`.

    `left_at`: when that member left its seat after it had dissented, None where it sits there still.
    """

    seat: int
    text: str
    at: datetime
    computation: int
    computed_at: datetime
    left_at: datetime | None = None


@dataclass(frozen=True)
class Refusal:
    """Which seat recorded that a member does not sign, and when."""

    by: int
    at: datetime


@dataclass(frozen=True)
class Signing:
    """By seat, what stands. `since`: when the report was prepared, a standstill or a change of booth ended last, or
    somebody came late to a recheck.

    `computations`: how often results were computed, last at `computed_at`; `earlier`: dissents from those before.
    """

    since: datetime | None = None
    signed: Mapping[int, datetime] = field(default_factory=dict)
    dissents: Mapping[int, Dissent] = field(default_factory=dict)
    refusals: Mapping[int, Refusal] = field(default_factory=dict)
    computations: int = 0
    computed_at: datetime | None = None
    earlier: tuple[EarlierDissent, ...] = ()

    def own_earlier(self, seat: int) -> tuple[EarlierDissent, ...]:
        """What the member who sits there now wrote about earlier results."""
        return tuple(one for one in self.earlier if one.seat == seat and one.left_at is None)


@dataclass(frozen=True)
class Tally:
    """How many of the members signed without dissent, dissented in writing, or are recorded as doing neither.

    `earlier`: how many, those who have left among them, dissented from results that stand no more; not counted else.
    """

    members: int
    signed: int
    dissented: int
    refused: int
    earlier: int = 0

    @property
    def without_majority(self) -> bool:
        """Whether more than half of the members dissent: they conclude by majority (O87 art. 61)."""
        return 2 * self.dissented > self.members


def tally(sitting: SittingState) -> Tally:
    """The count; who dissents and signs the report that says so counts as dissenting."""
    dissented = sitting.dissents.keys()
    signed = sitting.signed.keys() - dissented
    earlier = {one.person for one in sitting.superseded_dissents}
    refused = sitting.refused - signed - dissented
    return Tally(len(sitting.seats), len(signed), len(dissented), len(refused), len(earlier))


def refusal_from(signing: Signing, profile: Profile) -> datetime | None:
    """From when a refusal may be recorded; None where no report waits, or the profile knows no period."""
    if signing.since is None or profile.refusal_after is None:
        return None
    return add(signing.since, profile.refusal_after)


def seal_from(signing: Signing, profile: Profile) -> datetime | None:
    """From when the seal may be put on; None where it waits for nobody who is recorded as refusing."""
    if not signing.refusals or signing.since is None or profile.refusal_after is None:
        return None
    return add(max(signing.since, *(refusal.at for refusal in signing.refusals.values())), profile.refusal_after)


def check(signing: Signing, sitting: SittingState, fact: Any, now: datetime, profile: Profile) -> None:
    """What recording a refusal and sealing need beyond the rules of the sitting.

    Raises RuleViolation `refusal_not_due`, `seal_not_due` (from), `statement_missing`.
    """
    if isinstance(fact, RefusalRecorded) and (due := refusal_from(signing, profile)) and now < due:
        raise RuleViolation("refusal_not_due", since=due)
    if isinstance(fact, ReportSealed):
        if (due := seal_from(signing, profile)) and now < due:
            raise RuleViolation("seal_not_due", since=due)
        if profile.refusal_after is not None and sitting.explained and not fact.statement_sha256:
            raise RuleViolation("statement_missing")


def apply(signing: Signing, fact: Any, at: datetime) -> Signing:
    """The state after an accepted fact; with new results everything is said anew, and what was said before is kept.

    Whoever checks without seeing that a sheet was reopened comes to the same with the results that follow.
    """
    match fact:
        case ResultsComputed():
            anew = replace(_superseding(signing), since=None, signed={}, refusals={})
            return replace(anew, computations=signing.computations + 1, computed_at=at)
        case SheetReopened() | ReviewRolledBack() | ChairRolledBack():
            return _superseding(signing)
        case RecheckOrdered():  # what was signed belongs to the version that is sealed
            return replace(_superseding(signing), since=None, signed={}, refusals={})
        case MemberRecused():
            return _leaving(_superseding(signing), fact.seat, at)
        case ReportPrepared():
            return replace(signing, since=at)
        case SittingResumed() | BoothChanged() | MemberIdentified() if signing.since is not None:
            return replace(signing, since=at)
        case ReportSigned():
            signed = {**signing.signed, fact.seat: at}
            return replace(signing, signed=signed, refusals=_without(signing.refusals, fact.seat))
        case DissentRecorded():
            dissents = {**signing.dissents, fact.seat: Dissent(fact.text, at)}
            return replace(signing, dissents=dissents, refusals=_without(signing.refusals, fact.seat))
        case RefusalRecorded():
            return replace(signing, refusals={**signing.refusals, fact.refused: Refusal(fact.seat, at)})
    return signing


def _superseding(signing: Signing) -> Signing:
    if not signing.dissents or signing.computed_at is None:
        return signing
    about = signing.computations, signing.computed_at
    gone = tuple(EarlierDissent(seat, one.text, one.at, *about) for seat, one in sorted(signing.dissents.items()))
    return replace(signing, dissents={}, earlier=(*signing.earlier, *gone))


def _leaving(signing: Signing, seat: int, at: datetime) -> Signing:
    earlier = tuple(
        replace(one, left_at=at) if one.seat == seat and one.left_at is None else one for one in signing.earlier
    )
    return replace(signing, earlier=earlier)


def _without(refusals: Mapping[int, Refusal], seat: int) -> dict[int, Refusal]:
    return {number: refusal for number, refusal in refusals.items() if number != seat}
