"""A site records itself in a real browser: piece by piece, over a lost line and a reload, to the player."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from axe import violations
from live_case import LiveCase
from playwright.sync_api import Browser, expect
from test_pages_pictures import filming, pictures, tile

from app.procedure.recordings import RecordingLookGranted, RecordingLookRequested
from app.services import recordings
from tests.app.services.people import Clock
from tests.app.services.whole_case import DRAWN, LOT, WholeCase

__all__ = ["filming"]
pytestmark = pytest.mark.browser
ENOUGH = 20_000  # milliseconds for pieces of a second


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCase]:
    folder = tmp_path_factory.mktemp("recordings")
    with ThreadPoolExecutor(1) as pool:
        case = pool.submit(lambda: WholeCase(folder).through(f"{DRAWN} seat_all elect")).result()
    serving = LiveCase(case)
    yield serving
    serving.stop()


def numbers(live: LiveCase) -> list[int]:
    case = live.case
    live.aside(case.work_off, 60)
    run = case.case.lots[LOT].recordings.runs.get((case.sites[1], 1))
    return sorted(run.pieces) if run else []


def test_a_site_is_recorded_and_two_inspectors_play_it(live: LiveCase, filming: Browser, monkeypatch):
    case, plain, begun = live.case, recordings.run_state, time.monotonic() - live.case.clock.at.timestamp()

    def flowing(clock: Clock) -> datetime:
        clock.at = max(clock.at + timedelta(milliseconds=1), datetime.fromtimestamp(time.monotonic() - begun, UTC))
        return clock.at

    monkeypatch.setattr(Clock, "__call__", flowing)
    monkeypatch.setattr(recordings, "run_state", lambda *asked: replace(plain(*asked), piece_seconds=1))
    witness = pictures(live, filming, "witness-sub")
    witness.get_by_role("button", name="开始录制").click()
    expect(witness.locator("[data-record-state]")).to_contain_text("请先开启画面")
    witness.get_by_role("button", name="开启画面").click()
    expect(witness.locator("[data-own-state]")).to_have_text("正在发送画面和声音。")
    witness.get_by_role("button", name="开始录制").click()
    expect(witness.locator("[data-record-state]")).to_contain_text("正在录制，第 3 段", timeout=ENOUGH)
    expect(witness.locator("[data-live=recorded]")).to_contain_text("正在录音录像")
    assert violations(witness) == []

    with live.line_cut():
        expect(witness.locator("[data-record-waiting]")).to_contain_text("2 段存在本机", timeout=ENOUGH)
    expect(witness.locator("[data-record-waiting]")).to_be_empty(timeout=ENOUGH)

    witness.reload()
    expect(witness.locator("[data-record-state]")).to_contain_text("画面未开启")
    before = len(numbers(live))
    assert before >= 4
    seat = next(number for number, one in case.state.seats.items() if one.site == case.sites[1])
    member = pictures(live, filming, seat)
    member.get_by_role("button", name="开启画面").click()
    expect(member.locator("[data-own-state]")).to_have_text("正在发送画面和声音。")
    expect(tile(member, case.sites[1])).to_be_hidden()  # the platform has it that this site is sent from there
    witness.get_by_role("button", name="开启画面").click()
    expect(witness.locator("[data-own-state]")).to_have_text("正在发送画面和声音。")
    expect(member.locator("[data-own-state]")).to_contain_text("见证人已接过")
    expect(witness.locator("[data-record-state]")).to_contain_text(f"第 {before + 2} 段", timeout=ENOUGH)
    witness.get_by_role("button", name="结束录制").click()
    expect(witness.get_by_role("button", name="开始录制")).to_be_visible()
    expect(witness.locator("[data-record-waiting]")).to_be_empty(timeout=ENOUGH)
    found = numbers(live)
    run = case.case.lots[LOT].recordings.runs[case.sites[1], 1]
    assert found == list(range(1, run.ended.pieces + 1)), "nothing is missing but what was not filmed"

    def decide() -> None:
        case.review()
        case._score([bid.bid for bid in case.state.bids])
        case.report()
        case.act("regulator", RecordingLookRequested("x1", "核查投诉"))
        case.act("inspector", RecordingLookGranted("x1", "核查投诉"))

    live.aside(decide)
    page = live.page(filming, "regulator", 390)
    page.goto(f"{live.url}/cases/{case.case_id}/lots/{LOT}/recordings")
    expect(page.locator(".strip__row").first).to_contain_text("第 1–")
    assert violations(page) == []
    page.get_by_role("link", name="播放").click()
    page.locator("[data-piece]").first.click()
    page.wait_for_function("() => Number(document.querySelector('video').dataset.at) >= 1", timeout=ENOUGH)
    page.wait_for_function("() => document.querySelector('video').videoWidth > 0", timeout=ENOUGH)
    assert violations(page) == []
