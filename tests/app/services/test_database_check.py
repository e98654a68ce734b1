"""The tables against the logs: an honest installation has no difference, and whoever changes a row is named."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from app.cli.commands import main
from app.models import Base, Certificate, Lot, StoredFile, Tender
from app.models.standing import STANDING, UNBOUND, Standing
from app.services.database_check import database_differences
from app.services.platform import DIST
from app.services.ticks import make_tick
from app.services.unit_of_work import plain_transaction
from tests.app.services.admin_changes import Administrator, tables
from tests.app.services.recording import Recorded

pytestmark = [
    pytest.mark.each_database,
    pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built"),
]
# In every run one change of each kind; `python -m bench admin-changes` tries all of them.
SOME = {
    ("case_event", "edit role, sign the register anew"),
    ("case_event", "edit payload, fit leaves"),
    ("case_event", "delete a row in the middle, fit ticks"),
    ("case_event", "swap two rows, forget what witnesses said"),
    ("case_event", "truncate the second half, sign the register anew"),
    ("case_private", "truncate"),
    ("register_tick", "edit map_root"),
    ("tick_change", "edit tick"),
    ("cosignature", "edit at"),
    ("cosignature", "truncate"),
    ("cosignature", "delete the first row"),
    ("list_cosignature", "delete the last row"),
    ("witness_word", "edit frontier"),
    ("stored_file", "swap two rows"),
    ("command", "edit answer"),
    ("call_up", "edit account_id"),
    ("pseudonym", "edit findings"),
    ("recording_piece", "edit sha256"),
    ("recording_piece", "truncate"),
    ("pseudonym", "edit expert_id"),
    ("pseudonym", "edit salt"),
    ("act_head", "delete the last row"),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    case = Recorded(tmp_path_factory.mktemp("checked")).through("found publish")
    case.tick()
    case.change_deadlines().bid()
    case.tick()
    case.open().draw().sit().report()
    make_tick(case.platform)  # so that nothing is younger than the register's last word
    return case


def differences(platform):
    return list(database_differences(platform))


# declarations


def test_every_table_and_column_is_declared():
    assert set(STANDING) == set(Base.metadata.tables)
    columns = {
        f"{table.name}.{column.name}" for table in tables(Standing.EVENT, Standing.PROJECTION) for column in table.c
    }
    assert set(UNBOUND) <= columns
    assert all(why for _standing, why in STANDING.values())
    assert all(UNBOUND.values())


# a whole case


def test_a_whole_case_has_no_difference(whole):
    assert differences(whole.platform) == []


def test_each_kind_of_change_is_named(whole, tmp_path):
    tried = list(Administrator(whole, tmp_path).trials(lambda table, words: (table, words) in SOME))
    assert {(trial.table, trial.words) for trial in tried} == SOME
    assert [trial for trial in tried if not trial.named_by] == []


def test_lost_and_exchanged_bytes_are_named(whole):
    with whole.platform.database.reading() as db_session:
        row = db_session.query(StoredFile).filter_by(kind="record").one()
    path = whole.platform.blobs.path(row.blob)
    kept = path.read_bytes()
    path.write_bytes(kept[:-1] + b"x")
    (found,) = differences(whole.platform)
    assert (found.table, found.column, row.id in found.key) == ("stored_file", "blob", True)
    path.unlink()
    (found,) = differences(whole.platform)
    assert found.key.endswith(f"{row.id}/blob")
    path.write_bytes(kept)
    assert differences(whole.platform) == []


# both databases, a case that is still open for bids


def changed(bench, table, **values):
    with plain_transaction(bench.platform.database) as (db_session, _now):
        db_session.execute(update(table).values(**values))
    found = differences(bench.platform)
    return {(difference.table, difference.column) for difference in found}, found


def test_an_open_case_on_both_databases(bench):
    bench.publish()
    bench.hand_in("bidder-a")
    assert differences(bench.platform) == []
    with bench.platform.database.reading() as db_session:
        title, deadline_at = db_session.query(Tender.title).scalar(), db_session.query(Lot.deadline_at).scalar()
        size = db_session.query(StoredFile.size).filter_by(kind="bid").scalar()
        pem = db_session.query(Certificate.pem).first()[0]
    named, found = changed(bench, Tender, title="另一个")
    assert named == {("tender", "title")}
    assert (found[0].found, found[0].expected) == ("另一个", title)
    changed(bench, Tender, title=title)
    named, _ = changed(bench, Lot, closed_at=deadline_at)
    assert named == {("lot", "closed_at")}
    changed(bench, Lot, closed_at=None)
    with plain_transaction(bench.platform.database) as (db_session, _now):
        db_session.execute(update(StoredFile).where(StoredFile.kind == "bid").values(size=size + 1))
    (difference,) = differences(bench.platform)
    assert (difference.table, difference.column) == ("stored_file", "size")
    assert str(size) not in difference.found + difference.expected  # how large a bid is, no terminal tells
    assert pem not in str(difference)
    with plain_transaction(bench.platform.database) as (db_session, _now):
        db_session.execute(update(StoredFile).where(StoredFile.kind == "bid").values(size=size))
    assert differences(bench.platform) == []


# the command


def test_the_command_names_differences_in_both_languages(whole, monkeypatch, capsys):
    monkeypatch.setenv("TENDERHALL_HOME", str(whole.folder))
    monkeypatch.setenv("TENDERHALL_DATABASE_URL", f"sqlite:///{whole.folder / 'test.db'}")
    monkeypatch.setenv("TENDERHALL_WITNESSES", ",".join(whole.platform.settings.witnesses))
    monkeypatch.setenv("TENDERHALL_ORIGIN", whole.platform.origin)
    main(["doctor", "--database"])
    assert "the tables say what the case files" in capsys.readouterr().out
    with plain_transaction(whole.platform.database) as (db_session, _now):
        (title,) = db_session.query(Tender.title).one()
        db_session.execute(update(Tender).values(title="另一个"))
    assert main(["doctor", "--database"]) == 1
    out = capsys.readouterr().out
    assert "数据表 tender" in out
    assert "table tender" in out
    with plain_transaction(whole.platform.database) as (db_session, _now):
        db_session.execute(update(Tender).values(title=title))
