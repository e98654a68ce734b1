"""A play on PostgreSQL and Redis: two web processes, the scheduler and a Celery worker, each killed at some point.

Every write between an upload and the opening record is a point of `bench kills`; other moments come by chance in
`tests.long.kills`. Each blow costs a start of what it killed, so that there are five.
"""

from __future__ import annotations

import os

import pytest

from app.services.platform import DIST
from tests.app.workbench import POSTGRES, fresh_postgres
from tests.journeys.playing import Blow, check, play

REDIS = "TENDERHALL_TEST_REDIS_URL"
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built"),
    pytest.mark.skipif(not os.environ.get(POSTGRES), reason=f"{POSTGRES} names no server"),
    pytest.mark.skipif(not os.environ.get(REDIS), reason=f"{REDIS} names no server"),
]
WORK = ("worker", "celery")
BLOWS = (
    Blow("BidReceipted", 3, ("web",)),
    Blow("LotClosed", 1, WORK),
    Blow("DrawCommitted", 2, ("web", "celery")),
    Blow("ScoreSheetLocked", 2, ("web",)),
    Blow("ReportSigned", 5, ("web", "worker", "celery")),
)


def test_killed_at_a_handful_of_points(tmp_path, monkeypatch, capfd):
    with fresh_postgres() as url:
        settings = {"DATABASE_URL": url, "REDIS_URL": os.environ[REDIS], "WEB_WORKERS": "2"}
        played = play(tmp_path, BLOWS, settings, monkeypatch)
        check(played, BLOWS)
    with capfd.disabled():
        print(f"\nkill -9, grown: {len(played.struck)} blows, outcome as published, {played.seconds:.0f} s")
