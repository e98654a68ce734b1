"""100,000 experts from an XLSX into the library, against reading the same file and inserting its rows bare.

Ours: every cell checked, repeats and known people found, parts sealed and entered with accounts, specialities, sealed
contacts and history, each part in a transaction of its own. The peer: the same reader, and as many bare inserts in
transactions of the same size, through the same engine.
"""

from __future__ import annotations

import json
import secrets
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Column, Integer, MetaData, Table, Text, func, insert, select

from app.adapters.keystore import create_keys
from app.adapters.specialities import read_tree, shipped_document
from app.adapters.spreadsheets import read_table
from app.adapters.workbooks import write_workbook
from app.config import Settings
from app.models import Base, Expert, Organisation, Site
from app.services.expert_imports import PART, examine_on_machine, take_now
from app.services.platform import Platform, open_platform
from app.services.unit_of_work import plain_transaction
from bench.timing import seconds
from demo.library import table

EXPERTS = 100_000
TARGET_SECONDS = 60
BARE = Table("bare", MetaData(), Column("id", Integer, primary_key=True), Column("row", Text, nullable=False))


def import_against_bare_inserts(experts: int = EXPERTS) -> str:
    with tempfile.TemporaryDirectory() as folder:
        platform = _installation(Path(folder))
        tree, today = read_tree(shipped_document()), datetime.now(UTC).date()
        data = write_workbook(list(table(experts, ("主场", "副场"), tree, today)))
        peer = seconds(lambda: _insert_bare(platform, data))
        busy = time.process_time()
        ours = seconds(lambda: _import(platform, data))
        busy = time.process_time() - busy
        with platform.database.reading() as db_session:
            entered = db_session.scalar(select(func.count()).select_from(Expert))
        assert entered == experts, entered
        platform.database.dispose()
    return (
        f"{experts:,} experts from an XLSX of {len(data) / 2**20:.0f} MiB in {ours:.1f} s, processor {busy:.1f} s "
        f"(target < {TARGET_SECONDS} s); read and inserted bare {peer:.1f} s, ratio {peer / ours:.2f} "
        "(SQLite, synchronous=FULL)"
    )


def _installation(folder: Path) -> Platform:
    settings = Settings(folder, f"sqlite:///{folder}/site.db", "bench.example", "http://127.0.0.1")
    create_keys(settings.keys, settings.origin, "交易中心", datetime.now(UTC))
    platform = open_platform(settings)
    Base.metadata.create_all(platform.database.engine)
    BARE.create(platform.database.engine)
    with plain_transaction(platform.database) as (db_session, now):
        db_session.add(Organisation(id="c", name="交易中心", kind="centre", credit_code="C", created_at=now))
        db_session.flush()
        db_session.add_all(Site(id=secrets.token_hex(6), organisation_id="c", name=name) for name in ("主场", "副场"))
    return platform


def _import(platform: Platform, data: bytes) -> None:
    take_now(platform, examine_on_machine(platform, "bench.xlsx", data), lambda _taken, _total: None)


def _insert_bare(platform: Platform, data: bytes) -> None:
    rows = [{"row": json.dumps(row, ensure_ascii=False)} for row in read_table(data)]
    for at in range(0, len(rows), PART):
        with plain_transaction(platform.database) as (db_session, _now):
            db_session.execute(insert(BARE), rows[at : at + PART])
