"""The verifier's own BLS12-381 agrees with the vectors of the RFC, with arkworks and with py_ecc."""

from __future__ import annotations

import importlib
import os
from types import ModuleType

import pytest
from py_arkworks_bls12381 import G1Point, G2Point, Scalar

from app.client import bls_check
from crypto import bls

# RFC 9380, appendix J.9.1: message and the point that it hashes to
RFC_TAG = b"QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_"
RFC_VECTORS = {
    b"": (
        0x052926ADD2207B76CA4FA57A8734416C8DC95E24501772C814278700EED6D1E4E8CF62D9C09DB0FAC349612B759E79A1,
        0x08BA738453BFED09CB546DBB0783DBB3A5F1F566ED67BB6BE0E8C67E2E81A4CC68EE29813BB7994998F3EAE0C9C6A265,
    ),
    b"abc": (
        0x03567BC5EF9C690C2AB2ECDF6A96EF1C139CC0B2F284DCA0A9A7943388A49A3AEE664BA5379A7655D3C68900BE2F6903,
        0x0B9C15F3FE6E5CF4211F346271D7B01C8F3B28BE689C8429C85B67AF215533311F0B8DFAAA154FA6B88176C229F2885D,
    ),
    b"abcdef0123456789": (
        0x11E0B079DEA29A68F0383EE94FED1B940995272407E3BB916BBF268C263DDD57A6A27200A784CBC248E84F357CE82D98,
        0x03A87AE2CAF14E8EE52E51FA2ED8EEFE80F02457004BA4D486D6AA1F517C0889501DC7413753F9599B099EBCBBD2D709,
    ),
    b"q128_" + b"q" * 128: (
        0x15F68EAA693B95CCB85215DC65FA81038D69629F70AEEE0D0F677CF22285E7BF58D7CB86EEFE8F2E9BC3F8CB84FAC488,
        0x1807A1D50C29F430B8CAFC4F8638DFEEADF51211E1602A5F184443076715F91BB90A48BA1E370EDCE6AE1062F5E6DD38,
    ),
    b"a512_" + b"a" * 512: (
        0x082AABAE8B7DEDB0E78AEB619AD3BFD9277A2F77BA7FAD20EF6AABDC6C31D19BA5A6D12283553294C1825C4B3CA2DCFE,
        0x05B84AE5A942248EEA39E1D91030458C40153F3B654AB7872D779AD1E942856A20C438E8D99BC8ABFBF74729CE1F7AC8,
    ),
}
TAG = bls.SIGNATURE_DST
P, X = bls_check.P, bls_check.X


def bytes_of(point) -> bytes:
    return bytes(point.to_compressed_bytes())


@pytest.fixture(scope="module")
def py_ecc_oracle() -> ModuleType:
    """A second implementation, which takes a second to import."""
    return importlib.import_module("tests.crypto.py_ecc_oracle")


@pytest.fixture(scope="module")
def signed() -> tuple[bytes, bytes, bytes]:
    """Signature, message, public key."""
    secret, message = bls.random_scalar(os.urandom), os.urandom(32)
    return bytes_of(bls.hash_to_g1(message) * secret), message, bytes_of(G2Point() * secret)


@pytest.mark.parametrize(("message", "point"), RFC_VECTORS.items())
def test_hashing_gives_the_points_of_the_rfc(message, point):
    assert bls_check.hash_to_g1(message, RFC_TAG) == tuple((coordinate, 0) for coordinate in point)


def test_hashing_gives_the_points_of_arkworks_and_of_py_ecc(py_ecc_oracle):
    for length in range(0, 70, 7):
        message = os.urandom(length)
        x, y = bls_check.hash_to_g1(message, TAG)
        assert bls_check.read_point(bytes_of(G1Point.hash_to_curve(message, TAG)), 48, bls_check.B_G1) == (x, y)
        assert x[0].to_bytes(48, "big") + y[0].to_bytes(48, "big") == py_ecc_oracle.hash_to_g1_xy(message, TAG)


def test_the_exceptional_number_of_the_map_has_a_point():
    x, y = bls_check.swu(0)
    assert y * y % P == (x**3 + bls_check.SWU_A * x + bls_check.SWU_B) % P
    x, y = bls_check.to_g1(x, y)
    assert bls_check.mul2(y, y) == bls_check.add2(bls_check.mul2(bls_check.mul2(x, x), x), bls_check.B_G1)


