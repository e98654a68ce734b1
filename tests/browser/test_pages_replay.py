"""A replay in a real browser: it goes on by itself, halts, and is led by keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from axe import violations
from live_case import LiveCase
from playwright.sync_api import Browser, Page, expect

from tests.app.services.whole_case import DRAWN, LOT, WholeCase

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCase]:
    folder = tmp_path_factory.mktemp("replayed")
    with ThreadPoolExecutor(1) as pool:
        case = pool.submit(lambda: WholeCase(folder).through(f"{DRAWN} seat_all elect")).result()
    serving = LiveCase(case)
    yield serving
    serving.stop()


def at(page: Page, number: int) -> None:
    expect(page.get_by_role("heading", name=re.compile(rf"第 {number} 步 "))).to_be_visible()
    expect(page).to_have_url(re.compile(rf"at={number}$"))


def test_a_replay_plays_halts_and_ends(live: LiveCase, browser: Browser):
    page = live.page(browser, "centre")
    url = f"{live.url}/cases/{live.case.case_id}/lots/{LOT}/replay"
    page.goto(url)
    count = page.get_by_text(re.compile(r"第 1 步，共 \d+ 步"))
    last = int(re.findall(r"\d+", count.inner_text())[-1])
    assert violations(page) == []
    play, halt = page.get_by_role("button", name="播放"), page.get_by_role("button", name="暂停")
    play.click()
    at(page, 2)
    expect(halt).to_be_focused()  # the page changed around it
    at(page, 3)
    halt.click()
    page.wait_for_timeout(2500)
    at(page, 3)
    assert violations(page) == []
    page.keyboard.press("ArrowRight")
    at(page, 4)
    page.keyboard.press("ArrowLeft")
    at(page, 3)
    page.goto(f"{url}?at={last - 1}")
    play.click()
    at(page, last)
    expect(play).to_be_disabled()
