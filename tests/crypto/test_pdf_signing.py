"""People sign one after the other with keys elsewhere, the seal last; every way round it is refused."""

import hashlib
import io
import re
import shutil
import subprocess
from datetime import timedelta

import pytest
from asn1crypto import core
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from pyhanko.sign import fields

from crypto.errors import CryptoError
from crypto.pdf import LocalTimeStamper, finish_signature, prepare_signature, seal, verify_pdf, verify_to_sign
from crypto.pdf.chain import complete
from tests.crypto.pdf_authority import NOW, TestAuthority

MEMBERS = ("Member1", "Member2", "Member3")
TEXT = b"BT /F1 20 Tf 60 700 Td (Recommended: A, total 93.30) Tj ET"


def blank_report(names=(*MEMBERS, "Seal")) -> bytes:
    writer = PdfFileWriter(stream_xrefs=False)
    font = generic.DictionaryObject(
        {
            generic.pdf_name("/Type"): generic.pdf_name("/Font"),
            generic.pdf_name("/Subtype"): generic.pdf_name("/Type1"),
            generic.pdf_name("/BaseFont"): generic.pdf_name("/Helvetica"),
        }
    )
    fonts = generic.DictionaryObject({generic.pdf_name("/F1"): writer.add_object(font)})
    for _ in range(2):
        contents = writer.add_object(generic.StreamObject(stream_data=TEXT))
        page = PageObject(contents=contents, media_box=generic.ArrayObject(map(generic.NumberObject, (0, 0, 595, 842))))
        page[generic.pdf_name("/Resources")] = generic.DictionaryObject({generic.pdf_name("/Font"): fonts})
        writer.insert_page(page)
    for index, name in enumerate(names):
        box = (60, 100 + 80 * index, 260, 160 + 80 * index)
        fields.append_signature_field(writer, fields.SigFieldSpec(name, on_page=1, box=box))
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


class Room:
    """An authority, five members with certificates, the centre with its seal and a time-stamping key."""

    def __init__(self):
        self.authority = TestAuthority()
        self.chain = [self.authority.pem]
        self.members = {field: self.authority.certify(f"评委 {field[-1]}") for field in MEMBERS}
        self.centre = self.authority.certify("示范公共资源交易中心", "seal")
        clock = self.authority.certify("时间戳", "timestamp")
        self.stamper = LocalTimeStamper(clock.key, clock.pem, self.chain, lambda: NOW)

    def sign(self, pdf, field, who=None, *, stamp=True):
        who = who or self.members[field]
        prepared = prepare_signature(pdf, field=field, certificate_pem=who.pem, chain_pems=self.chain, signed_at=NOW)
        verify_to_sign(prepared.to_sign, prepared.document, field)
        return finish_signature(prepared.state, who.key.sign(prepared.to_sign), self.stamper if stamp else None)

    def sign_all(self, pdf):
        for field in MEMBERS:
            pdf = self.sign(pdf, field)
        return pdf

    def seal(self, pdf, who=None, **more):
        who = who or self.centre
        return seal(
            pdf,
            field="Seal",
            key=who.key,
            certificate_pem=who.pem,
            chain_pems=self.chain,
            signed_at=NOW,
            timestamper=self.stamper,
            crls=[self.authority.revocation_list()],
            **more,
        )

    def verdict(self, pdf, at=NOW, **more):
        return verify_pdf(pdf, self.chain, at, **more)


@pytest.fixture(scope="module")
def room():
    return Room()


@pytest.fixture(scope="module")
def signed(room):
    return room.sign_all(blank_report())


@pytest.fixture(scope="module")
def sealed(room, signed):
    return room.seal(signed)


def codes(verdict):
    return {finding.code for finding in verdict.reasons}


def reopened(pdf):
    return IncrementalPdfFileWriter(io.BytesIO(pdf))


def written(writer):
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def add_text(pdf, page=0):
    """The pen of somebody who opens the finished document in an editor."""
    writer = reopened(pdf)
    stream = writer.add_object(generic.StreamObject(stream_data=b"BT /F1 20 Tf 60 600 Td (Recommended: B) Tj ET"))
    writer.add_stream_to_page(page, stream)
    return written(writer)


