"""One transaction: the only place that commits.

Order inside: lock the case, then the lot, then read the clock once, then reload the actor and authorise. What is
appended becomes part of the case file; jobs and notices are written beside it; reactions run after the commit. Entries
are written together: when somebody asks for the connection, or before the commit.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, func, insert, select, text, update
from sqlalchemy.orm import Session as DbSession

from app.casefile.act_list import LISTED
from app.casefile.case import Case
from app.casefile.codec import encode
from app.casefile.facts import fact_type
from app.casefile.record import Record
from app.casefile.turns import TURNS
from app.database import NOTIFY_CHANNEL, Database
from app.models import CaseEvent, CaseFile, CasePrivate, Job, Lot, Notice, RegisterTick
from app.procedure.errors import RuleViolation
from app.procedure.roles import SYSTEM, Actor
from app.queries.cases import case_as_of, remember_case
from app.sending import Row, ask, find, send
from crypto.canonical import Json, canonical
from crypto.merkle import Frontier
from crypto.signing import SignedAct

TICKED = {*TURNS, *LISTED}  # what witnesses are to see at once
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # until the clock is read, after the locks
# What every append sends, made once: the head that it locks, the entry, the head after it.
_LOCKED_HEAD = select(CaseFile.size, CaseFile.frontier).where(CaseFile.id == bindparam("case")).with_for_update()
_LOCKED_WITH_LOT = (
    select(CaseFile.size, CaseFile.frontier)
    .join(Lot, Lot.case_id == CaseFile.id)
    .where(CaseFile.id == bindparam("case"), Lot.number == bindparam("lot"))
    .with_for_update()  # of both, in this order
)
_BESIDE = select(CaseFile.id).where(CaseFile.id == bindparam("case")).with_for_update(read=True, key_share=True)
_ENTRY, _PRIVATE = insert(CaseEvent.__table__), insert(CasePrivate.__table__)
_TICKED_AT = select(RegisterTick.at).order_by(RegisterTick.index.desc()).limit(1)
# The clock is read when the turns are shared: it stands above what it counts.
_CLOCK_AMONG = text(
    "SELECT clock_timestamp(), turns.shared, (SELECT at FROM register_tick ORDER BY number DESC LIMIT 1) FROM "
    "(SELECT count(pg_advisory_xact_lock_shared(hashtext(what))) AS shared "
    "FROM unnest(CAST(:whats AS text[])) AS what) AS turns"
)
_NOTIFY = text("SELECT pg_notify(:channel, :case)")
_NEXT_HEAD = (
    update(CaseFile.__table__)
    .where(CaseFile.id == bindparam("case"))
    .values(size=bindparam("next_size"), frontier=bindparam("next_frontier"))
)


class UnitOfWork:
    """An open transaction on one case; `case` is its state and grows with every `append`."""

    def __init__(self, database: Database, connection: Connection, case: Case, head: Frontier, now: datetime) -> None:
        self._database, self._connection = database, connection
        self._db_session: DbSession | None = None  # made for whoever asks
        self.case = case
        self.now = now
        self._head = self._written_head = head
        self._rows: list[tuple[Executable, Row]] = []
        self._otherwise: dict[Executable, RuleViolation] = {}
        self._joined: list[UnitOfWork] = []

    @property
    def db_session(self) -> DbSession:
        """The transaction, with everything in it that was appended."""
        self.write()
        if self._db_session is None:
            self._db_session = self._database.session(self._connection)
        return self._db_session

    @property
    def connection(self) -> Connection:
        """The same without its objects."""
        self.write()
        return self._connection

    def add(self, statement: Executable, row: Row, *, otherwise: RuleViolation | None = None) -> None:
        """Have `statement` executed with `row` before the commit, together with the other rows that it gets.

        Each row must find one in the database where `otherwise` is given, which is raised when one does not.
        """
        self._rows.append((statement, row))
        if otherwise is not None:
            self._otherwise[statement] = otherwise

    def write(self) -> None:
        """Send what was appended and added so far."""
        rows: dict[Executable, list[Row]] = {}
        for statement, row in self._rows:
            rows.setdefault(statement, []).append(row)
        self._rows.clear()
        if self._head is not self._written_head:
            rows[_NEXT_HEAD] = [{"case": self.case.id, "next_size": self.size, "next_frontier": self._head.to_hex()}]
            self._written_head = self._head
        if rows:
            for found, (statement, values) in zip(send(self._connection, rows), rows.items(), strict=True):
                if statement in self._otherwise and found != len(values):
                    raise self._otherwise[statement]
        for joined in self._joined:
            joined.write()

    def commit(self) -> None:
        """Send what is left, and make all of it durable."""
        if not self._database.is_sqlite:
            self.add(_NOTIFY, {"channel": NOTIFY_CHANNEL, "case": self.case.id})
        self.write()
        if self._db_session is not None:
            self._db_session.flush()
            self._db_session.commit()
        else:
            self._connection.commit()

    def close(self) -> None:
        """Let go of the objects; nothing of what was not committed stays."""
        if self._db_session is not None:
            self._db_session.close()

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Nothing is left of what was appended and added inside, when an error leaves the block; nothing of it may be
        sent there."""
        case, head, written, rows = self.case, self._head, self._written_head, len(self._rows)
        try:
            yield
        except BaseException:
            if self._written_head is not written or len(self._rows) < rows:
                raise RuntimeError("sent already") from None
            self.case, self._head = case, head
            del self._rows[rows:]
            raise

    @property
    def size(self) -> int:
        """How many entries the case file has, those of this transaction included."""
        return self._head.size

    def append(
        self,
        fact: Any,
        *,
        lot: str = "",
        actor: Actor = SYSTEM,
        role: str = "",
        act: SignedAct | None = None,
        payload: Json = None,
        private: dict[str, str] | None = None,
    ) -> Record:
        """Write one fact to the case file. `payload` is the very JSON that was signed, where somebody signed."""
        record = Record(
            case_id=self.case.id,
            seq=self.size,
            lot=lot,
            type=fact_type(type(fact).__name__).name,
            at=self.now,
            actor=actor.signs_as,
            role=role or "system",
            payload=encode(fact) if payload is None else payload,
            act=act.to_json() if act else {},
            private_hash=self._append_private(private) if private else "",
        )
        self._write(record)
        self.case = self.case.apply(record)
        if record.type in TICKED:
            self.schedule("make_tick", self.now, lot=lot, detail=f"{record.type}-{record.seq}")
        return record

    def conclude(self, fact: Any, lot: str) -> None:
        """Append a fact of the system's own, and what follows from it, if the rules accept it."""
        for accepted in self.case.decide(fact, lot, SYSTEM, self.now):
            self.append(accepted, lot=lot)

    def join(self, case_id: str) -> UnitOfWork:
        """Another case file in the same transaction (the register, after a case: always in that order)."""
        joined = _begin(self._database, self._connection, case_id, self.now)
        joined._db_session = self.db_session
        self._joined.append(joined)
        return joined

    def _append_private(self, private: dict[str, str]) -> str:
        salt, facts = os.urandom(32), canonical(private)
        row = {"case_id": self.case.id, "seq": self.size, "salt": salt, "facts": facts.decode()}
        self.add(_PRIVATE, row)
        return hashlib.sha256(salt + facts).hexdigest()

    def _write(self, record: Record) -> None:
        salt = os.urandom(32)
        leaf = record.leaf(salt)
        self._head = self._head.push(leaf)
        entry = {
            "case_id": record.case_id,
            "seq": record.seq,
            "lot": record.lot,
            "type": record.type,
            "at": record.at,
            "actor": record.actor,
            "role": record.role,
            "payload": canonical(record.payload).decode(),
            "act": canonical(record.act).decode() if record.act else "",
            "private_hash": record.private_hash,
            "salt": salt,
            "leaf_hash": leaf,
        }
        self.add(_ENTRY, entry)

    def schedule(self, task: str, due_at: datetime, *, lot: str = "", detail: str = "") -> None:
        """Have `task` done at `due_at`, once for this case, lot and detail."""
        schedule_job(self.db_session, task, due_at, case_id=self.case.id, lot=lot, detail=detail)

    def notify(self, account_id: str, code: str, **facts: Any) -> None:
        """Leave a notice for an account, and have it mailed."""
        leave_notice(self.db_session, self.now, account_id, code, facts, self.case.id)

    def lock_lot(self, lot: str) -> Lot:
        """The gate row of a lot, locked. Raises RuleViolation `lot_unknown`."""
        query = select(Lot).where(Lot.case_id == self.case.id, Lot.number == lot).with_for_update()
        found = self.db_session.scalar(query)
        if found is None:
            raise RuleViolation("lot_unknown", lot=lot)
        return found


