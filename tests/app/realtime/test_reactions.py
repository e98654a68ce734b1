"""The thread that follows what is committed: it begins when somebody listens, and begins anew where its watch fails."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace

import pytest
from flask import Flask

from app import reactions
from app.adapters.passing import Passing
from app.casefile.case import Case
from app.database import Unreachable
from app.queries.presences import PlaceSeen
from app.realtime import lines, live
from app.realtime.lines import Line
from app.services.presences import Place


class Enough(BaseException):
    """Nobody follows any more."""


def test_a_watch_that_fails_is_put_away_and_another_one_made(monkeypatch, caplog):
    app, audience, told = Flask("app"), live.Audience(), list[str]()
    app.extensions.update({"tenderhall": SimpleNamespace(database="database"), "tenderhall.audience": audience})

    class Watch:
        def __init__(self, database: str) -> None:
            told.append(f"watches {database}")

        def wait(self, seconds: float) -> bool:
            if told.count("watches database") == 1:
                raise ConnectionError("the server has gone")
            raise Enough

        def close(self) -> None:
            told.append("closed")
            raise ConnectionError("already gone")

    monkeypatch.setattr(reactions, "CommitWatch", Watch)
    monkeypatch.setattr(reactions, "react", lambda: told.append("told"))
    monkeypatch.setattr(reactions, "PAUSE_AFTER_ERROR", 0)
    monkeypatch.setattr(reactions, "socketio", SimpleNamespace(sleep=lambda _: None))

    def follow() -> None:
        with pytest.raises(Enough):
            reactions._follow(app)

    follower = threading.Thread(target=follow, daemon=True)
    follower.start()
    follower.join(0.2)
    assert (follower.is_alive(), told) == (True, []), "nobody listens yet"
    audience.somebody_listens.set()
    follower.join(5)
    assert told == ["watches database", "told", "closed", "watches database", "told"]
    assert [record.getMessage() for record in caplog.records] == ["reactions: trying again"]


def test_whose_log_in_has_ended_loses_the_line(monkeypatch):
    app, cut = Flask("app"), list[str]()
    app.extensions["tenderhall"] = SimpleNamespace(database="here")
    listening = {"a": "ended", "b": "lives", "d": ""}
    app.extensions["tenderhall.audience"] = live.Audience(listening, heard={"ours": {"d": 1}, "nobody's": {}})
    server = SimpleNamespace(disconnect=lambda sid, namespace: cut.append(sid))
    monkeypatch.setattr(live, "socketio", SimpleNamespace(server=server))
    monkeypatch.setattr(live, "living_tokens", lambda _platform, tokens: tokens - {"ended"})
    with app.app_context():
        live.evict()
        assert (cut, live.watched_cases()) == (["a"], ["ours"])


def test_a_case_that_cannot_be_told_keeps_no_other_waiting(monkeypatch, caplog):
    app, told = Flask("app"), list[str]()
    app.extensions["tenderhall"] = "here"

    def tell(case_id: str) -> None:
        if case_id == "b":
            raise ValueError(case_id)
        told.append(case_id)

    monkeypatch.setattr(reactions, "evict", lambda: None)
    monkeypatch.setattr(reactions, "watched_cases", lambda: ["a", "b", "c"])
    monkeypatch.setattr(reactions, "tell", tell)
    with app.app_context(), pytest.raises(ValueError, match="b"):  # so that it is tried again
        reactions.react()
    assert told == ["a", "c"]


def test_who_hears_other_processes_begins_anew_after_whatever_fault(monkeypatch, caplog):
    app, heard = Flask("app"), list[str]()

    def hear_others(_pause: object, _seconds: float) -> None:
        heard.append("heard")
        if len(heard) < 3:
            raise Unreachable("the database is away for a moment")

    monkeypatch.setattr(reactions.pictures, "hear_others", hear_others)
    monkeypatch.setattr(reactions, "socketio", SimpleNamespace(sleep=lambda _: None))
    reactions._hear(app)
    assert len(heard) == 3
    assert len(caplog.records) == 2


def test_a_message_that_cannot_be_taken_is_lost_alone(monkeypatch, caplog):
    passing, taken = Passing("redis://127.0.0.1:1", "here"), list[object]()
    said = [{"data": data} for data in (b"{", b'{"to": 1}', b'"fits"')]
    line = SimpleNamespace(subscribe=lambda _: None, listen=lambda: iter(said))
    monkeypatch.setattr(passing, "_redis", SimpleNamespace(pubsub=lambda **_: nullcontext(line)))

    def take(message: object) -> None:
        if message == {"to": 1}:
            raise Unreachable("the database is away for a moment")
        taken.append(message)

    passing.hear(take)
    assert (taken, len(caplog.records)) == (["fits"], 2)


# who is told of a room


@pytest.fixture
def room(monkeypatch):
    """A room with two lines on a case file of so many records, and how often somebody was loaded or told."""
    app, database = Flask("app"), SimpleNamespace(reading=lambda: nullcontext(SimpleNamespace(connection=str)))
    database.now = lambda _connection: None
    app.extensions["tenderhall"] = SimpleNamespace(database=database)
    found = SimpleNamespace(size=7, hands=0, loaded=0, told=[])
    place = Place("c1", "1", "site", 1)
    made = [Line(name, f"token-{name}", replace(place, seat=seat), name, False) for seat, name in enumerate("ab")]
    app.extensions["tenderhall.presence"] = lines.Presence({line.sid: line for line in made})
    monkeypatch.setattr(lines, "load_case", lambda *_: Case("c1", size=found.size))
    monkeypatch.setattr(lines, "all_places", lambda *_: [PlaceSeen("site", 1, True, hand=bool(found.hands % 2))])
    monkeypatch.setattr(lines, "as_seen", lambda _actor, _case, _lot, places: tuple(places))
    monkeypatch.setattr(lines, "allowed", lambda *_: True)

    def load(tokens: set[str]) -> dict[str, tuple[None, str]]:
        found.loaded += 1
        return {token: (None, "actor") for token in tokens}

    monkeypatch.setattr(lines, "find_log_ins", load)
    emit = SimpleNamespace(emit=lambda event, _told, to, namespace: found.told.append(to))
    monkeypatch.setattr(lines, "socketio", emit)
    found.room = lines.Room("c1", "1")
    with app.app_context():
        yield found


def test_many_hands_at_once_are_told_once(room, monkeypatch):
    monkeypatch.setattr(lines.presences, "raise_hand", lambda *_, up: setattr(room, "hands", room.hands + 1))
    lines.tell_changed()
    assert (room.loaded, room.told) == (0, [])
    for number in range(801):
        lines.raise_hand("a", up=number % 2 == 0)
    assert (room.loaded, room.told) == (0, []), "the one who raises it does not wait for the others"
    lines.tell_changed()
    assert (room.loaded, sorted(room.told)) == (1, ["a", "b"])
    lines.tell_changed()
    assert room.loaded == 1


def test_nobody_is_loaded_anew_where_nothing_has_changed(room):
    for _ in range(5):
        lines.tell(room.room)
    assert (room.loaded, sorted(room.told)) == (1, ["a", "b"])
    room.size += 1  # the sitting may be over
    lines.tell(room.room)
    assert (room.loaded, len(room.told)) == (2, 2)
    room.hands += 1
    lines.tell(room.room)
    assert (room.loaded, len(room.told)) == (3, 4)
