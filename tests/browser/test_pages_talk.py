"""Talk in the room in two real browsers: said and signed here, read there; hands, the floor, announcements."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from axe import violations
from live_case import LiveCase
from playwright.sync_api import Browser, expect

from evaluation.sitting import AnnouncementMade, ScoreSheetLocked, WarningGiven, WarningGround
from tests.app.services.whole_case import DRAWN, LOT, WholeCase

pytestmark = pytest.mark.browser
WORDS = "投标人乙第 14 页缺签章，请核对"
NOON = "十二点在本楼层用餐"
WARNED = "请勿交谈"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCase]:
    folder = tmp_path_factory.mktemp("talk")
    with ThreadPoolExecutor(1) as pool:
        case = pool.submit(lambda: WholeCase(folder).through(f"{DRAWN} seat_all elect")).result()
    serving = LiveCase(case)
    yield serving
    serving.stop()


def test_members_talk_by_seat_and_note_what_is_announced(live: LiveCase, browser: Browser):
    case = live.case
    other = next(number for number in case.members if number != case.chair)
    chair, member = live.booth(browser, case.chair), live.booth(browser, other, 390)

    raises = member.get_by_role("button", name="举手")
    expect(raises).to_be_visible()
    with live.line_cut():  # what was asked for meanwhile is asked again by the next line
        raises.click()
    expect(chair.locator(".presence").get_by_text("举手")).to_be_visible()
    chair.get_by_label("请席位发言").select_option(str(other))
    chair.get_by_role("button", name="签名发出").click()
    expect(member.get_by_text(f"组长请席位 {other} 发言")).to_be_visible()
    expect(chair.locator(".presence").get_by_text("举手")).to_have_count(0)

    field = member.get_by_label("对全体成员说")
    field.fill(WORDS)
    member.reload()  # as any act does
    expect(field).to_have_value(WORDS)
    field.press("Enter")
    expect(chair.get_by_role("list", name="发言记录")).to_contain_text(WORDS)
    expect(field).to_have_value("")
    (said,) = case.case.lots[LOT].talk.messages
    assert (said.seat, said.text) == (other, WORDS)

    chair.get_by_label("对全体成员说").fill("还没说完")
    live.aside(case.act, "centre", AnnouncementMade("", NOON))
    for page in (chair, member):
        expect(page.get_by_role("alert").filter(has_text=NOON)).to_be_visible()
        assert violations(page) == []
    member.get_by_role("button", name="已阅").click()
    expect(member.get_by_role("alert").filter(has_text=NOON)).to_have_count(0)
    expect(chair.get_by_role("alert").filter(has_text=NOON)).to_be_visible()
    expect(chair.get_by_label("对全体成员说")).to_have_value("还没说完")
    assert member.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    live.aside(case.review)  # from here on each scores alone
    expect(member.get_by_text("从评分开始到全部锁定，成员之间不发言")).to_be_visible()
    expect(member.get_by_label("对全体成员说")).to_be_hidden()
    expect(member.locator(".presence li")).to_have_count(1)
    assert violations(member) == []


def test_who_scores_reads_a_warning_wherever_the_page_stands_and_the_chair_how_many_have_locked(
    live: LiveCase, browser: Browser
):
    case = live.case
    first, last, *_ = (number for number in case.members if number != case.chair)
    member, waiting = live.booth(browser, last), live.booth(browser, case.chair)
    expect(waiting.get_by_text("本环节已完成 0 / 5")).to_be_visible()
    member.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    live.aside(case.act, "regulator", WarningGiven("", WARNED, WarningGround.TALK))
    line = member.locator(".news-bar").filter(has_text=WARNED)
    expect(line).to_be_in_viewport()
    assert violations(member) == []
    line.get_by_role("button", name="查看").click()
    expect(member.get_by_role("alert").filter(has_text=WARNED)).to_be_in_viewport()
    expect(line).to_be_hidden()

    bids = [bid.bid for bid in case.state.bids]
    live.aside(case.act, case.members[first], ScoreSheetLocked(first, case.sheet(first, bids), {}))
    expect(waiting.get_by_text("本环节已完成 1 / 5")).to_be_visible()  # no frame tells of it
    expect(member.get_by_text("本环节已完成")).to_have_count(0)

    own = member.locator(".talk__presence")
    expect(own.get_by_text("在线", exact=True)).to_be_visible()
    with live.line_cut():
        expect(own.get_by_text("现在不知道谁在线")).to_be_visible()
        expect(own.get_by_text("在线", exact=True)).to_have_count(0)
    expect(own.get_by_text("在线", exact=True)).to_be_visible()
