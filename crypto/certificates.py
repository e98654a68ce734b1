"""The platform's own small X.509 authority: one root, what it issues, what it revokes (RFC 5280).

Chains are one step long: a leaf is issued by a root that the verifier was given. So the verifier can be read in one
go, and no intermediate can widen what a certificate allows. Use and scope of a certificate stand in it as a URI among
the subject's alternative names, `tenderhall:<usage>/<scope>`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, TypeAlias, get_args
from urllib.parse import quote, unquote

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from crypto.errors import CryptoError
from crypto.instants import format_instant
from crypto.signing import SigningKey, key_id

Usage: TypeAlias = Literal["person", "sitting", "platform", "seal", "timestamp"]
USAGES: tuple[str, ...] = get_args(Usage)
_URI = "tenderhall:"
REMEMBERED = 4096  # certificates
_KNOWN_CRITICAL = frozenset(
    {x509.BasicConstraints.oid, x509.KeyUsage.oid, x509.ExtendedKeyUsage.oid, x509.SubjectAlternativeName.oid}
)


@dataclass(frozen=True)
class Subject:
    """Who a certificate is for. `serial` is the person's (or machine's) id on this platform, ASCII."""

    common_name: str
    organisation: str
    serial: str


@dataclass(frozen=True)
class Authority:
    """The root's private key (PKCS #8 PEM) and its certificate (PEM). Whoever holds it can name anybody."""

    key_pem: str
    certificate_pem: str

    def __repr__(self) -> str:
        return "Authority()"


@dataclass(frozen=True)
class CertificateFacts:
    """What a verified certificate says. `serial_number` is the certificate's own, in hex; `spki` is DER."""

    subject: Subject
    spki: bytes
    key_id: str
    serial_number: str
    not_before_at: datetime
    not_after_at: datetime
    usage: str
    scope: str


# Making


def create_rsa_key(bits: int = 3072) -> str:
    """A fresh RSA key, PKCS #8 PEM, for a time stamp service whose library signs with RSA only."""
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    private = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return private.private_bytes(serialization.Encoding.PEM, form, plain).decode("ascii")


def public_spki(key_pem: str) -> bytes:
    """DER SubjectPublicKeyInfo of a private key (EC or RSA, unencrypted PEM). Raises CryptoError `key_unreadable`."""
    try:
        public = serialization.load_pem_private_key(key_pem.encode(), None).public_key()
    except (ValueError, TypeError) as exc:
        raise CryptoError("key_unreadable") from exc
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _name(common_name: str, organisation: str, serial: str = "") -> x509.Name:
    attributes = [(NameOID.ORGANIZATION_NAME, organisation), (NameOID.COMMON_NAME, common_name)]
    attributes += [(NameOID.SERIAL_NUMBER, serial)] if serial else []
    try:
        return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])
    except ValueError as exc:  # empty, or longer than X.520 allows (64 characters)
        raise CryptoError("certificate_name", common_name=common_name, organisation=organisation) from exc


def _key_usage(*, ca: bool = False, non_repudiation: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=non_repudiation,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, not_before: datetime, not_after: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before.astimezone(UTC))
        .not_valid_after(not_after.astimezone(UTC))
    )


def create_authority(common_name: str, organisation: str, not_before: datetime, not_after: datetime) -> Authority:
    """A new root on P-256, allowed to issue leaves only (path length 0), valid between two aware instants."""
    key = SigningKey.generate()
    public, name = key.private.public_key(), _name(common_name, organisation)
    subject_key = x509.SubjectKeyIdentifier.from_public_key(public)
    certificate = (
        _builder(name, name, not_before, not_after)
        .public_key(public)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(ca=True), critical=True)
        .add_extension(subject_key, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject_key), critical=False)
        .sign(key.private, hashes.SHA256())
    )
    return Authority(key.to_pem(), pem_of(certificate))


def pem_of(item: x509.Certificate | x509.CertificateRevocationList) -> str:
    """A certificate or a list of revoked ones as PEM text."""
    return item.public_bytes(serialization.Encoding.PEM).decode("ascii")


def _subject_key(spki: bytes) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
    try:
        public = serialization.load_der_public_key(spki)
    except (ValueError, TypeError) as exc:
        raise CryptoError("key_unreadable") from exc
    if isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1):
        return public
    if isinstance(public, rsa.RSAPublicKey) and public.key_size >= 2048:
        return public
    raise CryptoError("key_not_p256")


def issue(
    authority: Authority,
    *,
    subject: Subject,
    spki: bytes,
    not_before: datetime,
    not_after: datetime,
    usage: Usage,
    scope: str = "",
) -> str:
    """A leaf certificate (PEM) for the public key `spki` (DER; P-256, or RSA for time stamps).

    `scope` narrows it, e.g. to one sitting. That the subject holds the private key is the caller's to check before:
    it signs its own registration. Raises CryptoError `certificate_usage`, `certificate_name`, `key_unreadable`,
    `key_not_p256`.
    """
    if usage not in USAGES or not subject.serial.isascii() or not subject.serial:
        raise CryptoError("certificate_usage", usage=usage, serial=subject.serial)
    root, signer = read_certificate(authority.certificate_pem), SigningKey.from_pem(authority.key_pem)
    public = _subject_key(spki)
    if isinstance(public, rsa.RSAPublicKey) and usage != "timestamp":
        raise CryptoError("key_not_p256")
    name = _name(subject.common_name, subject.organisation, subject.serial)
    issuer_key = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    uri = x509.UniformResourceIdentifier(f"{_URI}{usage}/{quote(scope, safe='')}")
    builder = (
        _builder(name, root.subject, not_before, not_after)
        .public_key(public)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(non_repudiation=usage != "timestamp"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_key), critical=False)
        .add_extension(x509.SubjectAlternativeName([uri]), critical=False)
    )
    if usage == "timestamp":  # RFC 3161, 2.3: critical, and the only purpose
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return pem_of(builder.sign(signer.private, hashes.SHA256()))


