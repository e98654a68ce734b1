"""Booths are booked by the host, agreed by the other centre, and never promised twice; nobody else learns for what."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from app.casefile.codec import encode
from app.models import Booking, BookingEvent, BookingPart, Notice, SeatBooth
from app.permissions.policy import NotAllowed
from app.procedure.deadlines import PostponementReleased
from app.procedure.errors import RuleViolation
from app.procedure.roles import Role
from app.procedure.venues import Answer, Window, terms_of
from app.queries.calendars import booking_view, booths_of, calendar, own_parts
from app.queries.venues import booking_of, window_of
from app.services import accounts, bookings, experts, venues
from app.services.accounts import NewOrganisation
from app.services.actors import load_actor
from app.services.booth_plan import free_for
from tests.app.services.people import LOT, START
from tests.app.services.whole_case import WholeCase


class County(WholeCase):
    """A case, and a second centre with a site of its own."""

    other_room: str = ""
    cases: tuple[str, ...] = ()

    def neighbour(self) -> None:
        owner = NewOrganisation("邻县中心", "centre", "C0000000000000002X")
        for login, role in (("neighbour", Role.CENTRE_OPERATOR), ("witness-far", Role.SITE_WITNESS)):
            admin, centre = self.people["admin"].id, self.people["centre"].id
            made = accounts.prepare_account(self.platform, admin, owner, login, login, frozenset({role}), "n@x.org")
            accounts.approve_account(self.platform, centre, made)
            self._certify(login)
        far = self.people["neighbour"].log_in
        site = experts.add_site(self.platform, far, "邻县副场", self.people["witness-far"].id)
        self.other_room = venues.add_room(
            self.platform, far, site, "远程室", 4, alone=True, equipment=venues.Equipment(line="专线")
        )

    def two_cases(self) -> None:
        first = self.publish().case_id
        refused, facts = code(self.publish)
        assert (refused, facts) == ("code_taken", {"code": self.project_code})
        self.project_code = "T-2026-2"
        self.cases = (first, self.publish().case_id)

    def window(self, hours: float = 0, length: float = 4) -> Window:
        begins = START + timedelta(hours=1 + hours)  # after both deadlines
        return Window(begins, begins + timedelta(hours=length))

    def arrange(self, rooms: dict[str, int], case_id: str = "", who: str = "centre", **times: float) -> str:
        case_id = case_id or self.cases[0]
        return bookings.arrange_booking(
            self.platform, self.people[who].log_in, case_id, LOT, self.window(**times), rooms
        )

    def booth_ids(self, room: str) -> list[str]:
        with self.platform.database.reading() as db_session:
            return [booth.id for booth in booths_of(db_session, room)]

    def notices(self, who: str) -> list[Notice]:
        with self.platform.database.reading() as db_session:
            mine = select(Notice).where(Notice.account_id == self.people[who].id).order_by(Notice.created_at)
            return [row for row in db_session.scalars(mine) if "boo" in row.code]


@pytest.fixture(scope="module")
def kept(tmp_path_factory, database_url) -> County:
    return County(tmp_path_factory.mktemp("county"), database_url=database_url).through("found neighbour two_cases")


@pytest.fixture
def county(kept) -> County:
    """The same installation without bookings."""
    with kept.platform.database.writing() as db_session:
        for table in (SeatBooth, BookingPart, Booking, Notice):
            db_session.query(table).delete()
        db_session.commit()
    return kept


def code(call, *args, **kwargs) -> tuple[str, dict]:
    with pytest.raises(RuleViolation) as refused:
        call(*args, **kwargs)
    return refused.value.code, refused.value.facts


def part_of(county: County) -> tuple[str, str]:
    """The other centre's part, and its terms as they are now."""
    query = select(BookingPart, Booking).join(Booking, Booking.id == BookingPart.booking_id)
    with county.platform.database.reading() as db_session:
        part, booking = db_session.execute(query.where(BookingPart.room_id == county.other_room)).one()
        return part.id, terms_of(window_of(booking), part.booths)


def view(county: County):
    with county.platform.database.reading() as db_session:
        return booking_view(db_session, county.case, LOT, county.clock.at)


