"""Pages on which a deadline moves or stands still, and where everybody hears of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.procedure.deadlines import RELEASED_BY
from app.services import outages, ticks
from crypto.instants import parse_instant
from tests.app.web.site import LOT, Site, played

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A published case with one bid and the documents in one bidder's hands."""
    site = played(tmp_path_factory.mktemp("deadlines"), "found publish")
    site.case.submit("bidder-a", "158000000")
    return site


def typed(at: datetime) -> str:
    return at.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M:%S")


def in_seconds(site: Site, seconds: float) -> datetime:
    return (site.case.case.tender.deadlines[LOT] + timedelta(seconds=seconds)).replace(microsecond=0)


def signed(site: Site, who: str, page: str) -> dict[str, Any]:
    """What the page would have this person sign, signed."""
    (kind,) = re.findall(r'data-type="(\w+)"', page)
    (payload,) = re.findall(r'class="act-payload"[^>]*>(.*?)</', page, re.S)
    found: dict[str, Any] = json.loads(unescape(payload))
    site.case.act(who, found, "", kind)
    return found


def proposed(site: Site, who: str, path: str, **fields: str) -> dict[str, Any]:
    answer = site.browser(who).post(f"/cases/{site.case.case_id}/{path}", **fields)
    return signed(site, who, answer.get_data(as_text=True))


def case_page(site: Site, who: str = "", lang: str = "zh") -> str:
    return site.browser(who, lang).get(f"/cases/{site.case.case_id}")


def hall(site: Site) -> str:
    return site.browser().get(f"/cases/{site.case.case_id}/lots/{LOT}/opening/board")


def own_lot(site: Site, who: str) -> str:
    return site.browser(who).get(f"/bidder/cases/{site.case.case_id}/lots/{LOT}")


def test_one_proposes_another_releases_and_everybody_reads_of_it(site: Site):
    base, moved = f"/cases/{site.case.case_id}", in_seconds(site, 40)
    assert f"{base}/postponement" in case_page(site, "officer")
    payload = proposed(site, "officer", "postponement", text="场地调整", **{f"deadline_{LOT}": typed(moved)})
    assert "场地调整" not in case_page(site) + own_lot(site, "bidder-a") + hall(site)
    assert "复核并发布推迟公告" in case_page(site, "releaser")
    assert signed(site, "releaser", site.browser("releaser").get(f"{base}/postponement/release")) == payload
    assert "复核并发布推迟公告" not in case_page(site, "releaser")
    words = moved.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
    for page in (case_page(site), own_lot(site, "bidder-a"), own_lot(site, "bidder-c"), hall(site)):
        assert f"投标截止时间已变动：{words}" in page
        assert "场地调整" in page
        assert "已提交的投标继续有效" in page
    assert f'data-countdown="{moved.isoformat()}"' in hall(site)
    assert "公告发布后变动 2 次。" in case_page(site)  # once by the amendment of the case
    english = case_page(site, lang="en")
    assert f"The deadline has moved: {words}" in english


def test_what_the_rules_refuse_is_said_on_the_form(site: Site):
    early = typed(in_seconds(site, -5))
    browser, path = site.browser("officer"), f"/cases/{site.case.case_id}/postponement"
    page = browser.post(path, text="提前", **{f"deadline_{LOT}": early}).get_data(as_text=True)
    assert "截止时间只能推迟" in page
    page = browser.post(path, text="没有时间").get_data(as_text=True)
    assert "请填写新的投标截止时间" in page  # there is one lot: it cannot be left out
    assert "（选填）" not in page


def test_an_outage_is_recorded_with_cause_interval_and_figures(site: Site):
    base = f"/cases/{site.case.case_id}"
    site.case.clock.advance(1)
    began = site.case.clock.at.replace(microsecond=0)
    site.case.clock.advance(31)
    interval = {"began": typed(began), "ended": typed(began + timedelta(seconds=30))}
    moved = {f"deadline_{LOT}": typed(in_seconds(site, 60))}
    proposed(site, "centre", "outage", text="机房断电", **interval, **moved)
    page = site.browser("releaser").get(f"{base}/outage/release")
    assert "共 00:00:30" in page
    assert "该时段内登记簿最长 00:00:30 没有节拍（正常每 60 秒一次）" in page
    signed(site, "releaser", page)
    page = case_page(site)
    assert "平台服务中断，顺延投标截止时间：机房断电" in page
    assert "共 00:00:30" in page


