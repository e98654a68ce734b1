"""age v1 files in general; the published vectors are in test_cctv.py, the bid's profile in test_envelope_bid.py."""

import hashlib
import io

import pyrage
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crypto.envelope import (
    HybridIdentity,
    HybridRecipient,
    Stanza,
    X25519Identity,
    X25519Recipient,
    bech32,
    decode64,
    decrypt,
    encode64,
    encrypt,
    parse_identity,
    parse_recipient,
    read_header,
)
from crypto.envelope.header import encode_header
from crypto.envelope.payload import AHEAD, CHUNK_SIZE, NONCE_SIZE, SPAN, TAG_SIZE
from crypto.errors import CryptoError
from tests.choices import choices, pieces
from tests.examples import at_least

CLASSIC, HYBRID = X25519Identity.generate(), HybridIdentity.generate()
CONTENT = bytes(range(256)) * 1024  # 256 KiB: four chunks
SEALED_CHUNK = CHUNK_SIZE + TAG_SIZE
EDGES = [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 2 * CHUNK_SIZE, 1024 * 1024, 1024 * 1024 + 1]
VISIBLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8)


def sealed(content, *recipients):
    dst = io.BytesIO()
    encrypt(io.BytesIO(content), dst, recipients or [parse_recipient(CLASSIC.recipient)])
    return dst.getvalue()


def opened(file, *identities):
    dst = io.BytesIO()
    decrypt(io.BytesIO(file), dst, identities or [CLASSIC])
    return dst.getvalue()


def refusal(file, *identities):
    """The code of the refusal, once it is checked that only whole genuine chunks were written before it."""
    dst = io.BytesIO()
    with pytest.raises(CryptoError) as caught:
        decrypt(io.BytesIO(file), dst, identities or [CLASSIC])
    assert dst.getvalue() == CONTENT[: len(dst.getvalue())]
    assert len(dst.getvalue()) % CHUNK_SIZE == 0
    return caught.value.code


def split(file):
    """Header with nonce, and the sealed chunks, of a file."""
    src = io.BytesIO(file)
    read_header(src)
    start = src.tell() + NONCE_SIZE
    return file[:start], [file[i : i + SEALED_CHUNK] for i in range(start, len(file), SEALED_CHUNK)]


@pytest.mark.parametrize("identity", [CLASSIC, HYBRID], ids=["x25519", "hybrid"])
@given(size=st.sampled_from(EDGES) | st.integers(0, 3 * CHUNK_SIZE))
@example(size=4 * CHUNK_SIZE)
def test_what_is_sealed_opens(identity, size):
    content = CONTENT[:1] * size
    assert opened(sealed(content, parse_recipient(identity.recipient)), identity) == content


def test_each_of_several_recipients_opens():
    other = X25519Identity.generate()
    file = sealed(CONTENT, *(parse_recipient(i.recipient) for i in (CLASSIC, HYBRID, other)))
    for identity in (CLASSIC, HYBRID, other):
        assert opened(file, identity) == CONTENT


def test_the_same_content_is_never_sealed_to_the_same_bytes():
    assert sealed(CONTENT)[200:] != sealed(CONTENT)[200:]


@pytest.mark.parametrize("size", EDGES)
def test_another_implementation_opens_ours_and_we_open_its(size):
    content = CONTENT[7:8] * size
    theirs = pyrage.x25519.Identity.from_str(CLASSIC.identity)
    assert pyrage.decrypt(sealed(content), [theirs]) == content
    assert opened(pyrage.encrypt(content, [pyrage.x25519.Recipient.from_str(CLASSIC.recipient)])) == content
    assert str(theirs.to_public()) == CLASSIC.recipient


def test_x_wing_key_derivation_is_the_published_one():
    """draft-connolly-cfrg-xwing-kem, appendix C, first vector: seed, and both ends of the public key."""
    seed = bytes.fromhex("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26")
    identity = HybridIdentity(bech32.encode("age-secret-key-pq-", seed))
    prefix, public = bech32.decode(identity.recipient)
    assert (prefix, len(public)) == ("age1pq", 1216)
    assert public[:32].hex() == "e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5"
    assert public[-40:-32].hex() == "722f06cc03de5b69"
    assert public[-32:].hex() == "859edb06eff389b27dce59844570216223593d4ba32d9abac8cd049040ef6534"


# Refusals of a payload, each made from the genuine file of four chunks


def test_truncation_is_refused_at_every_chunk():
    head, chunks = split(sealed(CONTENT))
    for kept in range(len(chunks)):
        assert refusal(head + b"".join(chunks[:kept])) == "envelope_truncated"
    assert refusal(head[:-1]) == "envelope_truncated"
    assert refusal(head + b"".join(chunks)[:-1]) == "envelope_corrupted"
    assert refusal(head + b"".join(chunks[:2]) + chunks[2][:5]) == "envelope_truncated"


