"""The register's ticks against the case files' entries and against themselves, for `tenderhall doctor --database`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.act_list import Entry
from app.casefile.rebuilding import Difference, differs, missing, unfounded
from app.casefile.ticks import WORDS, tick_leaf, word_leaf
from app.models import Cosignature, ListCosignature, ListedAct, RegisterTick, TickChange, WitnessWord
from app.queries.ticks import Heads
from app.services.act_list import list_note
from app.services.platform import Platform
from app.services.ticks import tick_map
from crypto.errors import CryptoError
from crypto.merkle import Frontier
from crypto.notes import COSIGNATURE, Checkpoint, Note, NoteSignature, VerifierKey, check_cosignature

LogHeads = Mapping[str, Sequence[bytes]]  # by case, or case/lot: the root after each number of entries, from 0 on


def register_differences(
    platform: Platform, db_session: DbSession, logs: LogHeads, acts: Mapping[tuple[str, int], Entry]
) -> Iterator[Difference]:
    """What the ticks keep of each log; the ticks' own tree and checkpoints; the list; the witnesses' lines under both.

    `acts` are the entries that the list should have of each case, by its id and their place in its file.
    """
    changes = db_session.execute(select(TickChange.__table__).order_by("tick", "case_id")).all()
    ticks = db_session.execute(select(RegisterTick.__table__).order_by("number")).all()
    words = db_session.execute(select(WitnessWord.__table__).order_by("number")).all()
    yield from _change_differences(changes, {**logs, WORDS: _word_heads(words)}, len(ticks))
    yield from _tree_differences(platform, ticks)
    yield from _map_differences(platform, ticks, changes)
    notes, said = {row.number: row.note for row in ticks}, set[bytes]()
    for row in db_session.execute(select(Cosignature.__table__).order_by("tick", "witness")):
        key = (row.tick, row.witness)
        said.add(word_leaf("tick", row.tick, row.witness, row.line))
        yield from _cosignature_differences(platform, "cosignature", key, row, notes.get(row.tick))
    listed = db_session.execute(select(ListedAct.__table__).order_by("number")).all()
    ticked = Counter({row.case_id: row.size for row in changes})
    yield from _list_differences(platform, listed, {row.at for row in ticks}, acts, ticked)
    notes = {row.number: row.note for row in listed}
    for row in db_session.execute(select(ListCosignature.__table__).order_by("listed", "witness")):
        key = (row.listed, row.witness)
        said.add(word_leaf("act", row.listed, row.witness, row.line))
        yield from _cosignature_differences(platform, "list_cosignature", key, row, notes.get(row.listed))
    yield from _word_differences(words, said)


def _word_heads(words: Sequence[Any]) -> Sequence[bytes]:
    """The root over the witnesses' words after each of them, from none on."""
    edge, heads = Frontier(), [Frontier().root()]
    for row in words:
        edge = edge.push(row.leaf)
        heads.append(edge.root())
    return heads


def _word_differences(words: Sequence[Any], said: Set[bytes]) -> Iterator[Difference]:
    """Every line that is kept has its place among the words, every word its line, and each edge is the words' own."""
    edge = Frontier()
    for number, row in enumerate(words):
        if row.number != number:
            yield missing("witness_word", (number,))
            return
        edge = edge.push(row.leaf)
        if row.frontier != edge.to_hex():
            yield differs("witness_word", (number,), "frontier", row.frontier, edge.to_hex())
            edge = _frontier(row.frontier, edge)
        if row.leaf not in said:
            yield unfounded("witness_word", (number,))
    yield from (missing("witness_word", (leaf.hex()[:16],)) for leaf in sorted(said - {row.leaf for row in words}))


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


def _list_differences(
    platform: Platform,
    listed: Sequence[Any],
    times: Set[datetime],
    acts: Mapping[tuple[str, int], Entry],
    ticked: Mapping[str, int],
) -> Iterator[Difference]:
    """Each entry is an act of its case, listed once, in the order of the case; each edge and checkpoint is the list's.

    `ticked` is how much of each case the ticks have taken: an act of after that is not listed yet.
    """
    edge, last = Frontier(), dict[str, int]()
    for number, row in enumerate(listed):
        if row.number != number:
            yield missing("listed_act", (number,))
            return
        act = acts.get((row.case_id, row.seq))
        if act is None or row.seq <= last.get(row.case_id, -1):
            yield unfounded("listed_act", (number,))
        elif str(act) != row.entry:
            yield differs("listed_act", (number,), "entry", row.entry, str(act))
        if row.at not in times:
            yield differs("listed_act", (number,), "at", row.at, "the time of a tick")
        last[row.case_id] = max(row.seq, last.get(row.case_id, -1))
        edge = edge.push(act.leaf() if act else bytes(32))
        if row.frontier != edge.to_hex():
            yield differs("listed_act", (number,), "frontier", row.frontier, edge.to_hex())
            edge = _frontier(row.frontier, edge)
        if row.note != list_note(platform, edge):
            yield differs("listed_act", (number,), "note", row.note, list_note(platform, edge))
    known = {(row.case_id, row.seq) for row in listed}
    yield from (missing("listed_act", place) for place in sorted(acts.keys() - known) if place[1] < ticked[place[0]])


def _cosignature_differences(
    platform: Platform, table: str, key: tuple[int, str], row: Any, note: str | None
) -> Iterator[Difference]:
    if note is None or row.witness not in platform.settings.witnesses:
        yield unfounded(table, key)
        return
    try:
        line = NoteSignature.parse(row.line)
        seconds = check_cosignature(line, VerifierKey.parse(row.witness, COSIGNATURE), Note.parse(note).text)
    except CryptoError as exc:
        yield differs(table, key, "line", row.line, exc.code)
        return
    if str(line) != row.line:
        yield differs(table, key, "line", row.line, str(line))
    at = datetime.fromtimestamp(seconds, UTC)
    if row.at != at:
        yield differs(table, key, "at", row.at, at)
