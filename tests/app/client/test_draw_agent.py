"""Parties of a draw that nobody attends: a seat that becomes free is drawn for again without anybody's hand."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.casefile.codec import encode
from app.client import draw_agent_commands
from app.client.connection import Refused
from app.client.draw_agent import Due, Task, party_of, perform, tasks
from app.client.draw_party import DrawParty
from app.queries.cases import load_records
from app.services import draws
from app.services.platform import DIST
from crypto.instants import parse_instant
from tests.app.services.people import LOT
from tests.app.services.whole_case import DRAWN, WholeCase

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
PEOPLE = {"agency": "releaser", "centre": "centre", "supervisor": "regulator"}


class Acting:
    """A person whose acts go straight to the services."""

    def __init__(self, case: WholeCase, login: str) -> None:
        self.case, self.login, self.connection = case, login, self

    def post(self, _path: str) -> Any:
        return draws.freeze_pool(self.case.platform, self.case.people[self.login].log_in, self.case.case_id, LOT)

    def act(self, _case: str, lot: str, type: str, fact: Any) -> None:
        self.case.act(self.login, encode(fact), lot, type)


class Line:
    """A connection of which only what is asked and told counts."""

    def __init__(self, get: Any) -> None:
        self.get, self.told = get, []

    def post(self, path: str, sent: dict[str, str], *, repeatable: bool) -> None:
        assert repeatable
        assert parse_instant(sent["clock"])
        self.told.append(path)


class Unattended(WholeCase):
    """Its rounds are given by agents, in whatever order they look."""

    def events(self) -> list[dict[str, Any]]:
        with self.platform.database.reading() as db_session:
            records = load_records(db_session, self.case_id)
        return [{"type": one.type, "lot": one.lot, "payload": one.payload} for one in records]

    def turn(self, number: int) -> list[str]:
        """Every agent looks once; what it did."""
        done = []
        for party, login in reversed(PEOPLE.items()):
            agent = DrawParty(self.folder / f"agent-{party}", party)
            agent.folder.mkdir(exist_ok=True)
            for due in tasks(self.events(), party, first_round=1):
                assert (due.lot, due.round) == (LOT, number)
                perform(Acting(self, login), agent, self.case_id, self.events(), due)
                done.append(f"{party} {due.task.value}")
        return done

    def _round(self, number: int, silent: str = "") -> None:
        self.turns = [self.turn(number), self.turn(number)]
        self.work_off()
        self.sign_round(number)
        self.turns += [self.turn(number), self.turn(number)]
        self.work_off()


def test_rounds_are_held_without_anybody_s_hand(tmp_path):
    case = Unattended(tmp_path).through(DRAWN)
    assert len(case.case.lots[LOT].draw.rounds) == 2
    assert case.case.lots[LOT].convened
    commits, states, reveals, nothing = case.turns
    assert commits[:3] == [f"{party} DrawCommitted" for party in ("supervisor", "centre", "agency")]
    assert commits[3:] + states == ["centre DrawStated"]
    assert reveals == [f"{party} DrawRevealed" for party in ("supervisor", "centre", "agency")]
    assert nothing == []


CONDITIONS = {"purpose": "evaluation-committee", "parties": ["agency", "centre", "supervisor"]}


def event(type: str, lot: str = "1", **payload: Any) -> dict[str, Any]:
    return {"type": type, "lot": lot, "payload": payload}


def opened(round_: int, *more: dict[str, Any]) -> list[dict[str, Any]]:
    return [event("DrawConditionsProposed", conditions=CONDITIONS), event("DrawRoundOpened", round=round_), *more]


def committed(*parties: str, round_: int = 2) -> list[dict[str, Any]]:
    return [event("DrawCommitted", round=round_, party=party) for party in parties]


@pytest.mark.parametrize(
    ("events", "party", "task"),
    [
        (opened(1), "agency", None),  # the first round is people's
        ([event("DrawRoundOpened", round=2)], "centre", None),  # of a draw that shows no conditions
        (
            [event("DrawConditionsProposed", conditions={"purpose": "other"}), event("DrawRoundOpened", round=2)],
            "centre",
            None,
        ),
        (opened(2), "agency", Task.COMMIT),
        (opened(2, *committed("agency", round_=1)), "agency", Task.COMMIT),
        (opened(2, *committed("agency")), "agency", None),
        (opened(2, *committed("agency", "centre")), "centre", None),
        (opened(2, *committed("agency", "centre", "supervisor")), "centre", Task.STATE),
        (opened(2, *committed("agency", "centre", "supervisor")), "agency", None),
        (
            opened(2, *committed("agency", "centre"), event("CommitmentsOverdue", round=2, parties=["supervisor"])),
            "centre",
            Task.STATE,
        ),
        (opened(2, *committed("agency"), event("DrawStated", round=2)), "supervisor", None),  # too late
        (opened(2, *committed("agency"), event("DrawStated", round=2)), "agency", None),  # not signed
        (
            opened(2, *committed("agency"), event("DrawStated", round=2), event("DrawSigned", round=2)),
            "agency",
            Task.REVEAL,
        ),
    ],
)
def test_what_a_round_waits_for(events, party, task):
    assert [due.task for due in tasks(events, party, 2)] == ([task] if task else [])


def test_roles_that_give_bytes():
    assert {party_of([role]) for role in ("AS", "TC", "RG")} == {"agency", "centre", "supervisor"}
    assert party_of(["AO", "BD", "TR"]) == ""


def test_what_is_refused_or_cannot_be_done_here_is_told_once_and_keeps_no_other_waiting(monkeypatch, tmp_path: Path):
    looks, said = [], []

    def look(_person, _party, _case, _events, due):
        looks.append(due.lot)
        if due.lot == "1":
            raise Refused("draw_pool_shrunk", "名单缩小", "The pool has shrunk")
        if due.lot == "2":
            raise FileNotFoundError
        raise KeyError("committee")

    class Feed:
        def __init__(self, _connection, case):
            self.case, self.events = case, []

        def refresh(self):
            pass

    monkeypatch.setattr(draw_agent_commands, "perform", look)
    monkeypatch.setattr(draw_agent_commands, "CaseFeed", Feed)
    monkeypatch.setattr(draw_agent_commands, "PAUSE", 0)
    lots = iter(("3", "1", "2") * 3)
    monkeypatch.setattr(draw_agent_commands, "tasks", lambda *_: [Due(next(lots), 2, Task.COMMIT)])
    person = SimpleNamespace(connection=Line(lambda _path: ["c", "a", "b"]), logged_in=lambda: True)
    draw_agent_commands.watch(
        person, DrawParty(tmp_path, "agency"), 2, lambda *words: said.append(words), stop=lambda: len(looks) >= 9
    )
    assert looks == ["3", "1", "2"] * 3
    assert [what for what, _about in said] == ["failed", "refused", "elsewhere"]


def test_whatever_an_agent_tells_it_tells_in_both_languages(capsys: pytest.CaptureFixture[str]):
    for what in (*Task, "refused", "failed", "elsewhere"):
        draw_agent_commands._say(str(what), "case/1 #2")
        assert re.search(r"[一-龥].* / [a-z].*: case/1 #2", capsys.readouterr().out)


@pytest.mark.parametrize(("kept", "heard"), [({"password": "x", "totp_secret": "y"}, []), ({}, ["refused"])])
def test_who_is_logged_out_logs_in_again_or_says_so(monkeypatch, tmp_path: Path, kept, heard):
    """To whoever is not logged in a case shows no round: an agent must not wait in silence."""
    turns, said, logged_in = [], [], []

    def current(_path: str) -> list[str]:
        turns.append(1)
        return []

    person = SimpleNamespace(
        connection=Line(current),
        profile=SimpleNamespace(facts=kept),
        logged_in=lambda: False,
        log_in=lambda *_words: logged_in.append(1),
    )
    monkeypatch.setattr(draw_agent_commands, "PAUSE", 0)
    left = iter(range(3))
    draw_agent_commands.watch(
        person, DrawParty(tmp_path, "agency"), 2, lambda what, _about: said.append(what), stop=lambda: next(left) == 2
    )
    assert said == heard
    assert (len(logged_in), len(turns)) == ((1, 2) if kept else (0, 0))
    assert person.connection.told == (["/agent"] if kept else []), "once a minute, and by nobody who is logged out"
