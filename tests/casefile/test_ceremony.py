"""The key ceremony as a pure machine: order, proofs, judgement, and that the result is a working committee."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import given

from app.casefile.ceremony import (
    Ceremony,
    apply,
    cancel,
    check_opening,
    content,
    decide,
    judge,
    replay,
)
from app.casefile.codec import decode, encode
from app.casefile.register import CeremonyEnded, CommitteeRegistered, DealingGiven
from app.procedure.errors import RuleViolation
from crypto.committee import Committee, combine, identity, make_capsule, open_capsule, sign_share
from crypto.errors import CryptoError
from crypto.signing import SigningKey
from tests.casefile.trustees import ORIGIN, PaperTrustee, held, opened_by, sealed, take
from tests.choices import choices
from tests.examples import at_least

A, B, C = (PaperTrustee(index) for index in (1, 2, 3))
TRUSTEES = (A, B, C)
JOINED = held(TRUSTEES, 2, "join")
DEALT = held(TRUSTEES, 2, "join", "deal")
DONE = held(TRUSTEES, 2, "join", "deal", "accept")
KEYS = {trustee.key.key_id: trustee.key.spki for trustee in TRUSTEES}


def refused(code: str, ceremony: Ceremony, trustee: PaperTrustee, step: object) -> None:
    with pytest.raises((RuleViolation, CryptoError)) as caught:
        decide(ceremony, step, ORIGIN, trustee.key.spki)
    assert caught.value.code == code


def facts_of(ceremony: Ceremony) -> list[object]:
    return [*ceremony.joined.values(), *ceremony.dealt.values(), *ceremony.accepted.values()]


def test_the_last_acceptance_registers_a_committee_that_opens():
    almost = replace(DONE, accepted={i: DONE.accepted[i] for i in (1, 2)})
    accepted, registered = decide(almost, C.accept(almost), ORIGIN, C.key.spki)
    assert accepted == DONE.accepted[3]
    committee = Committee.from_description(registered.description)
    assert registered == CommitteeRegistered(committee.id, committee.describe())
    assert (committee.mode, committee.k, committee.n) == ("M1", 2, 3)
    ident = identity("open", {"lot": "1"})
    release = combine(committee, ident, {t.index: sign_share(t.secret(DONE), ident) for t in (A, C)})
    assert open_capsule(committee, ident, release.signature, make_capsule(committee, ident, b"bid")) == b"bid"


def test_the_stages_and_whom_they_wait_for():
    fresh = opened_by(TRUSTEES, 2)
    assert [c.stage for c in (fresh, JOINED, DEALT, DONE)] == ["join", "deal", "accept", "complete"]
    assert [member.index for member in take(fresh, B, B.join(fresh)).missing] == [1, 3]
    assert DONE.missing == ()


@at_least(40)
@given(choices(51))
def test_in_whatever_order_they_come_no_step_is_taken_early_or_twice(chosen):
    """The steps of a ceremony that went well: only the legal order passes, repeats change nothing."""
    given_steps = {"join": DONE.joined, "deal": DONE.dealt, "accept": DONE.accepted}
    ceremony = Ceremony(DONE.opened)
    for _ in range(chosen.one((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 25))):
        name, who = chosen.one(("join", "deal", "accept")), chosen.one((0, 1, 2))
        step, before = given_steps[name][who + 1], ceremony
        early = ["join", "deal", "accept"].index(name) > ["join", "deal", "accept", "complete"].index(before.stage)
        if early:
            refused("ceremony_not_yet", ceremony, TRUSTEES[who], step)
            continue
        facts = decide(ceremony, step, ORIGIN, TRUSTEES[who].key.spki)
        for fact in facts:
            ceremony = apply(ceremony, fact)
        assert (len(facts) == 0) == (step in facts_of(before))
        assert len(ceremony.dealt) == 0 or len(ceremony.joined) == 3
        assert len(ceremony.accepted) == 0 or len(ceremony.dealt) == 3


def test_a_step_stands_as_it_was_taken_first():
    assert decide(DEALT, DEALT.dealt[1], ORIGIN, A.key.spki) == ()
    refused("ceremony_step_taken", DEALT, A, A.deal(DEALT))
    other = PaperTrustee(1, key=A.key)
    refused("ceremony_step_taken", JOINED, A, other.join(JOINED))


def test_everything_else_waits_for_its_turn():
    fresh = opened_by(TRUSTEES, 2)
    one = take(fresh, A, A.join(fresh))
    early = A.signed(one, replace(DONE.dealt[1], ceremony=one.id, proof={}))
    refused("ceremony_not_yet", one, A, early)
    refused("ceremony_not_yet", JOINED, A, A.signed(JOINED, replace(DONE.accepted[1], ceremony=JOINED.id, proof={})))
    refused("ceremony_over", apply(DEALT, cancel(DEALT, "x")), A, A.accept(DEALT))
    with pytest.raises(RuleViolation, match="ceremony_over"):
        cancel(DONE, "too late")
    with pytest.raises(RuleViolation, match="ceremony_reason_missing"):
        cancel(DEALT, " ")


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "another.example"},
        {"ceremony": "0" * 32},
        {"opened_sha256": "0" * 64},
        {"step": "accept"},
        {"index": 2},
        {"content_sha256": "0" * 64},
        {"v": "bidceremony/v2"},
    ],
)
def test_a_proof_of_something_else_is_no_proof(changes):
    fresh = opened_by(TRUSTEES, 2)
    refused("signature_wrong", fresh, A, A.signed(fresh, A.join(fresh), **changes))


def test_a_proof_by_another_key_is_no_proof():
    fresh = opened_by(TRUSTEES, 2)
    refused("key_foreign", fresh, B, B.signed(fresh, A.join(fresh)))
    refused("key_foreign", fresh, A, replace(B, index=1).join(fresh))
    stranger = PaperTrustee(4, key=SigningKey.generate())
    refused("ceremony_not_member", fresh, stranger, stranger.join(fresh))


def test_another_list_of_members_is_another_ceremony():
    """A platform that shows somebody another member or another k gets a statement that counts nowhere else."""
    shown = Ceremony(replace(JOINED.opened, k=3), joined=JOINED.joined)
    refused("signature_wrong", JOINED, A, A.deal(shown))


def test_a_dealing_is_checked_as_far_as_anybody_can():
    good = A.deal(JOINED)

    def changed(**changes: object) -> DealingGiven:
        return A.signed(JOINED, replace(good, proof={}, **changes))

    refused("dealing_wrong", JOINED, A, changed(commitments=good.commitments[:1]))
    refused("dealing_wrong", JOINED, A, changed(possession=B.deal(JOINED).possession))
    refused("dealing_wrong", JOINED, A, changed(possession=""))
    refused("malformed", JOINED, A, changed(possession="xy"))
    refused("ceremony_shares_wrong", JOINED, A, changed(shares={1: good.shares[1], 2: good.shares[2]}))
    refused("ceremony_shares_wrong", JOINED, A, changed(shares={**good.shares, 3: "AAAA"}))
    refused("ceremony_digest_differs", JOINED, A, changed(joined_sha256="0" * 64))
    long = sealed(A.identity.recipient, bytes(5000))
    refused("ceremony_shares_wrong", JOINED, A, changed(shares={**good.shares, 3: long}))


def test_another_s_dealing_cannot_be_dealt_again():
    taken = A.deal(JOINED)
    refused("dealing_wrong", JOINED, B, B.signed(JOINED, replace(taken, index=2, proof={})))


def test_only_what_is_on_record_can_be_accepted():
    wrong = replace(A.accept(DEALT), dealings_sha256="0" * 64, proof={})
    refused("ceremony_digest_differs", DEALT, A, A.signed(DEALT, wrong))


def dealt(**wrong: int) -> Ceremony:
    """B deals something wrong."""
    ceremony = held(TRUSTEES, 2, "join")
    for trustee in TRUSTEES:
        ceremony = take(ceremony, trustee, trustee.deal(ceremony, **(wrong if trustee is B else {})))
    return ceremony


@pytest.mark.parametrize(("fault", "because"), [("wrong", "share_wrong"), ("garbage", "share_unreadable")])
def test_a_dealer_of_a_wrong_share_is_named(fault, because):
    ceremony = dealt(**{fault: 3})
    raised = C.complain(ceremony, 2)
    (ended,) = decide(ceremony, raised, ORIGIN, C.key.spki)
    assert (ended.because, ended.guilty) == (because, 2)
    over = apply(ceremony, ended)
    assert over.stage == "ended"
    assert decide(over, raised, ORIGIN, C.key.spki) == ()
    assert replay(over.opened, [*facts_of(ceremony), ended], ORIGIN, KEYS) == over


def test_who_complains_of_a_right_share_is_named():
    (ended,) = decide(DEALT, C.complain(DEALT, 2), ORIGIN, C.key.spki)
    assert (ended.because, ended.guilty) == ("complaint_unfounded", 3)


def test_nobody_can_be_framed_with_a_share_that_was_never_dealt():
    refused("ceremony_complaint_wrong", DEALT, C, C.complain(DEALT, 2, os.urandom(32)))
    other = replace(C, identity=PaperTrustee(3).identity)
    refused("ceremony_complaint_wrong", DEALT, C, other.complain(DEALT, 2))
    refused("ceremony_complaint_wrong", JOINED, C, C.complain(JOINED, 2, b""))
    odd = replace(C.complain(DEALT, 2), complaint={"dealer": 2}, proof={})
    refused("ceremony_complaint_wrong", DEALT, C, C.signed(DEALT, odd))


def test_a_whole_record_can_be_replayed_and_a_changed_one_cannot():
    assert replay(DONE.opened, facts_of(DONE), ORIGIN, KEYS) == DONE
    with pytest.raises((RuleViolation, CryptoError)):
        replay(replace(DONE.opened, k=3), facts_of(DONE), ORIGIN, KEYS)
    with pytest.raises(RuleViolation, match="ceremony_record_wrong"):
        replay(DONE.opened, [DONE.joined[1], DONE.joined[1]], ORIGIN, KEYS)
    framed = replace(judge(DEALT, C.complain(DEALT, 2)), guilty=2)
    with pytest.raises(RuleViolation, match="ceremony_record_wrong"):
        replay(DEALT.opened, [*facts_of(DEALT), framed], ORIGIN, KEYS)
    ended = cancel(DEALT, "one of them left")
    assert replay(DEALT.opened, [*facts_of(DEALT), ended], ORIGIN, KEYS).ended == ended


def test_who_can_be_asked():
    opened = DONE.opened
    twice = replace(opened, members=(*opened.members[:2], replace(opened.members[0], index=3)))
    with pytest.raises(RuleViolation, match="ceremony_member_twice"):
        check_opening(twice)
    for k in (1, 4):
        with pytest.raises(CryptoError, match="committee_size"):
            check_opening(replace(opened, k=k))


def test_facts_survive_their_json_form():
    for fact in (DONE.opened, *facts_of(DONE), CeremonyEnded("x", "cancelled", 0, "words", {})):
        assert decode(type(fact), encode(fact)) == fact
    assert "proof" not in content(DONE.joined[1])
