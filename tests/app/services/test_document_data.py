"""What report and opening record carry as data is computed from the log again, every field of it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from typing import Any
from urllib.parse import unquote

import pytest

from app.casefile.bundle import unpack
from app.casefile.case import Case
from app.casefile.opening_data import OPENING_ATTACHMENT
from app.casefile.report_data import REPORT_ATTACHMENT
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.procedure.recordings import RecordingBegun, RecordingEnded
from app.queries.cases import load_records
from app.services.audits import export_evidence
from app.services.documents import document_check, opening_record, seal_document
from app.services.platform import DIST
from app.services.report_content import report_content
from app.services.reports import render_report
from crypto.canonical import canonical, parse
from crypto.pdf import attached_file
from evaluation.sitting import AnnouncementMade, ContractPointsStated, WarningGiven, WarningGround
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.test_recordings import Machine
from tests.app.services.test_signing_statement import words
from tests.app.services.whole_case import DRAWN, WholeCase
from tests.app.web.site import Site

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
    """With what a report says of its course: a warning, an announcement, a point for the contract, a recording that
    lacks a piece."""
    case = WholeCase(tmp_path_factory.mktemp("data")).through(f"{DRAWN} seat_all elect review")
    case.act("regulator", WarningGiven(case.sites[1], "请勿交谈", WarningGround.TALK))
    case.act("centre", AnnouncementMade("", "午饭 12 点"))
    case.act("witness-sub", RecordingBegun(case.sites[1], 1))
    machine = Machine(case, "witness-sub", 1)
    machine.hand_in(*machine.film())
    machine.film()
    machine.hand_in(*machine.film())
    case.work_off(60)
    case._score([bid.bid for bid in case.state.bids])
    case.act(case.members[case.chair], ContractPointsStated(case.chair, "交货地点由双方商定"))
    case.act("witness-sub", RecordingEnded(case.sites[1], 1, 3, machine.head))
    case.work_off()
    return case.report()


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
    if attachment == REPORT_ATTACHMENT:
        content = report_content(case.platform, case.case, LOT, case.lot_records, "zh")
    else:
        content = opening_record(case.platform, case.case, LOT, case.clock(), "zh")
    content = replace(content, signatories=())
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
        (REPORT_ATTACHMENT, lambda data: data["warnings"].clear()),
        (REPORT_ATTACHMENT, lambda data: data["announcements"][0].update(text="无")),
        (REPORT_ATTACHMENT, lambda data: data.update(contract_points="")),
        (REPORT_ATTACHMENT, lambda data: data["recordings"].pop()),
        (REPORT_ATTACHMENT, lambda data: [run["gaps"].clear() for site in data["recordings"] for run in site["runs"]]),
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


def test_a_report_made_again_from_the_log_is_the_same_bytes(case):
    """What members sign is a function of the case file: nothing of the clock at which it was drawn is in it."""
    records = case.lot_records
    prepared = next(record for record in reversed(records) if record.type == "ReportPrepared")
    with case.platform.database.reading() as db_session:
        before = load_records(db_session, case.case_id)[: prepared.seq]
    told = [record for record in records if record.seq < prepared.seq]
    case.clock.advance(3600)
    again = render_report(case.platform, reduce(Case.apply, before, Case(case.case_id)), LOT, told)
    assert hashlib.sha256(again).hexdigest() == prepared.fact.report_sha256


def test_the_code_of_the_paper_leads_to_the_page_that_knows_it(case, files):
    """By the digest of the data, and by that of the file; of what is not sealed it says what it says of nothing."""
    data = attached_file(files[NAMES[REPORT_ATTACHMENT]], REPORT_ATTACHMENT)
    of_data, of_file = (hashlib.sha256(one).hexdigest() for one in (data, files[NAMES[REPORT_ATTACHMENT]]))
    browser, page = Site(case).browser(), f"/check/{case.case_id}/{LOT}"
    plain = document_check(case.platform, case.case_id, LOT, of_data)
    assert (plain.address, plain.code) == ("", f"tenderhall-check/v1 test.example {case.case_id}/{LOT} {of_data}")
    reached = replace(case.platform, settings=replace(case.platform.settings, base_url="https://jyzx.example"))
    link = document_check(reached, case.case_id, LOT, of_data).code
    assert link == f"https://jyzx.example{page}?sha256={of_data}"
    for code in (plain.code, link):
        assert browser.client.get("/check", query_string={"code": code}).location == f"{page}?sha256={of_data}"
    assert "没有读出案卷和摘要" in browser.get("/check?code=else")
    assert "评标报告：本平台封存的数据有此摘要" in browser.get(f"{page}?sha256={of_data}")
    assert "评标报告：与封存的文件逐字节相同" in browser.get(f"{page}?sha256={of_file.upper()}")
    opening = hashlib.sha256(files[NAMES[OPENING_ATTACHMENT]]).hexdigest()
    assert "开标记录：与封存的文件逐字节相同" in browser.get(f"{page}?sha256={opening}")
    unsealed = next(record for record in case.lot_records if record.type == "ReportPrepared").fact.report_sha256
    for none in (unsealed, "0" * 64):
        answer = browser.get(f"{page}?sha256={none}")
        assert "没有封存的文件有此摘要" in answer
        assert of_file not in answer
    assert "这不是摘要" in browser.get(f"{page}?sha256=12")
    browser.get(f"/check/{case.case_id}/9", 404)


def test_how_the_evaluation_went_is_in_the_data_and_on_the_pages(case, files):
    pdf = files[NAMES[REPORT_ATTACHMENT]]
    told = parse(attached_file(pdf, REPORT_ATTACHMENT))
    (warned,), (announced,) = told["warnings"], told["announcements"]
    assert (warned["site"], warned["ground"], warned["note"]) == (case.sites[1], "talk", "请勿交谈")
    assert (announced["site"], announced["text"]) == ("", "午饭 12 点")
    assert told["contract_points"] == "交货地点由双方商定"
    silent, recorded = sorted(told["recordings"], key=lambda row: len(row["runs"]))
    assert (silent, recorded["site"]) == ({"site": case.sites[0], "runs": []}, case.sites[1])
    (run,) = recorded["runs"]
    kept = case.case.lots[LOT].recordings.runs[case.sites[1], 1]
    assert (run["pieces"], run["stated"], run["head"]) == (2, 3, kept.ended.head)
    gaps = [{key: gap[key] for key in gap if key not in ("since", "until")} for gap in run["gaps"]]
    assert gaps[0] == {"kind": "missing", "first": 2, "last": 2}
    if shutil.which("pdftotext"):
        shown = words(pdf)
        for text in ("监督提醒", "午饭12点", "交货地点由双方商定", "没有录音录像", "共3段，已收2段", kept.ended.head):
            assert text in shown, text


def test_files_of_a_case_are_told_apart_where_they_are_saved(case):
    for lang, parts in (
        ("zh", ("T-2026-1_标包1_", "评标报告_已盖章", "开标记录_已盖章", "签署情况说明_已盖章")),
        ("en", ("T-2026-1_lot-1_", "evaluation-report_sealed", "opening-record_sealed", "signing-statement_sealed")),
    ):
        client = Site(case).browser("officer", lang).client
        listed = client.get(f"/api/v1/cases/{case.case_id}/lots/{LOT}/files").get_json()
        kept = [one for one in listed if one["kind"] in ("record", "report", "statement")]
        names = [saved(client.get(f"/api/v1/files/{one['id']}"), one["sha256"]) for one in kept]
        copies = [saved(client.get(f"/api/v1/files/{one['id']}/copy/en"), one["sha256"]) for one in kept]
        assert all(name.startswith(parts[0]) for name in names)
        assert all(any(part in name for name in names) for part in parts[1:])
        assert all("unsigned-copy" in name for name in copies)
        assert len({*names, *copies}) == 6


def saved(answer, sha256: str) -> str:
    """The name under which a browser saves an answer, which holds the first digits of the file's digest."""
    name = unquote(answer.headers["Content-Disposition"].rpartition("filename*=UTF-8''")[2])
    assert name.endswith(f"_{sha256[:8]}.pdf")
    return name
