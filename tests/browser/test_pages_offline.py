"""The line is gone: the sheet is finished and signed without it, and comes by itself or in the witness's hands."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from axe import violations
from live_case import LiveCase
from playwright.sync_api import Browser, Page, expect

from tests.app.services.whole_case import DRAWN, WholeCase

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCase]:
    folder = tmp_path_factory.mktemp("offline")
    with ThreadPoolExecutor(1) as pool:
        case = pool.submit(lambda: WholeCase(folder).through(f"{DRAWN} seat_all elect review")).result()
    serving = LiveCase(case)
    yield serving
    serving.stop()


def fill(page: Page, *, but: int = 0) -> None:
    """Every field of the sheet, but for the last ones."""
    page.get_by_text("可以离线完成评分表").click(timeout=20_000)
    fields = page.locator("[data-offline-table] input")
    for at in range(fields.count() - but):
        fields.nth(at).fill("8")
        fields.nth(at).blur()


def seats_away(live: LiveCase) -> list[int]:
    return [number for number, seat in live.case.state.seats.items() if seat.site == live.case.sites[1]]


SIGN, SAVE = "核对并签名（离线）", "保存为加密文件"


def test_sheets_without_a_line_come_by_themselves_or_in_the_witnesss_hands(
    live: LiveCase, browser: Browser, tmp_path: Path
):
    number, other = seats_away(live)
    page, gone = live.booth(browser, number), live.booth(browser, other, 390)
    first = page.locator("[data-score]").first
    first.fill("7.5")
    first.blur()
    expect(page.locator("[data-score-saved]").first).to_contain_text("已保存")
    expect(page.locator("[data-offline]")).to_be_hidden()
    with live.line_cut():
        fill(page, but=1)
        page.get_by_role("button", name=SIGN).click()
        expect(page.locator("#offline-errors li")).to_have_count(1)
        assert violations(page) == []
        last = page.locator("[data-offline-table] input").last
        for text, errors in (("3", 1), ("8", 0)):  # off the step, and on it
            last.fill(text)
            last.blur()
            page.get_by_role("button", name=SIGN).click()
            expect(page.locator("#offline-errors li")).to_have_count(errors)
        expect(page.locator("[data-offline-state]")).to_contain_text("签名，存在本机")
        fill(gone)
        gone.get_by_role("button", name=SIGN).click()
        with gone.expect_download() as saving:
            gone.get_by_role("button", name=SAVE).click()
        file = tmp_path / saving.value.suggested_filename
        saving.value.save_as(file)
        gone.context.close()  # and this booth never comes back
        assert live.case.state.sheets == {}
    page.wait_for_url("**/offline", timeout=20_000)
    assert live.case.state.offline == {number}
    expect(page.locator("#differences")).to_contain_text("7.50")
    assert violations(page) == []

    assert f"席位{other}" in file.name
    assert "plan" not in file.read_text()
    witness = live.page(browser, "witness-sub")
    witness.goto(f"{live.url}/witness")
    witness.get_by_role("link", name="交来离线评分表").click()
    assert violations(witness) == []
    for _again in range(2):  # the second time changes nothing
        witness.locator("input[type=file]").set_input_files(file)
        witness.get_by_role("button", name="交来").click()
        expect(witness.locator(".alert")).to_contain_text("已收到席位")
    assert live.case.state.offline == {number, other}
