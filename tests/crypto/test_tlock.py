"""Identity-based encryption against published vectors, and against a sender or carrier who cheats."""

import base64
import io
import json
import os
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from py_arkworks_bls12381 import G1Point, G2Point, Scalar

from crypto.bls import (
    ORDER,
    SIGNATURE_DST,
    hash_to_g1,
    point_bytes,
    random_scalar,
    read_g1,
    read_g2,
    read_scalar,
    scalar_bytes,
    signature_fits,
)
from crypto.envelope import decrypt
from crypto.errors import CryptoError
from crypto.tlock import ibe_open, ibe_seal

QUICKNET = Path(__file__).with_name("tlock-quicknet-12040883.json")
SECRET = Scalar(0x1234567890ABCDEF)
PUBLIC = G2Point() * SECRET
IDENTITY = bytes(range(32))
SIGNATURE = hash_to_g1(IDENTITY) * SECRET


def refusal(call, *args):
    with pytest.raises(CryptoError) as caught:
        call(*args)
    return caught.value


class Beacon:
    """The holder of a round's signature of drand's quicknet."""

    def __init__(self, vector):
        self.network, self.round = vector["network"], vector["round"]
        self.signature = read_g1(bytes.fromhex(vector["signature"]))

    def unwrap(self, stanzas):
        (stanza,) = stanzas
        assert stanza.args == ("tlock", str(self.round), self.network["chain_hash"])
        return ibe_open(self.signature, stanza.body)


def test_drand_quicknet_vector():
    """drand/tlock, TestDecryptText: round 12040883 of quicknet."""
    vector = json.loads(QUICKNET.read_text())
    beacon, plaintext = Beacon(vector), io.BytesIO()
    public_key = read_g2(bytes.fromhex(vector["network"]["public_key"]))
    assert signature_fits(beacon.signature, sha256(vector["round"].to_bytes(8, "big")).digest(), public_key)
    decrypt(io.BytesIO(base64.b64decode("".join(vector["age_armored"].split("\n")[1:-1]))), plaintext, [beacon])
    assert plaintext.getvalue() == vector["plaintext"].encode()


@pytest.mark.parametrize(
    ("message", "x", "y"),
    [
        (
            b"",
            "052926add2207b76ca4fa57a8734416c8dc95e24501772c814278700eed6d1e4e8cf62d9c09db0fac349612b759e79a1",
            "08ba738453bfed09cb546dbb0783dbb3a5f1f566ed67bb6be0e8c67e2e81a4cc68ee29813bb7994998f3eae0c9c6a265",
        ),
        (
            b"abc",
            "03567bc5ef9c690c2ab2ecdf6a96ef1c139cc0b2f284dca0a9a7943388a49a3aee664ba5379a7655d3c68900be2f6903",
            "0b9c15f3fe6e5cf4211f346271d7b01c8f3b28be689c8429c85b67af215533311f0b8dfaaa154fa6b88176c229f2885d",
        ),
    ],
)
def test_rfc9380_vectors(message, x, y):
    """RFC 9380, J.9.1, suite BLS12381G1_XMD:SHA-256_SSWU_RO_."""
    point = hash_to_g1(message, b"QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_")
    assert bytes(point.to_xy_bytes_be()).hex() == x + y


@pytest.mark.parametrize("message", [b"", IDENTITY, "评标委员会".encode()])
def test_hash_to_curve_agrees_with_py_ecc(py_ecc_oracle, message):
    assert bytes(hash_to_g1(message).to_xy_bytes_be()) == py_ecc_oracle.hash_to_g1_xy(message, SIGNATURE_DST)


@given(st.binary(min_size=1, max_size=32), st.binary(min_size=32, max_size=32))
def test_round_trip(secret, sigma):
    sealed = ibe_seal(PUBLIC, IDENTITY, secret, lambda size: sigma[:size])
    assert len(sealed) == 96 + 2 * len(secret)
    assert ibe_open(SIGNATURE, sealed) == secret
    assert ibe_seal(PUBLIC, IDENTITY, secret, lambda size: sigma[:size]) == sealed


def test_signature_on_another_identity_or_by_another_key_opens_nothing():
    sealed = ibe_seal(PUBLIC, IDENTITY, bytes(16), os.urandom)
    for signature in (hash_to_g1(b"other") * SECRET, hash_to_g1(IDENTITY) * Scalar(5)):
        assert refusal(ibe_open, signature, sealed).code == "capsule_wrong"


SEALED = ibe_seal(PUBLIC, IDENTITY, bytes(16), os.urandom)


@given(st.integers(0, 8 * len(SEALED) - 1))
def test_every_altered_bit_is_refused(bit):
    sealed = bytearray(SEALED)
    sealed[bit // 8] ^= 1 << bit % 8
    assert refusal(ibe_open, SIGNATURE, bytes(sealed)).code == "capsule_wrong"


def test_u_must_be_r_times_g2():
    """A sender who takes another r makes V and W that fit U; only the check of U shows it."""
    careless = ibe_seal(PUBLIC, IDENTITY, bytes(16), os.urandom)
    other = point_bytes(G2Point() * Scalar(99))
    assert refusal(ibe_open, SIGNATURE, other + careless[96:]).facts["reason"] == "U is not r·g2"


@pytest.mark.parametrize("length", [0, 95, 96, 97, 96 + 66])
def test_impossible_lengths(length):
    assert refusal(ibe_open, SIGNATURE, bytes(length)).facts == {"reason": "length"}


def test_long_secrets_are_a_bug_of_the_caller():
    with pytest.raises(ValueError, match="short"):
        ibe_seal(PUBLIC, IDENTITY, bytes(33), os.urandom)


INFINITY_G1, INFINITY_G2 = bytes([0xC0]) + bytes(47), bytes([0xC0]) + bytes(95)
# x = 4 is on G1's curve and outside the subgroup.
OUTSIDE_G1 = bytes([0x80]) + bytes(46) + b"\x04"


@pytest.mark.parametrize("data", [b"", bytes(48), INFINITY_G1, b"\xff" * 48, OUTSIDE_G1, point_bytes(G1Point())[:-1]])
def test_wrong_points_of_g1(data):
    assert refusal(read_g1, data).code == "point_wrong"


@pytest.mark.parametrize("data", [b"", bytes(96), INFINITY_G2, b"\xff" * 96, point_bytes(G1Point())])
def test_wrong_points_of_g2(data):
    assert refusal(read_g2, data).code == "point_wrong"


def test_the_point_outside_the_subgroup_is_on_the_curve():
    assert not G1Point.from_compressed_bytes_unchecked(OUTSIDE_G1).is_in_subgroup()


@given(st.integers(1, ORDER - 1))
def test_scalars_travel_as_32_bytes(value):
    assert scalar_bytes(read_scalar(value.to_bytes(32, "big"))) == value.to_bytes(32, "big")


@pytest.mark.parametrize("data", [bytes(32), ORDER.to_bytes(32, "big"), b"\xff" * 32, bytes(31) + b"", b""])
def test_wrong_secrets(data):
    assert refusal(read_scalar, data).code == "share_secret_wrong"


def test_random_scalar_is_never_zero():
    assert scalar_bytes(random_scalar(lambda size: bytes(size))) == (1).to_bytes(32, "big")
    assert scalar_bytes(random_scalar(lambda size: (ORDER - 2).to_bytes(size, "big"))) == (ORDER - 1).to_bytes(
        32, "big"
    )
