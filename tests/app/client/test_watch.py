"""The trustee's agent: what one case holds keeps no other from its share."""

from types import SimpleNamespace

import pytest

from app.client import live, trustee_commands
from app.client.connection import Refused
from app.client.trustee import Share
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


@pytest.mark.parametrize(
    ("facts", "vouched_by", "type", "signs"),
    [
        ({}, (), "ShareReleased", True),
        ({"restored_at": "2026-03-03T00:00:00Z"}, (), "ShareReleased", False),
        ({"restored_at": "2026-03-03T00:00:00Z"}, (), "DrawShareReleased", False),
        ({"restored_at": "2026-03-03T00:00:00Z"}, ("w1",), "ShareReleased", True),
        ({"restored_at": "2026-03-03T00:00:00Z"}, (), "RehearsalShareSigned", True),
    ],
)
def test_a_restored_folder_signs_unattended_only_what_witnesses_vouch_for(monkeypatch, facts, vouched_by, type, signs):
    """It does not remember what it signed; where nobody outside remembers either, a person looks."""
    said, sent = [], []
    share = Share("1", type, {}, "c1/1", vouched_by)
    monkeypatch.setattr(trustee_commands, "_due", lambda *_words: [share])
    monkeypatch.setattr(trustee_commands, "hand_in", lambda _person, case, one: sent.append((case, one)))
    person = SimpleNamespace(profile=SimpleNamespace(facts=facts))
    feed = SimpleNamespace(case="c1", refresh=lambda: [])
    trustee_commands._sign_what_is_due(person, [], feed, None, lambda *words: said.append(words))
    assert (bool(sent), said[0][0]) == ((True, "signed") if signs else (False, "refused"))
