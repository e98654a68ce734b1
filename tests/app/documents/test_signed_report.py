"""The report of CN-01: rendered, signed by five people with keys elsewhere, sealed, and refused when touched."""

import shutil
import subprocess
from dataclasses import replace

import pytest

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
