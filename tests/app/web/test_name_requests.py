"""A name before the evaluation is over: two inspectors, an alarm, a log; nobody else, and nothing afterwards."""

from __future__ import annotations

import json
import re

import pytest
from sqlalchemy import select

from app.models import AccessLog, Account, NameRequest, Notice
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.queries.name_requests import LISTED
from app.services import name_requests
from app.services.platform import DIST
from app.services.unit_of_work import plain_transaction
from tests.app.services.whole_case import LOT
from tests.app.web.site import Site, played

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
NAMES = "/regulator/names"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Site:
    return played(tmp_path_factory.mktemp("names"), "found publish bid open draw")


def asking(site: Site) -> str:
    return f"/regulator/cases/{site.case.case_id}/lots/{LOT}/names"


def test_nobody_is_named_alone_and_everybody_hears_of_it(drawn: Site):
    first, second = drawn.browser("regulator"), drawn.browser("inspector")
    number = sorted(drawn.case.case.lots[LOT].draw.seats)[0]
    assert asking(drawn) in first.get(f"/regulator/cases/{drawn.case.case_id}")
    asked = {"number": number, "ground": "conflict"}
    assert "请写明" in first.post(asking(drawn), **asked, reason="").get_data(as_text=True)
    assert first.post(asking(drawn), **asked, reason="举报信 12 号").status_code == 302
    assert "等待决定" in second.post(asking(drawn), **asked, reason="再问").get_data(as_text=True)
    for who, board in (("centre", "/centre"), ("admin", "/accounts")):
        assert "设备采购" not in drawn.browser(who).get("/name-alarms"), "a suspicion that is looked into"
        assert "查询一名评委" not in drawn.browser(who).get(board)
    page = first.get(NAMES)
    assert "同意，发出警报" not in page, "whoever asks does not grant"
    (path,) = re.findall(rf'action="({NAMES}/\d+)/decision"', page)
    name = re.compile(r"专家\d|单位\d")
    request = int(path.split("/")[-1])
    with pytest.raises(RuleViolation, match="second_person_needed"):
        name_requests.decide(drawn.case.platform, drawn.case.people["regulator"].log_in, request, granted=True)
    with pytest.raises(RuleViolation, match="name_request_unknown"):
        name_requests.see(drawn.case.platform, drawn.case.people["regulator"].log_in, request, "")
    assert not name.search(page + second.get(NAMES))
    token = re.search(r'name="csrf-token" content="([^"]+)"', second.get(NAMES))
    assert token
    sent = {"csrf_token": token[1], "decision": "grant"}
    assert second.client.post(f"{path}/decision", data=sent).status_code == 302
    assert "还没有人查看" in drawn.browser("centre").get("/name-alarms")
    assert "还没有人查看" in second.get(NAMES)
    token = re.search(r'name="csrf-token" content="([^"]+)"', first.get(NAMES))
    assert token
    shown = first.client.post(path, data={"csrf_token": token[1]}).get_data(as_text=True)
    assert name.search(shown)
    assert "设备采购" in shown
    _everybody_heard(drawn, number)
    pages = [drawn.browser(who).get("/name-alarms") for who in ("centre", "admin", "regulator")]
    for page in (*pages, second.get(NAMES), first.get(NAMES)):
        assert "还没有人查看" not in page, "each look stands beside the consent"
        assert not name.search(page)
    assert all(
        "查询一名评委" in drawn.browser(who).get(board)
        for who, board in (("centre", "/centre"), ("admin", "/accounts"))
    )
    assert "查看姓名（记录这次查看）" in first.get(NAMES)
    drawn.case.work_off(3600)
    token = re.search(r'name="csrf-token" content="([^"]+)"', first.get(NAMES))
    assert token
    assert "查看姓名（记录这次查看）" not in first.get(NAMES), "its time is over"
    late = first.client.post(path, data={"csrf_token": token[1]}).get_data(as_text=True)
    assert "有效时间" in late
    assert not name.search(late)


