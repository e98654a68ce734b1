"""A mirror that knows C2SP tlog-tiles and nothing of ours takes both logs, and finds the root that was signed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import insert

from app.casefile.act_list import list_key
from app.casefile.ticks import tick_leaf
from app.models import RegisterTick
from app.queries.ticks import latest_tick
from app.services import ticks
from crypto.merkle import Frontier, leaf_hash, node_hash, root
from crypto.notes import Checkpoint, Note
from crypto.tiles import WIDTH, Tile
from tests.app.services.whole_case import WholeCase
from tests.app.web.site import Site

MORE = 600  # ticks: two full tiles, and a part of a third


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    case = WholeCase(tmp_path_factory.mktemp("tiles")).through("found publish change_deadlines")
    _tick_on(case)
    ticks.make_tick(case.platform)
    return Site(case)


def _tick_on(case: WholeCase) -> None:
    """Ticks in which nothing happens."""
    with case.platform.database.reading() as db_session:
        last = latest_tick(db_session)
    first, at = (last.index + 1, last.at) if last else (0, case.platform.database.now())
    edge = Frontier.from_hex(first, last.frontier) if last else Frontier()
    rows = []
    for index in range(first, first + MORE):
        at, map_root = at + timedelta(milliseconds=1), index.to_bytes(32, "big")
        edge = edge.push(tick_leaf(at, map_root))
        rows.append({"index": index, "at": at, "map_root": map_root, "frontier": edge.to_hex(), "note": ""})
    with case.platform.database.writing() as db_session:
        db_session.execute(insert(RegisterTick), rows)
        db_session.commit()


def _fetcher(site: Site, log: str) -> Callable[[str], bytes]:
    client = site.app.test_client()

    def fetch(path: str) -> bytes:
        answer = client.get(f"/register/tlog/{log}/{path}")
        assert answer.status_code == 200, path
        return answer.data

    return fetch


def _row(level: int | None, hashes: int) -> list[Tile]:
    full, rest = divmod(hashes, WIDTH)
    return [*(Tile(level, at) for at in range(full)), *([Tile(level, full, rest)] if rest else [])]


@pytest.mark.parametrize("log", ["ticks", "acts"])
def test_tiles_and_entries_lead_to_the_signed_root(site: Site, log: str):
    fetch, key = _fetcher(site, log), site.case.platform.log_key.verifier
    note = Note.parse(fetch("checkpoint").decode())
    signed = Checkpoint.parse(note.text)
    note.verify(key if log == "ticks" else list_key(key))
    size, entries = signed.size, list[bytes]()
    for tile in _row(None, size):
        data = fetch(tile.path)
        while data:
            length = int.from_bytes(data[:2], "big")
            entries, data = [*entries, data[2 : 2 + length]], data[2 + length :]
    hashes = [leaf_hash(entry) for entry in entries]
    assert (len(hashes), root(hashes)) == (size, signed.root)
    level = 0
    while hashes:
        data = b"".join(fetch(tile.path) for tile in _row(level, len(hashes)))
        assert data == b"".join(hashes), level
        hashes = [_head(hashes[at : at + WIDTH]) for at in range(0, len(hashes) - WIDTH + 1, WIDTH)]
        level += 1
    assert level == (2 if log == "ticks" else 1)


def _head(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [node_hash(*hashes[at : at + 2]) for at in range(0, len(hashes), 2)]
    return hashes[0]


def test_what_is_full_is_kept_for_ever_and_what_is_not_there_is_not_found(site: Site):
    client = site.app.test_client()
    full, part = (client.get(f"/register/tlog/ticks/tile/0/{name}") for name in ("001", "001.p/7"))
    assert "immutable" in full.headers["Cache-Control"]
    assert "Set-Cookie" not in client.get("/register/tlog/ticks/tile/0/001?lang=en").headers, "kept for others"
    assert "immutable" not in part.headers.get("Cache-Control", "")
    assert full.data[: 7 * 32] == part.data
    assert client.get("/register/tlog/ticks/checkpoint").headers["Cache-Control"] == "no-store"
    for wrong in ("ticks/tile/0/002", "ticks/tile/2/000.p/1", "bids/checkpoint", "ticks/tile/0/0", "ticks/../acts"):
        assert client.get(f"/register/tlog/{wrong}").status_code == 404
