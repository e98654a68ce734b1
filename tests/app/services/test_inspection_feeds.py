"""Programs that watch all the time: a year of inspections that begins under their eyes is as good as one of before."""

from __future__ import annotations

from typing import Any

import pytest

from app.client.feed import CaseFeed
from app.client.trustee import committee_shown
from app.extensions import COOKIE
from app.procedure.inspections.facts import InspectorsDrawOpened, Part, PlanApproved
from app.queries.committees import read_committees
from app.queries.lists import current_cases
from app.services import inspection_years
from app.services.platform import DIST
from crypto.canonical import digest
from tests.app.services.inspecting import Inspecting
from tests.app.web.site import Site

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
OPENED = "found authorities registers open_year"


class Opened(Inspecting):
    """A year that is opened and has no plan."""

    def open_year(self) -> None:
        joint = [self.people["finance-1"].organisation]
        log_in = self.people["regulator"].log_in
        self.case_id = inspection_years.open_year(self.platform, log_in, self.clock().year, joint)

    def current(self) -> list[str]:
        with self.platform.database.reading() as db_session:
            return current_cases(db_session, self.clock())


class Line:
    """The platform's answers over HTTP, as a program's connection gives them."""

    def __init__(self, site: Site, who: str) -> None:
        self.client = site.app.test_client()
        if who:
            self.client.set_cookie(COOKIE, site.token(who))

    def get(self, path: str, **query: str) -> Any:
        return self.client.get(f"/api/v1{path}", query_string=query).json


def test_a_program_that_watched_from_the_beginning_knows_what_one_knows_that_begins_now(tmp_path):
    desk = Opened(tmp_path)
    desk.through(OPENED)
    assert desk.current() == [], "the authorities' own matter until its plan is approved"
    site = Site(desk)
    watching = {who: CaseFeed(Line(site, who), desk.case_id) for who in ("trustee-1", "centre", "finance-1", "")}

    def look() -> None:
        for who, feed in watching.items():
            feed.refresh()
            fresh = CaseFeed(Line(site, who), desk.case_id)
            fresh.refresh()
            assert feed.events == fresh.events, who

    look()
    payload = desk.plan_payload()
    desk.act("regulator", payload, "", "PlanProposed")
    look()
    assert not watching["trustee-1"].events
    assert watching["finance-1"].of("PlanProposed")
    desk.act("inspector", PlanApproved(digest(payload)), "")
    look()
    assert desk.current() == [desk.case_id]
    committee = read_committees(desk.platform.database)[0].description
    assert committee_shown(watching["trustee-1"].events) == committee, "or no share is ever given"
    desk.propose()
    look()
    desk.list_inspectors()
    desk.publish_campaign()
    look()
    assert watching["trustee-1"].of("CampaignProposed")
    desk.draw(1, Part.OBJECTS)
    desk.act("regulator", InspectorsDrawOpened(1), "")
    look()


def test_a_plan_that_would_replace_another_is_nobodys_before_it_is_approved(tmp_path):
    desk = Inspecting(tmp_path)
    desk.through("found authorities registers plan")
    site = Site(desk)
    feeds = {who: CaseFeed(Line(site, who), desk.case_id) for who in ("", "trustee-1", "finance-1")}
    payload = desk.plan_payload() | {"title": "调整后的计划"}
    desk.act("regulator", payload, "", "PlanProposed")
    for who, plans in (("", 1), ("trustee-1", 1), ("finance-1", 2)):
        feeds[who].refresh()
        assert len(feeds[who].of("PlanProposed")) == plans, who
    desk.act("inspector", PlanApproved(digest(payload)), "")
    for who, feed in feeds.items():
        feed.refresh()
        assert [plan["payload"]["title"] for plan in feed.of("PlanProposed")] == ["年度计划", "调整后的计划"], who
