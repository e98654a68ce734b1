"""Inspections in real browsers: a draw among its parties while the public watches, results on a phone, every page read
by axe at both widths."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from axe import violations
from live_case import LiveCase
from playwright.sync_api import Browser, Page, expect

from app.procedure.inspections.facts import InspectorsDrawOpened, Part, ResultCode, ResultsEntered
from app.procedure.inspections.pools import visits
from tests.app.services.inspecting import COURSE, PARTIES, Inspecting

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
LOT = "1-objects"


def published(folder: Path) -> Inspecting:
    """A campaign whose draw of objects has begun."""
    desk = Inspecting(folder).through(COURSE)
    desk.published()
    return desk


@pytest.fixture
def live(tmp_path: Path):
    with ThreadPoolExecutor(1) as pool:
        desk = pool.submit(published, tmp_path).result()
    serving = LiveCase(desk)
    yield serving
    serving.stop()


def checked(page: Page, url: str) -> None:
    """A page that axe finds nothing on, and that is as wide as its window."""
    page.goto(url)
    assert violations(page) == [], url
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), url


def give(wall: Page, button: str) -> None:
    wall.get_by_role("button", name=button).click()
    expect(wall.get_by_role("button", name=button)).to_have_count(0)


def test_a_draw_is_held_in_browsers_and_its_results_come_from_a_phone(live: LiveCase, browser: Browser):
    desk, home = live.case, f"{live.url}/inspections/{live.case.case_id}"
    public = live.context(browser, width=390).new_page()
    public.goto(f"{home}/draws/{LOT}")
    walls = {party: live.page(browser, who) for party, who in PARTIES.items()}
    for wall in walls.values():
        wall.goto(f"{home}/draws/{LOT}")
        give(wall, "生成、签名并提交承诺")
    expect(public.locator(".card--sealed")).to_have_count(3)  # as it happens, without a reload
    walls["centre"].get_by_role("link", name="去锁定").click()
    walls["centre"].get_by_role("button", name="签名并提交").click()
    expect(walls["centre"]).to_have_url(re.compile(rf"/draws/{LOT}$"))
    live.aside(desk.sign, LOT)
    for wall in walls.values():
        give(wall, "签名并公开")
    expect(public.locator(".numbers li")).to_have_count(4)
    public.get_by_role("button", name="自己验算").click()
    expect(public.get_by_text("验算一致：本机算出的号码与公布的相同。")).to_be_visible()
    checked = public.locator("[data-draw-checked]")
    expect(checked).to_contain_text("第 1 次抽查，抽取检查对象")
    for drawn in public.locator(".numbers li").all():  # whole codes with their names: codes begin alike
        expect(checked).to_contain_text(f"{drawn.get_attribute('data-number')} {drawn.get_attribute('data-name')}")
        expect(drawn).to_contain_text(drawn.get_attribute("data-name") or "?")
    assert violations(public) == []
    _inspect(live, browser, home)
    _hear(live, browser, home)


def _hear(live: LiveCase, browser: Browser, home: str) -> None:
    """The inspected party signs what it thinks of a result on its phone, and reads it there."""
    desk = live.case
    object_, authority = visits(desk.campaign(), desk.case.draws)[-1]
    first, second = desk.logins_of(object_, authority)
    found = ResultsEntered(1, object_, authority, desk.results(object_, authority, ResultCode.PROBLEM))
    live.aside(desk.act, first, found, "")
    party = live.page(browser, "officer", width=390)
    checked(party, f"{live.url}/inspections/own")
    checked(party, f"{home}/campaigns/1/own/{object_}/{authority}")
    party.get_by_label("意见和理由").fill("存档在二楼，附照片。")
    party.get_by_role("button", name="核对并签名").click()
    party.get_by_role("button", name="签名并提交").click()
    expect(party.get_by_text("待答复")).to_be_visible()
    checked(live.page(browser, second), f"{home}/campaigns/1/visits/{object_}")


def _inspect(live: LiveCase, browser: Browser, home: str) -> None:
    desk = live.case
    live.aside(desk.act, "regulator", InspectorsDrawOpened(1), "")
    live.aside(desk.draw, 1, Part.INSPECTORS)
    object_, authority = visits(desk.campaign(), desk.case.draws)[0]
    first, _second = desk.logins_of(object_, authority)
    phone = live.page(browser, first, width=390)
    visit = f"{home}/campaigns/1/visits/{object_}"
    checked(phone, visit)
    phone.get_by_label("A 发现问题，待后续处理").first.check()
    phone.get_by_label("发现的情况").first.fill("缺三份存档")
    photo = {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8 photo"}
    phone.locator("input[type=file]").set_input_files(photo)
    phone.get_by_role("button", name="核对并签名").click()
    phone.get_by_role("button", name="签名并提交").click()
    expect(phone.get_by_role("heading", name="等待同组另一名检查人员确认")).to_be_visible()
    (outcome,) = desk.campaign().outcomes.values()
    assert [file.name for file in outcome.entered.files] == ["现场.jpg"]
    for path in ("/inspections/desk", "/inspections/items", "/inspections/inspectors"):
        checked(phone, f"{live.url}{path}")
    for path in (
        "",
        "/plan",
        "/campaigns/new",
        "/campaigns/1",
        "/campaigns/1/redraw",
        "/draws/1-inspectors",
        "/statistics",
    ):
        checked(phone, f"{home}{path}")
