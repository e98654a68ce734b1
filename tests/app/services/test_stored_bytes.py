"""A file of an opened bid is read out of the sealed one; nothing damaged is handed out as if it were whole."""

import pytest
from sqlalchemy import select, update

from app.casefile.case import Case
from app.models import StoredFile
from app.procedure.errors import RuleViolation
from app.queries.cases import load_case
from app.services import stored_bytes
from app.services.unit_of_work import plain_transaction
from tests.app.services.people import LOT
from tests.app.services.whole_case import WholeCase

MIB = 1 << 20


@pytest.fixture
def opened(tmp_path):
    return WholeCase(tmp_path).through("found publish bid open")


def rows(case, *kinds):
    with case.platform.database.reading() as db_session:
        return list(db_session.scalars(select(StoredFile).where(StoredFile.kind.in_(kinds)).order_by(StoredFile.id)))


def state(case) -> Case:
    with case.platform.database.reading() as db_session:
        return load_case(db_session, case.case_id)


def chunks(case, row):
    return list(stored_bytes.file_chunks(case.platform, state(case), row))


def change(case, row, **values):
    with plain_transaction(case.platform.database) as (db_session, _now):
        db_session.execute(update(StoredFile).where(StoredFile.id == row.id).values(**values))
    return next(found for found in rows(case, row.kind) if found.id == row.id)


def test_nothing_of_an_opened_bid_is_stored_a_second_time(opened):
    sealed = {row.owner: row.blob for row in rows(opened, "bid")}
    files = rows(opened, "opened")
    assert files
    assert all(row.blob == sealed[row.owner] and row.start for row in files)
    stored = [path for path in opened.folder.glob("blobs/**/*") if path.is_file()]
    named = rows(opened, "bid", "capsule", "document", "record", "readings")  # the last holds no text of a file
    assert {path.name for path in stored} == {row.blob for row in named}


def test_who_reads_a_file_gets_what_the_bidder_packed(opened):
    whole = state(opened)
    listed = {
        (receipt, file.path): file.root for receipt, bid in whole.lots[LOT].opening.opened.items() for file in bid.files
    }
    for row in rows(opened, "opened"):
        data = b"".join(chunks(opened, row))
        digest = stored_bytes.digest_of("opened")
        digest.update(data)
        assert (len(data), digest.hexdigest()) == (row.size, listed[row.owner, row.name])


@pytest.mark.parametrize(
    "values",
    [
        {"start": 7},
        {"start": 9 * MIB},
        {"size": 1},
        {"sha256": "0" * 64},
        {"blob": "00"},
        {"blob": "no name"},
        {"owner": "nobody"},
    ],
)
def test_a_row_that_was_changed_gives_nothing(opened, values, caplog):
    row = change(opened, rows(opened, "opened")[0], **values)
    with pytest.raises(RuleViolation) as refused:
        stored_bytes.file_chunks(opened.platform, state(opened), row)
    assert (refused.value.code, refused.value.facts) == ("file_damaged", {"name": row.name})
    assert row.name not in caplog.text
    assert row.blob in caplog.text


@pytest.mark.parametrize("kind", ["document", "record"])
def test_a_file_of_its_own_that_was_changed_gives_nothing(opened, kind):
    row = rows(opened, kind)[0]
    assert b"".join(chunks(opened, row))
    path = opened.platform.blobs.path(row.blob)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(RuleViolation, match="file_damaged"):
        stored_bytes.file_chunks(opened.platform, state(opened), row)


def test_of_a_long_file_that_was_changed_the_end_is_missing(opened, monkeypatch):
    """Its first pieces are on the way before anybody can know."""
    monkeypatch.setattr(stored_bytes, "CHUNK", 100)
    row = rows(opened, "record")[0]
    path = opened.platform.blobs.path(row.blob)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    got = []
    with pytest.raises(RuleViolation, match="file_damaged"):
        got.extend(stored_bytes.file_chunks(opened.platform, state(opened), row))
    assert sum(map(len, got)) < row.size


def test_a_file_that_an_earlier_version_stored_by_itself_is_read_as_before(opened):
    row = rows(opened, "opened")[0]
    alone = opened.platform.blobs.put_stream(chunks(opened, row))
    assert b"".join(chunks(opened, change(opened, row, blob=alone, start=None)))
