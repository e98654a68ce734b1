"""A bidder's key in the fallback: promised from the bid's folder, and leaving the machine only when it is time."""

from __future__ import annotations

import json

import pyotp
import pytest
from small_platform import CASE, LOT, ORIGIN, SmallPlatform, make_committee, serving

from app.client import bid_commands, bidder
from app.client.acting import Person
from app.client.command_line import Parser
from app.client.connection import Connection
from app.client.keyfile import Profile, write_private
from crypto.envelope import new_bid_identity
from crypto.key_commitment import key_commitment
from crypto.signing import SignedAct, verify_act

ITEMS = {"price_fen": "156600000", "duration_days": "30", "project_manager": "演示经理"}


class Platform(SmallPlatform):
    """Takes promises and keys, and says how far the fallback is."""

    ended = False

    def answer_bidder(self, method, path, body, headers):
        match method, path.split("?")[0].split("/")[3:]:
            case "GET", ["cases", _, "events"] if self.ended:
                return {}, {"events": [{"type": "CommitmentsEnded", "lot": LOT, "payload": {}}], "cursor": "x"}
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
    assert run("bid", "reveal-key", bid) == 0
    revealed, promised = platform.taken["KeyRevealed"], platform.taken["KeyCommitted"]
    assert revealed["identity"] == (bid / "identity.txt").read_text().strip()
    assert key_commitment(*revealed.values()) == promised["commitment"]


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
