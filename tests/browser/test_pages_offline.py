"""The line is gone: the sheet is finished and signed without it, and comes by itself or in the witness's hands."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from axe import violations
from live_case import LiveCase
from playwright.sync_api import Browser, Page, expect

from tests.app.services.whole_case import DRAWN, LOT, WholeCase

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


def test_a_sheet_is_finished_without_a_line_and_comes_when_it_is_back(live: LiveCase, browser: Browser):
    number = seats_away(live)[0]
    page = live.booth(browser, number)
    first = page.locator("[data-score]").first
    first.fill("7.5")
    first.blur()
    expect(page.locator("[data-score-saved]").first).to_contain_text("已保存")
    expect(page.locator("[data-offline]")).to_be_hidden()
    with live.line_cut():
        fill(page, but=1)
        assert violations(page) == []
        page.get_by_role("button", name="核对并签名（离线）").click()
        expect(page.locator("#offline-errors li")).to_have_count(1)
        last = page.locator("[data-offline-table] input").last
        last.fill("3")
        last.blur()
        page.get_by_role("button", name="核对并签名（离线）").click()
        expect(page.locator("#offline-errors li")).to_have_count(1)  # off the step
        last.fill("8")
        last.blur()
        page.get_by_role("button", name="核对并签名（离线）").click()
        expect(page.locator("[data-offline-state]")).to_contain_text("签名，存在本机")
        expect(page.get_by_role("button", name="保存为加密文件")).to_be_visible()
        assert live.case.state.sheets == {}
    page.wait_for_url("**/offline", timeout=20_000)
    assert live.case.state.offline == {number}
    expect(page.locator("dl.facts")).to_contain_text("签名时间")
    assert violations(page) == []


def test_a_sheet_is_carried_by_the_witness(live: LiveCase, browser: Browser, tmp_path: Path):
    number = seats_away(live)[1]
    page = live.booth(browser, number, 390)
    with live.line_cut():
        fill(page)
        page.get_by_role("button", name="核对并签名（离线）").click()
        with page.expect_download() as saving:
            page.get_by_role("button", name="保存为加密文件").click()
        file = tmp_path / "sheet.json"
        saving.value.save_as(file)
        assert f"席位{number}" in saving.value.suggested_filename
        page.context.close()  # and the booth never comes back
    assert "plan" not in file.read_text()
    witness = live.page(browser, "witness-sub")
    witness.goto(f"{live.url}/witness")
    witness.get_by_role("link", name="交来离线评分表").click()
    assert violations(witness) == []
    for words in ("已收到席位", "已收到席位"):  # the second time changes nothing
        witness.locator("input[type=file]").set_input_files(file)
        witness.get_by_role("button", name="交来").click()
        expect(witness.locator(".alert")).to_contain_text(words)
    assert live.case.state.offline == set(seats_away(live))
    assert f"/witness/sheets/{live.case.case_id}/{LOT}" in witness.url
