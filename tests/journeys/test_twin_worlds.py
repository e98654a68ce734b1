"""The same tender with 0, 1, 2, 3 and 10 bids: before the deadline nobody can tell these worlds apart.

Every address that can be read is asked by everybody; what comes back must be equal to the byte, headers included, once
random identifiers and tokens are masked. So must everything that leaves a trace elsewhere: logs, jobs, notices, mails.
The pages of the worlds between are compared by tests/long/test_all_twin_worlds.py alone.
"""

from __future__ import annotations

import base64
import re
import secrets
import shutil
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule

from app.casefile.codec import encode
from app.extensions import COOKIE
from app.factory import create_app
from app.models import Account, DeniedAttempt, Job, Notice, StoredFile
from app.procedure.bid import BidWithdrawn
from app.procedure.deadlines import OutageExtensionProposed, PauseProposed, PostponementProposed, PostponementReleased
from app.procedure.fallback import KeyCommitted, KeyRevealed
from app.procedure.opening import ObjectionRaised, ShareReleased
from app.procedure.restoring import BidFileRestored
from app.services import accounts
from app.services.accounts import NewOrganisation
from app.services.platform import DIST, open_platform
from tests.app.compiled_once import compile_once
from tests.app.planted import logged
from tests.app.services.people import credit_code
from tests.app.workbench import LOT, Bench, HeldClock

compile_once()
pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
BIDS = (0, 1, 2, 3, 10)
COMPARED = (0, 10)  # whose pages are compared here: those that differ most
MORE = tuple(f"bidder-{letter}" for letter in "fghjkl")  # no credit code has an I
BIDDERS = ("bidder-a", "bidder-b", "bidder-c", "bidder-e", *MORE)  # bidder-d looks on
LOOKERS = (
    "", "officer", "releaser", "regulator", "inspector", "centre", "admin", "witness-host", "trustee-1", "buyer",
    "bidder-d", "expert-0",
)  # fmt: skip
MASKS = (
    (re.compile(rb"gAAAA[\w-]+=*"), b"CURSOR"),
    (re.compile(rb"(csrf[-_]token\"? (?:content|value|type=\"hidden\" value)=\")[^\"]+"), rb"\1FORM"),
    (re.compile(rb"(?<=nonce[-=\"])[\w-]{22}|(?<=nonce=\")[\w-]{22}"), b"NONCE"),
    (re.compile(rb"age1pq1[0-9a-z]+"), b"RECIPIENT"),
    (re.compile(rb"-----BEGIN[^-]+-----[^-]+-----END[^-]+-----"), b"PEM"),
    (re.compile(rb"T-[0-9a-f]{8}"), b"CODE"),
    (re.compile(rb"[0-9a-f]{12,192}"), b"HEX"),
    (re.compile(rb"[A-Za-z0-9+/]{60,}={0,2}"), b"BASE64"),
)


