"""Signatures and signed acts: what verifies, and that nothing else does."""

import base64
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from crypto.canonical import canonical
from crypto.errors import CryptoError
from crypto.instants import format_instant, parse_instant
from crypto.signing import (
    SignedAct,
    SigningKey,
    raw_to_der,
    sign_act,
    sign_object,
    verify,
    verify_act,
    verify_object,
)

KEY = SigningKey.generate()
OTHER = SigningKey.generate()
AT = datetime(2026, 3, 3, 2, 0, 0, 123999, tzinfo=UTC)
PLACE = {"origin": "https://bids.example", "case": "CN-01", "type": "ScoreSheetLocked"}
PAYLOAD = {"seat": 3, "scores": {"B1": {"T1": "30.00"}}}


def act(**changes):
    return sign_act(KEY, **{**PLACE, "payload": PAYLOAD, "prev_act": "", "command_id": "c1", "at": AT, **changes})


def refusal(call, *args, **kwargs):
    with pytest.raises(CryptoError) as caught:
        call(*args, **kwargs)
    return caught.value


@given(st.binary(max_size=200))
def test_signature_is_64_bytes_and_both_forms_verify(data):
    signature = KEY.sign(data)
    assert len(signature) == 64
    verify(KEY.spki, data, signature)
    KEY.private.public_key().verify(raw_to_der(signature), data, ec.ECDSA(hashes.SHA256()))
    assert raw_to_der(signature) == KEY.sign_der(data)


def test_rfc6979_vector():
    """RFC 6979, A.2.5: P-256, SHA-256, message "sample"."""
    secret = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    key = SigningKey(ec.derive_private_key(secret, ec.SECP256R1()))
    assert key.sign(b"sample").hex().upper() == (
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
    )


