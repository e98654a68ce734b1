"""A small authority for the tests of signed documents: a root, and certificates for persons, the seal, time stamps."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from crypto.signing import SigningKey

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Certified:
    key: SigningKey
    pem: bytes


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


class TestAuthority:
    __test__ = False

    def __init__(self, name: str = "示范签名根证书"):
        self.key = SigningKey.generate()
        self.name = _name(name)
        usage = {"key_cert_sign": True, "crl_sign": True}
        self.pem = self._certificate(self.name, self.key, usage, days=3650, ca=True)

    def _certificate(
        self, subject, key, usage, *, days, ca=False, stamps=False, since=NOW - timedelta(hours=1)
    ) -> bytes:
        flags = (
            "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
            "key_cert_sign crl_sign encipher_only decipher_only"
        )
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(since)
            .not_valid_after(since + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(**{flag: usage.get(flag, False) for flag in flags.split()}), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.private.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.private.public_key()), critical=False
            )
        )
        if stamps:
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        return builder.sign(self.key.private, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def certify(self, name: str, *, days: float = 365, stamps: bool = False) -> Certified:
        key = SigningKey.generate()
        usage = {"digital_signature": True, "content_commitment": not stamps}
        return Certified(key, self._certificate(_name(name), key, usage, days=days, stamps=stamps))

    def revocation_list(self, revoked: bytes | None = None, at: datetime = NOW) -> bytes:
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.name)
            .last_update(at)
            .next_update(at + timedelta(days=30))
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.private.public_key()), critical=False
            )
            .add_extension(x509.CRLNumber(1), critical=False)
        )
        if revoked:
            serial = x509.load_pem_x509_certificate(revoked).serial_number
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at).build()
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(self.key.private, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
