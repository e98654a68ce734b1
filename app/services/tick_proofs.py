"""What an evidence bundle carries of the register: how heads of its case stand under cosigned checkpoints."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.bundle import json_lines
from app.casefile.record import case_reference
from app.casefile.ticks import ACTS, TICKS, TickProof, case_key, case_salt, note_name, tick_secret, turns_name
from app.database import in_native_thread
from app.models import CaseFile, ListedAct, TickChange
from app.procedure.errors import RuleViolation
from app.queries import ticks as views
from app.queries.act_list import latest_cosigned
from app.queries.ticks import Heads
from app.services.platform import Platform
from app.services.ticks import tick_map
from crypto.canonical import canonical
from crypto.sparse import MapProof

FURTHER_AT_MOST, FURTHER_AT_LEAST = 500, 24  # ticks in which nothing changed
ENTRIES_AT_MOST = 200_000  # entries of all the maps that are made again for one bundle: a few seconds


def register_files(platform: Platform, db_session: DbSession, case_id: str, lots: Iterable[str]) -> dict[str, bytes]:
    """The register's part of a bundle; nothing where no witness cosigned a tick since the case began.

    Every tick in which the case's head changed, and others evenly between, because a change that was undone later
    shows in what lies between; of each lot every tick in which its turns changed. Each under the first checkpoint that
    each witness cosigned from it on; and the whole list of acts. What the tables no longer
    lead to is left out, and what was edited is shown as it stands: judging is for whoever verifies.
    """
    cosigned = views.cosigned_ticks(db_session)
    last = max((ticks[-1] for ticks in cosigned.values()), default=-1)
    changed = _changes(db_session, case_id, last)
    if not changed:
        return {}
    cases = db_session.scalar(select(func.count()).select_from(CaseFile)) or 1
    names = {case_reference(case_id, lot): turns_name(lot) for lot in lots} | {case_id: TICKS}
    wanted = {reference: _changes(db_session, reference, last) for reference in names}
    wanted[case_id] = _spread(changed, last, max(FURTHER_AT_LEAST, min(FURTHER_AT_MOST, ENTRIES_AT_MOST // cases)))
    proofs: dict[str, list[TickProof]] = {}
    for reference, proof in _proofs(platform, db_session, wanted, cosigned.values()):
        proofs.setdefault(reference, []).append(proof)
    files = {names[reference]: json_lines(proof.to_json() for proof in found) for reference, found in proofs.items()}
    for size, note in _notes(db_session, (proof for found in proofs.values() for proof in found)).items():
        files[note_name(size)] = note.encode()
    return files | _list_of_acts(db_session)


def _list_of_acts(db_session: DbSession) -> dict[str, bytes]:
    """All entries of the list with the last checkpoint that each witness cosigned."""
    try:
        notes = latest_cosigned(db_session)
    except RuleViolation:
        return {}  # somebody deleted entries: that the list is missing shows
    entries = list(db_session.scalars(select(ListedAct.entry).order_by(ListedAct.index)))
    return {ACTS: canonical({"entries": entries, "notes": notes})} if notes else {}


def _changes(db_session: DbSession, reference: str, last: int) -> list[int]:
    """The ticks up to `last` in which the head of a case file or of a lot's turns changed."""
    query = select(TickChange.tick).where(TickChange.case_id == reference, TickChange.tick <= last)
    return list(db_session.scalars(query.order_by(TickChange.tick)))


def _notes(db_session: DbSession, proofs: Iterable[TickProof]) -> dict[int, str]:
    sizes = sorted({proof.checkpoint for proof in proofs})
    return {size: views.cosigned_note(db_session, views.tick(db_session, size - 1)) for size in sizes}


def _spread(changed: list[int], last: int, further: int) -> list[int]:
    """The ticks to show: all changes, the last cosigned one, and up to `further` others at even distances."""
    step = max(1, -(-(last - changed[0]) // further))
    return sorted({*changed, last, *range(changed[0], last, step)})


def _proofs(
    platform: Platform, db_session: DbSession, wanted: Mapping[str, Sequence[int]], cosigned: Iterable[list[int]]
) -> Iterator[tuple[str, TickProof]]:
    """The proofs of each reference in each tick that is wanted of it; each tick's map is made once."""
    shown, witnesses = sorted({index for ticks in wanted.values() for index in ticks}), list(cosigned)
    heads, before = (views.heads_at(db_session, shown[0]), shown[0]) if shown else ({}, 0)
    for index in shown:
        for change in views.changes_after(db_session, before, index):
            heads[change.case_id] = (change.size, change.root)
        before = index
        checkpoints = {ticks[at] + 1 for ticks in witnesses if (at := bisect_left(ticks, index)) < len(ticks)}
        asked = [reference for reference, ticks in wanted.items() if index in ticks and reference in heads]
        if asked and checkpoints:
            yield from _proofs_of(platform, db_session, index, heads, asked, sorted(checkpoints))


def _map_proofs(platform: Platform, index: int, heads: Heads, references: Sequence[str]) -> list[MapProof]:
    found = tick_map(platform, index, heads)
    return [found.prove(case_key(reference)) for reference in references]


def _proofs_of(
    platform: Platform,
    db_session: DbSession,
    index: int,
    heads: Heads,
    references: Sequence[str],
    checkpoints: Sequence[int],
) -> Iterator[tuple[str, TickProof]]:
    proofs = in_native_thread(_map_proofs, platform, index, heads, references)
    secret = tick_secret(platform.keys.secret, index)
    for checkpoint in checkpoints:
        try:
            row, path = views.tick(db_session, index), views.inclusion(db_session, index, checkpoint)
            views.tick(db_session, checkpoint - 1)
        except RuleViolation:
            continue  # somebody deleted ticks: the gap shows
        for reference, proof in zip(references, proofs, strict=True):
            size, root = heads[reference]
            salt = case_salt(secret, reference)
            yield reference, TickProof(index, row.at, size, root, salt, row.map_root, proof, checkpoint, path)
