"""A booth leads back to its room from everywhere, and forgets it when the sitting is over."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.models import WebSession
from app.services.closed_booths import STAYS
from app.services.platform import DIST
from tests.app.services.whole_case import DRAWN, LOT, WholeCase
from tests.app.web.site import Site, booth

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")


def played(folder, then: str = "") -> Site:
    return Site(WholeCase(folder).through(f"{DRAWN} seat_all elect review{then}"))


def test_every_page_of_a_booth_leads_back_to_its_room_and_has_no_footer(tmp_path):
    site = played(tmp_path)
    seat, room = booth(site, site.case.members[2]), f"/room/{site.case.case_id}/{LOT}"
    for path in ("/", "/home", "/account"):
        answer = seat.client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, room), path
    for path in (room, f"{room}/sheet", f"/cases/{site.case.case_id}", "/verify", "/nowhere"):
        page = seat.client.get(path).get_data(as_text=True)
        header = page[page.index("<header") : page.index("</header>")]
        links = set(re.findall(r'href="([^"?]*)', header)) - {""}
        assert links <= {room}, path
        assert "返回评审室" in header, path
        assert "site-footer" not in page, path
    assert "site-footer" in site.browser().get("/")


def test_the_log_in_of_a_seat_ends_soon_after_the_sitting_and_its_page_leaves_by_itself(tmp_path):
    site = played(tmp_path)
    case, room = site.case, f"/room/{site.case.case_id}/{LOT}"
    seats = {number: booth(site, person) for number, person in case.members.items()}
    officer = site.browser("officer")
    assert "data-leaves-in" not in seats[2].get(room)
    case._score([bid.bid for bid in case.state.bids])
    case.report()
    assert case.state.stage == "closed"
    page = seats[2].get(room)
    left = re.search(r'data-leaves-in="(\d+)"', page)
    assert left
    assert 0 < int(left[1]) <= STAYS.total_seconds()
    with case.platform.database.reading() as db_session:
        rows = list(db_session.scalars(select(WebSession).where(WebSession.seat != "")))
    assert {row.expires_at <= case.clock() + STAYS for row in rows} == {True}
    case.clock.advance(STAYS.total_seconds() + 1)
    report, api = f"/cases/{case.case_id}/lots/{LOT}/report", f"/api/v1/cases/{case.case_id}/lots/{LOT}/room"
    for path in (room, f"{room}/sheet", report, api):
        assert seats[2].client.get(path).status_code in (302, 401, 404), path
    over = seats[2].get("/seat/over")
    assert "本机位不再显示评审内容" in over
    assert case.case_id not in over
    assert officer.get("/agency")
