"""Presence over real lines, on one process or two: who comes, goes, is cut off or raises a hand is seen in seconds."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest

from app.models import Presence
from app.services.platform import DIST
from tests.app.realtime.serving import NAMESPACE, Listener, Server, serving, until
from tests.app.services.whole_case import DRAWN, LOT, WholeCase
from tests.app.workbench import Bench

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
SOON = 20  # seconds, on a busy machine


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> WholeCase:
    return WholeCase(tmp_path_factory.mktemp("presence-live")).through(f"{DRAWN} seat_all elect")


@pytest.fixture(scope="module")
def server(case: WholeCase) -> Iterator[Server]:
    """Two processes on one port: the kernel says which of them has which line."""
    with serving(case.platform.settings, 2) as found:
        yield found
    log = found.log.read_text("utf-8", "replace")
    assert "Traceback" not in log, log[-3000:]


class Present(Listener):
    """A page in the room, which answers as pages do."""

    def enter(self, case: WholeCase) -> dict:
        self.told = Event()
        self.client.on("presence.ask", lambda *_: None, namespace=NAMESPACE)
        self.client.on("presence.changed", lambda *_: self.told.set(), namespace=NAMESPACE)
        return self.ask("presence.join", case=case.case_id, lot=LOT)


@pytest.fixture
def at(case: WholeCase, server: Server):
    made = []

    def connect(who: int | str) -> Present:
        person = case.members[who] if isinstance(who, int) else case.people[who]
        token = Bench.token(case, account=person.id, seat=person.log_in.seat)
        made.append(Present(server, token, server.base_url))
        made[-1].connect()
        return made[-1]

    yield connect
    for listener in made:
        listener.close()


def rows(case: WholeCase) -> dict[int, Presence]:
    with case.platform.database.reading() as db_session:
        return {row.seat: row for row in db_session.query(Presence)}


def test_all_know_of_all_on_whichever_process_their_lines_are(case: WholeCase, at):
    one, two, three = sorted(case.members)[:3]
    pages = {number: at(number) for number in (one, two, three)}
    for number, page in pages.items():
        assert page.enter(case) == {"seat": number, "up": False}
    until(lambda: all(number in rows(case) and rows(case)[number].asked > 0 for number in pages), SOON)
    assert all(row.lost == 0 and row.took_ms is not None and row.took_ms < 2000 for row in rows(case).values())
    for page in pages.values():
        page.told.clear()
    assert pages[two].ask("presence.hand", up=True) == {"up": True}
    assert rows(case)[two].hand_at is not None
    assert all(page.told.wait(SOON) for page in pages.values())
    pages[three].tear()
    until(lambda: rows(case)[three].left_at is not None, SOON)


def test_who_has_no_place_in_the_room_gets_none(case: WholeCase, at):
    for who in ("officer", "centre", "regulator", "bidder-a"):
        listener = at(who)
        assert listener.enter(case)["error"]["code"] == "not_available"
        assert listener.ask("presence.hand", up=True)["error"]["code"] == "not_available"
    assert at("witness-sub").enter(case) == {"seat": 0, "up": False}
    page = at(sorted(case.members)[0])
    for wrong in ({"case": "0" * 16, "lot": LOT}, {"case": case.case_id, "lot": "9"}, {}):
        assert "error" in page.ask("presence.join", **wrong)
