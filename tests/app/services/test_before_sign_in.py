"""What a site, staff and trustees learn of a sitting before anybody has signed in, and of anonymous bids until all is
locked: neither the project nor which bid is whose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.casefile import anonymous as rules
from app.casefile.case import Case
from app.casefile.record import Record
from app.casefile.sight import sees
from app.procedure.roles import Actor
from app.queries.cases import load_records
from app.queries.events import event_view
from app.queries.lots import draw_record, room
from app.services.actors import load_actor
from evaluation.sitting.stages import Stage
from evaluation.sitting.state import SittingState
from tests.app.services.whole_case import DRAWN, LOT
from tests.app.web.test_anonymous_bids import AnonymousCase

SECRET = {"DrawShareReleased", "DrawSignatureRecorded", "CapsuleShareReleased"}
STAFF = ("officer", "releaser", "centre", "regulator", "trustee-1", "witness-host", "witness-sub")


@pytest.fixture(scope="module")
def anonymous(tmp_path_factory) -> Iterator[AnonymousCase]:
    made = AnonymousCase(tmp_path_factory.mktemp("before")).through(f"{DRAWN} seat_all elect")
    yield made
    made.platform.database.dispose()


def actor(case: AnonymousCase, login: str) -> Actor:
    with case.platform.database.reading() as db_session:
        found = load_actor(db_session, case.people[login].id)
    return replace(found, reasons={case.case_id: 1}) if login == "regulator" else found


def standing(case: AnonymousCase, **changes: object) -> Case:
    """The case as it would be with another state of its sitting."""
    lot = case.case.lots[LOT]
    return replace(case.case, lots={LOT: replace(lot, sitting=replace(lot.sitting, **changes))})


def gathering(case: AnonymousCase, *identified: int) -> Case:
    keys = {number: key for number, key in case.state.keys.items() if number in identified}
    return standing(case, stage=Stage.GATHERING, keys=keys, chair=None)


def types_seen(case: AnonymousCase, found: Case, login: str) -> set[str]:
    looker = actor(case, login)
    return {record.type for record in records(case) if sees(looker, found, record)}


def records(case: AnonymousCase) -> list[Record]:
    with case.platform.database.reading() as db_session:
        return load_records(db_session, case.case_id)


def convened(case: AnonymousCase) -> Record:
    return next(record for record in records(case) if record.type == "SittingConvened")


def test_a_site_knows_nothing_of_the_sitting_before_somebody_has_signed_in_at_it(anonymous: AnonymousCase):
    state: SittingState = anonymous.state
    of_site = {site: [n for n, seat in state.seats.items() if seat.site == site] for site in anonymous.sites}
    host, sub = anonymous.sites
    assert "SittingConvened" not in types_seen(anonymous, gathering(anonymous), "witness-sub")
    assert "SittingConvened" not in types_seen(anonymous, gathering(anonymous, *of_site[host]), "witness-sub")
    assert "SittingConvened" in types_seen(anonymous, gathering(anonymous, *of_site[host]), "witness-host")
    assert "SittingConvened" in types_seen(anonymous, gathering(anonymous, of_site[sub][0]), "witness-sub")
    assert "SittingConvened" in types_seen(anonymous, anonymous.case, "witness-sub")


@pytest.mark.parametrize("login", ["officer", "centre", "regulator", "trustee-1"])
def test_the_secrets_of_the_draw_are_told_once_every_member_has_signed_in(
    anonymous: AnonymousCase, login: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rules, "hides_bidders", lambda _case, _lot: False)  # as of a lot whose bidders are named
    everybody = [*anonymous.state.seats]
    own = {"trustee-1": {"DrawShareReleased", "CapsuleShareReleased"}}.get(login, set())
    for identified in ([], everybody[:1], everybody[:-1]):
        early = gathering(anonymous, *identified)
        assert SECRET & types_seen(anonymous, early, login) <= own
        assert draw_record(early, LOT, 1) is None
    assert "DrawSignatureRecorded" in types_seen(anonymous, anonymous.case, login)
    assert draw_record(anonymous.case, LOT, 1) is not None


@pytest.mark.parametrize("login", STAFF)
def test_which_anonymous_bid_is_whose_is_told_to_nobody_until_all_is_locked(anonymous: AnonymousCase, login: str):
    looker, ids = actor(anonymous, login), [bid.bid for bid in anonymous.state.bids]
    shown = event_view(looker, anonymous.case, convened(anonymous), lambda _: "")
    assert [sorted(bid) for bid in shown["payload"]["bids"]] == [["bid"]] * len(ids)
    assert shown["payload_sha256"] == ""
    assert "DrawSignatureRecorded" not in types_seen(anonymous, anonymous.case, login)
    assert draw_record(anonymous.case, LOT, 1) is None
    for seen in (record for record in records(anonymous) if sees(looker, anonymous.case, record)):
        text = str(event_view(looker, anonymous.case, seen, lambda _: "")["payload"])
        assert not (any(bid in text for bid in ids) and "投标人" in text), seen.type
    over = standing(anonymous, stage=Stage.CLOSED)
    assert event_view(looker, over, convened(anonymous), lambda _: "")["payload"] == convened(anonymous).payload
    if login in ("officer", "centre", "trustee-1"):
        assert "DrawSignatureRecorded" in types_seen(anonymous, over, login)


def test_an_inspector_who_observes_reads_anonymous_bids_as_the_room_does(anonymous: AnonymousCase):
    bids = room(anonymous.case, LOT, actor(anonymous, "regulator"))["bids"]
    assert len(bids) == 3
    assert all("price" not in bid and "匿名" in bid["bidder_name"] for bid in bids)
    over = room(standing(anonymous, stage=Stage.CLOSED), LOT, actor(anonymous, "regulator"))["bids"]
    assert all("price" in bid and bid["bidder_name"].startswith("投标人") for bid in over)
