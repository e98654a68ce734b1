"""The list of acts as read from its rows: entries, heads, proofs, and what witnesses cosigned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import distinct, func, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.act_list import Entry
from app.models import ListCosignature, ListedAct
from app.procedure.errors import RuleViolation
from app.queries.ticks import carried_request, subtree_head
from crypto.merkle import consistency_spans
from crypto.notes import Note, NoteSignature

ENTRIES_AT_MOST = 2000  # in one answer


def last_listed(db_session: DbSession) -> ListedAct | None:
    """The last entry, None before the first."""
    return db_session.scalar(select(ListedAct).order_by(ListedAct.index.desc()).limit(1))


def list_size(db_session: DbSession) -> int:
    """The number of entries so far."""
    last = last_listed(db_session)
    return last.index + 1 if last else 0


def listed(db_session: DbSession, index: int) -> ListedAct:
    """An entry. Raises RuleViolation `listed_act_unknown`."""
    found = db_session.get(ListedAct, index)
    if found is None:
        raise RuleViolation("listed_act_unknown", index=index)
    return found


def entries_from(db_session: DbSession, start: int) -> list[str]:
    """The entries from the `start`th (0-based) on, at most ENTRIES_AT_MOST."""
    query = select(ListedAct.entry).where(ListedAct.index >= start).order_by(ListedAct.index).limit(ENTRIES_AT_MOST)
    return list(db_session.scalars(query))


def list_consistency(db_session: DbSession, old: int, new: int) -> tuple[bytes, ...]:
    """The proof that the list of `new` entries continues that of `old`.

    Raises RuleViolation `listed_act_unknown`, CryptoError `leaf_out_of_range`.
    """

    def row(index: int) -> tuple[bytes, str]:
        found = listed(db_session, index)
        return Entry.parse(found.entry).leaf(), found.frontier

    if new:
        listed(db_session, new - 1)
    return tuple(subtree_head(row, start, end) for start, end in consistency_spans(old, new))


def cosigned_list_note(db_session: DbSession, row: ListedAct) -> str:
    """The checkpoint that ends with an entry, with the log's signature and every witness's line."""
    query = select(ListCosignature.line).where(ListCosignature.listed == row.index)
    note, lines = Note.parse(row.note), db_session.scalars(query.order_by(ListCosignature.witness))
    return str(Note(note.text, (*note.signatures, *map(NoteSignature.parse, lines))))


def latest_cosigned(db_session: DbSession) -> list[str]:
    """The last checkpoint that each witness cosigned, each once."""
    last = func.max(ListCosignature.listed)
    indices = db_session.scalars(select(last).group_by(ListCosignature.witness))
    return [cosigned_list_note(db_session, listed(db_session, index)) for index in sorted(set(indices))]


def carried_list(db_session: DbSession, old: int) -> str:
    """The latest checkpoint of the list with the proof that it continues the first `old` entries, for a witness.

    Raises RuleViolation `listed_act_unknown`, CryptoError `leaf_out_of_range`.
    """
    size = list_size(db_session)
    proof = list_consistency(db_session, old, size) if old else ()
    return carried_request(old, proof, cosigned_list_note(db_session, listed(db_session, size - 1)))


def cosigned_list(db_session: DbSession, witness: str) -> tuple[int, datetime | None]:
    """How many entries a witness has cosigned, and since when it owes the next, None where it owes none."""
    last = db_session.scalar(select(func.max(ListCosignature.listed)).where(ListCosignature.witness == witness))
    size = 0 if last is None else last + 1
    query = select(ListedAct.at).where(ListedAct.index >= size).order_by(ListedAct.index).limit(1)
    return size, db_session.scalar(query)


@dataclass(frozen=True)
class ListedPublication:
    """Where the publication of a case stands in the list (from 1), its act's hash, and how many witnesses cosigned."""

    place: int
    act: str
    cosigned: int


def listed_publication(db_session: DbSession, case_id: str) -> ListedPublication | None:
    """The first entry of a case, which is its publication; None until a tick has listed it."""
    row = db_session.scalar(select(ListedAct).where(ListedAct.case_id == case_id).order_by(ListedAct.index).limit(1))
    if row is None:
        return None
    vouching = select(func.count(distinct(ListCosignature.witness))).where(ListCosignature.listed >= row.index)
    return ListedPublication(row.index + 1, Entry.parse(row.entry).act.hex(), db_session.scalar(vouching) or 0)
