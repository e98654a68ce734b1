"""An installation on a clock of its own, with everybody who takes part in a case, and the one way in which they act."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Self

from alembic import command
from sqlalchemy import inspect, select

from app.adapters.keystore import create_keys
from app.casefile.case import Case
from app.casefile.codec import encode
from app.casefile.record import Record, case_reference
from app.client.sealing_program import sealing_program
from app.config import Settings
from app.database import Database
from app.models import Account, Base
from app.procedure.names import credit_code_digit
from app.procedure.roles import Role
from app.queries.cases import load_case
from app.queries.experts import waiting_imports
from app.services import accounts, case_acts, experts, register, reports, standings, venues
from app.services.accounts import LogIn, NewOrganisation
from app.services.acts import Proposal, act_head, record_act
from app.services.installation import alembic_config
from app.services.jobs import claim_job, finish_job
from app.services.platform import Platform, open_platform
from app.tasks.jobs import run_job
from crypto.committee import Member, run_ceremony
from crypto.signing import SigningKey, sign_act, sign_object
from tests.app.services.kept import Kept, Left, file_of, fitting, shared
from tests.app.services.ways import OWN, Noting, note, ways_of

LOT = "1"
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
BIDDERS = ("bidder-a", "bidder-b", "bidder-c", "bidder-d", "bidder-e")
BUYER_CODE = "12510000MB1234567B"
ACTS_OF = case_acts.FEATURES  # importing them registers what they add to acts


def credit_code(text: str) -> str:
    """A code that a company could have, one for each text."""
    body = hashlib.sha256(text.encode()).hexdigest()[:17].upper()
    return body + credit_code_digit(body)


class Clock:
    """Simulated time: a millisecond passes at every look."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Person:
    """An account with its key; `log_in` is what a token stands for."""

    log_in: LogIn
    key: SigningKey
    organisation: str

    @property
    def id(self) -> str:
        return self.log_in.account_id


def by_migrations(database: Database) -> None:
    command.upgrade(alembic_config(database), "head")


def by_models(database: Database) -> None:
    with database.migrating() as connection:
        Base.metadata.create_all(connection)


def make_tables(database: Database, way: Callable[[Database], None]) -> None:
    """The schema, made in this way once for all: how it comes about has tests of its own.

    A schema on PostgreSQL that has its tables already keeps them.
    """
    if database.is_sqlite:
        file_of(database).write_bytes(_without_rows(way))
    elif not inspect(database.engine).has_table(Account.__tablename__):
        way(database)


@cache
def _without_rows(way: Callable[[Database], None]) -> bytes:
    """The file of an empty database on SQLite."""

    def make() -> bytes:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "empty.db"
            database = Database(f"sqlite:///{path}", Clock())
            way(database)
            database.dispose()  # the last connection writes what waits in the log of the database into its file
            return path.read_bytes()

    return shared(way.__name__, make)


