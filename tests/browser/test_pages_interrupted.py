"""A sitting that is interrupted, in real browsers: another booth, nobody let in, a fault and its end."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from axe import violations
from live_case import LiveCase
from playwright.sync_api import Browser, Page, expect

from app.services import call_ups
from evaluation import sitting
from evaluation.sitting import Disposition
from tests.app.services.test_standstills import Standing
from tests.app.services.whole_case import LOT

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
PICTURES = os.environ.get("PICTURES", "")
MOVER = 2


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCase]:
    folder = tmp_path_factory.mktemp("interrupted")
    with ThreadPoolExecutor(1) as pool:
        case = pool.submit(lambda: Standing(folder).until_scoring()).result()
    serving = LiveCase(case)
    yield serving
    serving.stop()


def looked_at(page: Page, name: str) -> None:
    """Accessible and within the screen at both widths; kept as a picture where PICTURES names a folder."""
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert violations(page) == [], name
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width, name
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=True)


def booth_with_key(live: LiveCase, browser: Browser, number: int) -> Page:
    """The code typed and a key made: it waits for the witness."""
    case = live.case
    person = case.case.lots[LOT].sitting.seats[number].person
    page = live.context(browser).new_page()
    page.goto(f"{live.url}/seat")
    page.get_by_label("通知中的编码").fill(call_ups.call_up_code(case.platform, case.case_id, LOT, person))
    page.get_by_role("button", name="继续").click()
    expect(page.get_by_text("您已在另一台机位签到")).to_be_visible()
    looked_at(page, "booth-taken")
    page.get_by_role("button", name="制作新密钥").click()
    page.get_by_role("button", name="申请证书").click()
    expect(page).to_have_url(re.compile(r"/seat/waiting$"))
    return page


def moved(live: LiveCase, browser: Browser, witness: Page, number: int) -> Page:
    booth = booth_with_key(live, browser, number)
    witness.goto(f"{live.url}/witness")
    looked_at(witness, "witness-desk")
    witness.get_by_role("link", name="核验").first.click()
    witness.get_by_label("换机位的原因").fill("屏幕不亮")
    witness.get_by_label("收存的手机").fill("1")
    looked_at(witness, "witness-change")
    witness.get_by_role("button", name="核对并签名").click()
    expect(witness.get_by_role("button", name="签名并提交")).to_be_enabled()
    looked_at(witness, "witness-change-sign")
    witness.get_by_role("button", name="签名并提交").click()
    expect(witness).to_have_url(re.compile(r"/witness$"))
    expect(booth).to_have_url(re.compile(r"/room/"))
    return booth


def test_a_booth_breaks_and_its_member_goes_on_at_another_one(live: LiveCase, browser: Browser):
    case = live.case
    witness = live.page(browser, case.witness_of(MOVER))
    first = moved(live, browser, witness, MOVER)
    expect(first.get_by_role("heading", name="独立评分")).to_be_visible()
    bid = case.state.valid[0]
    first.goto(f"{live.url}/room/{case.case_id}/{LOT}?bid={bid}")
    first.locator(f"#score-{bid}-plan").fill("41.5")
    expect(first.locator(f"#score-{bid}-plan-saved")).to_contain_text("已保存")
    second = moved(live, browser, witness, MOVER)
    expect(first).to_have_url(re.compile(r"/seat/waiting$"))  # by itself
    expect(first.get_by_role("heading", name="您已换到另一台机位")).to_be_visible()
    looked_at(first, "booth-old")
    second.goto(f"{live.url}/room/{case.case_id}/{LOT}?bid={bid}")
    expect(second.locator(f"#score-{bid}-plan")).to_have_value("41.50")
    looked_at(second, "booth-new")
    refuse(live, browser, witness)
    stand_still(live, browser, second, witness)


def refuse(live: LiveCase, browser: Browser, witness: Page) -> None:
    booth = booth_with_key(live, browser, MOVER)
    witness.goto(f"{live.url}/witness")
    witness.get_by_role("link", name="身份不符，或本人拒绝").first.click()
    witness.get_by_role("textbox", name="说明").fill("照片不符")
    looked_at(witness, "witness-refuse")
    witness.get_by_role("button", name="核对并签名").click()
    looked_at(witness, "witness-refuse-sign")
    witness.get_by_role("button", name="签名并提交").click()
    expect(booth.get_by_role("heading", name="见证人没有让这台机位入座")).to_be_visible()
    looked_at(booth, "booth-refused")


def stand_still(live: LiveCase, browser: Browser, booth: Page, witness: Page) -> None:
    case = live.case
    bid = case.state.valid[0]
    home = f"{live.url}/cases/{case.case_id}/lots/{LOT}/standstill"
    witness.goto(home)
    looked_at(witness, "standstill-runs")
    centre, inspector = live.page(browser, "centre"), live.page(browser, "inspector")
    for page in (centre, inspector):
        page.goto(home)
        expect(page.get_by_role("heading", name="评审正在进行")).to_be_visible()
    there = centre.locator(".presence li").filter(has_text="见证人")
    expect(there.get_by_text("在线", exact=True)).to_have_count(1)  # whose page of it is open
    witness.get_by_label("故障情况").fill("专线中断")
    witness.get_by_role("region", name="报告线路或场所故障").get_by_role("button").click()
    witness.get_by_role("button", name="签名并提交").click()
    expect(witness.get_by_role("heading", name="评审已中断").first).to_be_visible()
    looked_at(witness, "standstill-fault")
    for page in (booth, centre, inspector):
        expect(page.get_by_role("heading", name="评审已中断").first).to_be_visible()  # by itself
    looked_at(booth, "room-stands")
    witness.get_by_label("怎样排除").fill("已切换备用线路")
    witness.get_by_role("region", name="故障已排除").get_by_role("button").click()
    witness.get_by_role("button", name="签名并提交").click()
    expect(booth.get_by_role("heading", name="独立评分")).to_be_visible()
    booth.goto(f"{live.url}/room/{case.case_id}/{LOT}?bid={bid}")
    expect(booth.locator(f"#score-{bid}-plan")).to_have_value("41.50")
    live.aside(case.act, "regulator", sitting.SittingOrderProposed(Disposition.SUSPEND, "核查投诉"))
    expect(inspector.get_by_role("link", name="去签发")).to_be_visible()  # by itself
    expect(centre.get_by_role("link", name="去签发")).to_have_count(0)
    looked_at(inspector, "standstill-order")
    inspector.get_by_role("link", name="去签发").click()
    inspector.get_by_role("button", name="签名签发").click()
    expect(booth.get_by_role("heading", name="评审已中断，请等待")).to_be_visible()
    officer = live.page(browser, "officer")
    officer.goto(home)
    looked_at(officer, "standstill-officer")
