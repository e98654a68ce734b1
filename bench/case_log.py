"""Appending to a case file through the unit of work, against a bare durable insert of the same bytes."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path

from app.casefile.register import CertificateRevoked
from app.database import Database
from app.models import Base
from app.services.unit_of_work import unit_of_work
from bench.timing import alternating

APPENDS = 300


def append_against_bare_insert() -> str:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/case.db")
        Base.metadata.create_all(database.engine)
        with unit_of_work(database, "case", begins="register"):
            pass
        bare = _bare(Path(folder) / "bare.db")
        ours, peer, ratio = alternating(lambda: _append(database), lambda: _insert(bare))
        database.dispose()
    rate, other = APPENDS / ours, APPENDS / peer
    return f"{rate:.0f} appends/s, bare durable insert {other:.0f}/s, {ratio:.0%} of it (SQLite, synchronous=FULL)"


def _append(database: Database) -> None:
    fact = CertificateRevoked("serial", "0" * 64, "a reason of ordinary length")
    for _ in range(APPENDS):
        with unit_of_work(database, "case") as work:
            work.append(fact)


def _bare(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, payload TEXT NOT NULL)")
    return connection


def _insert(connection: sqlite3.Connection) -> None:
    for _ in range(APPENDS):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO entry (payload) VALUES (?)", ("x" * 400,))
        connection.execute("COMMIT")
