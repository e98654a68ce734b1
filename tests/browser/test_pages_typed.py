"""What a member types in the room outlives whatever the others do meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from axe import violations
from live_case import LiveCase
from playwright.sync_api import Browser, Page, expect

from evaluation import sitting
from evaluation.scoring import ScorePlace
from tests.app.services.test_booths import Moving
from tests.app.services.whole_case import DRAWN, LOT
from tests.app.web.site import booth, booth_token

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
RESTORED = "已恢复您在本机填写、尚未提交的内容。"


def seated(case: Moving) -> Moving:
    case.through(DRAWN)
    case.members = {number: case._seat(number) for number in sorted(case.state.seats)}
    return case


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCase]:
    with ThreadPoolExecutor(1) as pool:
        case = pool.submit(lambda: seated(Moving(tmp_path_factory.mktemp("typed")))).result()
    serving = LiveCase(case)
    yield serving
    serving.stop()


def room_page(live: LiveCase, browser: Browser, number: int) -> Page:
    person = live.case.members[number]
    live.aside(booth, live.site, person)
    page = live.context(browser, booth_token(person)).new_page()
    page.goto(f"{live.url}/room/{live.case.case_id}/{LOT}")
    return page


def test_what_is_typed_in_the_room_stays(live: LiveCase, browser: Browser):
    case = live.case
    chair, mine = [number for number, seat in case.state.seats.items() if seat.role == "expert"][:2]
    page = room_page(live, browser, mine)
    states_a_conflict(page)
    live.aside(case._each, lambda n: sitting.StatementMade(n, True, ""))
    live.aside(case._each, lambda n: sitting.ChairVoted(n, chair, 1))
    reviews_over_a_recess(live, page, chair)
    bids = [bid.bid for bid in case.state.bids]
    found = tuple(sitting.ReviewFinding(bid, "formal", True, "") for bid in bids)
    live.aside(case._each, lambda n: sitting.BidsReviewed(n, found))
    other = next(n for n in case.members if n not in (chair, mine))
    sheets = {n: case.sheet(n, bids) for n in case.members}
    sheets[other][bids[0]] = case.far(other, bids)[bids[0]]
    live.aside(case._each, lambda n: sitting.ScoreSheetLocked(n, sheets[n], {}))
    dissents_while_others_ask(live, page, other)
    dissents_until_others_sign(live, page, chair, other)


def states_a_conflict(page: Page) -> None:
    """To the page of the signature and back, and past a form that was refused."""
    page.get_by_label("有应当回避的情形，退出本次评审").check()
    page.get_by_role("button", name="核对并签名").first.click()
    expect(page.locator(".error-summary:not([hidden])").first).to_be_visible()
    page.get_by_label("应当回避的情形").last.fill("与投标人有亲属关系")
    page.get_by_role("button", name="核对并签名").first.click()
    page.get_by_role("button", name="返回修改").click()
    states = page.get_by_label("有应当回避的情形，退出本次评审")
    expect(states).to_be_checked()
    expect(page.locator("#conflict").last).to_have_value("与投标人有亲属关系")
    page.wait_for_load_state()
    page.goto(page.url.removesuffix("/statement"))
    expect(page.get_by_text(RESTORED)).to_be_visible()
    expect(states).to_be_checked()
    expect(page.locator("#conflict").last).to_have_value("与投标人有亲属关系")
    page.get_by_role("button", name="清除").click()
    expect(page.get_by_text(RESTORED)).to_be_hidden()
    expect(page.locator("#conflict").last).to_have_value("")


def reviews_over_a_recess(live: LiveCase, page: Page, chair: int) -> None:
    case = live.case
    expect(page.get_by_role("heading", name="逐项作出初步评审结论")).to_be_visible()
    for choice in page.get_by_label("通过", exact=True).all():
        choice.check()
    page.get_by_label("不通过", exact=True).first.check()
    page.get_by_label("不通过的理由").first.fill("缺少签字")
    live.aside(case.act, case.members[chair], sitting.RecessCalled(chair, "午休"))
    expect(page.get_by_role("heading", name="评审已中断，请等待")).to_be_visible()
    live.aside(case.act, case.members[chair], sitting.RecessEnded(chair))
    expect(page.get_by_role("heading", name="逐项作出初步评审结论")).to_be_visible()
    expect(page.get_by_text(RESTORED)).to_be_visible()
    expect(page.get_by_label("不通过", exact=True).first).to_be_checked()
    for choice in page.get_by_label("通过", exact=True).all()[1:]:
        expect(choice).to_be_checked()
    expect(page.get_by_label("不通过的理由").first).to_have_value("缺少签字")
    assert violations(page) == []


def dissents_while_others_ask(live: LiveCase, page: Page, other: int) -> None:
    """A form that is still offered is not taken away: the page says that there is news."""
    case = live.case
    expect(page.get_by_role("table", name="评分汇总表")).to_be_visible()
    page.get_by_text("书面提出不同意见").click()
    dissent = page.get_by_label("不同意见及理由")
    dissent.fill("价格分的基准有误")
    ground = sitting.CorrectionGround.ABNORMAL_SCORE
    places = (ScorePlace(case.state.valid[0], "plan"),)
    live.aside(case.act, case.members[other], sitting.CorrectionRequested(other, ground, "方案分数有误", places))
    news = page.locator("[data-news]")
    expect(news).to_contain_text("有新的进展")
    expect(dissent).to_have_value("价格分的基准有误")
    assert violations(page) == []
    news.get_by_role("link", name="刷新").click()
    expect(page.get_by_text(RESTORED)).to_be_visible()
    expect(news).to_be_hidden()
    expect(dissent).to_be_visible()
    expect(dissent).to_have_value("价格分的基准有误")
    page.get_by_role("button", name="核对并签名").last.click()
    expect(page).to_have_url(re.compile("/dissent$"))


def dissents_until_others_sign(live: LiveCase, page: Page, chair: int, other: int) -> None:
    """Away while there is nothing to dissent from, back with the report, and told when somebody else has signed."""
    case = live.case
    live.aside(case.act, case.members[chair], sitting.SheetReopened(chair, other))
    expect(page.get_by_role("heading", name="等待全部成员锁定评分")).to_be_visible()
    bids = [bid.bid for bid in case.state.bids]
    live.aside(case.act, case.members[other], sitting.ScoreSheetLocked(other, case.sheet(other, bids), {}))
    dissent, news = page.get_by_label("不同意见及理由"), page.locator("[data-news]")
    expect(dissent).to_have_value("价格分的基准有误")
    live.aside(case.work_off)
    news.get_by_role("link", name="刷新").click()
    expect(page.get_by_role("heading", name="阅读并签署评审报告")).to_be_visible()
    expect(dissent).to_have_value("价格分的基准有误")
    live.aside(case._sign, other, case.members[other])
    expect(news).to_be_visible()
    expect(dissent).to_have_value("价格分的基准有误")
