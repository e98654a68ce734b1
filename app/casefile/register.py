"""Facts of the platform itself, in a case file of their own: whose keys count from when, and which committees exist."""

from __future__ import annotations

from collections.abc import Mapping
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
class CommitteeReshared:
    """The same key in the hands of other trustees: the description that holds from here on, and the one it follows.

    `previous_sha256` is the digest of the description that the resharing `ceremony` began from.
    """

    committee_id: str
    ceremony: str
    previous_sha256: str
    description: Json


@dataclass(frozen=True)
class CommitteeRetired:
    """The centre takes a committee out of use: no further tender is sealed to it, those under way go on."""

    committee_id: str
    reason: str


@dataclass(frozen=True)
class ClientCodePublished:
    """The code that seals bids, by hash, so that what was served to one bidder can be compared."""

    name: str
    version: str
    bundle_sha256: str


@dataclass(frozen=True)
class RegistrationChecked:
    """Two persons have compared a bidder's licence and the authority of its people with what it signed up as.

    The papers are named by hash; `looked_by` and `confirmed_by` are accounts.
    """

    organisation: str
    credit_code: str
    licence_sha256: str
    authority_sha256: str
    looked_by: str
    confirmed_by: str


# A key ceremony (mode M1). Steps are signed as `app.casefile.ceremony` says; what they hold is public.


@dataclass(frozen=True)
class CeremonyMember:
    """A trustee of a ceremony: the index of its share (1..n), its account and the id (hex) of its certified key."""

    index: int
    account: str
    organisation: str
    key_id: str


@dataclass(frozen=True)
class CeremonyOpened:
    """A centre asks these trustees to make a joint key of which any `k` of them can sign."""

    ceremony: str
    k: int
    members: tuple[CeremonyMember, ...]


@dataclass(frozen=True)
class ResharingOpened:
    """A centre asks the trustees of a committee to hand its key on to `members`, of whom any `k` can sign then.

    `dealers` are the trustees as the description `previous` has them.
    """

    ceremony: str
    k: int
    members: tuple[CeremonyMember, ...]
    dealers: tuple[CeremonyMember, ...]
    previous: Json


@dataclass(frozen=True)
class CeremonyJoined:
    """A trustee takes part. `recipient` (`age1pq1…`) was made on its own machine for this ceremony alone.

    Where a key is handed on, `recipient` is "" and `recipients` has one by each dealer's index: a complaint lays open
    what one dealer sent and nothing of the others, whose shares go on to count.
    """

    ceremony: str
    index: int
    recipient: str
    proof: Mapping[str, str]
    recipients: Mapping[int, str] | None = None


@dataclass(frozen=True)
class DealingGiven:
    """A trustee's dealing: `commitments` and `possession` in hex; by index each one's share, an age file in base64.

    `joined_sha256` names the recipients that the shares were sealed to, so that nobody can exchange one afterwards.
    """

    ceremony: str
    index: int
    joined_sha256: str
    commitments: tuple[str, ...]
    possession: str
    shares: Mapping[int, str]
    proof: Mapping[str, str]


@dataclass(frozen=True)
class DealingsAccepted:
    """A trustee has opened and checked every share dealt to it, and arrives at this committee."""

    ceremony: str
    index: int
    dealings_sha256: str
    committee_id: str
    proof: Mapping[str, str]


@dataclass(frozen=True)
class CeremonyEnded:
    """Over without a committee. `because`: cancelled, share_wrong, share_unreadable, complaint_unfounded.

    `guilty` is the index of who was wrong (among the dealers, or of the member that complained), 0 for nobody;
    `complaint` lets anybody judge that again ({} without one).
    """

    ceremony: str
    because: str
    guilty: int
    words: str
    complaint: Json


REGISTER_FACTS = tuple(
    fact.__name__
    for fact in (
        PlatformFounded,
        CertificateIssued,
        CertificateRevoked,
        CommitteeRegistered,
        CommitteeReshared,
        CommitteeRetired,
        ClientCodePublished,
        RegistrationChecked,
        CeremonyOpened,
        ResharingOpened,
        CeremonyJoined,
        DealingGiven,
        DealingsAccepted,
        CeremonyEnded,
    )
)
