"""A dissenter cannot be sent away by the agency, and what it wrote outlives a correction and its own leaving."""

from __future__ import annotations

import hashlib
import shutil
from decimal import Decimal as D

import pytest

from app.casefile.report_data import EARLIER_DISSENTS, REPORT_ATTACHMENT
from app.procedure.errors import RuleViolation
from app.procedure.signing import tally
from app.queries.standstills import kept_for_dissent, replaceable
from app.services.actors import load_actor
from app.services.copies import read_copy
from app.services.documents import seal_document
from app.services.files import readable_files
from app.services.platform import DIST
from app.services.report_content import report_content
from crypto.canonical import canonical, parse
from crypto.pdf import attached_file
from evaluation import sitting
from evaluation.scoring import ScorePlace
from evaluation.sitting import CorrectionGround, ReplacementGround, Stage
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.test_replacements import CONFLICT, Succeeding
from tests.app.services.test_signing_statement import Signing, words
from tests.app.services.whole_case import DRAWN
from tests.app.web.site import Site, booth

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
TEXT, AGAIN = "排名第一的投标人业绩造假", "更正之后仍不同意"
NAME = f"documents/evaluation-report-{LOT}.pdf"


class Dissenting(Signing, Succeeding):
    """Seat `author` dissents, then the sheet of seat `far` is corrected."""

    def until_results(self) -> Dissenting:
        return self.through(f"{DRAWN} seat_all elect review score")

    def score(self) -> None:
        self.bids = list(self.state.valid)
        experts = [n for n in self.members if n != self.chair and self.state.seats[n].role == "expert"]
        self.far_seat, self.author = experts[:2]
        self._each(lambda n: sitting.ScoreSheetLocked(n, self.sheet_of(n, "0.5"), {}))
        self.work_off()
        assert self.state.stage is Stage.REPORT

    def sheet_of(self, number: int, score: str) -> dict:
        sheet = self.sheet(number, self.bids)
        return sheet if number != self.far_seat else sheet | {self.bids[0]: sheet[self.bids[0]] | {"plan": D(score)}}

    def correct(self) -> None:
        places = (ScorePlace(self.bids[0], "plan"),)
        ask = sitting.CorrectionRequested(self.far_seat, CorrectionGround.ABNORMAL_SCORE, "手误", places)
        self.act(self.members[self.far_seat], ask)
        self.act(self.members[self.chair], sitting.SheetReopened(self.chair, self.far_seat))
        self.act(
            self.members[self.far_seat], sitting.ScoreSheetLocked(self.far_seat, self.sheet_of(self.far_seat, "40"), {})
        )
        self.work_off()


@pytest.fixture(scope="module")
def case(tmp_path_factory, database_url) -> Dissenting:
    return Dissenting(tmp_path_factory.mktemp("dissents"), database_url=database_url).until_results()


def room(case, number, lang="zh"):
    reader = booth(Site(case), case.members[number])
    reader.client.get(f"/?lang={lang}")
    return reader.get(f"/room/{case.case_id}/{LOT}")


def test_a_dissenter_stays_although_its_replacement_was_proposed_before(case):
    site, page = Site(case), f"/cases/{case.case_id}/lots/{LOT}/standstill"
    order = (case.author, ReplacementGround.CONFLICT, "存在利害关系")
    case.act("officer", sitting.ReplacementProposed(*order))
    assert "复核更换评审成员" in site.browser("releaser").get(page)
    case.act(case.members[case.author], sitting.DissentRecorded(case.author, TEXT))
    case.work_off()
    with pytest.raises(RuleViolation, match="replacement_of_dissenter"):
        case.act("releaser", sitting.ReplacementOrdered(*order))
    with pytest.raises(RuleViolation, match="replacement_of_dissenter"):
        case.act("officer", sitting.ReplacementProposed(*order))
    assert case.author not in replaceable(case.case, LOT)
    assert kept_for_dissent(case.case, LOT) == (case.author,)
    officer, refused = site.browser("officer"), {"seat": case.author, "ground": "conflict", "note": "x"}
    assert f'<option value="{case.author}"' not in officer.get(page)
    assert 'data-type="ReplacementProposed"' not in officer.post(f"{page}/replacement", **refused).get_data(
        as_text=True
    )
    for who, lang, told in (
        ("officer", "zh", f"席位 {case.author} 的成员不能由代理机构更换"),
        ("releaser", "en", f"The agency cannot replace the member of seat {case.author}"),
    ):
        shown = site.browser(who, lang).get(page)
        assert told in shown
        assert ("监督部门" if lang == "zh" else "supervision authority") in shown
    for who in ("centre", "regulator"):  # who may not read dissents is not told of one by the way
        assert "不能由代理机构更换" not in site.browser(who).get(page)
    assert "复核更换评审成员" not in site.browser("releaser").get("/agency")
    release = site.browser("releaser").client.get(f"{page}/replacement/release", follow_redirects=True)
    assert "已就汇总结果（现在的或者此前的）书面提出不同意见" in release.get_data(as_text=True)


