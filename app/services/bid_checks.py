"""Opened bids are checked (清标): each file read apart, then all that the thresholds find recorded as one fact.

A few files at a time, so that the worker stays free for whatever is due; who goes on after a crash reads none twice.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import Delete, delete, select
from sqlalchemy.orm import Session as DbSession

from app.adapters.bid_texts import MOST_BYTES, READER, read_bid_file, readable
from app.casefile.bid_readings import checked_files, findings_of
from app.casefile.case import Case
from app.casefile.codec import decode, encode
from app.database import in_native_thread
from app.models import BidReading as ReadFile
from app.models import StoredFile
from app.procedure.bid_checking import BidsChecked, check_due
from app.procedure.errors import RuleViolation
from app.queries.cases import load_case
from app.services.documents import add_file
from app.services.platform import Platform
from app.services.stored_bytes import file_chunks
from app.services.unit_of_work import plain_transaction, unit_of_work
from crypto.canonical import canonical
from crypto.merkle import TreeDigest
from evaluation.bid_checks import (
    FILE_NAME,
    OWN_NAME,
    READINGS,
    BidReading,
    FileReading,
    Reading,
    Readings,
    rows_of,
)

log = logging.getLogger("tenderhall.bid_checks")
FILES_AT_ONCE = 4
MOST_FILES = 200  # of a bid that are read; whoever packs more has them told as unread


def check_opened_bids(platform: Platform, case_id: str, lot: str) -> None:
    """Read the next files; once all are read, record what is found. Checked already, or not to be: nothing happens."""
    with platform.database.reading() as db_session:
        case = load_case(db_session, case_id)
        rows = _files(db_session, case_id, lot)
        done = set(db_session.scalars(select(ReadFile.file_id).where(ReadFile.case_id == case_id, ReadFile.lot == lot)))
    if not _due(case, lot):
        _forget(platform, case_id, lot, done)
        return
    waiting = [row for row in _to_read(rows) if row.id not in done]
    for row in waiting[:FILES_AT_ONCE]:
        _read(platform, case, lot, row)
    if len(waiting) > FILES_AT_ONCE:
        with unit_of_work(platform.database, case_id, lot) as work:
            work.schedule("check_bids", work.now, lot=lot, detail=str(len(done) + FILES_AT_ONCE))
        return
    _record(platform, case, lot, rows)


def _due(case: Case, lot: str) -> bool:
    state = case.lots[lot]
    try:
        check_due(state.opening, state.checked, state.sitting.stage, case.tender.published.profile)
    except RuleViolation:
        return False
    return True


def _files(db_session: DbSession, case_id: str, lot: str) -> list[StoredFile]:
    """The files of the lot's opened bids, and the tender's own documents."""
    kinds = StoredFile.kind.in_(("opened", "document"))
    query = select(StoredFile).where(StoredFile.case_id == case_id, StoredFile.lot.in_(("", lot)), kinds)
    return list(db_session.scalars(query.order_by(StoredFile.kind, StoredFile.owner, StoredFile.name, StoredFile.id)))


def _forget(platform: Platform, case_id: str, lot: str, done: Collection[str]) -> None:
    """What was read for a check that came too late."""
    if done:
        with plain_transaction(platform.database) as (db_session, _now):
            db_session.execute(_kept_rows(case_id, lot))


def _kept_rows(case_id: str, lot: str) -> Delete[tuple[ReadFile]]:
    return delete(ReadFile).where(ReadFile.case_id == case_id, ReadFile.lot == lot)


def _to_read(rows: Sequence[StoredFile]) -> Iterator[StoredFile]:
    """The tender's documents, for their digests too, and of each bid the first files of a kind that can be read."""
    counted: Counter[str] = Counter()
    for row in rows:
        if row.kind == "document":
            yield row
        elif readable(row.name, row.size):
            counted[row.owner] += 1
            if counted[row.owner] <= MOST_FILES:
                yield row


