"""Resharing as a pure machine: who deals, who accepts, who is wrong, and that the key stays the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.casefile.ceremony import UNFOUNDED, Ceremony, check_opening, decide, replay
from app.casefile.committees import StandingCommittee
from app.casefile.register import CommitteeReshared
from app.procedure.errors import RuleViolation
from app.procedure.trustees import TrusteesChanged
from app.procedure.trustees import decide as decide_change
from crypto.canonical import digest
from crypto.committee import Committee, combine, identity, make_capsule, open_capsule, run_ceremony, sign_share
from crypto.errors import CryptoError
from tests.casefile.trustees import ORIGIN, PaperTrustee, held, resharing, take
from tests.crypto.committees import generator, members

HOLDERS = [PaperTrustee(index) for index in (1, 2, 3)]
MADE = held(HOLDERS, 2, "join", "deal", "accept")
for one in HOLDERS:
    one.held = one.secret(MADE)
OLD = MADE.committee
# The first of the new trustees was one before, under another index.
NEW = [PaperTrustee(1, key=HOLDERS[2].key), *(PaperTrustee(index) for index in (2, 3, 4))]
IDENTITY = identity("open", {"lot": "1"})


def joined() -> Ceremony:
    ceremony = resharing(OLD, HOLDERS, NEW, 3)
    for trustee in NEW:
        ceremony = take(ceremony, trustee, trustee.join(ceremony))
    return ceremony


def dealt(*dealers: PaperTrustee, **fault: int) -> Ceremony:
    ceremony = joined()
    for number, dealer in enumerate(dealers):
        ceremony = take(ceremony, dealer, dealer.deal(ceremony, **(fault if number == 0 else {})))
    return ceremony


def refused(code: str, ceremony: Ceremony, trustee: PaperTrustee, step: object) -> None:
    with pytest.raises((RuleViolation, CryptoError)) as caught:
        decide(ceremony, step, ORIGIN, trustee.key.spki)
    assert caught.value.code == code


def test_k_of_the_old_hand_the_key_on_and_all_new_ones_certify():
    ceremony = dealt(HOLDERS[2], HOLDERS[0])
    assert ceremony.stage == "accept"
    for trustee in NEW[:3]:
        ceremony = take(ceremony, trustee, trustee.accept(ceremony))
    _, registered = decide(ceremony, NEW[3].accept(ceremony), ORIGIN, NEW[3].key.spki)
    assert isinstance(registered, CommitteeReshared)
    committee = Committee.from_description(registered.description)
    assert (registered.committee_id, registered.previous_sha256) == (OLD.id, digest(OLD.describe()))
    assert (committee.id, committee.mode, committee.k, committee.n) == (OLD.id, "M1", 3, 4)
    assert [m.key_id for m in committee.members] == [trustee.key.key_id for trustee in NEW]
    shares = {trustee.index: sign_share(trustee.secret(ceremony), IDENTITY) for trustee in NEW[1:]}
    capsule = make_capsule(OLD, IDENTITY, b"sealed before")
    assert open_capsule(OLD, IDENTITY, combine(committee, IDENTITY, shares).signature, capsule) == b"sealed before"


def test_the_whole_record_is_decided_anew_by_anybody():
    ceremony = dealt(HOLDERS[1], HOLDERS[0])
    for trustee in NEW:
        ceremony = take(ceremony, trustee, trustee.accept(ceremony))
    facts = [*ceremony.joined.values(), *ceremony.dealt.values(), *ceremony.accepted.values()]
    keys = {trustee.key.key_id: trustee.key.spki for trustee in (*HOLDERS, *NEW)}
    assert replay(ceremony.opened, facts, ORIGIN, keys).committee == ceremony.committee
    forged = replace(ceremony.opened, previous=run_ceremony(members(3), 2, generator(b"x"))[0].describe())
    with pytest.raises(RuleViolation, match="ceremony_dealers_differ"):
        replay(forged, facts, ORIGIN, keys)


def test_the_first_k_dealings_count_and_no_more_are_taken():
    ceremony = dealt(HOLDERS[1], HOLDERS[0])
    late = HOLDERS[2].deal(joined())
    refused(
        "ceremony_dealings_enough",
        ceremony,
        HOLDERS[2],
        HOLDERS[2].signed(ceremony, replace(late, ceremony=ceremony.id)),
    )
    assert [dealer.index for dealer in joined().missing] == [1, 2, 3]
    assert [dealer.index for dealer in dealt(HOLDERS[1]).missing] == [1, 3]


def test_who_deals_another_share_than_its_own_is_refused_and_named():
    _, secrets = run_ceremony(members(3), 2, generator(b"other"))
    liar, ceremony = replace(HOLDERS[0], held=HOLDERS[0].held), joined()
    other = run_ceremony([*OLD.members], 2, generator(b"other"))
    liar.held = other[1][1]
    with pytest.raises(CryptoError, match="share_secret_wrong"):
        liar.deal(ceremony)
    forged = replace(ceremony, opened=replace(ceremony.opened, previous=other[0].describe()))
    step = liar.signed(ceremony, replace(liar.deal(forged), joined_sha256=ceremony.joined_sha256))
    with pytest.raises(CryptoError) as caught:
        decide(ceremony, step, ORIGIN, liar.key.spki)
    assert (caught.value.code, caught.value.facts["dealer"]) == ("dealing_wrong", 1)
    assert secrets


@pytest.mark.parametrize(("fault", "because"), [("wrong", "share_wrong"), ("garbage", "share_unreadable")])
def test_a_wrong_share_names_the_old_trustee_that_dealt_it(fault, because):
    ceremony = dealt(HOLDERS[2], HOLDERS[0], **{fault: 2})
    ended = take(ceremony, NEW[1], NEW[1].complain(ceremony, 3))
    assert (ended.ended.because, ended.ended.guilty) == (because, 3)
    assert ended.guilty == ceremony.opened.dealers[2]


def test_a_false_complaint_names_the_new_trustee_that_made_it():
    ceremony = dealt(HOLDERS[2], HOLDERS[0])
    ended = take(ceremony, NEW[0], NEW[0].complain(ceremony, 1))
    assert (ended.ended.because, ended.ended.guilty) == (UNFOUNDED, 1)
    assert ended.guilty == ceremony.opened.members[0]


def test_a_complaint_lays_open_what_one_dealer_sent_and_nothing_of_the_others():
    ceremony = dealt(HOLDERS[2], HOLDERS[0], wrong=2)
    raised = NEW[1].complain(ceremony, 3)
    assert raised.identity == NEW[1].own(ceremony, 3).identity
    assert ceremony.recipient(2, 1) != ceremony.recipient(2, 3)
    other = replace(raised, identity=NEW[1].own(ceremony, 1).identity)
    refused("ceremony_complaint_wrong", ceremony, NEW[1], NEW[1].signed(ceremony, other))


@pytest.mark.parametrize("recipients", [None, {}, {1: "a", 2: "b"}, "same"])
def test_each_dealer_gets_a_recipient_of_its_own(recipients):
    ceremony = resharing(OLD, HOLDERS, NEW, 3)
    right = NEW[1].join(ceremony)
    given = dict.fromkeys((1, 2, 3), right.recipients[1]) if recipients == "same" else recipients
    refused("ceremony_recipients_wrong", ceremony, NEW[1], NEW[1].signed(ceremony, replace(right, recipients=given)))


def test_dealers_are_the_trustees_of_the_committee():
    opened = resharing(OLD, HOLDERS, NEW, 3).opened
    check_opening(opened)
    with pytest.raises(RuleViolation, match="ceremony_dealers_differ"):
        check_opening(replace(opened, dealers=opened.dealers[:2]))


def test_a_case_is_told_of_the_changes_in_their_order_and_of_no_other():
    second = replace(OLD, members=members(3)).describe()
    third = replace(OLD, members=members(3), mode="M1", k=2).describe() | {"n": 3}
    third["members"] = [{**m, "organisation": "third"} for m in third["members"]]
    steps = (
        CommitteeReshared(OLD.id, "a", digest(OLD.describe()), second),
        CommitteeReshared(OLD.id, "b", digest(second), third),
    )
    standing = StandingCommittee(OLD.id, OLD.describe(), None, steps)
    assert [change.ceremony for change in standing.changes_since(OLD.describe())] == ["a", "b"]
    assert [change.ceremony for change in standing.changes_since(second)] == ["b"]
    assert standing.changes_since(third) == ()
    decide_change(OLD.describe(), standing.changes_since(OLD.describe())[0])
    with pytest.raises(RuleViolation, match="trustees_not_next"):
        decide_change(OLD.describe(), standing.changes_since(second)[0])
    foreign = run_ceremony(members(3), 2, generator(b"foreign"))[0].describe()
    with pytest.raises(RuleViolation, match="trustees_of_another_key"):
        decide_change(OLD.describe(), TrusteesChanged("c", digest(OLD.describe()), foreign))