def _everybody_heard(site: Site, number: str) -> None:
    """The alarm names the case, and neither number nor person; the log keeps each step."""
    with site.case.platform.database.reading() as db_session:
        query = select(Account.login, Notice.facts).join(Account, Account.id == Notice.account_id)
        told = list(db_session.execute(query.where(Notice.code == "name_alarm")))
        lines = list(db_session.scalars(select(AccessLog).where(AccessLog.action.startswith("name:"))))
    assert {login for login, _facts in told} == {"centre", "admin"}
    assert all(set(json.loads(facts)) == {"title"} for _login, facts in told)
    assert [line.action for line in lines] == ["name:ask", "name:ask", "name:see"]
    assert all("举报信" in line.reason for line in lines)
    for who in ("centre", "admin", "regulator"):
        page = site.browser(who).get("/name-alarms")
        assert "设备采购" in page
        assert number[:8] not in page
        assert "举报信" not in page


def test_who_sits_is_asked_for_by_the_seat(tmp_path):
    site = played(tmp_path, "found publish bid open draw sit")
    page = site.browser("regulator").get(asking(site))
    seats = site.case.case.lots[LOT].sitting.seats.values()
    drawn = site.case.case.lots[LOT].draw.seats
    named = {f"{s.person[:8]} · {s.number} 号席" for s in seats if s.person in drawn}
    assert named
    assert named <= set(re.findall(r">([^<]+)<", page))


def test_a_request_that_nobody_granted_in_time_offers_no_consent(tmp_path):
    site = played(tmp_path, "found publish bid open draw")
    number = sorted(site.case.case.lots[LOT].draw.seats)[0]
    asked = {"number": number, "ground": "conflict", "reason": "举报信"}
    assert site.browser("regulator").post(asking(site), **asked).status_code == 302
    assert "同意，发出警报" in site.browser("inspector").get(NAMES)
    site.case.work_off(3600)
    page = site.browser("inspector").get(NAMES)
    assert "同意，发出警报" not in page
    assert "同意的时间已于" in page


def test_many_requests_of_others_push_none_off_the_page(drawn: Site):
    case, at = drawn.case, drawn.case.clock()
    given = {"lot": LOT, "number": "n" * 32, "ground": "conflict", "reason": "", "asked_at": at}
    asked_by = case.people["inspector"].id
    with plain_transaction(case.platform.database) as (db_session, _now):
        own = NameRequest(case_id=case.case_id, asked_by=asked_by, granted=False, **{**given, "reason": "我方最早一件"})
        db_session.add(own)
        db_session.flush()
        others = [NameRequest(case_id="f" * 32, asked_by=asked_by, **given) for _ in range(LISTED + 1)]
        db_session.add_all(others)
    browser = drawn.browser("regulator")
    assert "我方最早一件" in browser.get(NAMES)
    assert "设备采购" in drawn.browser("centre").get("/name-alarms")
    with plain_transaction(case.platform.database) as (db_session, _now):
        for row in db_session.scalars(select(NameRequest).where(NameRequest.case_id == "f" * 32)):
            row.case_id = case.case_id
    page = browser.get(NAMES)
    assert "我方最早一件" not in page
    assert f"{NAMES}?from={LISTED}" in page
    assert "我方最早一件" in browser.get(f"{NAMES}?from={LISTED}")
    assert f"/name-alarms?from={LISTED}" in browser.get("/name-alarms")
    others = drawn.browser("admin").get("/name-alarms")
    assert "from=" not in others
    assert "设备采购" in others, "what was granted, and nothing else before the end"
    browser.get(f"{NAMES}?from={10**30}")


@pytest.mark.parametrize("who", ["centre", "officer", "releaser", "witness-host", "bidder-a", "admin"])
def test_nobody_else_asks_or_reads(drawn: Site, who: str):
    drawn.browser(who).get(asking(drawn), 404)
    drawn.browser(who).get(NAMES, 404)


def test_once_it_is_over_nobody_asks_any_more_and_all_is_told(tmp_path):
    site = played(tmp_path, "found publish bid open draw sit report")
    with plain_transaction(site.case.platform.database) as (db_session, now):
        refused = {"case_id": site.case.case_id, "lot": LOT, "number": "n" * 32, "ground": "conflict", "reason": "传闻"}
        refused |= {"asked_by": site.case.people["inspector"].id, "asked_at": now, "granted": False}
        db_session.add(NameRequest(**refused))
    assert "设备采购" in site.browser("centre").get("/name-alarms")
    site.browser("regulator").get(asking(site), 404)
    number = sorted(site.case.case.lots[LOT].draw.seats)[0]
    given = (site.case.case_id, LOT, number, "conflict", "迟到的询问")
    with pytest.raises(NotAllowed):
        name_requests.ask(site.case.platform, site.case.people["regulator"].log_in, *given)
