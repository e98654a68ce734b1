"""Pictures between sites in real browsers with cameras: seen, heard in time, lost and found again, never in the way."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from axe import violations
from live_case import LiveCase
from playwright.sync_api import Browser, Locator, Page, expect

from app.realtime import live as channel
from app.realtime import room
from app.services.accounts import LogIn
from app.services.pictures import start_camera as real_start_camera
from app.services.platform import Platform
from app.services.presences import Place
from tests.app.services.whole_case import DRAWN, LOT, WholeCase

pytestmark = pytest.mark.browser
CAMERAS = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
]
FLOWS = """(site) => {
  const video = document.querySelector(`[data-site="${site}"] video`);
  return video.videoWidth > 0 && video.currentTime > 0.2;
}"""
SOUNDS = """async ([site, wanted]) => {
  const [voice] = document.querySelector(`[data-site="${site}"] video`).srcObject.getAudioTracks();
  if (!voice) return !wanted;
  const context = new AudioContext();
  const measure = context.createAnalyser();
  context.createMediaStreamSource(new MediaStream([voice])).connect(measure);
  const wave = new Float32Array(measure.fftSize);
  let loudest = 0;
  for (let turn = 0; turn < 30; turn += 1) {
    await new Promise((done) => setTimeout(done, 60));
    measure.getFloatTimeDomainData(wave);
    loudest = Math.max(loudest, ...wave.map(Math.abs));
  }
  await context.close();
  return loudest > 0.01 === wanted;
}"""


@pytest.fixture(scope="module")
def filming(browser: Browser) -> Iterator[Browser]:
    """A browser whose machine has a camera and a microphone, and whose person always allows them."""
    chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    running = browser.browser_type.launch(executable_path=chromium, args=CAMERAS)
    yield running
    running.close()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCase]:
    folder = tmp_path_factory.mktemp("pictures")
    with ThreadPoolExecutor(1) as pool:
        case = pool.submit(lambda: WholeCase(folder).through(f"{DRAWN} seat_all elect")).result()
    serving = LiveCase(case)
    yield serving
    serving.stop()


def pictures(live: LiveCase, browser: Browser, who: int | str, width: int = 1280) -> Page:
    page = live.booth(browser, who, width) if isinstance(who, int) else live.page(browser, who, width)
    page.goto(f"{live.url}/room/{live.case.case_id}/{LOT}/pictures")
    return page


def tile(page: Page, site: str) -> Locator:
    return page.locator(f'[data-site="{site}"]')


def test_a_picture_taken_over_before_anybody_is_told_of_it_is_off(live: LiveCase, filming: Browser, monkeypatch):
    taken = Event()

    def start_camera(here: Platform, log_in: LogIn, place: Place, line: str) -> None:
        real_start_camera(here, log_in, place, line)
        if place.seat == 0:
            taken.set()
        assert taken.wait(20)

    sub = live.case.sites[1]
    witness = pictures(live, filming, "witness-sub")
    member = pictures(live, filming, next(n for n, seat in live.case.state.seats.items() if seat.site == sub))
    monkeypatch.setattr(room, "start_camera", start_camera)
    for page in (member, witness):
        page.get_by_role("button", name="开启画面").click()
        expect(page.locator("[data-own-state]")).to_have_text("正在发送画面和声音。")
    expect(member.locator("[data-own-state]")).to_contain_text("见证人已接过")
    witness.get_by_role("button", name="关闭画面").click()
    member.close()


def test_a_camera_that_is_switched_on_while_the_pictures_are_opened_is_seen_once_they_are(
    live: LiveCase, filming: Browser, monkeypatch
):
    real_look, asked, goes_on = channel.seen_events, Event(), Event()

    def seen_events(*arguments):
        asked.set()
        assert goes_on.wait(20)
        return real_look(*arguments)

    sub = live.case.sites[1]
    centre = pictures(live, filming, "centre")
    expect(tile(centre, sub).locator("[data-picture-state]")).to_have_text("没有画面")
    monkeypatch.setattr(channel, "seen_events", seen_events)  # the page joins the case before it opens the pictures
    witness = pictures(live, filming, "witness-sub")
    assert asked.wait(20)
    witness.get_by_role("button", name="开启画面").click()
    expect(witness.locator("[data-own-state]")).to_have_text("正在发送画面和声音。")
    witness.wait_for_timeout(300)
    goes_on.set()
    expect(witness.locator("[data-own-state]")).to_have_text("正在发送画面和声音。")
    expect(tile(centre, sub).locator("[data-picture-state]")).to_have_text("已连接")
    witness.get_by_role("button", name="关闭画面").click()
    expect(tile(centre, sub).locator("[data-picture-state]")).to_have_text("没有画面")
    centre.close()
    witness.close()


def test_a_site_is_seen_and_heard_by_who_may_and_as_long_as_it_may_be(live: LiveCase, filming: Browser):
    case, (host, sub) = live.case, live.case.sites
    witness = pictures(live, filming, "witness-sub")
    member = pictures(live, filming, next(n for n, seat in case.state.seats.items() if seat.site == host), 390)
    centre = pictures(live, filming, "centre")
    expect(tile(member, sub).locator("[data-picture-state]")).to_have_text("没有画面")
    for page in (witness, member, centre):
        assert violations(page) == []
    witness.get_by_role("button", name="开启画面").click()
    expect(witness.locator("[data-own-state]")).to_have_text("正在发送画面和声音。")
    expect(tile(member, sub).locator("[data-picture-state]")).to_have_text("已连接")
    member.wait_for_function(FLOWS, arg=sub)
    assert member.evaluate(SOUNDS, [sub, True])
    assert centre.evaluate(
        "(site) => document.querySelector(`[data-site='${site}'] video`).srcObject", sub
    ) is None or (centre.evaluate(SOUNDS, [sub, False])), "who serves the sitting sees, and hears nothing"
    assert violations(witness) == []

    with live.line_cut():
        pass
    expect(tile(member, sub).locator("[data-picture-state]")).to_have_text("已连接")
    member.wait_for_function(FLOWS, arg=sub)

    live.aside(case.review)  # from here on each scores alone
    expect(tile(member, sub).locator("[data-picture-state]")).to_have_text("没有画面")
    expect(member.locator("[data-sound-state]")).to_contain_text("不传送声音")
    assert member.evaluate("(site) => document.querySelector(`[data-site='${site}'] video`).srcObject", sub) is None
    witness.get_by_role("button", name="关闭画面").click()
    expect(witness.locator("[data-own-state]")).to_have_text("画面未开启。")


def test_without_a_camera_the_page_says_so_and_nothing_else_happens(live: LiveCase, browser: Browser):
    page = pictures(live, browser, "witness-host")
    page.get_by_role("button", name="开启画面").click()
    expect(page.locator("[data-own-state]")).to_contain_text("摄像头")
    expect(page.get_by_role("button", name="开启画面")).to_be_enabled()
