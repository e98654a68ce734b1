"""A witness against a real platform over HTTP: it cosigns what continues, and stops loudly at a second history."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
from sqlalchemy import delete, func, select, text
from werkzeug.serving import make_server

from app.casefile.ticks import tick_leaf
from app.client import witness_commands
from app.client.command_line import Parser
from app.client.connection import Connection, Refused
from app.client.witness import Forked, Witness, WitnessFolder
from app.config import BadSettings, Settings
from app.factory import create_app
from app.models import Cosignature, RegisterTick
from app.models.append_only import APPEND_ONLY, statements
from app.procedure.errors import RuleViolation
from app.queries.register_status import register_status
from app.services import register, ticks
from app.services.unit_of_work import plain_transaction
from crypto.errors import CryptoError
from crypto.merkle import Frontier
from crypto.notes import COSIGNATURE, ED25519, Checkpoint, Note, NoteKey, VerifierKey, check_cosignature, sign_note
from tests.app.workbench import Bench, RealClock


class Watched:
    """A platform on a port, with one witness in a folder; both on the machine's own time."""

    def __init__(self, folder: Path) -> None:
        self.home = WitnessFolder(folder / "witness")
        self.witness_key = self.home.create("witness.example/w1", None)
        made = Bench(folder / "platform", clock=RealClock()).platform
        register.found_register(made, "交易中心")
        settings = replace(made.settings, witnesses=(str(self.witness_key.verifier),))
        self.platform = replace(made, settings=settings)
        app = create_app(settings)
        app.extensions["tenderhall"] = self.platform
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.log = self.platform.log_key.verifier

    def witness(self) -> Witness:
        return Witness(self.home, self.witness_key, self.log, Connection(self.url, patience=0))

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.url}/api/v1{path}", timeout=5)

    def tick(self, times: int = 1) -> None:
        for _ in range(times):
            ticks.make_tick(self.platform)

    def count(self, table: type) -> int:
        with self.platform.database.reading() as db_session:
            return db_session.scalar(select(func.count()).select_from(table)) or 0

    def cut(self, keep: int) -> None:
        """The administrator of the database drops a trigger and the last ticks, and puts the trigger back."""
        with plain_transaction(self.platform.database) as (db_session, _now):
            db_session.execute(text("DROP TRIGGER register_tick_no_delete"))
            db_session.execute(delete(RegisterTick).where(RegisterTick.index >= keep))
            db_session.execute(text(statements("sqlite", "register_tick")[1]))

    def rewrite(self, index: int) -> None:
        """The whole platform colludes: one tick has another map, every later edge and signature fits again."""
        with plain_transaction(self.platform.database) as (db_session, _now):
            db_session.execute(text("DROP TRIGGER register_tick_no_update"))
            edge, key = Frontier(), self.platform.log_key
            for row in db_session.scalars(select(RegisterTick).order_by(RegisterTick.index)):
                row.map_root = b"x" * 32 if row.index == index else row.map_root
                edge = edge.push(tick_leaf(row.at, row.map_root))
                row.frontier = edge.to_hex()
                row.note = str(sign_note(key, str(Checkpoint(key.name, edge.size, edge.root()))))
            db_session.flush()
            db_session.execute(text(statements("sqlite", "register_tick")[0]))


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path)
    yield made
    made.server.shutdown()
    made.server.server_close()
    made.platform.database.dispose()


# the API


def test_before_the_first_tick_there_is_nothing(watched):
    assert watched.get("/register/checkpoint").status_code == 404
    assert watched.get("/register/consistency").json() == {"old": 0, "new": 0, "proof": []}


def test_the_register_is_described_and_shown_to_anybody(watched):
    watched.tick(3)
    told = watched.get("/register").json()
    assert VerifierKey.parse(told["vkey"], ED25519) == watched.log
    assert told["witnesses"] == [str(watched.witness_key.verifier)]
    answer = watched.get("/register/checkpoint")
    assert answer.headers["Content-Type"].startswith("text/plain")
    note = Note.parse(answer.content.decode())
    note.verify(watched.log)
    assert Checkpoint.parse(note.text).size == 3
    assert Checkpoint.parse(Note.parse(watched.get("/register/checkpoint?size=2").text).text).size == 2


@pytest.mark.parametrize("query", ["old=9", "old=-1", "old=x", "old=3&new=2", "new=99", "old=1.5", "old=٣"])
def test_wrong_sizes_are_refused_in_words(watched, query):
    watched.tick(3)
    answer = watched.get(f"/register/consistency?{query}")
    assert answer.status_code in (404, 422)
    assert answer.json()["error"]["message_en"]


@pytest.mark.parametrize("sent", [{}, {"size": "1", "line": ""}, {"size": 1}, {"size": 1, "line": "x"}, {"size": True}])
def test_a_malformed_cosignature_is_refused(watched, sent):
    watched.tick()
    answer = requests.post(f"{watched.url}/api/v1/register/cosignatures", json=sent, timeout=5)
    assert answer.status_code == 422
    assert watched.count(Cosignature) == 0


