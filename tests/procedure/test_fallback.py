"""The fallback below k: commit, then reveal, then all keys at once; no bidder can wait for another's price."""

from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import given

from app.procedure import fallback as rules
from app.procedure.bid import BidSubmitted, ClientCode, Submission
from app.procedure.calendar import add
from app.procedure.errors import RuleViolation
from app.procedure.fallback import CommitmentsEnded, Fallback, FallbackStarted, KeyCommitted, KeyRevealed, Standing
from app.procedure.opening import (
    BidsReleased,
    BidVoided,
    KeysDisclosed,
    LotClosed,
    LotFailed,
    Opening,
    ShareReleased,
    apply,
    decide,
)
from crypto.envelope import new_bid_identity
from crypto.key_commitment import key_commitment, key_salt
from tests.choices import choices
from tests.examples import at_least
from tests.procedure.tenders import AT, MILLISECOND, WORKS

RECEIPTS = ("r1", "r2", "r3", "r4")
TRUSTEES = (1, 2, 3, 4, 5)
DUE = add(AT, WORKS.shares_within)
COMMITTED = add(DUE, WORKS.keys_committed_within)
CLIENT = ClientCode("c", "1", "")


@cache
def made(receipt):
    return new_bid_identity()


def submission(receipt):
    fact = BidSubmitted("bidsub/v1", "", made(receipt).recipient, 1, receipt, receipt, "", CLIENT, "", "")
    return Submission(receipt, f"bidder-{receipt}", "someone", fact, AT, "key")


def closed(receipts=RECEIPTS, shares=(2,)):
    """A lot that was closed at AT with these bids and shares."""
    opening = apply(Opening(), LotClosed(AT, "r", True), "system", AT)
    for index in shares:
        opening = apply(opening, ShareReleased(index, "aa"), "trustee", AT)
    return Standing(Fallback(), opening, tuple(submission(r) for r in receipts), WORKS)


def after(standing, facts, at):
    for fact in facts:
        if isinstance(fact, rules.Fact):
            standing = replace(standing, fallback=rules.apply(standing.fallback, fact, at))
        else:
            standing = replace(standing, opening=apply(standing.opening, fact, "system", at))
    return standing


def started(**known):
    standing = closed(**known)
    return after(standing, rules.start(standing, TRUSTEES, DUE), DUE)


def commitment(receipt):
    identity = made(receipt).identity
    return KeyCommitted(receipt, key_commitment(receipt, identity, key_salt(receipt, identity)))


def reveal(receipt, **changes):
    identity = made(receipt).identity
    return replace(KeyRevealed(receipt, identity, key_salt(receipt, identity)), **changes)


def act(standing, *facts, at=DUE):
    for fact in facts:
        standing = after(standing, rules.decide(standing, fact, f"bidder-{fact.receipt_id}", at), at)
    return standing


def committed(*receipts):
    """These have committed and the time is up."""
    standing = act(started(), *(commitment(r) for r in receipts))
    if standing.fallback.ended is None:
        standing = after(standing, rules.end_commitments(standing, COMMITTED), COMMITTED)
    return standing


def code(call, *arguments):
    with pytest.raises(RuleViolation) as violation:
        call(*arguments)
    return violation.value.code


def refused(standing, fact, at=DUE, bidder=""):
    return code(rules.decide, standing, fact, bidder or f"bidder-{fact.receipt_id}", at)


# its start


def test_it_starts_at_the_instant_and_names_who_is_missing():
    standing = closed(shares=(2, 4))
    assert code(rules.start, standing, TRUSTEES, DUE - MILLISECOND) == "fallback_not_due"
    assert rules.start(standing, TRUSTEES, DUE) == (FallbackStarted((1, 3, 5), COMMITTED),)


def test_it_starts_once():
    assert code(rules.start, started(), TRUSTEES, DUE) == "fallback_repeated"


@pytest.mark.parametrize(
    "facts", [(BidsReleased("ff", (1, 2)),), (LotFailed("x"),), (KeysDisclosed({}, (), ()),)], ids=lambda f: str(f)[:20]
)
def test_where_the_lot_is_decided_nothing_of_it_happens(facts):
    standing = after(started(), facts, DUE)
    assert code(rules.start, standing, TRUSTEES, DUE) == "fallback_over"
    assert code(rules.end_commitments, standing, COMMITTED) == "fallback_over"
    assert code(rules.disclose, standing, COMMITTED) == "fallback_over"
    assert refused(standing, commitment("r1")) == "fallback_over"


def test_too_few_bids_or_an_older_rule_book_know_none():
    few = apply(Opening(), LotClosed(AT, "r", False), "system", AT)
    assert rules.due_at(few, WORKS) is None
    assert rules.due_at(closed().opening, replace(WORKS, keys_committed_within=None)) is None
    assert rules.due_at(Opening(), WORKS) is None


# commitments


def test_nothing_before_its_start():
    assert refused(closed(), commitment("r1")) == "fallback_not_started"


def test_a_commitment_is_ones_own_bids_one_and_final():
    standing = act(started(), commitment("r1"))
    assert refused(standing, commitment("r1")) == "key_committed_already"
    assert refused(standing, commitment("r2"), bidder="bidder-r1") == "receipt_unknown"
    assert refused(standing, KeyCommitted("r2", "xyz")) == "key_commitment_malformed"


