"""Certificates as the CMS library wants them."""

from __future__ import annotations

from asn1crypto import pem, x509

from crypto.errors import CryptoError

_prepare = x509.NameTypeAndValue._ldap_string_prep


def _prepared(name: x509.NameTypeAndValue, value: str) -> str:
    """The value for comparing names; as it stands, where RFC 4518 has no rule for it.

    RFC 4518 knows the characters of Unicode 3.2 only, so asn1crypto refuses every person with a later one in the name
    (𬭎, 2015). RFC 5280 §7.1 allows to compare what is not prepared byte by byte.
    """
    try:
        return str(_prepare(name, value))
    except ValueError:
        return value


x509.NameTypeAndValue._ldap_string_prep = _prepared


def load_certificate(certificate_pem: str) -> x509.Certificate:
    """The certificate of a PEM text. Raises CryptoError `certificate_unreadable`."""
    try:
        _, _, der = pem.unarmor(certificate_pem.encode())
        certificate = x509.Certificate.load(der, strict=True)
        certificate.native  # noqa: B018  asn1crypto parses lazily: a damaged certificate must show here
    except (ValueError, TypeError, KeyError) as exc:
        raise CryptoError("certificate_unreadable") from exc
    return certificate