# the witness


def test_a_witness_cosigns_what_continues(watched):
    witness = watched.witness()
    for grown in (1, 1, 5, 9):
        watched.tick(grown)
        found = witness.look()
        note = Note.parse(watched.get("/register/checkpoint").content.decode())
        assert found == Checkpoint.parse(note.text)
        (line,) = [line for line in note.signatures if line.is_by(watched.witness_key.verifier)]
        assert check_cosignature(line, watched.witness_key.verifier, note.text)
        assert watched.witness().look() is None  # another process goes on where this one was
    assert watched.count(Cosignature) == 4


def test_what_was_seen_is_on_disk_before_the_word_leaves(watched, monkeypatch):
    watched.tick(2)
    witness = watched.witness()
    monkeypatch.setattr(witness.connection, "post", lambda *_a, **_k: (_ for _ in ()).throw(Refused("gone", "断")))
    with pytest.raises(Refused):
        witness.look()
    assert Checkpoint.parse(Note.parse(watched.home.latest.read_text()).text).size == 2
    assert watched.witness().look().size == 2  # and it is handed in at the next look


def test_a_rollback_is_refused_and_kept(watched):
    watched.tick(5)
    watched.witness().look()
    watched.cut(3)
    with pytest.raises(Forked) as forked:
        watched.witness().look()
    assert forked.value.kind == "rollback"
    sizes = [Checkpoint.parse(Note.parse(p.read_text()).text).size for p in (forked.value.held, forked.value.offered)]
    assert sizes == [5, 3]
    watched.tick(4)  # growing again does not help: the ticks are others
    with pytest.raises(Forked, match="fork"):
        watched.witness().look()
    assert Checkpoint.parse(Note.parse(watched.home.latest.read_text()).text).size == 5
    assert watched.count(Cosignature) == 1


@pytest.mark.parametrize(("index", "more"), [(0, 0), (0, 4), (4, 0), (4, 1), (2, 20)])
def test_a_fork_is_refused_and_both_notes_prove_it(watched, index, more):
    watched.tick(5)
    watched.witness().look()
    watched.rewrite(index)
    watched.tick(more)
    with pytest.raises(Forked) as forked:
        watched.witness().look()
    assert forked.value.kind == "fork"
    for path in (forked.value.held, forked.value.offered):
        Note.parse(path.read_text()).verify(watched.log)  # both bear the log's own signature
    assert watched.count(Cosignature) == 1


def test_a_change_behind_what_the_witness_saw_is_not_its_matter(watched):
    watched.tick(5)
    watched.witness().look()
    watched.tick(3)
    watched.rewrite(6)
    assert watched.witness().look().size == 8


def test_another_logs_note_is_refused(watched):
    watched.tick()
    stranger = NoteKey.generate(watched.log.name, ED25519).verifier
    with pytest.raises(CryptoError, match="note_unsigned"):
        replace(watched.witness(), log=stranger).look()
    assert not watched.home.latest.exists()


# the command


@pytest.fixture
def tool(monkeypatch, tmp_path):
    monkeypatch.setenv("TENDERHALL_PASSPHRASE", "a long passphrase")
    parser = Parser()
    witness_commands.add_parser(parser.commands())

    def run(*words: object) -> int:
        arguments = parser.parse_args(["witness", *map(str, words)])
        return arguments.run(arguments)

    return run


def test_the_command_from_init_to_the_alarm(watched, tool, tmp_path, capsys):
    folder = tmp_path / "own"
    assert tool("init", "regulator.example/w", "--folder", folder) == 0
    vkey = capsys.readouterr().out.strip()
    assert VerifierKey.parse(vkey, COSIGNATURE).name == "regulator.example/w"
    assert "ENCRYPTED" in (folder / "key.pem").read_text()
    assert (folder / "key.pem").stat().st_mode & 0o077 == 0
    assert tool("init", "regulator.example/w", "--folder", folder) == 1  # never over an existing key
    assert tool("run", "--folder", folder, "--once") == 1  # neither address nor key of the log yet
    watched.tick(2)
    first = ("run", "--folder", folder, "--url", watched.url, "--log-vkey", watched.log, "--once")
    assert tool(*first) == 1
    assert "is no witness of this platform" in capsys.readouterr().err
    object.__setattr__(watched.platform.settings, "witnesses", (vkey,))
    assert tool("run", "--folder", folder, "--once") == 0  # address and key are kept
    assert "cosigned 2 " in capsys.readouterr().out
    watched.cut(1)
    assert tool("run", "--folder", folder) == 3  # it ends by itself
    said = capsys.readouterr().err
    assert "THE REGISTER WENT BACK" in said
    assert "登记簿倒退了" in said
    other = NoteKey.generate("other.example/register", ED25519).verifier
    assert tool("run", "--folder", folder, "--log-vkey", other, "--once") == 1


