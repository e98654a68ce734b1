"""The proof that a bid stood at the deadline: it holds for that bid alone, once the number is public."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.casefile.inclusion import FIELDS, check_inclusion, inclusion_of
from app.casefile.sealing import submissions_root
from app.procedure.errors import RuleViolation
from app.procedure.opening import BidsReleased, LotClosed, Opening
from crypto.errors import CryptoError
from tests.choices import choices

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


def closed(payloads, **changes) -> Opening:
    return replace(Opening(closed=LotClosed(NOW, submissions_root(payloads), True)), **changes)


def opened(payloads) -> Opening:
    return closed(payloads, release=BidsReleased("ab" * 48, (1, 2, 3)))


@given(st.binary(min_size=90, max_size=90), choices(11))
def test_it_leads_from_the_own_bid_to_the_root_of_the_close_record(receipts, chosen):
    names = {
        receipts[10 * bid : 10 * bid + 10].hex(): chosen.one(range(100)) for bid in range(chosen.one(range(1, 10)))
    }
    payloads = [(receipt, {"price": price}) for receipt, price in names.items()]
    receipt, payload = chosen.one(payloads)
    proof = inclusion_of(opened(payloads), payloads, receipt)
    assert check_inclusion(proof, receipt, payload) == submissions_root(payloads)
    with pytest.raises(CryptoError, match="inclusion_wrong"):
        check_inclusion(proof, receipt, {"price": payload["price"] + 1})
    with pytest.raises(CryptoError, match="inclusion_wrong"):
        check_inclusion({**proof, "index": proof["index"] + 1}, receipt, payload)
    with pytest.raises(CryptoError, match="inclusion_wrong"):
        check_inclusion({**proof, "submissions_root": "00" * 32}, receipt, payload)


@pytest.mark.parametrize("name", FIELDS)
def test_what_is_malformed_is_no_proof(name):
    proof = inclusion_of(opened([("ab", {})]), [("ab", {})], "ab")
    for value in (None, 1.5, ["zz"]):
        with pytest.raises(CryptoError, match="inclusion_"):
            check_inclusion({**proof, name: value}, "ab", {})


def test_there_is_none_before_the_number_of_bids_is_public():
    payloads = [("ab", {}), ("cd", {})]
    for opening in (Opening(), closed(payloads)):
        with pytest.raises(RuleViolation) as refused:
            inclusion_of(opening, payloads, "ab")
        assert refused.value.code == "inclusion_not_yet"
    assert inclusion_of(closed(payloads, failed="fewer_than_required"), payloads, "ab")["size"] == 2
    with pytest.raises(RuleViolation) as refused:
        inclusion_of(opened(payloads), payloads, "ef")
    assert refused.value.code == "receipt_unknown"