def test_a_measured_outage_is_on_the_centres_desk_and_fills_in_its_form(site: Site):
    here = site.case.platform
    quick = replace(here, settings=replace(here.settings, tick_seconds=1))
    assert "平台测得服务中断" not in case_page(site, "centre")
    ticks.make_tick(quick)
    site.case.clock.advance(6)
    outages.propose_extensions(here, ticks.make_tick(quick))
    assert "平台测得服务中断，请提出顺延" in case_page(site, "centre")
    assert "平台测得服务中断，请提出顺延" not in case_page(site, "officer") + case_page(site)
    page = site.browser("centre").get(f"/cases/{site.case.case_id}/outage")
    assert "由平台按公布的规则从登记簿节拍算出" in page
    values = dict(re.findall(r'name="(began|ended|deadline_1)"[^>]* value="([^"]+)"', page))
    values |= {name: value for value, name in re.findall(r'value="([^"]+)"[^>]* name="(began|ended|deadline_1)"', page)}
    found = proposed(site, "centre", "outage", text="机房断电", **values)
    measured = site.case.case.tender.timetable.measured
    assert measured is not None
    assert parse_instant(found["deadlines"][LOT]) >= measured.deadlines[LOT]
    assert "平台测得服务中断，请提出顺延" not in case_page(site, "centre")
    signed(site, "releaser", site.browser("releaser").get(f"/cases/{site.case.case_id}/outage/release"))
    assert site.case.case.tender.deadlines[LOT] == parse_instant(found["deadlines"][LOT])


def test_a_pause_stops_the_clocks_on_every_page_and_a_resumption_starts_them(site: Site):
    base = f"/cases/{site.case.case_id}"
    assert "data-countdown" in hall(site)
    proposed(site, "regulator", "pause", text="核查投诉", **{f"lot_{LOT}": "y"})
    assert "签发暂停决定" in case_page(site, "inspector")
    assert "签发暂停决定" not in case_page(site, "regulator")
    assert "签发暂停决定" in site.browser("inspector").get("/regulator")
    assert "签发暂停决定" not in site.browser("regulator").get("/regulator")
    signed(site, "inspector", site.browser("inspector").get(f"{base}/pause/order"))
    for page in (case_page(site), own_lot(site, "bidder-a"), own_lot(site, "bidder-c"), hall(site)):
        assert "招标活动已暂停" in page
        assert "核查投诉" in page
        assert "data-countdown" not in page
    assert "撤回投标" in own_lot(site, "bidder-a")
    assert "加密并提交" not in own_lot(site, "bidder-c")
    assert "已暂停" in site.browser().get("/")
    assert "投标已暂停" in site.browser("centre").get("/centre")
    site.browser("officer").get(f"{base}/postponement")  # a page without lots to postpone

    site.case.clock.advance(600)
    left = site.case.case.tender.timetable.left[LOT]
    resumed = (site.case.clock.at + left + timedelta(seconds=5)).replace(microsecond=0)
    proposed(site, "inspector", "resumption", text="核查完毕", **{f"deadline_{LOT}": typed(resumed)})
    signed(site, "regulator", site.browser("regulator").get(f"{base}/resumption/order"))
    for page in (case_page(site), own_lot(site, "bidder-a"), hall(site)):
        assert f'data-countdown="{resumed.isoformat()}"' in page
        assert "监督部门决定恢复：核查完毕" in page


def test_nobody_else_has_these_pages(site: Site):
    base = f"/cases/{site.case.case_id}"
    theirs = {
        "postponement": {"officer"},
        "outage": {"centre"},
        "pause": {"regulator", "inspector"},
        "resumption": {"regulator", "inspector"},
    }
    assert len(theirs) == len(RELEASED_BY)
    for path, entitled in theirs.items():
        site.browser().get(f"{base}/{path}", 401)
        for who in ("officer", "releaser", "centre", "regulator", "inspector", "bidder-a", "admin", "buyer"):
            site.browser(who).get(f"{base}/{path}", 200 if who in entitled else 404)
