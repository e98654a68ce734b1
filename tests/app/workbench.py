"""An installation on either database, on a clock that tests hold, where tenders can be opened and bids handed in."""

from __future__ import annotations

import os
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any

import psycopg
from sqlalchemy import Table, make_url

from app.adapters.keystore import create_keys
from app.casefile.codec import encode
from app.casefile.record import Record
from app.casefile.sealing import committee_of, context_of, open_identity
from app.client.bidder import SealParameters, seal_bid
from app.config import Settings
from app.database import Database
from app.models import Base, WebSession
from app.models.append_only import APPEND_ONLY
from app.procedure.opening import ShareReleased
from app.procedure.tender import TenderPublished
from app.queries.cases import load_records
from app.services import accounts, tenders, uploads
from app.services.accounts import token_hash
from app.services.acts import Proposal, act_head
from app.services.case_acts import record_act
from app.services.jobs import claim_job, finish_job
from app.services.platform import open_platform
from app.services.unit_of_work import plain_transaction
from app.tasks.jobs import run_job
from crypto.canonical import digest
from crypto.committee import sign_share
from crypto.signing import SigningKey, sign_act
from tests.app.services.people import (
    BUYER_CODE,
    LOT,
    START,
    Clock,
    Installation,
    Person,
    by_migrations,
    by_models,
    credit_code,
    make_tables,
)
from tests.app.services.whole_case import EVALUATION, REVIEW

POSTGRES = "TENDERHALL_TEST_POSTGRES_URL"
MILLISECOND = timedelta(milliseconds=1)


class HeldClock(Clock):
    """As Clock, but it can be stopped at an instant, be it an earlier one; then it goes on from the latest."""

    stopped, latest = False, START

    def __call__(self) -> datetime:
        return self.at if self.stopped else super().__call__()

    def stop_at(self, at: datetime) -> None:
        self.latest = max(self.latest, self.at, at)
        self.at, self.stopped = at, True

    def go_on(self) -> None:
        self.at, self.stopped = max(self.at, self.latest), False


class RealClock(Clock):
    """The machine's own time; nobody moves it."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class SealedBid:
    """What a bidder hands in: the signed statement and the two files it names."""

    submission: dict[str, Any]
    bid: bytes
    capsule: bytes


@dataclass
class Bench(Installation):
    """An installation whose schema comes from the models. With RealClock the database's own clock counts."""

    SCHEMA_OF_MODELS = True

    clock: Clock = field(default_factory=HeldClock)
    padding: bytes = b""  # what every bid's file ends with
    profile: str = "demo-goods"

    def __post_init__(self) -> None:
        url = self.database_url or f"sqlite:///{self.folder / 'test.db'}"
        settings = Settings(self.folder, url, "test.example", "http://127.0.0.1")
        real = isinstance(self.clock, RealClock)
        create_keys(settings.keys, settings.origin, "交易中心", datetime.now(UTC) if real else START)
        self.platform = open_platform(settings, None if real else self.clock)
        make_tables(self.platform.database, by_models)

    def token(self, login: str = "", *, account: str = "", seat: str = "") -> str:
        """A log-in of that person, or of an account at a seat, good for long enough."""
        token = secrets.token_urlsafe(16)
        account = account or self.people[login].id
        with plain_transaction(self.platform.database) as (db_session, _now):
            row = WebSession(token_hash=token_hash(token), account_id=account, seat=seat, created_at=self.clock())
            row.expires_at = datetime.now(UTC) + timedelta(days=1)
            db_session.add(row)
        return token

    # tender

    def draft(self, seconds: float = 60) -> Any:
        """A new case whose bidding lasts `seconds`; the payload of its TenderSubmitted."""
        officer, regulator = self.people["officer"], self.people["regulator"]
        form = {
            "code": f"T-{secrets.token_hex(4)}", "buyer": "某学院", "buyer_code": BUYER_CODE, "region": "510000",
            "method": "公开招标",
            "notice": "采购公告", "profile": self.profile,
            "lots": encode([{
                "number": LOT, "title": "设备", "budget": Decimal("1751000.00"), "ceiling": Decimal("1598400.00"),
                "deadline_at": self._now() + timedelta(seconds=seconds), "evaluation": EVALUATION,
                "review_items": REVIEW,
            }]),
        }  # fmt: skip
        self.case_id = tenders.open_case(self.platform, officer.log_in, "设备采购", regulator.organisation, form)
        tenders.add_document(self.platform, officer.log_in, self.case_id, "招标文件.txt", b"terms")
        return tenders.draft_terms(self.platform, officer.log_in, self.case_id)

    def _now(self) -> datetime:
        now = self.clock()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def publish(self, seconds: float = 60) -> str:
        """A published case; its id, which is the current one from now on."""
        payload = self.draft(seconds)
        self.act("officer", payload, "", "TenderSubmitted")
        self.act("releaser", TenderPublished(digest(payload)), "")
        return self.case_id

    @property
    def deadline_at(self) -> datetime:
        return self.case.tender.deadlines[LOT]

    # bids

    def join(self, number: int) -> str:
        """One bidder more; its log-in."""
        owner, login = (
            accounts.NewOrganisation(f"投标人 {number}", "bidder", credit_code(f"JOINED{number}")),
            f"joined-{number}",
        )
        accounts.register_bidder(self.platform, owner, login, f"员工 {number}", "correct horse battery")
        self._certify(login)
        return login

    def seal(self, login: str, price_fen: str = "158000000", **changes: str) -> SealedBid:
        """A bid of that bidder on the current case; `changes` seal it for another context."""
        person, case = self.people[login], self.case
        context = context_of(self.platform.origin, case, LOT, person.organisation, "age1pq1later")
        parameters = {name: value for name, value in context.items() if name not in ("v", "recipient")} | changes
        out, source = self.folder / "bids" / secrets.token_hex(4), self.folder / f"{login}.txt"
        source.write_bytes(f"技术方案 {login}".encode() + self.padding)
        items = {"price_fen": price_fen, "duration_days": "60", "project_manager": f"经理{login[-1]}"}
        locked = case.tender.rounds(LOT)[-1] if case.tender.rounds(LOT) else None
        sealing = SealParameters(parameters, committee_of(case), locked)
        submission = seal_bid([source], items, sealing, person.key, out)
        return SealedBid(submission, (out / "bid.age").read_bytes(), (out / "capsule.age").read_bytes())

    def upload(self, login: str, data: bytes, size: int = 0) -> str:
        """The id of an upload of these bytes, announced as `size` bytes."""
        log_in = self.people[login].log_in
        state = uploads.begin_upload(self.platform, log_in, size or len(data))
        return uploads.continue_upload(self.platform, log_in, state.id, 0, [data]).id

    def attach(self, login: str, sealed: SealedBid) -> dict[str, bytes]:
        """The attachments of BidSubmitted, uploaded."""
        return {"capsule": sealed.capsule, "upload": self.upload(login, sealed.bid).encode()}

    def hand_in(self, login: str, sealed: SealedBid | None = None) -> dict[str, Any]:
        """Upload and submit; the answer."""
        sealed = sealed or self.seal(login)
        return self.act(login, sealed.submission, LOT, "BidSubmitted", self.attach(login, sealed))

    def release(self) -> None:
        """Two trustees sign: the lot is released, and a job that opens its bids is due."""
        ident = open_identity(self.platform.origin, self.case_id, LOT)
        for index in (2, 3):
            self.act(f"trustee-{index}", ShareReleased(index, sign_share(self.shares[index], ident).hex()))

    # acts

    def proposal(
        self,
        person: Person,
        payload: Any,
        type: str,
        *,
        lot: str = LOT,
        attachments: dict[str, bytes] | None = None,
        key: SigningKey | None = None,
        command_id: str = "",
        prev_act: str | None = None,
    ) -> Proposal:
        """A signed act that is not sent yet; what is not given is as it should be."""
        head = act_head(self.platform, self.case_id, person.log_in)
        signed = sign_act(
            key or person.key,
            origin=self.platform.origin,
            case=f"{self.case_id}/{lot}" if lot else self.case_id,
            type=type,
            payload=payload,
            prev_act=head if prev_act is None else prev_act,
            command_id=command_id or secrets.token_hex(8),
            at=self.clock(),
        )
        return Proposal(self.case_id, lot, type, payload, signed, attachments or {}, {"address": "192.0.2.7"})

    def send(self, person: Person, proposal: Proposal) -> dict[str, Any]:
        return record_act(self.platform, person.log_in, proposal)

    def records(self, *types: str) -> list[Record]:
        """What is on record of these types, or everything."""
        with self.platform.database.reading() as db_session:
            found = load_records(db_session, self.case_id)
        return [record for record in found if not types or record.type in types]

    def work_off(self, seconds: float = 0) -> None:
        """Let time pass and run every job that is due."""
        self.clock.advance(seconds)
        while (job := claim_job(self.platform)) is not None:
            run_job(self.platform, job)
            finish_job(self.platform, job)


