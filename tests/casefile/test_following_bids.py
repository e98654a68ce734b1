"""Every process follows the bids of all others: quickly, and to the same state."""

from __future__ import annotations

import dataclasses

import pytest

from app.casefile.codec import decode
from app.casefile.lot import LotCase
from app.procedure.bid import Bidding, ClientCode
from app.procedure.errors import RuleViolation


def test_a_lot_with_other_bids_is_what_replacing_gives():
    lot, bidding = LotCase(conditions_by="who", receipts={"a": "b"}), Bidding(closed=True)
    after = lot.with_bids(bidding)
    assert after == dataclasses.replace(lot, bidding=bidding)
    assert vars(after).keys() == vars(dataclasses.replace(lot, bidding=bidding)).keys()
    assert lot.bidding == Bidding()


@pytest.mark.parametrize("value", [1, True, None, ["x"], {}])
def test_what_is_no_plain_text_is_refused_with_its_place(value: object):
    with pytest.raises(RuleViolation) as refused:
        decode(ClientCode, {"name": "n", "version": value, "bundle_sha256": "0" * 64})
    assert refused.value.facts == {"path": "$.version", "expected": "text"}
