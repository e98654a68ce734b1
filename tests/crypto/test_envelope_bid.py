"""The profile of `bid.age`: one recipient, one context, nothing else."""

import io
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.canonical import canonical, tagged_hash
from crypto.envelope import (
    BID_HEADER_LIMIT,
    ContextStanza,
    HybridIdentity,
    HybridRecipient,
    Stanza,
    X25519Identity,
    X25519Recipient,
    bid_context,
    check_sealed_header,
    context_hash,
    decrypt,
    encrypt,
    new_bid_identity,
    open_bid,
    opened_bid,
    opened_part,
    recipient_of,
    seal,
)
from crypto.envelope.payload import CHUNK_SIZE
from crypto.errors import CryptoError
from crypto.merkle import LEAF_SIZE, leaf_hash, root

BID = new_bid_identity()
FIELDS = {
    "origin": "tenderhall.example/county",
    "tender": "T-2025-000628",
    "lot": "1",
    "envelope": "all",
    "epoch": 0,
    "bidder": "91510000MA0000001X",
    "documents_root": "1" * 64,
    "committee": "2" * 64,
    "open_ident": "3" * 64,
    "recipient": BID.recipient,
}
CONTEXT = context_hash(bid_context(**FIELDS))
CONTENT = b"\x00\x01\x02\x03" * 40_000


def sealed(*recipients, content=CONTENT):
    """An age file for any recipients, as somebody with other software could make it."""
    dst = io.BytesIO()
    encrypt(io.BytesIO(content), dst, recipients)
    return dst.getvalue()


class Added:
    """A stanza of somebody's own."""

    def __init__(self, *args, body=b""):
        self.stanza = Stanza(args, body)

    def wrap(self, file_key):
        return [self.stanza]


TO_BID, IN_CONTEXT = HybridRecipient(BID.recipient), ContextStanza(CONTEXT)
GENUINE = sealed(TO_BID, IN_CONTEXT)


def refusals(file, context=CONTEXT):
    """What the server, without a key, and the opening say of a file: the same."""
    with pytest.raises(CryptoError) as at_upload:
        check_sealed_header(file[:BID_HEADER_LIMIT], context)
    dst = io.BytesIO()
    with pytest.raises(CryptoError) as at_opening:
        open_bid(io.BytesIO(file), dst, BID.identity, context)
    assert dst.getvalue() == b""
    assert (at_upload.value.code, at_upload.value.facts) == (at_opening.value.code, at_opening.value.facts)
    return at_upload.value


@given(st.sampled_from([0, 1, CHUNK_SIZE, LEAF_SIZE - 1, LEAF_SIZE, LEAF_SIZE + 1, 2 * LEAF_SIZE]))
@settings(max_examples=7, deadline=None)
def test_a_sealed_bid_opens_and_its_digest_is_that_of_the_ciphertext(size):
    content, dst, back = b"\x07" * size, io.BytesIO(), io.BytesIO()
    stated = seal(io.BytesIO(content), dst, BID.recipient, CONTEXT)
    file = dst.getvalue()
    assert stated.size == len(file)
    assert stated.root == root([leaf_hash(file[i : i + LEAF_SIZE]) for i in range(0, len(file), LEAF_SIZE)]).hex()
    check_sealed_header(file[:BID_HEADER_LIMIT], CONTEXT)
    open_bid(io.BytesIO(file), back, BID.identity, CONTEXT)
    assert back.getvalue() == content


@given(st.binary(max_size=3 * CHUNK_SIZE), st.lists(st.integers(1, 2 * CHUNK_SIZE), min_size=1, max_size=9))
@settings(max_examples=20, deadline=None)
def test_a_bid_is_read_as_it_is_opened_in_pieces_of_any_size(content, sizes):
    stream = opened_bid(io.BytesIO(sealed(TO_BID, IN_CONTEXT, content=content)), BID.identity, CONTEXT)
    found, wanted = [], itertools.cycle(sizes)
    while piece := stream.read(next(wanted)):
        found.append(piece)
    assert b"".join(found) == content
    assert {len(piece) for piece in found[:-1]} <= set(sizes)
    stream.check_rest()


