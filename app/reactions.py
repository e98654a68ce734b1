"""After a commit: each web process tells its own sockets; every few seconds it asks who is still in a room. Deferred
work needs no reaction: it is rows already."""

from __future__ import annotations

import logging
from contextlib import suppress

from flask import Flask

from app.database import CommitWatch
from app.extensions import platform, socketio
from app.realtime import pictures
from app.realtime.apart import apart
from app.realtime.lines import TOLD_EVERY, ask_all, presence, tell_changed
from app.realtime.live import audience, evict, tell, watched_cases

log = logging.getLogger("tenderhall.reactions")
WAKE_SECONDS = 30.0
PAUSE_AFTER_ERROR = 1.0


def start_reactions(app: Flask) -> None:
    """Follow what is committed, by any process, whenever somebody is connected to this one."""
    socketio.start_background_task(_follow, app)
    socketio.start_background_task(_ask, app)
    socketio.start_background_task(_tell, app)
    socketio.start_background_task(_hear, app)


def _follow(app: Flask) -> None:
    with app.app_context():
        watch: CommitWatch | None = None  # nobody keeps a connection for nobody, nor one that has failed
        while True:
            try:
                audience().somebody_listens.wait()
                if watch is None:
                    watch = CommitWatch(platform().database)
                else:
                    watch.wait(WAKE_SECONDS)
                react()
            except Exception:
                log.exception("reactions: trying again")
                watch = _given_up(watch)
                socketio.sleep(PAUSE_AFTER_ERROR)


def _ask(app: Flask) -> None:
    """Rounds of questions to those who are in a room, as long as somebody is."""
    with app.app_context():
        while True:
            try:
                somebody_is_there = presence().somebody_is_there
                somebody_is_there.wait()
                ask_all(socketio.sleep)
                pictures.tell_all()
                somebody_is_there.clear()
                if presence().lines or pictures.pictures().peers:  # asked afterwards: who comes now is asked
                    somebody_is_there.set()
            except Exception:
                log.exception("presence: trying again")
                socketio.sleep(PAUSE_AFTER_ERROR)


def _tell(app: Flask) -> None:
    """Whoever is in a room hears that somebody came, went or raised a hand; of many such at once it hears once."""
    with app.app_context():
        while True:
            try:
                presence().something_changed.wait()
                tell_changed()
            except Exception:
                log.exception("presence: telling again")
            socketio.sleep(TOLD_EVERY)


def _hear(app: Flask) -> None:
    """What lines of other web processes say to lines of this one, to find a way for their pictures."""
    with app.app_context():
        while True:
            try:
                return pictures.hear_others(socketio.sleep, PAUSE_AFTER_ERROR)  # ends where nothing is passed on
            except Exception:
                log.exception("pictures: hearing others again")
                socketio.sleep(PAUSE_AFTER_ERROR)


def _given_up(watch: CommitWatch | None) -> None:
    """What failed may fail once more where it is put away."""
    if watch is not None:
        with suppress(Exception):
            watch.close()


def react() -> None:
    """Log-ins that have ended lose their line; listeners hear what is new in the cases they watch."""
    evict()
    apart(watched_cases(), tell)
    pictures.tell_all()
