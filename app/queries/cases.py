"""A case as it stands: the fold of its events, remembered per process and continued from where it was left."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.casefile.record import Record
from app.database import MEMORY
from app.models import CaseEvent, CaseFile
from app.models.casefile import UNSEALED
from app.sending import find
from crypto.merkle import Frontier

REMEMBERED = 512
# Asked for with every look at a case, mostly in vain: columns, not objects.
_RECORDS = (
    select(
        CaseEvent.case_id,
        CaseEvent.seq,
        CaseEvent.lot,
        CaseEvent.type,
        CaseEvent.at,
        CaseEvent.actor,
        CaseEvent.role,
        CaseEvent.payload,
        CaseEvent.act,
        CaseEvent.private_hash,
    )
    .where(CaseEvent.case_id == bindparam("case"), CaseEvent.seq > bindparam("after"))
    .order_by(CaseEvent.seq)
)


_OF_CASE = (CaseEvent.case_id == bindparam("case"), CaseEvent.seq.between(bindparam("first"), bindparam("last")))
_UNSEALED = select(CaseEvent.__table__).where(*_OF_CASE, UNSEALED).order_by(CaseEvent.seq)
_NAMED = select(CaseEvent.__table__).where(
    CaseEvent.case_id == bindparam("case"), CaseEvent.seq.in_(bindparam("seqs", expanding=True))
)
_SIZE = select(CaseFile.size).where(CaseFile.id == bindparam("case"))


def record_of(row: CaseEvent | Row[Any]) -> Record:
    """The record that a row holds."""
    circumstances = row.case_id, row.seq, row.lot, row.type, row.at, row.actor, row.role
    return _record(*circumstances, row.payload, row.act, row.private_hash)


def _record(*columns: Any) -> Record:
    *circumstances, payload, act, private_hash = columns
    return Record(*circumstances, json.loads(payload), json.loads(act) if act else {}, private_hash)


def load_rows(db_session: DbSession, case_id: str, after: int = -1) -> Sequence[CaseEvent]:
    """Rows of a case with a sequence number above `after`, in order."""
    query = select(CaseEvent).where(CaseEvent.case_id == case_id, CaseEvent.seq > after).order_by(CaseEvent.seq)
    return db_session.scalars(query).all()


def load_records(db_session: DbSession, case_id: str, after: int = -1) -> list[Record]:
    """Records of a case with a sequence number above `after`, in order."""
    return _records(db_session.connection(), case_id, after)


def _records(connection: Connection, case_id: str, after: int) -> list[Record]:
    return [_record(*row) for row in find(connection, _RECORDS, case=case_id, after=after)]


def load_unsealed(db_session: DbSession, case_id: str, after: int, bids: Sequence[int]) -> tuple[list[Record], int]:
    """Records above `after` in order, of those about bids the numbers `bids` alone; and the number of the last of all.

    The others are passed over by an index that does not hold them, so that reading takes as long as if there were none.
    """
    connection = db_session.connection()
    last = last_number(db_session, case_id)
    found = list(connection.execute(_UNSEALED, {"case": case_id, "first": after + 1, "last": last}))
    records = [record_of(row) for row in found]
    if named := [seq for seq in bids if after < seq <= last]:
        records = sorted([*records, *load_named(db_session, case_id, named)], key=lambda record: record.seq)
    return records, max(after, last)


def last_number(db_session: DbSession, case_id: str) -> int:
    """The number of the last record of a case; -1 before there is one. No record is read for it."""
    return (db_session.connection().scalar(_SIZE, {"case": case_id}) or 0) - 1


def load_besides_bids(db_session: DbSession, case_id: str) -> list[Record]:
    """All records but those about bids, in order: for who asks how an evaluation went. Another lot of the case may
    still take bids, and how many must not be told by how long the answer takes.
    """
    return load_unsealed(db_session, case_id, -1, ())[0]


def load_named(db_session: DbSession, case_id: str, seqs: Sequence[int]) -> list[Record]:
    """The records of a case with these numbers, in order; no other is touched."""
    found = db_session.connection().execute(_NAMED, {"case": case_id, "seqs": seqs})
    return sorted((record_of(row) for row in found), key=lambda record: record.seq)


def load_case(db_session: DbSession, case_id: str, known_size: int = -1) -> Case:
    """The state of a case. Only what is committed is remembered: call it before anything is appended.

    `known_size`: how many records the case has, where that was read already: the records are not asked for in vain.
    """
    return case_as_of(db_session.connection(), db_session.info[MEMORY], case_id, known_size)


def look_at_case(db_session: DbSession, case_id: str) -> Case:
    """The same, without keeping a case that is not remembered: for who walks over many that nobody else asks for."""
    known = _remembered(db_session.info[MEMORY]).get(case_id)
    return case_as_of(db_session.connection(), {"cases": OrderedDict({case_id: known} if known else {})}, case_id)


def case_as_of(connection: Connection, memory: dict[str, Any], case_id: str, known_size: int = -1) -> Case:
    """The same, given what its process remembers (`Database.memory`)."""
    case = _remembered(memory).get(case_id, Case(case_id))
    for record in _records(connection, case_id, case.size - 1) if case.size != known_size else ():
        case = case.apply(record)
    remember_case(memory, case)
    return case


def remember_case(memory: dict[str, Any], case: Case) -> None:
    """Keep the state after what is committed, so that the next reader goes on from there."""
    remembered = _remembered(memory)
    remembered[case.id] = case
    remembered.move_to_end(case.id)
    while len(remembered) > REMEMBERED:
        remembered.popitem(last=False)


def _remembered(memory: dict[str, Any]) -> OrderedDict[str, Case]:
    found: OrderedDict[str, Case] = memory.setdefault("cases", OrderedDict())
    return found


def log_head(db_session: DbSession, case_id: str) -> tuple[int, str]:
    """How many records a case has, and the root over them in hexadecimal."""
    file = db_session.get_one(CaseFile, case_id)
    return file.size, Frontier.from_hex(file.size, file.frontier).root().hex()
