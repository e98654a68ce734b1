"""The second lock: rounds and their times, and a capsule that neither signature opens alone."""

import io
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py_arkworks_bls12381 import G2Point, Scalar

from crypto.bls import SIGNATURE_DST, hash_to_g1, point_bytes, read_g1
from crypto.committee import (
    CAPSULE_TYPE,
    TIMED_CAPSULE_TYPE,
    Member,
    check_capsule_header,
    combine,
    identity,
    make_capsule,
    open_capsule,
    run_ceremony,
    sign_share,
)
from crypto.envelope import Stanza, decode64, encode64, encrypt, new_bid_identity, read_header
from crypto.errors import CryptoError
from crypto.submission import check_submission, make_submission, verify_submission
from crypto.timelock import LARGEST_ROUND, QUICKNET, Chain, Round, SignedRound, read_round_signature
from crypto.tlock import ibe_open, ibe_seal
from tests.choices import choices
from tests.crypto.test_receipts import CLIENT, CONTEXT, DEADLINE, FILES, SUBMISSION

VECTOR = json.loads(Path(__file__).with_name("tlock-quicknet-12040883.json").read_text())
SECRET = Scalar(0xFEDCBA987654321)
OWN = Chain(point_bytes(G2Point() * SECRET).hex(), 3, 1_600_000_000, "ab" * 32, "own")
OTHER = Chain(point_bytes(G2Point() * Scalar(77)).hex(), 3, 1_600_000_000, "ab" * 32, "own")


def signed(round_, secret=SECRET):
    return point_bytes(hash_to_g1(round_.identity) * secret)


def refusal(call, *args, **kwargs):
    with pytest.raises(CryptoError) as caught:
        call(*args, **kwargs)
    return caught.value


# Chains and rounds


def test_quicknet_is_described_by_its_published_hash():
    assert QUICKNET.hash == VECTOR["network"]["chain_hash"]
    assert Chain.from_description(json.loads(json.dumps(QUICKNET.describe()))) == QUICKNET


def test_published_round_verifies_here_and_by_a_second_implementation(py_ecc_oracle):
    round_, signature = Round(QUICKNET, VECTOR["round"]), bytes.fromhex(VECTOR["signature"])
    assert round_.is_signed_by(signature)
    assert not Round(QUICKNET, VECTOR["round"] + 1).is_signed_by(signature)
    key = bytes.fromhex(QUICKNET.public_key)
    assert py_ecc_oracle.signature_fits(signature, round_.identity, key, SIGNATURE_DST)


@pytest.mark.parametrize("name", list(QUICKNET.describe()))
def test_description_altered_in_any_field_is_refused(name):
    described = QUICKNET.describe()
    worse = {"period": 4, "genesis": described["genesis"] + 1, "public_key": OWN.public_key}
    for value in (worse.get(name, "x"), None, True, -1, "52db"):
        assert refusal(Chain.from_description, {**described, name: value}).code == "chain_malformed"
    assert refusal(Chain.from_description, {n: v for n, v in described.items() if n != name}).code == "chain_malformed"


@pytest.mark.parametrize("key", ["00" * 96, "c0" + "00" * 95, "ff" * 96])
def test_chain_with_a_key_that_is_no_point(key):
    assert refusal(Chain, key, 3, 1, "ab" * 32, "own").code == "point_wrong"


def test_published_round_is_of_its_published_time():
    assert Round(QUICKNET, 1).at == datetime(2023, 8, 23, 15, 9, 27, tzinfo=UTC)
    half_past_nine = datetime(2026, 3, 24, 1, 30, tzinfo=UTC)
    found = QUICKNET.round_after(half_past_nine)
    assert (found.number, found.at - half_past_nine) == (27170813, timedelta(seconds=3))


SECONDS = range(int(datetime(2200, 1, 1, tzinfo=UTC).timestamp()))


def chain_of(chosen):
    name = chosen.one(("", "default", "own"))
    return Chain(OWN.public_key, chosen.one(range(1, 3601)), chosen.one(range(1, 2**32)), "ab" * 32, name)


def instant_of(chosen):
    return datetime.fromtimestamp(chosen.one(SECONDS), UTC) + timedelta(microseconds=chosen.one(range(10**6)))


@given(choices(20))
def test_first_round_after_an_instant(chosen):
    chain = chain_of(chosen)
    anywhere = instant_of(chosen)
    for at in (anywhere, chain.round_after(anywhere).at):
        found = chain.round_after(at)
        assert found.at > at
        assert found.number == 1 or Round(chain, found.number - 1).at <= at


@given(choices(25))
def test_later_deadline_never_has_an_earlier_round(chosen):
    chain, at = chain_of(chosen), instant_of(chosen)
    by = timedelta(seconds=chosen.one(range(30 * 86400)), microseconds=chosen.one(range(10**6)))
    assert chain.round_after(at).number <= chain.round_after(at + by).number


@pytest.mark.parametrize("number", [0, -1, LARGEST_ROUND + 1, True, "1", 1.0])
def test_numbers_that_are_no_round(number):
    assert refusal(Round, OWN, number).code == "round_malformed"


