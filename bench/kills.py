"""kill -9 at every write of upload, receipt, closing, release, decryption; then a fresh process goes on.

The points come from an undisturbed run (`bench.observed_writes`): new writes are among them by themselves. For each
point and round the installation is put back to where the step began, the step is played in a process of its own that
gets SIGKILL at the point, and another process looks at what is there and goes on. Good is:

- what it finds is a state that the undisturbed run had between two commits, none in between; the log folds, every row
  is what the log says, every file that a row names is whole; what was acknowledged is there. Wanted, and so no fault
  before the step goes on: the bytes of a replaced or withdrawn bid are gone before the closing is committed;
- then the step comes to the end of the undisturbed run, with nothing twice, and the database check finds nothing.

Recovery is what a start of the worker costs, what the process takes, and what it waits for the dead one's lease.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.orm import Session as DbSession

from app.database import Database
from app.models import Base, CaseEvent, Job, StoredFile, Upload
from app.services.database_check import database_differences
from app.services.platform import open_platform
from bench.kill_script import BIDDING, SCRIPT, Player, Step
from bench.observed_writes import Observer, Point
from bench.timing import seconds
from demo.site import ROOT
from tests.app.workbench import LOT, POSTGRES, Bench, fresh_postgres

ROUNDS = int(os.environ.get("TENDERHALL_BENCH_ROUNDS", "20"))
TARGET = 10.0  # seconds
STARTS = 3
PROFILE = "cn-goods"  # its time for objections is longer than a lease
REPEATED = {"upload", "register_tick", "tick_change"}  # uploads are compared apart; a tick more is a later look
LATER = 0.5  # seconds on the bench's clock from a step's beginning until somebody looks: the dead one's went on, too
FILES = "blobs"


def kill_on_sqlite(rounds: int = ROUNDS) -> str:
    return kill_at_every_write("SQLite", "", rounds)


def kill_on_postgres(rounds: int = ROUNDS) -> str:
    if not os.environ.get(POSTGRES):
        return f"NOT MEASURED: {POSTGRES} names no PostgreSQL server"
    with fresh_postgres() as url:
        return kill_at_every_write("PostgreSQL", url, rounds)


def kill_at_every_write(name: str, url: str, rounds: int, script: Sequence[Step] = SCRIPT, every: int = 1) -> str:
    """Each `every`th point in each of the rounds. Bad recoveries are told on standard error and counted."""
    with _only_errors_logged(), tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        bench = Bench(Path(folder), database_url=url).found()
        bench.profile = PROFILE
        bench.publish(BIDDING.total_seconds())
        range_ = _Range(bench, _seconds_to_start(bench))
        for step in script:
            range_.shoot(step, rounds, every)
        bench.platform.database.dispose()
    bad, recoveries = range_.bad, sorted(range_.recoveries)
    for words in bad:
        print(words, file=sys.stderr)
    p95 = recoveries[int(len(recoveries) * 0.95)]
    return (
        f"{name}, {range_.points} points in {len(script)} steps × {rounds} rounds, {len(recoveries)} kills: "
        f"{len(bad)} bad recoveries (0); recovery median {statistics.median(recoveries):.1f} s, p95 {p95:.1f} s "
        f"(< {TARGET:.0f} s), a start of {range_.start:.1f} s in each; "
        f"files that nobody names left behind: {range_.stray}"
    )


@contextmanager
def _only_errors_logged() -> Iterator[None]:
    """What the platform notes about each start and each refusal is not told here; afterwards it is told as before."""
    platform = logging.getLogger("tenderhall")
    before = platform.level
    platform.setLevel(logging.ERROR)
    try:
        yield
    finally:
        platform.setLevel(before)


@dataclass(frozen=True)
class State:
    """What there is, as far as two runs of the same step can be compared."""

    rows: Counter[str]
    entries: tuple[tuple[str, str], ...]
    uploads: tuple[tuple[int, int], ...]
    jobs: tuple[tuple[str, bool], ...]

    @classmethod
    def of(cls, bench: Bench) -> State:
        with bench.platform.database.reading() as db_session:
            tables = Base.metadata.sorted_tables
            rows = {t.name: db_session.scalar(select(func.count()).select_from(t)) or 0 for t in tables}
            log = db_session.execute(select(CaseEvent.case_id, CaseEvent.type).order_by("case_id", "seq"))
            reachable = select(Upload.offset, Upload.size).where(Upload.expires_at > bench.clock.at)
            kept = db_session.execute(reachable.order_by("size", "offset"))
            jobs = [(j.key if j.case_id else j.task, j.done_at is not None) for j in db_session.scalars(select(Job))]
            return cls(
                Counter(rows), tuple((r[0], r[1]) for r in log), tuple((r[0], r[1]) for r in kept), tuple(sorted(jobs))
            )

    def differences(self, end: State) -> Iterator[str]:
        """What is missing or twice where `end` should have been reached."""
        for table in sorted(self.rows | end.rows):
            if self.rows[table] != end.rows[table] and table not in REPEATED:
                yield f"{self.rows[table]} rows of {table} instead of {end.rows[table]}"
        if self.entries != end.entries:
            yield f"entries {self.entries[-5:]} instead of {end.entries[-5:]}"
        if self.jobs != end.jobs:
            yield f"jobs {set(self.jobs) ^ set(end.jobs)}"
        ours, theirs = Counter(self.uploads), Counter(end.uploads)
        if theirs - ours or any(offset for offset, _size in ours - theirs):  # one more that was begun is no harm
            yield f"uploads {self.uploads} instead of {end.uploads}"


@dataclass(frozen=True)
class Moment:
    """An installation as it lies on the disk: rows, files, and the clock."""

    rows: dict[str, list[dict[str, Any]]]
    files: Path
    at: datetime

    @classmethod
    def of(cls, bench: Bench, files: Path) -> Moment:
        with bench.platform.database.reading() as db_session:
            tables = Base.metadata.sorted_tables
            rows = {t.name: [dict(row) for row in db_session.execute(select(t)).mappings()] for t in tables}
        bench.platform.database.dispose()
        shutil.copytree(bench.platform.settings.home / FILES, files)
        return cls(rows, files, bench.clock.at)

    def restore(self, bench: Bench) -> None:
        with bench.platform.database.writing() as db_session:
            _empty(bench.platform.database, db_session)
            for table in Base.metadata.sorted_tables:
                if self.rows[table.name]:
                    db_session.execute(insert(table), self.rows[table.name])
                    if not bench.platform.database.is_sqlite:
                        _count_on(db_session, table)
            db_session.commit()
        bench.platform.database.dispose()
        place = bench.platform.settings.home / FILES
        shutil.rmtree(place)
        shutil.copytree(self.files, place)
        bench.clock.at = self.at


def _empty(database: Database, db_session: DbSession) -> None:
    """Every table without a row, though from a log nothing can be deleted: each database's quickest way round that."""
    if database.is_sqlite:
        Base.metadata.drop_all(db_session.connection(), checkfirst=False)
        Base.metadata.create_all(db_session.connection(), checkfirst=False)
        return
    db_session.execute(text("SET LOCAL session_replication_role = replica"))  # no triggers; a superuser's right
    for table in Base.metadata.sorted_tables:
        db_session.execute(table.delete())


