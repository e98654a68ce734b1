"""kill -9 of the web process and the worker at a handful of points: the real case goes on to its published end.

These are the points of `tests/long/test_killed_grown.py` too, which plays on PostgreSQL and Redis.
"""

from __future__ import annotations

import pytest

from app.services.platform import DIST
from tests.journeys.playing import Blow, check, play

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
BOTH = ("web", "worker")
BLOWS = (
    Blow("BidReceipted", 3, BOTH),  # the bid is on record, its receipt not yet in the bidder's hands
    Blow("LotClosed", 1, ("worker",)),
    Blow("BidOpened", 1, ("worker",)),  # between two bids
    Blow("DrawStated", 1, ("web",)),
    Blow("DrawCommitted", 2, ("web",)),
    Blow("ScoreSheetLocked", 1, BOTH),  # others are still scoring
    Blow("ReportSigned", 5, BOTH),  # before the seal
)


def test_killed_at_a_handful_of_points(tmp_path, monkeypatch, capfd):
    played = play(tmp_path, BLOWS, {}, monkeypatch)
    check(played, BLOWS)
    with capfd.disabled():
        print(f"\nkill -9, embedded: {len(played.struck)} blows, outcome as published, {played.seconds:.0f} s")
