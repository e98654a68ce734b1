"""Bids with one brand of the core product count as one bidder: from notice to verified report, or record."""

from __future__ import annotations

import copy
import html
import json
import re
from dataclasses import replace
from decimal import Decimal as D
from typing import Any, ClassVar

import pytest
from sqlalchemy import select

from app.casefile.codec import encode
from app.casefile.failure_record import FAILURE_ATTACHMENT
from app.documents.wording import render_xml
from app.models import Notice
from app.procedure.errors import RuleViolation
from app.services.documents import opened_bids
from app.services.failure_content import failed_evaluation
from app.services.platform import DIST
from app.services.report_content import report_content
from crypto.pdf import attached_file
from evaluation import sitting
from evaluation.sitting import Stage
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.test_methods import Compared, bundle_of, results_played, wrong
from tests.app.web.site import Site, booth
from tests.evaluation.methods import UNADJUSTED

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
FOUR = {"bidder-a": "156600000", "bidder-b": "157402200", "bidder-c": "158500000", "bidder-d": "159000000"}
HAIER = (("Haier", "海尔"),)


class Branded(Compared):
    """Two of four bidders offer one brand, which they spell differently; three of five members find so."""

    prices: ClassVar = FOUR
    brands: ClassVar = {"bidder-a": "海尔", "bidder-b": "Haier", "bidder-c": "美的", "bidder-d": "格力"}
    rows: ClassVar = {login: {"plan": D(40), "record": D(10)} for login in FOUR}

    @property
    def more_terms(self) -> dict[str, Any]:
        return {"core_product": "空调机"}

    def bid(self) -> Branded:
        self.receipts = {login: self.submit(login, price) for login, price in self.prices.items()}
        return self

    def review(self) -> None:
        for place, (number, person) in enumerate(self.members.items()):
            found = tuple(sitting.ReviewFinding(bid.bid, "formal", True, "") for bid in self.state.bids)
            self.act(person, sitting.BidsReviewed(number, found, HAIER if place < 3 else None))

    def told(self, code: str) -> set[str]:
        with self.platform.database.reading() as db_session:
            return {one.account_id for one in db_session.scalars(select(Notice).where(Notice.code == code))}


class TooFew(Branded):
    """Three bids of two brands."""

    prices: ClassVar = {login: price for login, price in FOUR.items() if login != "bidder-d"}


class Cheapest(Branded):
    """By the lowest price: the dearer one of a brand takes no part."""

    rows: ClassVar = {login: {} for login in FOUR}


@pytest.fixture(scope="module")
def branded(tmp_path_factory):
    return Branded(tmp_path_factory.mktemp("branded")).through("found publish bid open draw seat_all elect")


@pytest.fixture(scope="module")
def too_few(tmp_path_factory, database_url):
    case = TooFew(tmp_path_factory.mktemp("too-few"), database_url=database_url)
    case.through("found publish bid open draw seat_all elect review")
    case.work_off()
    return case


def page_of(case, site, login: str, lang: str = "zh") -> str:
    return site.browser(login, lang=lang).get(f"/bidder/cases/{case.case_id}/lots/{LOT}")


def test_who_bids_is_asked_for_the_brand(tmp_path):
    case = Branded(tmp_path).through("found publish")
    site, path = Site(case), f"/bidder/cases/{case.case_id}/lots/{LOT}/seal"
    page = site.browser("bidder-a").get(path)
    assert 'data-opening="core_brand"' in page
    assert "核心产品：空调机。只写一个品牌" in page
    assert "State one brand" in site.browser("bidder-a", lang="en").get(path)
    answer = site.browser("bidder-a").get(f"/api/v1/cases/{case.case_id}/lots/{LOT}/bid")
    assert json.loads(answer)["core_product"] == "空调机"


