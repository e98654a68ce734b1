"""The register's tree as read from its rows: heads, proofs, the latest checkpoint, what witnesses cosigned.

No inner node is stored: the frontiers of the ticks hold every left subtree, and a right one is two smaller ones. So a
proof costs a few hundred rows at most, however long the register is.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.record import case_reference
from app.casefile.ticks import tick_leaf
from app.casefile.turns import TURNS, LotName, Turn, turns_heads
from app.models import CaseEvent, Cosignature, RegisterTick, TickChange, WitnessWord
from app.procedure.errors import RuleViolation
from app.queries.cases import record_of
from crypto.merkle import consistency_spans, inclusion_spans, node_hash
from crypto.notes import Note, NoteSignature

Heads = dict[str, tuple[int, bytes]]  # case id: size and root of its log


def latest_tick(db_session: DbSession) -> RegisterTick | None:
    """The last tick, None before the first."""
    return db_session.scalar(select(RegisterTick).order_by(RegisterTick.index.desc()).limit(1))


def last_word(db_session: DbSession) -> WitnessWord | None:
    """The witnesses' line that came last, None before the first."""
    return db_session.scalar(select(WitnessWord).order_by(WitnessWord.number.desc()).limit(1))


def register_size(db_session: DbSession) -> int:
    """The number of ticks so far."""
    last = latest_tick(db_session)
    return last.index + 1 if last else 0


def tick(db_session: DbSession, index: int) -> RegisterTick:
    """A tick. Raises RuleViolation `tick_unknown`."""
    found = db_session.get(RegisterTick, index)
    if found is None:
        raise RuleViolation("tick_unknown", index=index)
    return found


def longest_silence(db_session: DbSession, began_at: datetime, ended_at: datetime) -> timedelta:
    """The longest time within an interval without any tick: what the platform itself has measured of an outage."""
    within = RegisterTick.at.between(began_at, ended_at)
    at = [began_at, *db_session.scalars(select(RegisterTick.at).where(within).order_by(RegisterTick.at)), ended_at]
    return max(later - earlier for earlier, later in pairwise(at))


def heads_at(db_session: DbSession, index: int) -> Heads:
    """The head of every case file as tick `index` took it."""
    last = (
        select(TickChange.case_id, func.max(TickChange.tick).label("tick"))
        .where(TickChange.tick <= index)
        .group_by(TickChange.case_id)
        .subquery()
    )
    query = select(TickChange).join(last, and_(TickChange.case_id == last.c.case_id, TickChange.tick == last.c.tick))
    return {row.case_id: (row.size, row.root) for row in db_session.scalars(query)}


def turn_heads(db_session: DbSession, case_ids: Sequence[str], origin: str) -> Heads:
    """Size and root of the turns of each lot of these cases that has any."""
    query = select(CaseEvent).where(CaseEvent.case_id.in_(case_ids), CaseEvent.type.in_(TURNS))
    found: dict[tuple[str, str], list[Turn]] = {}
    for record in map(record_of, db_session.scalars(query.order_by(CaseEvent.case_id, CaseEvent.seq))):
        found.setdefault((record.case_id, record.lot), []).append(Turn.of(record))
    edges = {place: turns_heads(turns, LotName(origin, *place))[-1] for place, turns in found.items()}
    return {case_reference(*place): (edge.size, edge.root()) for place, edge in edges.items()}


def changes_after(db_session: DbSession, index: int, until: int) -> Iterator[TickChange]:
    """What changed in ticks above `index` up to `until`, in their order."""
    query = select(TickChange).where(TickChange.tick > index, TickChange.tick <= until).order_by(TickChange.tick)
    yield from db_session.scalars(query)


