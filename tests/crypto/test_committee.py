"""The trustees: any k open, fewer do not, who cheats is named, and a second implementation agrees."""

import io
import json
import os
from dataclasses import replace
from hashlib import sha256
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py_arkworks_bls12381 import G2Point, Scalar

from crypto.bls import SIGNATURE_DST, point_bytes
from crypto.committee import (
    Committee,
    check_capsule_header,
    check_dealt_share,
    combine,
    combine_dealings,
    combine_dealt_shares,
    complaint,
    deal,
    identity,
    make_capsule,
    open_capsule,
    run_ceremony,
    sign_share,
    verify_release,
    verify_share,
)
from crypto.envelope import Stanza, encode64, encrypt, new_bid_identity
from crypto.errors import CryptoError
from tests.choices import choices
from tests.crypto.committees import generator, members

COMMITTEE, SECRETS = run_ceremony(members(5), 3, generator(b"five"))
OTHER, OTHER_SECRETS = run_ceremony(members(5), 3, generator(b"others"))
STATEMENT = {"origin": "https://bids.example", "tender": "CN-01", "lot": "1", "envelope": "1", "epoch": 0}
IDENTITY = identity("open", STATEMENT)
SHARES = {index: sign_share(secret, IDENTITY) for index, secret in SECRETS.items()}
RELEASE = combine(COMMITTEE, IDENTITY, {i: SHARES[i] for i in (1, 2, 3)})
BID_KEY = new_bid_identity().identity.encode()
CAPSULE = make_capsule(COMMITTEE, IDENTITY, BID_KEY)


def refusal(call, *args, **kwargs):
    with pytest.raises(CryptoError) as caught:
        call(*args, **kwargs)
    return caught.value


# Releases


def test_every_subset_of_k_gives_the_same_signature():
    subsets = [{i: SHARES[i] for i in subset} for subset in combinations(SHARES, 3)]
    releases = [combine(COMMITTEE, IDENTITY, shares) for shares in subsets]
    assert {release.signature for release in releases} == {RELEASE.signature}
    assert [release.used for release in releases] == [tuple(shares) for shares in subsets]
    assert len(RELEASE.signature) == 48
    assert verify_release(COMMITTEE, IDENTITY, RELEASE.signature)


@pytest.mark.parametrize("present", [(), (4,), (2, 5)])
def test_fewer_than_k_are_refused_with_the_figures(present):
    error = refusal(combine, COMMITTEE, IDENTITY, {i: SHARES[i] for i in present})
    assert error.code == "too_few_shares"
    assert error.facts == {"valid": len(present), "needed": 3, "bad": "-"}


def test_a_bad_share_is_named_and_not_used():
    shares = {**SHARES, 2: SHARES[3], 4: b"\xff" * 48}
    release = combine(COMMITTEE, IDENTITY, shares)
    assert (release.signature, release.used, release.bad) == (RELEASE.signature, (1, 3, 5), (2, 4))
    del shares[5]
    assert refusal(combine, COMMITTEE, IDENTITY, shares).facts == {"valid": 2, "needed": 3, "bad": "2, 4"}


def test_shares_for_another_identity_or_committee_are_bad():
    other = identity("open", {**STATEMENT, "lot": "2"})
    assert not verify_share(COMMITTEE, 1, other, SHARES[1])
    assert not verify_share(OTHER, 1, IDENTITY, SHARES[1])
    assert not verify_share(COMMITTEE, 2, IDENTITY, SHARES[1])
    assert not verify_release(COMMITTEE, other, RELEASE.signature)
    assert not verify_release(OTHER, IDENTITY, RELEASE.signature)


@pytest.mark.parametrize("index", [0, 6, -1])
def test_unknown_trustee(index):
    assert refusal(verify_share, COMMITTEE, index, IDENTITY, SHARES[1]).code == "member_unknown"


