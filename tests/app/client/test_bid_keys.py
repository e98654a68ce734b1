"""A bidder's key in the fallback: promised from the bid's folder, and leaving the machine only when it is time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from small_platform import CASE, LOT, ORIGIN, SmallPlatform, make_committee, serving

from app.casefile.codec import encode
from app.client import bid_commands, bidder
from app.client.acting import Person
from app.client.command_line import Parser
from app.client.connection import Connection
from app.client.keyfile import Profile, write_private
from crypto.envelope import new_bid_identity
from crypto.instants import format_instant
from crypto.key_commitment import key_commitment
from crypto.signing import SignedAct, verify_act
from tests.app.client.signed_world import DEADLINE, TWO_WITNESSES, WITNESSES, World

ITEMS = {"price_fen": "156600000", "duration_days": "30", "project_manager": "演示经理"}


WITHIN = {"unit": "minutes", "amount": 30}


class Platform(SmallPlatform):
    """Takes promises and keys, and says how far the fallback is; what it shows of the case is the `world`'s."""

    ended = False

    def __post_init__(self):
        super().__post_init__()
        self.world = World(profile={"shares_within": WITHIN})
        self.show(DEADLINE)

    def show(self, deadline_at, *more, listed=None):
        """A case with that deadline, closed, and what happened besides; in the list of acts there may be more."""
        world, at = self.world, DEADLINE + timedelta(minutes=1)
        payload = {"deadline_at": format_instant(deadline_at), "submissions_root": "a" * 64, "enough": True}
        closed = world.event("LotClosed", payload, at=at)
        world.events = [*world.published(self.committee.describe(), deadline_at), *more, closed]
        world.listed = None if listed is None else [*world.events[:-1], listed, closed]

    def answer(self, method, path, body, headers):
        told, answer = super().answer(method, path, body, headers)
        if path.endswith("/platform"):
            roots, register = [*answer["roots"], *self.world.roots], encode(TWO_WITNESSES)
            answer |= {"roots": roots, "register": register}
        return told, answer

    def answer_bidder(self, method, path, body, headers):
        match method, path.split("?")[0].split("/")[3:]:
            case "GET", ["cases", _, "events"] if self.ended:
                return {}, {"events": [*self.world.events, self.world.event("CommitmentsEnded", {})], "cursor": "x"}
            case "GET", ["cases", _, "certificates"]:
                return {}, self.world.certificates_
            case "GET", ["register", "acts"]:
                found, begun = self.world.acts(), int(path.rpartition("=")[2])
                return {}, {"entries": [str(one) for one in found.entries[begun:]], "size": len(found.entries)}
            case "GET", ["register", "acts", "cosigned"]:
                return {}, {"notes": [str(note) for note in self.world.acts().notes]}
            case "POST", ["cases", case, lot, "acts", ("KeyCommitted" | "KeyRevealed") as type]:
                sent = json.loads(body)
                signed = SignedAct.from_json({name: sent[name] for name in ("act", "key_id", "signature")})
                spki = self.keys[signed.key_id]
                verify_act(signed, spki, origin=ORIGIN, case=f"{case}/{lot}", type=type, payload=sent["payload"])
                self.head = signed.act_hash
                self.taken = {**getattr(self, "taken", {}), type: sent["payload"]}
                return {}, {"accepted": type, "at": ""}
        return super().answer_bidder(method, path, body, headers)


@pytest.fixture(scope="module")
def platform():
    return Platform(make_committee()[0])


@pytest.fixture(scope="module")
def kept(platform, tmp_path_factory):
    """A submitted bid's folder, and how to run a command on it."""
    folder = tmp_path_factory.mktemp("bid-keys")
    profile = Profile(folder / "me")
    profile.keep(login="a", password="a" * 10, totp_secret=pyotp.random_base32())
    (folder / "offer.txt").write_text("方案")
    with serving(platform) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TENDERHALL_PASSPHRASE", "a long passphrase")
        person = Person(Connection(url, patience=2), profile, profile.key("a long passphrase"))
        person.certify()
        parameters = bidder.fetch_parameters(person.connection, CASE, LOT)
        bidder.seal_bid([folder / "offer.txt"], ITEMS, parameters, person.key, folder / "bid")
        yield folder / "bid", _runner(url, profile), lambda: bidder.submit(person, folder / "bid")


