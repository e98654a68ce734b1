"""Whole cases by the lowest evaluated price and by a technical gate, from the notice to the verified report."""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from decimal import Decimal as D
from typing import ClassVar

import pytest

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.report_data import report_data
from app.casefile.rolled_back import ROLLBACKS
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.documents.wording import render_xml
from app.queries.sittings import room_of
from app.services.audits import export_evidence
from app.services.platform import DIST
from app.services.report_content import members_of, report_content
from evaluation import sitting
from evaluation.criteria import CriteriaSet
from evaluation.methods import EvaluationMethod, TechnicalGate
from evaluation.sitting import RollbackGround, RollbackTarget, Stage
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.whole_case import CRITERIA, EVALUATION, PRICES, WholeCase
from tests.app.web.site import Site, booth
from tests.app.web.test_score_matrix import cells_of
from tests.evaluation.methods import LOWEST, UNADJUSTED

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
COURSE = "found publish bid read_out conclude draw seat_all elect review"
GATED = replace(
    EVALUATION,
    criteria=CriteriaSet(CRITERIA.criteria, D(70)),
    tie_chain=("technical", "lower_price"),
    method=EvaluationMethod.TECHNICAL_GATE,
    gate=TechnicalGate(pass_mark=D(45)),
)


class Compared(WholeCase):
    """Three bids; each bidder's deviations, or points, are the same on every sheet."""

    def bid(self) -> Compared:
        self.receipts = {login: self.submit(login, price) for login, price in PRICES.items()}
        return self

    def lock(self) -> Compared:
        own = {self.receipts[login]: row for login, row in self.rows.items()}
        self._each(lambda n: sitting.ScoreSheetLocked(n, own, {}))
        self.work_off()
        return self

    def sign(self) -> Compared:
        for number, person in self.members.items():
            self._sign(number, person)
        self.work_off()
        return self

    def bidders(self, bids) -> list[str]:
        by_bid = {bid: login for login, bid in self.receipts.items()}
        return [by_bid[bid] for bid in bids]


class Priced(Compared):
    rows: ClassVar = {
        "bidder-a": {"advance": D(10), "duration": D(5), "warranty": D(0)},  # 1566000 + 46980 + 10000 = 1622980
        "bidder-b": {"advance": D(0), "duration": D(0), "warranty": D(1)},  # 1574022 - 5000 = 1569022
        "bidder-c": {"advance": D(0), "duration": D(0), "warranty": D(0)},  # 1585000
    }


class Pointed(Compared):
    rows: ClassVar = {
        "bidder-a": {"plan": D(30), "record": D(10)},  # the cheapest, below the mark
        "bidder-b": {"plan": D(40), "record": D(10)},
        "bidder-c": {"plan": D(60), "record": D(10)},
    }


@pytest.fixture(scope="module")
def priced(tmp_path_factory):
    return Priced(tmp_path_factory.mktemp("priced"), profile="demo-works", evaluation=LOWEST).through(COURSE)


@pytest.fixture(scope="module")
def pointed(tmp_path_factory):
    return Pointed(tmp_path_factory.mktemp("pointed"), profile="demo-works", evaluation=GATED).through(COURSE)


def results(case):
    found = room_of(case.case, LOT, None, case.clock(), "zh").results
    assert found is not None
    return found


def results_played(case, site) -> list[str]:
    """The words of the table of results at the end of the replay."""
    browser, url = site.browser("regulator"), f"/cases/{case.case_id}/lots/{LOT}/replay"
    last = re.search(r"共 (\d+) 步", browser.get(url))
    assert last is not None
    table = re.search(r'<table[^>]*id="results".*?</table>', browser.get(f"{url}?at={last[1]}"), re.S)
    assert table is not None
    return [word for word in re.sub(r"<[^>]+>", "\n", table[0]).replace("\u00a0", " ").split("\n") if word.strip()]


def bundle_of(case):
    return unpack(export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)[1])


def wrong(case, bundle, steps=STEPS):
    root = case.platform.keys.authority.certificate_pem
    found = verify_bundle(bundle, [root], [read_profile(case.profile)], steps=steps)
    return {check.code for check in found if check.verdict is Verdict.FAIL}


def test_the_lowest_evaluated_price_from_the_notice_to_the_sealed_report(priced):
    site = Site(priced)
    notice = site.browser().get(f"/cases/{priced.case_id}")
    assert "经评审的最低投标价法" in notice
    assert "每 1 天加 2000 元，最多 60 天" in notice
    assert "满分" not in notice
    desk = booth(site, priced.members[1]).get(f"/room/{priced.case_id}/{LOT}")
    assert "商务偏差清点" in desk
    assert "最多 20 个百分点" in desk
    assert "我的合计" not in desk
    priced.lock()
    assert priced.bidders(priced.state.result.candidates) == ["bidder-b", "bidder-c", "bidder-a"]
    room = booth(site, priced.members[1]).get(f"/room/{priced.case_id}/{LOT}")
    for words in ("标价比较表", "1574022 − 5000", "1569022.00", "+46,980.00"):
        assert words in room
    assert "价格分曲线" not in room
    head, *rows = cells_of(room)
    assert head == ["价格调整因素", *(row.bidder for row in results(priced).rows)]
    assert [row[1:] for row in rows] == [
        ["0 各席位相同", "0 各席位相同", "10 各席位相同"],
        ["0 各席位相同", "0 各席位相同", "5 各席位相同"],
        ["1 各席位相同", "0 各席位相同", "0 各席位相同"],
        ["¥1,569,022.00", "¥1,585,000.00", "¥1,622,980.00"],
        ["1", "2", "3"],
    ]
    assert [row[0] for row in rows[-2:]] == ["经评审的投标价", "名次"]
    content = report_content(priced.platform, priced.case, LOT, priced.lot_records, "zh")
    xml = render_xml("evaluation_report", content, "zh")
    assert "<b>标价比较表</b>" in xml
    assert "<b>各成员清点的商务偏差</b>" in xml
    assert "评分汇总表" not in xml
    assert "按经评审的投标价由低到高排序" in xml
    priced.sign()
    assert priced.state.stage is Stage.CLOSED
    page = site.browser("officer").get(f"/cases/{priced.case_id}/lots/{LOT}/report")
    assert "标价比较表" in page
    assert "1,569,022.00" in page
    assert {"经评审的投标价", "¥1,569,022.00"} <= set(results_played(priced, site))
    assert wrong(priced, bundle_of(priced)) == set()


