"""The register's ticks against the case files' entries and against themselves, for `tenderhall doctor --database`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.rebuilding import Difference, differs, missing, unfounded
from app.casefile.ticks import tick_leaf
from app.models import Cosignature, RegisterTick, TickChange
from app.queries.ticks import Heads
from app.services.platform import Platform
from app.services.ticks import tick_map
from crypto.errors import CryptoError
from crypto.merkle import Frontier
from crypto.notes import COSIGNATURE, Checkpoint, Note, NoteSignature, VerifierKey, check_cosignature

LogHeads = Mapping[str, Sequence[bytes]]  # by case, or case/lot: the root after each number of entries, from 0 on


def register_differences(platform: Platform, db_session: DbSession, logs: LogHeads) -> Iterator[Difference]:
    """What the ticks keep of each log; the ticks' own tree and checkpoints; the witnesses' lines under them."""
    changes = db_session.execute(select(TickChange.__table__).order_by("tick", "case_id")).all()
    ticks = db_session.execute(select(RegisterTick.__table__).order_by("number")).all()
    yield from _change_differences(changes, logs, len(ticks))
    yield from _tree_differences(platform, ticks)
    yield from _map_differences(platform, ticks, changes)
    notes = {row.number: row.note for row in ticks}
    for row in db_session.execute(select(Cosignature.__table__).order_by("tick", "witness")):
        yield from _cosignature_differences(platform, row, notes.get(row.tick))


def _change_differences(changes: Sequence[Any], logs: LogHeads, ticks: int) -> Iterator[Difference]:
    known: dict[str, int] = {}
    for row in changes:
        key, heads = (row.case_id, row.tick), logs.get(row.case_id)
        if heads is None or row.tick >= ticks:
            yield unfounded("tick_change", key)
        elif not known.get(row.case_id, -1) < row.size < len(heads):
            yield differs("tick_change", key, "size", row.size, len(heads) - 1)
        elif heads[row.size] != row.root:
            yield differs("tick_change", key, "root", row.root, heads[row.size])
        known[row.case_id] = row.size


def _tree_differences(platform: Platform, ticks: Sequence[Any]) -> Iterator[Difference]:
    edge, key = Frontier(), platform.log_key
    for number, row in enumerate(ticks):
        if row.number != number:
            yield missing("register_tick", (number,))
            return
        edge = edge.push(tick_leaf(row.at, row.map_root))
        if row.frontier != edge.to_hex():
            yield differs("register_tick", (number,), "frontier", row.frontier, edge.to_hex())
            edge = _frontier(row.frontier, edge)
        stated = str(Checkpoint(key.name, edge.size, edge.root()))
        try:
            note = Note.parse(row.note)
            note.verify(key.verifier)
            wrong = note.text != stated or str(note) != row.note or len(note.signatures) != 1
        except CryptoError:
            wrong = True
        if wrong:
            yield differs("register_tick", (number,), "note", row.note, stated)


def _frontier(text: str, otherwise: Frontier) -> Frontier:
    """Go on from what stands there, so that one change is named once and not at every tick after it."""
    try:
        return Frontier.from_hex(otherwise.size, text)
    except CryptoError:
        return otherwise


def _map_differences(platform: Platform, ticks: Sequence[Any], changes: Sequence[Any]) -> Iterator[Difference]:
    """The maps of all ticks in which something changed, of those before them, and of the last one.

    In between the heads are those of the tick before, so that a change which is missing or at another tick shows.
    """
    heads: Heads = {}
    by_tick = {number: list(rows) for number, rows in groupby(changes, key=lambda row: int(row.tick))}
    for number, row in enumerate(ticks):
        heads |= {change.case_id: (change.size, change.root) for change in by_tick.get(number, ())}
        if number in by_tick or number + 1 in by_tick or number + 1 == len(ticks):
            root = tick_map(platform, number, heads).root
            if root != row.map_root:
                yield differs("register_tick", (number,), "map_root", row.map_root, root)


def _cosignature_differences(platform: Platform, row: Any, note: str | None) -> Iterator[Difference]:
    key = (row.tick, row.witness)
    if note is None or row.witness not in platform.settings.witnesses:
        yield unfounded("cosignature", key)
        return
    try:
        line = NoteSignature.parse(row.line)
        seconds = check_cosignature(line, VerifierKey.parse(row.witness, COSIGNATURE), Note.parse(note).text)
    except CryptoError as exc:
        yield differs("cosignature", key, "line", row.line, exc.code)
        return
    if str(line) != row.line:
        yield differs("cosignature", key, "line", row.line, str(line))
    at = datetime.fromtimestamp(seconds, UTC)
    if row.at != at:
        yield differs("cosignature", key, "at", row.at, at)