def replace_page(pdf):
    writer = reopened(pdf)
    page, _ = writer.find_page_for_modification(0)
    page.get_object()["/Contents"] = writer.add_object(
        generic.StreamObject(stream_data=TEXT.replace(b"A, total 93.30", b"B, total 68.78"))
    )
    writer.mark_update(page)
    return written(writer)


def test_the_members_and_the_seal_are_whole(room, sealed):
    verdict = room.verdict(sealed, seal_key_id=room.centre.key.key_id)
    assert verdict.whole
    assert verdict.sealed_last
    assert verdict.reasons == ()
    assert [one.field for one in verdict.signatures] == [*MEMBERS, "Seal"]
    assert [one.covers_whole for one in verdict.signatures] == [False] * 3 + [True]
    assert all(one.intact and one.trusted and one.timestamped and one.signed_at == NOW for one in verdict.signatures)
    assert [one.key_id for one in verdict.signatures[:-1]] == [room.members[field].key.key_id for field in MEMBERS]
    assert verdict.signatures[0].signer == "评委 1"


@pytest.mark.skipif(not shutil.which("pdfsig"), reason="pdfsig (Debian poppler-utils) is not installed")
def test_pdfsig_agrees(sealed, signed, tmp_path):
    def report(pdf):
        path = tmp_path / "report.pdf"
        path.write_bytes(pdf)
        return subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True).stdout

    assert report(sealed).count("Signature is Valid.") == 4
    blocks = report(sealed).split("Signature #")[1:]
    assert ["Total document signed" in block for block in blocks] == [False] * 3 + [True]
    assert "Signature Field Name: Seal" in blocks[-1]
    assert report(sealed[:500] + b"X" + sealed[501:]).count("Signature is Valid.") == 0


def test_a_name_younger_than_the_rules_for_names_is_trusted(room):
    pdf = room.seal(room.sign(blank_report(), "Member1", room.authority.certify("赵𬭎")))
    verdict = room.verdict(pdf)
    assert verdict.whole
    assert verdict.signatures[0].signer == "赵𬭎"


def test_members_may_sign_in_any_order_and_some_not_at_all(room):
    pdf = blank_report()
    for field in ("Member3", "Member1"):
        pdf = room.sign(pdf, field)
    assert room.verdict(room.seal(pdf)).whole


def test_another_process_finishes_from_the_stored_bytes(room):
    who = room.members["Member1"]
    prepared = prepare_signature(
        blank_report(), field="Member1", certificate_pem=who.pem, chain_pems=room.chain, signed_at=NOW
    )
    assert len(prepared.to_sign) < 400
    stored = bytes(bytearray(prepared.state))
    assert finish_signature(stored, who.key.sign(prepared.to_sign), room.stamper).startswith(b"%PDF-")