def test_the_other_centre_is_asked_blindly_and_answers_with_a_reason(county):
    county.case_id = county.cases[0]
    booking = county.arrange({county.rooms[0]: 3, county.other_room: 2})
    said = {part.room_name: part.answer for part in view(county).parts}
    assert said == {"一室": Answer.ACCEPTED, "远程室": Answer.ASKED}
    (asked,) = county.notices("neighbour")
    title = county.case.tender.published.title
    with county.platform.database.reading() as db_session:
        (row,) = own_parts(db_session, county.people["neighbour"].organisation, county.clock.at)
        actor = load_actor(db_session, county.people["witness-far"].id)
        days = calendar(db_session, actor, [county.window()])
    blind = asked.facts + json.dumps(encode(row), ensure_ascii=False) + json.dumps(encode(days), ensure_ascii=False)
    assert asked.case_id == ""
    assert row.label in asked.facts
    assert not any(secret in blind for secret in (title, county.case_id, "T-2026-1", "某学院", booking))
    far = county.people["neighbour"].log_in
    assert code(bookings.answer_booking, county.platform, far, *part_of(county), Answer.REFUSED)[0] == (
        "booking_reason_missing"
    )
    bookings.answer_booking(county.platform, far, *part_of(county), Answer.REFUSED, "当日停电检修")
    told = county.notices("centre")[-1]
    assert (told.code, told.case_id) == ("booking_refused", county.case_id)
    assert "当日停电检修" in told.facts
    assert code(bookings.answer_booking, county.platform, far, *part_of(county), Answer.ACCEPTED)[0] == (
        "booking_answered"
    )
    county.arrange({county.rooms[0]: 3, county.other_room: 2})  # asked again
    bookings.answer_booking(county.platform, far, *part_of(county), Answer.ACCEPTED)
    steps = [e.step for e in rows(county, select(BookingEvent).where(BookingEvent.booking_id == booking))]
    assert steps == ["arranged", "refused", "arranged", "accepted"]


def rows(county: County, query) -> list:
    with county.platform.database.reading() as db_session:
        return list(db_session.scalars(query))


def test_only_the_host_arranges_and_only_the_room_s_centre_answers(county):
    county.case_id = county.cases[0]
    for who in ("neighbour", "officer", "witness-host"):
        with pytest.raises(NotAllowed):
            county.arrange({county.rooms[0]: 1}, who=who)
    county.arrange({county.other_room: 1})
    centre = county.people["centre"].log_in
    assert code(bookings.answer_booking, county.platform, centre, *part_of(county), Answer.ACCEPTED)[0] == (
        "booking_unknown"
    )
    far = county.people["neighbour"].log_in
    assert code(venues.take_out, county.platform, far, "none", "x")[0] == "booth_unknown"
    assert code(venues.close_room, county.platform, far, county.rooms[0], county.window(), "x")[0] == "room_unknown"


def test_a_clash_says_room_hours_and_what_is_free(county):
    first, second = county.cases
    county.case_id = first
    county.arrange({county.other_room: 2}, first)
    window = county.window()
    refused, facts = code(county.arrange, {county.other_room: 1}, second, hours=2)
    assert refused == "room_taken"
    assert (facts["begins_at"], facts["ends_at"], facts["free"]) == (window.begins_at, window.ends_at, 0)
    assert facts["next_at"] == window.ends_at
    county.arrange({county.rooms[0]: 4}, second)
    refused, facts = code(county.arrange, {county.rooms[0]: 3, county.other_room: 2}, first, hours=1)
    assert (refused, facts["free"], facts["asked"], facts["in_service"]) == ("room_short", 2, 3, 6)
    county.arrange({county.rooms[0]: 2}, first, hours=1)  # its own earlier hold is no clash


def test_of_two_requests_at_once_the_room_serves_one(county):
    gate = Barrier(2)

    def ask(case_id: str) -> str:
        gate.wait()
        try:
            return county.arrange({county.rooms[1]: 4}, case_id)
        except RuleViolation as refusal:
            return refusal.code

    county.case_id = county.cases[0]
    for _ in range(3):
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(ask, county.cases))
        assert sum(answer == "room_short" for answer in answers) == 1
        with county.platform.database.writing() as db_session:
            db_session.query(BookingPart).delete()
            db_session.query(Booking).delete()
            db_session.commit()


