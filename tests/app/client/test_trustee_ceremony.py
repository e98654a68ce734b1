"""A key ceremony by the trustees' own tools, over the real application's API, until their shares open a capsule."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from app.casefile import ceremony as rules
from app.casefile.ceremony import Ceremony
from app.casefile.register import CeremonyEnded
from app.client import ceremony as tool
from app.client import ceremony_commands, trustee_commands
from app.client.acting import Person
from app.client.ceremony import take_part, waiting_ceremonies
from app.client.command_line import Parser
from app.client.connection import Connection, Refused
from app.client.keyfile import Profile, write_key
from app.client.trustee import Trustee, setup_m0
from app.factory import create_app
from app.services import ceremonies
from app.services.platform import DIST
from crypto.certificates import create_authority
from crypto.committee import combine, identity, make_capsule, open_capsule, sign_share
from crypto.envelope import HybridIdentity
from tests.app.workbench import Bench, RealClock

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
PASSPHRASE = "opposed interests"
LOGINS = ("trustee-1", "trustee-2", "trustee-3")


@dataclass(frozen=True)
class Hall:
    """The application, served, and everybody in it."""

    bench: Bench
    url: str

    def open(self, k: int = 2) -> str:
        keys = [self.bench.people[login].key.key_id for login in LOGINS]
        return ceremonies.open_ceremony(self.bench.platform, self.bench.people["centre"].log_in, k, keys)

    def person(self, folder: Path, login: str) -> Person:
        """Somebody's tool in a folder, with the key that is certified; a tool that is started again is a new one."""
        profile, key = Profile(folder / login), self.bench.people[login].key
        if not profile.key_path.exists():
            write_key(profile.key_path, key, PASSPHRASE)
            profile.keep(login=login, base_url=self.url, key_id=key.key_id, token=self.bench.token(login))
        connection = Connection(self.url, token=profile.facts["token"], patience=5)
        return Person(connection, profile, profile.key(PASSPHRASE))


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    bench = Bench(tmp_path_factory.mktemp("hall"), clock=RealClock()).found()
    app = create_app(bench.platform.settings)
    app.extensions["tenderhall"] = bench.platform
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Hall(bench, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    bench.platform.database.dispose()


class PulledPlug(Exception):
    """The machine stops here."""


def run(person: Person, ceremony: str, said: list[str], confirmed: list[str] | None = None) -> Any:
    def confirm(found: Ceremony) -> bool:
        if confirmed is not None:
            confirmed.append(found.id)
        return True

    def announce(what: str, about: str) -> None:
        said.append(f"{what} {about}")

    return take_part(person, PASSPHRASE, ceremony, confirm=confirm, announce=announce, pause=0.05)


@contextmanager
def everybody(hall: Hall, folder: Path, ceremony: str, logins: tuple[str, ...] = LOGINS) -> Iterator[dict[str, Any]]:
    """Each trustee's tool in a thread of its own; what came of it, by log-in, once the block and all are done."""
    came: dict[str, Any] = {}

    def one(login: str) -> None:
        try:
            came[login] = run(hall.person(folder, login), ceremony, [])
        except Exception as exc:
            came[login] = exc

    threads = [threading.Thread(target=one, args=(login,)) for login in logins]
    for thread in threads:
        thread.start()
    yield came
    for thread in threads:
        thread.join(60)


def test_three_trustees_one_of_them_interrupted_make_a_committee_that_opens(hall, tmp_path, monkeypatch):
    ceremony, confirmed = hall.open(), []
    sent, send = [], tool.Part.send

    def interrupted(part, step):
        """The third machine stops after each of its steps has left, before it hears the answer."""
        send(part, step)
        if part.person.key.key_id == hall.bench.people["trustee-3"].key.key_id:
            sent.append(step)
            raise PulledPlug

    monkeypatch.setattr(tool.Part, "send", interrupted)
    with everybody(hall, tmp_path, ceremony, LOGINS[:2]) as came:
        for _ in range(3):  # joined, dealt, accepted
            with pytest.raises(PulledPlug):
                run(hall.person(tmp_path, "trustee-3"), ceremony, [], confirmed)
        committee = run(hall.person(tmp_path, "trustee-3"), ceremony, [], confirmed)
    assert came == {"trustee-1": committee, "trustee-2": committee}
    assert [type(step).__name__ for step in sent] == ["CeremonyJoined", "DealingGiven", "DealingsAccepted"]
    assert confirmed == [ceremony], "asked once, whatever happens in between"
    assert (committee.mode, committee.k, committee.n) == ("M1", 2, 3)
    trustees = [Trustee.read(Profile(tmp_path / login), PASSPHRASE) for login in LOGINS]
    ident = identity("open", {"lot": "1"})
    capsule = make_capsule(committee, ident, b"the identity of a bid")
    for pair in ((0, 1), (1, 2), (0, 2)):
        shares = {trustees[i].index: sign_share(trustees[i].secret, ident) for i in pair}
        release = combine(trustees[0].committee, ident, shares)
        assert open_capsule(committee, ident, release.signature, capsule) == b"the identity of a bid"
    for login in LOGINS:
        assert not (tmp_path / login / "ceremony" / ceremony).exists(), "temporary secrets are gone"
        assert (tmp_path / login / "share.age").stat().st_mode & 0o777 == 0o600
        assert run(hall.person(tmp_path, login), ceremony, []) == committee, "called again it only looks"
        assert waiting_ceremonies(hall.person(tmp_path, login)) == []


def test_a_dealing_is_made_once_also_when_it_never_left(hall, tmp_path, monkeypatch):
    ceremony, made, real = hall.open(), [], tool.deal
    monkeypatch.setattr(tool, "deal", lambda *a: made.append(a[1]) or real(*a))
    send = tool.Part.send

    def lost(part, step):
        """Each kind of step of the first trustee fails once before it leaves."""
        kind = type(step).__name__
        if part.person.profile.folder.name == "trustee-1" and kind not in seen:
            seen.add(kind)
            raise PulledPlug
        send(part, step)

    seen: set[str] = set()
    monkeypatch.setattr(tool.Part, "send", lost)
    with everybody(hall, tmp_path, ceremony, LOGINS[1:]) as came:
        for _ in range(3):
            with pytest.raises(PulledPlug):
                run(hall.person(tmp_path, "trustee-1"), ceremony, [])
        committee = run(hall.person(tmp_path, "trustee-1"), ceremony, [])
    assert set(came.values()) == {committee}
    assert sorted(made) == [1, 2, 3]


def test_who_is_dealt_a_wrong_share_complains_and_the_dealer_is_named(hall, tmp_path, monkeypatch):
    ceremony, real = hall.open(), tool.deal

    def crooked(name, dealer, n, k, rng):
        public, shares = real(name, dealer, n, k, rng)
        return public, {**shares, 3: shares[1]} if dealer == 2 else shares

    monkeypatch.setattr(tool, "deal", crooked)
    with everybody(hall, tmp_path, ceremony) as came:
        pass
    assert {login: refusal.code for login, refusal in came.items()} == dict.fromkeys(LOGINS, "ceremony_ended")
    assert came["trustee-1"].facts == {"because": "share_wrong", "words": "-", "who": "trustee2单位"}
    assert not any((tmp_path / login / "share.age").exists() for login in LOGINS)


def test_who_has_complained_never_accepts_there_again(hall, tmp_path):
    """The complaint lays the identity open; a platform that hides it and shows other dealings gets no acceptance."""
    ceremony, refusals = hall.open(), []
    with everybody(hall, tmp_path, ceremony, LOGINS[1:]) as came:
        keeping = tool.Keeping(Profile(tmp_path / "trustee-1"), ceremony, PASSPHRASE)
        person = hall.person(tmp_path, "trustee-1")
        keeping.note(complained=True)
        with pytest.raises(Refused) as caught:
            run(person, ceremony, [])
        refusals.append(caught.value.code)
        ceremonies.cancel_ceremony(hall.bench.platform, hall.bench.people["centre"].log_in, ceremony, "x")
    assert refusals == ["ceremony_complained"]
    assert {login: refusal.code for login, refusal in came.items()} == dict.fromkeys(LOGINS[1:], "ceremony_ended")


def test_a_cancellation_that_the_platform_invents_costs_nobody_an_accepted_share(hall, tmp_path, monkeypatch):
    ceremony, person = hall.open(), hall.person(tmp_path, "trustee-1")
    real, send, accepted = tool.Part.look, tool.Part.send, []
    monkeypatch.setattr(tool.Part, "send", lambda part, step: (send(part, step), accepted.append(step))[0])

    def look(part: tool.Part) -> Ceremony:
        found, mine = real(part), part.person.profile.folder == person.profile.folder
        done = any(type(step).__name__ == "DealingsAccepted" and step.index == 1 for step in accepted)
        return rules.apply(found, CeremonyEnded(ceremony, rules.CANCELLED, 0, "x", {})) if mine and done else found

    with everybody(hall, tmp_path, ceremony, LOGINS[1:]) as came:
        monkeypatch.setattr(tool.Part, "look", look)
        with pytest.raises(Refused, match="ceremony_ended"):
            run(person, ceremony, [])
    monkeypatch.setattr(tool.Part, "look", real)
    assert run(person, ceremony, []) == came["trustee-2"] == came["trustee-3"]


def test_a_folder_with_a_share_of_another_committee_is_left_alone(hall, tmp_path):
    ceremony = hall.open()
    person = hall.person(tmp_path, "trustee-1")
    other = Profile(tmp_path / "other")
    other.key(PASSPHRASE)
    for profile in (person.profile, other):
        profile.keep(organisation="x")
    setup_m0([person.profile, other], 2, PASSPHRASE, os.urandom)
    before = (person.profile.folder / "share.age").read_bytes()
    with pytest.raises(Refused, match="ceremony_folder_taken"):
        run(person, ceremony, [])
    assert (person.profile.folder / "share.age").read_bytes() == before


def test_what_was_not_confirmed_is_not_signed(hall, tmp_path):
    ceremony, person = hall.open(), hall.person(tmp_path, "trustee-1")
    with pytest.raises(Refused, match="ceremony_declined"):
        take_part(person, PASSPHRASE, ceremony, confirm=lambda found: False, announce=lambda *said: None)
    assert person.connection.get(f"/ceremonies/{ceremony}")["joined"] == []


@pytest.fixture
def lying(hall, tmp_path, monkeypatch):
    """A trustee's tool and a platform that shows it the ceremony changed by `change`."""
    ceremony, person = hall.open(), hall.person(tmp_path, "trustee-1")

    def lie(change: Any) -> str:
        real = person.connection.get

        def shown(path: str, **query: str) -> Any:
            answer = real(path, **query)
            if path == f"/ceremonies/{ceremony}":
                change(answer)
            return answer

        monkeypatch.setattr(person.connection, "get", shown)
        with pytest.raises(Exception) as caught:
            run(person, ceremony, [])
        return getattr(caught.value, "code", repr(caught.value))

    return lie


def test_certificates_must_come_from_the_pinned_root(lying, tmp_path, hall):
    now = hall.bench.clock()
    other = create_authority("another", "root", now, now.replace(year=now.year + 1)).certificate_pem
    profile = hall.person(tmp_path, "trustee-1").profile
    profile.keep(origin="test.example", roots=[other])
    assert lying(lambda answer: None) == "certificate_issuer"


def test_a_member_is_who_the_certificate_says(lying):
    assert (
        lying(lambda answer: answer["opened"]["members"][1].update(organisation="x")) == "ceremony_certificate_differs"
    )


def test_a_missing_certificate_is_none(lying):
    assert (
        lying(lambda answer: answer["certificates"].pop(answer["opened"]["members"][1]["key_id"]))
        == "certificate_malformed"
    )


def test_a_step_that_nobody_signed_is_refused(lying):
    recipient, proof = HybridIdentity.generate().recipient, {"key_id": "0" * 64, "signature": ""}

    def joined(answer: Any) -> None:
        payload = {"ceremony": answer["ceremony"], "index": 2, "recipient": recipient, "proof": proof}
        answer["facts"].append({"type": "CeremonyJoined", "payload": payload})

    assert lying(joined) == "key_foreign"


def test_a_list_of_members_that_changes_is_refused(hall, tmp_path, monkeypatch):
    ceremony, person = hall.open(), hall.person(tmp_path, "trustee-1")
    send = tool.Part.send
    monkeypatch.setattr(tool.Part, "send", lambda part, step: send(part, step) or stop())

    def stop() -> None:
        raise PulledPlug

    with pytest.raises(PulledPlug):
        run(person, ceremony, [])
    real = person.connection.get
    monkeypatch.setattr(person.connection, "get", lambda path, **query: _other_k(real(path, **query)))
    with pytest.raises(Exception, match=r"ceremony_changed|signature_wrong"):
        run(person, ceremony, [])


def _other_k(answer: Any) -> Any:
    if isinstance(answer, dict) and "opened" in answer:
        answer["opened"]["k"] = 3
    return answer


def test_an_id_that_leads_out_of_the_folder_is_refused(hall, tmp_path):
    with pytest.raises(Refused, match="ceremony_id_wrong"):
        run(hall.person(tmp_path, "trustee-1"), "../" * 10 + "ab", [])


def test_the_command_without_a_ceremony_certifies_and_says_the_fingerprint(hall, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TENDERHALL_PASSPHRASE", PASSPHRASE)
    monkeypatch.setattr(ceremony_commands, "waiting_ceremonies", lambda person: [])
    person = hall.person(tmp_path, "trustee-1")
    parser = Parser()
    trustee_commands.add_parser(parser.commands())
    arguments = parser.parse_args(["trustee", "ceremony", "--folder", str(person.profile.folder)])
    assert arguments.run(arguments) == 0
    assert person.key.key_id in capsys.readouterr().out.replace(" ", "")


def test_the_command_shows_the_members_and_asks(hall, tmp_path, monkeypatch, capsys):
    ceremony, person = hall.open(), hall.person(tmp_path, "trustee-1")
    monkeypatch.setenv("TENDERHALL_PASSPHRASE", PASSPHRASE)
    person.profile.keep(password="not needed: the token counts")
    monkeypatch.setattr("builtins.input", lambda question: "n")
    parser = Parser()
    trustee_commands.add_parser(parser.commands())
    arguments = parser.parse_args(["trustee", "ceremony", ceremony, "--folder", str(person.profile.folder)])
    assert arguments.run(arguments) == 1
    said = capsys.readouterr()
    assert "trustee2单位" in said.out
    key = hall.bench.people["trustee-2"].key.key_id
    assert f"{key[:4]} {key[4:8]}" in said.out
    assert "nothing was signed" in said.err
    hall.open()
    arguments = parser.parse_args(["trustee", "ceremony", "--folder", str(person.profile.folder)])
    assert arguments.run(arguments) == 1
    assert "Several key ceremonies wait" in capsys.readouterr().err
