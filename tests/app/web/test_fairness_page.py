"""The authority's figures of draws: nothing before an evaluation is over, names and rarities afterwards."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from sqlalchemy import select

from app.models import Notice, Pseudonym
from app.queries.access import access_rows
from app.queries.fairness import fairness_figures
from app.services.actors import load_actor
from app.services.platform import DIST
from app.web.recusal_words import RECUSALS
from tests.app.services.whole_case import LOT
from tests.app.web.site import Site, played

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
PATH = "/regulator/fairness"


@pytest.fixture(scope="module")
def over(tmp_path_factory) -> Site:
    return played(tmp_path_factory.mktemp("over"), "found publish bid open draw sit report")


def test_until_the_evaluation_is_over_nobody_is_named(tmp_path):
    site = played(tmp_path, "found publish bid open draw")
    page = site.browser("regulator").get(PATH)
    assert "还没有结束的抽取" in page
    assert "专家1" not in page


def test_without_a_reason_there_are_figures_and_no_names(over: Site):
    page = over.browser("regulator").get(PATH)
    seats = over.case.case.lots[LOT].draw.seats
    assert f"<dd>{len(seats)}</dd>" in page
    assert "姓名没有显示" in page
    assert not re.search(r"专家\d|单位\d|ZJ[0-9a-f]{8}", page)


def test_for_a_reason_names_are_read_and_each_case_s_log_says_so(over: Site):
    browser = over.browser("regulator")
    assert browser.post(f"{PATH}/reason", reason=" ").status_code == 200, "it must be stated"
    assert browser.post(f"{PATH}/reason", reason="投诉：同一专家多次抽中").status_code == 302
    page = browser.get(PATH)
    browser.get(PATH)
    assert page.count("单位") >= 16  # everybody of the pool is listed, with the employer
    assert "没有哪名专家与同一投标人相遇两次以上" in page
    assert "设备采购" in page
    with over.case.platform.database.reading() as db_session:
        rows = access_rows(db_session, over.case.case_id)
        told = [row.account_id for row in db_session.scalars(select(Notice).filter_by(code="draws_reason_stated"))]
    read = [(row.name, row.lot, row.reason) for row in rows if row.action == "fairness:read"]
    assert [(lot, reason) for _name, lot, reason in read] == [(LOT, "投诉：同一专家多次抽中")], "once for each reason"
    assert "查阅抽取情况统计中的专家姓名" in browser.get(f"/regulator/cases/{over.case.case_id}")
    assert over.case.people["regulator"].id not in told
    assert len(told) == len(set(told)) > 0, "the authority's others are told"
    other = over.browser("regulator").get(PATH)
    assert "姓名没有显示" in other, "a reason counts for the log-in that has stated it"
    browser.get(f"/regulator/cases/{over.case.case_id}/lots/{LOT}/serving", 302)
    assert "Draws in figures" in over.browser("regulator", "en").get(PATH)


@pytest.mark.parametrize("who", ["centre", "officer", "bidder-a", "admin"])
def test_others_do_not_read_it(over: Site, who: str):
    over.browser(who).get(PATH, 404)


def test_every_draw_says_on_which_grounds_people_stepped_back(over: Site):
    """Counts by ground, of the pool; nobody's name."""
    with over.case.platform.database.reading() as db_session:
        findings = [json.loads(text) for text in db_session.scalars(select(Pseudonym.findings))]
        (line,) = fairness_figures(db_session, load_actor(db_session, over.case.people["regulator"].id)).draws
    expected = Counter(one["ground"] for found in findings for one in found)
    assert dict(line.grounds) == expected
    page = over.browser("regulator").get(PATH)
    assert all(f"<small>{RECUSALS[ground]} {n}</small>" in page for ground, n in line.grounds)
