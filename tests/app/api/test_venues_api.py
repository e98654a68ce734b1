"""Rooms and bookings for programs: the same rules, and of another centre's evaluation a label alone."""

from __future__ import annotations

from typing import Any

import pytest

from app.casefile.codec import encode
from tests.app.services.test_bookings import County
from tests.app.services.whole_case import LOT
from tests.app.web.site import Site


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Site:
    return Site(County(tmp_path_factory.mktemp("venues-api")).through("found neighbour two_cases"))


def call(site: Site, who: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {site.token(who)}"}
    answer = site.app.test_client().open(f"/api/v1{path}", method=method, json=body, headers=headers)
    return answer.status_code, answer.get_json()


def test_a_booking_from_the_request_to_its_end(site):
    county = site.case
    county.case_id = county.cases[0]
    (room,) = call(site, "centre", "GET", f"/sites/{county.sites[0]}/rooms")[1]
    assert room == {"id": county.rooms[0], "name": "一室", "booths": 6, "alone": False}
    path, times = f"/cases/{county.case_id}/lots/{LOT}/booking", encode(vars(county.window()))
    status, refused = call(site, "centre", "PUT", path, {**times, "rooms": {county.other_room: 5}})
    assert (status, refused["error"]["code"], refused["error"]["facts"]["free"]) == (422, "room_short", 4)
    status, made = call(site, "centre", "PUT", path, {**times, "rooms": {county.other_room: 2}})
    assert status == 200
    status, (asked,) = call(site, "neighbour", "GET", "/bookings")
    assert (asked["booths"], asked["answer"]) == (2, "asked")
    assert not {made["booking"], county.case_id} & set(map(str, asked.values()))
    answer = f"/bookings/{asked['id']}/answer"
    says = {name: asked[name] for name in ("begins_at", "ends_at", "booths")} | {"answer": "accepted"}
    assert call(site, "centre", "POST", answer, says)[0] == 404
    assert call(site, "neighbour", "POST", answer, {"answer": "accepted"})[0] == 422
    status, refused = call(site, "neighbour", "POST", answer, {**says, "booths": 1})
    assert (status, refused["error"]["code"]) == (409, "booking_changed")
    assert call(site, "neighbour", "POST", answer, says) == (200, {})
    assert call(site, "officer", "DELETE", path, {"reason": "x"})[0] == 404
    assert call(site, "centre", "DELETE", path, {"reason": "项目暂缓"}) == (200, {})
    assert call(site, "neighbour", "GET", "/bookings")[1] == []


def test_a_room_and_a_booth_that_fails(site):
    county = site.case
    sent = {"name": "三室", "booths": 2, "alone": True, "equipment": {"line": "专线"}}
    assert call(site, "neighbour", "POST", f"/sites/{county.sites[0]}/rooms", sent)[0] == 404
    status, made = call(site, "centre", "POST", f"/sites/{county.sites[0]}/rooms", sent)
    assert status == 200
    booth = county.booth_ids(made["id"])[0]
    assert call(site, "centre", "POST", f"/booths/{booth}/outage", {"reason": "断电"}) == (200, {})
    rooms = call(site, "centre", "GET", f"/sites/{county.sites[0]}/rooms")[1]
    assert [room["booths"] for room in rooms if room["id"] == made["id"]] == [1]
    assert call(site, "centre", "POST", f"/booths/{booth}/return")[0] == 200
