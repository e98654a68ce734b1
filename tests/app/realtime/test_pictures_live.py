"""What two browsers say to find a way for a picture: between camera and viewer of one sitting, and to nobody else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from queue import Empty, Queue

import pytest

from app.procedure.picture_ends import MemberPictureAllowed, MemberPictureEnded
from app.services.platform import DIST
from tests.app.realtime.serving import NAMESPACE, Listener, Server, serving, until
from tests.app.services.whole_case import DRAWN, LOT, WholeCase
from tests.app.workbench import Bench

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
SOON = 15  # seconds, on a busy machine
REDIS = os.environ.get("TENDERHALL_TEST_REDIS_URL")


class Window(Listener):
    """A page of pictures."""

    def open(self, case: WholeCase) -> dict:
        self.states, self.signals = Queue[dict](), Queue[dict]()
        self.client.on("presence.ask", lambda *_: None, namespace=NAMESPACE)
        self.client.on("pictures.state", self.states.put, namespace=NAMESPACE)
        self.client.on("pictures.signal", self.signals.put, namespace=NAMESPACE)
        self.state = self.ask("pictures.open", case=case.case_id, lot=LOT)
        return self.state

    def cameras(self) -> list[dict]:
        """Those that are there, as this window was told last."""
        while not self.states.empty():
            self.state = self.states.get()
        return self.state["cameras"]

    def say(self, to: str, kind: str, data: str = "{}") -> dict:
        return self.ask("pictures.signal", to=to, kind=kind, data=data)

    def heard(self) -> dict:
        return self.signals.get(timeout=SOON)

    def silent(self) -> bool:
        try:
            return not self.signals.get(timeout=0.5)
        except Empty:
            return True


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> WholeCase:
    return WholeCase(tmp_path_factory.mktemp("pictures-live")).through(f"{DRAWN} seat_all elect")


@pytest.fixture(scope="module", params=["one", pytest.param("two", marks=pytest.mark.redis)])
def server(case: WholeCase, request) -> Iterator[Server]:
    """One process by itself, and two that pass on through Redis."""
    two = request.param == "two"
    # Tokens come back so slowly that a busy machine runs out of them as well.
    settings = replace(case.platform.settings, redis_url=REDIS if two else None, live_per_second=1)
    with serving(settings, 2 if two else 1) as found:
        yield found
    log = found.log.read_text("utf-8", "replace")
    assert "Traceback" not in log, log[-3000:]


@pytest.fixture
def window(case: WholeCase, server: Server):
    made = []

    def connect(who: int | str) -> Window:
        person = case.members[who] if isinstance(who, int) else case.people[who]
        token = Bench.token(case, account=person.id, seat=person.log_in.seat)
        made.append(Window(server, token, server.base_url))
        made[-1].connect()
        return made[-1]

    yield connect
    for listener in made:
        listener.close()


def of_site(case: WholeCase, site: str) -> int:
    return next(number for number, seat in case.state.seats.items() if seat.site == site)


def test_camera_and_viewers_find_each_other(case: WholeCase, window):
    sub = case.sites[1]
    witness, centre = window("witness-sub"), window("centre")
    members = [window(number) for number in case.members]  # on either process, where there are two
    for one in (witness, centre, *members):
        assert one.open(case)["cameras"] == []
    assert witness.ask("camera.switch", on=True) == {"on": True}
    other = window(of_site(case, sub))
    assert other.open(case)["own"] == "other"
    assert other.ask("camera.switch", on=True)["error"]["code"] == "camera_taken"
    for viewer, sound in [(centre, None), *((member, True) for member in members)]:
        until(lambda viewer=viewer: [one["site"] for one in viewer.cameras()] == [sub], SOON)
        (camera,) = viewer.cameras()
        assert viewer.say(camera["id"], "want", '{"n":1}') == {}
        wanted = witness.heard()
        assert (wanted["kind"], wanted["sound"], wanted["data"]) == ("want", sound, '{"n":1}')
        assert witness.say(wanted["from"], "offer", '{"n":1,"description":{}}') == {}
        offered = viewer.heard()
        assert (offered["from"], offered["kind"]) == (camera["id"], "offer")
        assert "sound" not in offered
    assert centre.ask("camera.switch", on=True)["error"]["code"] == "not_available"
    members[0].close()
    assert witness.heard()["kind"] == "bye"
    assert witness.ask("camera.switch", on=False) == {"on": False}
    until(lambda: members[1].cameras() == [], SOON)


def test_the_witness_takes_the_picture_of_its_site_over_from_a_seat(case: WholeCase, window):
    member, witness = window(of_site(case, case.sites[1])), window("witness-sub")
    for one in (member, witness):
        one.open(case)
    assert member.ask("camera.switch", on=True) == {"on": True}
    until(lambda: member.cameras() is not None and member.state["own"] == "me", SOON)
    assert witness.ask("camera.switch", on=True) == {"on": True}
    until(lambda: member.cameras() is not None and member.state["own"] == "other", SOON)
    assert member.ask("camera.switch", on=True)["error"]["code"] == "camera_taken"
    assert witness.ask("camera.switch", on=False) == {"on": False}


def test_a_picture_that_is_ended_is_off_at_once_and_its_member_is_told(case: WholeCase, window):
    number = of_site(case, case.sites[0])
    member, centre = window(number), window("centre")
    for one in (member, centre):
        one.open(case)
    assert member.ask("camera.switch", on=True) == {"on": True}
    until(lambda: centre.cameras() is not None and len(centre.cameras()) == 1, SOON)
    assert centre.say(centre.cameras()[0]["id"], "want", '{"n":1}') == {}
    assert member.heard()["kind"] == "want"
    case.act("centre", MemberPictureEnded(number, "对着镜头展示手机"))
    until(lambda: centre.cameras() == [], SOON)
    assert member.heard()["kind"] == "bye"
    until(lambda: member.cameras() == [] and member.state["ended"] and member.state["own"] == "", SOON)
    assert member.ask("camera.switch", on=True)["error"]["code"] == "picture_ended"
    case.act("centre", MemberPictureAllowed(number, "已收起"))
    until(lambda: member.cameras() == [] and not member.state["ended"], SOON)
    assert member.ask("camera.switch", on=True) == {"on": True}
    assert member.ask("camera.switch", on=False) == {"on": False}


def test_nobody_speaks_to_whom_it_does_not_see(case: WholeCase, window):
    host = case.sites[0]
    away, here = window("witness-host"), window("witness-sub")
    away.open(case)
    here.open(case)
    here.ask("camera.switch", on=True)
    member = window(of_site(case, host))
    member.open(case)
    until(lambda: member.cameras(), SOON)
    (camera,) = member.cameras()
    assert away.cameras() == []  # of another site
    for wrong in (
        away.say(camera["id"], "want"),
        member.say(camera["id"], "offer"),  # sends no picture itself
        member.say("0" * 16, "want"),
        member.say(camera["id"], "shout"),
        member.say(camera["id"], "want", "x" * 20_001),
        member.ask("pictures.signal", to=1, kind="want", data=""),
    ):
        assert wrong["error"]["code"] in ("not_available", "malformed")
    assert here.silent()
    member.say(camera["id"], "want")
    asked = here.heard()["from"]
    away.ask("camera.switch", on=True)
    assert away.say(camera["id"], "offer") == {}  # to a witness of another site, by a name that it should not know
    assert here.silent()
    assert away.say(asked, "offer") == {}
    assert member.heard()["kind"] == "offer"
    here.ask("camera.switch", on=False)
    away.ask("camera.switch", on=False)
    for who in ("officer", "bidder-a", "regulator", "admin"):
        stranger = window(who)
        assert stranger.open(case)["error"]["code"] in ("not_available", "reason_needed")
        assert stranger.say(camera["id"], "want")["error"]["code"] == "not_available"


def test_what_is_told_after_a_second_opening_is_the_later_one(case: WholeCase, window):
    member = window(of_site(case, case.sites[0]))
    first = member.open(case)["turn"]
    assert member.open(case)["turn"] > first, "a page believes what was told last"


def test_one_line_is_not_endlessly_loud(case: WholeCase, window):
    here, member = window("witness-sub"), window(of_site(case, case.sites[0]))
    here.open(case)
    here.ask("camera.switch", on=True)
    member.open(case)
    until(lambda: member.cameras(), SOON)
    (camera,) = member.cameras()
    said = 0
    while said < 2 * case.platform.settings.live_at_once and "error" not in (answer := member.say(camera["id"], "ice")):
        said += 1
    assert answer["error"]["code"] == "too_many_at_once"
    assert "error" not in here.say("nobody", "bye"), "another person is heard"
    here.ask("camera.switch", on=False)
