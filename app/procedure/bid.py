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
    """State of a lot's bids: `submissions` by receipt id, `pending` between a submission and its receipt.

    What follows from `submissions` is carried along, so that taking a bid costs the same however many there are:
    `standing`, the receipt ids of the bids that stand by their bidders, and `used`, the ciphertexts, capsules and
    recipients of all.
    """

    submissions: Mapping[str, Submission] = field(default_factory=dict)
    pending: Submission | None = None
    closed: bool = False
    standing: Mapping[str, str] | None = field(default=None, repr=False, compare=False)
    used: frozenset[str] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.standing is None or self.used is None:
            found = self.submissions.values()
            object.__setattr__(self, "standing", {s.bidder: s.receipt_id for s in found if not s.ended})
            object.__setattr__(self, "used", frozenset().union(*(_names(s.fact) for s in found)))

    @property
    def live(self) -> tuple[Submission, ...]:
        """The bids that stand, in order of receipt id so that nothing tells who came first."""
        standing = (s for s in self.submissions.values() if not s.ended)
        return tuple(sorted(standing, key=lambda s: s.receipt_id))

    def of_bidder(self, bidder: str) -> Submission | None:
        """The standing bid of an organisation, if any."""
        assert self.standing is not None
        receipt_id = self.standing.get(bidder)
        return None if receipt_id is None else self.submissions[receipt_id]


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


def _names(fact: BidSubmitted) -> set[str]:
    """What no two bids can have in common."""
    return {f"{name} {getattr(fact, name)}" for name in ("bid_root", "capsule_sha256", "recipient")}


def _refuse_copy(bidding: Bidding, fact: BidSubmitted) -> None:
    """A bid with the ciphertext, capsule or recipient of another one was not sealed by its sender."""
    assert bidding.used is not None
    if not bidding.used.isdisjoint(_names(fact)):
        raise RuleViolation("bid_copied")


def apply(bidding: Bidding, fact: Fact, by: str, key_id: str, at: datetime, seq: int) -> Bidding:
    """The state after an accepted fact, signed with `key_id`; a later bid of a bidder replaces its earlier one."""
    match fact:
        case BidSubmitted():
            return replace(bidding, pending=Submission("", "", by, fact, at, key_id, seqs=(seq,)))
        case BidReceipted():
            return _receipted(bidding, fact, seq)
        case BidWithdrawn():
            assert bidding.standing is not None
            ended = bidding.submissions[fact.receipt_id]
            withdrawn = replace(ended, ended="withdrawn", seqs=(*ended.seqs, seq))
            return replace(
                bidding,
                submissions={**bidding.submissions, fact.receipt_id: withdrawn},
                standing={b: r for b, r in bidding.standing.items() if r != fact.receipt_id},
            )


def _receipted(bidding: Bidding, fact: BidReceipted, seq: int) -> Bidding:
    begun, bidder = bidding.pending, fact.receipt["bidder"]
    assert begun is not None
    assert bidding.standing is not None
    assert bidding.used is not None
    submissions = {
        **bidding.submissions,
        fact.receipt_id: replace(begun, receipt_id=fact.receipt_id, bidder=bidder, seqs=(*begun.seqs, seq)),
    }
    if earlier := bidding.standing.get(bidder):
        submissions[earlier] = replace(submissions[earlier], ended="replaced")
    return replace(
        bidding,
        submissions=submissions,
        pending=None,
        standing={**bidding.standing, bidder: fact.receipt_id},
        used=bidding.used | _names(begun.fact),
    )
