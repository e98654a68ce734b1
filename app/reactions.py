"""After a commit: each web process tells its own sockets. Deferred work needs no reaction: it is rows already."""

from __future__ import annotations

import logging

from flask import Flask

from app.database import CommitWatch
from app.extensions import platform, socketio
from app.queries.cases import load_records
from app.realtime.live import tell, watched_cases

log = logging.getLogger("tenderhall.reactions")
WAKE_SECONDS = 30.0
PAUSE_AFTER_ERROR = 1.0


def start_reactions(app: Flask) -> None:
    """Follow what is committed, by any process, for as long as this one lives."""
    socketio.start_background_task(_follow, app)


def _follow(app: Flask) -> None:
    heads: dict[str, int] = {}
    with app.app_context():
        watch = CommitWatch(platform().database)
        while True:
            try:
                watch.wait(WAKE_SECONDS)
                react(heads)
            except Exception:
                log.exception("reactions: trying again")
                socketio.sleep(PAUSE_AFTER_ERROR)


def react(heads: dict[str, int]) -> None:
    """Tell listeners what is new in the cases they watch. `heads` remembers the last number told per case."""
    for case_id in watched_cases():
        with platform().database.reading() as db_session:
            known = heads.get(case_id)
            records = load_records(db_session, case_id, -1 if known is None else known)
        if not records:
            continue
        heads[case_id] = records[-1].seq
        tell(case_id, records[-20:] if known is None else records)
