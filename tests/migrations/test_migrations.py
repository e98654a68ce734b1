"""The migrations lead to exactly the schema of the models and back, and append-only tables refuse every change."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from app.database import Database
from app.models import (
    AccessLog,
    Base,
    BookingEvent,
    CaseEvent,
    CaseFile,
    CasePrivate,
    ContactLookUp,
    Cosignature,
    DeniedAttempt,
    ExpertEvent,
    ExpertTraining,
    InspectionEntry,
    ListCosignature,
    ListedAct,
    RegisterTick,
    SpecialityList,
    TickChange,
    WitnessWord,
)
from app.models.append_only import APPEND_ONLY
from app.services.installation import alembic_config
from tests.app.workbench import POSTGRES, fresh_postgres

NOW = datetime(2026, 3, 2, tzinfo=UTC)


EACH_KIND = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=EACH_KIND)
def database(request, tmp_path) -> Iterator[Database]:
    """An empty database of each kind."""
    yield from empty(request.param, tmp_path)


def empty(kind: str, folder: Path) -> Iterator[Database]:
    if kind == "sqlite":
        yield from opened(f"sqlite:///{folder / 'test.db'}")
        return
    if not os.environ.get(POSTGRES):
        pytest.skip(f"{POSTGRES} names no server")
    with fresh_postgres() as url:
        yield from opened(url)


def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.dispose()


def upgrade(database: Database) -> None:
    command.upgrade(alembic_config(database), "head")


def create(database: Database) -> None:
    with database.writing() as db_session:
        Base.metadata.create_all(db_session.connection())
        db_session.commit()


@pytest.fixture
def migrated(database) -> Database:
    upgrade(database)
    return database


def test_there_is_one_head(database):
    assert len(ScriptDirectory.from_config(alembic_config(database)).get_heads()) == 1


def test_the_migrated_schema_is_that_of_the_models(migrated):
    with migrated.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_upgrading_twice_changes_nothing(migrated):
    upgrade(migrated)


def test_down_to_nothing_and_up_again(migrated):
    command.downgrade(alembic_config(migrated), "base")
    assert inspect(migrated.engine).get_table_names() == ["alembic_version"]
    upgrade(migrated)
    assert set(inspect(migrated.engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}


def write_one_of_each(database: Database) -> None:
    with database.writing() as db_session:
        db_session.add(CaseFile(id="c", kind="tender", size=1, frontier="", created_at=NOW))
        db_session.flush()
        event = CaseEvent(case_id="c", seq=0, type="CaseOpened", at=NOW, actor="system", role="system")
        event.payload, event.salt, event.leaf_hash = "{}", b"s" * 32, b"l" * 32
        db_session.add(event)
        db_session.add(CasePrivate(case_id="c", seq=0, salt=b"s" * 32, facts="{}"))
        db_session.add(DeniedAttempt(at=NOW, actor="a", action="case:open"))
        db_session.add(ExpertEvent(expert_id="e", at=NOW, step="apply", by="a", reason="r", facts="{}"))
        db_session.add(ContactLookUp(at=NOW, expert_id="e", purpose="call_up"))
        entry = InspectionEntry(organisation_id="o", kind="item", key="k", at=NOW, by="a", in_use=True, entry="{}")
        db_session.add(entry)
        course = ExpertTraining(expert_id="e", at=NOW, by="a", course="c", hours=Decimal(1), on=NOW.date())
        db_session.add(course)
        db_session.add(SpecialityList(at=NOW, by="a", document="{}"))
        db_session.add(BookingEvent(booking_id="b", at=NOW, step="arranged", by="a", facts="{}"))
        db_session.add(AccessLog(at=NOW, account_id="a", case_id="c", action="evidence:export"))
        db_session.add(RegisterTick(index=0, at=NOW, map_root=b"m" * 32, frontier="", note=""))
        db_session.add(TickChange(case_id="c", tick=0, size=1, root=b"r" * 32))
        db_session.add(Cosignature(tick=0, witness="w", at=NOW, line=""))
        db_session.add(ListedAct(index=0, at=NOW, case_id="c", seq=0, entry="", frontier="", note=""))
        db_session.add(ListCosignature(listed=0, witness="w", at=NOW, line=""))
        db_session.add(WitnessWord(number=0, leaf=b"w" * 32, frontier=""))
        db_session.commit()


@pytest.fixture(scope="module", params=EACH_KIND)
def kind(request) -> str:
    return request.param


@pytest.fixture(scope="module", params=[upgrade, create])
def written(request, kind, tmp_path_factory) -> Iterator[Database]:
    """A row in each append-only table: nothing can be done to one, so that all tables are asked about in turn."""
    for database in empty(kind, tmp_path_factory.mktemp("written")):
        request.param(database)
        write_one_of_each(database)
        yield database


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_what_is_written_stays(written, table):
    database = written
    column = Base.metadata.tables[table].columns.keys()[0]
    attempts = [f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"]
    if not database.is_sqlite:
        attempts += [f"TRUNCATE {table}", f"TRUNCATE {table} CASCADE"]
    for attempt in attempts:
        with database.writing() as db_session, pytest.raises(DBAPIError, match="append-only"):
            db_session.execute(text(attempt))
    with database.reading() as db_session:
        assert db_session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 1


def test_who_was_in_the_library_stays_in_it(database):
    """0014 moves a suspension from its instant to the status, and specialities into a table of their own."""
    command.upgrade(alembic_config(database), "0013")
    facts = '{"id": "%s", "suspended": false, "specialities": ["甲", "乙", "甲"]}'
    with database.writing() as db_session:
        for statement in (
            "INSERT INTO organisation VALUES ('o', '单位', 'employer', 'C', '2026-01-01')",
            "INSERT INTO site VALUES ('s', 'o', '主场', NULL)",
        ):
            db_session.execute(text(statement))
        for number, suspended in (("1", "NULL"), ("2", "'2026-02-01'")):
            names = "id, organisation_id, login, name, mail, language, totp_last_step, failures, created_at"
            values = f"'a{number}', 'o', 'e{number}', '人', '', 'zh', 0, 0, '2026-01-01'"
            db_session.execute(text(f"INSERT INTO account ({names}) VALUES ({values})"))
            row = {"facts": facts % number}
            columns = "(id, account_id, site_id, facts, suspended_at)"
            values = f"('e{number}', 'a{number}', 's', :facts, {suspended})"
            db_session.execute(text(f"INSERT INTO expert {columns} VALUES {values}"), row)
        names = "case_id, lot, number, unit, strata, expert_id, salt, findings"
        salt = "'s'" if database.is_sqlite else "'s'::bytea"
        db_session.execute(
            text(f"INSERT INTO pseudonym ({names}) VALUES ('c', '1', 'n', 'u', '[]', 'e1', {salt}, '[]')")
        )
        db_session.commit()
    upgrade(database)
    with database.reading() as db_session:
        rows = db_session.execute(text("SELECT id, number, status, facts FROM expert ORDER BY id")).all()
        assert [(row.id, row.number, row.status) for row in rows] == [
            ("e1", "e1", "admitted"),
            ("e2", "e2", "suspended"),
        ]
        assert "suspended" not in rows[0].facts
        assert db_session.execute(text("SELECT count(*) FROM expert_speciality")).scalar_one() == 4
        assert db_session.execute(text("SELECT expert_id FROM pseudonym")).scalar_one() == "e1"


def test_who_handed_a_bid_in_is_read_from_the_log(database):
    """0023: the submission stands right before the receipt that names the file."""
    command.upgrade(alembic_config(database), "0021")
    blob = "'s'" if database.is_sqlite else "'s'::bytea"
    with database.writing() as db_session:
        db_session.execute(text("INSERT INTO case_file VALUES ('c', 'tender', 4, '', '2026-01-01')"))
        names = "case_id, seq, lot, type, at, actor, role, payload, act, private_hash, salt, leaf_hash"
        for seq, (kind, actor, payload) in enumerate(
            [
                ("BidSubmitted", "a1", "{}"),
                ("BidReceipted", "system", '{"receipt_id":"r1"}'),
                ("BidSubmitted", "a2", "{}"),
                ("BidReceipted", "system", '{"receipt_id":"r2"}'),
            ]
        ):
            values = f"'c', {seq}, '1', '{kind}', '2026-01-02', '{actor}', '', :payload, '', '', {blob}, {blob}"
            db_session.execute(text(f"INSERT INTO case_event ({names}) VALUES ({values})"), {"payload": payload})
        columns = "id, case_id, lot, kind, owner, name, media_type, size, sha256, blob, created_at"
        for owner, kind in (("r1", "bid"), ("r2", "bid"), ("r2", "capsule"), ("r3", "bid")):
            values = f"'{owner}{kind}', 'c', '1', '{kind}', '{owner}', 'n', 'm', 1, '', 'b', '2026-01-02'"
            db_session.execute(text(f"INSERT INTO stored_file ({columns}) VALUES ({values})"))
        db_session.commit()
    upgrade(database)
    with database.reading() as db_session:
        rows = db_session.execute(text("SELECT id, account_id FROM stored_file")).all()
    assert dict(map(tuple, rows)) == {"r1bid": "a1", "r2bid": "a2", "r2capsule": "", "r3bid": ""}


def test_uploads_of_before_are_kept(database):
    """0018 and 0021 add columns that are never empty to a table that has rows."""
    command.upgrade(alembic_config(database), "0017")
    with database.writing() as db_session:
        db_session.execute(text("INSERT INTO organisation VALUES ('o', '单位', 'bidder', 'C', '2026-01-01')"))
        names = "id, organisation_id, login, name, mail, language, totp_last_step, failures, created_at"
        db_session.execute(
            text(f"INSERT INTO account ({names}) VALUES ('a', 'o', 'e', '人', '', 'zh', 0, 0, '2026-01-01')")
        )
        columns = [column["name"] for column in inspect(database.engine).get_columns("upload")]
        known = {"id": "'u'", "account_id": "'a'", "size": "9", "offset": "3", "blob": "'b'", "root": "''"}
        values = ", ".join(known.get(name, "'2026-01-02'") for name in columns)
        db_session.execute(text(f"INSERT INTO upload VALUES ({values})"))
        db_session.commit()
    upgrade(database)
    with database.reading() as db_session:
        row = db_session.execute(text("SELECT frontier, stated, created_at, continued_at FROM upload")).one()
    assert (row.frontier, row.stated) == ("", "")
    assert row.created_at == row.continued_at
