"""The register's ticks on both databases: what they hold, prove and keep to themselves; what witnesses may add."""

import hashlib
import re
import threading
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select, text, update

from app.casefile.register import REGISTER
from app.casefile.ticks import case_key, case_salt, case_value, log_name, tick_leaf, tick_secret
from app.models import CaseFile, Cosignature, Job, RegisterTick, TickChange
from app.procedure.errors import RuleViolation
from app.queries import ticks as views
from app.services import ticks
from app.services.unit_of_work import plain_transaction
from app.worker import run_next
from crypto.canonical import canonical
from crypto.errors import CryptoError
from crypto.merkle import Frontier, inclusion_proof, leaf_hash, root, verify_consistency, verify_inclusion
from crypto.notes import COSIGNATURE, Checkpoint, Note, NoteKey, cosign, read_checkpoint
from crypto.sparse import verify_map

pytestmark = pytest.mark.each_database
WITNESS = NoteKey("witness.example/w", COSIGNATURE, Ed25519PrivateKey.from_private_bytes(bytes(32)))


@pytest.fixture
def here(bench):
    settings = replace(bench.platform.settings, witnesses=(str(WITNESS.verifier),))
    return replace(bench.platform, settings=settings)


def rows(platform):
    with platform.database.reading() as db_session:
        return list(db_session.scalars(select(RegisterTick).order_by(RegisterTick.index)))


def heads(platform):
    """Every case file's head, computed from the table."""
    with platform.database.reading() as db_session:
        files = list(db_session.scalars(select(CaseFile)))
    return {row.id: (row.size, Frontier.from_hex(row.size, row.frontier).root()) for row in files}


def add_cases(platform, *names):
    with plain_transaction(platform.database) as (db_session, now):
        for name in names:
            db_session.add(CaseFile(id=name, kind="tender", size=0, frontier="", created_at=now))


def grow(platform, name):
    """One more leaf in a case file, as an append leaves it."""
    with plain_transaction(platform.database) as (db_session, _now):
        row = db_session.get_one(CaseFile, name)
        edge = Frontier.from_hex(row.size, row.frontier).push(leaf_hash(name.encode()))
        row.size, row.frontier = edge.size, edge.to_hex()


def test_a_tick_holds_every_case_file_and_the_register(here):
    index = ticks.make_tick(here)
    row, found = rows(here)[index], heads(here)
    assert REGISTER in found
    made = ticks.tick_map(here, index, found)
    assert made.root == row.map_root
    secret = tick_secret(here.keys.secret, index)
    for case_id, (size, head) in found.items():
        value = case_value(case_salt(secret, case_id), "test.example", case_id, size, head)
        assert verify_map(row.map_root, case_key(case_id), value, made.prove(case_key(case_id)))


def test_the_value_of_a_case_by_hand(here):
    head = {"v": "casecheckpoint/v1", "origin": "o", "case": "c", "size": 2, "root": "00" * 32}
    by_hand = hashlib.sha256(b"\x00" + b"s" * 32 + canonical(head)).digest()
    assert case_value(b"s" * 32, "o", "c", 2, bytes(32)) == by_hand
    assert case_key("c") == hashlib.sha256(b"c").digest()
    secrets = {tick_secret(here.keys.secret, index) for index in range(50)}
    assert len({case_salt(secret, name) for secret in secrets for name in "ab"}) == 100


def test_the_register_is_one_tree_whose_checkpoints_are_signed(here):
    for _ in range(20):
        ticks.make_tick(here)
    found = rows(here)
    leaves = [tick_leaf(row.at, row.map_root) for row in found]
    assert [row.index for row in found] == list(range(len(found)))
    for row in found:
        head = read_checkpoint(Note.parse(row.note), here.log_key.verifier, "test.example/register")
        assert (head.size, head.root) == (row.index + 1, root(leaves[: row.index + 1]))
        assert row.frontier[-64:]
    assert all(earlier.at <= later.at for earlier, later in pairwise(found))


