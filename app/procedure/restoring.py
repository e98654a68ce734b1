"""Sealed files that the platform lost: said so on record, and handed in again, byte for byte, by their bidders.

It is the one exception to "nothing is handed in after the deadline": what comes must have the digest that the receipt
names, so it can be no other bid. Nothing is opened while such a file is awaited, so that nobody has seen a price.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.procedure.bid import Bidding
from app.procedure.calendar import add
from app.procedure.errors import RuleViolation
from app.procedure.profiles import Profile

FILE_LOST = "file_lost"


@dataclass(frozen=True)
class BidFileLost:
    """The platform lost the sealed file of a standing bid; its bidder may hand it in again before `restore_until`."""

    receipt_id: str
    restore_until: datetime


@dataclass(frozen=True)
class BidFileRestored:
    """The very file of the receipt: `bid_root` is its tree digest, measured by the platform."""

    receipt_id: str
    bid_root: str


Fact = BidFileLost | BidFileRestored
Lost = Mapping[str, datetime]  # until when, by receipt id


def lose(receipt_id: str, now: datetime, profile: Profile) -> BidFileLost:
    """The loss, with the rule book's time to restore the file; none where an older rule book has no such period."""
    return BidFileLost(receipt_id, add(now, profile.files_restored_within) if profile.files_restored_within else now)


def decide(lost: Lost, bidding: Bidding, fact: Fact, bidder: str, now: datetime, profile: Profile) -> tuple[Fact, ...]:
    """The accepted fact.

    Raises RuleViolation `file_not_lost`, `file_lost_already`, `file_restore_late`, `file_differs`.
    """
    if isinstance(fact, BidFileLost):
        if fact.receipt_id in lost or all(s.receipt_id != fact.receipt_id for s in bidding.live):
            raise RuleViolation("file_lost_already")
        return (lose(fact.receipt_id, now, profile),)
    standing = bidding.of_bidder(bidder)
    if standing is None or standing.receipt_id != fact.receipt_id or fact.receipt_id not in lost:
        raise RuleViolation("file_not_lost")
    if now >= lost[fact.receipt_id]:
        raise RuleViolation("file_restore_late", until=lost[fact.receipt_id])
    if fact.bid_root != standing.fact.bid_root:
        raise RuleViolation("file_differs", expected=standing.fact.bid_root[:12], found=fact.bid_root[:12])
    return (fact,)


def check_loss(bidding: Bidding, read_out: Collection[str], receipt_id: str) -> None:
    """Whether a file can be lost: of a closed lot, and of a bid that is neither opened nor void.

    `read_out` are the receipts of such bids. Raises RuleViolation `file_lost_early`, `file_lost_late`.
    """
    if not bidding.closed:
        raise RuleViolation("file_lost_early")
    if receipt_id in read_out:
        raise RuleViolation("file_lost_late")


def check_opening(lost: Lost, receipt_id: str, reason: str, now: datetime) -> None:
    """Whether a bid may be opened or voided now. Raises RuleViolation `file_awaited`, `file_not_lost`."""
    if receipt_id in lost and (now < lost[receipt_id] or reason != FILE_LOST):
        raise RuleViolation("file_awaited", until=lost[receipt_id])
    if reason == FILE_LOST and receipt_id not in lost:
        raise RuleViolation("file_not_lost")


def apply(lost: Lost, fact: Fact) -> Lost:
    """The state after an accepted fact."""
    if isinstance(fact, BidFileLost):
        return {**lost, fact.receipt_id: fact.restore_until}
    return {receipt: until for receipt, until in lost.items() if receipt != fact.receipt_id}
