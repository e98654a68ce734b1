"""What a report says of the committee's preliminary review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SignedReview:
    """A member's review in the case file: its digest, and when it was signed."""

    seat: int
    sha256: str
    signed_at: datetime


@dataclass(frozen=True)
class ItemVotes:
    """How the members voted on one item of one bid."""

    item: str
    bidder: str
    passed: int
    failed: int


@dataclass(frozen=True)
class PreliminaryReview:
    """符合性审查 or 初步评审: every item of every bid with its votes, whose signed reviews count, who passed, whose
    prices are compared with which deductions, how it was voted on competition where few passed, and which bids offer
    one brand of the core product."""

    votes: tuple[ItemVotes, ...] = ()
    signed: tuple[SignedReview, ...] = ()
    compliant: tuple[str, ...] = ()
    deductions: tuple[str, ...] = ()
    competition: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()


@dataclass(frozen=True)
class RollbackLine:
    """One stage that was held again: by whom and why, and what stood before and has come in its place, as sentences."""

    told: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
