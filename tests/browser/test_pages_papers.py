"""Bids in the viewer of the room: drawn page by page, marked, searched, by keys alone; nothing in a PDF runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from axe import violations
from live_case import LiveCase
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.app.services.whole_case import LOT
from tests.app.web.papers import PaperCase
from tests.app.web.site import booth, booth_token

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
INK = """canvas => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]
  .filter(value => value < 90).length"""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCase]:
    with ThreadPoolExecutor(1) as pool:
        case = pool.submit(lambda: PaperCase(tmp_path_factory.mktemp("papers")).until_scoring()).result()
    serving = LiveCase(case)
    serving.aside(booth, serving.site, case.members[1])
    yield serving
    serving.stop()


@pytest.fixture
def desk(live: LiveCase, browser: Browser) -> Iterator[Page]:
    """The desk of a seat; whatever its page or its workers refuse to run, ask for or say fails the test."""
    page = live.context(browser, booth_token(live.case.members[1])).new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text) if "Content Security" in message.text else None)
    page.on("dialog", lambda dialog: troubles.append(dialog.message))
    page.on("request", lambda request: troubles.append(request.url) if "evil" in request.url else None)
    page.goto(room(live, f"?bid={live.case.receipts['bidder-a']}"))
    yield page
    page.context.close()
    assert troubles == []


def room(live: LiveCase, path: str = "") -> str:
    return f"{live.url}/room/{live.case.case_id}/{LOT}{path}"


def test_a_bid_is_read_beside_the_form(live: LiveCase, desk: Page):
    paper = desk.locator("[data-paper]")
    expect(paper.locator("[data-paper-pages]")).to_have_text("3")
    canvas = paper.locator("canvas")
    expect(canvas).to_have_attribute("aria-label", "第 1 页，共 3 页")
    expect(paper.locator("[data-paper-text]")).to_have_text("施工方案 bidder-a")
    assert canvas.evaluate(INK) > 100  # a font that is not in the file is drawn all the same
    assert re.match(r"席位 1 · T-2026-1/1 · \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$", paper.get_attribute("data-marked") or "")
    assert violations(desk) == []
    paper.get_by_role("button", name="下一页").click()
    expect(canvas).to_have_attribute("aria-label", "第 2 页，共 3 页")
    wide = canvas.bounding_box()
    paper.get_by_role("button", name="放大").click()
    expect(paper.locator("[data-paper-zoom]")).to_have_text("125%")
    assert wide
    assert (canvas.bounding_box() or wide)["width"] > wide["width"] * 1.2


def test_keys_alone_lead_to_a_word_and_to_the_pages_of_a_criterion(live: LiveCase, desk: Page):
    canvas, status = desk.locator("[data-paper] canvas"), desk.locator("[data-paper-status]")
    expect(canvas).to_have_attribute("aria-label", "第 1 页，共 3 页")
    desk.keyboard.press("/")
    desk.keyboard.type("业绩 一览")
    desk.keyboard.press("Enter")
    expect(canvas).to_have_attribute("aria-label", "第 3 页，共 3 页")
    desk.locator("[data-paper-word]").fill("没有这个词")
    desk.keyboard.press("Enter")
    expect(status).to_have_text("没有找到“没有这个词”")
    desk.keyboard.press("Escape")
    desk.keyboard.press("1")
    desk.keyboard.press("Escape")
    desk.keyboard.press("p")
    expect(canvas).to_have_attribute("aria-label", "第 2 页，共 3 页")
    desk.keyboard.press("ArrowRight")
    expect(canvas).to_have_attribute("aria-label", "第 3 页，共 3 页")
    desk.keyboard.press("Home")
    expect(canvas).to_have_attribute("aria-label", "第 1 页，共 3 页")


ONE_ABOVE_THE_OTHER = """() => {
  const boxOf = (side) => document.querySelector(`[data-paper="${side}"]`).getBoundingClientRect();
  const [left, right] = ['left', 'right'].map(boxOf);
  return left.height > 0 && left.bottom <= right.top;
}"""


def test_two_bids_are_read_and_scored_side_by_side(live: LiveCase, desk: Page):
    desk.goto(room(live, "/compare"))
    for side in ("left", "right"):
        expect(desk.locator(f'[data-paper="{side}"] canvas')).to_have_attribute("aria-label", "第 1 页，共 3 页")
    assert violations(desk) == []
    fields = desk.locator("[data-score]")
    fields.nth(1).fill("30.5")
    expect(desk.locator("[data-score-saved]").nth(1)).to_contain_text("已保存")
    expect(desk.locator("[data-score-total]").nth(1)).to_have_text("30.50")
    desk.set_viewport_size({"width": 390, "height": 844})
    desk.wait_for_function(ONE_ABOVE_THE_OTHER)  # once both are drawn anew
    assert desk.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_the_second_window_takes_over_and_the_first_says_so(live: LiveCase, desk: Page):
    bid = live.case.receipts["bidder-c"]
    desk.goto(room(live, f"?bid={bid}"))
    field, told = f"#score-{bid}-plan", desk.locator("[data-desk-elsewhere]")
    desk.locator(field).fill("20")
    expect(desk.locator(f"{field}-saved")).to_contain_text("已保存")
    second = desk.context.new_page()
    second.goto(room(live, f"?bid={bid}"))
    expect(told).to_contain_text("已在另一个窗口打开")
    expect(desk.locator(field)).not_to_be_editable()
    assert violations(desk) == []
    second.locator(field).fill("21.5")
    expect(second.locator(f"{field}-saved")).to_contain_text("已保存")
    expect(desk.locator(field)).to_have_value("21.50")  # shown, and not to be changed
    desk.get_by_role("button", name="在本窗口继续").click()
    expect(told).to_be_hidden()
    expect(second.locator("[data-desk-elsewhere]")).to_be_visible()
    desk.locator(field).fill("22")
    expect(desk.locator(f"{field}-saved")).to_contain_text("已保存")
    expect(second.locator(field)).to_have_value("22.00")
    second.close()
    desk.locator(field).evaluate("field => { field.dataset.seq = '1'; }")  # as if it had not seen what came since
    desk.locator(field).fill("23")
    expect(desk.locator(f"{field}-saved")).to_contain_text("又保存过：现为 22.00")
    expect(desk.locator(field)).not_to_have_attribute("data-seq", "1")  # it has seen by now what came since
    desk.locator(field).fill("23.5")
    expect(desk.locator(f"{field}-saved")).to_contain_text("已保存")
    expect(desk.locator('[data-saved-cell][data-criterion="plan"]').filter(has_text="23.50")).to_have_count(1)


def choose(paper: Locator, name: str) -> None:
    files = paper.locator("[data-paper-file]")
    files.select_option(files.locator("option", has_text=name).get_attribute("value"))


def test_a_picture_is_a_page_with_the_mark_upon_it(live: LiveCase, desk: Page):
    paper = desk.locator("[data-paper]")
    expect(paper.locator("[data-paper-pages]")).to_have_text("3")
    choose(paper, "营业执照")
    canvas = paper.locator("canvas")
    expect(canvas).to_have_attribute("aria-label", "第 1 页，共 1 页")
    expect(paper.locator("[data-paper-status]")).to_contain_text("没有可查找的文字")
    assert canvas.evaluate(INK) > 100
    choose(paper, "技术方案")
    expect(canvas).to_have_attribute("aria-label", "第 1 页，共 3 页")


def test_a_file_that_is_no_pdf_is_said_to_be_damaged(live: LiveCase, desk: Page):
    def garbage(route: Route) -> None:
        first, last = map(int, re.findall(r"\d+", route.request.headers["range"]))
        route.fulfill(status=206, body=b"\x00" * (last - first + 1))

    desk.route("**/api/v1/files/*", garbage)
    desk.goto(room(live, f"?bid={live.case.receipts['bidder-b']}"), wait_until="commit")
    expect(desk.locator("[data-paper-status]")).to_contain_text("文件损坏或者不是规范的 PDF")


def test_a_viewer_left_open_shows_nothing_more_once_the_seat_may_not_read(live: LiveCase, desk: Page):
    paper = desk.locator("[data-paper]")
    expect(paper.locator("canvas")).to_have_attribute("aria-label", "第 1 页，共 3 页")
    desk.route("**/api/v1/files/*", lambda route: route.fulfill(status=404, json={"error": {"message": "不存在。"}}))
    desk.goto(room(live, f"?bid={live.case.receipts['bidder-b']}"), wait_until="commit")
    expect(desk.locator("[data-paper-status]")).to_have_text("不存在。")
    assert desk.locator("canvas").evaluate("canvas => canvas.width") == 0