def subtree_head(row: Callable[[int], tuple[bytes, str]], start: int, end: int) -> bytes:
    """The head over the leaves [start, end), one subtree of a tree; `row` gives a leaf, and the edge with it."""
    size = end - start
    if size == 1:
        return row(start)[0]
    if size & (size - 1):
        split = start + (1 << size.bit_length() - 1)
        return node_hash(subtree_head(row, start, split), subtree_head(row, split, end))
    if start // size % 2 == 0:  # a left subtree: the smallest one on the edge when its last leaf came
        return bytes.fromhex(row(end - 1)[1][-64:])
    middle = start + size // 2
    return node_hash(subtree_head(row, start, middle), subtree_head(row, middle, end))


def _head(db_session: DbSession, start: int, end: int) -> bytes:
    def row(index: int) -> tuple[bytes, str]:
        found = tick(db_session, index)
        return tick_leaf(found.at, found.map_root), found.frontier

    return subtree_head(row, start, end)


def inclusion(db_session: DbSession, index: int, size: int) -> tuple[bytes, ...]:
    """The proof that tick `index` stands under the checkpoint of `size` ticks. Raises RuleViolation `tick_unknown`."""
    return tuple(_head(db_session, start, end) for start, end in inclusion_spans(index, size))


def consistency(db_session: DbSession, old: int, new: int) -> tuple[bytes, ...]:
    """The proof that the tree of `new` ticks continues that of `old`.

    Raises RuleViolation `tick_unknown`, CryptoError `leaf_out_of_range`.
    """
    if new:
        tick(db_session, new - 1)
    return tuple(_head(db_session, start, end) for start, end in consistency_spans(old, new))


def carried_checkpoint(db_session: DbSession, old: int) -> str:
    """The latest checkpoint with the proof that it continues the first `old` ticks, to be carried to a witness.

    It is the request `add-checkpoint` of C2SP tlog-witness. Raises RuleViolation `tick_unknown`, CryptoError
    `leaf_out_of_range`.
    """
    size = register_size(db_session)
    proof = consistency(db_session, old, size) if old else ()
    return carried_request(old, proof, cosigned_note(db_session, tick(db_session, size - 1)))


def carried_request(old: int, proof: Sequence[bytes], note: str) -> str:
    """The request `add-checkpoint` of C2SP tlog-witness."""
    lines = [f"old {old}", *(base64.b64encode(step).decode("ascii") for step in proof)]
    return "\n".join(lines) + "\n\n" + note


def cosigned_note(db_session: DbSession, row: RegisterTick) -> str:
    """The checkpoint of a tick with the log's signature and every witness's line."""
    query = select(Cosignature.line).where(Cosignature.tick == row.index).order_by(Cosignature.witness)
    note = Note.parse(row.note)
    return str(Note(note.text, (*note.signatures, *map(NoteSignature.parse, db_session.scalars(query)))))


def tick_of_turn(db_session: DbSession, reference: str, needed: int) -> int | None:
    """The first tick that has so many turns of a lot, None where there is none yet."""
    query = select(func.min(TickChange.tick)).where(TickChange.case_id == reference, TickChange.size >= needed)
    return db_session.scalar(query)


def turns_of(db_session: DbSession, case_id: str, lot: str) -> list[str]:
    """The types of a lot's turns so far, in order."""
    query = select(CaseEvent.type).where(CaseEvent.case_id == case_id, CaseEvent.lot == lot, CaseEvent.type.in_(TURNS))
    return list(db_session.scalars(query.order_by(CaseEvent.seq)))


def witnesses_since(db_session: DbSession, index: int) -> set[str]:
    """The witnesses (vkeys) that cosigned tick `index` or a later one."""
    return set(db_session.scalars(select(Cosignature.witness).where(Cosignature.tick >= index).distinct()))


def cosigned_ticks(db_session: DbSession) -> dict[str, list[int]]:
    """For each witness (its vkey) the ticks whose checkpoint it cosigned, in order."""
    found: dict[str, list[int]] = {}
    query = select(Cosignature.witness, Cosignature.tick).order_by(Cosignature.tick)
    for witness, index in db_session.execute(query):
        found.setdefault(witness, []).append(index)
    return found
