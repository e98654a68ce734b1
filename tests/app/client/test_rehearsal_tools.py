"""A rehearsal with the trustees' own tools over the real application: signed, opened, and told who was missing."""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from app.client import trustee_commands
from app.client.acting import Person
from app.client.command_line import Parser
from app.client.connection import Connection, Refused
from app.client.keyfile import Profile, read_json, write_json, write_key, write_private
from app.client.passphrase import seal_under
from app.client.rehearsal import rehearsal_shares
from app.client.trustee import Trustee
from app.extensions import COOKIE
from app.factory import create_app
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.procedure.rehearsal import KIND, RehearsalShareSigned, findings, rehearsal_statement
from app.queries.cases import load_case
from app.queries.committees import described, read_committees
from app.services import ceremonies, rehearsals
from app.services.platform import DIST
from crypto.committee import identity, sign_share
from tests.app.services.people import LOT
from tests.app.workbench import Bench, RealClock

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
PASSPHRASE = "opposed interests"


class Stage:
    """The application, served on the real clock, and the trustees' folders."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bench = folder, Bench(folder / "site", clock=RealClock()).found()
        self.app = create_app(self.bench.platform.settings)
        self.app.extensions["tenderhall"] = self.bench.platform
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.committee = described(read_committees(self.bench.platform.database)[0])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def open(self, due_at: datetime | None = None, minutes: float = 10) -> str:
        centre = self.bench.people["centre"].log_in
        lasts = timedelta(minutes=minutes)
        return rehearsals.open_rehearsal(self.bench.platform, centre, self.committee["id"], due_at, lasts)

    def state(self, rehearsal: str):
        with self.bench.platform.database.reading() as db_session:
            return load_case(db_session, rehearsal).rehearsal

    def profile(self, index: int) -> Profile:
        """A trustee's folder: certified key, log-in, share."""
        login = f"trustee-{index}"
        profile, key = Profile(self.folder / login), self.bench.people[login].key
        if not profile.key_path.exists():
            write_key(profile.key_path, key, PASSPHRASE)
            profile.keep(login=login, base_url=self.url, key_id=key.key_id, token=self.bench.token(login))
            kept = {"committee": self.committee["description"], "index": index}
            write_json(profile.folder / "committee.json", kept)
            write_private(profile.folder / "share.age", seal_under(PASSPHRASE, self.bench.shares[index]))
        return profile

    def person(self, index: int) -> Person:
        profile = self.profile(index)
        connection = Connection(self.url, token=profile.facts["token"], patience=5)
        return Person(connection, profile, profile.key(PASSPHRASE))

    def sign(self, index: int) -> int:
        """`tenderhall trustee sign --yes`, as that trustee runs it."""
        parser = Parser()
        trustee_commands.add_parser(parser.commands())
        arguments = parser.parse_args(["trustee", "sign", "--yes", "--folder", str(self.profile(index).folder)])
        return arguments.run(arguments)

    def page(self, who: str, path: str, status: int = 200) -> str:
        client = self.app.test_client()
        if who:
            client.set_cookie(COOKIE, self.bench.token(who))
        answer = client.get(path)
        assert answer.status_code == status, path
        return answer.get_data(as_text=True)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TENDERHALL_PASSPHRASE", PASSPHRASE)
        made = Stage(tmp_path_factory.mktemp("rehearsal"))
        yield made
        made.server.shutdown()
        made.bench.platform.database.dispose()


def test_an_attended_and_an_unattended_tool_sign_and_the_result_is_told(stage):
    rehearsal = stage.open()
    assert stage.sign(1) == 0
    assert "等待受托人签署" in stage.page("centre", f"/rehearsals/{rehearsal}?part=1")
    stop = threading.Event()

    def announce(what, about):
        if what == "signed":
            stop.set()

    person = stage.person(3)
    trustee_commands.watch(person, Trustee.follow(person.profile, PASSPHRASE), announce, stop=stop.is_set)
    assert sorted(stage.state(rehearsal).shares) == [1, 3]
    committees = stage.page("centre", "/centre/committees")
    assert "代理程序在线 1 /" in committees
    assert "您的代理程序：" in stage.page("trustee-3", "/trustee")
    assert "您的代理程序还没有联系过平台" in stage.page("trustee-1", "/trustee")
    stage.bench.work_off()
    assert [bid.reason for bid in stage.state(rehearsal).bids.values()] == ["", "", ""]
    assert stage.state(rehearsal).ended_at is None
    assert "等待其余受托人签署" in stage.page("centre", f"/rehearsals/{rehearsal}?part=1")
    assert stage.sign(2) == 0
    stage.bench.work_off()
    found = findings(stage.state(rehearsal))
    assert stage.state(rehearsal).ended_at is not None
    assert (found.passed, found.missing) == (True, ())
    shown = stage.page("trustee-2", f"/rehearsals/{rehearsal}")
    assert "演练结束：可以开标" in shown
    assert "没有需要处理的事" in shown
    assert stage.page("centre", "/rehearsals").count("可以开标") >= 1
    memory = read_json(stage.profile(1).folder / "memory.json")
    assert list(memory["signed"]) == [f"rehearsal/{rehearsal}"]