def _read(platform: Platform, case: Case, lot: str, row: StoredFile) -> None:
    """Read one file and keep what was read; a damaged one counts as unreadable, and is in the log of the machine."""
    reading = _reading_of(platform, case, row)
    with plain_transaction(platform.database) as (db_session, _now):
        if db_session.get(ReadFile, (row.id, lot)) is None:
            kept = json.dumps(encode(reading), ensure_ascii=False)
            db_session.add(ReadFile(file_id=row.id, case_id=case.id, lot=lot, reading=kept))


def _reading_of(platform: Platform, case: Case, row: StoredFile) -> FileReading:
    try:
        if row.kind == "opened":
            if row.size > MOST_BYTES:
                return _unread(row)
            return read_bid_file(row.name, row.sha256, b"".join(file_chunks(platform, case, row)))
        data = b"".join(file_chunks(platform, case, row))
    except RuleViolation as damaged:
        log.error("case %s: %s of %s is not read: %s", case.id, row.kind, row.owner, damaged.code)
        return _unread(row)
    tree = TreeDigest()
    tree.update(data)
    if not readable(row.name, row.size):
        return FileReading(row.name, row.size, tree.hexdigest(), Reading.OTHER)
    return read_bid_file(row.name, tree.hexdigest(), data)


def _unread(row: StoredFile) -> FileReading:
    """A file whose text and properties are not known: of another kind, or for a reason that is told."""
    state = Reading.UNREADABLE if readable(row.name, row.size) else Reading.OTHER
    return FileReading(row.name, row.size, row.sha256 if row.kind == "opened" else "", state)


def _record(platform: Platform, case: Case, lot: str, rows: Sequence[StoredFile]) -> None:
    readings = _readings(platform, case, lot, rows)
    found = in_native_thread(findings_of, case, lot, readings)
    data = canonical(encode(readings))
    blob = platform.blobs.put(data)
    with unit_of_work(platform.database, case.id, lot) as work:
        if not _due(work.case, lot):
            return
        name = f"bid-readings-{lot}.json"
        kept = {"case_id": case.id, "lot": lot, "kind": "readings", "name": name, "blob": blob, "data": data}
        add_file(work.db_session, work.now, **kept)
        work.conclude(BidsChecked(hashlib.sha256(data).hexdigest(), found), lot)
        work.db_session.execute(_kept_rows(case.id, lot))


def _readings(platform: Platform, case: Case, lot: str, rows: Sequence[StoredFile]) -> Readings:
    """What was read of every file, in the order in which the case file names them."""
    query = select(ReadFile).where(ReadFile.case_id == case.id, ReadFile.lot == lot)
    with platform.database.reading() as db_session:
        kept = {row.file_id: row.reading for row in db_session.scalars(query)}
    read = {row.id: decode(FileReading, json.loads(kept[row.id])) if row.id in kept else _unread(row) for row in rows}
    opened = {(row.owner, row.name): row for row in rows if row.kind == "opened"}
    documents = [read[document.id] for document in case.tender.published.documents]
    own = [row for row in rows if row.kind == "document" and row.name == OWN_NAME]
    bids = []
    for receipt, bid in sorted(case.lots[lot].opening.opened.items()):
        files = tuple(read[opened[receipt, path].id] for path, _size, _root in checked_files(bid))
        listed = opened.get((receipt, FILE_NAME))
        cells = _cells(platform, case, listed) if listed is not None else ()
        named = FILE_NAME if listed is not None else ""
        bids.append(BidReading(receipt, bid.price, bid.project_manager, files, named, cells))
    rows_of_own = _cells(platform, case, own[0]) if own else ()
    return Readings(READINGS, READER, tuple(documents), rows_of_own, tuple(bids))


def _cells(platform: Platform, case: Case, row: StoredFile) -> tuple[tuple[str, ...], ...]:
    try:
        return rows_of(b"".join(file_chunks(platform, case, row))) if row.size <= MOST_BYTES else ()
    except RuleViolation:  # damaged, as is said of the file itself
        return ()
