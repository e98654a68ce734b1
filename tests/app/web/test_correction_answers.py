"""A correction that is asked for: what it may be asked on, who permits, refuses or withdraws it, and what waits."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from app.procedure.errors import RuleViolation
from app.queries.cases import load_records
from app.services import reports
from app.services.actors import load_actor
from app.services.copies import read_copy
from app.services.database_check import database_differences
from app.services.files import readable_files
from app.services.platform import DIST
from app.services.report_course import corrections_of
from evaluation import sitting
from evaluation.scoring import ScorePlace
from evaluation.sitting import CorrectionGround, Stage
from tests.app.services import tampering
from tests.app.services.test_signing_statement import Signing, words
from tests.app.services.whole_case import DRAWN, EVALUATION, LOT, WholeCase
from tests.app.web.site import Browser, Site, booth, stated

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
FAR, NOTE, REASON = 3, "看错图纸", "方案确有此缺陷，评分适当"
UNPUBLISHED = replace(EVALUATION, scoring=replace(EVALUATION.scoring, outlier_share=None))


class Marked(Signing):
    """Seat 3 gave the first bid a score of the plan that is far from the others'."""

    def until_report(self) -> Marked:
        return self.through(f"{DRAWN} seat_all elect review locked work_off")

    def locked(self) -> None:
        bids = list(self.state.valid)
        for number, person in self.members.items():
            cells = self.sheet(number, bids)
            if number == FAR:
                cells[bids[0]] = self.far(number, bids)[bids[0]]
            self.act(person, sitting.ScoreSheetLocked(number, cells, {}))

    @property
    def place(self) -> ScorePlace:
        return ScorePlace(self.state.valid[0], "plan")

    def asks(self, number: int = FAR) -> None:
        fact = sitting.CorrectionRequested(number, CorrectionGround.ABNORMAL_SCORE, NOTE, (self.place,))
        self.act(self.members[number], fact)

    @property
    def room(self) -> str:
        return f"/room/{self.case_id}/{LOT}"


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Marked:
    return Marked(tmp_path_factory.mktemp("marked")).until_report()


@pytest.fixture(scope="module")
def site(case: Marked) -> Site:
    return Site(case)


def at(site: Site, case: Any, number: int) -> Browser:
    return booth(site, case.members[number])


def asked(browser: Browser, case: Any, ground: str, place: ScorePlace) -> str:
    key = f"{place.bid}/{place.criterion}"
    sent = browser.post(f"{case.room}/correction", ground=ground, places=key, explanation=NOTE)
    return sent.get_data(as_text=True)


def test_a_ground_is_chosen_and_holds_or_is_refused_in_words(case: Marked, site: Site):
    mine = at(site, case, FAR)
    page = mine.get(case.room)
    label = re.search(r'<label class="field__label" for="[\w-]*ground">(.*?)</label>', page, re.S)
    assert label
    assert label[1].strip() == "更正依据"
    assert not re.search(r'<option selected value="[^"]+">', page)
    assert "（财政部令第87号第六十四条）" in page
    assert "与其他成员平均分相差超过该项满分的 30%" in page
    bidder = next(bid.bidder_name for bid in case.state.bids if bid.bid == case.place.bid)
    assert re.search(rf"{bidder} · 方案 · [\d.]+（偏离，其他成员平均 [\d.]+ 分）", page)
    assert page.count("（偏离，其他成员平均") == 1
    assert "请选择更正依据" in asked(mine, case, "", case.place)
    assert "已由系统重新计算，均无误" in asked(mine, case, "wrong_sum", case.place)
    assert "在评分标准范围之内（满分 60 分）" in asked(mine, case, "out_of_range", case.place)
    other = replace(case.place, bid=case.state.valid[1])
    unmarked = asked(mine, case, "abnormal_score", other)
    assert "未超过公布的界限（18 分）" in unmarked
    assert re.search("投标 投标人[a-c] 的评审因素 方案，该评分", unmarked)  # by name, as in the form
    assert "CorrectionRequested" in asked(mine, case, "abnormal_score", case.place)


def test_nobody_signs_before_the_request_is_answered(case: Marked, site: Site):
    signs = "data-report-button"
    assert signs in at(site, case, 1).get(case.room)
    prepared = reports.request_signature(case.platform, case.members[1].log_in, case.case_id, LOT)
    case.asks()
    for number in case.members:
        page = at(site, case, number).get(case.room)
        assert signs not in page
        assert f"席位 {FAR} 的更正申请处理完毕之前不能签署评审报告" in page
        assert ("请您准许或者驳回" in page) is (number == case.chair)
        assert (f"/correction/{FAR}/refusal" in page) is (number == case.chair)
        assert ("/correction/withdrawal" in page) is (number == FAR)
        assert "阅读并签署评审报告" not in page
        assert 'id="refusals"' not in page
    with pytest.raises(RuleViolation, match="correction_unanswered"):
        reports.request_signature(case.platform, case.members[1].log_in, case.case_id, LOT)
    raw = case.members[1].key.sign(base64.b64decode(prepared.to_sign))
    signed = sitting.ReportSigned(1, prepared.report_sha256, hashlib.sha256(raw).hexdigest())
    with pytest.raises(RuleViolation, match="correction_unanswered"):
        case.act(case.members[1], signed, attachments={"pdf_signature": raw})
    for who in ("centre", "regulator"):
        board = site.browser(who).get("/centre" if who == "centre" else "/regulator")
        assert "评审：等待处理更正申请后签署报告" in board
        assert NOTE not in board
    watched = stated(site).get(case.room)
    assert NOTE in watched
    assert "/correction/" not in watched