def test_every_altered_bit_of_a_signature_is_refused():
    for bit in range(8 * 48):
        altered = bytearray(RELEASE.signature)
        altered[bit // 8] ^= 1 << bit % 8
        assert not verify_release(COMMITTEE, IDENTITY, bytes(altered)), bit


def test_py_ecc_agrees_on_share_combination_and_pairing(py_ecc_oracle):
    """The whole way to the release and its check, once more by another implementation."""
    shares = {i: py_ecc_oracle.sign(SECRETS[i], IDENTITY, SIGNATURE_DST) for i in (2, 4, 5)}
    assert shares == {i: SHARES[i] for i in shares}
    assert py_ecc_oracle.combine(shares) == RELEASE.signature
    public_key = bytes.fromhex(COMMITTEE.commitments[0])
    assert py_ecc_oracle.signature_fits(RELEASE.signature, IDENTITY, public_key, SIGNATURE_DST)


@settings(max_examples=8, deadline=None)
@given(choices(8), st.binary(max_size=8))
def test_any_size_of_committee(chosen, seed):
    n = chosen.one(range(2, 7))
    k = chosen.one(range(2, n + 1))
    committee, secrets = run_ceremony(members(n), k, generator(seed))
    present = chosen.order(range(1, n + 1))[:k]
    release = combine(committee, IDENTITY, {i: sign_share(secrets[i], IDENTITY) for i in present})
    assert verify_release(committee, IDENTITY, release.signature)
    assert Committee.from_description(json.loads(json.dumps(committee.describe()))) == committee


# Identities


def test_identity_is_domain_separated_and_whole():
    data = b'{"envelope":"1","epoch":0,"lot":"1","origin":"https://bids.example","tender":"CN-01"}'
    assert identity("open", STATEMENT) == sha256(b"bidcommittee/v1/open\x00" + data).digest()
    assert len({identity(kind, STATEMENT) for kind in ("open", "draw", "draw-reveal", "roster")}) == 4
    assert refusal(identity, "close", STATEMENT).code == "identity_kind_unknown"


# Description


def test_mode_and_members_leave_the_id_alone():
    described = {**COMMITTEE.describe(), "mode": "M1"}
    assert COMMITTEE.mode == "M0"
    described["members"][0]["organisation"] = "纪委监委"
    assert Committee.from_description(described).id == COMMITTEE.id
    assert OTHER.id != COMMITTEE.id


def changed(path, value):
    described = COMMITTEE.describe()
    target = described
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return described


INFINITY = ("c0" + "00" * 95,)
CASES = [
    (("v",), "bidcommittee/v2", "committee_malformed"),
    (("dst",), "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_", "committee_malformed"),
    (("mode",), "M9", "committee_malformed"),
    (("extra",), 1, "committee_malformed"),
    (("k",), 1, "committee_size"),
    (("k",), 6, "committee_size"),
    (("k",), 2, "committee_malformed"),
    (("k",), "3", "committee_malformed"),
    (("k",), True, "committee_malformed"),
    (("n",), 33, "committee_size"),
    (("n",), 4, "committee_malformed"),
    (("members",), {}, "committee_malformed"),
    (("members", 0), "x", "committee_malformed"),
    (("members", 0, "index"), 0, "committee_malformed"),
    (("members", 4, "index"), 6, "committee_malformed"),
    (("members", 0, "key_id"), "abc", "committee_malformed"),
    (("members", 0, "key_id"), members(2)[1].key_id, "committee_malformed"),
    (("commitments", 0), "zz", "committee_malformed"),
    (("commitments", 0), COMMITTEE.commitments[0].upper(), "committee_malformed"),
    (("commitments", 1), INFINITY[0], "point_wrong"),
    (("commitments", 1), "ff" * 96, "point_wrong"),
    (("commitments", 1), "80" + "00" * 95, "point_wrong"),
]


@pytest.mark.parametrize(("path", "value", "code"), CASES)
def test_description_is_read_strictly(path, value, code):
    assert refusal(Committee.from_description, changed(path, value)).code == code


@pytest.mark.parametrize("description", [None, [], "x", {}])
def test_what_is_no_description(description):
    assert refusal(Committee.from_description, description).code == "committee_malformed"


# Ceremony


DEALT = [deal("c1", i, 5, 3, os.urandom) for i in range(1, 6)]
ROGUE, _ = deal("c1", 1, 5, 3, os.urandom)


def test_trustees_of_their_own_make_a_committee():
    dealings = [dealing for dealing, _ in DEALT]
    secrets = {i: combine_dealt_shares(dealings, i, {d.dealer: s[i] for d, s in DEALT}) for i in range(1, 6)}
    committee = combine_dealings(dealings, members(5), 3)
    assert committee.mode == "M1"
    for index, secret in secrets.items():
        assert point_bytes(G2Point() * Scalar(int.from_bytes(secret, "big"))) == point_bytes(
            committee.public_share(index)
        )


def test_wrong_dealt_share_is_refused_and_complained_of():
    dealing, shares = deal("c1", 2, 5, 3, os.urandom)
    check_dealt_share(dealing, 4, shares[4])
    for wrong in (shares[5], bytes(32), b"", b"\xff" * 32):
        assert refusal(check_dealt_share, dealing, 4, wrong).facts == {"dealer": 2, "index": 4}
        assert complaint(dealing, 4, wrong)["share"] == wrong.hex()
    assert refusal(complaint, dealing, 4, shares[4]).code == "complaint_unfounded"


def spoiled(dealing):
    """Dealings that a cheat might publish in place of `dealing`."""
    return {
        "another ceremony": replace(dealing, ceremony="c0"),
        "somebody else's dealing": replace(ROGUE, dealer=dealing.dealer),
        "no proof": replace(dealing, proof=ROGUE.proof),
        "proof is no point": replace(dealing, proof=bytes(48)),
        "a commitment is no point": replace(dealing, commitments=(*dealing.commitments[:2], b"\xff" * 96)),
        "too few": replace(dealing, commitments=dealing.commitments[:2]),
        "too many": replace(dealing, commitments=(*dealing.commitments, dealing.commitments[0])),
        "rogue key": replace(dealing, commitments=(ROGUE.commitments[0], *dealing.commitments[1:])),
    }


@pytest.mark.parametrize("kind", list(spoiled(DEALT[1][0])))
def test_wrong_dealing_names_its_dealer(kind):
    dealings = [dealing for dealing, _ in DEALT]
    dealings[1] = spoiled(dealings[1])[kind]
    error = refusal(combine_dealings, dealings, members(5), 3)
    assert (error.code, error.facts["dealer"]) == ("dealing_wrong", 2)


def test_every_member_deals_once():
    dealings = [dealing for dealing, _ in DEALT]
    for incomplete in (dealings[:4], [*dealings[:4], dealings[0]]):
        assert refusal(combine_dealings, incomplete, members(5), 3).code == "dealings_incomplete"
    shares = {d.dealer: s[1] for d, s in DEALT[:4]}
    assert refusal(combine_dealt_shares, dealings, 1, shares).code == "dealings_incomplete"


@pytest.mark.parametrize(("n", "k"), [(5, 1), (5, 6), (33, 3), (0, 0), (1, 1)])
def test_size_bounds(n, k):
    assert refusal(run_ceremony, members(n), k, os.urandom).code in {"committee_size", "dealings_incomplete"}
    assert refusal(deal, "c", 1, n, k, os.urandom).code == "committee_size"


def test_dealer_outside_the_committee():
    assert refusal(deal, "c", 6, 5, 3, os.urandom).code == "member_unknown"


# Capsules


def test_capsule_opens_with_the_release_alone():
    assert len(CAPSULE) == 492
    check_capsule_header(CAPSULE, COMMITTEE, IDENTITY)
    assert open_capsule(COMMITTEE, IDENTITY, RELEASE.signature, CAPSULE) == BID_KEY


def test_wrong_release_is_not_blamed_on_the_capsule():
    for signature in (SHARES[1], bytes(48), b""):
        assert refusal(open_capsule, COMMITTEE, IDENTITY, signature, CAPSULE).code == "release_wrong"


def test_foreign_capsules_are_refused_with_and_without_the_key():
    second = identity("open", {**STATEMENT, "lot": "2"})
    signature = combine(COMMITTEE, second, {i: sign_share(SECRETS[i], second) for i in (1, 2, 3)}).signature
    for error in (
        refusal(check_capsule_header, CAPSULE, COMMITTEE, second),
        refusal(open_capsule, COMMITTEE, second, signature, CAPSULE),
    ):
        assert (error.code, error.facts["field"]) == ("capsule_foreign", "identity")
    error = refusal(check_capsule_header, CAPSULE, OTHER, IDENTITY)
    assert (error.code, error.facts["found"], error.facts["expected"]) == ("capsule_foreign", COMMITTEE.id, OTHER.id)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 8 * len(CAPSULE) - 1))
