"""The list of acts grows with the register's ticks; what it holds is public, and nothing waits for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.act_list import LISTED, Entry, list_key
from app.casefile.record import Record
from app.models import CaseEvent, ListedAct
from app.queries.act_list import last_listed
from app.queries.cases import record_of
from app.services.platform import Platform
from crypto.merkle import Frontier
from crypto.notes import Checkpoint, NoteKey, sign_note

AT_ONCE = 500  # cases in one statement


def list_acts(platform: Platform, db_session: DbSession, at: datetime, changed: Sequence[str]) -> None:
    """Append to the list what these cases have that is not in it; of all cases while the list is empty.

    For the transaction of a tick, of which there is one at a time.
    """
    last = last_listed(db_session)
    index, edge = (last.index + 1, Frontier.from_hex(last.index + 1, last.frontier)) if last else (0, Frontier())
    for record in _unlisted(db_session, changed if last else None):
        entry = Entry.of(platform.origin, record)
        edge = edge.push(entry.leaf())
        note, named = list_note(platform, edge), {"case_id": record.case_id, "seq": record.seq}
        db_session.add(ListedAct(index=index, at=at, entry=str(entry), frontier=edge.to_hex(), note=note, **named))
        index += 1


def list_note(platform: Platform, edge: Frontier) -> str:
    """The checkpoint of the list with this edge, signed with the register's key under the list's name."""
    name = list_key(platform.log_key.verifier).name
    key = NoteKey(name, platform.log_key.kind, platform.log_key.private)
    return str(sign_note(key, str(Checkpoint(name, edge.size, edge.root()))))


def _unlisted(db_session: DbSession, changed: Sequence[str] | None) -> Iterator[Record]:
    """The acts of these cases (None: of all) that are not in the list, by case and in the order of each."""
    is_listed = exists().where(and_(ListedAct.case_id == CaseEvent.case_id, ListedAct.seq == CaseEvent.seq))
    query = select(CaseEvent).where(CaseEvent.type.in_(LISTED), ~is_listed).order_by(CaseEvent.case_id, CaseEvent.seq)
    if changed is None:
        yield from map(record_of, db_session.scalars(query))
        return
    for start in range(0, len(changed), AT_ONCE):
        part = query.where(CaseEvent.case_id.in_(changed[start : start + AT_ONCE]))
        yield from map(record_of, db_session.scalars(part))
