"""The replay of a sitting: step by step for those entitled, and no more of one that runs than they may see in it."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest

from app.services.platform import DIST
from evaluation.sitting import ScoreSheetLocked
from tests.app.services.whole_case import DRAWN, LOT, WholeCase
from tests.app.web.site import Browser, Site, booth, stated

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
ZONE = ZoneInfo("Asia/Shanghai")
STEPS = re.compile(r"第 (\d+) 步，共 (\d+) 步")


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Site:
    """Everybody scores, and nobody but the first seat has locked its sheet."""
    case = WholeCase(tmp_path_factory.mktemp("replay")).through(f"{DRAWN} seat_all elect review")
    seat, person = min(case.members.items())
    case.act(person, ScoreSheetLocked(seat, case.sheet(seat, list(case.state.valid)), {}))
    return Site(case)


def path(site: Site, at: object = "") -> str:
    return f"/cases/{site.case.case_id}/lots/{LOT}/replay" + (f"?at={at}" if at != "" else "")


def pages(site: Site, browser: Browser) -> list[str]:
    """Enough of them to list every step: each lists six before and after its own."""
    first = browser.get(path(site))
    last = int(STEPS.search(first)[2])
    return [first, *(browser.get(path(site, number)) for number in (*range(8, last, 12), last))]


def test_nobody_reads_of_a_locked_sheet_but_its_seat(running: Site):
    seats = sorted(running.case.members)
    told = {seat: pages(running, booth(running, running.case.members[seat])) for seat in seats}
    told["RG"] = pages(running, stated(running))
    told["TC"] = pages(running, running.browser("centre"))
    told["SW"] = pages(running, running.browser("witness-sub"))
    for who, found in told.items():
        locked = [page for page in found if "锁定评分表" in page]
        assert bool(locked) is (who == seats[0]), who


def test_who_may_not_is_refused_and_the_authority_states_a_reason_first(running: Site):
    for who in ("officer", "releaser", "bidder-a", "trustee-1"):
        running.browser(who).get(path(running), 404)
    asked = running.browser("regulator").client.get(path(running))
    assert asked.status_code == 302
    assert "/reason?next=" in asked.location


def test_a_site_learns_nothing_of_a_sitting_before_somebody_has_signed_in_at_it(tmp_path):
    """Neither by a link nor by the answer of the page: absent and not yet is the same."""
    case = WholeCase(tmp_path).through(DRAWN)
    site, first = Site(case), min(case.state.seats)
    here = "witness-host" if case.state.seats[first].site == case.sites[0] else "witness-sub"
    other = {"witness-host": "witness-sub", "witness-sub": "witness-host"}[here]
    case.members = {first: case._seat(first)}
    for who, status in ((here, 200), (other, 404)):
        browser = site.browser(who)
        browser.get(path(site), status)
        assert (path(site) in browser.get(f"/cases/{case.case_id}")) is (status == 200)


@pytest.fixture(scope="module")
def over(tmp_path_factory) -> Site:
    return Site(WholeCase(tmp_path_factory.mktemp("replay-over")).played())


def test_the_authority_walks_through_a_sitting_that_is_over(over: Site):
    browser = over.browser("regulator")
    first, *_middle, last = pages(over, browser)
    assert "评审委员会组成：5 个席位，2 个场所" in first
    assert 'rel="next"' in first
    assert 'rel="prev"' not in first
    assert "评审结束。" in last
    assert 'rel="next"' not in last
    assert "北京时间" in last
    at = over.case.lot_records[-1].at.astimezone(ZONE)
    assert f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}" in last
    for word in ("组长", "已签署", "书面不同意见", "汇总结果", "已盖章的报告"):
        assert word in last
    page = browser.get(path(over, 33))
    assert STEPS.search(page)[0] == "第 33 步，共 49 步"
    assert "签名锁定评分表" in page
    assert 'aria-current="step"' in page


def test_what_is_no_step_is_refused_with_figures(over: Site):
    for asked in ("0", "50", "-1", "x", "1e9", "９"):
        page = over.browser("regulator").get(path(over, asked))
        assert f"没有第 {asked} 步：这场评审可回放的是第 1 步至第 49 步。" in page
    over.browser("regulator").get(f"/cases/{over.case.case_id}/lots/9/replay", 404)


def test_the_agency_sees_no_vote_and_a_member_sees_them(over: Site):
    agency = "".join(pages(over, over.browser("releaser")))
    assert "轮投席位" not in agency
    assert "提交初步评审意见" not in agency
    assert "汇总结果" in agency
    member = "".join(pages(over, booth(over, over.case.members[1])))
    assert "轮投席位" in member


def test_the_pages_of_the_case_lead_there(over: Site):
    home = f"/cases/{over.case.case_id}"
    for who in ("officer", "centre", "regulator"):
        assert path(over) in over.browser(who).get(home)
    assert path(over) in over.browser("regulator").get(f"/regulator/cases/{over.case.case_id}")
    assert path(over) not in over.browser("bidder-a").get(home)


def test_in_english_nothing_is_left_in_chinese_but_names(over: Site):
    page = over.browser("regulator", lang="en").get(path(over, 38))
    words = re.sub(r"<[^>]+>", " ", page[page.index("<main") : page.index("</main")])
    left = set(re.findall(r"[\u4e00-\u9fff]+", words)) - {"投标人", "方案分数有误", "设备采购", "设备", "主场", "副场"}
    assert not left
