"""What the administrator of the database can do: drop the triggers, rewrite, and make every hash fit again."""

from __future__ import annotations

from contextlib import contextmanager

from sqlalchemy import delete, select, text, update

from app.casefile.act_list import Entry
from app.casefile.ticks import tick_leaf, word_leaf
from app.models import (
    CaseEvent,
    CaseFile,
    Cosignature,
    ListCosignature,
    ListedAct,
    RegisterTick,
    TickChange,
    WitnessWord,
)
from app.models.append_only import APPEND_ONLY, statements
from app.queries import cases
from app.services import ticks
from app.services.act_list import list_note
from app.services.unit_of_work import plain_transaction
from crypto.errors import CryptoError
from crypto.merkle import Frontier
from crypto.notes import COSIGNATURE, Checkpoint, Note, NoteSignature, VerifierKey, check_cosignature, sign_note


@contextmanager
def rights(whole):
    """No trigger stands in the way; afterwards everything is as it was before, triggers and rows."""
    database = whole.platform.database
    with database.reading() as db_session:
        kept = [
            (type_, list(db_session.scalars(select(type_))))
            for type_ in (CaseEvent, RegisterTick, TickChange, Cosignature, ListedAct, ListCosignature, WitnessWord)
        ]
        head = db_session.get_one(CaseFile, whole.case_id)
    with plain_transaction(database) as (db_session, _now):
        for table in APPEND_ONLY:
            for verb in ("update", "delete"):
                db_session.execute(text(f"DROP TRIGGER {table}_no_{verb}"))
    yield database
    with plain_transaction(database) as (db_session, _now):
        for type_, rows in kept:
            db_session.execute(delete(type_))
            columns = {attribute.key: attribute for attribute in type_.__mapper__.column_attrs}
            for row in rows:
                db_session.add(type_(**{name: getattr(row, name) for name in columns}))
        change = {"size": head.size, "frontier": head.frontier}
        db_session.execute(update(CaseFile).where(CaseFile.id == whole.case_id).values(**change))
        for table in APPEND_ONLY:
            for statement in statements("sqlite", table):
                db_session.execute(text(statement))
    database.memory.clear()


def edit_event(whole, database):
    """One old entry says something else; its leaf, the tree and the head are made to fit, in milliseconds."""
    with plain_transaction(database) as (db_session, _now):
        rows = list(
            db_session.scalars(select(CaseEvent).where(CaseEvent.case_id == whole.case_id).order_by(CaseEvent.seq))
        )
        edge = Frontier()
        for row in rows:
            if row.type == "CallUpAnswered" and '"reason":"出差"' in row.payload:
                row.payload = row.payload.replace("出差", "生病")
                row.leaf_hash = cases.record_of(row).leaf(row.salt)
                edited = row.seq
            edge = edge.push(row.leaf_hash)
        head = db_session.get_one(CaseFile, whole.case_id)
        head.size, head.frontier = edge.size, edge.to_hex()
    return edited


def fit_leaves(whole, database):
    """Numbers without gaps, each entry its own leaf, and the head that follows from them."""
    with plain_transaction(database) as (db_session, _now):
        query = select(CaseEvent).where(CaseEvent.case_id == whole.case_id).order_by(CaseEvent.seq)
        edge, table = Frontier(), CaseEvent.__table__
        for row in db_session.execute(
            select(table).where(table.c.case_id == whole.case_id).order_by(table.c.seq)
        ).all():
            place = (table.c.case_id == whole.case_id) & (table.c.seq == row.seq)
            db_session.execute(update(table).where(place).values(seq=edge.size))
            edge = edge.push(bytes(32))
        edge = Frontier()
        for row in db_session.scalars(query):
            row.leaf_hash = cases.record_of(row).leaf(row.salt)
            edge = edge.push(row.leaf_hash)
        head = db_session.get_one(CaseFile, whole.case_id)
        head.size, head.frontier = edge.size, edge.to_hex()


def forget_witnesses(whole, database):
    """Cosignatures that no longer fit are gone, and the words of witnesses are those that are left."""
    with plain_transaction(database) as (db_session, _now):
        for kind, line_kind, place in ((RegisterTick, Cosignature, "tick"), (ListedAct, ListCosignature, "listed")):
            notes = {row.index: Note.parse(row.note).text for row in db_session.scalars(select(kind))}
            for row in db_session.scalars(select(line_kind)):
                key, text_ = VerifierKey.parse(row.witness, COSIGNATURE), notes.get(getattr(row, place), "")
                try:
                    check_cosignature(NoteSignature.parse(row.line), key, text_)
                except CryptoError:
                    db_session.delete(row)
        db_session.flush()
        left = {word_leaf("tick", row.tick, row.witness, row.line) for row in db_session.scalars(select(Cosignature))}
        left |= {word_leaf("act", r.listed, r.witness, r.line) for r in db_session.scalars(select(ListCosignature))}
        words = [row.leaf for row in db_session.scalars(select(WitnessWord).order_by(WitnessWord.number))]
        db_session.execute(delete(WitnessWord))
        edge = Frontier()
        for leaf in words:
            if leaf in left:
                edge = edge.push(leaf)
                db_session.add(WitnessWord(number=edge.size - 1, leaf=leaf, frontier=edge.to_hex()))


def rewrite_changes(whole, database):
    """What the ticks keep of the case is made to fit the new tree."""
    with plain_transaction(database) as (db_session, _now):
        leaves = list(
            db_session.scalars(
                select(CaseEvent.leaf_hash).where(CaseEvent.case_id == whole.case_id).order_by(CaseEvent.seq)
            )
        )
        for row in db_session.scalars(select(TickChange).where(TickChange.case_id == whole.case_id)):
            edge = Frontier()
            for leaf in leaves[: row.size]:
                edge = edge.push(leaf)
            row.size, row.root = edge.size, edge.root()


def rewrite_register(whole, database):
    """The platform's keys are in it too: every map, tick, listed act and checkpoint is made anew; cosignatures stay."""
    with plain_transaction(database) as (db_session, _now):
        edge, key = Frontier(), whole.platform.log_key
        for row in db_session.scalars(select(RegisterTick).order_by(RegisterTick.index)):
            row.map_root = ticks.tick_map(whole.platform, row.index, ticks.heads_at(db_session, row.index)).root
            edge = edge.push(tick_leaf(row.at, row.map_root))
            row.frontier = edge.to_hex()
            row.note = str(sign_note(key, str(Checkpoint(key.name, edge.size, edge.root()))))
        edge = Frontier()
        for row in db_session.scalars(select(ListedAct).order_by(ListedAct.index)):
            event = db_session.get(CaseEvent, (row.case_id, row.seq))
            row.entry = str(Entry.of(whole.platform.origin, cases.record_of(event))) if event else row.entry
            edge = edge.push(Entry.parse(row.entry).leaf())
            row.frontier, row.note = edge.to_hex(), list_note(whole.platform, edge)
