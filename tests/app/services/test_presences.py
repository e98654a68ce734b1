"""Who may know who is in the room: never who has left early while others score, and never who listens."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from app.permissions.policy import NotAllowed
from app.procedure.presence import SILENT, LineFigures
from app.queries import events
from app.queries.presences import places_seen, view_digest
from app.services import presences
from app.services.actors import load_actor
from app.services.platform import DIST
from app.services.presences import Place
from evaluation.sitting import ScoreSheetLocked
from tests.app.services.whole_case import DRAWN, LOT, WholeCase
from tests.app.web.site import Site, booth, stated

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
FIGURES = LineFigures(40, 0, 15)


@pytest.fixture(scope="module")
def case(tmp_path_factory, database_url) -> WholeCase:
    return WholeCase(tmp_path_factory.mktemp("presence"), database_url=database_url).through(f"{DRAWN} seat_all elect")


@pytest.fixture(scope="module")
def site(case: WholeCase) -> Site:
    return Site(case)


def arrive(case: WholeCase, number: int) -> Place:
    place, _up = presences.arrive(case.platform, case.members[number].log_in, case.case_id, LOT, f"line-{number}")
    presences.keep(case.platform, {place: (f"line-{number}", FIGURES)})
    return place


def seen(case: WholeCase, who: str | int, *reasons: str):
    person = case.people[who] if isinstance(who, str) else case.members[who]
    with case.platform.database.reading() as db_session:
        actor = load_actor(db_session, person.id, person.log_in.seat)
        return places_seen(db_session, actor, case.case, LOT, case.clock.at)


def there(places) -> set[int]:
    return {place.seat for place in places if place.there}


def test_members_see_who_is_there_and_the_chair_by_what_line(case: WholeCase):
    one, two, *_ = [number for number in case.members if number != case.chair]
    arrive(case, one)
    place = arrive(case, two)
    presences.raise_hand(case.platform, place, f"line-{two}", up=True)
    found = {place.seat: place for place in seen(case, one)}
    assert set(found) == set(case.members)
    assert there(found.values()) == {one, two}
    assert found[two].hand
    assert (found[two].since, found[two].figures, found[two].drops) == (None, None, 0)
    assert found[one].figures == FIGURES
    by_chair = {place.seat: place for place in seen(case, case.chair)}
    assert by_chair[two].figures == FIGURES
    assert by_chair[two].since is not None


def test_staff_see_what_the_matrix_says_and_nobody_else_anything(case: WholeCase, site: Site):
    assert {place.site for place in seen(case, "centre")} == set(case.sites)
    assert {place.site for place in seen(case, "witness-sub")} == {case.sites[1]}
    for who in ("officer", "releaser", "bidder-a", "admin", "trustee-1", "regulator"):
        assert seen(case, who) == ()
    page = f"/cases/{case.case_id}/lots/{LOT}/standstill"
    assert "在线情况" in site.browser("centre").get(page)
    assert "往返 40 毫秒" in site.browser("centre").get(f"{page}/presence")
    assert "在线情况" not in site.browser("officer").get(page)
    assert "往返 40 毫秒" not in site.browser("regulator").get("/regulator/live")
    assert "往返 40 毫秒" in stated(site).get("/regulator/live")
    for who in ("officer", "bidder-a", "admin"):
        site.browser(who).get(f"{page}/presence", 404)
        with pytest.raises(NotAllowed):
            presences.arrive(case.platform, case.people[who].log_in, case.case_id, LOT, "line-x")
    for who in ("centre", "regulator"):  # they look, and are not there
        with pytest.raises(NotAllowed):
            presences.arrive(case.platform, case.people[who].log_in, case.case_id, LOT, "line-x")


def test_who_is_cut_off_is_missed_and_who_hangs_up_too(case: WholeCase):
    one, two, *_ = case.members
    places = [arrive(case, one), arrive(case, two)]
    case.clock.at += SILENT
    assert not there(seen(case, "centre"))
    presences.keep(case.platform, {places[0]: (f"line-{one}", FIGURES)})
    assert there(seen(case, "centre")) == {one}
    assert next(place.drops for place in seen(case, "centre") if place.seat == one) == 1
    presences.depart(case.platform, places[0], "another-line", "")
    assert there(seen(case, "centre")) == {one}
    presences.depart(case.platform, places[0], f"line-{one}", "")
    assert there(seen(case, "centre")) == {one}, "a page that is loaded anew"
    case.clock.at += SILENT
    assert not there(seen(case, "centre"))


def test_a_hand_stays_up_over_a_page_that_is_loaded_anew_and_falls_with_the_line(case: WholeCase):
    one = min(case.members)
    place = arrive(case, one)
    presences.raise_hand(case.platform, place, f"line-{one}", up=True)
    presences.depart(case.platform, place, f"line-{one}", "")
    log_in = case.members[one].log_in
    assert presences.arrive(case.platform, log_in, case.case_id, LOT, "line-y") == (place, True)
    case.clock.at += SILENT
    assert presences.arrive(case.platform, log_in, case.case_id, LOT, "line-z") == (place, False)


def test_a_witness_has_no_hand_to_raise(case: WholeCase):
    witness = case.people["witness-sub"]
    place, _up = presences.arrive(case.platform, witness.log_in, case.case_id, LOT, "line-w")
    assert place.seat == 0
    with pytest.raises(NotAllowed):
        presences.raise_hand(case.platform, place, "line-w", up=True)


def test_idle_lines_cost_few_statements(case: WholeCase):
    """However many places answer in a round: the turns, one look at all rows, and one update."""
    places = {arrive(case, number): (f"line-{number}", FIGURES) for number in case.members}
    asked: list[str] = []
    engine = case.platform.database.engine
    note = lambda _c, _cursor, statement, *_: asked.append(statement)  # noqa: E731
    event.listen(engine, "before_cursor_execute", note)
    presences.keep(case.platform, places)
    event.remove(engine, "before_cursor_execute", note)
    assert len([one for one in asked if "FROM presence" in one]) == 1


def test_a_live_part_of_the_room_reads_no_record_for_its_cursor(case: WholeCase, site: Site, monkeypatch):
    def read(*_: object) -> None:
        raise AssertionError("the whole case file, only to know how long it is")

    monkeypatch.setattr(events, "load_unsealed", read)
    for part in ("presence", "status", "announcements"):
        assert booth(site, case.members[case.chair]).get(f"/room/{case.case_id}/{LOT}/{part}")


def test_while_members_score_nobody_of_them_learns_who_has_left(case: WholeCase, site: Site):
    """Whether others are there, come, go, or have locked: the same answers, to the chair too."""
    case.review()
    mover, *others = [number for number in case.members if number != case.chair]
    watchers = [case.chair, *others]
    room = f"/room/{case.case_id}/{LOT}/presence"

    def answers() -> list[tuple[str, str]]:
        for number in watchers:
            arrive(case, number)
        return [(view_digest(seen(case, n)), booth(site, case.members[n]).get(room)) for n in watchers]

    def without_time(found: list[tuple[str, str]]) -> list[str]:
        return [one for one, _ in found]

    place = arrive(case, mover)
    before = answers()
    assert all(f"席位 {mover}" not in page for _, page in before)
    presences.raise_hand(case.platform, place, f"line-{mover}", up=True)
    assert without_time(answers()) == without_time(before)
    assert next(p.hand for p in seen(case, "centre") if p.seat == mover), "for the witness to come"
    bids = [bid.bid for bid in case.state.bids]
    case.act(case.members[mover], ScoreSheetLocked(mover, case.sheet(mover, bids), {}))
    presences.depart(case.platform, place, f"line-{mover}", "")
    case.clock.at += SILENT
    after = answers()
    assert [page.count("<li") for _, page in after] == [1] * len(watchers)
    assert all(f"席位 {mover}" not in page for _, page in after)


def test_rows_go_after_a_day(case: WholeCase):
    arrive(case, case.chair)
    case.clock.at += presences.KEPT_FOR * 2
    presences.forget_absent(case.platform)
    assert all(place.since is None for place in seen(case, "centre"))
