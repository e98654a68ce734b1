"""What an evidence bundle carries of the register: how heads of its case stand under cosigned checkpoints."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.bundle import json_lines
from app.casefile.ticks import TICKS, TickProof, case_key, case_salt, note_name, tick_secret
from app.database import in_native_thread
from app.models import CaseFile, TickChange
from app.procedure.errors import RuleViolation
from app.queries import ticks as views
from app.queries.ticks import Heads
from app.services.platform import Platform
from app.services.ticks import tick_map
from crypto.sparse import MapProof

FURTHER_AT_MOST, FURTHER_AT_LEAST = 500, 24  # ticks in which nothing changed
ENTRIES_AT_MOST = 200_000  # entries of all the maps that are made again for one bundle: a few seconds


def register_files(platform: Platform, db_session: DbSession, case_id: str) -> dict[str, bytes]:
    """The register's part of a bundle; nothing where no witness cosigned a tick since the case began.

    Every tick in which the case's head changed, and others evenly between, because a change that was undone later
    shows in what lies between. Each under the first checkpoint that each witness cosigned from it on. What the tables
    no longer lead to is left out, and what was edited is shown as it stands: judging is for whoever verifies.
    """
    cosigned = views.cosigned_ticks(db_session)
    last = max((ticks[-1] for ticks in cosigned.values()), default=-1)
    changed = list(
        db_session.scalars(
            select(TickChange.tick)
            .where(TickChange.case_id == case_id, TickChange.tick <= last)
            .order_by(TickChange.tick)
        )
    )
    if not changed:
        return {}
    cases = db_session.scalar(select(func.count()).select_from(CaseFile)) or 1
    shown = _spread(changed, last, max(FURTHER_AT_LEAST, min(FURTHER_AT_MOST, ENTRIES_AT_MOST // cases)))
    proofs = list(_proofs(platform, db_session, case_id, shown, cosigned.values()))
    files = {TICKS: json_lines(proof.to_json() for proof in proofs)}
    for size in {proof.checkpoint for proof in proofs}:
        files[note_name(size)] = views.cosigned_note(db_session, views.tick(db_session, size - 1)).encode()
    return files


def _spread(changed: list[int], last: int, further: int) -> list[int]:
    """The ticks to show: all changes, the last cosigned one, and up to `further` others at even distances."""
    step = max(1, -(-(last - changed[0]) // further))
    return sorted({*changed, last, *range(changed[0], last, step)})


def _proofs(
    platform: Platform, db_session: DbSession, case_id: str, shown: list[int], cosigned: Iterable[list[int]]
) -> Iterator[TickProof]:
    heads, before = views.heads_at(db_session, shown[0]), shown[0]
    witnesses = list(cosigned)
    for index in shown:
        for change in views.changes_after(db_session, before, index):
            heads[change.case_id] = (change.size, change.root)
        before = index
        checkpoints = {ticks[at] + 1 for ticks in witnesses if (at := bisect_left(ticks, index)) < len(ticks)}
        if case_id in heads:
            yield from _proofs_of(platform, db_session, case_id, index, heads, sorted(checkpoints))


def _map_proof(platform: Platform, index: int, heads: Heads, case_id: str) -> MapProof:
    return tick_map(platform, index, heads).prove(case_key(case_id))


def _proofs_of(
    platform: Platform, db_session: DbSession, case_id: str, index: int, heads: Heads, checkpoints: list[int]
) -> Iterator[TickProof]:
    size, root = heads[case_id]
    proof = in_native_thread(_map_proof, platform, index, heads, case_id)
    salt = case_salt(tick_secret(platform.keys.secret, index), case_id)
    for checkpoint in checkpoints:
        try:
            row, path = views.tick(db_session, index), views.inclusion(db_session, index, checkpoint)
            views.tick(db_session, checkpoint - 1)
        except RuleViolation:
            continue  # somebody deleted ticks: the gap shows
        yield TickProof(index, row.at, size, root, salt, row.map_root, proof, checkpoint, path)
