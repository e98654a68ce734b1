"""Certificates as the CMS library wants them."""

from __future__ import annotations

from asn1crypto import pem, x509

from crypto.errors import CryptoError


def load_certificate(certificate_pem: str | bytes) -> x509.Certificate:
    """The certificate of a PEM text. Raises CryptoError `certificate_unreadable`."""
    data = certificate_pem.encode() if isinstance(certificate_pem, str) else certificate_pem
    try:
        _, _, der = pem.unarmor(data)
        certificate = x509.Certificate.load(der, strict=True)
        certificate.native  # noqa: B018  asn1crypto parses lazily: a damaged certificate must show here
    except (ValueError, TypeError, KeyError) as exc:
        raise CryptoError("certificate_unreadable") from exc
    return certificate
