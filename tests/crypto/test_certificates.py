"""The platform's authority: what it issues holds where it should, by three readers, and nowhere else."""

import asyncio
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import pem as asn1_pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from pyhanko_certvalidator import CertificateValidator, ValidationContext

from crypto.certificates import (
    Subject,
    create_authority,
    create_rsa_key,
    issue,
    public_spki,
    verify_certificate,
)
from crypto.errors import CryptoError
from crypto.revocations import find_revocation, is_revoked, revocation_list
from crypto.signing import SigningKey

NOW = datetime(2026, 3, 3, 2, tzinfo=UTC)
YEAR = timedelta(days=365)
AUTHORITY = create_authority("示范公共资源交易中心 根证书", "示范公共资源交易中心", NOW - YEAR, NOW + 10 * YEAR)
ROOTS = [AUTHORITY.certificate_pem]
STRANGER = create_authority("示范公共资源交易中心 根证书", "示范公共资源交易中心", NOW - YEAR, NOW + 10 * YEAR)
KEY = SigningKey.generate()
LI = Subject("李䶮", "某某大学", "expert-017")


def leaf(authority=AUTHORITY, **changes):
    terms = {"subject": LI, "spki": KEY.spki, "not_before": NOW, "not_after": NOW + YEAR, "usage": "person"}
    return issue(authority, **{**terms, **changes})


def refusal(call, *args, **kwargs):
    with pytest.raises(CryptoError) as caught:
        call(*args, **kwargs)
    return caught.value


@pytest.mark.parametrize("usage", ["person", "sitting", "platform", "seal", "timestamp"])
def test_facts_come_back(usage):
    facts = verify_certificate(leaf(usage=usage, scope="CN-01/第1次 sitting?x=1"), ROOTS, NOW)
    assert (facts.subject, facts.spki, facts.key_id) == (LI, KEY.spki, KEY.key_id)
    assert (facts.usage, facts.scope) == (usage, "CN-01/第1次 sitting?x=1")
    assert (facts.not_before_at, facts.not_after_at) == (NOW, NOW + YEAR)


def test_validity_is_refused_outside_with_the_figures():
    pem = leaf()
    assert verify_certificate(pem, ROOTS, NOW + YEAR)
    early = refusal(verify_certificate, pem, ROOTS, NOW - timedelta(seconds=1))
    assert early.code == "certificate_expired"
    assert early.facts == {
        "not_before": "2026-03-03T02:00:00Z",
        "not_after": "2027-03-03T02:00:00Z",
        "at": "2026-03-03T01:59:59Z",
    }
    assert refusal(verify_certificate, pem, ROOTS, NOW + YEAR + timedelta(seconds=1)).code == "certificate_expired"


def test_expired_root_holds_nothing():
    old = create_authority("old", "old", NOW - 3 * YEAR, NOW - YEAR)
    assert refusal(verify_certificate, leaf(old), [old.certificate_pem], NOW).code == "certificate_expired"


def test_another_authority_of_the_same_name_is_refused():
    assert refusal(verify_certificate, leaf(STRANGER), ROOTS, NOW).code == "certificate_issuer"
    assert refusal(verify_certificate, leaf(), [], NOW).code == "certificate_issuer"
    assert verify_certificate(leaf(STRANGER), [*ROOTS, STRANGER.certificate_pem], NOW)


def test_an_authority_is_no_person():
    assert refusal(verify_certificate, AUTHORITY.certificate_pem, ROOTS, NOW).code == "certificate_is_authority"


def test_a_person_is_no_authority():
    person = replace(AUTHORITY, key_pem=KEY.to_pem(), certificate_pem=leaf())
    assert refusal(verify_certificate, leaf(person), [leaf()], NOW).code == "certificate_issuer"


def test_changed_byte_is_refused():
    der = bytearray(asn1_pem.unarmor(leaf().encode())[2])
    der[der.index("某某".encode())] ^= 1
    spoiled = asn1_pem.armor("CERTIFICATE", bytes(der)).decode()
    assert refusal(verify_certificate, spoiled, ROOTS, NOW).code in {"certificate_issuer", "certificate_malformed"}