def leave_notice(
    db_session: DbSession, now: datetime, account_id: str, code: str, facts: dict[str, Any], case_id: str = ""
) -> None:
    """A notice for an account, to be mailed too. Without a `case_id` it leads to no case, and tells of none."""
    notice = Notice(
        id=os.urandom(16).hex(),
        account_id=account_id,
        case_id=case_id,
        code=code,
        facts=json.dumps(encode(facts), ensure_ascii=False),
        created_at=now,
    )
    db_session.add(notice)
    schedule_job(db_session, "send_notice", now, detail=notice.id)


def schedule_job(
    db_session: DbSession, task: str, due_at: datetime, *, case_id: str = "", lot: str = "", detail: str = ""
) -> None:
    """A job row, unless its key stands already: asking twice does nothing twice."""
    key = "/".join(part for part in (task, case_id, lot, detail) if part)
    if db_session.scalar(select(Job.id).where(Job.key == key)) is None:
        db_session.add(Job(key=key, task=task, case_id=case_id, lot=lot, detail=detail, due_at=due_at))


def _begin(database: Database, connection: Connection, case_id: str, now: datetime, lot: str = "") -> UnitOfWork:
    locked = ask(connection, _LOCKED_WITH_LOT, case=case_id, lot=lot) if lot else None
    unlike = lot and locked is None  # no such lot; or a draw of a year of inspections, which waits for no bids
    locked = locked or ask(connection, _LOCKED_HEAD, case=case_id)
    if locked is None:
        raise RuleViolation("case_unknown", case=case_id)
    head = Frontier.from_hex(*locked)
    case = case_as_of(connection, database.memory, case_id, head.size)
    if unlike and case.inspection is None:
        raise RuleViolation("lot_unknown", lot=lot)
    return UnitOfWork(database, connection, case, head, max(now, case.latest_at or now))


