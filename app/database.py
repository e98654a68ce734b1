"""Engine, transactions, lock order and the clock of a transaction, the same on SQLite and PostgreSQL.

SQLite: one writer. A write waits for the process's own lock first (fair, and friendly to the event loop), then takes
BEGIN IMMEDIATE with a busy timeout of 0 and a jittered retry, because SQLite's own busy handler starves writers.
PostgreSQL: row locks, taken in the order case, lot or sitting.
"""

from __future__ import annotations

import errno
import math
import secrets
import sqlite3
import sys
import threading
import time
import typing
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DataError, InvalidatePoolError, OperationalError
from sqlalchemy.orm import Session as DbSession
from sqlalchemy.pool import ConnectionPoolEntry

LOCK_PATIENCE_SECONDS = 20.0
NOTIFY_CHANNEL = "tenderhall_committed"
CLOCK_TOLERANCE = timedelta(seconds=1)  # by which a clock may be set back unnoticed: time stands still meanwhile
RELIABLE_SECONDS = 1.0  # for which a line to the server counts as sound after its last use
USED_AT = "used_at"
MEMORY = "memory"  # in the `info` of a session: that of its database

Result = TypeVar("Result")
Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The machine's clock, as an aware UTC instant."""
    return datetime.now(UTC)


FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
PG_DISK_FULL = "53100"
PG_AWAY = ("08", "57P")  # the line to the server has failed; the server stops, or does not take anybody yet


class Busy(Exception):
    """The database stayed locked longer than LOCK_PATIENCE_SECONDS; nothing was written, the act can be sent again."""