@given(st.binary(max_size=50), st.integers(0, 511))
def test_one_flipped_bit_is_refused(data, bit):
    signature = bytearray(KEY.sign(data))
    signature[bit // 8] ^= 1 << bit % 8
    assert refusal(verify, KEY.spki, data, bytes(signature)).code == "signature_wrong"


def test_wrong_key_wrong_data_wrong_length():
    signature = KEY.sign(b"x")
    assert refusal(verify, OTHER.spki, b"x", signature).code == "signature_wrong"
    assert refusal(verify, KEY.spki, b"y", signature).code == "signature_wrong"
    assert refusal(verify, KEY.spki, b"x", bytes(64)).code == "signature_wrong"
    assert refusal(verify, KEY.spki, b"x", signature[:63]).facts == {"found": 63, "needed": 64}
    assert refusal(verify, b"no key", b"x", signature).code == "key_unreadable"


def test_pem_round_trip_with_and_without_passphrase():
    assert SigningKey.from_pem(KEY.to_pem()).key_id == KEY.key_id == hashlib.sha256(KEY.spki).hexdigest()
    locked = KEY.to_pem("correct horse")
    assert "ENCRYPTED" in locked
    assert SigningKey.from_pem(locked.encode(), "correct horse").spki == KEY.spki
    for passphrase in (None, "wrong"):
        assert refusal(SigningKey.from_pem, locked, passphrase).code == "key_unreadable"
    assert refusal(SigningKey.from_pem, "nonsense").code == "key_unreadable"


def test_other_curves_and_kinds_of_key_are_refused():
    p384 = SigningKey(ec.generate_private_key(ec.SECP384R1()))
    assert refusal(SigningKey.from_pem, p384.to_pem()).code == "key_not_p256"
    assert refusal(verify, p384.spki, b"x", bytes(64)).code == "key_not_p256"
    rsa_key = rsa.generate_private_key(65537, 1024)
    assert (
        refusal(verify, SigningKey.spki.fget(type("K", (), {"private": rsa_key})), b"", bytes(64)).code
        == "key_not_p256"
    )


def test_private_key_is_not_in_repr():
    assert repr(KEY) == "SigningKey()"


def test_object_under_label():
    signature = sign_object(KEY, "bidpkg/v1", {"a": "1"})
    verify_object(KEY.spki, "bidpkg/v1", {"a": "1"}, signature)
    verify(KEY.spki, b'bidpkg/v1\x00{"a":"1"}', base64.b64decode(signature["signature"]))
    assert refusal(verify_object, KEY.spki, "bidsub/v1", {"a": "1"}, signature).code == "signature_wrong"
    assert refusal(verify_object, KEY.spki, "bidpkg/v1", {"a": "2"}, signature).code == "signature_wrong"
    assert refusal(verify_object, OTHER.spki, "bidpkg/v1", {"a": "1"}, signature).code == "key_foreign"
    claimed = {**signature, "key_id": OTHER.key_id}
    assert refusal(verify_object, OTHER.spki, "bidpkg/v1", {"a": "1"}, claimed).code == "signature_wrong"


@pytest.mark.parametrize(
    "spoil", [lambda s: s + "=", lambda s: s[:-2], lambda s: s + "\n", lambda s: "*" + s[1:], lambda s: None]
)
def test_signature_has_one_spelling(spoil):
    signature = sign_object(KEY, "bidpkg/v1", {})
    spoiled = {**signature, "signature": spoil(signature["signature"])}
    assert refusal(verify_object, KEY.spki, "bidpkg/v1", {}, spoiled).code == "signature_malformed"


def test_act_is_signed_over_its_own_bytes():
    signed = act()
    assert signed.act == {
        "v": "act/v1", **PLACE, "payload_sha256": hashlib.sha256(canonical(PAYLOAD)).hexdigest(),
        "prev_act": "", "command_id": "c1", "at": "2026-03-03T02:00:00.123Z",
    }  # fmt: skip
    verify_act(signed, KEY.spki, **PLACE, payload=PAYLOAD)
    verify(KEY.spki, b"act/v1\x00" + canonical(signed.act), base64.b64decode(signed.signature))


def test_act_travels_as_json():
    signed = act()
    again = SignedAct.from_json(json.loads(json.dumps(signed.to_json())))
    assert again == signed
    assert again.act_hash == signed.act_hash


@pytest.mark.parametrize("name", ["origin", "case", "type"])
def test_act_for_elsewhere_is_refused(name):
    error = refusal(verify_act, act(**{name: "elsewhere"}), KEY.spki, **PLACE, payload=PAYLOAD)
    assert error.code == "act_foreign"
    assert error.facts == {"field": name, "found": "elsewhere", "expected": PLACE[name]}


def test_act_on_another_payload_is_refused():
    error = refusal(verify_act, act(), KEY.spki, **PLACE, payload={**PAYLOAD, "seat": 4})
    assert (error.code, error.facts["field"]) == ("act_foreign", "payload_sha256")


@pytest.mark.parametrize("name", ["v", "origin", "case", "type", "payload_sha256", "prev_act", "command_id", "at"])
def test_every_field_of_an_act_is_signed(name):
    forged = {
        **act().act,
        name: {"at": "2026-03-03T02:00:01Z", "prev_act": "0" * 64, "payload_sha256": "1" * 64}.get(name, "z"),
    }
    expected = {n: forged[n] for n in ("origin", "case", "type")}
    error = refusal(verify_act, replace(act(), act=forged), KEY.spki, **expected, payload=PAYLOAD)
    assert error.code == {"v": "act_malformed", "payload_sha256": "act_foreign"}.get(name, "signature_wrong")


@pytest.mark.parametrize(
    "change",
    [
        {"v": "act/v2"},
        {"extra": "1"},
        {"at": "2026-03-03"},
        {"prev_act": "abc"},
        {"payload_sha256": "A" * 64},
        {"case": 1},
        {"command_id": ""},
    ],
)
def test_malformed_act_is_refused_on_arrival(change):
    data = act().to_json()
    data["act"] |= change
    assert refusal(SignedAct.from_json, data).code in {"act_malformed", "instant_malformed"}


@pytest.mark.parametrize(
    "data",
    [None, [], {}, {"act": {}, "key_id": "", "signature": ""}, {"act": None, "key_id": "", "signature": "", "x": 1}],
)
def test_what_is_no_act_is_refused(data):
    assert refusal(SignedAct.from_json, data).code == "act_malformed"


def test_act_hash_chains_and_covers_the_signature():
    first = act()
    second = act(prev_act=first.act_hash, command_id="c2")
    assert len({first.act_hash, second.act_hash, replace(first, signature=second.signature).act_hash}) == 3
    assert refusal(act, prev_act="nonsense").code == "act_malformed"


@given(st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1)), st.integers(-12, 14))
def test_instants_floor_to_the_millisecond_in_utc(naive, hours):
    at = naive.replace(tzinfo=timezone(timedelta(hours=hours)))
    text = format_instant(at)
    assert timedelta(0) <= at - parse_instant(text) < timedelta(milliseconds=1)
    assert format_instant(parse_instant(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-03T02:00:00.000Z",
        "2026-03-03T02:00:00.1Z",
        "2026-03-03T02:00:00+00:00",
        "2026-02-30T00:00:00Z",
        "٢026-03-03T02:00:00Z",
        7,
    ],
)
def test_other_spellings_of_an_instant_are_refused(text):
    assert refusal(parse_instant, text).code == "instant_malformed"


def test_naive_time_is_refused():
    assert refusal(format_instant, datetime(2026, 3, 3)).code == "instant_malformed"
