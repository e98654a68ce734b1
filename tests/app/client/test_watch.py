"""The trustee's agent: what one case holds keeps no other from its share."""

import pytest

from app.client import live, trustee_commands
from app.client.connection import Refused
from crypto.errors import CryptoError


class SilentChannel:
    def __init__(self, _connection):
        self.turns = 0

    def follow(self, case):
        pass

    def wait(self, _seconds):
        pass

    def close(self):
        pass


class Platform:
    def post(self, *_words, **_more):
        return {}


class Somebody:
    connection = Platform()


@pytest.mark.parametrize(
    "fault",
    [
        Refused("share_wrong", "份额不正确", "The share is wrong"),
        CryptoError("point_invalid", reason="x"),
        KeyError("lots"),
        RecursionError(),
    ],
)
def test_one_odd_case_keeps_no_other_from_its_share(monkeypatch, fault):
    looked, said = [], []

    def sign(_person, _trustees, feed, _source, _announce):
        looked.append(feed.case)
        if feed.case == "odd":
            raise fault

    monkeypatch.setattr(live, "LiveChannel", SilentChannel)
    monkeypatch.setattr(trustee_commands, "ceremony_calls", lambda _person: [])
    monkeypatch.setattr(trustee_commands, "_cases", lambda _person: ["odd", "good"])
    monkeypatch.setattr(trustee_commands, "_sign_what_is_due", sign)
    trustee_commands.watch(Somebody(), list, lambda *words: said.append(words), stop=lambda: len(looked) >= 6)
    assert looked == ["odd", "good"] * 3
    assert len(said) == 1, "told once"
    assert said[0][0] == ("refused" if isinstance(fault, Refused) else "failed")
