"""What a report says of recordings of its sites, and how a paper is checked against the case file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SiteRecording:
    """One recording of a site: `pieces` and `gaps` are words, `head` the link of its last piece.

    `since` is None for a site that was not recorded, `until` while the recording had not ended.
    """

    site: str
    number: int = 0
    since: datetime | None = None
    until: datetime | None = None
    pieces: str = ""
    gaps: tuple[str, ...] = ()
    head: str = ""


@dataclass(frozen=True)
class DocumentCheck:
    """What a phone reads: `code` is a link, where the installation has a public `address`, else plain text.

    `data_sha256`: the digest of the data attached to the document.
    """

    code: str
    address: str
    data_sha256: str
