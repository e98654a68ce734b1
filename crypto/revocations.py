"""Lists of what the authority of `crypto.certificates` revoked (RFC 5280 §5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from crypto.certificates import Authority, is_root, pem_of, read_certificate
from crypto.errors import CryptoError
from crypto.instants import format_instant
from crypto.signing import SigningKey


@dataclass(frozen=True)
class Revocation:
    """A certificate (hex serial number) that counts no more from `revoked_at` on; `reason` as in RFC 5280 5.3.1."""

    serial_number: str
    revoked_at: datetime
    reason: str


def revocation_list(
    authority: Authority, revoked: Sequence[tuple[str, datetime, str]], now: datetime, next_update: datetime
) -> str:
    """The list (PEM) of revoked certificates: (hex serial number, from when, reason such as `key_compromise`).

    Its number is the millisecond of `now`, so that later lists have higher numbers. Raises CryptoError
    `revocation_reason`.
    """
    root, signer = read_certificate(authority.certificate_pem), SigningKey.from_pem(authority.key_pem)
    issuer_key = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.subject)
        .last_update(now.astimezone(UTC))
        .next_update(next_update.astimezone(UTC))
        .add_extension(x509.CRLNumber(int(now.timestamp() * 1000)), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_key), critical=False)
    )
    for serial_number, revoked_at, reason in revoked:
        builder = builder.add_revoked_certificate(_revoked(serial_number, revoked_at, reason))
    return pem_of(builder.sign(signer.private, hashes.SHA256()))


def _revoked(serial_number: str, revoked_at: datetime, reason: str) -> x509.RevokedCertificate:
    if reason not in x509.ReasonFlags.__members__ or reason == "remove_from_crl":
        raise CryptoError("revocation_reason", reason=reason)
    builder = (
        x509.RevokedCertificateBuilder()
        .serial_number(int(serial_number, 16))
        .revocation_date(revoked_at.astimezone(UTC))
    )
    if reason != "unspecified":  # RFC 5280, 5.3.1: left out rather than said
        builder = builder.add_extension(x509.CRLReason(x509.ReasonFlags[reason]), critical=False)
    return builder.build()


def find_revocation(crl_pem: str, roots: Sequence[str], serial_number: str, at: datetime) -> Revocation | None:
    """The revocation of a certificate (hex serial number) that is in force at `at`, by a list that is current then.

    Raises CryptoError `revocation_list_wrong` (unreadable, or by none of `roots`), `revocation_list_stale`.
    """
    try:
        crl = x509.load_pem_x509_crl(crl_pem.encode())
    except ValueError as exc:
        raise CryptoError("revocation_list_wrong", reason="unreadable") from exc
    if any(item.critical for item in crl.extensions):
        raise CryptoError("revocation_list_wrong", reason="critical extension")  # e.g. a list of some certificates only
    if not any(_signed_by(crl, root) for root in map(read_certificate, roots)):
        raise CryptoError("revocation_list_wrong", reason="not by a trusted authority")
    begins_at, ends_at = crl.last_update_utc, crl.next_update_utc
    if ends_at is None or not begins_at <= at <= ends_at:
        raise CryptoError(
            "revocation_list_stale", next_update=format_instant(ends_at or begins_at), at=format_instant(at)
        )
    entry = crl.get_revoked_certificate_by_serial_number(int(serial_number, 16))
    if entry is None or entry.revocation_date_utc > at:
        return None
    return Revocation(serial_number, entry.revocation_date_utc, _reason(entry))


def is_revoked(crl_pem: str, roots: Sequence[str], serial_number: str, at: datetime) -> bool:
    """Whether `find_revocation` finds one."""
    return find_revocation(crl_pem, roots, serial_number, at) is not None


def _signed_by(crl: x509.CertificateRevocationList, root: x509.Certificate) -> bool:
    public = root.public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        return False
    return is_root(root) and crl.issuer == root.subject and crl.is_signature_valid(public)


def _reason(entry: x509.RevokedCertificate) -> str:
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.name
    except x509.ExtensionNotFound:
        return "unspecified"