# Checking


def read_certificate(pem: str) -> x509.Certificate:
    """Exactly one certificate. Raises CryptoError `certificate_malformed`."""
    try:
        certificates = x509.load_pem_x509_certificates(pem.encode())
        _ = [certificate.extensions for certificate in certificates]
    except ValueError as exc:
        raise CryptoError("certificate_malformed", reason="unreadable") from exc
    if len(certificates) != 1:
        raise CryptoError("certificate_malformed", reason=f"{len(certificates)} certificates")
    return certificates[0]


def _check_valid_at(certificate: x509.Certificate, at: datetime) -> None:
    begins_at, ends_at = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if at < begins_at or at > ends_at:
        validity = {"not_before": format_instant(begins_at), "not_after": format_instant(ends_at)}
        raise CryptoError("certificate_expired", **validity, at=format_instant(at))


def is_root(certificate: x509.Certificate) -> bool:
    """Whether it may sign other certificates."""
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return constraints.ca and usage.key_cert_sign


def _issuer(certificate: x509.Certificate, roots: Sequence[str]) -> x509.Certificate:
    for root in map(read_certificate, roots):
        try:
            certificate.verify_directly_issued_by(root)
        except (ValueError, TypeError, InvalidSignature):
            continue  # another name, another kind of key, or not its signature: perhaps the next root
        if is_root(root):
            return root
    raise CryptoError("certificate_issuer", issuer=certificate.issuer.rfc4514_string())


def _check_leaf(certificate: x509.Certificate) -> None:
    unknown = [
        item.oid.dotted_string for item in certificate.extensions if item.critical and item.oid not in _KNOWN_CRITICAL
    ]
    if unknown:
        raise CryptoError("certificate_malformed", reason=f"critical extension {unknown[0]}")
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound as exc:
        raise CryptoError("certificate_malformed", reason="no basic constraints or key usage") from exc
    if constraints.ca or usage.key_cert_sign or usage.crl_sign:
        raise CryptoError("certificate_is_authority", subject=certificate.subject.rfc4514_string())
    if not usage.digital_signature or not (usage.content_commitment or _usage(certificate)[0] == "timestamp"):
        raise CryptoError("certificate_malformed", reason="not for signatures")


def _usage(certificate: x509.Certificate) -> tuple[str, str]:
    """Usage and scope; a certificate of another authority, which has no such name, speaks for a person."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return "person", ""
    ours = [uri for uri in names.get_values_for_type(x509.UniformResourceIdentifier) if uri.startswith(_URI)]
    if not ours:
        return "person", ""
    usage, slash, scope = ours[0].removeprefix(_URI).partition("/")
    if len(ours) > 1 or usage not in USAGES or not slash:
        raise CryptoError("certificate_malformed", reason="usage")
    return usage, unquote(scope)


def _attribute(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def verify_certificate(pem: str, roots: Sequence[str], at: datetime) -> CertificateFacts:
    """What the leaf `pem` says, once it holds: issued by one of `roots`, both valid at `at`, and no authority itself.

    Whether it was revoked is asked of the list (`crypto.revocations`). Raises CryptoError `certificate_malformed`,
    `certificate_issuer`, `certificate_expired`, `certificate_is_authority`, `key_not_p256`.
    """
    certificate, issuer = _issued(pem, tuple(roots))
    _check_valid_at(issuer, at)
    _check_valid_at(certificate, at)
    return _facts(certificate)


@lru_cache(maxsize=REMEMBERED)
def _issued(pem: str, roots: tuple[str, ...]) -> tuple[x509.Certificate, x509.Certificate]:
    """The certificate and who issued it: true for ever, and asked for with every act of its holder."""
    certificate = read_certificate(pem)
    return certificate, _issuer(certificate, roots)


@lru_cache(maxsize=REMEMBERED)
def _facts(certificate: x509.Certificate) -> CertificateFacts:
    _check_leaf(certificate)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    spki = certificate.public_key().public_bytes(serialization.Encoding.DER, form)
    usage, scope = _usage(certificate)
    if not isinstance(_subject_key(spki), ec.EllipticCurvePublicKey) and usage != "timestamp":
        raise CryptoError("key_not_p256")
    name = certificate.subject
    return CertificateFacts(
        subject=Subject(
            common_name=_attribute(name, NameOID.COMMON_NAME),
            organisation=_attribute(name, NameOID.ORGANIZATION_NAME),
            serial=_attribute(name, NameOID.SERIAL_NUMBER),
        ),
        spki=spki,
        key_id=key_id(spki),
        serial_number=f"{certificate.serial_number:x}",
        not_before_at=certificate.not_valid_before_utc,
        not_after_at=certificate.not_valid_after_utc,
        usage=usage,
        scope=scope,
    )