@contextmanager
def agent(profile: Profile) -> Iterator[subprocess.Popen[str]]:
    """`tenderhall trustee agent` as a process of its own; killed in the end, as a machine that loses its power."""
    command = [sys.executable, "-m", "app.cli", "trustee", "agent", "--folder", str(profile.folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def said(process: subprocess.Popen[str], *words: str) -> str:
    """The first line with these words; fails with all that it said when it ends before."""
    heard = []
    for line in process.stdout:
        heard.append(line)
        if all(word in line for word in words):
            return line
    raise AssertionError(heard)


def test_an_agent_in_a_process_of_its_own_calls_for_a_ceremony_and_is_started_again_safely(stage):
    """Killed without notice between two rehearsals; a ceremony that waits for it meanwhile is said in words."""
    profile, first = stage.profile(2), stage.open()
    profile.keep(password="not needed: the token counts")
    with agent(profile) as process:
        assert "RehearsalShareSigned" in said(process, "signed", first)
    assert list(stage.state(first).shares) == [2]
    keys = [stage.bench.people[f"trustee-{index}"].key.key_id for index in (1, 2, 3)]
    centre, committee = stage.bench.people["centre"].log_in, stage.committee["id"]
    waiting = ceremonies.open_resharing(stage.bench.platform, centre, committee, 2, keys)
    second = stage.open()
    with agent(profile) as process:
        assert str(profile.folder) in said(process, "trustee ceremony", waiting)
        said(process, "signed", second)
    ceremonies.cancel_ceremony(stage.bench.platform, centre, waiting, "改期")
    assert list(stage.state(second).shares) == [2]
    assert {f"rehearsal/{first}", f"rehearsal/{second}"} <= set(read_json(profile.folder / "memory.json")["signed"])


def test_it_looks_like_no_tender_and_is_for_those_who_take_part(stage):
    rehearsal = stage.open()
    for path in ("/", "/trust", "/api/v1/cases", f"/api/v1/cases?q={rehearsal}"):
        assert rehearsal not in stage.page("", path)
    for who in ("", "officer", "bidder-a", "regulator"):
        assert stage.page(who, f"/rehearsals/{rehearsal}", 404 if who else 401)
        assert '"events":[]' in stage.page(who, f"/api/v1/cases/{rehearsal}/events").replace(" ", "")
    with pytest.raises(NotAllowed):
        rehearsals.open_rehearsal(
            stage.bench.platform, stage.bench.people["officer"].log_in, stage.committee["id"], None, timedelta(1)
        )


def test_before_its_time_neither_tool_nor_platform_sign(stage, capsys):
    rehearsal = stage.open(datetime.now(UTC) + timedelta(hours=2))
    assert stage.sign(2) == 0
    assert "trustee_not_due" in capsys.readouterr().out
    stage.bench.case_id = rehearsal
    ident = identity(KIND, rehearsal_statement(stage.bench.platform.origin, rehearsal))
    early = RehearsalShareSigned(2, sign_share(stage.bench.shares[2], ident).hex())
    with pytest.raises(RuleViolation, match="rehearsal_not_due"):
        stage.bench.act("trustee-2", early, "")


def test_a_wrong_share_is_named_and_a_stranger_has_none(stage):
    rehearsal = stage.open()
    stage.bench.case_id = rehearsal
    real = identity("open", {"origin": stage.bench.platform.origin, "tender": rehearsal, "lot": LOT})
    with pytest.raises(RuleViolation, match="share_wrong"):
        stage.bench.act("trustee-1", RehearsalShareSigned(1, sign_share(stage.bench.shares[1], real).hex()), "")
    with pytest.raises(NotAllowed):
        stage.bench.act("bidder-a", RehearsalShareSigned(1, "00"), "")


def test_the_tool_keeps_to_one_history_and_its_clock(stage):
    trustee = Trustee.read(stage.profile(1), PASSPHRASE)
    now = datetime.now(UTC)
    opened = {"committee": stage.committee["description"], "due_at": "2026-01-01T00:00:00Z", "bids": []}
    refusals = []

    def shares(offset=timedelta(0), **changes):
        event = {"type": "RehearsalOpened", "lot": "", "payload": {**opened, **changes}}
        given = {"now": now + timedelta(days=3650), "clock_offset": offset, "refuse": lambda r: refusals.append(r.code)}
        return rehearsal_shares(trustee, "o", "r-1", [event], **given)

    assert shares(timedelta(seconds=61)) == []
    assert len(shares()) == 1
    assert len(shares()) == 1
    assert shares(bids=["other"]) == []
    assert refusals == ["trustee_clock_off", "trustee_two_histories"]


def test_an_unattended_agent_waits_for_a_platform_that_is_not_up_yet(monkeypatch):
    answers = [Refused("no_answer", "没有应答", "no answer")] * 2 + ["the trustee"]

    def person_of(_arguments):
        answer = answers.pop(0)
        if isinstance(answer, Refused):
            raise answer
        return answer

    monkeypatch.setattr(trustee_commands, "person_of", person_of)
    monkeypatch.setattr(trustee_commands, "PAUSE", 0)
    monkeypatch.setenv("TENDERHALL_PASSPHRASE", "words")
    assert trustee_commands._awaited(argparse.Namespace()) == "the trustee"
