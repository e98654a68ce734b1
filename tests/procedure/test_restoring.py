"""Files that the platform lost: only the very same bytes, only in time, nothing opened meanwhile."""

from dataclasses import replace

import pytest

from app.procedure.bid import Bidding
from app.procedure.calendar import add
from app.procedure.errors import RuleViolation
from app.procedure.restoring import (
    FILE_LOST,
    BidFileLost,
    BidFileRestored,
    apply,
    check_loss,
    check_opening,
    decide,
    lose,
)
from tests.procedure.tenders import AT, MILLISECOND, WORKS
from tests.procedure.test_fallback import submission

UNTIL = add(AT, WORKS.files_restored_within)
BIDS = Bidding({"r1": submission("r1"), "r2": submission("r2")})
LOST = apply({}, BidFileLost("r1", UNTIL))


def code(fact, lost=LOST, bidder="bidder-r1", at=AT):
    with pytest.raises(RuleViolation) as violation:
        decide(lost, BIDS, fact, bidder, at, WORKS)
    return violation.value.code


def test_a_loss_is_said_once_and_with_the_rule_books_time():
    assert decide({}, BIDS, BidFileLost("r1", AT), "", AT, WORKS) == (BidFileLost("r1", UNTIL),)
    assert code(BidFileLost("r1", UNTIL)) == "file_lost_already"
    assert code(BidFileLost("r9", UNTIL)) == "file_lost_already"
    assert lose("r1", AT, WORKS) == BidFileLost("r1", UNTIL)


@pytest.mark.parametrize(
    ("closed", "read_out", "expected"), [(False, (), "file_lost_early"), (True, ("r1",), "file_lost_late")]
)
def test_only_a_closed_bid_that_nobody_has_seen_can_be_lost(closed, read_out, expected):
    check_loss(replace(BIDS, closed=True), ("r2",), "r1")
    with pytest.raises(RuleViolation, match=expected):
        check_loss(replace(BIDS, closed=closed), read_out, "r1")


def test_only_the_receipts_file_is_taken_from_its_bidder_and_in_time():
    right = BidFileRestored("r1", "r1")
    assert decide(LOST, BIDS, right, "bidder-r1", UNTIL - MILLISECOND, WORKS) == (right,)
    assert code(right, at=UNTIL) == "file_restore_late"
    assert code(BidFileRestored("r1", "other")) == "file_differs"
    assert code(right, bidder="bidder-r2") == "file_not_lost"
    assert code(BidFileRestored("r2", "r2"), bidder="bidder-r2") == "file_not_lost"
    assert apply(LOST, right) == {}


def test_a_lost_bid_waits_and_is_then_void_for_that_reason_alone():
    with pytest.raises(RuleViolation, match="file_awaited"):
        check_opening(LOST, "r1", FILE_LOST, UNTIL - MILLISECOND)
    with pytest.raises(RuleViolation, match="file_awaited"):
        check_opening(LOST, "r1", "capsule_other_key", UNTIL)
    with pytest.raises(RuleViolation, match="file_not_lost"):
        check_opening(LOST, "r2", FILE_LOST, UNTIL)
    check_opening(LOST, "r1", FILE_LOST, UNTIL)
    check_opening(LOST, "r2", "", AT)
