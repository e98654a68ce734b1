"""A resharing by the trustees' own tools over the real application, in the middle of a tender with sealed bids."""

from __future__ import annotations

import pytest

from app.casefile.sealing import committee_of
from app.client import trustee_commands
from app.client.ceremony_calls import ceremony_calls
from app.client.command_line import Parser
from app.client.connection import Refused
from app.client.handover import handed_on
from app.client.holding import holdings
from app.client.keyfile import Profile
from app.client.trustee import Trustee
from app.services import ceremonies
from app.services.platform import DIST
from tests.app.client.test_trustee_ceremony import LOGINS, PASSPHRASE, everybody, hall, run
from tests.app.services.people import LOT

__all__ = ["hall"]
pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")


def reshare(hall, committee: str, order: tuple[int, ...], k: int) -> str:
    keys = [hall.bench.people[f"trustee-{i}"].key.key_id for i in order]
    return ceremonies.open_resharing(hall.bench.platform, hall.bench.people["centre"].log_in, committee, k, keys)


def command(monkeypatch, folder, *arguments: str) -> int:
    monkeypatch.setenv("TENDERHALL_PASSPHRASE", PASSPHRASE)
    parser = Parser()
    trustee_commands.add_parser(parser.commands())
    parsed = parser.parse_args(["trustee", *arguments, "--folder", str(folder)])
    return parsed.run(parsed)


def calls(hall, folder) -> dict[str, list[str]]:
    """What each trustee's agent calls for by hand."""
    return {login: [call.code for call in ceremony_calls(hall.person(folder, login))] for login in LOGINS}


def test_the_tools_hand_a_key_on_open_with_it_and_destroy_the_old_shares(hall, tmp_path, monkeypatch, capsys):
    with everybody(hall, tmp_path, hall.open()) as made:
        pass
    before = made["trustee-1"]
    bench = hall.bench
    bench.publish(seconds=600)
    assert committee_of(bench.case) == before
    agents = {login: Trustee.follow(Profile(tmp_path / login), PASSPHRASE) for login in LOGINS}
    assert [[one.committee for one in agents[login]()] for login in LOGINS] == [[before]] * 3
    ceremony = reshare(hall, before.id, (3, 1), 2)
    assert calls(hall, tmp_path) == {"trustee-1": ["ceremony_waits"], "trustee-2": [], "trustee-3": ["ceremony_waits"]}
    with everybody(hall, tmp_path, ceremony) as came:
        pass
    committee = came["trustee-1"]
    assert list(came.values()) == [committee] * 3, "who only hands on hears of the end as well"
    assert (committee.id, committee.k, committee.n) == (before.id, 2, 2)
    kept = {login: holdings(Profile(tmp_path / login)) for login in LOGINS}
    assert [[h.committee == committee for h in kept[login]] for login in LOGINS] == [
        [True, False],
        [False],
        [True, False],
    ]
    assert [h.index for h in kept["trustee-1"]] == [2, 1]
    new_first, old_only = [committee, before], [before]
    assert [[one.committee for one in agents[login]()] for login in LOGINS] == [new_first, old_only, new_first]
    assert calls(hall, tmp_path) == {"trustee-1": [], "trustee-2": ["ceremony_unfinished_here"], "trustee-3": []}
    person = hall.person(tmp_path, "trustee-1")
    assert [old.needed_by for old in handed_on(person)] == [(bench.case_id,)], "the case was not told yet"
    bench.work_off()
    assert committee_of(bench.case) == committee
    assert [old.needed_by for old in handed_on(person)] == [()]
    one, old = Trustee.read_all(Profile(tmp_path / "trustee-1"), PASSPHRASE)
    assert one.memory is old.memory
    for login in ("trustee-1", "trustee-2"):
        hall.person(tmp_path, login).profile.keep(password="not needed: the token counts")
    monkeypatch.setattr("builtins.input", lambda question: "n")
    assert command(monkeypatch, tmp_path / "trustee-1", "ceremony") == 0
    assert "destroy" in capsys.readouterr().out
    assert len(holdings(Profile(tmp_path / "trustee-1"))) == 2, "not without the trustee's word"
    for login, left in (("trustee-1", 1), ("trustee-2", 0)):
        assert command(monkeypatch, tmp_path / login, "ceremony", "--destroy") == 0
        assert len(holdings(Profile(tmp_path / login))) == left
    assert command(monkeypatch, tmp_path / "trustee-1", "ceremony", "--destroy") == 0
    assert holdings(Profile(tmp_path / "trustee-1"))[0].committee == committee
    with pytest.raises(Refused, match="trustee_without_share"):
        Trustee.read(Profile(tmp_path / "trustee-2"), PASSPHRASE)
    assert LOT in {lot.number for lot in bench.case.tender.published.lots}
    assert run(hall.person(tmp_path, "trustee-3"), ceremony, []) == committee, "called again it only looks"


def test_a_resharing_that_is_only_claimed_destroys_nothing(hall, tmp_path, monkeypatch):
    with everybody(hall, tmp_path, hall.open()) as made:
        pass
    person = hall.person(tmp_path, "trustee-1")
    ceremony = reshare(hall, made["trustee-1"].id, (1, 2, 3), 2)
    real = person.connection.get

    def lying(path: str, **query: str):
        answer = real(path, **query)
        if path == "/ceremonies":
            return [{**shown, "stage": "complete"} for shown in answer]
        return answer

    monkeypatch.setattr(person.connection, "get", lying)
    assert ceremony in {shown["ceremony"] for shown in lying("/ceremonies")}
    assert handed_on(person) == []
