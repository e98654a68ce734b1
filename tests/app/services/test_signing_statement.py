"""Who dissents or does not sign: in time into the report, later into the statement that is sealed with it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.signing_statement import ATTACHMENT, recorded_statement
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.models import StoredFile
from app.permissions.policy import NotAllowed
from app.queries.cases import load_records
from app.services.actors import load_actor
from app.services.audits import export_evidence
from app.services.copies import read_copy
from app.services.database_check import database_differences
from app.services.documents import heading, seal_document
from app.services.files import readable_files
from app.services.platform import DIST
from app.services.report_content import signing_statement
from crypto.canonical import canonical, parse
from crypto.pdf import attached_file
from evaluation import sitting
from evaluation.scoring import ScorePlace
from evaluation.sitting import CorrectionGround, Stage
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.test_standstills import Standing, refused
from tests.app.services.whole_case import DRAWN
from tests.app.web.site import Site, booth

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
NAME = f"documents/signing-statement-{LOT}.pdf"
EARLY, LATE = "方案评分依据不足", "业绩认定有误，且未要求澄清"


class Signing(Standing):
    """2 dissents in time, 3 when it is recorded as refusing; the chair, recorded too, signs after all."""

    def until_report(self) -> Signing:
        return self.through(f"{DRAWN} seat_all elect review correct_and_go_on")

    def correct_and_go_on(self) -> None:
        bids = list(self.state.valid)
        other = next(n for n in self.members if n != self.chair)
        self._each(lambda n: sitting.ScoreSheetLocked(n, (self.far if n == other else self.sheet)(n, bids), {}))
        places = tuple(ScorePlace(bid, "plan") for bid in bids)
        ask = sitting.CorrectionRequested(other, CorrectionGround.ABNORMAL_SCORE, "方案分数有误", places)
        self.act(self.members[other], ask)
        self.act(self.members[self.chair], sitting.SheetReopened(self.chair, other))
        self.act(self.members[other], sitting.ScoreSheetLocked(other, self.sheet(other + 2, bids), {}))
        self.suspend()
        self.act("witness-sub", sitting.FaultRepaired("线路恢复"))
        self.move(3)
        self.work_off()
        assert self.state.stage is Stage.REPORT

    def file(self, kind: str) -> bytes:
        """The latest document of a kind."""
        with self.platform.database.reading() as db_session:
            query = select(StoredFile).where(StoredFile.kind == kind).order_by(StoredFile.created_at.desc())
            return self.platform.blobs.get(db_session.scalars(query).first().blob)

    def bundle(self, who: str = "regulator") -> dict[str, bytes]:
        return unpack(export_evidence(self.platform, self.people[who].log_in, self.case_id)[1])

    def failures(self, files, steps=STEPS):
        root = self.platform.keys.authority.certificate_pem
        found = verify_bundle(files, [root], [read_profile("demo-goods")], steps=steps)
        return [check for check in found if check.verdict is Verdict.FAIL]


def words(pdf: bytes) -> str:
    shown = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    return "".join(shown.split())


@pytest.fixture(scope="module")
def case(tmp_path_factory, database_url) -> Signing:
    return Signing(tmp_path_factory.mktemp("signing"), database_url=database_url).until_report()


def page(case, number):
    return booth(Site(case), case.members[number]).get(f"/room/{case.case_id}/{LOT}")


def test_the_report_tells_of_corrections_standstills_and_changed_booths(case):
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) is not installed")
    shown = words(case.file("report"))
    for text in (
        "评分更正",
        "方案分数有误",
        "更正前：",
        "评审中断：",
        "线路或场所故障",
        "线路恢复",
        "更换机位",
        "屏幕不亮",
    ):
        assert text in shown, text
    assert "尚无成员书面提出不同意见" in shown
    assert "开标时（系统核验）" in shown  # the void bid is in the list of invalid ones too
    assert "无效投标：无" not in shown


def test_a_dissent_before_anybody_has_signed_is_written_into_the_report(case):
    first = case.state.report_sha256
    assert "书面提出不同意见" in page(case, 2)
    case.act(case.members[2], sitting.DissentRecorded(2, EARLY))
    case.work_off()
    assert case.state.stage is Stage.REPORT
    assert case.state.report_sha256 != first
    assert not case.state.unreported
    if shutil.which("pdftotext"):
        assert EARLY in words(case.file("report"))
    mine = page(case, 2)
    assert "您的不同意见已记入案卷" in mine
    assert EARLY in mine
    assert "阅读并签署评审报告" not in mine
    assert 'action="/room/' + f"{case.case_id}/{LOT}/dissent" not in mine


def test_a_refusal_is_recorded_only_after_the_waiting_time_by_whom_the_rule_lets(case):
    chair, silent = case.chair, next(n for n in case.members if n not in (2, 3, case.chair))
    listed = page(case, chair)
    assert f"/refusal/{silent}" in listed
    assert "/refusal/2" not in listed  # it has dissented
    assert f"/refusal/{chair}" in page(case, silent)
    assert refused(case, case.members[chair], sitting.RefusalRecorded(chair, 3)) == "refusal_not_due"
    for seat in (3, 99):  # too early, and nobody
        early = booth(Site(case), case.members[chair]).get(f"/room/{case.case_id}/{LOT}/refusal/{seat}")
        assert "data-sign-act" not in early
        assert 'id="refused"' in early
    case.work_off(31)
    asked = booth(Site(case), case.members[chair]).get(f"/room/{case.case_id}/{LOT}/refusal/3")
    assert "视为同意评标报告（财政部令第87号第六十一条）" in asked  # goods
    assert "实施条例" not in asked
    case.act(case.members[chair], sitting.RefusalRecorded(chair, 3))
    stale = booth(Site(case), case.members[chair]).get(f"/room/{case.case_id}/{LOT}/refusal/2")
    assert "RefusalRecorded" not in stale
    assert refused(case, case.members[chair], sitting.RefusalRecorded(chair, 2)) == "sitting_already_done"
    told = page(case, 3)
    for text in (
        "您已被记录为拒绝签字",
        f"席位 {chair} 于",
        "仍可签字或者书面提出不同意见",
        "依法视为同意评标报告",
        "data-report-sign",
    ):
        assert text in told, text


def test_the_member_may_speak_until_the_seal_which_waits_for_it(case):
    chair = case.chair
    others = [n for n in case.members if n not in (2, 3, chair)]
    case._sign(others[0], case.members[others[0]])
    case.act(case.members[chair], sitting.RefusalRecorded(chair, others[1]))
    case.act(case.members[others[1]], sitting.RefusalRecorded(others[1], chair))
    case.work_off(10)
    assert case.state.sealed_sha256 == ""
    case.act(case.members[3], sitting.DissentRecorded(3, LATE))
    case._sign(chair, case.members[chair])
    assert case.state.refused == {others[1]}
    case.work_off(10)
    assert case.state.sealed_sha256 == ""
    case.work_off(11)
    assert case.state.stage is Stage.CLOSED
    assert list(database_differences(case.platform)) == []


def test_the_statement_says_of_each_seat_what_the_log_says(case):
    data, silent = parse(attached_file(case.file("statement"), ATTACHMENT)), case.state.refused
    assert data["report_sha256"] == case.state.sealed_sha256
    rows = {row["seat"]: row for row in data["seats"]}
    assert {seat for seat, row in rows.items() if "refusal" in row} == silent
    assert {seat: row["dissent"]["text"] for seat, row in rows.items() if "dissent" in row} == {2: EARLY, 3: LATE}
    assert [seat for seat in rows if "signed_at" in rows[seat]] == [n for n in rows if n not in {2, 3, *silent}]
    if shutil.which("pdftotext"):
        shown = words(case.file("statement"))
        for text in (
            "签署情况说明",
            EARLY,
            LATE,
            f"经席位{case.chair}记录为拒绝签字",
            "视为同意评标报告",
            "第六十一条",
        ):
            assert text in shown, text


def test_who_reads_the_report_reads_the_statement(case):
    with case.platform.database.reading() as db_session:
        people = {name: load_actor(db_session, case.people[name].log_in.account_id, "") for name in case.people}
    kinds = {n: {f.kind for f in readable_files(case.platform, one, case.case_id, LOT)} for n, one in people.items()}
    assert all(("report" in found) == ("statement" in found) for found in kinds.values())
    assert "statement" in kinds["officer"]
    assert "statement" not in kinds["bidder-a"]
    shown = Site(case).browser("officer").get(f"/cases/{case.case_id}/lots/{LOT}/report")
    assert "签署情况说明.pdf" in shown
    with pytest.raises(NotAllowed):
        case.bundle("bidder-a")


def test_the_copy_of_the_statement_in_english_says_the_same_and_is_unsigned(case):
    officer = case.people["officer"].log_in
    with case.platform.database.reading() as db_session:
        reader = load_actor(db_session, officer.account_id)
    listed = readable_files(case.platform, reader, case.case_id, LOT)
    name, english = read_copy(case.platform, reader, next(f for f in listed if f.kind == "statement").id, "en")
    assert name.startswith(f"T-2026-1_lot-{LOT}_signing-statement_unsigned-copy_")
    assert b"/Sig" not in english
    if shutil.which("pdftotext"):
        shown = words(english)
        for text in ("Statementonsigning", EARLY, LATE, f"recordedbyseat{case.chair}", "Unsignedcopy"):
            assert text in shown, text
        assert case.state.sealed_sha256 in shown


def test_the_verifier_names_a_statement_that_says_something_else(case):
    files = case.bundle()
    assert not [(c.name, c.code, c.facts) for c in case.failures(files)]
    documents = {"documents": STEPS["documents"]}
    cut = case.failures({**files, NAME: files[NAME] + b" "}, documents)
    assert [(check.code, check.facts["name"]) for check in cut] == [("evidence_file_differs", NAME)]
    forged = _forged(case)
    lines = tampering.lines_of(files)
    seq = next(i for i, line in enumerate(lines) if line["entry"]["type"] == "ReportSealed")
    lines = tampering.changed(lines, seq, ("payload", "statement_sha256"), lambda _: _sha256(forged))
    bundle = tampering.by_platform({**files, NAME: forged}, lines, case.platform.keys.platform.key)
    assert [(c.code, c.facts["name"]) for c in case.failures(bundle, documents)] == [("evidence_data_differ", NAME)]
    lines = tampering.changed(lines, seq, ("payload", "statement_sha256"), lambda _: "")
    bundle = tampering.by_platform(files, lines, case.platform.keys.platform.key)
    assert "evidence_statement_missing" in {check.code for check in case.failures(bundle, documents)}
    (found,) = case.failures(bundle, {"replay": STEPS["replay"]})
    assert (found.code, found.facts["reason"]) == ("evidence_fact_unlawful", "statement_missing")


def _sha256(pdf: bytes) -> str:
    return hashlib.sha256(pdf).hexdigest()


def _forged(case: Signing) -> bytes:
    """A statement that leaves out what seat 3 wrote, made and sealed by the platform itself."""
    with case.platform.database.reading() as db_session:
        records = [record for record in load_records(db_session, case.case_id) if record.lot == LOT]
    data = recorded_statement(records, next(record for record in records if record.type == "ReportSealed"))
    data["seats"][2].pop("dissent")
    now, name = case.clock(), heading(case.case, LOT, "report", "", "zh").centre
    content = signing_statement(case.platform, case.case, LOT, now, "zh", data["report_sha256"])
    content = replace(content, members=content.members[:2])
    pdf = case.platform.renderer.render(content, attachments={ATTACHMENT: canonical(data)})
    return seal_document(case.platform, pdf, name, "评标专用", now)