PART_FILE = bytes(range(256)) * (3 * CHUNK_SIZE // 256) + b"end"
PART_SEALED = sealed(TO_BID, IN_CONTEXT, content=PART_FILE)


def part(file, start, size):
    return b"".join(opened_part(io.BytesIO(file), BID.identity, CONTEXT, start, size))


def test_a_part_of_a_bid_is_read_where_it_is():
    edges = sorted(
        {max(0, n * CHUNK_SIZE + d) for n in range(4) for d in (-1, 0, 1, 3)} & set(range(len(PART_FILE) + 1))
    )
    for start, end in itertools.combinations_with_replacement(edges, 2):
        assert part(PART_SEALED, start, end - start) == PART_FILE[start:end], (start, end)


def test_a_part_beyond_the_end_or_altered_is_refused_and_one_beside_it_is_read():
    with pytest.raises(CryptoError, match="envelope_truncated"):
        part(PART_SEALED, len(PART_FILE) - 1, 2)
    with pytest.raises(CryptoError, match="envelope_truncated"):
        part(PART_SEALED, 9 * CHUNK_SIZE, 1)
    altered = bytearray(PART_SEALED)
    altered[-3 - 16 - CHUNK_SIZE] ^= 1  # in the third chunk of four
    assert part(bytes(altered), 0, 2 * CHUNK_SIZE) == PART_FILE[: 2 * CHUNK_SIZE]
    assert part(bytes(altered), 3 * CHUNK_SIZE, 3) == b"end"
    with pytest.raises(CryptoError, match="envelope_corrupted"):
        part(bytes(altered), 2 * CHUNK_SIZE + 5, 1)


def test_what_was_not_read_of_a_bid_is_checked_all_the_same():
    file = sealed(TO_BID, IN_CONTEXT, content=bytes(3 * CHUNK_SIZE))
    stream = opened_bid(io.BytesIO(file[:-1] + b"x"), BID.identity, CONTEXT)
    assert stream.read(10) == bytes(10)
    with pytest.raises(CryptoError) as refused:
        stream.check_rest()
    assert refused.value.code == "envelope_corrupted"


def test_a_sealed_bid_is_an_ordinary_age_file():
    dst = io.BytesIO()
    decrypt(io.BytesIO(GENUINE), dst, [HybridIdentity(BID.identity)])
    assert dst.getvalue() == CONTENT


def test_the_order_of_the_two_stanzas_is_free():
    dst = io.BytesIO()
    open_bid(io.BytesIO(sealed(IN_CONTEXT, TO_BID)), dst, BID.identity, CONTEXT)
    assert dst.getvalue() == CONTENT


def test_identities_are_fresh_and_do_not_show():
    assert new_bid_identity() != new_bid_identity()
    assert recipient_of(BID.identity) == BID.recipient
    assert BID.identity not in repr(BID)
    with pytest.raises(CryptoError, match="envelope_identity_malformed"):
        recipient_of(X25519Identity.generate().identity)


# The context


def test_context_has_the_fields_of_its_version_and_its_hash_is_labelled():
    context = bid_context(**FIELDS)
    assert context == {"v": "bidctx/v1", **FIELDS}
    assert context_hash(context) == tagged_hash("bidctx/v1", canonical(context))


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_field_of_the_context_binds(name):
    changed = {
        "epoch": 1,
        "recipient": new_bid_identity().recipient,
        "documents_root": "4" * 64,
        "committee": "4" * 64,
        "open_ident": "4" * 64,
    }.get(name, "other")
    other = context_hash(bid_context(**{**FIELDS, name: changed}))
    refusal = refusals(GENUINE, other)
    assert (refusal.code, refusal.facts) == (
        "bid_foreign_context",
        {"expected": other.hex(), "found": CONTEXT.hex()},
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epoch", -1),
        ("epoch", True),
        ("epoch", "0"),
        ("lot", ""),
        ("lot", 1),
        ("bidder", None),
        ("committee", "2" * 63),
        ("committee", "A" * 64),
        ("open_ident", 3),
        ("recipient", "age1xyz"),
    ],
)
def test_a_malformed_field_of_the_context_is_named(name, value):
    with pytest.raises(CryptoError) as refusal:
        bid_context(**{**FIELDS, name: value})
    assert (refusal.value.code, refusal.value.facts) == ("bid_context_malformed", {"field": name})


@pytest.mark.parametrize(("added", "named"), [({"deadline": "x"}, "deadline"), ({"v": "bidctx/v2"}, "v")])
def test_another_context_has_no_hash(added, named):
    with pytest.raises(CryptoError) as refusal:
        context_hash({**bid_context(**FIELDS), **added})
    assert refusal.value.facts == {"field": named}
    with pytest.raises(CryptoError, match="bid_context_malformed"):
        context_hash({"v": "bidctx/v1"})


# What is no sealed bid


