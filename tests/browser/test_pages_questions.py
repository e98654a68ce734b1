"""Votes, questions and answers by clicking: a clarification, a corrected price, and whether competition is lacking."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from axe import ids_twice, violations
from live_case import LiveCase
from playwright.sync_api import Browser, Page, expect

from app.casefile.bid_ids import bid_of
from evaluation.sitting import Stage
from tests.app.services.corrected import Corrected
from tests.app.services.questions import Asking
from tests.app.services.test_methods import COURSE
from tests.app.services.test_too_few_valid import Few
from tests.app.services.whole_case import LOT

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
PHONE, DESK = 390, 1280
UNTIL_VOTE = COURSE[: COURSE.index("review") + len("review")]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[[Callable[[Path], Asking | Few]], LiveCase]]:
    """A live case that was played up to some point."""
    serving: list[LiveCase] = []

    def begun(play: Callable[[Path], Asking | Few]) -> LiveCase:
        with ThreadPoolExecutor(1) as pool:
            serving.append(LiveCase(pool.submit(play, tmp_path).result()))
        return serving[-1]

    yield begun
    for one in serving:
        one.stop()


def fine(page: Page) -> None:
    """Accessible, and no wider than the screen."""
    assert (violations(page), ids_twice(page)) == ([], [])
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def signs(page: Page) -> None:
    """What is to be signed stands on a page of its own; the signature leads back."""
    expect(page.get_by_role("button", name="签名并提交")).to_be_visible()
    fine(page)
    page.get_by_role("button", name="签名并提交").click()
    expect(page.get_by_role("button", name="签名并提交")).to_have_count(0)


def agrees(live: LiveCase, browser: Browser, seat: int, width: int) -> None:
    page = live.booth(browser, seat, width)
    expect(page.get_by_role("heading", name="对是否询问投标人投票")).to_be_visible()
    fine(page)
    page.get_by_role("link", name="同意询问", exact=True).click()
    signs(page)
    page.context.close()


def sends(live: LiveCase, browser: Browser) -> Page:
    chair = live.booth(browser, live.case.chair)
    expect(chair.get_by_role("heading", name="把表决通过的问题发给投标人")).to_be_visible()
    chair.get_by_role("link", name="发给投标人").click()
    fine(chair)
    chair.get_by_role("button", name="核对并签名").click()
    signs(chair)
    return chair


def asked_page(live: LiveCase, browser: Browser, width: int) -> Page:
    """The bidder that is asked, on its way from its desk to the question."""
    case = live.case
    (asked,) = case.state.clarifications.values()
    who = next(
        one for one, receipt in case.receipts.items() if bid_of(case.case.lots[LOT], receipt) == asked.proposed.bid
    )
    page = live.page(browser, who, width)
    page.goto(f"{live.url}/bidder/cases/{case.case_id}/lots/{LOT}")
    page.get_by_role("link", name="阅读并答复").click()
    expect(page.get_by_role("button", name="核对并签名")).to_be_visible()
    fine(page)
    return page


def test_a_clarification_from_the_proposal_to_the_answer(begin, browser: Browser):
    live = begin(lambda folder: Asking(folder).until_review())
    first, second = live.case.others[:2]
    page = live.booth(browser, first)
    page.get_by_text("提议询问投标人").click()
    form = page.locator("form", has=page.get_by_label("投标文件的位置"))
    form.get_by_role("button", name="核对并签名").click()
    expect(page.locator(".error-summary:not([hidden])").first).to_be_visible()
    form.get_by_label("投标人", exact=True).select_option(index=1)
    form.get_by_label("含义不明确").check()
    form.get_by_label("投标文件的位置").fill("技术方案第 12 页")
    form.get_by_label("问题").fill("交货期以哪一处为准？")
    form.get_by_role("button", name="核对并签名").click()
    signs(page)
    expect(page.get_by_text("您已投票：同意询问。")).to_be_visible()
    agrees(live, browser, second, PHONE)
    agrees(live, browser, live.case.chair, DESK)
    sends(live, browser)
    bidder = asked_page(live, browser, PHONE)
    bidder.get_by_label("答复", exact=True).fill("以第 3 页的 60 日为准。")
    bidder.get_by_role("button", name="核对并签名").click()
    signs(bidder)
    expect(page.get_by_text("以第 3 页的 60 日为准。").first).to_be_visible()
    fine(page)


@pytest.mark.parametrize("confirms", [True, False])
def test_a_corrected_price_is_confirmed_or_not(begin, browser: Browser, confirms: bool):
    live = begin(lambda folder: Corrected(folder).until_results())
    first, second = live.case.others[:2]
    page = live.booth(browser, first)
    page.get_by_text("提议修正报价").click()
    form = page.locator("form", has=page.get_by_label("修正后的报价"))
    form.get_by_label("投标人", exact=True).select_option(label="投标人a")
    form.get_by_label(re.compile("汇总")).first.check()
    form.get_by_label("修正后的报价").fill("1590000.00")
    form.get_by_label("投标文件的位置").fill("分项报价表第 2 页合计")
    form.get_by_label("问题").fill("各项单价汇总与总价不一致，请确认。")
    fine(page)
    form.get_by_role("button", name="核对并签名").click()
    expect(page.get_by_text("壹佰伍拾玖万元整").first).to_be_visible()
    signs(page)
    agrees(live, browser, second, DESK)
    agrees(live, browser, live.case.chair, PHONE)
    sends(live, browser)
    bidder = asked_page(live, browser, PHONE)
    expect(bidder.get_by_text("壹佰伍拾玖万元整").first).to_be_visible()
    bidder.get_by_label("确认修正后的报价" if confirms else "不确认（投标被否决）", exact=True).check()
    bidder.get_by_role("button", name="核对并签名").click()
    signs(bidder)
    if confirms:
        expect(page.get_by_text("已确认修正后的报价").first).to_be_visible()
        expect(page.get_by_role("table", name="评分汇总表")).to_contain_text("1,590,000.00")
    else:
        expect(page.get_by_text("不确认修正后的报价，该投标被否决").first).to_be_visible()
        expect(page.get_by_role("heading", name="评审结束，本标包流标")).to_be_visible()
    page.set_viewport_size({"width": PHONE, "height": 900})
    fine(page)


def test_members_vote_on_whether_competition_is_lacking(begin, browser: Browser):
    live = begin(lambda folder: Few(folder, profile="demo-works").through(UNTIL_VOTE))
    case = live.case
    seats = sorted(case.members)
    page = live.booth(browser, seats[0])
    expect(page.get_by_role("heading", name="就是否明显缺乏竞争表决")).to_be_visible()
    fine(page)
    form = page.locator("#competition")
    form.get_by_label("明显缺乏竞争，否决全部投标").check()
    form.get_by_role("button", name="核对并签名").click()
    expect(page.locator(".error-summary:not([hidden])").first).to_be_visible()  # a reason is missing
    form.get_by_label("理由").fill("两家报价和方案都相近")
    form.get_by_role("button", name="核对并签名").click()
    signs(page)
    for seat in seats[1:3]:
        live.aside(case.act, case.members[seat], case.vote_of(seat, False))
    phone = live.booth(browser, seats[3], PHONE)
    phone.locator("#competition").get_by_label("不缺乏竞争，继续评审").check()
    fine(phone)
    phone.locator("#competition").get_by_role("button", name="核对并签名").click()
    signs(phone)
    assert case.state.stage is Stage.SCORING
    expect(page.get_by_role("heading", name="评分台")).to_be_visible()
