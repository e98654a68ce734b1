"""What a report says of a question to one bidder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class BidClarification:
    """What one bidder was asked and answered; `votes` in words, `files` by name and digest, `digest` of the signed
    answer; `decided` what the committee decided about why a price is low, or whether a corrected one was confirmed, and
    what follows without an answer."""

    bidder: str
    subject: str
    place: str
    question: str
    votes: str
    asked_at: datetime
    until: datetime | None
    answer: str
    answered_at: datetime | None
    digest: str = ""
    files: tuple[tuple[str, str], ...] = ()
    decided: str = ""
