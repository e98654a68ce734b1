"""What report and opening record carry as data is computed from the log again, every field of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.casefile.bundle import unpack
from app.casefile.opening_data import OPENING_ATTACHMENT
from app.casefile.report_data import REPORT_ATTACHMENT
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.services.audits import export_evidence
from app.services.documents import opening_record, seal_document
from app.services.platform import DIST
from app.services.report_content import report_content
from crypto.canonical import canonical, parse
from crypto.pdf import attached_file
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.whole_case import DRAWN, WholeCase

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
Data = dict[str, Any]
NAMES = {
    REPORT_ATTACHMENT: f"documents/evaluation-report-{LOT}.pdf",
    OPENING_ATTACHMENT: f"documents/opening-record-{LOT}.pdf",
}
NAMED_BY = {
    REPORT_ATTACHMENT: ("ReportSealed", "sealed_sha256"),
    OPENING_ATTACHMENT: ("OpeningConcluded", "record_sha256"),
}


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> WholeCase:
    return WholeCase(tmp_path_factory.mktemp("data")).through(f"{DRAWN} sit report")


@pytest.fixture(scope="module")
def files(case) -> dict[str, bytes]:
    return unpack(export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)[1])


def found(case: WholeCase, files: dict[str, bytes]) -> set[tuple[str, str]]:
    """Code and attachment of whatever the documents' step finds wrong."""
    root = case.platform.keys.authority.certificate_pem
    checks = verify_bundle(files, [root], steps={"documents": STEPS["documents"]})
    return {(c.code, c.facts.get("attachment", "")) for c in checks if c.verdict is Verdict.FAIL}


def forged(case: WholeCase, files: dict[str, bytes], attachment: str, data: Data) -> dict[str, bytes]:
    """The bundle as if the platform had made and named that document with these data."""
    make = report_content if attachment == REPORT_ATTACHMENT else opening_record
    content = replace(make(case.platform, case.case, LOT, case.clock(), "zh"), signatories=())
    drawn = case.platform.renderer.render(content, attachments={attachment: canonical(data)})
    pdf = seal_document(case.platform, drawn, content.heading.centre, "评标专用", case.clock())
    type_, field = NAMED_BY[attachment]
    lines = tampering.lines_of(files)
    seq = next(i for i, line in enumerate(lines) if line.get("entry", {}).get("type") == type_)
    lines = tampering.changed(lines, seq, ("payload", field), lambda _: hashlib.sha256(pdf).hexdigest())
    return tampering.by_platform({**files, NAMES[attachment]: pdf}, lines, case.platform.keys.platform.key)


def reverse(key: str) -> Callable[[Data], None]:
    return lambda data: data["result"][key].reverse()


def test_what_the_platform_made_agrees(case, files):
    assert found(case, files) == set()


@pytest.mark.parametrize("attachment", NAMES)
def test_a_document_that_says_the_same_agrees(case, files, attachment):
    data = parse(attached_file(files[NAMES[attachment]], attachment))
    assert ("evidence_data_differ", attachment) not in found(case, forged(case, files, attachment, data))


@pytest.mark.parametrize(
    ("attachment", "change"),
    [
        (REPORT_ATTACHMENT, reverse("candidates")),
        (REPORT_ATTACHMENT, reverse("bids")),
        (REPORT_ATTACHMENT, lambda data: data["result"]["bids"][0].update(total="99.99")),
        (REPORT_ATTACHMENT, lambda data: data.update(sitting="0" * 64)),
        (REPORT_ATTACHMENT, lambda data: data.update(lot="2")),
        (REPORT_ATTACHMENT, lambda data: data.update(more=1)),
        (REPORT_ATTACHMENT, lambda data: data.pop("superseded_dissents")),
        (OPENING_ATTACHMENT, lambda data: data["bids"].reverse()),
        (OPENING_ATTACHMENT, lambda data: data["bids"].pop()),
        (OPENING_ATTACHMENT, lambda data: data["bids"][0].update(price="1.00")),
        (OPENING_ATTACHMENT, lambda data: data["bids"][0].update(bidder="另一家")),
        (OPENING_ATTACHMENT, lambda data: data["void"].clear()),
        (OPENING_ATTACHMENT, lambda data: data["void"][0].update(reason="bid_wrong_key")),
        (OPENING_ATTACHMENT, lambda data: data.update(release="00")),
    ],
)
def test_whatever_else_they_say_is_found_out(case, files, attachment, change):
    data = parse(attached_file(files[NAMES[attachment]], attachment))
    change(data)
    assert ("evidence_data_differ", attachment) in found(case, forged(case, files, attachment, data))