def test_a_commitment_at_the_end_is_late():
    standing = started()
    assert refused(standing, commitment("r1"), at=COMMITTED) == "key_commitment_late"
    assert act(standing, commitment("r1"), at=COMMITTED - MILLISECOND).fallback.commitments


def test_the_last_commitment_opens_the_reveals_at_once():
    standing = act(started(), *(commitment(r) for r in RECEIPTS))
    assert standing.fallback.ended == CommitmentsEnded(add(DUE, WORKS.keys_revealed_within))


def test_without_all_commitments_the_reveals_wait_for_the_time():
    standing = act(started(), *(commitment(r) for r in RECEIPTS[:3]))
    assert code(rules.end_commitments, standing, COMMITTED - MILLISECOND) == "fallback_not_due"
    assert refused(standing, reveal("r1")) == "key_reveal_early"
    assert rules.end_commitments(standing, COMMITTED) == (CommitmentsEnded(add(COMMITTED, WORKS.keys_revealed_within)),)


def test_too_few_commitments_fail_the_lot_and_ask_for_no_key():
    standing = act(started(), commitment("r1"), commitment("r2"))
    assert rules.end_commitments(standing, COMMITTED) == (CommitmentsEnded(None), LotFailed("too_few_keys"))
    standing = after(standing, rules.end_commitments(standing, COMMITTED), COMMITTED)
    assert refused(standing, reveal("r1"), at=COMMITTED) == "fallback_over"


# reveals


def test_a_reveal_is_the_promised_key_of_that_very_bid():
    standing = committed("r1", "r2", "r3")
    assert refused(standing, reveal("r4"), at=COMMITTED) == "key_not_promised"
    assert refused(standing, reveal("r1", identity=made("r2").identity), at=COMMITTED) == "key_differs"
    assert refused(standing, reveal("r1", salt="00" * 32), at=COMMITTED) == "key_differs"
    once = act(standing, reveal("r1"), at=COMMITTED)
    assert refused(once, reveal("r1"), at=COMMITTED) == "key_revealed_already"
    assert refused(once, reveal("r2"), at=once.fallback.until) == "key_reveal_late"


@pytest.mark.parametrize("other", ["nonsense", made("r2").identity], ids=["no key", "another's"])
def test_a_promise_of_another_key_cannot_be_kept(other):
    salt = key_salt("r1", other)
    promise = KeyCommitted("r1", key_commitment("r1", other, salt))
    standing = act(started(), promise, *(commitment(r) for r in RECEIPTS[1:]))
    assert refused(standing, reveal("r1", identity=other, salt=salt)) == "key_differs"


def test_the_last_reveal_discloses_all_at_once():
    standing = act(committed("r1", "r2", "r3"), reveal("r1"), reveal("r2"), at=COMMITTED)
    assert standing.opening.disclosed is None
    assert code(rules.disclose, standing, COMMITTED) == "fallback_not_due"
    standing = act(standing, reveal("r3"), at=COMMITTED)
    assert standing.opening.disclosed == KeysDisclosed({r: made(r).identity for r in RECEIPTS[:3]}, (), ("r4",))


def test_who_does_not_reveal_has_revoked_and_who_did_not_commit_has_withdrawn():
    standing = act(committed("r1", "r2", "r3"), reveal("r1"), reveal("r2"), at=COMMITTED)
    (disclosed,) = rules.disclose(standing, standing.fallback.until)
    assert (set(disclosed.keys), disclosed.revoked, disclosed.withdrawn) == ({"r1", "r2"}, ("r3",), ("r4",))
    opening = apply(standing.opening, disclosed, "system", standing.fallback.until)
    reasons = {r: opening.stays_closed(r) for r in RECEIPTS}
    assert reasons == {"r1": "", "r2": "", "r3": "key_not_revealed", "r4": "key_not_committed"}
    assert decide(opening, BidVoided("r3", "b", "B", "key_not_revealed"), 4, AT)


# late shares


def test_a_share_is_welcome_until_the_keys_are_disclosed():
    standing = act(committed("r1", "r2", "r3"), reveal("r1"), at=COMMITTED)
    late = ShareReleased(5, "bb")
    assert decide(standing.opening, late, 4, COMMITTED) == (late,)
    after_it = act(standing, reveal("r2"), reveal("r3"), at=COMMITTED)
    assert code(decide, after_it.opening, late, 4, COMMITTED) == "keys_disclosed"
    assert code(decide, after_it.opening, BidsReleased("ff", (1, 2)), 4, COMMITTED) == "already_released"


# any order of events


@at_least(60)
@given(choices(6))
def test_every_bid_is_accounted_for_exactly_once(chosen):
    order, promises = chosen.order(RECEIPTS), chosen.one(range(5))
    standing = committed(*order[:promises])
    if promises < WORKS.bids_required:
        assert standing.opening.failed == "too_few_keys"
        return
    at = standing.fallback.until - timedelta(seconds=1)
    reveals = chosen.one(range(promises + 1))
    standing = act(standing, *(reveal(r) for r in order[:reveals]), at=at)
    if standing.opening.disclosed is None:
        standing = after(standing, rules.disclose(standing, standing.fallback.until), standing.fallback.until)
    found = standing.opening.disclosed
    assert sorted([*found.keys, *found.revoked, *found.withdrawn]) == sorted(RECEIPTS)
    assert set(found.keys) == set(order[:reveals])
    assert set(found.withdrawn) == set(order[promises:])