@contextmanager
def fresh_postgres(*, durable: bool = False) -> Iterator[str]:
    """The address of an empty schema of its own on the server under test. Unless it is `durable`, no commit waits for
    the disk: a crash of the server is no part of the tests."""
    server, schema = os.environ[POSTGRES], f"t_{uuid.uuid4().hex[:12]}"
    options = f"-csearch_path%3D{schema}%20-csynchronous_commit%3D{'on' if durable else 'off'}"
    with _at_the_server() as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    try:
        yield f"{server}{'&' if '?' in server else '?'}application_name={schema}&options={options}"
    finally:
        with _at_the_server() as connection:
            _hang_up(connection, schema)
            connection.execute(f"DROP SCHEMA {schema} CASCADE")


def _at_the_server() -> psycopg.Connection[Any]:
    return psycopg.connect(os.environ[POSTGRES].replace("+psycopg", ""), autocommit=True)


def _hang_up(connection: psycopg.Connection[Any], schema: str) -> None:
    """A server has a hundred connections for all; what a module's installations keep in their pools is enough."""
    connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [schema])
    connection.execute("SET lock_timeout = '10s'")


@contextmanager
def migrated_postgres() -> Iterator[str]:
    """The address of a schema with all tables, which `emptied` empties: that takes a hundredth of making them."""
    with fresh_postgres() as url:
        database = Database(url)
        by_migrations(database)
        database.dispose()
        yield url


@contextmanager
def emptied(url: str) -> Iterator[str]:
    """The tables there have no row again at the end, and their numbers begin with 1."""
    yield url
    schema = str(make_url(url).query["application_name"])
    with _at_the_server() as connection:
        _hang_up(connection, schema)
        connection.execute(f"SET search_path = {schema}")
        connection.execute("; ".join(chain.from_iterable(map(_emptying, reversed(Base.metadata.sorted_tables)))))


def _emptying(table: Table) -> Iterator[str]:
    guarded, number = table.name in APPEND_ONLY, table.autoincrement_column
    if guarded:
        yield f"ALTER TABLE {table} DISABLE TRIGGER USER"
    yield f"DELETE FROM {table}"
    if guarded:
        yield f"ALTER TABLE {table} ENABLE TRIGGER USER"
    if number is not None:
        yield f"SELECT setval(pg_get_serial_sequence('{table}', '{number.name}'), 1, false)"