def test_who_may_permit_refuses_with_a_reason(case: Marked, site: Site):
    path = f"{case.room}/correction/{FAR}/refusal"
    other = next(n for n in case.members if n not in (FAR, case.chair))
    for number, words_ in ((other, "组长"), (FAR, "组长")):
        page = at(site, case, number).get(path)
        assert 'id="refused"' in page
        assert words_ in page
        assert "驳回理由" not in page
    chair = at(site, case, case.chair)
    form = chair.get(path)
    assert NOTE in form
    assert "（偏离，其他成员平均" in form
    assert "请写明驳回理由" in chair.post(path, reason=" ").get_data(as_text=True)
    page = chair.post(path, reason=REASON).get_data(as_text=True)
    assert 'data-type="CorrectionRefused"' in page
    assert REASON in page
    assert "返回修改" in page


def test_who_asked_takes_it_back_and_the_signing_goes_on(case: Marked, site: Site):
    assert 'data-type="CorrectionWithdrawn"' in at(site, case, FAR).get(f"{case.room}/correction/withdrawal")
    stray = at(site, case, 1).get(f"{case.room}/correction/withdrawal")
    assert 'id="refused"' in stray
    assert "data-sign-act" not in stray
    before = case.state.report_sha256
    case.act(case.members[FAR], sitting.CorrectionWithdrawn(FAR))
    page = at(site, case, 1).get(case.room)
    assert "data-report-button" not in page
    assert "等待报告生成" in page
    case.work_off()
    assert case.state.report_sha256 != before  # it tells of the request
    page = at(site, case, 1).get(case.room)
    assert "阅读并签署评审报告" in page
    assert "data-report-button" in page


def test_a_dissent_stays_possible_and_the_report_is_made_anew_once_it_is_answered(case: Marked, site: Site):
    case.asks()
    before = case.state.report_sha256
    other = next(n for n in case.members if n not in (FAR, case.chair))
    case.act(case.members[other], sitting.DissentRecorded(other, "偏高"))
    case.work_off()
    assert case.state.report_sha256 == before
    case.act(case.members[case.chair], sitting.CorrectionRefused(case.chair, FAR, REASON))
    case.work_off()
    assert case.state.stage is Stage.REPORT
    assert case.state.report_sha256 != before
    page = at(site, case, FAR).get(case.room)
    assert f"席位 {FAR}（已驳回）" in page
    assert REASON in page
    assert "阅读并签署评审报告" in page
    again = asked(at(site, case, FAR), case, "abnormal_score", case.place)
    assert "已被席位" in again
    assert REASON in again


def test_once_the_signing_has_begun_the_page_says_that_no_request_is_possible(case: Marked, site: Site):
    speaks = next(n for n in case.members if n not in (FAR, case.chair) and n not in case.state.dissents)
    case._sign(speaks, case.members[speaks])
    page = at(site, case, FAR).get(case.room)
    assert "评审报告已经开始签署，不能再申请更正评分。有不同意见的，可以书面提出。" in page
    assert f'action="{case.room}/correction"' not in page
    dissented = at(site, case, next(iter(case.state.dissents))).get(case.room)
    assert "不能再申请更正评分。</p>" in dissented


def test_the_report_tells_of_requests_and_answers_in_both_languages(case: Marked):
    for number, person in case.members.items():
        if number not in case.state.signed and number not in case.state.dissents:
            case._sign(number, person)
    case.work_off()
    assert case.state.stage is Stage.CLOSED
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) is not installed")
    score = case.state.sheets[FAR][case.place.bid]["plan"]
    bidder = next(bid.bidder_name for bid in case.state.bids if bid.bid == case.place.bid)
    shown = words(case.file("report"))
    assert shown.count(f"申请更正评分：{bidder}“方案”{score:.2f}分（说明：{NOTE}）。") == 2
    assert "撤回申请，评分未变。" in shown
    assert f"驳回，评分未变，理由：{REASON}" in shown
    officer = case.people["officer"].log_in
    with case.platform.database.reading() as db_session:
        reader = load_actor(db_session, officer.account_id)
    report = next(f for f in readable_files(case.platform, reader, case.case_id, LOT) if f.kind == "report")
    english = words(read_copy(case.platform, reader, report.id, "en")[1])
    for text in (f"{bidder},Plan:{score:.2f}", "abnormallyhighorlowscore", "tookitback", f"Reason:{REASON}"):
        assert text in english, text