def test_the_pairing_is_bilinear_and_not_trivial():
    one, two = (bls_check.read_point(bytes_of(G1Point() * Scalar(n)), 48, bls_check.B_G1) for n in (1, 6))
    key = bls_check.read_point(bytes_of(G2Point() * Scalar(6)), 96, bls_check.B_G2)
    value = bls_check.final(bls_check.miller([(two, bls_check.G2)]))
    assert value == bls_check.final(bls_check.miller([(one, key)])) != bls_check.ONE12
    raised = bls_check.final(bls_check.miller([(one, bls_check.G2)]))
    assert value == bls_check.power(raised, 6, bls_check.mul12, bls_check.ONE12)
    assert bls_check.power(value, bls_check.ORDER, bls_check.mul12, bls_check.ONE12) == bls_check.ONE12


def test_the_final_exponentiation_is_three_times_the_one_of_the_definition():
    x = -X
    assert (x - 1) ** 2 * (x + P) * (x * x + P * P - 1) + 3 == 3 * ((P**4 - P**2 + 1) // bls_check.ORDER)
    assert (P**4 - P**2 + 1) % bls_check.ORDER == 0 == (x**4 - x**2 + 1) - bls_check.ORDER


def test_a_signature_fits_its_message_and_key_alone(signed, py_ecc_oracle):
    signature, message, key = signed
    assert bls_check.signature_fits(signature, message, TAG, key)
    assert bls.signature_fits(bls.read_g1(signature), message, bls.read_g2(key))
    assert py_ecc_oracle.signature_fits(signature, message, key, TAG)
    assert not bls_check.signature_fits(signature, message[:-1], TAG, key)
    assert not bls_check.signature_fits(signature, message, bls.POSSESSION_DST, key)
    assert not bls_check.signature_fits(bytes([signature[0] ^ 0x20]) + signature[1:], message, TAG, key)
    assert not bls_check.signature_fits(signature, message, TAG, bytes([key[0] ^ 0x20]) + key[1:])
    assert not bls_check.signature_fits(signature, message, TAG, bytes_of(G2Point()))
    assert not bls_check.signature_fits(bytes_of(G1Point()), message, TAG, key)


def test_every_changed_byte_of_signature_and_key_is_refused(signed):
    signature, message, key = signed
    for at in range(0, 48, 3):
        assert not bls_check.signature_fits(_flipped(signature, at), message, TAG, key)
    for at in range(0, 96, 7):
        assert not bls_check.signature_fits(signature, message, TAG, _flipped(key, at))


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_only_points_of_the_subgroup_in_their_only_encoding_are_read():
    for size, b, kind in ((48, bls_check.B_G1, G1Point), (96, bls_check.B_G2, G2Point)):
        good = bytes_of(kind() * Scalar(7))
        assert bls_check.read_point(good, size, b) is not None
        infinity = bytes_of(kind.identity())
        wrong = [infinity, b"", good[:-1], good + b"\0", bytes([good[0] & 0x7F]) + good[1:], bytes([0xFF]) * size]
        wrong += [bytes([0x80]) + bytes(size - 1), bytes([0xA0]) + bytes(size - 1)]
        assert [data.hex() for data in wrong if bls_check.read_point(data, size, b) is not None] == []
        with pytest.raises(Exception):
            bls.read_g1(infinity) if size == 48 else bls.read_g2(infinity)


def test_points_outside_the_subgroup_are_refused():
    """A point of the curve with a small x is in the subgroup with chance 2^-125."""
    found = 0
    for x in range(1, 40):
        for size, b in ((48, bls_check.B_G1), (96, bls_check.B_G2)):
            data = bytes([0x80]) + bytes(size - 2) + bytes([x])
            on_curve = bls_check.sqrt2(bls_check.add2((x**3, 0), b)) is not None
            found += on_curve
            assert bls_check.read_point(data, size, b) is None
    assert found > 20


def test_a_coordinate_beyond_the_field_is_another_spelling_and_refused():
    respelled = next(filter(None, map(_respelled, range(1, 1000))))
    assert bls_check.read_point(respelled, 48, bls_check.B_G1) is None


def _respelled(number: int) -> bytes | None:
    """A point of the subgroup whose x has room for x + P in 381 bits, spelled so; None where there is no room."""
    data = bytes_of(G1Point() * Scalar(number))
    x = int.from_bytes(bytes([data[0] & 0x1F]) + data[1:], "big") + P
    return None if x >= 2**381 else bytes([data[0] & 0xE0 | x >> 376]) + (x % 2**376).to_bytes(47, "big")
