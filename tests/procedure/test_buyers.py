"""Who sits for the buyer, and who succeeds."""

from __future__ import annotations

import pytest

from app.procedure.buyers import BuyerMemberNamed, Buyers, apply, decide, without
from app.procedure.errors import RuleViolation
from tests.procedure.test_opening import GOODS

FIRST, SECOND = BuyerMemberNamed("x", "host", "a" * 64), BuyerMemberNamed("y", "host", "b" * 64)


def code(buyers: Buyers, fact: BuyerMemberNamed) -> str:
    with pytest.raises(RuleViolation) as refusal:
        decide(buyers, fact, GOODS, settled=True)
    return refusal.value.code


def test_a_place_that_somebody_left_is_filled_by_another_person_at_the_same_site_although_the_committee_is_settled():
    named = apply(Buyers(), FIRST)
    assert code(named, SECOND) == "committee_settled"
    left = without(named, "buyer-1")
    assert (left.members, left.vacant) == ((), ("host",))
    assert without(left, "buyer-1") == without(left, "E-12") == left
    assert code(left, FIRST) == "buyer_member_repeated"
    assert code(left, BuyerMemberNamed("y", "sub", "b" * 64)) == "buyer_member_elsewhere"
    assert decide(left, SECOND, GOODS, settled=True) == (SECOND,)
    succeeded = apply(left, SECOND)
    assert (succeeded.sitting, succeeded.vacant) == ({"buyer-2": SECOND}, ())
    assert succeeded.who("buyer-1") == FIRST
    assert code(succeeded, BuyerMemberNamed("z", "host", "c" * 64)) == "committee_settled"
