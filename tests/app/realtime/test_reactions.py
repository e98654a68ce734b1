"""The thread that follows what is committed: it begins when somebody listens, and begins anew where its watch fails."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
from flask import Flask

from app import reactions
from app.realtime import live
from app.realtime.live import Listener


class Enough(BaseException):
    """Nobody follows any more."""


def test_a_watch_that_fails_is_put_away_and_another_one_made(monkeypatch, caplog):
    app, listens, told = Flask("app"), threading.Event(), list[str]()
    app.extensions["tenderhall"] = SimpleNamespace(database="database")

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
    monkeypatch.setattr(reactions, "somebody_listens", listens)
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
    listens.set()
    follower.join(5)
    assert told == ["watches database", "told", "closed", "watches database", "told"]
    assert [record.getMessage() for record in caplog.records] == ["reactions: trying again"]


def test_each_installation_cuts_only_lines_of_its_own(monkeypatch):
    app, cut = Flask("app"), list[str]()
    here, other = (SimpleNamespace(database=name) for name in ("here", "other"))
    app.extensions["tenderhall"] = here
    listening = {"a": Listener(here, "ended"), "b": Listener(here, "lives"), "c": Listener(other, "ended")}
    server = SimpleNamespace(disconnect=lambda sid, namespace: cut.append(sid))
    monkeypatch.setattr(live, "_listeners", listening | {"d": Listener(here, "")})
    monkeypatch.setattr(live, "_heard", {"ours": {"d": 1}, "theirs": {"c": 1}, "nobody's": {}})
    monkeypatch.setattr(live, "socketio", SimpleNamespace(server=server))
    monkeypatch.setattr(live, "living_tokens", lambda _platform, tokens: tokens - {"ended"})
    with app.app_context():
        live.evict()
        assert (cut, live.watched_cases()) == (["a"], ["ours"])
