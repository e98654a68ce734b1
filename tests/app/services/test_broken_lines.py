"""A line to the database that broke while nobody used it is replaced before anybody relies on it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app import database


@pytest.fixture
def postgres(postgres_url):
    made = database.Database(postgres_url)
    yield made
    made.dispose()


def test_a_line_that_broke_meanwhile_is_replaced(postgres, monkeypatch):
    monkeypatch.setattr(database, "RELIABLE_SECONDS", 0.0)
    pid = "SELECT pg_backend_pid()"
    with postgres.reading() as db_session, postgres.reading() as other:
        broken = [one.scalar(text(pid)) for one in (db_session, other)]
    killer = database.Database(postgres.url)
    with killer.reading() as db_session:
        for one in broken:
            db_session.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": one})
    killer.dispose()
    with postgres.reading() as db_session, postgres.writing() as other:
        assert not {one.scalar(text(pid)) for one in (db_session, other)} & set(broken)
        other.rollback()