def test_proofs_are_made_from_the_edges_alone(here):
    for _ in range(21):
        ticks.make_tick(here)
    leaves = [tick_leaf(row.at, row.map_root) for row in rows(here)]
    heads_by_size = [root(leaves[:size]) for size in range(len(leaves) + 1)]
    with here.database.reading() as db_session:
        held = list(db_session.scalars(select(RegisterTick)))  # as long as somebody holds a row it is read once
        assert len(held) == len(leaves)
        for size in range(1, len(leaves) + 1):
            for old in range(size + 1):
                proof = views.consistency(db_session, old, size)
                assert verify_consistency(old, size, heads_by_size[old], heads_by_size[size], proof)
            for index in range(size):
                proof = views.inclusion(db_session, index, size)
                assert list(proof) == inclusion_proof(leaves[:size], index)
                assert verify_inclusion(leaves[index], index, size, proof, heads_by_size[size])
        with pytest.raises(RuleViolation, match="tick_unknown"):
            views.consistency(db_session, 1, len(leaves) + 1)
        with pytest.raises(CryptoError, match="leaf_out_of_range"):
            views.consistency(db_session, 3, 2)


def test_only_changes_are_kept_and_every_earlier_map_can_be_made_again(here):
    names = ["one", "two", "three"]
    add_cases(here, *names)
    for turn in range(6):
        if turn % 2:
            grow(here, names[turn // 2])
        ticks.make_tick(here)
    with here.database.reading() as db_session:
        kept = db_session.scalar(select(func.count()).select_from(TickChange).where(TickChange.case_id.in_(names)))
        assert kept == 6
        for row in rows(here):
            assert ticks.tick_map(here, row.index, views.heads_at(db_session, row.index)).root == row.map_root


def test_a_tick_tells_nothing_of_which_case_changed(here):
    """With the same cases, a tick after an append and one after none differ in what is random alone."""
    add_cases(here, "quiet", "busy")
    shapes = []
    for _ in range(2):
        index = ticks.make_tick(here)
        made = ticks.tick_map(here, index, heads(here))
        shapes.append([len(made.prove(case_key(name)).siblings) for name in ("quiet", "busy", REGISTER)])
        values = {made.get(case_key(name)) for name in ("quiet", "busy")}
        shapes[-1].append(len(values))
        grow(here, "busy")
    assert shapes[0] == shapes[1]
    notes = [re.sub(r"[A-Za-z0-9+/=]{40,}|\b[0-9]+\b", "*", row.note) for row in rows(here)]
    assert len(set(notes)) == 1


def test_regular_ticks_go_on_by_themselves(bench, here):
    def waiting():
        query = select(Job).where(Job.task == "make_tick", Job.case_id == "", Job.done_at.is_(None))
        with here.database.reading() as db_session:
            return list(db_session.scalars(query))

    ticks.begin_ticking(here)
    ticks.begin_ticking(here)
    (first,) = waiting()
    assert first.due_at.timestamp() % 60 == 0
    before = len(rows(here))
    for _ in range(3):
        bench.clock.advance(60)
        assert run_next(here)
    (last,) = waiting()
    assert timedelta(minutes=2) <= last.due_at - first.due_at <= timedelta(minutes=4)
    assert len(rows(here)) == before + 3
    with here.database.reading() as db_session:
        done = select(func.count()).select_from(Job).where(Job.task == "make_tick", Job.done_at.is_not(None))
        assert db_session.scalar(done) <= 1  # nothing piles up
    ticks.run_tick(here, regular=True)  # as after a crash between the tick and its being marked done
    assert len(waiting()) == 1


# cosignatures


def cosigned(here, index, at=None, key=WITNESS):
    row = rows(here)[index]
    seconds = int(row.at.timestamp()) if at is None else at
    return str(cosign(key, Note.parse(row.note).text, seconds))


def test_a_witness_hands_in_its_line_once(here):
    index = ticks.make_tick(here)
    line = cosigned(here, index)
    ticks.take_cosignature(here, index + 1, line)
    ticks.take_cosignature(here, index + 1, line)
    ticks.take_cosignature(here, index + 1, cosigned(here, index, 7))  # the first one stands
    with here.database.reading() as db_session:
        (kept,) = db_session.scalars(select(Cosignature).where(Cosignature.tick == index))
        note = Note.parse(views.cosigned_note(db_session, rows(here)[index]))
        assert views.cosigned_ticks(db_session)[str(WITNESS.verifier)][-1] == index
    assert kept.line == line
    assert [s.name for s in note.signatures] == ["test.example/register", "witness.example/w"]
    assert str(note).endswith(line)


def test_no_other_line_is_taken(here):
    index = ticks.make_tick(here)
    other = NoteKey.generate(WITNESS.name, COSIGNATURE)
    wrong = [
        ("witness_unlisted", index + 1, cosigned(here, index, key=other)),
        ("note_signature_wrong", index, cosigned(here, index)) if index else None,
        ("tick_unknown", index + 2, cosigned(here, index)),
        ("tick_unknown", 0, cosigned(here, index)),
        ("cosignature_ahead", index + 1, cosigned(here, index, int(here.database.now().timestamp()) + 400)),
        ("note_malformed", index + 1, cosigned(here, index)[:-1]),
        ("note_malformed", index + 1, ""),
    ]
    for case in filter(None, wrong):
        with pytest.raises((RuleViolation, CryptoError)) as refused:
            ticks.take_cosignature(here, case[1], case[2])
        assert refused.value.code == case[0]
    with here.database.reading() as db_session:
        assert not db_session.scalar(select(Cosignature).where(Cosignature.tick == index))


def test_a_log_key_is_made_once_for_an_older_installation(here, tmp_path):
    from app.adapters.keystore import create_keys, load_keys

    keys = create_keys(tmp_path, "o", "中心", here.database.now())
    (tmp_path / "log.key").unlink()
    made = load_keys(tmp_path).log.private_bytes_raw()
    assert made == load_keys(tmp_path).log.private_bytes_raw() != keys.log.private_bytes_raw()
    assert (tmp_path / "log.key").stat().st_mode & 0o077 == 0
    assert not list(tmp_path.glob(".log*"))


def test_the_name_of_the_log_has_neither_space_nor_plus():
    assert log_name("tenders.example") == "tenders.example/register"
    assert log_name("某县 +中心") == "%E6%9F%90%E5%8E%BF%20%2B%E4%B8%AD%E5%BF%83/register"


def test_an_edited_head_is_what_the_next_tick_shows(here):
    """A tick takes what stands in the tables: rewriting shows against the ticks before, not within one."""
    add_cases(here, "edited")
    grow(here, "edited")
    index = ticks.make_tick(here)
    edge = Frontier().push(leaf_hash(b"another"))
    with plain_transaction(here.database) as (db_session, _now):
        db_session.execute(update(CaseFile).where(CaseFile.id == "edited").values(frontier=edge.to_hex()))
    ticks.make_tick(here)
    with here.database.reading() as db_session:
        query = text("SELECT count(*) FROM tick_change WHERE case_id = 'edited'")
        assert db_session.scalar(query) == 2
        assert views.heads_at(db_session, index)["edited"] != views.heads_at(db_session, index + 1)["edited"]


def test_ticks_made_at_once_come_one_after_the_other(here):
    """Several workers tick at the same time: no leaf is lost, and no head goes back."""
    before, wrong = len(rows(here)), list[BaseException]()

    def tick():
        try:
            for _ in range(5):
                ticks.make_tick(here)
        except BaseException as exc:
            wrong.append(exc)

    add_cases(here, "raced")
    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        grow(here, "raced")
    for thread in threads:
        thread.join()
    assert not wrong
    found = rows(here)
    assert len(found) == before + 20
    leaves = [tick_leaf(row.at, row.map_root) for row in found]
    assert all(Checkpoint.parse(Note.parse(row.note).text).root == root(leaves[: row.index + 1]) for row in found)
    with here.database.reading() as db_session:
        query = select(TickChange.size).where(TickChange.case_id == "raced").order_by(TickChange.tick)
        sizes = list(db_session.scalars(query))
        assert sizes == sorted(set(sizes))
        for row in found[before:]:
            assert ticks.tick_map(here, row.index, views.heads_at(db_session, row.index)).root == row.map_root