def test_round_beyond_the_calendar_is_due_at_its_end():
    assert Round(OWN, LARGEST_ROUND).at.year == 9999


def test_signature_of_another_round_chain_or_kind_is_refused():
    round_ = Round(OWN, 5)
    for wrong in (signed(Round(OWN, 6)), signed(round_, Scalar(77)), bytes(48), b"", signed(round_) + b"\0"):
        assert refusal(SignedRound, round_, wrong).code == "round_signature_wrong"


def test_signature_as_people_type_it():
    text = signed(Round(OWN, 5)).hex()
    spaced = " ".join(text[i : i + 8].upper() for i in range(0, 96, 8)) + "\n"
    assert read_round_signature(text) == read_round_signature(spaced) == signed(Round(OWN, 5))
    for wrong, digits in ((text[:-1], 95), (text + "0", 97), ("", 0), ("g" * 96, 0)):
        error = refusal(read_round_signature, wrong)
        assert (error.code, error.facts["digits"]) == ("round_signature_malformed", digits)


# The capsule with two locks

COMMITTEE, SHARES = run_ceremony([Member(i, f"o{i}", f"{i:064x}") for i in (1, 2, 3)], 2, os.urandom)
IDENTITY = identity("open", {"lot": "1"})
RELEASE = combine(COMMITTEE, IDENTITY, {i: sign_share(SHARES[i], IDENTITY) for i in (1, 2)}).signature
ROUND = Round(OWN, 27170813)
SIGNED = SignedRound(ROUND, signed(ROUND))
BID_KEY = new_bid_identity().identity.encode()
CAPSULE = make_capsule(COMMITTEE, IDENTITY, BID_KEY, ROUND)
PLAIN = make_capsule(COMMITTEE, IDENTITY, BID_KEY)
STANZA = read_header(io.BytesIO(CAPSULE)).stanzas[0]


class Raw:
    def __init__(self, *stanzas):
        self.stanzas = list(stanzas)

    def wrap(self, file_key):
        return self.stanzas


def capsule_of(*stanzas):
    made = io.BytesIO()
    encrypt(io.BytesIO(b"x"), made, [Raw(*stanzas)])
    return made.getvalue()


def test_both_signatures_open_it():
    assert len(CAPSULE) == 740
    check_capsule_header(CAPSULE, COMMITTEE, IDENTITY, ROUND)
    assert open_capsule(COMMITTEE, IDENTITY, RELEASE, CAPSULE, SIGNED) == BID_KEY


def test_one_signature_alone_opens_nothing():
    """Neither half is the file key, and nothing else in the file tells of it."""
    header = read_header(io.BytesIO(CAPSULE))
    halves = [
        ibe_open(read_g1(RELEASE), STANZA.body[:128]),
        ibe_open(read_g1(SIGNED.signature), STANZA.body[128:]),
    ]
    for half in halves:
        with pytest.raises(CryptoError, match="envelope_header_forged"):
            header.check_mac(half)
    header.check_mac(bytes(a ^ b for a, b in zip(*halves, strict=True)))
    for signature, part in ((RELEASE, STANZA.body[128:]), (SIGNED.signature, STANZA.body[:128])):
        assert refusal(ibe_open, read_g1(signature), part).code == "capsule_wrong"


def test_one_kind_is_never_read_as_the_other():
    for call in (
        lambda: check_capsule_header(CAPSULE, COMMITTEE, IDENTITY),
        lambda: check_capsule_header(PLAIN, COMMITTEE, IDENTITY, ROUND),
        lambda: open_capsule(COMMITTEE, IDENTITY, RELEASE, CAPSULE),
        lambda: open_capsule(COMMITTEE, IDENTITY, RELEASE, PLAIN, SIGNED),
    ):
        error = refusal(call)
        assert (error.code, error.facts["reason"]) == ("capsule_malformed", "stanzas")


def test_wrong_release_is_not_blamed_on_the_capsule():
    assert refusal(open_capsule, COMMITTEE, IDENTITY, SIGNED.signature, CAPSULE, SIGNED).code == "release_wrong"


def test_capsule_for_another_round_or_chain_is_named():
    after = Round(OWN, ROUND.number + 1)
    for wrong, field in ((after, "round"), (Round(OTHER, ROUND.number), "chain")):
        error = refusal(check_capsule_header, CAPSULE, COMMITTEE, IDENTITY, wrong)
        assert (error.code, error.facts["field"]) == ("capsule_foreign", field)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 8 * len(CAPSULE) - 1))
