"""The fallback of an opening: fewer than k trustees have signed in time, and the bidders open their bids themselves.

All commit to their keys, then all reveal; what was revealed becomes known together, at the end. Until that end a
release by the trustees still opens every bid, whatever its bidder does. So nobody can wait for another's price: before
the end there is none to see, and after it nothing more can be opened (O20 art. 31).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.procedure.bid import Submission
from app.procedure.calendar import add
from app.procedure.errors import RuleViolation
from app.procedure.opening import KeysDisclosed, LotFailed, Opening
from app.procedure.profiles import Profile
from crypto.envelope import recipient_of
from crypto.errors import CryptoError
from crypto.key_commitment import key_commitment
from crypto.signing import is_digest


@dataclass(frozen=True)
class FallbackStarted:
    """Too few trustees have signed: `missing` are their indices. Bidders commit to their keys before `commit_until`."""

    missing: tuple[int, ...]
    commit_until: datetime


@dataclass(frozen=True)
class KeyCommitted:
    """A bidder's promise of its bid's key; `commitment` is hex, of `crypto.key_commitment`."""

    receipt_id: str
    commitment: str


@dataclass(frozen=True)
class CommitmentsEnded:
    """All have committed, or the time was up; who has committed reveals before `reveal_until`.

    None: too few have committed for an opening, and no key is asked for.
    """

    reveal_until: datetime | None


@dataclass(frozen=True)
class KeyRevealed:
    """The key of a bid as promised; seen by nobody else before KeysDisclosed."""

    receipt_id: str
    identity: str
    salt: str


@dataclass(frozen=True)
class Fallback:
    """State: `commitments` and `keys` by receipt id."""

    started: FallbackStarted | None = None
    started_at: datetime | None = None
    commitments: Mapping[str, str] = field(default_factory=dict)
    ended: CommitmentsEnded | None = None
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def step(self) -> str:
        """What the fallback waits for unless it is over: "", "commit" or "reveal"."""
        if self.started is None:
            return ""
        return "commit" if self.ended is None else "reveal"

    @property
    def until(self) -> datetime | None:
        """When the step at hand ends at the latest."""
        if self.ended is not None:
            return self.ended.reveal_until
        return self.started.commit_until if self.started else None


@dataclass(frozen=True)
class Standing:
    """All that the rules of the fallback ask for: its state, the opening's, the bids that stand, the profile."""

    fallback: Fallback
    opening: Opening
    live: tuple[Submission, ...]
    profile: Profile

    @property
    def over(self) -> bool:
        """Released, disclosed or failed: nothing more is asked of a bidder."""
        return self.opening.openable or bool(self.opening.failed)


Fact = FallbackStarted | KeyCommitted | CommitmentsEnded | KeyRevealed
Act = KeyCommitted | KeyRevealed


def due_at(opening: Opening, profile: Profile) -> datetime | None:
    """When the fallback starts unless the lot is released: counted from the closing, before which nobody can sign.

    None where the lot is not to be opened, or its rule book knows no fallback.
    """
    if opening.closed is None or opening.closed_at is None or not opening.closed.enough:
        return None
    return add(opening.closed_at, profile.shares_within) if profile.keys_committed_within else None


def start(standing: Standing, trustees: Collection[int], now: datetime) -> tuple[Fact, ...]:
    """The start of a due fallback. Raises RuleViolation `fallback_over`, `fallback_repeated`, `fallback_not_due`."""
    _require_open(standing)
    if standing.fallback.started is not None:
        raise RuleViolation("fallback_repeated")
    due, within = due_at(standing.opening, standing.profile), standing.profile.keys_committed_within
    if due is None or within is None or now < due:
        raise RuleViolation("fallback_not_due")
    missing = tuple(sorted(set(trustees) - set(standing.opening.shares)))
    return (FallbackStarted(missing, add(now, within)),)


def end_commitments(standing: Standing, now: datetime) -> tuple[Fact | LotFailed, ...]:
    """The end of the commitments; with fewer than the law requires nothing is revealed and the lot fails (Law art. 28).

    Raises RuleViolation `fallback_over`, `fallback_not_due`.
    """
    _require_open(standing)
    state, within = standing.fallback, standing.profile.keys_revealed_within
    if state.started is None or state.ended is not None or within is None:
        raise RuleViolation("fallback_not_due")
    if now < state.started.commit_until and len(state.commitments) < len(standing.live):
        raise RuleViolation("fallback_not_due")
    if len(state.commitments) < standing.profile.bids_required:
        return (CommitmentsEnded(None), LotFailed("too_few_keys"))
    return (CommitmentsEnded(add(now, within)),)