def test_two_processes_do_not_sign_with_one_folder(watched, tool):
    watched.tick()
    with watched.home.alone():
        assert tool("run", "--folder", watched.home.folder, "--url", watched.url, "--log-vkey", watched.log) == 1


def test_settings_refuse_what_is_no_witness(watched):
    good = str(watched.witness_key.verifier)
    env = {"TENDERHALL_WITNESSES": f" {good} ,"}
    assert Settings.from_env(env).witnesses == (good,)
    for wrong in ("x", str(watched.log), good[:-2]):
        with pytest.raises(BadSettings, match="TENDERHALL_WITNESSES"):
            Settings.from_env({"TENDERHALL_WITNESSES": wrong})
    assert set(APPEND_ONLY) >= {"register_tick", "tick_change", "cosignature"}


def test_a_waiting_witness_is_answered_when_the_register_ticks(watched):
    watched.tick()
    witness = watched.witness()
    assert witness.look().size == 1
    assert witness.look(wait=1) is None, "nothing ticked meanwhile"
    ticking = threading.Timer(0.3, watched.tick)
    ticking.start()
    assert witness.look(wait=20).size == 2
    ticking.join()
    assert watched.count(Cosignature) == 2


def test_a_checkpoint_is_carried_by_hand_and_its_cosignature_handed_in(watched, tool, tmp_path, capsys):
    """No line between witness and platform: a file goes there, and text comes back through the page's service."""
    watched.tick()
    folder, paper = watched.home.folder, tmp_path / "checkpoint.txt"
    paper.write_bytes(requests.get(f"{watched.url}/register/checkpoint.txt", timeout=5).content)
    assert tool("cosign", paper, "--folder", folder, "--log-vkey", watched.log) == 0
    back = Note.parse((tmp_path / "checkpoint.txt.cosigned").read_text())
    assert ticks.take_cosigned_note(watched.platform, back) == 1
    assert watched.count(Cosignature) == 1
    watched.tick(2)
    paper.write_bytes(requests.get(f"{watched.url}/register/checkpoint.txt?old=0", timeout=5).content)
    assert tool("cosign", paper, "--folder", folder) == 1  # not from where the witness was last
    assert "(1)" in capsys.readouterr().err
    paper.write_bytes(requests.get(f"{watched.url}/register/checkpoint.txt?old=1", timeout=5).content)
    assert tool("cosign", paper, "--folder", folder) == 0
    back = Note.parse((tmp_path / "checkpoint.txt.cosigned").read_text())
    assert ticks.take_cosigned_note(watched.platform, back) == 3
    strange = Note(back.text, back.signatures[:1])
    with pytest.raises(RuleViolation, match="witness_unlisted"):
        ticks.take_cosigned_note(watched.platform, strange)
    watched.rewrite(0)
    watched.tick()
    paper.write_bytes(requests.get(f"{watched.url}/register/checkpoint.txt?old=3", timeout=5).content)
    assert tool("cosign", paper, "--folder", folder) == 3


def test_the_state_of_a_witness_is_told(watched):
    watched.tick()
    url = f"{watched.url}/api/v1/register"
    vkey = str(watched.witness_key.verifier)
    now = watched.platform.database.now()
    with watched.platform.database.reading() as db_session:
        states = [
            register_status(db_session, [vkey], now + timedelta(minutes=minutes), 60).witnesses[0].state
            for minutes in (0, 3, 16)
        ]
    assert states == ["in_step", "late", "alarm"]
    watched.witness().look()
    (row,) = requests.get(url, timeout=5).json()["status"]["witnesses"]
    assert (row["name"], row["size"], row["state"]) == (watched.witness_key.name, 1, "in_step")
    page = requests.get(f"{watched.url}/register", timeout=5).text
    assert vkey.replace("+", "&#43;") in page or vkey in page
    with watched.platform.database.reading() as db_session:
        late = register_status(db_session, [vkey], now + timedelta(minutes=16), 60)
    assert not late.behind
    assert late.stands_still


def test_a_line_that_is_down_is_said_once_and_tried_again(watched, tool, capsys, monkeypatch):
    watched.tick()
    looks = []

    def sleep(_seconds):
        looks.append(1)
        if len(looks) == 3:
            watched.rewrite(0)  # ends the run: the last look sees another history

    monkeypatch.setattr(witness_commands, "time", SimpleNamespace(sleep=sleep, monotonic=time.monotonic))
    answers = iter([Refused("no_answer", "无法连接", "no answer")] * 2)
    real = Witness.look

    def look(self, wait=0):
        if (refused := next(answers, None)) is not None:
            raise refused
        return real(self, wait)

    monkeypatch.setattr(Witness, "look", look)
    run = ("run", "--folder", watched.home.folder, "--url", watched.url, "--log-vkey", watched.log)
    assert tool(*run, "--every", "0.01") == 3
    said = capsys.readouterr()
    assert said.err.count("no answer") == 1
    assert said.out.count("cosigned 1 ") == 1
