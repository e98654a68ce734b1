"""A rehearsal (演练): a committee tries an opening with bids that the platform made up, before it has to do a real one.

It is no tender: it has no lot, no notice and no result that anybody could rely on. Its shares are signed for an
identity of a kind of their own, which opens nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from app.procedure.errors import RuleViolation
from crypto.canonical import Json
from crypto.committee import Committee

KIND = "rehearsal"  # of the identity that is signed
AT_MOST = timedelta(days=30)  # from now to the time of a rehearsal
LASTS_AT_MOST = timedelta(hours=24)


@dataclass(frozen=True)
class SampleBid:
    """A bid that the platform made up and sealed: its recipient, its capsule (base64), its digest."""

    name: str
    recipient: str
    capsule_b64: str
    bid_root: str


@dataclass(frozen=True)
class RehearsalOpened:
    """A centre (organisation `centre`) asks a registered committee to sign between `due_at` and `ends_at`."""

    centre: str
    committee: Json
    due_at: datetime
    ends_at: datetime
    bids: tuple[SampleBid, ...]


@dataclass(frozen=True)
class RehearsalShareSigned:
    """A trustee's share of the rehearsal's signature, hex, checked against its public share before it is logged."""

    index: int
    share: str


@dataclass(frozen=True)
class RehearsalReleased:
    """The combined signature, and the trustees whose shares made it."""

    signature: str
    used: tuple[int, ...]


@dataclass(frozen=True)
class SampleBidOpened:
    """A made-up bid as opened, or the code of the reason why it could not be; money in yuan."""

    name: str
    price: Decimal | None
    reason: str


@dataclass(frozen=True)
class RehearsalEnded:
    """Everybody has signed and every bid is open, or the time is up."""


@dataclass(frozen=True)
class Rehearsal:
    """State: the fold of a rehearsal's facts; shares and their times by trustee, opened bids by name."""

    opened: RehearsalOpened
    opened_at: datetime
    shares: Mapping[int, str] = field(default_factory=dict)
    share_times: Mapping[int, datetime] = field(default_factory=dict)
    release: RehearsalReleased | None = None
    released_at: datetime | None = None
    bids: Mapping[str, SampleBidOpened] = field(default_factory=dict)
    opened_all_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def committee(self) -> Committee:
        return Committee.from_description(self.opened.committee)

    @property
    def keys(self) -> frozenset[str]:
        """Ids of the trustees' keys."""
        return frozenset(member.key_id for member in self.committee.members)

    @property
    def complete(self) -> bool:
        """Nothing more is awaited."""
        return len(self.shares) == len(self.committee.members) and self.opened_all_at is not None


Fact = RehearsalOpened | RehearsalShareSigned | RehearsalReleased | SampleBidOpened | RehearsalEnded


def rehearsal_statement(origin: str, rehearsal: str) -> dict[str, Json]:
    """What the trustees sign: the rehearsal by its id, under the kind `rehearsal`."""
    return {"origin": origin, "rehearsal": rehearsal}


def check_times(due_at: datetime, lasts: timedelta, now: datetime) -> None:
    """Raises RuleViolation `rehearsal_time_wrong`: over already, too far ahead, or too long."""
    if not (timedelta(0) < lasts <= LASTS_AT_MOST and due_at <= now + AT_MOST and now < due_at + lasts):
        raise RuleViolation("rehearsal_time_wrong", due_at=due_at, minutes=int(lasts.total_seconds()) // 60)


def decide(state: Rehearsal | None, fact: Fact, now: datetime) -> tuple[Fact, ...]:
    """The accepted fact. Raises RuleViolation `rehearsal_unknown`, `rehearsal_over`, `rehearsal_not_due`,
    `share_repeated`, `already_released`, `not_released`, `bid_already_opened`."""
    if isinstance(fact, RehearsalOpened):
        check_times(fact.due_at, fact.ends_at - fact.due_at, now)
        return (fact,)
    if state is None:
        raise RuleViolation("rehearsal_unknown")
    if state.ended_at is not None:
        raise RuleViolation("rehearsal_over")
    match fact:
        case RehearsalShareSigned():
            if now < state.opened.due_at:
                raise RuleViolation("rehearsal_not_due", due_at=state.opened.due_at)
            if now >= state.opened.ends_at:
                raise RuleViolation("rehearsal_over")
            if fact.index in state.shares:
                raise RuleViolation("share_repeated", index=fact.index)
        case RehearsalReleased() if state.release is not None:
            raise RuleViolation("already_released")
        case SampleBidOpened() if state.release is None:
            raise RuleViolation("not_released")
        case SampleBidOpened() if fact.name in state.bids:
            raise RuleViolation("bid_already_opened")
        case RehearsalEnded() if now < state.opened.ends_at and not state.complete:
            raise RuleViolation("rehearsal_not_over")
    return (fact,)


def apply(state: Rehearsal | None, fact: Fact, at: datetime) -> Rehearsal:
    """The state after an accepted fact."""
    if isinstance(fact, RehearsalOpened):
        return Rehearsal(fact, at)
    assert state is not None
    match fact:
        case RehearsalShareSigned():
            times = {**state.share_times, fact.index: at}
            return replace(state, shares={**state.shares, fact.index: fact.share}, share_times=times)
        case RehearsalReleased():
            return replace(state, release=fact, released_at=at)
        case SampleBidOpened():
            bids = {**state.bids, fact.name: fact}
            return replace(state, bids=bids, opened_all_at=at if len(bids) == len(state.opened.bids) else None)
        case RehearsalEnded():
            return replace(state, ended_at=at)


@dataclass(frozen=True)
class Findings:
    """What a rehearsal has shown. Seconds count from its due time; None: it did not happen.

    `missing` are organisations that gave no share, `failed` sample bids that did not open. `passed`: an opening with
    these trustees and machines would have worked.
    """

    missing: tuple[str, ...]
    failed: tuple[str, ...]
    released_after: float | None
    opened_after: float | None

    @property
    def passed(self) -> bool:
        return self.opened_after is not None and not self.failed


def findings(state: Rehearsal) -> Findings:
    """The result, as far as the rehearsal has come."""

    def after(at: datetime | None) -> float | None:
        return (at - state.opened.due_at).total_seconds() if at else None

    missing = tuple(m.organisation for m in state.committee.members if m.index not in state.shares)
    failed = tuple(bid.name for bid in state.bids.values() if bid.reason)
    return Findings(missing, failed, after(state.released_at), after(state.opened_all_at))
