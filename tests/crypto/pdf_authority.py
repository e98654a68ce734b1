"""A small authority for the tests of signed documents: a root, and certificates for persons, the seal, time stamps."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509

from crypto.certificates import Subject, create_authority, issue
from crypto.revocations import revocation_list
from crypto.signing import SigningKey

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
SINCE = NOW - timedelta(hours=1)


@dataclass(frozen=True)
class Certified:
    key: SigningKey
    pem: str


class TestAuthority:
    __test__ = False

    def __init__(self):
        self.authority = create_authority("示范签名根证书", "示范县", SINCE, SINCE + timedelta(days=3650))
        self.pem = self.authority.certificate_pem

    def certify(self, name, usage="person", *, days=365):
        key = SigningKey.generate()
        subject = Subject(name, "示范单位", "p-1")
        until = SINCE + timedelta(days=days)
        return Certified(
            key, issue(self.authority, subject=subject, spki=key.spki, not_before=SINCE, not_after=until, usage=usage)
        )

    def revocation_list(self, revoked=None, at=NOW):
        entries = []
        if revoked:
            serial = x509.load_pem_x509_certificate(revoked.encode()).serial_number
            entries.append((f"{serial:x}", at, "key_compromise"))
        return revocation_list(self.authority, entries, at, at + timedelta(days=30))