class World:
    """An installation with one tender and so many bids, stopped at a moment that all worlds share."""

    def __init__(self, founded: Bench, folder: Path, bids: int) -> None:
        self.bench, self.bids = twin(founded, folder), bids
        self.bench.publish()
        with logged() as self.log:
            for login in BIDDERS[:bids]:
                self.bench.hand_in(login)
        change_deadlines(self.bench)
        self.traces = traces(self)  # before anybody looks
        self.bench.clock.stop_at(self.bench.deadline_at - timedelta(seconds=20))
        self.app: Flask = create_app(self.bench.platform.settings, self.bench.clock)
        self.app.extensions["tenderhall"] = self.bench.platform
        self.app.config["TESTING"] = True
        self.tokens: dict[str, str] = {}
        self.fill = self._fill()

    def _fill(self) -> dict[str, str]:
        """What stands in addresses: real identifiers of the sealed bids, invented ones where there is no bid."""
        with self.bench.platform.database.reading() as db_session:
            files = {row.kind: row for row in db_session.scalars(select(StoredFile))}
        sealed = files.get("bid")
        return {
            "case": self.bench.case_id,
            "lot": LOT,
            "document": files["document"].id,
            "file": sealed.id if sealed else secrets.token_hex(16),
            "receipt": sealed.owner if sealed else secrets.token_hex(10),
            "upload": sealed.blob if sealed else secrets.token_hex(16),
            "round_": "1",
        }

    def client(self, login: str) -> FlaskClient:
        """A browser of that person, or of nobody."""
        client = self.app.test_client()
        if login:
            self.tokens[login] = self.tokens.get(login) or self._token(login)
            client.set_cookie(COOKIE, self.tokens[login])
        return client

    def answer(
        self, login: str, path: str, method: str = "GET", **sent: Any
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        client = self.client(login)
        if method != "GET":
            client, sent = self._sender(login, path, sent)
        found = client.open(path, method=method, **sent)
        assert b"form_expired" not in found.get_data(), path  # or nothing of what was sent would have been looked at
        headers = [(name, mask(value.encode()).decode()) for name, value in found.headers if name != "Set-Cookie"]
        return found.status_code, headers, mask(found.get_data())

    def _sender(self, login: str, path: str, sent: dict[str, Any]) -> tuple[FlaskClient, dict[str, Any]]:
        """A program of that person, or its browser with the word that a page's forms carry."""
        client, headers = self.client(login), dict(sent.get("headers", {}))
        if path.startswith("/api/"):
            client = self.app.test_client()
            headers["Authorization"] = f"Bearer {self.tokens[login]}"
        else:
            word = re.search(rb'csrf_token" type="hidden" value="([^"]+)"', client.get("/verify").get_data())
            assert word is not None
            headers["X-CSRFToken"] = word[1].decode()
        return client, {**sent, "headers": headers}

    def act(self, login: str, fact: Any, **further: Any) -> tuple[int, list[tuple[str, str]], bytes]:
        """What a really signed act is answered."""
        kind, payload = type(fact).__name__, encode(fact)
        if isinstance(fact, dict):
            kind, payload = "BidSubmitted", fact
        signed = self.bench.proposal(self.bench.people[login], payload, kind).signed
        body = {"payload": payload, **signed.to_json(), **further}
        return self.answer(login, f"/api/v1/cases/{self.bench.case_id}/{LOT}/acts/{kind}", "POST", json=body)

    def _token(self, login: str) -> str:
        if login in self.bench.people:
            return self.bench.token(login)
        with self.bench.platform.database.reading() as db_session:
            account = db_session.scalars(select(Account.id).where(Account.login == login)).one()
        return self.bench.token(account=account)


def change_deadlines(bench: Bench) -> None:
    """One postponement in force; of each kind something that waits. At the same moments in all worlds."""
    published_at = bench.deadline_at - timedelta(seconds=60)
    later = {LOT: bench.deadline_at + timedelta(seconds=30)}
    again = {LOT: later[LOT] + timedelta(seconds=30)}
    outage = (published_at + timedelta(seconds=2), published_at + timedelta(seconds=6))
    acts = (
        ("officer", PostponementProposed("场地调整", later)),
        ("releaser", PostponementReleased("场地调整", later)),
        ("officer", PostponementProposed("场地再调整", again)),
        ("centre", OutageExtensionProposed("机房断电", *outage, again)),
        ("regulator", PauseProposed("核查投诉", (LOT,))),
    )
    for second, (login, fact) in enumerate(acts, 10):
        bench.clock.stop_at(published_at + timedelta(seconds=second))
        bench.act(login, fact, "")


def twin(founded: Bench, folder: Path) -> Bench:
    """The same installation once more: its people, keys and clock, in a folder of its own."""
    shutil.copytree(founded.folder, folder)
    made, clock = copy(founded), HeldClock()
    clock.at = founded.clock.at
    url = f"sqlite:///{folder / 'test.db'}"
    made.folder, made.clock, made.case_id = folder, clock, ""
    made.platform = open_platform(replace(founded.platform.settings, home=folder, database_url=url), clock)
    return made


def mask(data: bytes) -> bytes:
    for pattern, word in MASKS:
        data = pattern.sub(word, data)
    return data


def addresses(world: World) -> Iterator[str]:
    """Every address of the site that can be read, with this world's identifiers in it."""
    for rule in sorted(world.app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if "GET" in (rule.methods or ()) and rule.endpoint != "static":
            yield address(rule, world.fill)
    case = world.fill["case"]
    yield from (f"/api/v1/cases?q={word}" for word in ("设备", "T-", "nothing"))
    yield from ("/api/v1/cases/0000/events", "/cases/0000", f"/cases/{case}/lots/2/opening", "/nothing")


def address(rule: Rule, fill: dict[str, str]) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: fill.get(found.group(1), "x"), rule.rule)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory) -> list[World]:
    folder = tmp_path_factory.mktemp("worlds")
    founded = founded_for_worlds(folder / "founded")
    return [World(founded, folder / f"world-{bids}", bids) for bids in BIDS]


