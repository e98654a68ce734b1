"""What the agency draws: groups by speciality and site, each filled in or empty, specialities by their names."""

from __future__ import annotations

import re

from flask import g

from app.web.specialities import offered, speciality_words, stratum_words
from tests.app.web.site import LOT, Site
from tests.app.web.test_agency_pages import fields_of


def test_draw_conditions_are_checked_before_they_are_signed(opened: Site):
    browser, base = opened.browser("officer"), f"/agency/cases/{opened.case.case_id}/lots/{LOT}"
    host, sub = opened.case.sites
    few = {"strata-0-speciality": "goods", "strata-0-site": host, "strata-0-quota": "2"}
    assert "data-sign-act" not in browser.post(f"{base}/draw-conditions", **few).get_data(as_text=True)
    more = {"strata-1-speciality": "goods", "strata-1-site": sub, "strata-1-quota": "3"}
    page = browser.post(f"{base}/draw-conditions", **few, **more).get_data(as_text=True)
    assert 'data-type="DrawConditionsProposed"' in page
    assert re.search(r"抽 3 名，除去应当回避的现可抽 [3-9]\d* 人", page)
    for changed, words in (
        ({"strata-1-quota": "-3"}, "第 2 行 名额 应为 1 至 99 之间的整数"),
        (
            {"strata-1-speciality": "没有这个专业"},
            "“没有这个专业 · 副场”可抽 0 人（同一单位最多计 1 人），至少须有 6 人",
        ),
        ({"strata-1-site": host, "strata-1-speciality": "works"}, "5 名专家中在副场的有 0 名，不足"),
        ({"strata-1-site": host}, "第 2 组和第 1 组的专业、地点相同"),
    ):
        page = browser.post(f"{base}/draw-conditions", **{**few, **more, **changed}).get_data(as_text=True)
        assert words in page
        assert "data-sign-act" not in page


def test_a_group_of_a_draw_is_filled_in_or_left_empty_and_there_can_be_more(opened: Site):
    browser, address = opened.browser("officer"), f"/agency/cases/{opened.case.case_id}/lots/{LOT}/draw-conditions"
    host, sub = opened.case.sites
    rows = {"strata-0-speciality": "goods", "strata-0-site": host, "strata-0-quota": "2"}
    rows |= {"strata-1-speciality": "goods", "strata-1-site": sub, "strata-1-quota": "3"}
    for half, words in (
        ({"strata-2-speciality": "goods", "strata-2-site": sub}, "请填写这一组的名额，或者清空它的专业"),
        ({"strata-2-quota": "2", "strata-2-site": sub}, "请填写这一组的专业，或者清空它的名额"),
    ):
        page = browser.post(address, **rows, **half).get_data(as_text=True)
        assert words in page
        assert "data-sign-act" not in page
    page = browser.post(address, **rows, more="1").get_data(as_text=True)
    assert "第 4 组" in page
    assert fields_of(page) == {**fields_of(browser.get(address)), **rows} | {
        name: value for name, value in fields_of(page).items() if name.startswith("strata-3-")
    }
    fourth = {"strata-3-speciality": "没有这个专业", "strata-3-site": sub, "strata-3-quota": "2"}
    sent = rows | fourth | {"strata-1-quota": "1"}
    assert "没有这个专业 · 副场" in browser.post(address, **sent).get_data(as_text=True)


def test_specialities_are_told_by_their_names(opened: Site):
    for lang, leaf, above in (("zh", "房屋建筑施工", "工程施工"), ("en", "Construction: buildings", "Construction")):
        with opened.app.test_request_context("/"):
            g.lang = lang
            assert speciality_words("A0801") == f"A0801 {leaf}"
            assert speciality_words("goods") == "goods"
            assert stratum_words("A0801/s1", {"s1": "主场"}) == f"A0801 {leaf} · 主场"
            words = dict(offered(["A0801", "goods"]))
            assert words["A08"] == f"A08 {above}", "conditions may name a node of any level"
            assert set(words) == {"A", "A08", "A0801", "goods"}