def test_the_verifier_accepts_the_record_and_decides_each_answer_again(case: Marked):
    assert list(database_differences(case.platform)) == []
    case.release_export()
    assert case.failures(case.bundle("officer")) == []
    files = case.bundle()
    assert case.failures(files) == []
    lines = tampering.lines_of(files)
    seq = next(i for i, line in enumerate(lines) if line.get("entry", {}).get("type") == "CorrectionRefused")
    lines = tampering.changed(lines, seq, ("payload", "refused"), lambda _: case.chair)
    bundle = tampering.by_platform(files, lines, case.platform.keys.platform.key)
    found = case.failures(bundle)
    assert ("evidence_fact_unlawful", "sitting_not_by_chair") in {(c.code, c.facts.get("reason")) for c in found}


class Works(WholeCase):
    """Works, whose documents publish no share from which a score is abnormal."""

    @property
    def room(self) -> str:
        return f"/room/{self.case_id}/{LOT}"


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Works:
    case = Works(tmp_path_factory.mktemp("works"), profile="demo-works", evaluation=UNPUBLISHED)
    case.through("found publish bid read_out conclude draw sit")
    assert case.state.stage is Stage.REPORT
    return case


def test_works_name_no_article_of_goods_and_where_nothing_is_marked_who_permits_decides(works: Works):
    site, seat = Site(works), next(n for n in works.members if n != works.chair)
    place = ScorePlace(works.state.valid[1], "record")
    page = at(site, works, seat).get(works.room)
    assert "只有四种情形可以更正：分值汇总计算错误" in page
    assert "第六十四条" not in page
    assert "没有公布畸高、畸低的界限" in page
    assert "没有公布畸高、畸低的界限" in asked(at(site, works, seat), works, "abnormal_score", place)
    fact = sitting.CorrectionRequested(seat, CorrectionGround.ABNORMAL_SCORE, NOTE, (place,))
    works.act(works.members[seat], fact)
    chair = at(site, works, works.chair)
    for path in (f"reopening/{seat}", f"correction/{seat}/refusal"):
        page = chair.get(f"{works.room}/{path}")
        assert "没有公布畸高、畸低的界限，汇总结果不作标记，是否畸高、畸低由准许的人" in page
        assert "第六十四条" not in page


def test_the_report_names_each_corrected_score_before_and_after(works: Works):
    """Of the first correction, on every plan; and of the one that stands, old and new."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) is not installed")
    seat = next(iter(works.state.requests))
    place = works.state.requests[seat].places[0]
    works.act(works.members[works.chair], sitting.SheetReopened(works.chair, seat))
    bids = list(works.state.valid)
    cells = works.sheet(seat + 2, bids)
    before = cells[place.bid][place.criterion]
    cells[place.bid][place.criterion] = before + 2
    works.act(works.members[seat], sitting.ScoreSheetLocked(seat, cells, {}))
    works.work_off()
    content = reports.report_content(works.platform, works.case, LOT, works.lot_records, "en")
    names = {bid.bid: bid.bidder_name for bid in works.state.bids}
    first, second = content.corrections
    for bid in bids:
        old, new = works.far(seat, bids)[bid]["plan"], works.sheet(seat + 2, bids)[bid]["plan"]
        assert f"{names[bid]}, Plan: {old:.2f} → {new:.2f}" in first
    assert f"{names[place.bid]}, Track record: {before:.2f} → {before + 2:.2f}. Ground: abnormally" in second
    assert f"({NOTE})" in second
    assert "Totals of the seat that asked before: " in second
    assert second.count("→") == 1
    chinese = reports.report_content(works.platform, works.case, LOT, works.lot_records, "zh").corrections[1]
    assert f"{names[place.bid]}“业绩”{before:.2f} → {Decimal(before + 2):.2f} 分" in chinese


def test_a_request_lapses_when_a_member_leaves(works: Works):
    seat = next(n for n in works.members if n != works.chair)
    place = ScorePlace(works.state.valid[0], "plan")
    works.act(works.members[seat], sitting.CorrectionRequested(seat, CorrectionGround.ABNORMAL_SCORE, NOTE, (place,)))
    leaver = next(n for n in works.members if n not in (seat, works.chair) and works.state.seats[n].role == "expert")
    works.act(works.members[leaver], sitting.ConflictDeclared(leaver, "亲属关系"))
    with works.platform.database.reading() as db_session:
        records = [record for record in load_records(db_session, works.case_id) if record.lot == LOT]
    names = {bid.bid: bid.bidder_name for bid in works.state.bids}
    last = corrections_of(records, names, works.state.rules.evaluation.criteria, "zh")[-1]
    assert last.endswith("因成员退出、重新汇总而失效。")
