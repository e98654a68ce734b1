"""Facts of the platform itself, in a case file of their own: whose keys count from when, and which committees exist."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crypto.canonical import Json

REGISTER = "register"


@dataclass(frozen=True)
class PlatformFounded:
    """The first fact of an installation. `authority` is the certificate (PEM) of its own authority."""

    origin: str
    organisation: str
    authority: str
    platform: str


@dataclass(frozen=True)
class CertificateIssued:
    """A person's key counts from here on; `scope` narrows it to one seat of one sitting."""

    serial: str
    key_id: str
    account: str
    name: str
    organisation: str
    scope: str
    expires_at: datetime
    pem: str


@dataclass(frozen=True)
class CertificateRevoked:
    serial: str
    key_id: str
    reason: str


@dataclass(frozen=True)
class CommitteeRegistered:
    """The trustees' joint key as described by `bidcommittee/v1`; mode M0 means that one machine saw every share."""

    committee_id: str
    description: Json


@dataclass(frozen=True)
class ClientCodePublished:
    """The code that seals bids, by hash, so that what was served to one bidder can be compared."""

    name: str
    version: str
    bundle_sha256: str