@contextmanager
def unit_of_work(
    database: Database,
    case_id: str,
    lot: str = "",
    *,
    begins: str = "",
    turn: str = "",
    shares: Callable[[], Collection[str]] = tuple,
) -> Iterator[UnitOfWork]:
    """A write transaction on a case, with its lock and (where given) the lot's, committed at the end of the block.

    `begins` names the kind of a case file that starts here; `turn` is taken before the locks (`take_turns`). `shares`
    is asked between the locks and the clock for things whose turn nobody takes before this transaction is over; others
    who share them go on. Raises RuleViolation `case_unknown` or `lot_unknown`, Busy when the database stays locked, and
    ClockBehind.
    """
    with database.transaction() as connection:
        if turn:
            take_turns(connection, turn)
        # Nobody else waits for a new case.
        now = database.stamp(database.now(connection)) if begins else EPOCH
        if begins:
            row = {"id": case_id, "kind": begins, "size": 0, "frontier": "", "created_at": now}
            connection.execute(insert(CaseFile.__table__), row)
        work = _begin(database, connection, case_id, now, lot)
        whats = shares()
        if not begins:
            work.now = _stamped(database, connection, whats, work.case.latest_at)
        with closing(work):
            yield work
            work.commit()
        remember_case(database.memory, work.case)


def _stamped(
    database: Database, connection: Connection, whats: Collection[str], latest_at: datetime | None
) -> datetime:
    """The instant that counts, once these turns are shared: not before the latest entry of the case and, where people
    act, the register's latest tick. Raises ClockBehind.
    """
    if not whats:
        return database.stamp(database.now(connection), latest_at)
    if database.is_sqlite:
        ticked = find(connection, _TICKED_AT)
        return database.stamp(database.now(connection), latest_at, *(at for (at,) in ticked))
    clock, _shared, ticked_at = ask(connection, _CLOCK_AMONG, whats=list(whats))
    return database.stamp(database.counted(clock), latest_at, ticked_at)


@contextmanager
def plain_transaction(database: Database, *, turn: str = "", beside: str = "") -> Iterator[tuple[DbSession, datetime]]:
    """A write transaction that touches no case file: drafts, accounts, uploads, job leases.

    Before the clock is read, `turn` is taken (`take_turns`), and acts of the case `beside` which it stands begin to
    wait until it is over; others beside that case go on.
    """
    with database.writing() as db_session:
        if turn:
            take_turns(db_session.connection(), turn)
        if beside:
            db_session.execute(_BESIDE, {"case": beside})
        now = database.stamp(database.now(db_session.connection()))
        yield db_session, now
        db_session.flush()
        _tell(database, db_session.connection(), "")
        db_session.commit()


def take_turns(connection: Connection | DbSession, what: str) -> None:
    """From here on one transaction after the other where several name the same thing; on SQLite they do anyway."""
    if _takes_turns(connection):
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(what))))


def _takes_turns(connection: Connection | DbSession) -> bool:
    bound = connection.get_bind() if isinstance(connection, DbSession) else connection
    return bound.dialect.name == "postgresql"


def _tell(database: Database, connection: Connection, case_id: str) -> None:
    """Have whoever waits for commits hear of this one."""
    if not database.is_sqlite:
        connection.execute(_NOTIFY, {"channel": NOTIFY_CHANNEL, "case": case_id})
