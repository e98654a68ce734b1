"""From the desk to the sheet that is locked: what is typed is in it, or the page says that it is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from axe import violations
from live_case import LiveCase
from playwright.sync_api import Browser, Page, expect

from app.services.score_drafts import TypedScore, save_score
from tests.app.services.whole_case import LOT, WholeCase

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)


@pytest.fixture
def live(tmp_path) -> Iterator[LiveCase]:
    with ThreadPoolExecutor(1) as pool:
        case = pool.submit(lambda: WholeCase(tmp_path).until_scoring()).result()
    serving = LiveCase(case)
    yield serving
    serving.stop()


@pytest.fixture
def desk(live: LiveCase, browser: Browser) -> Page:
    """The desk of a member whose sheet is filled in."""
    case = live.case
    seat = min(case.members)
    log_in = case.members[seat].log_in
    for bid in case.state.valid:
        for criterion, value in (("plan", "40"), ("record", "4")):
            typed = TypedScore(bid, criterion, Decimal(value), "")
            live.aside(save_score, case.platform, log_in, case.case_id, LOT, typed)
    page = live.booth(browser, seat)
    expect(page.get_by_label("方案 满分 60")).to_have_value("40.00")
    return page


def test_what_is_typed_last_is_in_the_sheet_that_is_opened_at_once(desk: Page):
    desk.get_by_label("方案 满分 60").press_sequentially("")
    desk.get_by_label("方案 满分 60").fill("45.5")
    desk.get_by_role("link", name="核对并锁定").click()
    expect(desk.get_by_role("cell", name="45.5")).to_have_count(1)
    expect(desk.locator("[data-sheet-waits]")).to_be_hidden()
    expect(desk.get_by_role("button", name="签名并提交")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_sheet_that_lacks_what_waits_on_this_machine_is_not_locked_unawares(live: LiveCase, desk: Page, width: int):
    desk.set_viewport_size({"width": width, "height": 900})
    case, bid = live.case, live.case.state.valid[0]
    command = {"case": case.case_id, "lot": LOT, "bid": bid, "criterion": "plan", "value": "51.00", "comment": ""}
    desk.get_by_role("link", name="核对并锁定").click()
    expect(desk.get_by_role("button", name="签名并提交")).to_be_visible()
    name = desk.evaluate(
        "() => { const { case: id, lot, seat } = document.querySelector('[data-sheet-waits]').dataset;"
        " return `scores:${document.querySelector('meta[name=account]').content}:${id}:${lot}:${seat}`; }"
    )
    waiting = json.dumps([command | {"seq": 1, "command_id": "typed-before"}])
    desk.evaluate("([name, text]) => localStorage.setItem(name, text)", [name, waiting])
    desk.reload()
    told = desk.locator("[data-sheet-waits]")
    expect(told).to_contain_text("本机还有 1 项填写没有存到平台，上表没有它们")
    expect(desk.get_by_role("button", name="签名并提交")).to_be_hidden()
    assert violations(desk) == []
    told.get_by_role("link", name="返回评分台").click()
    expect(desk.locator(f'[data-saved-cell][data-bid="{bid}"][data-criterion="plan"]')).to_have_text("51.00")
    desk.get_by_role("link", name="核对并锁定").click()
    expect(desk.get_by_role("cell", name="51")).to_have_count(1)
    expect(desk.get_by_role("button", name="签名并提交")).to_be_visible()
    desk.evaluate("([name, text]) => localStorage.setItem(name, text)", [name, waiting])
    desk.reload()
    told.get_by_role("button", name="放弃这些填写，按上表锁定").click()
    expect(told).to_be_hidden()
    expect(desk.get_by_role("button", name="签名并提交")).to_be_visible()
