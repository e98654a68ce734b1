"""What a draw waits for is seen before it waits: whether a party's agent is there, and until when silence may last."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete

from app.models import TrusteeAgent
from app.procedure.inspections.facts import Part
from app.procedure.inspections.state import lot_of
from app.procedure.trustees import REVEAL_PATIENCE
from app.queries.trustee_agents import LATE_AFTER
from app.services.platform import DIST
from app.services.trustee_agents import report_agent
from app.services.unit_of_work import plain_transaction
from tests.app.services.inspecting import COURSE, Inspecting
from tests.app.services.whole_case import LOT
from tests.app.web.site import Site, played

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")


def test_a_party_learns_that_an_agent_has_gone_before_a_round_waits_for_it(tmp_path: Path):
    site = played(tmp_path, "found publish bid open delegate agree_on_draw")
    case, desks = site.case, {"centre": "/centre", "releaser": "/agency", "regulator": "/regulator"}
    wall = f"/cases/{case.case_id}/lots/{LOT}/draw"
    for who, desk in desks.items():
        page = site.browser(who).get(desk)
        assert "抽取代理程序" not in page, "who has none is not troubled"
        assert site.browser(who).get(wall).count("没有联系过") == 3
        report_agent(case.platform, case.people[who].log_in, case.clock())
        assert "本单位的抽取代理程序在线" in site.browser(who).get(desk)
        case.clock.advance(LATE_AFTER.total_seconds() + 1)
        assert "本单位的抽取代理程序失去联系" in site.browser(who).get(desk)
        assert "代理失去联系" in site.browser(who).get(wall)
        with plain_transaction(case.platform.database) as (db_session, _now):
            db_session.execute(delete(TrusteeAgent))
    assert "抽取代理程序" not in site.browser("trustee-1").get(wall), "the parties' own matter"
    assert "失去联系" not in site.browser("officer").get("/agency")


def test_who_waits_for_a_silent_party_reads_until_when(tmp_path: Path):
    desk = Inspecting(tmp_path).through(COURSE)
    desk.published()
    site, lot = Site(desk), lot_of(1, Part.OBJECTS)
    wall = f"/inspections/{desk.case_id}/draws/{lot}"
    assert f"{REVEAL_PATIENCE.seconds // 60} 分钟后仍不公开的" in site.browser("centre").get(wall)
    desk.commit(lot)
    desk.state(lot)
    assert "届时由受托人打开" not in site.browser().get(wall)
    desk.sign(lot)
    page = site.browser().get(wall)
    (signed,) = (record.at for record in desk.records("DrawSigned"))
    assert "届时由受托人打开" in page
    assert (signed + REVEAL_PATIENCE).isoformat()[:19] in page
    desk.reveal(lot)
    assert "届时由受托人打开" not in site.browser().get(wall)