def founded_for_worlds(folder: Path) -> Bench:
    """The installation that every world is a copy of, with as many bidders as any of them needs."""
    founded = Bench(folder).found()
    for login in MORE:
        owner = NewOrganisation(f"投标人{login[-1]}", "bidder", credit_code(f"B{login[-1]}"))
        accounts.register_bidder(founded.platform, owner, login, f"员工{login[-1]}", "correct horse battery")
        founded._certify(login)
    founded.platform.database.dispose()
    return founded


@pytest.mark.parametrize("login", LOOKERS, ids=lambda login: login or "public")
def test_the_worlds_look_alike(worlds, login):
    compare_pages([world for world in worlds if world.bids in COMPARED], login)


def test_an_inspector_who_states_a_reason_learns_nothing_of_bids_either(worlds):
    """The widest view before the deadline: a stated reason opens what the authority may read of the case."""
    compared = [world for world in worlds if world.bids in COMPARED]
    for world in compared:
        path, sent = f"/api/v1/cases/{world.fill['case']}/reason", {"json": {"reason": "核查投诉线索"}}
        status, _headers, body = world.answer("regulator", path, "POST", **sent)
        assert status < 300, body
    compare_pages(compared, "regulator")


def test_signed_acts_before_the_deadline_are_answered_alike(worlds):
    """Of people who may not do them, or have no bid; and the bid of one more, from the upload to its withdrawal."""
    for login in ("bidder-d", "trustee-1", "officer", "centre", "regulator"):
        for kind in range(len(early_acts("0" * 20))):
            answers = [world.act(login, early_acts(world.fill["receipt"])[kind]) for world in worlds]
            refused = {status for status, _headers, _body in answers}
            assert refused <= {403, 404, 409, 422}, answers[0]
            assert all(answer == answers[0] for answer in answers), (login, kind, first_difference(answers))
            assert b'"malformed"' not in answers[0][2], answers[0]
    taken, ended = [], []
    for world in worlds:
        sealed = world.bench.seal("bidder-d")
        kept = world.bench.attach("bidder-d", sealed)
        attachments = {name: base64.b64encode(data).decode() for name, data in kept.items()}
        taken.append(world.act("bidder-d", sealed.submission, attachments=attachments))
        standing = world.bench.case.lots[LOT].bidding.of_bidder(world.bench.people["bidder-d"].organisation)
        ended.append(world.act("bidder-d", BidWithdrawn(standing.receipt_id)))
    for answers in (taken, ended):
        assert answers[0][0] == 200, answers[0]
        assert all(answer == answers[0] for answer in answers), first_difference(answers)


def early_acts(receipt: str) -> tuple[Any, ...]:
    return (
        BidWithdrawn(receipt),
        BidFileRestored(receipt, "0" * 64),
        ShareReleased(1, "ab" * 48),
        KeyCommitted(receipt, "a" * 64),
        KeyRevealed(receipt, "AGE-SECRET-KEY-PQ-1", "b" * 64),
        ObjectionRaised("o" * 16, "对开标有异议"),
    )


# What somebody sends who has no bid, before the deadline: refusals and what is taken must tell nothing either.
ACT = {"payload": {}, "act": {}, "key_id": "0" * 64, "signature": "AAAA"}
SENT = (
    ("bidder-d", "POST", "/api/v1/uploads", {"headers": {"Upload-Length": "5"}}),
    ("bidder-d", "POST", "/api/v1/uploads", {"headers": {"Upload-Length": str(1 << 40)}}),
    *(("bidder-d", method, "/api/v1/uploads/{upload}", {}) for method in ("HEAD", "PATCH", "DELETE")),
    *(
        (login, "POST", f"/api/v1/cases/{{case}}/{LOT}/acts/{kind}", {"json": ACT})
        for login in ("bidder-d", "trustee-1", "officer", "centre")
        for kind in (
            "BidSubmitted",
            "BidWithdrawn",
            "BidFileRestored",
            "ShareReleased",
            "KeyCommitted",
            "ObjectionRaised",
        )
    ),
    ("bidder-d", "POST", "/bidder/cases/{case}/lots/{lot}/withdraw", {}),
    ("regulator", "POST", "/api/v1/cases/{case}/reason", {"json": {"reason": "核查"}}),
    ("", "POST", "/verify", {"data": {}}),
)


