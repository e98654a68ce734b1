"""Seats are drawn only for booked booths; each seat has a booth of its site, and another where that one fails."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select

from app.models import AccountRole, Booking, Booth, IdentityPhoto, Notice, Room, SeatBooth
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, authorize
from app.procedure.convening import PHOTO_NOTICE, check_identity
from app.procedure.errors import RuleViolation
from app.procedure.roles import Role
from app.procedure.venues import Window
from app.services import bookings, booths, call_ups, identities, venues
from app.services.accounts import LogIn
from app.services.actors import load_actor
from crypto.signing import SigningKey
from evaluation.sitting import IdentityCheck, IdentityDocument, MemberIdentified
from tests.app.services.people import LOT, Person
from tests.app.services.test_booths import Moving
from tests.app.services.whole_case import DRAWN, WholeCase
from tests.pictures import jpeg

JPEG = jpeg(640, 480)


def code(call, *args, **kwargs) -> tuple[str, dict]:
    with pytest.raises(RuleViolation) as refused:
        call(*args, **kwargs)
    return refused.value.code, refused.value.facts


@pytest.fixture(scope="module")
def case(tmp_path_factory, database_url) -> Moving:
    return Moving(tmp_path_factory.mktemp("seats"), database_url=database_url).through(DRAWN)


def booth_rows(case: Moving) -> dict[int, Booth]:
    with case.platform.database.reading() as db_session:
        query = select(SeatBooth.seat, Booth).join(Booth, Booth.id == SeatBooth.booth_id)
        return dict(db_session.execute(query.where(SeatBooth.case_id == case.case_id)).all())


class Unbooked(WholeCase):
    booked = True  # as this one says


def test_no_seat_is_asked_for_where_no_booth_is_booked(tmp_path):
    unbooked = Unbooked(tmp_path).through("found publish bid open delegate")
    with unbooked.platform.database.writing() as db_session:
        db_session.execute(Booking.__table__.update().values(cancelled_at=unbooked.clock.at))
        db_session.commit()
    refused, facts = code(unbooked.draw_experts)
    assert (refused, facts["site"]) == ("site_not_booked", "主场" if facts["seats"] == 3 else "副场")
    now = unbooked.clock()
    window = Window(now, now + timedelta(hours=4))
    few = dict.fromkeys(unbooked.rooms, 1)
    centre = unbooked.people["centre"].log_in
    bookings.arrange_booking(unbooked.platform, centre, unbooked.case_id, LOT, window, few)
    assert code(unbooked.draw_experts)[0] == "site_booked_short"


def test_every_seat_has_a_booth_of_its_own_at_its_site(case):
    rows = booth_rows(case)
    assert rows.keys() == case.state.seats.keys()
    assert len({booth.id for booth in rows.values()}) == len(rows)
    with case.platform.database.reading() as db_session:
        sites = {seat: db_session.get_one(Room, booth.room_id).site_id for seat, booth in rows.items()}
    assert sites == {number: seat.site for number, seat in case.state.seats.items()}


def test_a_draw_holds_the_booking(case):
    centre = case.people["centre"].log_in
    cancel = (bookings.cancel_booking, case.platform, centre, case.case_id, LOT, "不需要")
    assert code(*cancel)[0] == "booking_drawn_upon"
    now = case.clock()
    less = (case.platform, centre, case.case_id, LOT, Window(now, now + timedelta(hours=9)), {case.rooms[0]: 5})
    assert code(bookings.arrange_booking, *less)[0] == "site_not_booked"


def test_the_witness_names_the_booth_and_keeps_a_photo_that_only_the_authority_reads(case):
    offer, key = case.ask(1)
    witness = case.people[case.witness_of(1)]
    (row,) = [r for r in booths.waiting_seats(case.platform, witness.log_in) if r.request == offer.request]
    named = MemberIdentified(1, key.key_id, witness.id, "一室-99")
    act = {"attachments": {"request": offer.request.encode()}}
    assert code(case.act, case.witness_of(1), named, **act)[0] == "booth_other"
    assert code(case.act, case.witness_of(1), replace(named, booth=None), **act)[0] == "seat_without_booth"
    keep = identities.keep_photo
    assert code(keep, case.platform, witness.log_in, offer.request, b"GIF89a")[0] == "photo_unreadable"
    other = next(w for w in ("witness-host", "witness-sub") if w != case.witness_of(1))
    stranger = case.people[other].log_in
    assert code(keep, case.platform, stranger, offer.request, JPEG)[0] == "seat_request_unknown"
    role = AccountRole(account_id=witness.id, role=Role.SITE_WITNESS)
    with case.platform.database.writing() as db_session:
        db_session.execute(delete(AccountRole).where(AccountRole.account_id == witness.id))
        db_session.commit()
    with pytest.raises(NotAllowed):  # still named as the site's, and no witness any more
        keep(case.platform, witness.log_in, offer.request, JPEG)
    with case.platform.database.writing() as db_session:
        db_session.add(role)
        db_session.commit()
    digest = keep(case.platform, witness.log_in, offer.request, JPEG)
    assert digest == hashlib.sha256(JPEG).hexdigest()
    seen = IdentityCheck(IdentityDocument.IDENTITY_CARD, 2, "0" * 64, PHOTO_NOTICE)
    good = replace(named, booth=row.booth, identity=seen)
    assert code(case.act, case.witness_of(1), good, **act)[0] == "photo_other"
    case.act(case.witness_of(1), replace(good, identity=replace(seen, photo_sha256=digest)), **act)
    with case.platform.database.reading() as db_session:
        (photo,) = db_session.scalars(select(IdentityPhoto))
        assert JPEG not in photo.sealed
        assert code(authorize, load_actor(db_session, case.people["regulator"].id), Action.PHOTO_READ, case.case, LOT)[
            0
        ] == ("reason_needed")
    assert identities.read_photo(case.platform, case.case, LOT, digest) == ("image/jpeg", JPEG)
    (read,) = identities.identities(case.platform, case.case, LOT)
    assert (read.seat, read.booth, read.phones, read.photo, read.consent) == (1, row.booth, 2, digest, True)


def test_a_booth_that_fails_is_replaced_and_the_member_moves(case):
    centre, before = case.people["centre"].log_in, booth_rows(case)[1]
    venues.take_out(case.platform, centre, before.id, "屏幕不亮")
    after = booth_rows(case)[1]
    assert after.id != before.id
    assert after.room_id == before.room_id
    with case.platform.database.reading() as db_session:
        told = list(db_session.scalars(select(Notice).where(Notice.code == "booth_replaced")))
    assert told
    assert "设备采购" not in told[0].facts
    assert (told[0].case_id, "booth" in told[0].facts) == ("", True)
    case.members[1] = Person(LogIn("", ""), SigningKey.generate(), "")
    case.move(1)  # to the booth that the seat has now
    for booth in (row for row in _booths(case, before.room_id) if row.out_since is None):
        venues.take_out(case.platform, centre, booth.id, "停电")
    of_room = [seat for seat, row in booth_rows(case).items() if row.room_id == before.room_id]
    offered = [booths.offered_seat(case.platform, _code(case, seat)).booth for seat in of_room]
    assert offered == [""] * len(of_room)
    venues.put_back(case.platform, centre, before.id)
    assert sum(b.out_since is None for b in booth_rows(case).values()) >= 1
    with case.platform.database.reading() as db_session:
        assert db_session.scalar(select(func.count()).where(Notice.code == "booths_lacking")) >= 1


def test_while_somebody_sits_a_booking_only_grows(case):
    centre, before = case.people["centre"].log_in, booth_rows(case)
    with case.platform.database.reading() as db_session:
        booking = db_session.scalar(select(Booking))
    window, held = Window(booking.begins_at, booking.ends_at), dict.fromkeys(case.rooms, 6)

    def arrange(window: Window, rooms: dict[str, int]) -> tuple:
        return bookings.arrange_booking, case.platform, centre, case.case_id, LOT, window, rooms

    hour = timedelta(hours=1)
    for wrong, rooms in (
        (window, {**held, case.rooms[0]: 5}),
        (window, {case.rooms[0]: 6}),
        (Window(window.begins_at + hour, window.ends_at), held),
        (Window(window.begins_at, window.ends_at - hour), held),
    ):
        assert code(*arrange(wrong, rooms))[0] == "booking_in_use"
    failed = case.state.seats[1].site
    further = venues.add_room(case.platform, centre, failed, "三室", 4, alone=True, equipment=venues.Equipment())
    call, *rest = arrange(window, {**held, further: 4})  # beside booths that have failed
    call(*rest)
    assert code(*arrange(window, held))[0] == "booking_in_use"
    after = booth_rows(case)
    assert all(after[seat].out_since is None for seat in case.state.seats)
    assert all(after[seat].id == booth.id for seat, booth in before.items() if booth.out_since is None)


def test_who_signs_in_and_who_changes_the_booking_wait_for_each_other(case, monkeypatch):
    offer, key = case.ask(2)
    witness, free, booth_of = case.people[case.witness_of(2)], [], booths.booth_of
    turn = func.pg_try_advisory_xact_lock(func.hashtext(f"booking/{case.case_id}/{LOT}"))

    def looked_up(*args):
        if not case.platform.database.is_sqlite:  # which has one writer
            with case.platform.database.engine.connect() as another:
                free.append(another.scalar(select(turn)))
        return booth_of(*args)

    monkeypatch.setattr(booths, "booth_of", looked_up)
    named = MemberIdentified(2, key.key_id, witness.id, "一室-99")
    attachments = {"request": offer.request.encode()}
    assert code(case.act, case.witness_of(2), named, attachments=attachments)[0] == "booth_other"
    assert free == ([] if case.platform.database.is_sqlite else [False])


def _code(case: Moving, seat: int) -> str:
    return call_ups.call_up_code(case.platform, case.case_id, LOT, case.state.seats[seat].person)


def _booths(case: Moving, room: str) -> list[Booth]:
    with case.platform.database.reading() as db_session:
        return list(db_session.scalars(select(Booth).where(Booth.room_id == room)))


def test_where_a_profile_asks_for_photos_none_sits_down_without(case):
    profile = replace(case.case.tender.published.profile, photo_at_sign_in=True)
    fact = MemberIdentified(1, "a" * 64, "w", "一室-1")
    assert code(check_identity, fact, profile)[0] == "identity_missing"
    seen = IdentityCheck(IdentityDocument.PASSPORT, 0)
    assert code(check_identity, replace(fact, identity=seen), profile)[0] == "photo_missing"
    photographed = replace(fact, identity=replace(seen, photo_sha256="b" * 64))
    assert code(check_identity, photographed, profile)[0] == "photo_consent_missing"
    assert code(check_identity, photographed, replace(profile, photo_at_sign_in=False))[0] == "photo_consent_missing"
    check_identity(photographed, replace(profile, photo_notice=False))  # a rule book of before
    check_identity(replace(fact, identity=replace(photographed.identity, consent=PHOTO_NOTICE)), profile)
