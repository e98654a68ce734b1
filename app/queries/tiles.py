"""The two public logs, the register's ticks and the list of acts, as the files of C2SP tlog-tiles."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.act_list import Entry
from app.casefile.ticks import tick_entry
from app.models import ListedAct, RegisterTick
from app.queries.act_list import cosigned_list_note, list_size
from app.queries.ticks import cosigned_note, register_size, subtree_head
from crypto.errors import CryptoError
from crypto.merkle import leaf_hash
from crypto.tiles import Tile, entry_bundle

Row = RegisterTick | ListedAct


@dataclass(frozen=True)
class TiledLog:
    """A log: its rows, how many it has, what each says as an entry, and its checkpoint with that row."""

    kind: type[RegisterTick] | type[ListedAct]
    size: Callable[[DbSession], int]
    entry: Callable[..., bytes]
    note: Callable[..., str]


def _listed_entry(row: ListedAct) -> bytes:
    found = Entry.parse(row.entry)
    return found.key + found.act


LOGS = {
    "ticks": TiledLog(RegisterTick, register_size, lambda row: tick_entry(row.at, row.map_root), cosigned_note),
    "acts": TiledLog(ListedAct, list_size, _listed_entry, cosigned_list_note),
}


def log_checkpoint(db_session: DbSession, name: str) -> str:
    """The latest checkpoint of a log as a signed note. Raises CryptoError `tile_unknown` while it is empty."""
    log = LOGS[name]
    if (size := log.size(db_session)) == 0:
        raise CryptoError("tile_unknown")
    return log.note(db_session, db_session.get_one(log.kind, size - 1))


def log_tile(db_session: DbSession, name: str, tile: Tile) -> bytes:
    """The bytes of a tile: hashes of 32 bytes, or entries behind their lengths.

    Raises CryptoError `tile_unknown` for one that is not there yet.
    """
    log = LOGS[name]
    if tile.needed > log.size(db_session):
        raise CryptoError("tile_unknown")
    if tile.level is None:
        return entry_bundle(log.entry(row) for row in _rows(db_session, log, tile))
    if tile.level == 0:
        return b"".join(leaf_hash(log.entry(row)) for row in _rows(db_session, log, tile))

    def row(index: int) -> tuple[bytes, str]:
        found = db_session.get_one(log.kind, index)
        return leaf_hash(log.entry(found)), found.frontier

    return b"".join(subtree_head(row, start, end) for start, end in tile.leaves)


def _rows(db_session: DbSession, log: TiledLog, tile: Tile) -> Iterable[Row]:
    first, last = tile.leaves[0][0], tile.leaves[-1][1]
    query = select(log.kind).where(log.kind.index >= first, log.kind.index < last).order_by(log.kind.index)
    return db_session.scalars(query)
