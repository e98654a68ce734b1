"""The bench that kills at every write: at the smallest size, and with a step that it must find fault with."""

from __future__ import annotations

import pytest

from app.models import Upload
from app.services.platform import DIST
from app.services.unit_of_work import plain_transaction
from bench import kills
from bench.kill_script import SCRIPT, Player, Step

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")


def _half_done(player: Player) -> None:
    """What a product must not do: two transactions for one thing, the first of which promises too much."""
    for offset in (player.known["offset"] + 1, player.known["offset"]):
        with plain_transaction(player.bench.platform.database) as (db_session, _now):
            db_session.get_one(Upload, player.known["upload"]).offset = offset


def test_a_fresh_process_goes_on_from_every_write_and_what_is_half_done_is_found(capsys, monkeypatch):
    monkeypatch.setattr(kills, "STARTS", 1)
    line = kills.kill_at_every_write("SQLite", "", 1, (SCRIPT[0], Step("half done", _half_done)), every=2)
    assert "kills: 2 bad recoveries" in line
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert all(words.startswith("half done") and "not those that were sent" in words for words in told)