def test_the_notice_names_the_product_and_the_brands_are_read_out(branded):
    site = Site(branded)
    assert "核心产品</strong>：空调机。" in site.browser().get(f"/cases/{branded.case_id}")
    hall = site.browser().get(f"/cases/{branded.case_id}/lots/{LOT}/opening")
    for words in ("核心产品品牌：海尔", "核心产品品牌：Haier", "核心产品品牌：美的"):
        assert words in hall
    assert [row.brand for row in opened_bids(branded.case, LOT, "zh")] == ["海尔", "Haier", "美的", "格力"]


def test_a_member_says_in_its_review_which_spellings_are_one(branded):
    site, number = Site(branded), 1
    room, mine = f"/room/{branded.case_id}/{LOT}", booth(site, branded.members[number])
    page = mine.get(room)
    assert "核心产品：空调机。" in page
    assert "与“Haier”是同一品牌" in page
    english = booth(site, branded.members[2])
    english.client.get("/?lang=en")
    assert 'The same brand as "Haier"' in html.unescape(english.get(room)).replace("“", '"').replace("”", '"')
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    fields = {f"finding-{bid.bid}-formal": "pass" for bid in branded.state.bids}
    spelled = sorted(branded.brands.values())
    fields |= {f"brand-{spelled.index('海尔') + 1}": str(spelled.index("Haier") + 1)}
    answer = mine.client.post(f"{room}/review", data={"csrf_token": found[1], **fields}).get_data(as_text=True)
    assert 'data-type="BidsReviewed"' in answer
    assert "Haier = 海尔" in answer
    payloads = re.findall(r"<script type=\"application/json\"[^>]*>(.*?)</script>", answer, re.S)
    assert [["Haier", "海尔"]] in [json.loads(one).get("brands") for one in payloads]


def test_of_a_brand_one_alone_is_recommended_from_the_review_to_the_sealed_report(branded):
    branded.review()
    assert [branded.bidders(group) for group in branded.state.brands] in (
        [["bidder-a", "bidder-b"]],
        [["bidder-b", "bidder-a"]],
    )
    branded.lock()
    result = branded.state.result
    assert branded.bidders(row.bid for row in result.bids) == ["bidder-a", "bidder-b", "bidder-c", "bidder-d"]
    assert branded.bidders(result.candidates) == ["bidder-a", "bidder-c", "bidder-d"]
    site = Site(branded)
    room = booth(site, branded.members[1]).get(f"/room/{branded.case_id}/{LOT}")
    for words in ("下列写法为同一品牌：Haier、海尔", "由排名在前的 投标人a 获得推荐资格"):
        assert words in room
    for lang, expected in (("zh", "投标人b 保留得分和排名，不作为中标候选人"), ("en", "投标人b keeps score and rank")):
        content = report_content(branded.platform, branded.case, LOT, branded.lot_records, lang)
        assert expected in render_xml("evaluation_report", content, lang)
        assert [one.rank for one in content.candidates] == [1, 2, 3]
    branded.sign()
    assert branded.state.stage is Stage.CLOSED
    assert results_played(branded, site)
    assert wrong(branded, bundle_of(branded)) == set()


def test_agency_and_bidder_read_why_a_bid_is_no_candidate(branded):
    site = Site(branded)
    report = site.browser("officer").get(f"/cases/{branded.case_id}/lots/{LOT}/report")
    assert "与 投标人a 核心产品品牌相同，不推荐" in report
    assert "第 2 候选人" in report
    assert "同品牌的另一投标排名在前" in page_of(branded, site, "bidder-b")
    assert "Another bid of the same brand ranks before" in page_of(branded, site, "bidder-b", "en")
    for login in ("bidder-a", "bidder-c"):
        assert "同品牌" not in page_of(branded, site, login)


@pytest.mark.parametrize("type", ["ReviewConcluded", "ResultsComputed"])
def test_a_brand_that_is_left_out_afterwards_is_found_out(branded, type):
    files = bundle_of(branded)
    lines = copy.deepcopy(tampering.lines_of(files))
    entry = next(line["entry"] for line in lines if line["entry"]["type"] == type)
    if type == "ReviewConcluded":
        entry["payload"]["brands"] = encode(())
    else:
        second = next(row for row in entry["payload"]["result"]["bids"] if row.pop("behind", ""))
        entry["payload"]["result"]["candidates"][1] = second["bid"]
    forged = tampering.by_platform(files, lines, branded.platform.keys.platform.key)
    assert {"evidence_consequence_differs", "evidence_result_differs"} & wrong(branded, forged)


