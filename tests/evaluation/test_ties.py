"""The order of equal bids: of each lot one, whoever is tied with whom."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from evaluation.draw import coefficient_statement, tie_order, tie_record_sha256, tie_statement
from evaluation.draw.tickets import extract, statement_bytes
from tests.choices import choices

STATED = tie_statement("case", "1", "ab" * 32)
signatures = st.binary(min_size=48, max_size=48)


def bids_of(chosen):
    """One to eight bids of up to sixteen characters."""
    lengths = [chosen.one(range(1, 17)) for _ in range(chosen.one(range(1, 9)))]
    return list(dict.fromkeys("".join(chosen.one("0123456789abcdef") for _ in range(length)) for length in lengths))


@given(choices(148), signatures)
def test_the_order_of_two_bids_hangs_on_no_other_bid_and_on_no_score(chosen, signature):
    bids = bids_of(chosen)
    whole = tie_order(STATED, signature, bids)
    assert sorted(whole) == sorted(bids)
    some = chosen.order(chosen.some(bids))
    assert tie_order(STATED, signature, some) == tuple(bid for bid in whole if bid in some)
    assert tie_order(STATED, signature, reversed(bids)) == whole


def test_every_order_comes_as_often_as_any_other():
    found = Counter(tie_order(STATED, number.to_bytes(48, "big"), "abc") for number in range(3000))
    assert found.keys() == set(permutations("abc"))
    assert all(400 < count < 600 for count in found.values())


def test_another_lot_tender_root_or_purpose_has_an_order_of_its_own():
    others = [
        tie_statement("case", "2", "ab" * 32),
        tie_statement("other", "1", "ab" * 32),
        tie_statement("case", "1", "cd" * 32),
        coefficient_statement("case", "1", "ab" * 32, {}),
    ]
    keys = {extract(statement_bytes(stated), bytes(48), {}) for stated in (STATED, *others)}
    assert len(keys) == 5


def test_a_published_vector():
    signature = bytes(range(48))
    order = tie_order(STATED, signature, ("a", "b", "c", "d"))
    assert order == ("c", "a", "b", "d")
    assert (
        tie_record_sha256(STATED, signature, order)
        == "33ec95953821f0e32e4f55e8482717fa6877c899a883a7c88c25fd18ab53ffa3"
    )