def test_every_altered_bit_is_refused(bit):
    altered = bytearray(CAPSULE)
    altered[bit // 8] ^= 1 << bit % 8
    error = refusal(open_capsule, COMMITTEE, IDENTITY, RELEASE, bytes(altered), SIGNED)
    assert error.code in {"capsule_malformed", "capsule_foreign", "capsule_wrong"}


@pytest.mark.parametrize("cut", [0, 1, 100, 700, 739])
def test_truncated_and_extended(cut):
    for altered in (CAPSULE[:cut], CAPSULE + bytes(cut + 1)):
        error = refusal(open_capsule, COMMITTEE, IDENTITY, RELEASE, altered, SIGNED)
        assert error.code in {"capsule_malformed", "capsule_wrong"}


def halves_of(capsule):
    body = read_header(io.BytesIO(capsule)).stanzas[0].body
    return body[:128], body[128:]


def test_halves_of_two_capsules_do_not_combine():
    """Both halves are genuine and open; the header MAC knows that they were not made for each other."""
    again = make_capsule(COMMITTEE, IDENTITY, BID_KEY, ROUND)
    (first, second), (other_first, other_second) = halves_of(CAPSULE), halves_of(again)
    for mixed in (first + other_second, other_first + second, second + first, first + first, second + second):
        text = b"\n".join(encode64(mixed)[i : i + 64].encode() for i in range(0, 344, 64))
        begin, end = CAPSULE.index(b"\n", 30) + 1, CAPSULE.index(b"\n---")
        altered = CAPSULE[:begin] + text + CAPSULE[end:]
        error = refusal(open_capsule, COMMITTEE, IDENTITY, RELEASE, altered, SIGNED)
        assert error.code == "capsule_wrong"


def test_round_written_in_another_way_is_refused():
    """A round has one spelling; the header is covered by the MAC besides."""
    for spelling in (f"0{ROUND.number}", f"+{ROUND.number}", f"{ROUND.number}.0", "", "1e3"):
        args = (*STANZA.args[:4], spelling) if spelling else STANZA.args[:4]
        error = refusal(check_capsule_header, capsule_of(Stanza(args, STANZA.body)), COMMITTEE, IDENTITY, ROUND)
        assert error.code in {"capsule_foreign", "capsule_malformed"}


def test_other_shapes_are_refused():
    u, good = point_bytes(G2Point()), STANZA.args
    sealed = u + bytes(32)
    refused = {
        "stanzas": [
            [Stanza(good, STANZA.body), Stanza(("grease",))],
            [Stanza(good, STANZA.body), Stanza(good, STANZA.body)],
            [Stanza((CAPSULE_TYPE, *good[1:3]), STANZA.body[:128])],
            [Stanza((CAPSULE_TYPE, *good[1:]), STANZA.body)],
            [Stanza((*good, "more"), STANZA.body)],
            [Stanza(good[:3], STANZA.body)],
            # both locks as stanzas of their own: age would take either for the whole key
            [Stanza((CAPSULE_TYPE, *good[1:3]), sealed), Stanza(("tlock", good[4], good[3]), sealed)],
        ],
        "identity": [[Stanza((*good[:2], good[2] + "=", *good[3:]), STANZA.body)]],
        "body": [[Stanza(good, STANZA.body[:128])], [Stanza(good, STANZA.body + b"\0")], [Stanza(good)]],
        "U is no point": [[Stanza(good, bytes(128) + sealed)], [Stanza(good, sealed + bytes(128))]],
    }
    check_capsule_header(capsule_of(Stanza(good, sealed + sealed)), COMMITTEE, IDENTITY, ROUND)
    for reason, shapes in refused.items():
        for stanzas in shapes:
            error = refusal(check_capsule_header, capsule_of(*stanzas), COMMITTEE, IDENTITY, ROUND)
            assert (error.code, error.facts["reason"]) == ("capsule_malformed", reason)


def test_half_sealed_to_another_round_is_found_at_the_opening():
    """A header may claim a round that its second half is not sealed to; the bid is void, nobody is delayed."""
    key = os.urandom(16)
    late = ibe_seal(OWN.key, Round(OWN, ROUND.number + 10**6).identity, key, os.urandom)
    lying = capsule_of(Stanza(STANZA.args, STANZA.body[:128] + late))
    check_capsule_header(lying, COMMITTEE, IDENTITY, ROUND)
    assert refusal(open_capsule, COMMITTEE, IDENTITY, RELEASE, lying, SIGNED).code == "capsule_wrong"


def test_stanza_names_everything_it_needs():
    assert STANZA.args == (TIMED_CAPSULE_TYPE, COMMITTEE.id, encode64(IDENTITY), OWN.hash, str(ROUND.number))
    assert decode64(STANZA.args[2]) == IDENTITY


# The submission that names it

TIMED = make_submission(context=CONTEXT, **FILES, client=CLIENT, nonce="f" * 32, created_at=DEADLINE, round=ROUND)


def test_submission_names_round_and_type():
    assert (TIMED["v"], TIMED["capsule_type"], TIMED["round"]) == ("bidsub/v2", TIMED_CAPSULE_TYPE, ROUND.number)
    verify_submission(TIMED, context=CONTEXT, **FILES)
    assert "round" not in SUBMISSION


@pytest.mark.parametrize(
    "change",
    [{"v": "bidsub/v1"}, {"v": "bidsub/v3"}, {"capsule_type": CAPSULE_TYPE}]
    + [{"round": value} for value in (0, -1, True, "5", 2**53, None)],
)
def test_malformed_timed_submission(change):
    assert refusal(check_submission, {**TIMED, **change}).code == "submission_malformed"


def test_plain_submission_with_a_round_is_malformed():
    assert refusal(check_submission, {**SUBMISSION, "round": 5}).code == "submission_malformed"
