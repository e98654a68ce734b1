"""One fact appended to a case file in a transaction of its own, against the bare durable insert of as large a row.

Ours: the case locked, the clock read, the fact encoded, salted and hashed, the entry written, the head of the log
moved, the commit synced. The peer does the last thing alone: BEGIN IMMEDIATE, one INSERT, COMMIT, through the same
engine (driver, pragmas) into a table of the same file.
"""

from __future__ import annotations

import os
import tempfile

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, func, insert, select

from app.casefile.register import CertificateRevoked
from app.database import Database
from app.models import Base, CaseEvent
from app.services.unit_of_work import unit_of_work
from bench.timing import alternating

APPENDS = 200
RUNS = 9  # a sync takes now this long, now that: the more pairs, the steadier the median
TARGET = 0.60
BARE = Table("bare", MetaData(), Column("id", Integer, primary_key=True), Column("row", LargeBinary, nullable=False))


def append_against_bare_insert(appends: int = APPENDS, runs: int = RUNS) -> str:
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        database = Database(f"sqlite:///{folder}/case.db")
        Base.metadata.create_all(database.engine)
        BARE.create(database.engine)
        with unit_of_work(database, "case", begins="register"):
            pass
        _append(database, 1)
        row = os.urandom(_bytes_of_one(database))
        ours, peer, ratio = alternating(
            lambda: _append(database, appends), lambda: _insert(database, row, appends), runs
        )
        database.dispose()
    return (
        f"{appends / ours:.0f} appends/s, bare durable inserts of {len(row)} bytes {appends / peer:.0f}/s, "
        f"{ratio:.0%} of it (SQLite, synchronous=FULL; target ≥ {TARGET:.0%})"
    )


def _append(database: Database, appends: int) -> None:
    fact = CertificateRevoked("serial", "0" * 64, "a reason of ordinary length")
    for _ in range(appends):
        with unit_of_work(database, "case") as work:
            work.append(fact)


def _bytes_of_one(database: Database) -> int:
    """How long the values of an entry are together."""
    with database.reading() as db_session:
        columns = [func.length(column) for column in CaseEvent.__table__.columns]
        return sum(db_session.execute(select(*columns).limit(1)).one())


def _insert(database: Database, row: bytes, inserts: int) -> None:
    statement = insert(BARE)
    writing = database.engine.execution_options(writing=True)
    for _ in range(inserts):
        with writing.begin() as connection:
            connection.execute(statement, {"row": row})
