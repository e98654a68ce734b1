"""Shares and releases as objects: they come back verified, altered ones do not."""

import json

import pytest

from crypto.committee import (
    read_release,
    read_share,
    release_object,
    share_object,
)
from tests.crypto.test_committee import COMMITTEE, IDENTITY, OTHER, RELEASE, SHARES, STATEMENT, refusal


def test_share_and_release_objects_come_back_verified():
    share = json.loads(json.dumps(share_object(COMMITTEE, "open", STATEMENT, 3, SHARES[3])))
    assert share["v"] == "bidshare/v1"
    assert read_share(COMMITTEE, share) == (IDENTITY, 3, SHARES[3])
    release = json.loads(json.dumps(release_object(COMMITTEE, "open", STATEMENT, RELEASE)))
    assert (release["v"], release["used"], release["bad"]) == ("bidrelease/v1", [1, 2, 3], [])
    assert read_release(COMMITTEE, release) == (IDENTITY, RELEASE.signature)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"v": "bidrelease/v1"}, "release_malformed"),
        ({"committee": "0" * 64}, "committee_foreign"),
        ({"kind": "draw"}, "release_malformed"),
        ({"kind": 1}, "release_malformed"),
        ({"statement": {}}, "release_malformed"),
        ({"index": True}, "release_malformed"),
        ({"index": 9}, "member_unknown"),
        ({"share": "zz"}, "release_malformed"),
        ({"share": SHARES[1].hex()}, "share_wrong"),
        ({"extra": 1}, "release_malformed"),
    ],
)
def test_altered_share_objects(change, code):
    share = {**share_object(COMMITTEE, "open", STATEMENT, 3, SHARES[3]), **change}
    assert refusal(read_share, COMMITTEE, share).code == code


def test_altered_release_objects():
    release = release_object(COMMITTEE, "open", STATEMENT, RELEASE)
    assert refusal(read_release, COMMITTEE, {**release, "signature": SHARES[1].hex()}).code == "release_wrong"
    assert refusal(read_release, OTHER, release).code == "committee_foreign"
    assert refusal(read_release, COMMITTEE, None).code == "release_malformed"