def test_a_changed_byte_is_refused(room, sealed):
    for position in range(40, len(sealed), len(sealed) // 5):
        changed = sealed[:position] + bytes([sealed[position] ^ 1]) + sealed[position + 1 :]
        assert not room.verdict(changed).whole, position


def test_a_changed_byte_in_the_padding_of_the_seal_is_refused(room, sealed):
    hole = sealed.rindex(b"0000>")
    verdict = room.verdict(sealed[:hole] + b"1" + sealed[hole + 1 :])
    assert codes(verdict) == {"pdf_seal_not_last"}


def test_truncation_and_trailing_bytes_are_refused(room, sealed):
    for changed in (sealed[:-1], sealed[:-200], sealed[: len(sealed) // 2], sealed + b"\n", sealed + b"%%EOF\n", b""):
        assert not room.verdict(changed).whole


def test_text_added_after_the_seal_is_refused(room, sealed):
    verdict = room.verdict(add_text(sealed))
    assert not verdict.whole
    assert not verdict.sealed_last
    assert {"pdf_seal_not_last", "pdf_changed_after_signature"} <= codes(verdict)


def test_text_added_between_members_and_seal_is_refused(room, signed):
    verdict = room.verdict(room.seal(add_text(signed)))
    assert verdict.sealed_last
    assert codes(verdict) == {"pdf_changed_after_signature"}
    assert {finding.field for finding in verdict.reasons} == set(MEMBERS)


def test_a_replaced_page_is_refused(room, signed, sealed):
    assert "pdf_changed_after_signature" in codes(room.verdict(replace_page(sealed)))
    assert "pdf_changed_after_signature" in codes(room.verdict(room.seal(replace_page(signed))))


def test_a_missing_seal_is_refused(room, signed):
    verdict = room.verdict(signed)
    assert not verdict.whole
    assert codes(verdict) == {"pdf_seal_missing"}


def test_a_member_after_the_seal_is_refused(room):
    pdf = room.seal(room.sign(blank_report(), "Member1"))
    verdict = room.verdict(room.sign(pdf, "Member2"))
    assert not verdict.whole
    assert "pdf_seal_not_last" in codes(verdict)


def test_an_older_revision_cut_out_of_a_sealed_document_is_refused(room, sealed):
    ends = [match.end() for match in re.finditer(rb"%%EOF\s*", sealed)]
    assert len(ends) == 5
    assert [room.verdict(sealed[:end]).whole for end in ends] == [False] * 4 + [True]


def test_the_seal_field_signed_by_a_member_is_refused(room, signed):
    pdf = room.seal(signed, room.members["Member2"])
    assert codes(room.verdict(pdf)) == {"pdf_seal_of_another"}
    assert codes(room.verdict(pdf, seal_key_id=room.centre.key.key_id)) == {"pdf_seal_of_another"}
    assert room.verdict(pdf, seal_key_id=room.members["Member2"].key.key_id).whole


def test_a_stranger_is_not_trusted(room, signed):
    other = TestAuthority()
    assert "pdf_signer_not_trusted" in codes(
        room.verdict(room.seal(signed, other.certify("示范公共资源交易中心", "seal")))
    )
    assert "pdf_signer_not_trusted" in codes(verify_pdf(room.seal(signed), [other.pem], NOW))


def test_a_key_for_one_sitting_still_counts_after_its_certificate_ended(room):
    booth = room.authority.certify("评委 7", "sitting", days=0.5)
    stamped = room.seal(room.sign(blank_report(), "Member1", booth))
    later = NOW + timedelta(days=30)
    assert room.verdict(stamped, later).whole
    bare = room.seal(room.sign(blank_report(), "Member1", booth, stamp=False))
    assert room.verdict(bare).whole
    assert codes(room.verdict(bare, later)) == {"pdf_signer_not_trusted"}


def test_a_foreign_time_stamp_is_refused(room):
    other = TestAuthority()
    clock = other.certify("别处的时钟", "timestamp")
    who = room.members["Member1"]
    prepared = prepare_signature(
        blank_report(), field="Member1", certificate_pem=who.pem, chain_pems=room.chain, signed_at=NOW
    )
    stamper = LocalTimeStamper(clock.key, clock.pem, [other.pem], lambda: NOW - timedelta(days=90))
    pdf = room.seal(finish_signature(prepared.state, who.key.sign(prepared.to_sign), stamper))
    assert codes(room.verdict(pdf)) == {"pdf_timestamp_not_trusted"}


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_openssl_agrees_with_our_time_stamps(room, tmp_path):
    digest = hashlib.sha256(b"signature").digest()
    token = complete(room.stamper.async_timestamp(digest, "sha256"))
    (tmp_path / "token.der").write_bytes(token.dump())
    (tmp_path / "root.pem").write_text(room.authority.pem)

    def verified(hexdigest):
        at = ["-attime", str(int(NOW.timestamp())), "-CAfile", "root.pem"]
        command = ["openssl", "ts", "-verify", "-digest", hexdigest, "-token_in", "-in", "token.der", *at]
        return "Verification: OK" in subprocess.run(command, capture_output=True, text=True, cwd=tmp_path).stdout

    assert verified(digest.hex())
    assert not verified(hashlib.sha256(b"another").hexdigest())


def test_a_revoked_certificate_is_refused(room, sealed):
    revoked = room.authority.revocation_list(room.members["Member3"].pem, NOW - timedelta(minutes=30))
    verdict = room.verdict(sealed, crls=[revoked])
    assert [(finding.code, finding.field) for finding in verdict.reasons] == [("pdf_signer_revoked", "Member3")]
    afterwards = room.authority.revocation_list(room.members["Member3"].pem, NOW + timedelta(days=3))
    assert room.verdict(sealed, NOW + timedelta(days=9), crls=[afterwards]).whole
    forged = TestAuthority().revocation_list(room.members["Member3"].pem, NOW - timedelta(minutes=30))
    assert room.verdict(sealed, crls=[forged]).whole


def test_what_the_signer_is_shown_is_what_it_signs(room):
    who = room.members["Member1"]
    asked = {"field": "Member1", "certificate_pem": who.pem, "chain_pems": room.chain, "signed_at": NOW}
    shown = prepare_signature(blank_report(), **asked)
    other = prepare_signature(replace_page(blank_report()), **asked)
    verify_to_sign(shown.to_sign, shown.document, "Member1")
    start, end = shown.hole
    assert hashlib.sha256(shown.document[:start] + shown.document[end:]).digest() in shown.to_sign
    for to_sign, document, code in (
        (other.to_sign, shown.document, "pdf_other_document"),
        (shown.to_sign, shown.document + b" ", "pdf_other_document"),
        (b"\x31\x00", shown.document, "pdf_other_document"),
        (shown.to_sign, b"%PDF-", "pdf_unreadable"),
    ):
        with pytest.raises(CryptoError) as refusal:
            verify_to_sign(to_sign, document, "Member1")
        assert refusal.value.code == code


def test_only_the_right_key_finishes(room):
    who, other = room.members["Member1"], room.members["Member2"]
    prepared = prepare_signature(
        blank_report(), field="Member1", certificate_pem=who.pem, chain_pems=room.chain, signed_at=NOW
    )
    for signature, code in (
        (other.key.sign(prepared.to_sign), "signature_wrong"),
        (who.key.sign(prepared.to_sign + b"x"), "signature_wrong"),
        (who.key.sign_der(prepared.to_sign)[:40], "signature_malformed"),
    ):
        with pytest.raises(CryptoError) as refusal:
            finish_signature(prepared.state, signature, None)
        assert refusal.value.code == code
    with pytest.raises(CryptoError) as refusal:
        finish_signature(b"not a state", b"", None)
    assert refusal.value.code == "pdf_state_unreadable"


def test_only_an_empty_field_that_exists_is_signed(room, signed):
    for pdf, field, code in (
        (signed, "Member1", "pdf_field_signed"),
        (signed, "Nobody", "pdf_field_missing"),
        (b"%PDF-1.7 nothing", "Member1", "pdf_unreadable"),
    ):
        with pytest.raises(CryptoError) as refusal:
            room.sign(pdf, field, room.members["Member1"])
        assert refusal.value.code == code
    with pytest.raises(CryptoError) as refusal:
        prepare_signature(signed, field="Seal", certificate_pem="none", chain_pems=[], signed_at=NOW)
    assert refusal.value.code == "certificate_unreadable"


class Integers(core.SequenceOf):
    _child_spec = core.Integer


def test_a_structure_of_128_bytes_is_not_encoded_anew_and_one_without_a_length_is():
    written = bytes.fromhex("308180" + "02817d") + b"\x01" * 125  # BER: DER would write 02 7d
    read = Integers.load(written)
    assert len(read) == 1
    assert read.dump() == written
    read.append(5)
    assert read.dump() == bytes.fromhex("308183") + written[3:] + bytes.fromhex("020105")
    assert Integers.load(bytes.fromhex("3080" + "020105" + "0000")).dump() == bytes.fromhex("3003" + "020105")