def test_what_is_sent_is_answered_alike(worlds):
    different = []
    for login, method, path, sent in SENT:
        sent = {**sent, "headers": {"Tus-Resumable": "1.0.0", **sent.get("headers", {})}}
        answers = [world.answer(login, path.format(**world.fill), method, **sent) for world in worlds]
        assert all(status < 500 for status, _headers, _body in answers), path
        if any(answer != answers[0] for answer in answers[1:]):
            different.append((login, method, path, [answer[0] for answer in answers], first_difference(answers)))
    assert different == []


def compare_pages(worlds: list[World], login: str) -> None:
    """Raises AssertionError with the address and the place where two worlds differ."""
    asked = list(zip(*(addresses(world) for world in worlds), strict=True))
    assert len(asked) > 50
    different = []
    for paths in asked:
        answers = [world.answer(login, path) for world, path in zip(worlds, paths, strict=True)]
        if any(answer != answers[0] for answer in answers[1:]):
            different.append((paths[0], [answer[0] for answer in answers], first_difference(answers)))
        assert all(status < 500 for status, _headers, _body in answers), paths
    assert different == []


def first_difference(answers) -> tuple[object, ...]:
    """Where two of the answers part, to be read by a person."""
    first, other = answers[0], next(answer for answer in answers[1:] if answer != answers[0])
    if first[1] != other[1]:
        return tuple(set(first[1]) ^ set(other[1]))
    place = next((i for i, (a, b) in enumerate(zip(first[2], other[2], strict=False)) if a != b), 0)
    return first[2][place - 80 : place + 80], other[2][place - 80 : place + 80]


def test_a_bidder_sees_its_own_bid_and_the_worlds_differ_for_it_alone(worlds):
    """The comparison is not blind: it finds the one difference that there must be."""
    path = f"/api/v1/cases/{{}}/lots/{LOT}/bid"
    answers = [world.answer("bidder-a", path.format(world.bench.case_id)) for world in worlds]
    assert answers[0] != answers[1]
    assert all(answer == answers[1] for answer in answers[1:])


def traces(world: World) -> dict[str, list[str]]:
    """What bids could leave behind for somebody other than their bidders; sorted where order means nothing."""
    bidders = {world.bench.people[login].id for login in BIDDERS}
    with world.bench.platform.database.reading() as db_session:
        jobs = db_session.scalars(select(Job).order_by(Job.due_at, Job.task)).all()
        notices = db_session.scalars(select(Notice).where(Notice.account_id.not_in(bidders))).all()
        denied = db_session.scalars(select(DeniedAttempt)).all()
    mails = world.bench.platform.settings.mail.glob("**/*")
    return {
        "log": world.log,
        "jobs": [f"{job.task} {job.lot} {job.due_at} {job.attempts} {job.last_error}" for job in jobs],
        "notices": sorted(f"{notice.account_id} {notice.code} {notice.facts}" for notice in notices),
        "denied": [f"{row.action} {row.actor}" for row in denied],
        "mails": sorted(str(path.relative_to(world.bench.platform.settings.home).parent) for path in mails),
    }


def test_bids_leave_no_trace_in_logs_jobs_notices_or_mails(worlds):
    found = [world.traces for world in worlds]
    assert found[0]["jobs"], "nothing was looked at"
    assert found[0]["notices"]
    assert [f for f in found if f != found[0]] == []


CANARIES = tuple(text.encode() for text in ("158000000", "技术方案 bidder-a", "经理a"))


def test_nothing_of_a_bid_lies_readable_anywhere_before_the_opening(worlds):
    """Price, manager and text of the bids are in no file of the installation: database, its log, blobs, mails."""
    world = worlds[-1]
    own = {world.bench.folder / "bids", *(world.bench.folder / f"{login}.txt" for login in BIDDERS)}
    files = [
        path
        for path in world.bench.platform.settings.home.rglob("*")
        if path.is_file() and own.isdisjoint((path, *path.parents))
    ]
    assert sum(path.stat().st_size for path in files) > 10 << 20  # ten bids are among them
    assert [(path.name, word) for path in files for word in CANARIES if word in path.read_bytes()] == []