def test_a_brand_that_was_read_out_otherwise_is_found_out(branded):
    files = bundle_of(branded)
    lines = copy.deepcopy(tampering.lines_of(files))
    entry = next(line["entry"] for line in lines if line["entry"]["type"] == "BidOpened")
    entry["payload"]["core_brand"] = "别的品牌"
    forged = tampering.by_platform(files, lines, branded.platform.keys.platform.key)
    assert wrong(branded, forged)


def test_too_few_brands_fail_the_lot_and_everybody_reads_why(too_few):
    state = too_few.state
    assert (state.stage, state.failure, state.bidders_counted) == (Stage.FAILED, "too_few_brands", 2)
    assert too_few.told("too_few_brands_bidder") == {too_few.people[login].id for login in too_few.prices}
    assert too_few.people["officer"].id in too_few.told("too_few_brands")
    site = Site(too_few)
    told = "核心产品品牌相同的按一家计算为 2 家"
    assert told in page_of(too_few, site, "bidder-c")
    assert "与另一投标品牌相同" in page_of(too_few, site, "bidder-a")
    assert "与另一投标品牌相同" not in page_of(too_few, site, "bidder-c")
    assert told in booth(site, too_few.members[1]).get(f"/room/{too_few.case_id}/{LOT}")
    content = failed_evaluation(too_few.platform, too_few.case, LOT, too_few.clock(), "zh")
    xml = render_xml("failed_evaluation", content, "zh")
    for words in ("按一家投标人计算为 2 家", "下列写法为同一品牌：Haier、海尔"):
        assert words in xml
    assert wrong(too_few, bundle_of(too_few)) == set()


def test_the_record_of_failure_holds_the_groups(too_few):
    pdf = bundle_of(too_few)[f"documents/failed-evaluation-{LOT}.pdf"]
    data = json.loads(attached_file(pdf, FAILURE_ATTACHMENT))
    assert (data["reason"], data["valid"], data["least"]) == ("too_few_brands", 2, 3)
    assert [too_few.bidders(sorted(group, key=list(too_few.receipts.values()).index)) for group in data["brands"]] == [
        ["bidder-a", "bidder-b"]
    ]


def test_by_the_lowest_price_the_dearer_one_of_a_brand_is_invalid(tmp_path):
    rules = replace(UNADJUSTED, tie_chain=("draw",), may_draw=True)
    case = Cheapest(tmp_path, evaluation=rules).through("found publish bid open draw seat_all elect review")
    case.work_off()
    result = case.state.result
    assert case.bidders(result.candidates) == ["bidder-a", "bidder-c", "bidder-d"]
    assert [row.rank for row in result.bids] == [1, 2, 3, 0]
    site = Site(case)
    assert "由报价最低的 投标人a 参加评标" in booth(site, case.members[1]).get(f"/room/{case.case_id}/{LOT}")
    case.sign()
    assert "—" in results_played(case, site)
    assert "同品牌的另一投标报价在前" in page_of(case, site, "bidder-b")
    assert wrong(case, bundle_of(case)) == set()


def test_works_know_no_core_product(tmp_path):
    with pytest.raises(RuleViolation) as refusal:
        Branded(tmp_path, profile="demo-works").found().publish()
    assert refusal.value.code == "core_product_not_in_profile"


@pytest.mark.parametrize("product", ["", " ", "长" * 61, "空调\n机"])
def test_a_product_that_cannot_be_printed_is_not_published(tmp_path, product):
    class Odd(Branded):
        more_terms = {"core_product": product}  # noqa: RUF012

    with pytest.raises(RuleViolation) as refusal:
        Odd(tmp_path).found().publish()
    assert refusal.value.code == "core_product_unfit"
