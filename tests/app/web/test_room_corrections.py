"""Objective scores that differ: who is told what, who corrects, who permits it, and when the report is made."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app.models import Job
from app.services import reports
from evaluation import sitting
from evaluation.scoring import ScorePlace
from tests.app.services.whole_case import DRAWN, LOT, WholeCase
from tests.app.web.site import Site, booth, stated

APART, CHAIR = 2, 1
FAR = {3: 0, 4: 1}  # whose score of the plan of which bid is far from the others'
WARNING = "客观分不一致，不能生成报告"
CORRECT, AWAITED, PERMIT, LEAVE = "申请更正您的评分", "等待成员申请更正", "请您准许", "等待准许更正"


@dataclass
class Unequal(WholeCase):
    """A sitting in which one member overlooked what the others saw."""

    bids: list[str] = field(default_factory=list)

    def until_four_locked(self) -> Unequal:
        return self.through(f"{DRAWN} seat_all elect review lock_four")

    def lock_four(self) -> None:
        self.bids = [bid.bid for bid in self.state.bids]
        for number in (1, 2, 3, 4):
            self.lock(number)

    def lock(self, number: int, record: Decimal | None = None) -> None:
        sheet = self.sheet(number, self.bids)
        sheet[self.bids[2]]["record"] = record or Decimal(0 if number == APART else 4)
        if number in FAR:
            bid = self.bids[FAR[number]]
            sheet[bid] = self.far(number, self.bids)[bid]
        self.act(self.members[number], sitting.ScoreSheetLocked(number, sheet, {}))

    def ask(self, number: int) -> None:
        grounds = sitting.CorrectionGround
        if self.state.must_agree:
            ground, place = grounds.UNEQUAL_OBJECTIVE, ScorePlace(self.bids[2], "record")
        else:
            ground, place = grounds.ABNORMAL_SCORE, ScorePlace(self.bids[FAR[number]], "plan")
        self.act(self.members[number], sitting.CorrectionRequested(number, ground, "漏看一项业绩", (place,)))

    def reports_scheduled(self) -> int:
        with self.platform.database.reading() as db_session:
            query = select(func.count()).select_from(Job).where(Job.task == "prepare_report")
            return int(db_session.scalar(query) or 0)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Unequal:
    return Unequal(tmp_path_factory.mktemp("unequal")).until_four_locked()


@pytest.fixture(scope="module")
def site(case: Unequal) -> Site:
    return Site(case)


def room(site: Site, number: int) -> str:
    return booth(site, site.case.members[number]).get(f"/room/{site.case.case_id}/{LOT}")


def board(site: Site, who: str) -> str:
    return site.browser(who).get("/centre" if who == "centre" else "/regulator")


def test_from_scores_that_differ_to_the_report(case: Unequal, site: Site):
    """One story, in the order in which it happens."""
    for number in case.members:
        assert WARNING not in room(site, number)
    assert "等待成员更正" not in board(site, "centre")

    case.lock(5)
    case.work_off()  # a job that is refused would fail here
    assert case.reports_scheduled() == 0
    bidder = case.state.bids[2].bidder_name
    for number in case.members:
        page = room(site, number)
        for words in (
            WARNING,
            bidder,
            "业绩：席位 1、3、4、5 给 4 分；席位 2 给 0 分",
            'id="score-matrix"',
            "客观分不一致</span>",
        ):
            assert words in page, (number, words)
        assert (CORRECT in page) is (number == APART)
        assert (AWAITED in page) is (number != APART)
    assert WARNING in stated(site).get(f"/room/{case.case_id}/{LOT}")
    for who in ("centre", "regulator"):
        assert "评审：等待成员更正评分后生成报告" in board(site, who)
        assert WARNING not in board(site, who)
    mine = room(site, APART)
    assert '<option selected value="unequal_objective">' in mine
    assert re.findall(r'<input checked[^>]* value="([^"]+)"', mine) == [f"{case.bids[2]}/record"]


def test_a_correction_is_asked_for_by_naming_the_scores(case: Unequal, site: Site):
    """What the ground does not hold for is refused at once, in words, with what was typed still there."""
    browser, place = booth(site, case.members[APART]), f"/room/{case.case_id}/{LOT}"
    asked = {"ground": "unequal_objective", "explanation": "漏看一项业绩"}
    sent = browser.post(f"{place}/correction", **asked).get_data(as_text=True)
    assert "请选择要更正的分项" in sent
    agreed = browser.post(f"{place}/correction", **asked, places=f"{case.bids[0]}/record").get_data(as_text=True)
    assert "各成员的客观分一致" in agreed
    assert "漏看一项业绩" in agreed
    for other in (f"{case.bids[0]}/price", "?"):
        stray = browser.post(f"{place}/correction", **asked, places=other).get_data(as_text=True)
        assert "不应评分的一格" in stray
    page = browser.post(f"{place}/correction", **asked, places=f"{case.bids[2]}/record").get_data(as_text=True)
    assert f"{case.state.bids[2].bidder_name} · 业绩" in page
    assert "只能更正所列分项" in page


def test_a_request_is_the_next_step_of_whoever_permits_it(case: Unequal, site: Site):
    case.ask(APART)
    for number in case.members:
        page = room(site, number)
        assert (f"席位 {APART} 申请更正评分，{PERMIT}" in page) is (number == CHAIR)
        assert (LEAVE in page) is (number != CHAIR)
        assert (f"/reopening/{APART}" in page) is (number == CHAIR)
        assert ("一致后才能生成评审报告，不能驳回" in page) is (number == CHAIR)
        assert f"/correction/{APART}/refusal" not in page
        assert (f"/room/{case.case_id}/{LOT}/correction/withdrawal" in page) is (number == APART)
    refused = booth(site, case.members[CHAIR]).get(f"/room/{case.case_id}/{LOT}/correction/{APART}/refusal")
    assert 'id="refused"' in refused
    assert "仍与其他成员不一致，一致后才能生成评审报告，不能驳回" in refused
    assert "申请更正我的评分" not in room(site, APART)  # it has asked
    case.ask(CHAIR)  # any other member permits it to the chair
    assert f"席位 {APART} 申请更正评分，{PERMIT}" in room(site, CHAIR)
    assert f"席位 {CHAIR} 申请更正评分，{PERMIT}" in room(site, 4)


def test_the_report_is_made_once_the_corrected_sheets_are_locked(case: Unequal, site: Site):
    case.act(case.members[CHAIR], sitting.SheetReopened(CHAIR, APART))
    for number in case.members:
        assert WARNING not in room(site, number)
    the_desk_offers_what_may_be_corrected(case, site)
    case.lock(APART, Decimal(4))
    assert case.reports_scheduled() == 0  # the chair's own request stands
    for number in case.members:
        assert WARNING not in room(site, number)
        assert (PERMIT in room(site, number)) is (number != CHAIR)
    case.act(case.members[4], sitting.SheetReopened(4, CHAIR))
    case.lock(CHAIR)  # as it was before
    case.work_off()
    assert case.state.stage is sitting.Stage.REPORT
    assert "阅读并签署评审报告" in room(site, APART)
    assert "申请更正我的评分" in room(site, APART)


def the_desk_offers_what_may_be_corrected(case: Unequal, site: Site) -> None:
    """It is filled in as it was locked, though none of it was typed at this desk; only the place asked for is open."""
    browser = booth(site, case.members[APART])
    desk = browser.get(f"/room/{case.case_id}/{LOT}?bid={case.bids[2]}")
    assert f"只有这些分数可以更正：{case.state.bids[2].bidder_name} · 业绩。" in desk
    fields = re.findall(r"<input[^>]*data-score [^>]*>", desk)
    found = {re.search('data-criterion="([^"]+)"', f)[1]: re.search('value="([^"]*)"', f)[1] for f in fields}
    locked = case.sheet(APART, case.bids)[case.bids[2]] | {"record": Decimal(0)}
    assert {criterion: Decimal(value) for criterion, value in found.items()} == locked
    assert [f for f in fields if "readonly" not in f] == [f for f in fields if 'data-criterion="record"' in f]
    assert "每一项输入后自动保存" not in desk
    sheet = browser.get(f"/room/{case.case_id}/{LOT}/sheet")
    assert "act-payload" in sheet  # all is there to be locked again


def test_the_same_sheet_locked_again_has_the_report_made_again(case: Unequal, site: Site):
    before = case.reports_scheduled()
    case.ask(3)
    assert f"席位 3 申请更正评分，{PERMIT}" in room(site, CHAIR)
    case.act(case.members[CHAIR], sitting.SheetReopened(CHAIR, 3))
    case.lock(3)
    assert case.reports_scheduled() == before + 1
    reports.prepare_report(case.platform, case.case_id, LOT)  # as when a job is run twice
    case.work_off()
    assert case.state.stage is sitting.Stage.REPORT


def test_a_request_that_comes_before_the_report_was_made_is_waited_for(case: Unequal):
    """The job that the last lock left ends without a report and without a failure."""
    case.ask(3)
    case.act(case.members[CHAIR], sitting.SheetReopened(CHAIR, 3))
    case.lock(3)
    case.ask(4)
    case.work_off()
    assert case.state.stage is sitting.Stage.RESULTS
    case.act(case.members[CHAIR], sitting.SheetReopened(CHAIR, 4))
    case.lock(4)
    case.work_off()
    assert case.state.stage is sitting.Stage.REPORT