class ClockBehind(Busy):
    """The clock says an earlier time, by `seconds`, than what was written last: what would be written now would be
    dated wrongly, and what is late could be taken for being on time.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Unreachable(Exception):
    """The database server does not answer, or the line to it broke: whether anything was written is not known here. An
    act that is sent again gets its first answer, if there was one.
    """


class Unstorable(Exception):
    """A text that this database cannot hold: longer than its column, or with a character that it does not take."""


def _prepare_sqlite(dbapi_connection: object, _record: object) -> None:
    dbapi_connection.isolation_level = None  # type: ignore[attr-defined]  # we say BEGIN ourselves
    cursor = dbapi_connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("busy_timeout=0", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        for _attempt in range(200):
            try:
                cursor.execute(f"PRAGMA {pragma}")
                break
            except Exception as exc:
                if "locked" not in str(exc):
                    raise
                time.sleep(0.01)
    cursor.close()


def _put_back(_dbapi_connection: object, record: ConnectionPoolEntry) -> None:
    record.info[USED_AT] = time.monotonic()


def _try_line(dbapi_connection: object, record: ConnectionPoolEntry, _proxy: object) -> None:
    """A line that nobody has used for a moment may be broken: it is tried before anybody relies on it."""
    if time.monotonic() - record.info.get(USED_AT, math.inf) < RELIABLE_SECONDS:
        return
    try:
        dbapi_connection.execute("SELECT 1")  # type: ignore[attr-defined]
        dbapi_connection.rollback()  # type: ignore[attr-defined]
    except Exception as exc:
        raise InvalidatePoolError from exc  # the pool opens another one, and tries those that it has


def _begin_sqlite(connection: Connection) -> None:
    driver: Any = connection.connection.dbapi_connection  # every page begins so, several times: nothing stands between
    if driver.in_transaction:
        return
    if connection.get_execution_options().get("writing", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        driver.execute("BEGIN")  # it cannot fail: nothing is locked yet


class Database:
    """One database and its clock. `clock` replaces the clock in tests; production has no setting for it."""

    def __init__(self, url: str, clock: Clock | None = None) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._clock = clock
        self._stamped: datetime | None = None  # the latest instant under which this process has written
        self._write_lock = threading.Lock()
        options = {} if self.is_sqlite else {"pool_size": 10, "max_overflow": 20}
        # An error names the statement and never what it was to write: errors are logged.
        self.engine: Engine = create_engine(url, hide_parameters=True, **options)  # type: ignore[arg-type]
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            event.listen(self.engine, "checkin", _put_back)
            event.listen(self.engine, "checkout", _try_line)
        self._writing = self.engine.execution_options(writing=True)
        self._viewing = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        # What this process has made of what is committed here, by the reader's name; it can be cleared at any time.
        self.memory: dict[str, Any] = {}

    def machine_now(self) -> datetime:
        """What this machine's clock says."""
        return (self._clock or system_clock)()

    def now(self, connection: Connection | None = None) -> datetime:
        """The instant that counts: the database's clock on PostgreSQL, the machine's on SQLite; floored to 1 ms.

        Flooring never makes a late act look on time, since deadlines are whole milliseconds.
        """
        if self._clock is not None or self.is_sqlite or connection is None:
            return self.counted(system_clock())
        return self.counted(connection.execute(text("SELECT clock_timestamp()")).scalar_one())

    def counted(self, read: datetime) -> datetime:
        """The same where the clock has been read already."""
        found = self._clock() if self._clock is not None else read.astimezone(UTC)
        return found.replace(microsecond=found.microsecond // 1000 * 1000)

    def stamp(self, found: datetime, *after: datetime | None) -> datetime:
        """The instant under which something is written, given what the clock says: never before what this process has
        written already, nor before any of `after`, under which others have.

        Raises ClockBehind where the clock says an instant that is earlier by more than CLOCK_TOLERANCE.
        """
        latest = max((at for at in (self._stamped, *after) if at is not None), default=found)
        if latest - found > CLOCK_TOLERANCE:
            raise ClockBehind((latest - found).total_seconds())
        stamped = max(found, latest)
        self._stamped = max(stamped, self._stamped or stamped)
        return stamped

    @contextmanager
    def reading(self) -> Iterator[DbSession]:
        """A consistent view of what is committed; nothing written through it is kept.

        Raises Unreachable, Unstorable.
        """
        with self._in_own_terms(), self._session(self.engine) as db_session:
            yield db_session  # closing ends the transaction and leaves what was loaded readable

    @contextmanager
    def viewing(self) -> Iterator[Connection]:
        """The same without objects, for what every request asks. On PostgreSQL each statement sees what is committed
        when it begins, as it does while `reading`; no transaction is begun for it, which would be two exchanges.
        """
        with self._in_own_terms(), self._viewing.connect() as connection:
            if self.is_sqlite:
                connection.begin()
            yield connection

    @contextmanager
    def writing(self) -> Iterator[DbSession]:
        """An open write transaction; the caller (the unit of work) ends it. Raises Busy, Unreachable, Unstorable."""
        with self.transaction() as connection, self.session(connection) as db_session:
            yield db_session

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """The same without objects, which are slow to come and go."""
        if not self.is_sqlite:
            with self._in_own_terms(), self._writing.connect() as connection:
                connection.begin()
                yield connection
            return
        if not self._write_lock.acquire(timeout=LOCK_PATIENCE_SECONDS):
            raise Busy
        try:
            with self._writing.connect() as connection:
                self._begin_immediate(connection)
                yield connection
        finally:
            self._write_lock.release()

    def session(self, connection: Connection) -> DbSession:
        """Objects in a transaction that is open already; ending theirs ends it."""
        return DbSession(
            connection, expire_on_commit=False, info={MEMORY: self.memory}, join_transaction_mode="control_fully"
        )

    @contextmanager
    def _in_own_terms(self) -> Iterator[None]:
        try:
            yield
        except DataError as exc:
            raise Unstorable from exc
        except OperationalError as exc:
            state = getattr(exc.orig, "sqlstate", None)
            gone = exc.connection_invalidated or state is None or state.startswith(PG_AWAY)
            if gone and not self.is_sqlite:
                raise Unreachable from exc
            raise

    def _session(self, engine: Engine) -> DbSession:
        return DbSession(engine, expire_on_commit=False, info={MEMORY: self.memory})

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A connection on which the schema is changed, all of it or nothing."""
        with self._writing.begin() as connection:
            yield connection

    def _begin_immediate(self, connection: Connection) -> None:
        give_up_at, driver = time.monotonic() + LOCK_PATIENCE_SECONDS, connection.connection.dbapi_connection
        while True:
            try:
                typing.cast(Any, driver).execute("BEGIN IMMEDIATE")
                connection.begin()  # finds it begun
                return
            except sqlite3.OperationalError as exc:
                if "locked" not in str(exc) or time.monotonic() > give_up_at:
                    raise Busy from exc
                time.sleep(0.001 + secrets.randbelow(1000) / 100_000)

    def dispose(self) -> None:
        self.engine.dispose()


def padded(values: Collection[str]) -> list[str]:
    """For an IN: the values, the last one repeated until there are a power of two. A statement has then few forms, and
    whoever plans and remembers it does so a few times."""
    found = list(values)
    return found + found[-1:] * ((1 << (len(found) - 1).bit_length()) - len(found) if found else 0)


def no_room(fault: BaseException | None) -> bool:
    """Whether something failed because disk or database are full. Nothing of its transaction was kept then."""
    while fault is not None:
        if isinstance(fault, OSError) and fault.errno in FULL:
            return True
        if isinstance(fault, OperationalError):
            return "disk is full" in str(fault.orig) or getattr(fault.orig, "sqlstate", "") == PG_DISK_FULL
        fault = fault.__cause__
    return False


class CommitWatch:
    """Tells one process that somebody committed: `data_version` on SQLite, LISTEN on PostgreSQL.

    It may wake without reason and never says what changed: whoever wakes reads the case files.
    """

    POLL_SECONDS = 0.05

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._seen = self._version()
        if not database.is_sqlite:
            self._connection.exec_driver_sql(f"LISTEN {NOTIFY_CHANNEL}")

    def _version(self) -> int:
        if not self._database.is_sqlite:
            return 0
        driver = self._connection.connection.dbapi_connection
        assert driver is not None
        return int(driver.execute("PRAGMA data_version").fetchone()[0])

    def wait(self, seconds: float) -> bool:
        """True as soon as somebody else committed, False when `seconds` have passed."""
        if not self._database.is_sqlite:
            driver = self._connection.connection.dbapi_connection
            assert driver is not None
            return any(True for _ in driver.notifies(timeout=seconds, stop_after=1))
        give_up_at = time.monotonic() + seconds
        while True:
            version = self._version()
            if version != self._seen:
                self._seen = version
                return True
            left = give_up_at - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(self.POLL_SECONDS, left))

    def close(self) -> None:
        self._connection.close()


def _cooperative() -> bool:
    """Whether a co-operative server runs this."""
    return "gevent.monkey" in sys.modules and bool(sys.modules["gevent.monkey"].is_module_patched("threading"))


@contextmanager
def given_up_after(seconds: float) -> Iterator[None]:
    """Waiting inside ends with TimeoutError; only a co-operative server can interrupt it, elsewhere it goes on."""
    if not _cooperative():
        yield
        return
    import gevent

    with gevent.Timeout(seconds, TimeoutError(f"{seconds} s")):
        yield


def native_thread_id() -> int:
    """Of the real thread, which a co-operative server's tasks share."""
    if not _cooperative():
        return threading.get_ident()
    from gevent.monkey import get_original

    found: int = get_original("threading", "get_ident")()
    return found


def in_native_thread(function: Callable[..., Result], *arguments: object) -> Result:
    """`function(*arguments)` on a real thread, so that heavy work does not hold up a co-operative server's other work.

    Outside such a server it is a plain call. An error is raised here, and here alone: a thread of the server's pool
    would also print it, as if nobody expected it.
    """
    if not _cooperative():
        return function(*arguments)
    import gevent

    pool = gevent.get_hub().threadpool
    result, error = pool.apply(_outcome, (function, arguments))
    if error is not None:
        raise error
    return typing.cast(Result, result)


def begun_natively(function: Callable[..., Result], *arguments: object) -> Callable[[], Result]:
    """`function(*arguments)`, begun on a real thread of a co-operative server and awaited by calling what is returned.

    Outside such a server it is done at once.
    """
    if not _cooperative():
        result = function(*arguments)
        return lambda: result
    import gevent

    found: Callable[[], Result] = gevent.get_hub().threadpool.spawn(function, *arguments).get
    return found


def _outcome(function: Callable[..., Result], arguments: tuple[object, ...]) -> tuple[Result | None, Exception | None]:
    """What the call gives, or the error that it raises."""
    try:
        return function(*arguments), None
    except Exception as error:
        return None, error