def foreign_leaf(*extensions):
    """A leaf signed by the right root, with the extensions of another builder."""
    root = x509.load_pem_x509_certificate(AUTHORITY.certificate_pem.encode())
    builder = x509.CertificateBuilder().subject_name(root.subject).issuer_name(root.subject).serial_number(7)
    builder = builder.not_valid_before(NOW).not_valid_after(NOW + YEAR).public_key(KEY.private.public_key())
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    certificate = builder.sign(SigningKey.from_pem(AUTHORITY.key_pem).private, hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


LEAF = (x509.BasicConstraints(False, None), True)


def usage(signature, commitment):
    return x509.KeyUsage(signature, commitment, False, False, False, False, False, False, False), True


def test_foreign_profiles():
    assert verify_certificate(foreign_leaf(LEAF, usage(True, True)), ROOTS, NOW).usage == "person"
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True
    uri = x509.SubjectAlternativeName([x509.UniformResourceIdentifier("tenderhall:king/")]), False
    for extensions in [
        (),
        (LEAF,),
        (LEAF, usage(True, False)),
        (LEAF, usage(True, True), odd),
        (LEAF, usage(True, True), uri),
    ]:
        assert refusal(verify_certificate, foreign_leaf(*extensions), ROOTS, NOW).code == "certificate_malformed"


def test_garbage_and_bundles_are_refused():
    for pem in ("", "nonsense", leaf() + leaf()):
        assert refusal(verify_certificate, pem, ROOTS, NOW).code == "certificate_malformed"


def test_issue_refuses_what_it_should_not_sign():
    assert refusal(leaf, usage="emperor").code == "certificate_usage"
    assert refusal(leaf, subject=Subject("x", "y", "张三")).code == "certificate_usage"
    assert refusal(leaf, subject=Subject("", "y", "1")).code == "certificate_name"
    assert refusal(leaf, subject=Subject("x" * 65, "y", "1")).code == "certificate_name"
    assert refusal(leaf, spki=b"nonsense").code == "key_unreadable"


def test_rsa_is_for_time_stamps_only():
    rsa_spki = public_spki(create_rsa_key(2048))
    facts = verify_certificate(leaf(spki=rsa_spki, usage="timestamp"), ROOTS, NOW)
    assert facts.spki == rsa_spki
    assert refusal(leaf, spki=rsa_spki).code == "key_not_p256"
    assert public_spki(KEY.to_pem()) == KEY.spki
    assert refusal(public_spki, "nonsense").code == "key_unreadable"


def test_authority_is_not_in_repr():
    assert "PRIVATE" not in repr(AUTHORITY)


def asn1(pem):
    return asn1_x509.Certificate.load(asn1_pem.unarmor(pem.encode())[2])


@pytest.mark.parametrize(
    ("usage", "needs"),
    [("person", {"non_repudiation"}), ("seal", {"non_repudiation"}), ("timestamp", {"digital_signature"})],
)
def test_pyhanko_validates_the_path(usage, needs):
    context = ValidationContext(trust_roots=[asn1(AUTHORITY.certificate_pem)], moment=NOW, allow_fetching=False)
    purposes = {"time_stamping"} if usage == "timestamp" else set()
    validator = CertificateValidator(asn1(leaf(usage=usage)), validation_context=context)
    path = asyncio.run(validator.async_validate_usage(key_usage=needs, extended_key_usage=purposes))
    assert len(path) == 2


def test_openssl_validates_the_path(tmp_path):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed: the third reader of certificates was not asked")
    (tmp_path / "root.pem").write_text(AUTHORITY.certificate_pem)
    (tmp_path / "leaf.pem").write_text(leaf(usage="timestamp"))
    command = ["openssl", "verify", "-x509_strict", "-attime", str(int(NOW.timestamp())), "-purpose", "timestampsign"]
    done = subprocess.run([*command, "-CAfile", "root.pem", "leaf.pem"], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.strip() == "leaf.pem: OK", done.stderr


def test_revocation_counts_from_its_instant():
    serial = verify_certificate(leaf(), ROOTS, NOW).serial_number
    day = timedelta(days=1)
    crl = revocation_list(AUTHORITY, [(serial, NOW + day, "key_compromise")], NOW + day, NOW + 3 * day)
    found = find_revocation(crl, ROOTS, serial, NOW + day)
    assert (found.serial_number, found.revoked_at, found.reason) == (serial, NOW + day, "key_compromise")
    assert not is_revoked(crl, ROOTS, "7", NOW + day)
    later = revocation_list(AUTHORITY, [(serial, NOW + 2 * day, "unspecified")], NOW + day, NOW + 3 * day)
    assert not is_revoked(later, ROOTS, serial, NOW + day)
    assert find_revocation(later, ROOTS, serial, NOW + 2 * day).reason == "unspecified"


def test_revocation_list_must_be_current_and_trusted():
    crl = revocation_list(AUTHORITY, [], NOW, NOW + YEAR)
    assert refusal(is_revoked, crl, ROOTS, "7", NOW - timedelta(seconds=1)).code == "revocation_list_stale"
    assert refusal(is_revoked, crl, ROOTS, "7", NOW + YEAR + timedelta(seconds=1)).code == "revocation_list_stale"
    assert refusal(is_revoked, crl, [STRANGER.certificate_pem], "7", NOW).code == "revocation_list_wrong"
    assert refusal(is_revoked, "nonsense", ROOTS, "7", NOW).code == "revocation_list_wrong"
    by_person = revocation_list(type(AUTHORITY)(KEY.to_pem(), AUTHORITY.certificate_pem), [], NOW, NOW + YEAR)
    assert refusal(is_revoked, by_person, ROOTS, "7", NOW).code == "revocation_list_wrong"


def test_unknown_reason_is_refused():
    assert refusal(revocation_list, AUTHORITY, [("7", NOW, "whim")], NOW, NOW + YEAR).code == "revocation_reason"
