"""A committee's members change: the key stays, any k' of the new sign the same signature, old and new do not mix."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from itertools import combinations

import pytest
from hypothesis import given, settings

from crypto.committee import (
    Committee,
    Member,
    Release,
    check_dealt_share,
    check_redealing,
    combine,
    combine_redealings,
    combine_redealt_shares,
    deal_again,
    identity,
    make_capsule,
    open_capsule,
    run_ceremony,
    sign_share,
    verify_release,
    verify_share,
)
from crypto.errors import CryptoError
from tests.choices import choices
from tests.crypto.committees import generator

IDENTITY = identity("open", {"lot": "1"})


def members(n: int, name: str = "new") -> tuple[Member, ...]:
    return tuple(Member(i, f"{name} {i}", sha256(f"{name}{i}".encode()).hexdigest()) for i in range(1, n + 1))


OLD, OLD_SECRETS = run_ceremony(members(5, "old"), 3, generator(b"old"))
SIGNATURE = combine(OLD, IDENTITY, {i: sign_share(OLD_SECRETS[i], IDENTITY) for i in (1, 2, 3)}).signature


def reshared(previous, secrets, dealers, n, k, seed=b"again"):
    rng = generator(seed)
    dealt = [deal_again("run", previous, i, secrets[i], n, k, rng) for i in dealers]
    dealings = [dealing for dealing, _ in dealt]
    committee = combine_redealings(previous, dealings, members(n), k)
    fresh = {
        index: combine_redealt_shares(dealings, index, {d.dealer: shares[index] for d, shares in dealt})
        for index in range(1, n + 1)
    }
    return committee, fresh


def refusal(call, *args):
    with pytest.raises(CryptoError) as caught:
        call(*args)
    return caught.value


@settings(max_examples=12, deadline=None)
@given(choices(15))
def test_any_k_old_trustees_hand_on_the_same_key_and_any_k_new_ones_sign_the_same_signature(chosen):
    dealers = chosen.order(range(1, 6))[:3]
    n = chosen.one(range(2, 7))
    k = chosen.one(range(2, n + 1))
    committee, secrets = reshared(OLD, OLD_SECRETS, dealers, n, k)
    assert (committee.id, committee.public_key, committee.mode) == (OLD.id, OLD.public_key, OLD.mode)
    assert (committee.n, committee.k, committee.members) == (n, k, members(n))
    signers = chosen.order(range(1, n + 1))[:k]
    shares = {i: sign_share(secrets[i], IDENTITY) for i in signers}
    assert combine(committee, IDENTITY, shares) == Release(SIGNATURE, tuple(sorted(signers)), ())
    fewer = dict(list(shares.items())[:-1])
    assert refusal(combine, committee, IDENTITY, fewer).code == "too_few_shares"


NEW, NEW_SECRETS = reshared(OLD, OLD_SECRETS, (2, 3, 5), 7, 4)


def test_fewer_than_k_new_shares_are_no_signature_even_when_the_threshold_is_lied_about():
    """Three shares of a polynomial of degree 3, combined as if three were enough."""
    lying = run_ceremony(members(7), 3, generator(b"lie"))[0]
    signed = {i: sign_share(secret, IDENTITY) for i, secret in NEW_SECRETS.items()}
    for some in list(combinations(range(1, 8), 3))[:5]:
        shares = {i: signed[i] for i in some}
        with pytest.raises(CryptoError, match="too_few_shares"):
            combine(lying, IDENTITY, shares)
        with pytest.raises(CryptoError, match="too_few_shares"):
            combine(NEW, IDENTITY, shares)


def test_old_and_new_shares_never_combine():
    old = {i: sign_share(OLD_SECRETS[i], IDENTITY) for i in OLD_SECRETS}
    new = {i: sign_share(NEW_SECRETS[i], IDENTITY) for i in NEW_SECRETS}
    assert not any(verify_share(NEW, i, IDENTITY, old[i]) for i in old)
    assert not any(verify_share(OLD, i, IDENTITY, new[i]) for i in old)
    mixed = {1: old[1], 2: old[2], 3: new[3], 4: new[4]}
    found = refusal(combine, NEW, IDENTITY, mixed)
    assert (found.code, found.facts["valid"], found.facts["bad"]) == ("too_few_shares", 2, "1, 2")


def test_a_capsule_sealed_before_opens_afterwards():
    capsule = make_capsule(OLD, IDENTITY, b"bid")
    release = combine(NEW, IDENTITY, {i: sign_share(NEW_SECRETS[i], IDENTITY) for i in (1, 4, 6, 7)})
    assert verify_release(OLD, IDENTITY, release.signature)
    assert open_capsule(NEW, IDENTITY, release.signature, capsule) == b"bid"


def test_resharing_again_goes_on_from_the_new_members():
    third, secrets = reshared(NEW, NEW_SECRETS, (7, 1, 4, 2), 3, 2, b"third")
    shares = {i: sign_share(secrets[i], IDENTITY) for i in (1, 3)}
    assert third.id == OLD.id
    assert combine(third, IDENTITY, shares).signature == SIGNATURE


def test_a_mode_stays_what_it_was():
    assert NEW.mode == "M0"
    assert Committee.from_description(NEW.describe()) == NEW


def test_who_deals_another_share_than_its_own_is_named():
    assert refusal(deal_again, "run", OLD, 1, OLD_SECRETS[2], 3, 2, generator(b"x")).code == "share_secret_wrong"
    foreign, foreign_secrets = run_ceremony(members(5, "old"), 3, generator(b"foreign"))
    dealing, _ = deal_again("run", foreign, 4, foreign_secrets[4], 3, 2, generator(b"x"))
    found = refusal(check_redealing, dealing, "run", OLD, 2)
    assert (found.code, found.facts["dealer"], found.facts["reason"]) == (
        "dealing_wrong",
        4,
        "not the share that it has",
    )


def test_a_wrong_share_names_its_dealer():
    dealing, shares = deal_again("run", OLD, 2, OLD_SECRETS[2], 3, 2, generator(b"x"))
    check_dealt_share(dealing, 1, shares[1])
    found = refusal(check_dealt_share, dealing, 1, shares[2])
    assert (found.code, found.facts["dealer"], found.facts["index"]) == ("dealt_share_wrong", 2, 1)
    assert refusal(combine_redealt_shares, [dealing], 1, {2: shares[2]}).code == "dealt_share_wrong"


@pytest.mark.parametrize(
    "change",
    [
        lambda ds: ds[:2],
        lambda ds: [*ds[:2], ds[1]],
        lambda ds: [*ds, deal_again("run", OLD, 4, OLD_SECRETS[4], 3, 2, generator(b"4"))[0]],
    ],
)
def test_exactly_k_different_dealers_are_needed(change):
    dealings = [deal_again("run", OLD, i, OLD_SECRETS[i], 3, 2, generator(b"x"))[0] for i in (1, 2, 3)]
    assert refusal(combine_redealings, OLD, change(dealings), members(3), 2).code == "dealings_incomplete"
    other = [replace(dealings[0], ceremony="other"), *dealings[1:]]
    assert refusal(combine_redealings, OLD, other, members(3), 2).code == "dealing_wrong"