def test_a_booking_is_moved_cancelled_and_taken_back(county):
    county.case_id = county.cases[0]
    far, centre = county.people["neighbour"].log_in, county.people["centre"].log_in
    rooms = {county.rooms[0]: 2, county.other_room: 2}
    county.arrange(rooms, hours=1)
    bookings.answer_booking(county.platform, far, *part_of(county), Answer.ACCEPTED)
    bookings.answer_booking(county.platform, far, *part_of(county), Answer.WITHDRAWN, "设备故障")
    county.arrange(rooms, hours=2)
    assert [part.answer for part in view(county).parts] == [Answer.ACCEPTED, Answer.ASKED]
    assert county.notices("neighbour")[-1].code == "booking_moved"
    assert code(bookings.cancel_booking, county.platform, centre, county.case_id, LOT, " ")[0] == (
        "booking_reason_missing"
    )
    bookings.cancel_booking(county.platform, centre, county.case_id, LOT, "项目暂缓")
    assert county.notices("neighbour")[-1].code == "booking_cancelled"
    assert view(county) is None
    assert code(bookings.answer_booking, county.platform, far, *part_of(county), Answer.ACCEPTED)[0] == (
        "booking_unknown"
    )


def test_a_centre_agrees_only_to_the_hours_and_booths_that_it_has_read(county):
    county.case_id = county.cases[0]
    far = county.people["neighbour"].log_in
    county.arrange({county.other_room: 2}, hours=1)
    read = part_of(county)
    for booths, hours in ((2, 2), (3, 1)):
        county.arrange({county.other_room: booths}, hours=hours)
        for said in (Answer.ACCEPTED, Answer.REFUSED):
            refused, facts = code(bookings.answer_booking, county.platform, far, *read, said, "x")
            assert (refused, facts["begins_at"]) == ("booking_changed", county.window(hours).begins_at)
            assert facts["booths"] == booths
    bookings.answer_booking(county.platform, far, *part_of(county), Answer.ACCEPTED)


def test_a_room_is_closed_only_while_nobody_has_booked_it(county):
    county.case_id = county.cases[0]
    centre = county.people["centre"].log_in
    county.arrange({county.rooms[0]: 2}, hours=1)
    assert code(venues.close_room, county.platform, centre, county.rooms[0], county.window(1), "检修")[0] == (
        "room_booked"
    )
    free = county.window(12)
    venues.close_room(county.platform, centre, county.rooms[0], free, "检修")
    assert code(county.arrange, {county.rooms[0]: 1}, county.cases[1], hours=13)[0] == "room_closed"


def test_a_deadline_that_moves_past_a_booking_makes_it_count_no_more(county):
    county.case_id = county.cases[1]
    county.arrange({county.rooms[1]: 2, county.other_room: 1}, county.case_id, length=1)
    assert view(county).counts
    county._in_two_hands("officer", "releaser", lambda later: PostponementReleased("场地", later), 7200)
    assert not view(county).counts
    assert [row.code for row in county.notices("centre")] == ["booking_overtaken"]
    told = county.notices("neighbour")[-1]
    assert (told.code, told.case_id) == ("booking_will_move", "")
    county.arrange({county.rooms[1]: 2, county.other_room: 1}, county.case_id, hours=4)
    assert view(county).counts


def test_evaluations_at_once_in_one_room_have_booths_of_their_own(county):
    first, second = county.cases
    county.arrange({county.rooms[0]: 3}, first, hours=5)
    county.arrange({county.rooms[0]: 3}, second, hours=6)
    booths = county.booth_ids(county.rooms[0])
    with county.platform.database.writing() as db_session:
        for seat in (1, 2, 3):
            row = SeatBooth(case_id=second, lot=LOT, seat=seat, booth_id=booths[seat], since=county.clock.at)
            db_session.add(row)
        db_session.commit()
    with county.platform.database.reading() as db_session:
        booking = booking_of(db_session, first, LOT)
        free = free_for(db_session, booking, county.sites[0], county.clock.at)
    assert [booth.id for booth in free] == [booths[0], *booths[4:]]
    assert code(county.arrange, {county.rooms[0]: 4}, first, hours=5)[0] == "room_short"


def test_a_lot_that_fails_frees_its_booths_and_the_other_centre_is_told(tmp_path):
    county = County(tmp_path).through("found neighbour two_cases")  # nobody bids
    county.case_id = county.cases[0]
    county.arrange({county.rooms[0]: 6, county.other_room: 4}, hours=1)
    assert code(county.arrange, {county.other_room: 1}, county.cases[1], hours=1)[0] == "room_taken"
    county.work_off(200)
    assert county.notices("neighbour")[-1].code == "booking_released"
    with county.platform.database.reading() as db_session:
        assert own_parts(db_session, county.people["neighbour"].organisation, county.clock.at) == []
