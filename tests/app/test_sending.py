"""What goes straight to the driver means what SQLAlchemy makes of it, on either database."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import bindparam, insert, select, union_all
from sqlalchemy.exc import DBAPIError

from app.database import Unreachable, padded
from app.models import Upload
from app.sending import _question, find

pytestmark = pytest.mark.each_database
ODD = "'; --%(x)s :y"
AT = datetime(2026, 12, 1, 8, 30, 0, 123000, tzinfo=UTC)
SEVERAL = (
    select(Upload.id, Upload.size, Upload.expires_at)
    .where(Upload.id.in_(bindparam("uploads", expanding=True)), Upload.blob == "blob")
    .where(Upload.expires_at > bindparam("now", type_=Upload.expires_at.type))
    .order_by(Upload.size)
)


@pytest.fixture
def kept(bench):
    """Uploads in a transaction that is not committed: connection, ids."""
    ids = [secrets.token_hex(16) for _ in range(5)]
    times = {"created_at": AT, "continued_at": AT}
    with bench.platform.database.writing() as db_session:
        account = bench.people["officer"].id
        for size, one in enumerate(ids, 1):
            row = {"id": one, "account_id": account, "size": size, "offset": 0, "blob": "blob", "stated": ODD}
            db_session.execute(insert(Upload), row | times | {"expires_at": AT + timedelta(minutes=size)})
        yield db_session.connection(), ids


def test_lists_of_any_length_find_what_sqlalchemy_finds(kept):
    connection, ids = kept
    for count in range(6):
        values = {"uploads": padded(ids[:count]) or [""], "now": AT + timedelta(minutes=2)}
        found = find(connection, SEVERAL, **values)
        assert found == [tuple(row) for row in connection.execute(SEVERAL, values)]
        assert [size for _id, size, _at in found] == list(range(3, count + 1))
        assert all(at == AT + timedelta(minutes=size) and at.tzinfo is not None for _id, size, at in found)


def test_one_name_may_stand_in_several_parts(kept):
    connection, ids = kept
    part = select(Upload.id).where(Upload.id == bindparam("upload"))
    other = select(Upload.stated).where(Upload.id == bindparam("upload"))
    assert find(connection, union_all(part, other), upload=ids[0]) == [(ids[0],), ("'; --%(x)s :y",)]


def test_a_statement_is_written_once_for_each_length(kept):
    connection, ids = kept
    find(connection, SEVERAL, uploads=padded(ids[:3]), now=AT)
    before = _question.cache_info().misses
    find(connection, SEVERAL, uploads=padded(ids[:4]), now=AT)  # padded to the same length
    assert _question.cache_info().misses == before


def test_a_fault_is_raised_as_everybody_catches_it_and_names_no_value(bench):
    with (
        pytest.raises((DBAPIError, Unreachable)) as caught,
        bench.platform.database.viewing() as connection,
    ):
        find(connection, select(Upload.id).where(Upload.id == bindparam("upload")), upload=object())
    assert "object at" not in str(caught.value)