@dataclass
class Installation(Noting):
    """The installation in a folder and everybody in it."""

    SCHEMA_OF_MODELS: ClassVar[bool] = False  # otherwise by the migrations

    folder: Path
    clock: Clock = field(default_factory=Clock)
    people: dict[str, Person] = field(default_factory=dict)
    shares: dict[int, bytes] = field(default_factory=dict)
    sites: list[str] = field(default_factory=list)
    rooms: list[str] = field(default_factory=list)  # one of each site
    case_id: str = field(default="", init=False)
    database_url: str = ""  # otherwise SQLite in the folder

    def __post_init__(self) -> None:
        url = self.database_url or f"sqlite:///{self.folder / 'test.db'}"
        settings = Settings(self.folder, url, "test.example", "http://127.0.0.1")
        create_keys(settings.keys, settings.origin, "交易中心", START)
        self.platform: Platform = open_platform(settings, self.clock)
        make_tables(self.platform.database, by_models if self.SCHEMA_OF_MODELS else by_migrations)

    # people

    def found(self) -> Self:
        """Everybody has an account and a certified key; trustees, sites and experts are registered."""
        return self.through("enrol")

    def through(self, course: str) -> Self:
        """As these steps leave a new installation, taken one after another: the names of methods, with spaces between.

        Once for all whose people go the same ways: the others get a copy, on either database, keys and all.
        """
        chosen, before = self._chosen(), note(self, None)
        if self.platform.database.is_sqlite:
            left, here = self._left_by(course.split(), chosen)
        else:
            with TemporaryDirectory() as folder:
                left, here = self._alike(Path(folder))._left_by(course.split(), chosen)[0], False
        if not here:
            left.kept.copy_to(self, chosen)
        if before is not None:
            before.update(left.ways)
        note(self, before)
        return self

    def _left_by(self, steps: list[str], chosen: dict[str, Any]) -> tuple[Left, bool]:
        """What the steps leave, and whether this very installation has gone the last of them."""
        left, taken = None, 0
        for n, step in enumerate(steps, 1):

            def take(step: str = step, n: int = n, before: Left | None = left) -> Kept:
                nonlocal taken
                if before and taken < n - 1:
                    before.kept.copy_to(self, chosen)
                note(self, names := set())
                getattr(self, step)()
                note(self, None)
                taken = n
                return Kept(self, (before.ways if before else {}) | ways_of(self, names, chosen))

            left = fitting(self._kind(steps[:n]), lambda ways: ways_of(self, ways, chosen) == ways, take)
        assert left, "no step"
        return left, taken == len(steps)

    def _chosen(self) -> dict[str, Any]:
        """What its maker chose, beside the place."""
        given = (f.name for f in fields(self) if f.init and f.default is not MISSING and f.name not in OWN)
        return {name: getattr(self, name) for name in given}

    def _kind(self, steps: list[str]) -> tuple[object, ...]:
        """What tells whether another one may come to the same by these steps, if its people go the same ways."""
        settings = replace(self.platform.settings, home=Path(), database_url="")
        begins = type(self).__post_init__
        ways = type(self.clock).__name__, f"{begins.__module__}.{begins.__qualname__}", self.SCHEMA_OF_MODELS
        return tuple(steps), *ways, repr(settings)

    def _alike(self, folder: Path) -> Self:
        return type(self)(folder, type(self.clock)(), **self._chosen())

    def enrol(self) -> None:
        register.found_register(self.platform, "交易中心")
        centre = NewOrganisation("交易中心", "centre", "C0000000000000001X")
        accounts.found_people(self.platform, centre, ("admin", "管理员"), ("centre", "中心经办"))
        for login in ("admin", "centre"):
            self._certify(login)
        for login, name, kind, role in (
            ("officer", "代理经办", "agency", Role.AGENCY_OFFICER),
            ("releaser", "代理复核", "agency", Role.AGENCY_SUPERVISOR),
            ("regulator", "监管员", "regulator", Role.REGULATOR),
            ("inspector", "监督员", "regulator", Role.REGULATOR),
            ("witness-host", "主场见证", "centre", Role.SITE_WITNESS),
            ("witness-sub", "副场见证", "centre", Role.SITE_WITNESS),
            ("buyer", "采购人代表", "buyer", Role.AGENCY_OFFICER),
            *((f"trustee-{i}", f"受托人{i}", f"trustee{i}", Role.TRUSTEE) for i in range(1, 4)),
        ):
            self._add(login, name, kind, role)
        for login in BIDDERS:
            owner = NewOrganisation(f"投标人{login[-1]}", "bidder", credit_code(f"B{login[-1]}"))
            accounts.register_bidder(self.platform, owner, login, f"员工{login[-1]}", "correct horse battery")
            self._certify(login)
        register.publish_client_code(self.platform, *sealing_program())
        self._register_trustees()
        self._register_experts()

    def _add(self, login: str, name: str, kind: str, role: Role) -> None:
        owner = NewOrganisation("交易中心" if kind == "centre" else f"{kind}单位", kind, f"O-{kind}")
        if kind == "centre":
            owner = NewOrganisation("交易中心", "centre", "C0000000000000001X")
        admin, centre = self.people["admin"].id, self.people["centre"].id
        account = accounts.prepare_account(
            self.platform, admin, owner, login, name, frozenset({role}), f"{login}@example.org"
        )
        accounts.approve_account(self.platform, centre, account)
        self._certify(login)

    def _certify(self, login: str) -> None:
        with self.platform.database.reading() as db_session:
            account = db_session.scalars(select(Account).where(Account.login == login)).one()
            account_id, organisation = account.id, account.organisation_id
        key, log_in = SigningKey.generate(), LogIn(account_id, "")
        proof = sign_object(key, register.PROOF_LABEL, {"account": account_id, "origin": self.platform.origin})
        register.certify_key(self.platform, log_in, base64.b64encode(key.spki).decode(), proof)
        self.people[login] = Person(log_in, key, organisation)

    def _register_trustees(self) -> None:
        keys = [self.people[f"trustee-{i}"].key.key_id for i in range(1, 4)]
        members = [Member(i, f"受托单位{i}", key) for i, key in enumerate(keys, 1)]
        committee, self.shares = run_ceremony(members, 2, os.urandom)
        register.register_committee(self.platform, self.people["centre"].log_in, committee.describe())

    def _register_experts(self) -> None:
        centre = self.people["centre"].log_in
        self.sites = [
            experts.add_site(self.platform, centre, name, self.people[witness].id)
            for name, witness in (("主场", "witness-host"), ("副场", "witness-sub"))
        ]
        self.rooms = [
            venues.add_room(self.platform, centre, site, "一室", 6, alone=False, equipment=venues.Equipment())
            for site in self.sites
        ]
        entries = [
            experts.NewExpert(
                login=f"expert-{i}",
                name=f"专家{i}",
                organisation=NewOrganisation(f"单位{i}", "employer", f"E{i}"),
                mail=f"expert-{i}@example.org",
                site=self.sites[i % 2],
                specialities=("goods",),
                born=date(1980, 1, 1),
                certified_until=date(2030, 1, 1),
            )
            for i in range(16)
        ]
        experts.add_experts(self.platform, centre, entries)
        with self.platform.database.reading() as db_session:
            batch = waiting_imports(db_session)[0].id
        standings.admit_batch(self.platform, self.people["regulator"].log_in, batch, "名册已核对")

    def second_operator(self) -> None:
        """Somebody else at the centre, for what takes two there."""
        self._add("second", "中心复核", "centre", Role.CENTRE_OPERATOR)

    # acting

    @property
    def lot_records(self) -> list[Record]:
        """The records of the lot so far."""
        with self.platform.database.reading() as db_session:
            return reports.lot_records(db_session, self.case_id, LOT)

    @property
    def case(self) -> Case:
        with self.platform.database.reading() as db_session:
            return load_case(db_session, self.case_id)

    def act(
        self, who: str | Person, fact: Any, lot: str = LOT, type: str = "", attachments: dict[str, bytes] | None = None
    ) -> dict[str, Any]:
        """Sign a fact (or a payload with its `type`) and have it recorded."""
        person = self.people[who] if isinstance(who, str) else who
        payload, name = (fact, type) if type else (encode(fact), fact.__class__.__name__)
        signed = sign_act(
            person.key,
            origin=self.platform.origin,
            case=case_reference(self.case_id, lot),
            type=name,
            payload=payload,
            prev_act=act_head(self.platform, self.case_id, person.log_in),
            command_id=secrets.token_hex(8),
            at=self.clock(),
        )
        private = {"address": "192.0.2.7"}
        proposal = Proposal(self.case_id, lot, name, payload, signed, attachments or {}, private)
        return record_act(self.platform, person.log_in, proposal)

    def work_off(self, seconds: float = 0) -> None:
        """Let time pass and run every job that is due."""
        self.clock.advance(seconds)
        while (job := claim_job(self.platform)) is not None:
            run_job(self.platform, job)
            finish_job(self.platform, job)