def test_every_altered_bit_of_a_capsule_is_refused(bit):
    altered = bytearray(CAPSULE)
    altered[bit // 8] ^= 1 << bit % 8
    error = refusal(open_capsule, COMMITTEE, IDENTITY, RELEASE.signature, bytes(altered))
    assert error.code in {"capsule_malformed", "capsule_foreign", "capsule_wrong"}


@pytest.mark.parametrize("cut", [0, 1, 100, 480, 491])
def test_truncated_and_extended_capsules(cut):
    for altered in (CAPSULE[:cut], CAPSULE + bytes(cut + 1)):
        error = refusal(open_capsule, COMMITTEE, IDENTITY, RELEASE.signature, altered)
        assert error.code in {"capsule_malformed", "capsule_wrong"}


class Raw:
    def __init__(self, *stanzas):
        self.stanzas = list(stanzas)

    def wrap(self, file_key):
        return self.stanzas


def capsule_of(*stanzas):
    made = io.BytesIO()
    encrypt(io.BytesIO(b"x"), made, [Raw(*stanzas)])
    return made.getvalue()


def test_header_check_refuses_other_shapes():
    good = ("tenderhall/bidcommittee-v1", COMMITTEE.id, encode64(IDENTITY))
    u = point_bytes(G2Point())
    refused = {
        "stanzas": [
            [Stanza(good, u + bytes(32)), Stanza(("grease",))],
            [Stanza(("X25519", "a", "b"))],
            [Stanza(good[:2])],
        ],
        "identity": [[Stanza((*good[:2], good[2] + "="))]],
        "body": [[Stanza(good, u)], [Stanza(good)]],
        "U is no point": [[Stanza(good, bytes(128))]],
    }
    check_capsule_header(capsule_of(Stanza(good, u + bytes(32))), COMMITTEE, IDENTITY)
    for reason, shapes in refused.items():
        for stanzas in shapes:
            error = refusal(check_capsule_header, capsule_of(*stanzas), COMMITTEE, IDENTITY)
            assert (error.code, error.facts["reason"]) == ("capsule_malformed", reason)
    for capsule in (b"", b"PK\x03\x04", bytes(5000)):
        assert refusal(check_capsule_header, capsule, COMMITTEE, IDENTITY).code == "capsule_malformed"


def test_header_that_lies_about_its_key_is_found_at_the_opening():
    """Anybody can write a right-looking header; that it opens nothing is seen when the signature exists."""
    good = ("tenderhall/bidcommittee-v1", COMMITTEE.id, encode64(IDENTITY))
    hollow = capsule_of(Stanza(good, point_bytes(G2Point()) + bytes(32)))
    assert refusal(open_capsule, COMMITTEE, IDENTITY, RELEASE.signature, hollow).code == "capsule_wrong"


# Objects
