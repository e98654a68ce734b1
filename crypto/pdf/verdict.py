"""What the check of a signed document finds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class PdfFinding:
    """A reason for refusal: a stable `code` with a sentence per language, and the `field` it is about ("" for all)."""

    code: str
    field: str = ""


@dataclass(frozen=True)
class PdfSignature:
    """One signature as found.

    `signer`: common name in the certificate; `key_id`: hex SHA-256 of its SPKI; `usage`: what the platform's authority
    certified the key for, "person" for a certificate of anybody else; `signed_at`: the trusted time stamp, or the
    claimed time where `timestamped` is false (None when there is neither).
    """

    field: str
    signer: str
    key_id: str
    usage: str
    covers_whole: bool
    intact: bool
    trusted: bool
    signed_at: datetime | None
    timestamped: bool


@dataclass(frozen=True)
class PdfVerdict:
    """`whole` only when there is no reason against it. `sealed_last`: rule 4 alone."""

    signatures: tuple[PdfSignature, ...]
    sealed_last: bool
    whole: bool
    reasons: tuple[PdfFinding, ...]
