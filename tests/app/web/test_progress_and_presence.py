"""How far the others are, who sits where and who has signed: for those alone whom the roles name (matrix 1 and 2)."""

from __future__ import annotations

import json

import pytest

from app.queries.events import seen_events
from app.services.actors import load_actor
from app.services.platform import DIST
from evaluation import sitting
from tests.app.services.whole_case import LOT, WholeCase
from tests.app.web.site import Site, booth, stated

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
PROGRESS = "本环节已完成"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(WholeCase(tmp_path_factory.mktemp("progress")).until_scoring())


def seen(case: WholeCase, who: str, kind: str) -> list[int]:
    """The seats of which somebody sees a fact of this kind."""
    with case.platform.database.reading() as db_session:
        actor = load_actor(db_session, case.people[who].id)
        records = seen_events(db_session, actor, case.case_id).records
    return sorted(record.payload["seat"] for record in records if record.type == kind)


def test_presence_is_the_centres_and_each_witness_sees_its_own_site(site: Site):
    case, everybody = site.case, sorted(site.case.members)
    own = {
        who: sorted(n for n, seat in case.state.seats.items() if seat.site == place)
        for who, place in zip(("witness-host", "witness-sub"), case.sites, strict=True)
    }
    assert seen(case, "centre", "MemberIdentified") == everybody
    for who, seats in own.items():
        assert 0 < len(seats) < len(everybody)
        assert seen(case, who, "MemberIdentified") == seats
    for who in ("officer", "releaser", "bidder-a", "buyer"):
        assert seen(case, who, "MemberIdentified") == [], who


def test_progress_is_for_the_chair_and_the_authority(site: Site):
    case = site.case
    bids = [bid.bid for bid in case.state.bids]
    early = next(number for number in case.members if number != case.chair)
    case.act(case.members[early], sitting.ScoreSheetLocked(early, case.sheet(early, bids), {}))
    path, api = f"/room/{case.case_id}/{LOT}", f"/api/v1/cases/{case.case_id}/lots/{LOT}/room"
    for number, person in case.members.items():
        page, view = booth(site, person).get(f"{path}/status"), json.loads(booth(site, person).get(api))
        assert (f"{PROGRESS} 1 / 5" in page) is (number == case.chair), number
        assert (PROGRESS in page) is (number == case.chair), number
        assert view["locked"] == (1 if number == case.chair else None), number
    assert f"{PROGRESS} 1 / 5" in stated(site).get(path)


def test_who_has_signed_is_for_the_room_and_the_agency_and_everything_with_the_result(site: Site):
    case = site.case
    bids = [bid.bid for bid in case.state.bids]
    for number in case.members.keys() - case.state.sheets.keys():
        case.act(case.members[number], sitting.ScoreSheetLocked(number, case.sheet(number, bids), {}))
    case.work_off()
    case.report()
    signed = sorted(case.state.signed)
    assert 0 < len(signed) < len(case.members)
    for who in ("centre", "witness-host", "witness-sub", "bidder-a"):
        assert seen(case, who, "ReportSigned") == [], who
    for who in ("officer", "releaser", "regulator"):
        assert seen(case, who, "ReportSigned") == signed, who
    assert seen(case, "officer", "MemberIdentified") == sorted(case.members)


def test_the_public_hears_that_the_report_is_sealed_and_of_no_dissent(site: Site):
    for who, path in (("", "/cases/{}"), ("bidder-b", "/bidder"), ("bidder-b", "/bidder/cases/{}/lots/1")):
        page = site.browser(who).get(path.format(site.case.case_id))
        assert "评审报告已签署并盖章" in page, path
        assert "不同意见" not in page, path
    assert "书面提出不同意见 1 名" in site.browser("officer").get(f"/cases/{site.case.case_id}")
