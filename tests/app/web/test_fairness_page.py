"""The authority's figures of draws: nothing before an evaluation is over, names and rarities afterwards."""

from __future__ import annotations

import io
import json
import re
import sys
from collections import Counter
from dataclasses import replace
from decimal import Decimal as D
from html import unescape
from urllib.parse import urlencode

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from app.models import AccessLog, Notice, Pseudonym
from app.procedure.exports import EvidenceExportRequested
from app.queries.access import access_rows
from app.queries.cases import look_at_case
from app.queries.fairness import DrawLine, Fairness, LotOver, SmallPool, fairness_figures, figures_of
from app.services.actors import load_actor
from app.services.platform import DIST
from app.web.recusal_words import RECUSALS
from evaluation.draw import SeatState
from evaluation.fairness import Pool, rarity
from tests.app.services.whole_case import LOT
from tests.app.web.site import Browser, Site, played

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


def seen(site: Site, browser: Browser, **asked: str) -> str:
    """The page as it answers a question."""
    return browser.get(f"{PATH}?{urlencode(asked)}")


def rows_of(page: str, table: str) -> int:
    """How many lines a table of the page shows."""
    found = re.search(rf'<table[^>]*id="{table}">.*?<tbody[^>]*>(.*?)</tbody>', page, re.DOTALL)
    return found.group(1).count('<tr role="row"') if found else 0


def test_nobody_is_found_by_name_without_a_reason(over: Site):
    """A name that is looked for in vain and one that was drawn have the same answer."""
    plain = over.browser("regulator")
    everybody = rows_of(plain.get(PATH), "experts")
    assert everybody > 10
    known = [rows_of(seen(over, plain, words=words), "experts") for words in ("专家1", "没有这个人")]
    assert known == [everybody, everybody]
    assert not re.search(r"专家\d|ZJ[0-9a-f]{8}", seen(over, plain, words="专家").replace('value="专家"', ""))
    browser = over.browser("regulator")
    browser.post(f"{PATH}/reason", reason="投诉")
    assert rows_of(seen(over, browser, words="专家1 单位1"), "experts") in range(1, everybody)
    page = seen(over, browser, words="没有这个人")
    assert "没有符合条件的专家" in page
    assert "没有符合条件的抽取" in page
    assert rows_of(seen(over, browser, words="设备采购"), "draws") == 1
    assert rows_of(seen(over, browser, order="refusals", only="substituted"), "draws") == 1
    assert seen(over, browser, order="no such", only="x", experts="7777777", pairs="-3").count("<h1>") == 1


def test_long_tables_are_turned_page_by_page(over: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys.modules["app.web.regulator.fairness"], "SHOWN", 7)
    browser, found, further = over.browser("regulator"), [], PATH
    while further:
        page = browser.get(further)
        table = page[page.index('id="experts-section"') : page.index('id="pairs-section"')]
        found += re.findall(r"第 (\d+) 名", table)
        forward = re.search(r'rel="next" href="([^"]+)"', table)
        further = unescape(forward.group(1)) if forward else ""
        assert not further or "#experts-section" in further
    assert found == [str(n) for n in range(1, len(found) + 1)], "everybody once"
    assert len(found) > 14


