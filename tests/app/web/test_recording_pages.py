"""The pages of recordings: who is told, what is shown of the pieces, and how two inspectors look."""

from __future__ import annotations

import io
import re
import tarfile

import pytest

from app.procedure.recordings import RecordingBegun, RecordingEnded, RecordingLookGranted, RecordingLookRequested
from app.services.platform import DIST
from tests.app.services.test_recordings import FILM, Machine
from tests.app.services.whole_case import DRAWN, LOT, WholeCase
from tests.app.web.site import Site, booth, stated

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> WholeCase:
    return WholeCase(tmp_path_factory.mktemp("recording-pages")).through(f"{DRAWN} seat_all elect")


@pytest.fixture(scope="module")
def site(case: WholeCase) -> Site:
    return Site(case)


def test_everybody_in_the_room_reads_that_a_site_is_recorded(case: WholeCase, site: Site):
    room, member = f"/room/{case.case_id}/{LOT}", booth(site, case.members[case.chair])
    told = "正在录音录像"
    assert told not in member.get(room)
    case.act("witness-sub", RecordingBegun(case.sites[1], 1))
    for path in (room, f"{room}/recorded", f"{room}/pictures", f"{room}/pictures/recorded"):
        assert told in member.get(path), path
    assert told in site.browser("centre").get(f"{room}/pictures")
    assert "data-recorder" in site.browser("witness-sub").get(f"{room}/pictures")
    assert "data-recorder" not in member.get(f"{room}/pictures")


def test_a_machine_hands_in_over_the_api_and_the_page_draws_what_is_missing(case: WholeCase, site: Site):
    machine, witness = Machine(case, "witness-sub", 1), site.browser("witness-sub")
    base = f"/api/v1/cases/{case.case_id}/lots/{LOT}/recordings/{machine.site}"
    state = witness.client.get(base).get_json()
    assert (state["run"], state["running"], state["received"]) == (1, True, 0)
    token = {"Authorization": f"Bearer {site.token('witness-sub')}"}
    for number in range(1, 5):
        piece, data = machine.film()
        query = {
            "started_at": piece.started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "ended_at": piece.ended_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "sha256": piece.sha256,
            "previous": piece.previous,
            "clock_ms": "20",
        }
        query = {name: value.replace(".000Z", "Z") for name, value in query.items()}
        if number != 3:
            answer = site.app.test_client().put(f"{base}/1/{number}", query_string=query, data=data, headers=token)
            assert (answer.status_code, answer.get_json()["link"]) == (200, machine.head)
    case.act("witness-sub", RecordingEnded(machine.site, 1, 4, machine.head))
    case.work_off(60)
    page = f"/cases/{case.case_id}/lots/{LOT}/recordings"
    for who, sites in (("witness-sub", 1), ("centre", 2), ("regulator", 2)):
        text = site.browser(who).get(page)
        assert "片段缺失 · 第 3 段" in text
        assert "strip__part--missing" in text
        assert text.count('<svg class="strip"') == sites
        assert ("播放" in text, "评审期间不能调看" in text) == (False, who == "regulator")
    assert "没有录音录像" in stated(site).get("/regulator/live")
    for who in ("officer", "bidder-a", "admin"):
        site.browser(who).get(page, 404)
    bad = site.app.test_client().put(f"{base}/1/9", query_string={**query, "clock_ms": "x"}, data=data, headers=token)
    assert bad.status_code == 422
    assert site.browser("regulator").client.get(f"{base}/1/1").status_code == 404


def test_two_inspectors_look_after_the_evaluation(case: WholeCase, site: Site):
    case.review()
    case._score([bid.bid for bid in case.state.bids])
    case.report()
    page = f"/cases/{case.case_id}/lots/{LOT}/recordings"
    assert "录音录像未交齐" in site.browser("witness-sub").get("/witness")
    assert "录音录像未交齐" not in site.browser("witness-host").get("/witness")
    inspector, other = site.browser("regulator"), site.browser("inspector")
    assert inspector.client.get(f"{page}/{case.sites[1]}/1").status_code == 422  # nobody has granted it
    token = re.search(r'name="csrf-token" content="([^"]+)"', inspector.get(page))[1]
    for reason, answer in (("", "请写明调看的理由"), ("核查投诉", "RecordingLookRequested")):
        form = {"csrf_token": token, "reason": reason}
        assert answer in inspector.client.post(f"{page}/look", data=form).get_data(as_text=True)
    case.act("regulator", RecordingLookRequested("x1", "核查投诉"))
    assert "等待另一名监督人员批准" in inspector.get(page)
    assert f"{page}/look/x1" in other.get(page)
    assert "RecordingLookGranted" in other.get(f"{page}/look/x1")
    inspector.get(f"{page}/look/x1", 404)
    case.act("inspector", RecordingLookGranted("x1", "核查投诉"))
    assert f"{page}/{case.sites[1]}/1" in other.get(page)
    assert other.get(f"{page}/{case.sites[1]}/1").count("data-piece=") == 3
    films = f"/api/v1{page}/{case.sites[1]}/1"
    film = inspector.client.get(f"{films}/1")
    assert (film.data, film.mimetype) == (FILM + b"1", "video/webm")
    assert inspector.client.get(f"{films}/3").status_code == 404
    with tarfile.open(fileobj=io.BytesIO(inspector.client.get(f"{films}.tar").data)) as tar:
        assert len(tar.getnames()) == 3
    assert site.browser("centre").client.get(f"{films}/1").status_code == 404