def test_a_correction_of_another_sheet_keeps_the_dissent_and_tells_its_author(case):
    before = case.case.lots[LOT].signing.computed_at
    case.correct()
    state, found = case.state, case.case.lots[LOT].signing
    assert (state.stage, state.dissents) == (Stage.REPORT, {})
    assert [(one.seat, one.text, one.computation, one.computed_at) for one in found.earlier] == [
        (case.author, TEXT, 1, before)
    ]
    assert tally(state).dissented == 0
    api = booth(Site(case), case.members[case.far_seat]).client.get(f"/api/v1/cases/{case.case_id}/lots/{LOT}/room")
    told = api.get_json()["superseded_dissents"]
    assert [(one["seat"], one["text"], "person" in one) for one in told] == [(case.author, TEXT, False)]
    mine = room(case, case.author)
    for part in ("您的不同意见针对", "请再次书面提出", TEXT, "书面提出不同意见", "阅读并签署评审报告"):
        assert part in mine, part
    other = room(case, case.far_seat)
    assert TEXT in other  # with the results everybody in the room reads it
    assert "您的不同意见针对" not in other
    assert "Your dissent was about the earlier results of" in room(case, case.author, "en")
    with pytest.raises(RuleViolation, match="replacement_of_dissenter"):
        case.act("officer", sitting.ReplacementProposed(case.author, ReplacementGround.HEALTH, "住院"))


def test_report_and_attachment_tell_of_it_in_both_languages(case):
    assert parse(attached_file(case.file("report"), REPORT_ATTACHMENT))[EARLIER_DISSENTS][0]["text"] == TEXT
    shown = report_content(case.platform, case.case, LOT, case.lot_records, "en").earlier_dissents
    assert [one.text for one in shown] == [TEXT]
    assert "computation no. 1" in shown[0].about
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) is not installed")
    printed = words(case.file("report"))
    assert "对先前汇总结果的不同意见" in printed
    assert TEXT in printed
    assert "本报告生成时，尚无成员书面提出不同意见" in printed
    with case.platform.database.reading() as db_session:
        actor = load_actor(db_session, case.people["officer"].id)
    files = readable_files(case.platform, actor, case.case_id, LOT)
    _name, english = read_copy(case.platform, actor, next(f for f in files if f.kind == "report").id, "en")
    assert "Dissentfromearlierresults" in words(english)


def test_said_again_it_counts_and_both_are_told(case):
    case.act(case.members[case.author], sitting.DissentRecorded(case.author, AGAIN))
    case.work_off()
    assert tally(case.state).dissented == 1
    mine = room(case, case.author)
    assert AGAIN in mine
    assert TEXT in mine
    assert "请再次书面提出" not in mine


def test_the_verifier_computes_it_again_and_finds_a_report_that_keeps_silent(case):
    case._sign(case.chair, case.members[case.chair])
    for seat, person in case.members.items():
        if seat not in case.state.signed:
            case._sign(seat, person)
    case.work_off()
    assert case.state.stage is Stage.CLOSED
    case.release_export()
    for who in ("regulator", "officer"):  # the agency does not see the reopened sheet
        assert case.failures(case.bundle(who)) == [], who
    told = parse(attached_file(case.file("report"), REPORT_ATTACHMENT))
    for data in ({k: v for k, v in told.items() if k != EARLIER_DISSENTS}, told | {EARLIER_DISSENTS: []}):
        content = report_content(case.platform, case.case, LOT, case.lot_records, "zh")
        pdf = case.platform.renderer.render(content, attachments={REPORT_ATTACHMENT: canonical(data)})
        name = case.case.tender.parties.centre.name
        forged = seal_document(case.platform, pdf, name, "评标专用", case.clock())
        files = case.bundle()
        lines = tampering.lines_of(files)
        seq = next(i for i, line in enumerate(lines) if line["entry"]["type"] == "ReportSealed")
        digest = hashlib.sha256(forged).hexdigest()
        lines = tampering.changed(lines, seq, ("payload", "sealed_sha256"), lambda _, digest=digest: digest)
        bundle = tampering.by_platform({**files, NAME: forged}, lines, case.platform.keys.platform.key)
        assert "evidence_data_differ" in {check.code for check in case.failures(bundle)}


def test_a_dissenter_who_steps_back_leaves_its_words_in_the_report(tmp_path):
    case = Dissenting(tmp_path).until_results()
    case.act(case.members[case.author], sitting.DissentRecorded(case.author, TEXT))
    case.work_off()
    case.act(case.members[case.author], sitting.ConflictDeclared(case.author, CONFLICT))
    called = case.draw_again()
    case._answer(called, True)
    case.work_off()
    case.members[case.author] = successor = case._seat(case.author)
    case.act(successor, sitting.StatementMade(case.author, True, ""))
    found = tuple(sitting.ReviewFinding(bid.bid, "formal", True, "") for bid in case.state.bids)
    case.act(successor, sitting.BidsReviewed(case.author, found))
    case.act(successor, sitting.ScoreSheetLocked(case.author, case.sheet_of(case.author, ""), {}))
    case.work_off()
    assert case.state.stage is Stage.REPORT
    mine = room(case, case.author)
    assert "您的不同意见针对" not in mine
    assert "该成员其后已退出" in mine
    one = report_content(case.platform, case.case, LOT, case.lot_records, "zh").earlier_dissents[0]
    assert one.text == TEXT
    assert "退出评标委员会" in one.about
    row = parse(attached_file(case.file("report"), REPORT_ATTACHMENT))[EARLIER_DISSENTS][0]
    assert row["left_at"] > row["at"] > row["computed_at"]
    case.act("officer", sitting.ReplacementProposed(case.author, ReplacementGround.HEALTH, "住院"))  # who sits now
