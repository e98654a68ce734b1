"""Everything that who administers the database can do to one whole case, tried one after the other, each on a copy.

Triggers are dropped and foreign keys are off. Where it helps, every hash is made to fit again: leaves and head, what
the ticks took, the register with the platform's own keys; in the end the witnesses' words are forgotten as well.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Boolean, Column, LargeBinary, Table

from app.casefile.bundle import unpack
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.database import Database
from app.models import Base
from app.models.append_only import APPEND_ONLY
from app.models.base import Instant
from app.models.standing import STANDING, UNBOUND, Standing
from app.services.audits import export_evidence
from app.services.database_check import database_differences
from app.services.platform import Platform
from crypto.canonical import canonical
from tests.app.services import rewriting, tampering
from tests.app.services.witnessing import SECOND, WITNESS, Witnessed

Connection = sqlite3.Connection
Change = Callable[[Connection], None]
FITS = ("", "fit leaves", "fit ticks", "sign the register anew", "forget what witnesses said")
SWAP = "swap two rows"
ALONE = frozenset({"tender", "lot"})  # of which a case with one lot has one row
LATE = "2026-03-02 03:04:05.006000"
CHECKED = {name: STEPS[name] for name in ("head", "log", "witness", "turns", "files", "acts", "replay")}


@dataclass(frozen=True)
class Trial:
    """One change, how far the administrator makes the hashes fit, and who named it ("" for nobody)."""

    table: str
    words: str
    named_by: str

    @property
    def standing(self) -> Standing:
        return STANDING[self.table][0]


def tables(*standings: Standing) -> list[Table]:
    """The declared tables of the models, in their order."""
    return [table for table in Base.metadata.sorted_tables if STANDING[table.name][0] in standings]


def other(column: Column[Any], value: Any) -> Any:
    """Another value that the column could hold, as SQLite keeps it."""
    if isinstance(column.type, Instant):
        moved = datetime.fromisoformat(value or LATE) + timedelta(milliseconds=1)
        return moved.isoformat(" ", "microseconds")
    if isinstance(column.type, Boolean):
        return 0 if value else 1
    if isinstance(column.type, LargeBinary):
        return bytes([value[0] ^ 1, *value[1:]])
    if column.name in ("payload", "act"):
        return _other_json(value)
    if isinstance(value, int) and column.primary_key:
        return value + 1000  # a number that is free
    return tampering.other(value)


def _other_json(text: str) -> str:
    """The same object with one value changed, in canonical form, so that a leaf can be made for it."""
    found = json.loads(text) if text else {"signature": "x"}
    path = next(iter(tampering.paths(found)))
    at = found
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = tampering.other(at[path[-1]])
    return canonical(found).decode()


class Administrator:
    """Whoever has every right on the database and the files with the platform's keys, but no witness's key."""

    def __init__(self, whole: Witnessed, folder: Path) -> None:
        self._whole = whole
        self._folder = folder
        self._numbers = count()

    def trials(self, only: Callable[[str, str], bool] = lambda table, words: True) -> Iterator[Trial]:
        """Each change with what becomes of it; `only(table, words)` chooses."""
        for table in tables(Standing.EVENT, Standing.PROJECTION):
            for words, change in (*self._edits(table), *_row_changes(table, self._place(table))):
                if words == SWAP and table.name in ALONE:
                    continue
                for level in range(len(FITS)) if _can_fit(table, words) else (0,):
                    said = f"{words}, {FITS[level]}" if level else words
                    if only(table.name, said):
                        yield Trial(table.name, said, self._try(change, level))

    def _place(self, table: Table) -> str:
        """Rows of the case itself where the table has any, in a lasting order."""
        case = (
            f" WHERE case_id = '{self._whole.case_id}'" if table.name != "tick_change" and "case_id" in table.c else ""
        )
        if table.name == "case_file":
            case = f" WHERE id = '{self._whole.case_id}'"
        keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
        return f"{case} ORDER BY {keys}"

    def _edits(self, table: Table) -> Iterator[tuple[str, Change]]:
        for column in table.columns:
            if f"{table.name}.{column.name}" not in UNBOUND:
                yield f"edit {column.name}", _edit(table, column, self._place(table))

    def _try(self, change: Change, level: int) -> str:
        """The change on a copy: what the check of the database names, else what the verifier does."""
        path = self._folder / f"copy-{next(self._numbers)}.db"
        with closing(sqlite3.connect(self._whole.folder / "test.db")) as source, closing(sqlite3.connect(path)) as copy:
            source.backup(copy)
            for name in APPEND_ONLY:
                for verb in ("update", "delete"):
                    copy.execute(f"DROP TRIGGER {name}_no_{verb}")
            change(copy)
            copy.commit()
        database = Database(f"sqlite:///{path}", self._whole.clock)
        try:
            platform = replace(self._whole.platform, database=database)
            self._fit(platform, level)
            return self._named(platform)
        finally:
            database.dispose()
            for file in self._folder.glob(f"{path.name}*"):
                file.unlink()

    def _fit(self, platform: Platform, level: int) -> None:
        whole = SimpleNamespace(platform=platform, case_id=self._whole.case_id)
        for needed, fit in enumerate(
            (rewriting.fit_leaves, rewriting.rewrite_changes, rewriting.rewrite_register, rewriting.forget_witnesses), 1
        ):
            if level >= needed:
                fit(whole, platform.database)

    def _named(self, platform: Platform) -> str:
        for found in database_differences(platform):
            return f"doctor: {found.table} {found.key[:40]} {found.column}".rstrip()
        platform.database.memory.clear()  # as another process would read it
        try:
            bundle = unpack(export_evidence(platform, self._whole.people["regulator"].log_in, self._whole.case_id)[1])
            keys = [key.verifier for key in (WITNESS, SECOND)]
            checks = verify_bundle(bundle, steps=CHECKED, witnesses=keys)
        finally:
            platform.database.memory.clear()
        return next((f"verify: {check.code}" for check in checks if check.verdict is Verdict.FAIL), "")


def _can_fit(table: Table, words: str) -> bool:
    """To make the leaves fit again would undo the change of a leaf."""
    return table.name == "case_event" and words != "edit leaf_hash"


def _rowids(copy: Connection, table: Table, place: str) -> list[int]:
    return [row[0] for row in copy.execute(f'SELECT rowid FROM "{table.name}"{place}')]


def _edit(table: Table, column: Column[Any], place: str) -> Change:
    def change(copy: Connection) -> None:
        rows = _rowids(copy, table, place)
        row = rows[len(rows) // 2]
        (value,) = copy.execute(f'SELECT "{column.name}" FROM "{table.name}" WHERE rowid = ?', (row,)).fetchone()
        words = f'UPDATE "{table.name}" SET "{column.name}" = ? WHERE rowid = ?'
        copy.execute(words, (other(column, value), row))

    return change


def _row_changes(table: Table, place: str) -> Iterator[tuple[str, Change]]:
    """Rows deleted, added, exchanged, cut off."""

    def delete(choose: Callable[[Sequence[int]], Sequence[int]]) -> Change:
        def change(copy: Connection) -> None:
            chosen = [(row,) for row in choose(_rowids(copy, table, place))]
            copy.executemany(f'DELETE FROM "{table.name}" WHERE rowid = ?', chosen)

        return change

    yield "delete the first row", delete(lambda rows: rows[:1])
    yield "delete a row in the middle", delete(lambda rows: rows[len(rows) // 2 : len(rows) // 2 + 1])
    yield "delete the last row", delete(lambda rows: rows[-1:])
    yield "truncate the second half", delete(lambda rows: rows[len(rows) // 2 :])
    yield "truncate", delete(lambda rows: rows)
    yield "insert a row", _insert(table, place)
    yield SWAP, _swap(table, place)


def _insert(table: Table, place: str) -> Change:
    """One more row like another, under a key of its own (of an event: the next number)."""

    def change(copy: Connection) -> None:
        rows, names = _rowids(copy, table, place), [column.name for column in table.columns]
        found = copy.execute(f'SELECT * FROM "{table.name}" WHERE rowid = ?', (rows[-1],)).fetchone()
        order = [entry[1] for entry in copy.execute(f'PRAGMA table_info("{table.name}")')]
        row = dict(zip(order, found, strict=True))
        unique = {name for constraint in _unique(table) for name in constraint}
        for column in table.columns:
            if column.name in unique and (column.name != "case_id" or table.name in ("tender", "case_file")):
                row[column.name] = other(column, row[column.name])
        marks = ", ".join("?" for _ in names)
        quoted = ", ".join(f'"{name}"' for name in names)
        copy.execute(f'INSERT INTO "{table.name}" ({quoted}) VALUES ({marks})', [row[name] for name in names])

    return change


def _unique(table: Table) -> list[list[str]]:
    found = [[column.name for column in table.primary_key]]
    found += [[column.name] for column in table.columns if column.unique]
    return found + [
        [column.name for column in constraint.columns]
        for constraint in table.constraints
        if constraint.__visit_name__ == "unique_constraint"
    ]


def _swap(table: Table, place: str) -> Change:
    """Two rows change places: everything but the key."""
    keys = {name for constraint in _unique(table) for name in constraint}
    if table.name == "stored_file":  # whose key is a handle that says nothing: they exchange their bytes
        keys = {column.name for column in table.columns} - {"size", "sha256", "blob"}
    moved = [column.name for column in table.columns if column.name not in keys]

    def change(copy: Connection) -> None:
        rows = _rowids(copy, table, place)
        if len(rows) < 2:
            rows = _rowids(copy, table, "")
        first, second = rows[len(rows) // 2 - 1], rows[len(rows) // 2]
        names = ", ".join(f'"{name}"' for name in moved)
        read = f'SELECT {names} FROM "{table.name}" WHERE rowid = ?'
        values = {row: copy.execute(read, (row,)).fetchone() for row in (first, second)}
        write = f'UPDATE "{table.name}" SET {", ".join(f"{chr(34)}{n}{chr(34)} = ?" for n in moved)} WHERE rowid = ?'
        copy.execute(write, (*values[first], second))
        copy.execute(write, (*values[second], first))

    return change