@pytest.mark.parametrize(
    "file",
    [b"", b"%PDF-1.7\n" + bytes(9000), b"PK\x03\x04" + bytes(9000), b"age-encryption.org/v1", GENUINE[1:]],
    ids=["empty", "pdf", "zip", "cut", "shifted"],
)
def test_a_file_that_is_not_encrypted_is_refused(file):
    assert refusals(file).code == "bid_not_encrypted"


OTHER = HybridRecipient(new_bid_identity().recipient)
CLASSIC = X25519Recipient(X25519Identity.generate().recipient)


@pytest.mark.parametrize(
    ("recipients", "counts"),
    [
        ([TO_BID, OTHER, IN_CONTEXT], (2, 1, 0)),
        ([TO_BID, TO_BID, IN_CONTEXT], (2, 1, 0)),
        ([TO_BID, CLASSIC, IN_CONTEXT], (1, 1, 1)),
        ([CLASSIC, IN_CONTEXT], (0, 1, 1)),
        ([TO_BID], (1, 0, 0)),
        ([IN_CONTEXT], (0, 1, 0)),
        ([TO_BID, IN_CONTEXT, IN_CONTEXT], (1, 2, 0)),
        ([TO_BID, IN_CONTEXT, Added("grease")], (1, 1, 1)),
        ([Added("scrypt", "c2FsdHNhbHRzYWx0c2FsdA", "10", body=bytes(32)), IN_CONTEXT], (0, 1, 1)),
    ],
)
def test_any_other_set_of_stanzas_is_refused(recipients, counts):
    refusal = refusals(sealed(*recipients))
    assert refusal.code == "bid_unexpected_stanzas"
    assert refusal.facts == dict(zip(("recipients", "contexts", "others"), counts, strict=True))


@pytest.mark.parametrize(
    "context",
    [
        Added("tenderhall/bidctx-v1"),
        Added("tenderhall/bidctx-v1", CONTEXT.hex(), "more"),
        Added("tenderhall/bidctx-v1", CONTEXT.hex(), body=b"x"),
        Added("tenderhall/bidctx-v1", CONTEXT.hex().upper()),
        Added("tenderhall/bidctx-v1", CONTEXT.hex()[:-1]),
    ],
)
def test_a_context_in_another_spelling_is_refused(context):
    refusal = refusals(sealed(TO_BID, context))
    assert (refusal.code, refusal.facts) == ("bid_header_malformed", {"part": "tenderhall/bidctx-v1"})


def test_a_recipient_stanza_of_the_wrong_shape_is_refused():
    for stanza in (Added("mlkem768x25519"), Added("mlkem768x25519", "AAAA", body=bytes(32))):
        refusal = refusals(sealed(stanza, IN_CONTEXT))
        assert (refusal.code, refusal.facts) == ("bid_header_malformed", {"part": "mlkem768x25519"})


def test_a_header_in_another_spelling_is_refused_with_its_line():
    refusal = refusals(GENUINE.replace(b"\n-> tenderhall", b"\r\n-> tenderhall", 1))
    assert refusal.code == "bid_header_malformed"
    assert refusal.facts["part"].startswith("header:")


def test_a_header_beyond_4_kib_is_refused():
    refusal = refusals(sealed(TO_BID, IN_CONTEXT, Added("grease", body=bytes(4096))))
    assert (refusal.code, refusal.facts) == ("bid_header_too_large", {"limit": 4096})


# What passes at upload, without a key, and is refused at the opening


def opening_refusal(file, identity=BID.identity):
    check_sealed_header(file[:BID_HEADER_LIMIT], CONTEXT)
    with pytest.raises(CryptoError) as refusal:
        open_bid(io.BytesIO(file), io.BytesIO(), identity, CONTEXT)
    return refusal.value.code


def test_another_bids_key_does_not_open():
    assert opening_refusal(GENUINE, new_bid_identity().identity) == "envelope_no_identity"
    assert opening_refusal(GENUINE, "AGE-SECRET-KEY-PQ-1QQQ") == "envelope_identity_malformed"


def test_a_context_put_over_another_is_refused():
    other = sealed(TO_BID, ContextStanza(bytes(32)))
    assert opening_refusal(other.replace(b"0" * 64, CONTEXT.hex().encode())) == "envelope_header_forged"


def test_a_cut_or_lengthened_bid_does_not_open():
    size = 2 * CHUNK_SIZE
    file = sealed(TO_BID, IN_CONTEXT, content=CONTENT[:size])
    assert opening_refusal(file[: -CHUNK_SIZE - 16]) == "envelope_truncated"
    assert opening_refusal(file + b"\x00") == "envelope_trailing_data"
    assert opening_refusal(file[:-1]) == "envelope_corrupted"