def sheets_of(browser: Browser, query: str = "") -> dict[str, list[list[object]]]:
    sent = browser.client.get(f"{PATH}.xlsx{query}")
    assert sent.status_code == 200
    book = CalamineWorkbook.from_filelike(io.BytesIO(sent.data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_the_workbook_has_names_for_a_reason_only_and_says_so_in_each_case(over: Site):
    plain = sheets_of(over.browser("regulator"))
    assert not re.search(r"专家\d|单位\d|ZJ[0-9a-f]{8}", str(plain["每名专家"]))
    browser = over.browser("regulator")
    browser.post(f"{PATH}/reason", reason="留存备查")
    before = len(fairness_rows(over))
    named = sheets_of(browser)
    heading, *lines = named["每名专家"]
    assert heading[:4] == ["序号", "专家编号", "姓名", "工作单位"]
    drawn, rate = heading.index("抽中"), heading.index("抽中率")
    assert all(isinstance(line[drawn], float) and isinstance(line[rate], float) for line in lines)
    assert sum(line[drawn] for line in lines) == len(over.case.case.lots[LOT].draw.seats)
    assert re.search(r"单位\d", str(lines))
    sheets_of(browser)
    browser.get(PATH)
    new = fairness_rows(over)[before:]
    assert sorted(new) == [(LOT, "留存备查", ""), (LOT, "留存备查", "fairness.xlsx")], (
        "workbook and page, once for each reason"
    )
    assert len(sheets_of(browser, "?words=%E6%B2%A1%E6%9C%89")["每名专家"]) == 1
    for who in ("centre", "officer", "bidder-a", "admin"):
        over.browser(who).get(f"{PATH}.xlsx", 404)
    english = over.browser("regulator", "en").client.get(f"{PATH}.xlsx").data
    assert CalamineWorkbook.from_filelike(io.BytesIO(english)).sheet_names[0] == "Each expert"


def fairness_rows(site: Site) -> list[tuple[str, str, str]]:
    """What the log of the case says about looks at these figures."""
    with site.case.platform.database.reading() as db_session:
        query = select(AccessLog).filter_by(case_id=site.case.case_id, action="fairness:read").order_by(AccessLog.id)
        return [(row.lot, row.reason, row.subject) for row in db_session.scalars(query)]


def test_a_case_is_folded_once_and_again_when_it_has_grown(over: Site, monkeypatch: pytest.MonkeyPatch):
    folded = []

    def counted(db_session, case_id):
        folded.append(case_id)
        return look_at_case(db_session, case_id)

    monkeypatch.setattr("app.queries.fairness.look_at_case", counted)
    actor_id, database = over.case.people["regulator"].id, over.case.platform.database

    def look() -> Fairness:
        with database.reading() as db_session:
            return fairness_figures(db_session, load_actor(db_session, actor_id))

    before = look()
    folded.clear()
    assert look() is before
    assert folded == []
    over.case.act("officer", EvidenceExportRequested("e7", "归档"), "")
    assert look() is before, "it says nothing new"
    assert folded == [over.case.case_id]
    with database.reading() as db_session:
        db_session.info["memory"].clear()
    assert look() == before


def test_another_authority_has_no_figures_of_these_draws(over: Site):
    with over.case.platform.database.reading() as db_session:
        actor = load_actor(db_session, over.case.people["regulator"].id)
        assert fairness_figures(db_session, actor).draws
        assert fairness_figures(db_session, replace(actor, organisation_id="another")).draws == ()


def lot_over(number: int, sat: tuple[str, ...], bidders: dict[str, str], refused: tuple[str, ...] = ()) -> LotOver:
    """A lot of a hundred people, each drawn with a chance of one in twenty."""
    people = tuple(f"e{n}" for n in range(100))
    seats = dict.fromkeys(sat, SeatState.ACCEPTED) | dict.fromkeys(refused, SeatState.REFUSED)
    line = DrawLine(f"c{number}", f"T-{number}", "设备", "1", 1, 5, len(seats), len(refused), 100, 0, (), ())
    return LotOver(line, Pool(((D("0.05"), people),), seats, tuple(bidders), "b1"), bidders)


def test_clusters_and_small_groups_stand_on_the_page_and_in_the_workbook(over: Site, monkeypatch: pytest.MonkeyPatch):
    made = [lot_over(n, ("e1", "e2"), {"b1": "<b>甲", "b2": "=乙"}) for n in range(4)]
    small = replace(made[0].line, small=(SmallPool(2, "A08/site", 3, 2),))
    figures = figures_of([replace(made[0], line=small), *made[1:]])
    monkeypatch.setattr(sys.modules["app.web.regulator.fairness"], "fairness_figures", lambda *_: figures)
    browser = over.browser("regulator")
    page = browser.get(f"{PATH}?only=small")
    assert "第 1 名、第 2 名" in page
    assert "&lt;b&gt;甲、=乙" in page
    assert "<b>甲" not in page
    assert "3 人，2 席" in page
    assert rows_of(page, "draws") == 1
    assert rows_of(seen(over, browser, words="=乙"), "clusters") == 1
    assert rows_of(seen(over, browser, words="丙"), "clusters") == 0
    sheets = sheets_of(browser)
    assert [line[:3] for line in sheets["连成一片"][1:]] == [[1, 1, ""], [1, 2, ""], [1, "", "<b>甲"], [1, "", "=乙"]]
    assert sheets["人数偏少的组"][1][-2:] == [3, 2]


def test_meetings_that_chance_would_not_bring_about_form_a_cluster():
    """e1 and e2 sit over b1's bids four times of five, and over b2's; e3 and b3 are a pair alone."""
    both, one = {"b1": "甲公司", "b2": "乙公司"}, {"b1": "甲公司"}
    lots = [lot_over(n, ("e1", "e2", f"e{n + 20}"), both, ("e4",)) for n in range(4)]
    lots += [lot_over(n, ("e3",), {"b3": "丙公司"}) for n in range(4, 6)] + [lot_over(6, (), one)]
    found = figures_of(lots)
    (cluster,) = found.clusters
    assert (cluster.experts, cluster.bidders, cluster.meetings) == (("e1", "e2"), ("甲公司", "乙公司"), 16)
    assert cluster.rarity == min(line.rarity for line in found.pairs)
    assert ("e3", "丙公司") in [(line.expert, line.bidder) for line in found.pairs], "it is listed all the same"
    assert found.possible == 300
    by_expert = {line.expert: line for line in found.experts}
    assert by_expert["e4"].refusals == rarity([D(4) / 18] * 4, 4), "all of hers, where all together decline 4 of 18"
    assert by_expert["e1"].refusals == 1
