"""Submissions and receipts: each field counts, and the instant is never rounded up to the deadline."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.canonical import digest
from crypto.envelope import bid_context, new_bid_identity
from crypto.errors import CryptoError
from crypto.instants import parse_instant
from crypto.receipts import SignedReceipt, make_receipt, sign_receipt, verify_receipt
from crypto.signing import SigningKey
from crypto.submission import check_submission, make_submission, verify_submission

PLATFORM = SigningKey.generate()
DEADLINE = datetime(2026, 3, 3, 2, tzinfo=UTC)
PLACE = {"origin": "https://bids.example", "tender": "CN-01", "lot": "1", "bidder": "某某科技有限公司"}
ROOTS = {"documents_root": "a" * 64, "committee": "b" * 64, "open_ident": "c" * 64}
CONTEXT = bid_context(**PLACE, **ROOTS, envelope="1", epoch=0, recipient=new_bid_identity().recipient)
CLIENT = {"name": "tenderhall", "version": "0.1.0", "bundle_sha256": "d" * 64}
FILES = {"bid_size": 1048992, "bid_root": "e" * 64, "capsule": b"capsule"}
SUBMISSION = make_submission(context=CONTEXT, **FILES, client=CLIENT, nonce="f" * 32, created_at=DEADLINE)


def receipt(**changes):
    bid = {"submission_sha256": digest(SUBMISSION), "bid_root": "e" * 64, "bid_size": 1048992}
    return make_receipt(**{**PLACE, **bid, "received_at": DEADLINE, "receipt_id": "1" * 32, **changes})


def refusal(call, *args, **kwargs):
    with pytest.raises(CryptoError) as caught:
        call(*args, **kwargs)
    return caught.value


# Submissions


def test_submission_fits_its_context_and_files():
    assert SUBMISSION["recipient"] == CONTEXT["recipient"]
    verify_submission(SUBMISSION, context=CONTEXT, **FILES)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"context": {**CONTEXT, "lot": "2"}}, "ctx"),
        ({"bid_size": 1}, "bid_size"),
        ({"bid_root": "0" * 64}, "bid_root"),
        ({"capsule": b"another"}, "capsule_sha256"),
    ],
)
def test_submission_for_something_else_is_refused(change, field):
    error = refusal(verify_submission, SUBMISSION, **{"context": CONTEXT, **FILES, **change})
    assert (error.code, error.facts["field"], error.facts["found"]) == ("submission_differs", field, SUBMISSION[field])


@pytest.mark.parametrize(
    "change",
    [
        {"v": "bidsub/v2"},
        {"ctx": "zz"},
        {"bid_root": None},
        {"capsule_sha256": "A" * 64},
        {"capsule_type": "tlock"},
        {"bid_size": 0},
        {"bid_size": True},
        {"bid_size": 2**53},
        {"bid_size": "1"},
        {"nonce": ""},
        {"recipient": 7},
        {"client": {}},
        {"client": {**CLIENT, "bundle_sha256": "x"}},
        {"client": {**CLIENT, "name": ""}},
        {"client": None},
        {"extra": ""},
    ],
)
def test_malformed_submission(change):
    assert refusal(check_submission, {**SUBMISSION, **change}).code == "submission_malformed"


def test_submission_with_another_time_or_none_at_all():
    assert refusal(check_submission, {**SUBMISSION, "created_at": "yesterday"}).code == "instant_malformed"
    for value in (None, [], {}):
        assert refusal(check_submission, value).code == "submission_malformed"


# Receipts


def test_receipt_verifies_against_the_bidders_own_submission():
    signed = sign_receipt(PLATFORM, receipt())
    again = SignedReceipt.from_json(json.loads(json.dumps(signed.to_json())))
    assert again == signed
    verify_receipt(again, PLATFORM.spki, SUBMISSION, CONTEXT)
    verify_receipt(again, PLATFORM.spki)


def test_receipt_tells_nothing_of_other_bids():
    assert set(receipt()) == {*PLACE, "v", "submission_sha256", "bid_root", "bid_size", "received_at", "receipt_id"}


@given(st.timedeltas(timedelta(microseconds=1), timedelta(days=1)))
def test_received_at_is_floored_and_stays_before_the_deadline(before):
    received_at = parse_instant(receipt(received_at=DEADLINE - before)["received_at"])
    assert received_at < DEADLINE
    assert timedelta(0) <= DEADLINE - before - received_at < timedelta(milliseconds=1)


def test_receipt_by_another_key_is_refused():
    signed = sign_receipt(SigningKey.generate(), receipt())
    assert refusal(verify_receipt, signed, PLATFORM.spki).code == "key_foreign"
    claimed = replace(signed, key_id=PLATFORM.key_id)
    assert refusal(verify_receipt, claimed, PLATFORM.spki).code == "receipt_signature_wrong"


@pytest.mark.parametrize("name", sorted(receipt()))
def test_every_field_is_signed(name):
    signed = sign_receipt(PLATFORM, receipt())
    other = {"bid_size": 7, "received_at": "2026-03-03T01:59:59Z"}.get(name, "0" * 64)
    altered = replace(signed, receipt={**signed.receipt, name: other})
    assert refusal(verify_receipt, altered, PLATFORM.spki).code == (
        "receipt_malformed" if name == "v" else "receipt_signature_wrong"
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lot": "2"}, "lot"),
        ({"bidder": "另一家"}, "bidder"),
        ({"bid_size": 7}, "bid_size"),
        ({"bid_root": "0" * 64}, "bid_root"),
        ({"submission_sha256": "0" * 64}, "submission_sha256"),
    ],
)
def test_a_true_receipt_for_another_bid_is_refused(change, field):
    signed = sign_receipt(PLATFORM, receipt(**change))
    error = refusal(verify_receipt, signed, PLATFORM.spki, SUBMISSION, CONTEXT)
    assert (error.code, error.facts["field"]) == ("receipt_differs", field)


def test_receipt_is_compared_with_whole_objects_only():
    signed = sign_receipt(PLATFORM, receipt())
    assert refusal(verify_receipt, signed, PLATFORM.spki, {}).code == "submission_malformed"
    assert refusal(verify_receipt, signed, PLATFORM.spki, None, {}).code == "bid_context_malformed"


@pytest.mark.parametrize("change", [{"bid_root": "x"}, {"bid_size": -1}, {"tender": ""}, {"receipt_id": 7}])
def test_malformed_receipt_is_not_made(change):
    assert refusal(receipt, **change).code == "receipt_malformed"


@pytest.mark.parametrize("data", [None, {}, {"receipt": {}, "key_id": "", "signature": ""}])
def test_what_is_no_receipt(data):
    assert refusal(SignedReceipt.from_json, data).code == "receipt_malformed"


def test_receipt_with_a_wrong_key_name():
    data = sign_receipt(PLATFORM, receipt()).to_json()
    for change in ({"key_id": "x"}, {"signature": None}):
        assert refusal(SignedReceipt.from_json, {**data, **change}).code == "receipt_malformed"