def disclose(standing: Standing, now: datetime) -> tuple[KeysDisclosed, ...]:
    """The end of the fallback: all keys at once, and what the bids without a key count as.

    Raises RuleViolation `fallback_over`, `fallback_not_due`.
    """
    _require_open(standing)
    state = standing.fallback
    if state.ended is None or state.ended.reveal_until is None:
        raise RuleViolation("fallback_not_due")
    if now < state.ended.reveal_until and len(state.keys) < len(state.commitments):
        raise RuleViolation("fallback_not_due")
    receipts = [s.receipt_id for s in standing.live]
    revoked = tuple(r for r in receipts if r in state.commitments and r not in state.keys)
    return (KeysDisclosed(dict(state.keys), revoked, tuple(r for r in receipts if r not in state.commitments)),)


def decide(standing: Standing, fact: Act, bidder: str, now: datetime) -> tuple[object, ...]:
    """A bidder's accepted fact and, when it was the last one awaited, the end of its step.

    Raises RuleViolation `fallback_over`, `fallback_not_started`, `receipt_unknown`, `key_commitment_malformed`,
    `key_committed_already`, `key_commitment_late`, `key_reveal_early`, `key_reveal_late`, `key_not_promised`,
    `key_revealed_already`, `key_differs`.
    """
    _require_open(standing)
    if standing.fallback.started is None:
        raise RuleViolation("fallback_not_started")
    submission = next((s for s in standing.live if s.receipt_id == fact.receipt_id and s.bidder == bidder), None)
    if submission is None:
        raise RuleViolation("receipt_unknown")
    if isinstance(fact, KeyCommitted):
        _decide_commitment(standing.fallback, fact, now)
    else:
        _decide_reveal(standing.fallback, fact, submission, now)
    after = replace(standing, fallback=apply(standing.fallback, fact, now))
    return (fact, *_following(after, now))


def _following(after: Standing, now: datetime) -> tuple[object, ...]:
    state = after.fallback
    if state.ended is None and len(state.commitments) == len(after.live):
        return end_commitments(after, now)
    if state.ended is not None and len(state.keys) == len(state.commitments):
        return disclose(after, now)
    return ()


def _require_open(standing: Standing) -> None:
    if standing.over:
        raise RuleViolation("fallback_over")


def _decide_commitment(state: Fallback, fact: KeyCommitted, now: datetime) -> None:
    if not is_digest(fact.commitment):
        raise RuleViolation("key_commitment_malformed")
    if fact.receipt_id in state.commitments:
        raise RuleViolation("key_committed_already")
    if state.ended is not None or (state.started is not None and now >= state.started.commit_until):
        raise RuleViolation("key_commitment_late")


def _decide_reveal(state: Fallback, fact: KeyRevealed, submission: Submission, now: datetime) -> None:
    if state.ended is None or state.ended.reveal_until is None:
        raise RuleViolation("key_reveal_early")
    if fact.receipt_id not in state.commitments:
        raise RuleViolation("key_not_promised")
    if fact.receipt_id in state.keys:
        raise RuleViolation("key_revealed_already")
    if now >= state.ended.reveal_until:
        raise RuleViolation("key_reveal_late", until=state.ended.reveal_until)
    if key_commitment(fact.receipt_id, fact.identity, fact.salt) != state.commitments[fact.receipt_id]:
        raise RuleViolation("key_differs", field="commitment")
    try:
        recipient = recipient_of(fact.identity)
    except CryptoError:
        recipient = ""
    if recipient != submission.fact.recipient:
        raise RuleViolation("key_differs", field="recipient")


def apply(state: Fallback, fact: Fact, at: datetime) -> Fallback:
    """The state after an accepted fact."""
    match fact:
        case FallbackStarted():
            return replace(state, started=fact, started_at=at)
        case KeyCommitted():
            return replace(state, commitments={**state.commitments, fact.receipt_id: fact.commitment})
        case CommitmentsEnded():
            return replace(state, ended=fact)
        case KeyRevealed():
            return replace(state, keys={**state.keys, fact.receipt_id: fact.identity})
