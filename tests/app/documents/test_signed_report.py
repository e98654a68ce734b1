"""The report of CN-01: rendered, signed by five people with keys elsewhere, sealed, and refused when touched."""

import shutil
import subprocess
import zlib
from dataclasses import replace

import pytest

from app.adapters import pdf_inspection
from app.adapters.pdf_inspection import inspect_pdf
from crypto.pdf import finish_signature, prepare_signature, seal, verify_pdf, verify_to_sign
from tests.app.documents.examples import AT, REPORT
from tests.crypto.pdf_authority import NOW, TestAuthority


@pytest.fixture(scope="module")
def authority():
    return TestAuthority()


@pytest.fixture(scope="module")
def sealed(renderer, authority):
    pdf = renderer.render(REPORT, attachments={"report.json": b'{"v":"report/v1"}'})
    for member, one in zip(REPORT.members, REPORT.signatories, strict=True):
        who = authority.certify(member.name, "sitting")
        mark = renderer.signature_appearance(member.name, f"席位 {member.seat} · {member.capacity}", AT)
        prepared = prepare_signature(
            pdf, field=one.field, certificate_pem=who.pem, chain_pems=[authority.pem], signed_at=NOW, appearance=mark
        )
        verify_to_sign(prepared.to_sign, prepared.document, one.field)
        pdf = finish_signature(prepared.state, who.key.sign(prepared.to_sign), None)
    centre = authority.certify(REPORT.heading.centre, "seal")
    return seal(
        pdf,
        field=REPORT.seal_field,
        key=centre.key,
        certificate_pem=centre.pem,
        chain_pems=[authority.pem],
        signed_at=NOW,
        timestamper=None,
        appearance=renderer.seal_appearance(REPORT.heading.centre, "评标专用章"),
    )


def test_a_document_from_anybody_is_judged_in_a_process_of_its_own(authority, sealed):
    assert inspect_pdf(sealed, [authority.pem], NOW) == verify_pdf(sealed, [authority.pem], NOW)


def _bomb() -> bytes:
    """A table of objects that unpacks to 1 GiB from 1 MiB."""
    packer = zlib.compressobj()
    begun = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    piece = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    data = begun + piece * 1024
    facts = f"/Type /XRef /Size 99 /W [1 4 2] /Root 2 0 R /Filter /FlateDecode /Length {len(data)}"
    return b"".join(
        (
            f"%PDF-1.7\n1 0 obj\n<< {facts} >>\nstream\n".encode(),
            data,
            b"\nendstream\nendobj\nstartxref\n9\n%%EOF\n",
        )
    )


@pytest.mark.parametrize("hostile", [b"", b"%PDF-1.7", b"%PDF-1.7\n" + b"[" * 100_000, _bomb()], ids=len)
def test_what_is_built_to_break_a_reader_is_unreadable(authority, hostile):
    verdict = inspect_pdf(hostile, [authority.pem], NOW)
    assert (verdict.whole, [reason.code for reason in verdict.reasons]) == (False, ["pdf_unreadable"])


def test_a_reader_that_takes_too_long_is_ended(authority, sealed, monkeypatch):
    monkeypatch.setattr(pdf_inspection, "SECONDS", 0.01)
    assert inspect_pdf(sealed, [authority.pem], NOW) == pdf_inspection.UNREADABLE


def test_the_rendered_report_is_whole_when_all_have_signed(authority, sealed):
    verdict = verify_pdf(sealed, [authority.pem], NOW)
    assert verdict.whole
    assert [one.signer for one in verdict.signatures[:5]] == [member.name for member in REPORT.members]
    assert len(sealed) < 1_000_000


@pytest.mark.skipif(not shutil.which("pdfsig"), reason="pdfsig (Debian poppler-utils) is not installed")
def test_pdfsig_sees_six_valid_signatures_and_one_that_covers_all(sealed, tmp_path):
    path = tmp_path / "report.pdf"
    path.write_bytes(sealed)
    shown = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True).stdout
    assert shown.count("Signature is Valid.") == 6
    assert shown.count("Total document signed") == 1
    assert "Total document signed" in shown.split("Signature #6")[1]


def test_the_report_of_another_result_under_the_same_signatures_is_refused(renderer, authority, sealed):
    other = renderer.render(replace(REPORT, candidates=REPORT.candidates[1:]))
    base = renderer.render(REPORT, attachments={"report.json": b'{"v":"report/v1"}'})
    assert sealed.startswith(base)
    forged = other + sealed[len(base) :]
    assert not verify_pdf(forged, [authority.pem], NOW).whole