def test_trailing_data_is_refused():
    head, chunks = split(sealed(CONTENT[: CHUNK_SIZE + 1]))
    file = head + b"".join(chunks)
    assert refusal(file + b"\x00") == "envelope_corrupted"  # it lengthens the last, short chunk
    full = sealed(CONTENT)
    assert refusal(full + b"\x00") == "envelope_trailing_data"
    assert refusal(full + full) == "envelope_trailing_data"


def test_moved_repeated_and_foreign_chunks_are_refused():
    head, (first, second, third, last) = split(sealed(CONTENT))
    _, foreign = split(sealed(CONTENT))
    for order in (
        (second, first, third, last),
        (first, first, second, third, last),
        (first, third, last),
        (first, foreign[1], third, last),
        (last, second, third, first),
    ):
        assert refusal(head + b"".join(order)) == "envelope_corrupted"


@given(st.integers(0, 8 * 4 * SEALED_CHUNK - 1))
@at_least(40)
def test_every_altered_bit_of_the_payload_is_refused(bit):
    head, chunks = split(FILE)
    payload = bytearray(b"".join(chunks))
    payload[bit // 8] ^= 1 << bit % 8
    assert refusal(head + bytes(payload)) == "envelope_corrupted"


FILE = sealed(CONTENT)
HEADER_SIZE = len(split(FILE)[0]) - NONCE_SIZE


@given(st.integers(0, 8 * (HEADER_SIZE + NONCE_SIZE) - 1))
@at_least(150)
def test_every_altered_bit_of_the_header_is_refused(bit):
    file = bytearray(FILE)
    file[bit // 8] ^= 1 << bit % 8
    assert refusal(bytes(file)).startswith("envelope_")


@given(st.binary(max_size=300).filter(lambda data: not data.startswith(b"age-encryption.org/v1\n")))
def test_garbage_is_not_age(data):
    assert refusal(data) == "envelope_not_age"
    assert refusal(b"age-encryption.org/v2\n" + data) == "envelope_not_age"


@given(st.binary(max_size=300))
def test_garbage_after_the_first_line_is_malformed(data):
    code = refusal(b"age-encryption.org/v1\n" + data)
    assert code in ("envelope_header_malformed", "envelope_header_too_large")


def test_a_header_is_read_no_further_than_its_limit():
    endless = b"age-encryption.org/v1\n" + b"-> x\n\n" * 1000
    with pytest.raises(CryptoError) as caught:
        read_header(io.BytesIO(endless), 4096)
    assert (caught.value.code, caught.value.facts) == ("envelope_header_too_large", {"limit": 4096})
    src = io.BytesIO(b"age-encryption.org/v1\n" + b"A" * 100_000)
    with pytest.raises(CryptoError, match="envelope_header_too_large"):
        read_header(src, 4096)
    assert src.tell() <= 4096


def test_a_file_for_somebody_else_is_refused():
    assert refusal(sealed(CONTENT), X25519Identity.generate(), HYBRID) == "envelope_no_identity"
    assert refusal(sealed(CONTENT, HybridRecipient(HYBRID.recipient)), HybridIdentity.generate()) == (
        "envelope_no_identity"
    )


def test_nobody_is_no_recipient():
    with pytest.raises(CryptoError, match="envelope_no_recipient"):
        encrypt(io.BytesIO(CONTENT), io.BytesIO(), [])


def test_a_stanza_that_was_added_is_refused():
    first, rest = FILE.split(b"\n", 1)
    assert refusal(first + b"\n-> grease\n\n" + rest) == "envelope_header_forged"


# Keys, stanzas and their spelling


@pytest.mark.parametrize("kind", [X25519Identity, HybridIdentity])
def test_keys_round_trip_as_text(kind):
    identity = kind.generate()
    again = parse_identity(identity.identity)
    assert (type(again), again.identity, again.recipient) == (kind, identity.identity, identity.recipient)
    assert parse_identity(identity.identity.lower()).recipient == identity.recipient


@pytest.mark.parametrize("text", [CLASSIC.identity, HYBRID.identity], ids=["classic", "hybrid"])
def test_misspelt_identities_are_refused(text):
    wrong = [text[:-1], text[:-1] + ("Q" if text[-1] != "Q" else "P"), text.replace("AGE", "age"), text + "Q", ""]
    wrong += [bech32.encode("age-secret-key-", bytes(31)), bech32.encode("age", bytes(32)), "1", "ß" + text]
    for misspelt in wrong:
        with pytest.raises(CryptoError, match="envelope_identity_malformed"):
            parse_identity(misspelt)


@pytest.mark.parametrize("text", [CLASSIC.recipient, HYBRID.recipient], ids=["classic", "hybrid"])
def test_misspelt_recipients_are_refused(text):
    wrong = [text[:-1], text[:-1] + ("q" if text[-1] != "q" else "p"), text.capitalize(), "", CLASSIC.identity]
    wrong += [bech32.encode("age", bytes(31)), bech32.encode("age1pq", b"\xff" * 1216)]
    for misspelt in wrong:
        with pytest.raises(CryptoError, match="envelope_recipient_malformed"):
            parse_recipient(misspelt)


def test_one_kind_of_recipient_is_not_taken_for_the_other():
    with pytest.raises(CryptoError, match="envelope_recipient_malformed"):
        HybridRecipient(CLASSIC.recipient)
    with pytest.raises(CryptoError, match="envelope_recipient_malformed"):
        X25519Recipient(HYBRID.recipient)


@given(st.binary(max_size=80), VISIBLE.map(str.lower).filter(lambda text: text.isascii()))
def test_bech32_round_trip(data, prefix):
    text = bech32.encode(prefix, data)
    assert bech32.decode(text) == bech32.decode(text.upper()) == (prefix, data)


@given(st.binary(max_size=80))
def test_base64_has_one_spelling(data):
    text = encode64(data)
    assert decode64(text) == data
    for other in (text + "=", text + "\n", " " + text, text.replace("+", "-").replace("/", "_") + "\u00e9"):
        with pytest.raises(ValueError):
            decode64(other)


@given(choices(36), st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=10, max_size=80))
def test_any_stanzas_survive_a_header(chosen, text):
    words = pieces(text)

    def stanza():
        args = [chosen.one(words) for _ in range(chosen.one(range(1, 5)))]
        return Stanza(tuple(args), hashlib.shake_128(text.encode()).digest(chosen.one(range(201))))

    stanzas = tuple(stanza() for _ in range(chosen.one(range(1, 6))))
    src = io.BytesIO(encode_header(bytes(16), stanzas) + b"rest")
    header = read_header(src)
    assert header.stanzas == stanzas
    header.check_mac(bytes(16))
    assert src.read() == b"rest"
    with pytest.raises(CryptoError, match="envelope_header_forged"):
        header.check_mac(bytes(15) + b"\x01")


@pytest.mark.parametrize("args", [(), ("",), ("a b",), ("a\n",), ("ä",), ("a", "\x7f")])
def test_a_stanza_without_spelling_is_not_written(args):
    with pytest.raises(CryptoError, match="envelope_stanza_malformed"):
        Stanza(args).encode()


def test_anybody_can_add_a_kind_of_recipient():
    class Plain:
        """Wraps nothing: shows that the protocols are enough."""

        def wrap(self, file_key):
            return [Stanza(("example.org/plain",), file_key)]

        def unwrap(self, stanzas):
            return next((stanza.body for stanza in stanzas if stanza.type == "example.org/plain"), None)

    file = sealed(CONTENT, Plain(), X25519Recipient(CLASSIC.recipient))
    assert opened(file, Plain()) == opened(file, CLASSIC) == CONTENT


# Memory


class Strait(io.RawIOBase):
    """A source that gives a few bytes at a time, and a sink; both note how far reading runs ahead of writing."""

    def __init__(self, data, step):
        self.left, self.step, self.ahead, self.furthest, self.written = memoryview(data), step, 0, 0, bytearray()

    def readable(self):
        return True

    def writable(self):
        return True

    def readinto(self, buffer):
        part = self.left[: min(len(buffer), self.step)]
        buffer[: len(part)] = part
        self.left = self.left[len(part) :]
        self.ahead += len(part)
        self.furthest = max(self.furthest, self.ahead)
        return len(part)

    def write(self, data):
        self.written += data
        self.ahead -= len(data)
        return len(data)


HELD = (AHEAD + 1) * SPAN * CHUNK_SIZE  # bytes: the spans under way, and the one that tells whether they are the last


@pytest.mark.parametrize("step", [997, 10 * CHUNK_SIZE])
def test_a_few_spans_are_the_most_that_is_held(step):
    content = CONTENT * (4 * HELD // len(CONTENT))
    there = Strait(content, step)
    encrypt(there, there, [X25519Recipient(CLASSIC.recipient)])
    back = Strait(there.written, step)
    decrypt(back, back, [CLASSIC])
    assert bytes(back.written) == content
    overhead = len(there.written) - len(content)
    assert there.furthest <= HELD
    assert back.furthest <= HELD // CHUNK_SIZE * SEALED_CHUNK + overhead