def _runner(url, profile):
    parser = Parser()
    bid_commands.add_parser(parser.commands())

    def run(*words):
        arguments = parser.parse_args([*map(str, words), "--url", url, "--folder", str(profile.folder)])
        return arguments.run(arguments)

    return run


def test_the_key_is_promised_then_revealed_and_not_before(kept, platform, capsys):
    bid, run, submit = kept
    assert run("bid", "commit-key", bid) == 1
    assert "receipt_missing" in capsys.readouterr().err
    submit()
    assert run("bid", "commit-key", bid) == 0
    assert run("bid", "reveal-key", bid) == 1
    assert "key_reveal_early" in capsys.readouterr().err
    assert set(platform.taken) == {"KeyCommitted"}
    platform.ended = True
    for code in unfit_histories(platform):
        assert run("bid", "reveal-key", bid) == 1
        assert f"[{code}]" in capsys.readouterr().err
        assert set(platform.taken) == {"KeyCommitted"}
    platform.show(DEADLINE)
    platform.world.cosigners = WITNESSES
    assert run("bid", "reveal-key", bid) == 0
    revealed, promised = platform.taken["KeyRevealed"], platform.taken["KeyCommitted"]
    assert revealed["identity"] == (bid / "identity.txt").read_text().strip()
    assert key_commitment(*revealed.values()) == promised["commitment"]


def unfit_histories(platform):
    """What somebody shows who has the server, and wants keys before their time or in spite of an order; the refusal."""
    world, now = platform.world, datetime.now(UTC)
    platform.show(now + timedelta(hours=1))
    yield "key_reveal_not_due"
    platform.show(now - timedelta(minutes=29))  # the trustees' own time is not over
    yield "key_reveal_not_due"
    later = {"reason": "延期", "deadlines": {LOT: format_instant(now + timedelta(days=1))}}
    platform.show(DEADLINE, world.event("PostponementReleased", later, ""))
    yield "key_reveal_not_due"
    paused = world.event("PauseOrdered", {"reason": "投诉", "lots": [LOT]}, "")
    platform.show(DEADLINE, paused)
    yield "key_reveal_not_due"
    platform.show(DEADLINE, listed=paused)
    yield "history_withheld"
    platform.show(DEADLINE)
    world.events[1] |= {"payload": {"terms_sha256": "0" * 64}}
    yield "trustee_act_unverified"
    platform.show(DEADLINE)
    world.cosigners = WITNESSES[:1]
    yield "trustee_unvouched"


def test_where_witnesses_are_silent_a_bidder_may_reveal_all_the_same(kept, platform, capsys):
    bid, run, _submit = kept
    platform.show(DEADLINE)
    platform.world.cosigners, platform.taken = (), {}
    assert run("bid", "reveal-key", bid) == 1
    assert "trustee_unvouched" in capsys.readouterr().err
    assert run("bid", "reveal-key", bid, "--unwitnessed") == 0
    assert set(platform.taken) == {"KeyRevealed"}
    platform.show(datetime.now(UTC) + timedelta(hours=1))
    assert run("bid", "reveal-key", bid, "--unwitnessed") == 1
    assert "key_reveal_not_due" in capsys.readouterr().err


@pytest.mark.parametrize("other", [new_bid_identity().identity, "nonsense"], ids=["another", "nonsense"])
def test_the_key_of_another_bid_is_never_sent(kept, platform, capsys, other):
    bid, run, _submit = kept
    original = (bid / "identity.txt").read_bytes()
    write_private(bid / "identity.txt", other.encode())
    sent = len(platform.requests)
    assert run("bid", "commit-key", bid) == 1
    assert "key_differs" in capsys.readouterr().err
    assert not [r for r in platform.requests[sent:] if "/acts/" in r]
    write_private(bid / "identity.txt", original)
