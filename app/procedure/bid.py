"""Bids of a lot before the deadline: submitted, replaced, withdrawn; on time means strictly before (O20 art. 27)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.procedure.errors import RuleViolation
from crypto.canonical import Json
from crypto.timelock import Round

MEBIBYTE = 2**20


@dataclass(frozen=True)
class ClientCode:
    """The program that sealed: its name, version and the published hash of its code."""

    name: str
    version: str
    bundle_sha256: str


@dataclass(frozen=True)
class BidSubmitted:
    """`bidsub/v1`: the bidder's signed statement of what it hands in. Digests are hex SHA-256, the size is in bytes.

    `bidsub/v2` names the `round` of the second lock too (mode M2).
    """

    v: str
    ctx: str
    recipient: str
    bid_size: int
    bid_root: str
    capsule_sha256: str
    capsule_type: str
    client: ClientCode
    nonce: str
    created_at: str
    round: int | None = None


@dataclass(frozen=True)
class BidReceipted:
    """The platform's signed `bidreceipt/v1`, given in the answer that accepts the bid."""

    receipt_id: str
    receipt: Json
    key_id: str
    signature: str


@dataclass(frozen=True)
class BidWithdrawn:
    receipt_id: str


@dataclass(frozen=True)
class Submission:
    """One complete bid; `bidder` is the organisation, `by` the account that signed, with the key `key_id`.

    `seqs` are the numbers of the records about it.
    """

    receipt_id: str
    bidder: str
    by: str
    fact: BidSubmitted
    received_at: datetime
    key_id: str
    ended: str = ""  # "", "replaced", "withdrawn"
    seqs: tuple[int, ...] = ()


@dataclass(frozen=True)
class Bidding:
    """State of a lot's bids: `submissions` by receipt id, `pending` between a submission and its receipt."""

    submissions: Mapping[str, Submission] = field(default_factory=dict)
    pending: Submission | None = None
    closed: bool = False

    @property
    def live(self) -> tuple[Submission, ...]:
        """The bids that stand, in order of receipt id so that nothing tells who came first."""
        standing = (s for s in self.submissions.values() if not s.ended)
        return tuple(sorted(standing, key=lambda s: s.receipt_id))

    def of_bidder(self, bidder: str) -> Submission | None:
        """The standing bid of an organisation, if any."""
        return next((s for s in self.live if s.bidder == bidder), None)


Fact = BidSubmitted | BidReceipted | BidWithdrawn


def check_open(bidding: Bidding, deadline_at: datetime | None, now: datetime, code: str = "deadline_passed") -> None:
    """Refuses (`code`) at and after the deadline, and once the lot is closed.

    A lot that stands still has no deadline (None): it is not over, however late it is.
    """
    if bidding.closed or (deadline_at is not None and now >= deadline_at):
        raise RuleViolation(code, deadline_at=deadline_at, now=now)


def decide(bidding: Bidding, fact: Fact, bidder: str, deadline_at: datetime | None, now: datetime) -> tuple[Fact, ...]:
    """The accepted fact, or RuleViolation (`deadline_passed`, `withdrawal_too_late`, `bidding_paused`, `bid_copied`,
    `receipt_unknown`).

    While the lot is paused (no deadline) nothing comes in; what is the bidder's own it may still take back.
    """
    match fact:
        case BidSubmitted():
            check_open(bidding, deadline_at, now)
            if deadline_at is None:
                raise RuleViolation("bidding_paused")
            _refuse_copy(bidding, fact)
        case BidWithdrawn():
            check_open(bidding, deadline_at, now, "withdrawal_too_late")
            standing = bidding.of_bidder(bidder)
            if standing is None or standing.receipt_id != fact.receipt_id:
                raise RuleViolation("receipt_unknown")
        case BidReceipted():
            if bidding.pending is None:
                raise RuleViolation("nothing_submitted")
    return (fact,)


def check_round(fact: BidSubmitted, rounds: Sequence[Round]) -> None:
    """Refuses a bid that is not locked as the lot's terms say: to one of `rounds` (the latest last), or to none.

    Codes `second_lock_missing`, `second_lock_unwanted`, `round_too_late`, `round_foreign`.
    """
    if not rounds:
        if fact.round is not None:
            raise RuleViolation("second_lock_unwanted", round=fact.round)
        return
    latest = rounds[-1]
    if fact.round is None:
        raise RuleViolation("second_lock_missing", round=latest.number)
    if fact.round > latest.number:
        raise RuleViolation("round_too_late", round=fact.round, latest=latest.number, opens_at=latest.at)
    if fact.round not in {allowed.number for allowed in rounds}:
        raise RuleViolation("round_foreign", round=fact.round, latest=latest.number)


def _refuse_copy(bidding: Bidding, fact: BidSubmitted) -> None:
    """A bid with the ciphertext, capsule or recipient of another one was not sealed by its sender."""
    for earlier in bidding.submissions.values():
        same = {"bid_root", "capsule_sha256", "recipient"}
        if any(getattr(earlier.fact, name) == getattr(fact, name) for name in same):
            raise RuleViolation("bid_copied")


def apply(bidding: Bidding, fact: Fact, by: str, key_id: str, at: datetime, seq: int) -> Bidding:
    """The state after an accepted fact, signed with `key_id`; a later bid of a bidder replaces its earlier one."""
    match fact:
        case BidSubmitted():
            return replace(bidding, pending=Submission("", "", by, fact, at, key_id, seqs=(seq,)))
        case BidReceipted():
            assert bidding.pending is not None
            begun, bidder = bidding.pending, fact.receipt["bidder"]
            submission = replace(begun, receipt_id=fact.receipt_id, bidder=bidder, seqs=(*begun.seqs, seq))
            ended = {
                key: replace(s, ended="replaced") if s.bidder == submission.bidder and not s.ended else s
                for key, s in bidding.submissions.items()
            }
            return replace(bidding, submissions={**ended, fact.receipt_id: submission}, pending=None)
        case BidWithdrawn():
            standing = bidding.submissions[fact.receipt_id]
            withdrawn = replace(standing, ended="withdrawn", seqs=(*standing.seqs, seq))
            return replace(bidding, submissions={**bidding.submissions, fact.receipt_id: withdrawn})
