"""One tick of the register over ten thousand case files, against hashing the same heads into a plain Merkle tree."""

from __future__ import annotations

import hashlib
import secrets
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert, select

from app.adapters.keystore import create_keys
from app.config import Settings
from app.models import Base, CaseFile
from app.queries.ticks import heads_at
from app.services.platform import Platform, open_platform
from app.services.ticks import make_tick
from app.services.unit_of_work import plain_transaction
from bench.timing import RUNS, alternating
from crypto.merkle import Frontier

CASES, CHANGED = 10_000, 500  # of which so many have grown since the last tick


def tick_over_ten_thousand_cases() -> str:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(Path(folder), f"sqlite:///{folder}/site.db", "bench.example", "http://127.0.0.1")
        create_keys(settings.keys, settings.origin, "交易中心", datetime.now(UTC))
        platform = open_platform(settings)
        Base.metadata.create_all(platform.database.engine)
        _open_cases(platform)
        make_tick(platform)

        figures = []
        for _ in range(RUNS):
            _grow(platform)
            figures.append(alternating(lambda: make_tick(platform), lambda: _bare_tree(platform), runs=1))
        ours, peer, ratio = sorted(figures)[RUNS // 2]
        platform.database.dispose()
    words = f"{CASES} case files of which {CHANGED} have grown: {ours:.2f} s"
    return f"{words}; reading and hashing alone {peer:.2f} s ({ratio:.0%} of it)"


def _open_cases(platform: Platform) -> None:
    now = datetime.now(UTC)
    with plain_transaction(platform.database) as (db_session, _now):
        rows = [
            {"id": f"{i:016x}", "kind": "tender", "size": 1, "frontier": secrets.token_hex(32), "created_at": now}
            for i in range(CASES)
        ]
        db_session.execute(insert(CaseFile), rows)


def _grow(platform: Platform) -> None:
    """Some cases have one entry more."""
    with plain_transaction(platform.database) as (db_session, _now):
        for case_file in db_session.scalars(select(CaseFile).order_by(CaseFile.size, CaseFile.id).limit(CHANGED)):
            frontier = Frontier.from_hex(case_file.size, case_file.frontier).push(secrets.token_bytes(32))
            case_file.size, case_file.frontier = frontier.size, frontier.to_hex()


def _bare_tree(platform: Platform) -> bytes:
    """The peer: the same heads, read from the database and hashed pairwise with the standard library."""
    with platform.database.reading() as db_session:
        level = [root for _size, root in heads_at(db_session, CASES).values()]
    while len(level) > 1:
        level = [hashlib.sha256(b"\x01" + b"".join(level[i : i + 2])).digest() for i in range(0, len(level), 2)]
    return level[0]
