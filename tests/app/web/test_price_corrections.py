"""Corrected prices on the pages: who proposes one, who confirms it, and what all read of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

import pytest

from app.procedure.errors import RuleViolation
from evaluation import sitting
from tests.app.services.corrected import WHERE, WHY, Corrected
from tests.app.services.people import LOT
from tests.app.services.questions import IN_TIME
from tests.app.services.test_methods import bundle_of, results_played, wrong
from tests.app.web.site import Browser, Site, booth
from tests.app.web.test_anonymous_bids import AnonymousCase
from tests.app.web.test_clarification_pages import desk, room, signs

PRICE = "1583000.50"


@pytest.fixture
def case(tmp_path) -> Corrected:
    return Corrected(tmp_path).until_results()


@pytest.fixture
def site(case: Corrected) -> Site:
    return Site(case)


def seat(case: Corrected, site: Site, number: int) -> Browser:
    return booth(site, case.members[number])


def test_a_member_proposes_by_the_published_rules_and_reads_both_prices_before_it_signs(case, site):
    member, bid = seat(case, site, case.others[0]), case.state.bids[0].bid
    page = member.get(room(case))
    assert "报价的算术修正" in page
    assert "总价与按单价汇总的金额不一致" in page
    assert "单价与总价不一致，以单价为准" not in page  # goods know no such rule
    path = room(case, "/prices/corrections")
    empty = member.post(path, bid="", price="", place="", question="").get_data(as_text=True)
    for words in ("请选择投标人", "请选择依据", "请填写修正后的报价", "请写明是哪一份文件的哪一处", "请写明问题"):
        assert words in empty, words
    fields = {"bid": bid, "ground": "sum_over_total", "price": PRICE, "place": WHERE, "question": WHY}
    asking = member.post(path, **fields)
    assert signs(asking, "ClarificationProposed")
    text = asking.get_data(as_text=True)
    for words in ("1,583,000.50", "壹佰伍拾捌万叁仟元伍角", "唱标报价", "不确认或者逾期没有确认的，该投标被否决"):
        assert words in text, words
    read_out = str(case.state.bids[0].price)
    for price, words in (("0.001", "最多两位小数"), (read_out, "不需要修正")):
        refused = member.post(path, **fields | {"price": price})
        assert words in refused.get_data(as_text=True)
        assert not signs(refused, "ClarificationProposed")


def test_the_bidder_reads_both_prices_and_the_consequence_and_is_asked_once(case, site):
    case.correct("c1", PRICE)
    assert "要求确认" in seat(case, site, case.chair).get(room(case))
    sending = seat(case, site, case.chair).get(room(case, "/clarifications/c1/sending"))
    assert PRICE[:4] in sending.replace(",", "")
    case.send("c1")
    browser, path = site.browser("bidder-a"), desk(case, "/clarifications/c1")
    page = browser.get(path)
    for words in (
        "唱标报价",
        "¥1,566,000.00",
        "¥1,583,000.50",
        "壹佰伍拾捌万叁仟元伍角",
        "投标被否决",
        "data-countdown",
    ):
        assert words in page, words
    assert "席位" not in page
    assert "请选择确认或者不确认" in browser.post(path).get_data(as_text=True)
    against = browser.post(path, confirms="no")
    assert '"confirms": false' in against.get_data(as_text=True)
    confirming = browser.post(path, confirms="yes", text="汇总时漏计。")
    assert signs(confirming, "ClarificationAnswered")
    assert "中标的也按它签订合同" in confirming.get_data(as_text=True)
    case.confirm("c1", text="汇总时漏计。")
    done = browser.get(path)
    assert "已确认修正后的报价" in done
    assert 'name="confirms"' not in done
    member = seat(case, site, case.others[1])
    page = member.get(room(case))
    for words in ("已确认修正后的报价", "唱标报价", "投标人已确认", "1566000 + 17000.5", "汇总时漏计。"):
        assert words in page, words
    member.client.get("/?lang=en")
    assert "the sum of the unit prices counts over the total" in member.get(room(case))


def test_the_replay_tells_of_the_question_the_confirmation_and_both_prices(case, site):
    case.ask_to_confirm("c1", PRICE)
    case.confirm("c1", text="汇总时漏计。")
    case.work_off()
    case.report()
    browser, url = site.browser("regulator"), f"/cases/{case.case_id}/lots/{LOT}/replay"
    steps = int(re.search(r"共 (\d+) 步", browser.get(url))[1])
    told = "".join(browser.get(f"{url}?at={at}") for at in range(steps, 0, -1))
    for words in (
        "提议由 投标人a 确认修正后的报价 1,583,000.50 元",
        "收到算术修正确认要求",
        "书面确认修正后的报价。说明：汇总时漏计。",
        "唱标报价 1,566,000.00 元，修正为 1,583,000.50 元",
    ):
        assert words in told, words
    results = "".join(results_played(case, site))
    assert "1,583,000.50" in results
    assert "1,566,000.00" in results
    ranking = site.browser("officer").get(f"/cases/{case.case_id}/lots/{LOT}/report")
    for words in ("唱标报价", "1,566,000.00", "1,583,000.50", "以汇总金额为准"):
        assert words in ranking, words


def test_who_does_not_answer_reads_that_its_bid_is_rejected(case, site):
    case.ask_to_confirm("c1", PRICE)
    assert "还没有办结" in seat(case, site, case.others[0]).get(room(case))
    case.work_off(IN_TIME)
    assert "逾期未确认" in site.browser("bidder-a").get(desk(case, "/clarifications/c1"))
    page = seat(case, site, 1).get(room(case))
    assert "期限内没有收到确认，该投标被否决" in page
    assert "没有确认按公布的规则修正的报价" in page


def test_the_notice_says_by_which_rules_a_price_is_corrected(case, site):
    page = site.browser().get(f"/cases/{case.case_id}")
    assert "(1) 开标一览表与投标文件明细不一致，以开标一览表为准" in page
    assert re.search("财政部令第87号第 ?59 ?条", page)


@dataclass
class AnonymousCorrected(AnonymousCase, Corrected):
    """The same with technical bids without names."""


def test_where_bids_are_anonymous_nothing_is_corrected_before_names_and_prices_are_known(tmp_path):
    case = AnonymousCorrected(tmp_path).until_review()
    case.review()
    site = Site(case)
    assert "报价的算术修正" not in seat(case, site, case.others[0]).get(room(case))
    with pytest.raises(RuleViolation) as refusal:
        case.correct("c1", PRICE)
    assert refusal.value.code == "price_not_known"
    bids = list(case.state.valid)
    case._each(lambda n: sitting.ScoreSheetLocked(n, case.sheet(n, bids), {}))
    case.work_off()
    case.ask_to_confirm("c1", PRICE)
    page = site.browser("bidder-a").get(desk(case, "/clarifications/c1"))
    assert "¥1,566,000.00" in page
    case.confirm("c1", text="投标人a 确认。")  # names are known
    assert case.state.result[case.sitting_bid("bidder-a")].price == Decimal(PRICE)
    case.work_off()
    case.report()
    assert wrong(case, bundle_of(case)) == set()