def _count_on(db_session: DbSession, table: Table) -> None:
    """PostgreSQL numbers the next row after those that were put back."""
    column = table.autoincrement_column
    if column is not None:
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        db_session.execute(select(func.setval(sequence, select(func.max(column)).scalar_subquery())))


@dataclass(frozen=True)
class Undisturbed:
    """How a step goes when nobody is killed."""

    points: list[Point]
    states: list[State]  # before its first commit, and after each
    at: datetime
    stray: int


@dataclass
class _Range:
    """Where the shooting is done."""

    bench: Bench
    start: float
    known: dict[str, Any] = field(default_factory=dict)
    points: int = 0
    recoveries: list[float] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    stray: int = 0

    def shoot(self, step: Step, rounds: int, every: int) -> None:
        """Each point of a step in each round; afterwards the step has been played."""
        step.prepare(Player(self.bench, self.known))
        with tempfile.TemporaryDirectory(dir=self.bench.folder) as folder:
            begun = Moment.of(self.bench, Path(folder) / "begun")
            known = dict(self.known)
            (undisturbed,), exit_code = _forked(self.bench, lambda tell: self._undisturbed(step, known, tell))
            assert exit_code == 0
            news, found = undisturbed
            self.bench.clock.at = found.at
            ended = Moment.of(self.bench, Path(folder) / "ended")
            chosen = found.points[::every]
            for point in [one for _ in range(rounds) for one in chosen]:
                begun.restore(self.bench)
                self._kill(step, point, found)
            ended.restore(self.bench)
        self.known |= news
        self.points += len(chosen)

    def _undisturbed(self, step: Step, known: dict[str, Any], tell: Callable[[Any], None]) -> None:
        news: dict[str, Any] = {}
        states = [State.of(self.bench)]
        observer = Observer(self.bench.folder, committed=lambda: states.append(State.of(self.bench)))
        observer.begin()
        step.play(Player(self.bench, known, news.update, observer.meet))
        observer.meet("before the answer")
        observer.end()
        tell((news, Undisturbed(observer.seen, states, self.bench.clock.at, _stray(self.bench))))

    def _kill(self, step: Step, point: Point, undisturbed: Undisturbed) -> None:
        known = dict(self.known)

        def die(tell: Callable[[Any], None]) -> None:
            observer = Observer(self.bench.folder, point)
            observer.begin()
            step.play(Player(self.bench, known, tell, observer.meet))
            observer.meet("before the answer")

        told, exit_code = _forked(self.bench, die)
        for news in told:
            known |= news
        if exit_code != -signal.SIGKILL:
            self.bad.append(f"{step.name}, {point}: not reached")
            return
        (answer,), exit_code = _forked(self.bench, lambda tell: self._recover(step, known, undisturbed, tell), [None])
        if answer is None or exit_code:
            self.bad.append(f"{step.name}, {point}: no recovery")
            return
        faults, lasted, stray = answer
        self.recoveries.append(lasted)
        self.stray += stray
        if faults:
            self.bad.append(f"{step.name}, {point}: {'; '.join(faults)}")

    def _recover(
        self, step: Step, known: dict[str, Any], undisturbed: Undisturbed, tell: Callable[[Any], None]
    ) -> None:
        """In a fresh process: look, go on, look again."""
        began_at = self.bench.clock.at
        self.bench.clock.advance(LATER)
        faults = [f"found: {fault}" for fault in _faults(self.bench, known, _ended_files(self.bench))]
        if State.of(self.bench) not in undisturbed.states:
            faults.append("found: a state in between")
        self.bench.platform.database.memory.clear()
        began = time.perf_counter()
        step.play(Player(self.bench, known))
        lasted = self.start + time.perf_counter() - began + (self.bench.clock.at - began_at).total_seconds()
        faults += _faults(self.bench, known)
        faults += State.of(self.bench).differences(undisturbed.states[-1])
        tell((faults, lasted, _stray(self.bench) - undisturbed.stray))


