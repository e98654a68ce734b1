"""Bids and the deadline: the interval is half open, a copy is refused, the last bid of a bidder stands."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given

from app.procedure.bid import Bidding, BidReceipted, BidSubmitted, BidWithdrawn, ClientCode, apply, check_open, decide
from app.procedure.errors import RuleViolation
from tests.choices import choices
from tests.procedure.tenders import AT, MILLISECOND

DEADLINE = AT + timedelta(hours=1)
CLIENT = ClientCode("cli", "1", "0" * 64)


def submission(number):
    root, capsule = f"{number:064x}", f"{number + 1000:064x}"
    return BidSubmitted("bidsub/v1", "c" * 64, f"age1pq1{number}", 2**20, root, capsule, "t", CLIENT, "n", "")


def receipt(receipt_id, bidder):
    return BidReceipted(receipt_id, {"bidder": bidder}, "k", "s")


def took(bidding, number, bidder, at=AT):
    """The state after a bid of `bidder` and its receipt, whose id is the bid's number."""
    for fact in (submission(number), receipt(str(number), bidder)):
        for accepted in decide(bidding, fact, bidder, DEADLINE, at):
            bidding = apply(bidding, accepted, f"user of {bidder}", "key", at, 0)
    return bidding


def refused(bidding, fact, bidder="a", at=AT):
    with pytest.raises(RuleViolation) as violation:
        decide(bidding, fact, bidder, DEADLINE, at)
    return violation.value.code


def test_on_time_means_strictly_before():
    """O20 27; the instant of the gate counts."""
    check_open(Bidding(), DEADLINE, DEADLINE - MILLISECOND)
    for at in (DEADLINE, DEADLINE + MILLISECOND, DEADLINE + timedelta(days=1)):
        with pytest.raises(RuleViolation) as violation:
            check_open(Bidding(), DEADLINE, at)
        assert violation.value.facts == {"deadline_at": DEADLINE, "now": at}
        assert refused(Bidding(), submission(1), at=at) == "deadline_passed"
        assert refused(took(Bidding(), 1, "a"), BidWithdrawn("1"), at=at) == "withdrawal_too_late"


def test_a_closed_lot_takes_nothing_even_before_its_deadline():
    assert refused(replace(Bidding(), closed=True), submission(1)) == "deadline_passed"


def test_a_later_bid_replaces_the_earlier_one():
    bidding = took(took(Bidding(), 1, "a"), 2, "a")
    assert [s.receipt_id for s in bidding.live] == ["2"]
    assert bidding.submissions["1"].ended == "replaced"
    assert bidding.of_bidder("a").key_id == "key"


def test_only_ones_own_standing_bid_is_withdrawn():
    bidding = took(took(Bidding(), 1, "a"), 2, "a")
    for receipt_id, bidder in (("1", "a"), ("2", "b"), ("9", "a")):
        assert refused(bidding, BidWithdrawn(receipt_id), bidder) == "receipt_unknown"
    (withdrawn,) = decide(bidding, BidWithdrawn("2"), "a", DEADLINE, AT)
    assert apply(bidding, withdrawn, "u", "k", AT, 0).live == ()


@pytest.mark.parametrize("field", ["bid_root", "capsule_sha256", "recipient"])
def test_a_copy_of_anybodys_bid_is_refused(field):
    first = submission(1)
    copy = replace(submission(2), **{field: getattr(first, field)})
    assert refused(took(Bidding(), 1, "a"), copy, "b") == "bid_copied"
    withdrawn = apply(took(Bidding(), 1, "a"), BidWithdrawn("1"), "u", "k", AT, 0)
    assert refused(withdrawn, copy, "b") == "bid_copied"


def test_a_receipt_needs_a_submission():
    assert refused(Bidding(), receipt("1", "a")) == "nothing_submitted"


@given(choices(49))
def test_at_most_one_bid_of_a_bidder_stands_and_none_is_late(chosen):
    """Any order of submitting and withdrawing, some of it after the deadline."""
    acts = [
        (chosen.one("abc"), chosen.one((False, True)), chosen.one(range(7201))) for _ in range(chosen.one(range(13)))
    ]
    bidding = Bidding()
    for number, (bidder, withdraw, second) in enumerate(acts):
        at, standing = AT + timedelta(seconds=second), bidding.of_bidder(bidder)
        try:
            if withdraw and standing:
                decide(bidding, BidWithdrawn(standing.receipt_id), bidder, DEADLINE, at)
                bidding = apply(bidding, BidWithdrawn(standing.receipt_id), bidder, "k", at, 0)
            else:
                bidding = took(bidding, number, bidder, at)
            assert at < DEADLINE
        except RuleViolation:
            assert at >= DEADLINE
    bidders = [s.bidder for s in bidding.live]
    assert len(bidders) == len(set(bidders))
    assert all(s.received_at < DEADLINE for s in bidding.submissions.values())
    assert list(bidding.live) == sorted(bidding.live, key=lambda s: s.receipt_id)


def test_a_bid_knows_the_records_about_it():
    bidding = apply(Bidding(), submission(1), "u", "k", AT, 7)
    bidding = apply(bidding, receipt("1", "a"), "system", "", AT, 8)
    bidding = apply(bidding, BidWithdrawn("1"), "u", "k", AT, 12)
    assert bidding.submissions["1"].seqs == (7, 8, 12)