def test_at_works_the_tenderer_is_represented_and_the_report_says_so(pointed):
    with pointed.platform.database.reading() as db_session:
        members = members_of(db_session, pointed.case, LOT, "zh")
        english = members_of(db_session, pointed.case, LOT, "en")
    buyers = {number for number, seat in pointed.state.seats.items() if seat.role == "buyer"}
    assert {int(one.seat) for one in members if one.capacity == "招标人代表"} == buyers
    assert {one.capacity for one in english} == {"expert", "tenderer's representative"}
    room = booth(Site(pointed), pointed.members[1]).get(f"/room/{pointed.case_id}/{LOT}")
    assert "<span>招标人代表 ·" in room
    assert "采购人代表" not in room


def test_a_count_that_is_changed_afterwards_is_found_out(priced):
    files = bundle_of(priced)
    lines = copy.deepcopy(tampering.lines_of(files))
    results = [line["entry"] for line in lines if line["entry"]["type"] == "ResultsComputed"]
    results[-1]["payload"]["result"]["bids"][0]["evaluated_price"] = "1.00"
    forged = tampering.by_platform(files, lines, priced.platform.keys.platform.key)
    for step, code in (("replay", "evidence_consequence_differs"), ("sittings", "sitting_record_differs")):
        assert code in wrong(priced, forged, {step: STEPS[step]})


def test_points_decide_who_goes_on_and_the_price_decides_among_them(pointed):
    site = Site(pointed)
    assert "技术得分不低于 45 分" in site.browser().get(f"/cases/{pointed.case_id}")
    pointed.lock()
    result = pointed.state.result
    assert pointed.bidders(result.candidates) == ["bidder-b", "bidder-c"]
    assert [row.passed for row in result.bids] == [True, True, False]
    room = booth(site, pointed.members[1]).get(f"/room/{pointed.case_id}/{LOT}")
    assert "未进入价格评审" in room
    assert "价格分曲线" in room
    _head, *rows = cells_of(room)
    assert [row[0] for row in rows] == ["方案 满分 60", "业绩 满分 10", "技术得分（平均）", "价格分（按公式）", "名次"]
    assert rows[2][1:] == [f"{row.total}" for row in result.bids]
    assert rows[3][1:] == [*(f"{row.price_score}" for row in result.bids[:2]), "—"]
    assert rows[4][1:] == ["1", "2", "—"]
    content = report_content(pointed.platform, pointed.case, LOT, pointed.lot_records, "en")
    xml = render_xml("evaluation_report", content, "en")
    assert "<cell>Technical</cell><cell>Goes on</cell>" in xml
    assert "does not go on to the price" in xml
    pointed.sign()
    assert "未进入价格评审" in site.browser("officer").get(f"/cases/{pointed.case_id}/lots/{LOT}/report")
    assert {"技术得分", "未进入价格评审", "—"} <= set(results_played(pointed, site))
    assert wrong(pointed, bundle_of(pointed)) == set()


def test_goods_compare_prices_at_once_after_the_review(tmp_path):
    evaluation = replace(UNADJUSTED, tie_chain=("draw",), may_draw=True)
    case = Compared(tmp_path, evaluation=evaluation).through("found publish bid open draw seat_all elect review")
    case.work_off()
    assert case.bidders(case.state.result.candidates) == ["bidder-a", "bidder-b", "bidder-c"]
    room = booth(Site(case), case.members[1]).get(f"/room/{case.case_id}/{LOT}")
    assert "报价不作调整" in room
    words = (RollbackTarget.REVIEW, RollbackGround.BASIS, "漏看了一页")
    other = next(number for number in case.members if number != case.chair)
    case.act(case.members[other], sitting.RollbackProposed(other, *words))
    case.act(case.members[case.chair], sitting.RollbackReleased(case.chair, other, *words))
    assert case.state.result is None
    case.review()
    case.work_off()
    (again,) = report_content(case.platform, case.case, LOT, case.lot_records, "zh").rollbacks
    assert "第 1 名 投标人a 经评审的投标价 1,566,000.00 元" in again.before[-1]
    (told,) = report_data(case.lot_records, None)[ROLLBACKS]
    assert [row["evaluated_price"] for row in told["before"]] == ["1566000.00", "1574022.00", "1585000.00"]
    case.sign()
    assert case.state.stage is Stage.CLOSED
    assert wrong(case, bundle_of(case)) == set()
