"""Every write of a process as it meets it, seen from outside the product: statements, commits, changes of files.

Nothing in the product knows of this. SQLAlchemy's events, what stands before the one function that goes to the driver
directly, and Python's audit hooks tell what the process is about to write; each is a *point*, and at the point that was
asked for the process gets SIGKILL.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session as DbSession

from app import sending

CHANGES = {"INSERT": 2, "UPDATE": 1, "DELETE": 2}  # which word of such a statement names the table
FILE_EVENTS = {"os.rename": "rename", "os.remove": "unlink", "os.truncate": "truncate"}
WRITING = os.O_WRONLY | os.O_RDWR


@dataclass(frozen=True)
class Point:
    """A moment of a process, just before what `label` says, for the `nth` time."""

    label: str
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.label} ({self.nth})"


@dataclass
class Observer:
    """What this process writes below a folder and to databases, in order; it dies at `strike_at`."""

    folder: Path
    strike_at: Point | None = None
    committed: Callable[[], object] = lambda: None
    seen: list[Point] = field(default_factory=list)
    _count: Counter[str] = field(default_factory=Counter)
    _here: threading.local = field(default_factory=threading.local)
    _observing: bool = False

    def begin(self) -> None:
        """From here on, for the rest of this process: audit hooks cannot be taken away again."""
        event.listen(Engine, "before_cursor_execute", self._statement)
        execute = sending.execute
        sending.execute = lambda driver, form, rows: (self._sent(form.text, rows[0]), execute(driver, form, rows))[1]
        event.listen(Engine, "commit", self._before_commit)
        event.listen(Engine, "rollback", self._rolled_back)
        event.listen(DbSession, "after_commit", self._after_commit)
        sys.addaudithook(self._file)
        sync = os.fsync
        os.fsync = lambda file: (self.meet("before a file is synced"), sync(file))[1]  # type: ignore[assignment]
        self._observing = True

    def end(self) -> None:
        self._observing = False

    def meet(self, label: str) -> None:
        """The process is here. What a daemon thread does (renewing a lease) goes by the clock and is no point."""
        if not self._observing or threading.current_thread().daemon:
            return
        self._count[label] += 1
        point = Point(label, self._count[label])
        self.seen.append(point)
        if point == self.strike_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def _statement(
        self, _connection: Any, _cursor: Any, statement: str, _values: Any, context: Any, _many: bool
    ) -> None:
        self._sent(statement, context.compiled_parameters[0] if context.compiled else {})

    def _sent(self, statement: str, row: Mapping[str, Any]) -> None:
        words = statement.split(maxsplit=3)
        if words[0] in CHANGES:
            table = words[CHANGES[words[0]]].strip('"')
            kind = row.get("type", "") if table == "case_event" else ""
            name = f"{words[0]} {table} {kind}".strip()
            self.meet(f"before {name}")
            self._written.append(name)

    @property
    def _written(self) -> list[str]:
        """What the open transaction has written: it begins and ends in one thread."""
        if not hasattr(self._here, "written"):
            self._here.written = []
        found: list[str] = self._here.written
        return found

    def _before_commit(self, _connection: Any) -> None:
        if self._written:
            self.meet(f"before the commit of {self._written[0]} … {self._written[-1]}")

    def _after_commit(self, _db_session: DbSession) -> None:
        if self._written:
            name = f"{self._written[0]} … {self._written[-1]}"
            self._written.clear()
            self.committed()
            self.meet(f"after the commit of {name}")

    def _rolled_back(self, connection: Any) -> None:
        if connection.get_execution_options().get("writing"):  # what only reads ends so too
            self._written.clear()

    def _file(self, name: str, arguments: tuple[Any, ...]) -> None:
        if not self._observing or (name not in FILE_EVENTS and name != "open"):
            return
        path = arguments[0]
        if not isinstance(path, str | os.PathLike) or not str(path).startswith(str(self.folder)):
            return
        if name != "open":
            self.meet(f"before {FILE_EVENTS[name]} of a file")
        elif arguments[2] & WRITING:
            self.meet("before a file is opened for writing")