def _ended_files(bench: Bench) -> set[str]:
    """The bytes of bids that will never be opened, as the database check names them."""
    ended = [one.receipt_id for one in bench.case.lots[LOT].bidding.submissions.values() if one.ended]
    with bench.platform.database.reading() as db_session:
        files = db_session.scalars(select(StoredFile.id).where(StoredFile.owner.in_(ended)))
        return {f"{bench.case_id}/{file}/blob" for file in files}


def _faults(bench: Bench, known: dict[str, Any], may_miss: Collection[str] = ()) -> Iterator[str]:
    """What is not as the log says, not whole, or not there though somebody was told that it is."""
    for difference in database_differences(bench.platform):
        if difference.key not in may_miss:
            yield str(difference)
    with bench.platform.database.reading() as db_session:
        rows = list(db_session.scalars(select(Upload).where(Upload.expires_at > bench.clock.at)))
        recorded = [r.payload["receipt"] for r in bench.records("BidReceipted")]
    for row in rows:
        mine = known["data"][: row.offset] if row.id == known.get("upload") else None
        path = bench.platform.blobs.path(row.blob)  # type: ignore[attr-defined]  # the folder
        kept = path.read_bytes()[: row.offset] if path.exists() else b""
        if len(kept) != row.offset or (mine is not None and kept != mine):
            yield f"upload of {row.offset} bytes: not those that were sent"
        if mine is not None and row.offset < known["offset"]:
            yield "upload: acknowledged bytes are gone"
    for name, answer in known.items():
        if name.startswith("answer") and "receipt" in answer and answer["receipt"]["receipt"] not in recorded:
            yield f"{name}: acknowledged and not on record"


def _stray(bench: Bench) -> int:
    """Files in the store that no row names."""
    with bench.platform.database.reading() as db_session:
        named = {*db_session.scalars(select(StoredFile.blob)), *db_session.scalars(select(Upload.blob))}
    place = bench.platform.settings.home / FILES
    return sum(path.is_file() and path.name not in named for path in place.rglob("*"))


def _seconds_to_start(bench: Bench) -> float:
    """How long an installation's process takes until it can go on: the interpreter, every module, the keys."""
    words = "import app.worker, app.config; app.worker.open_platform(app.config.Settings.from_env())"
    settings = bench.platform.settings
    environment = {"TENDERHALL_HOME": str(settings.home), "TENDERHALL_ORIGIN": settings.origin}
    environment = {**os.environ, **environment, "TENDERHALL_DATABASE_URL": settings.database_url}
    command = [sys.executable, "-c", words]
    starts = [seconds(lambda: subprocess.run(command, cwd=ROOT, env=environment, check=True)) for _ in range(STARTS)]
    return statistics.median(starts)


def _forked(
    bench: Bench, work: Callable[[Callable[[Any], None]], None], default: list[Any] | None = None
) -> tuple[list[Any], int]:
    """What a process of its own tells before it ends or dies, and its exit code; it has opened everything anew."""
    receiving, sending = Pipe(duplex=False)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            bench.platform = open_platform(bench.platform.settings, bench.clock)
            work(sending.send)
            code = 0
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        os._exit(code)
    sending.close()
    told = []
    try:
        while True:
            told.append(receiving.recv())
    except EOFError:
        receiving.close()
    _, status = os.waitpid(pid, 0)
    return told or (default or []), os.waitstatus_to_exitcode(status)
