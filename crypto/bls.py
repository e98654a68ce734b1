"""BLS12-381 with keys in G2 and signatures in G1: reading points strictly, hashing, the pairing check.

The arithmetic is arkworks' through `py_arkworks_bls12381`. **It is not constant time**: who can measure the time of
a trustee's signing closely and often may learn of the share. A share signs a handful of times in its life, on the
trustee's own machine, over a public message; that is the assumption under which it is used here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, TypeAlias

from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar

from crypto.errors import CryptoError

PointG1: TypeAlias = Any  # py_arkworks_bls12381 carries no types
PointG2: TypeAlias = Any
ScalarR: TypeAlias = Any
RandomBytes: TypeAlias = Callable[[int], bytes]

ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
G1_BYTES = 48
G2_BYTES = 96
SCALAR_BYTES = 32
# The suite of drand's quicknet, and the tag of draft-irtf-cfrg-bls-signature 4.2.3 for proofs of possession.
SIGNATURE_DST = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
POSSESSION_DST = b"BLS_POP_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_"


@lru_cache(maxsize=1024)
def _point(kind: Any, data: bytes) -> Any:
    """On the curve, in the subgroup, not the identity, in its only encoding (arkworks also reads `ff…ff`).

    A committee's points are met again in each of its ceremonies, tenders and bids; all of them are public.
    """
    try:
        point = kind.from_compressed_bytes(data)
    except ValueError as exc:
        raise CryptoError("point_wrong", reason="not a point of the group") from exc
    if point == kind.identity():
        raise CryptoError("point_wrong", reason="the identity")
    if bytes(point.to_compressed_bytes()) != data:
        raise CryptoError("point_wrong", reason="not the canonical encoding")
    return point


def read_g1(data: bytes) -> PointG1:
    """The point of 48 compressed bytes. Raises CryptoError `point_wrong` for anything but a member other than 0."""
    return _point(G1Point, data)


def read_g2(data: bytes) -> PointG2:
    """The point of 96 compressed bytes. Raises CryptoError `point_wrong` for anything but a member other than 0."""
    return _point(G2Point, data)


def point_bytes(point: PointG1 | PointG2) -> bytes:
    """The compressed encoding (ZCash format): 48 bytes for G1, 96 for G2."""
    return bytes(point.to_compressed_bytes())


def read_scalar(data: bytes) -> ScalarR:
    """A secret of 32 bytes, big endian, 0 < s < r. Raises CryptoError `share_secret_wrong`."""
    value = int.from_bytes(data, "big")
    if len(data) != SCALAR_BYTES or not 0 < value < ORDER:
        raise CryptoError("share_secret_wrong")
    return Scalar(value)


def scalar_bytes(scalar: ScalarR) -> bytes:
    return bytes(scalar.to_be_bytes())


def random_scalar(rng: RandomBytes) -> ScalarR:
    """Uniform on 1..r-1 but for 2^-128, from 48 bytes of `rng`."""
    return Scalar(int.from_bytes(rng(48), "big") % (ORDER - 1) + 1)


@lru_cache(maxsize=1024)
def hash_to_g1(message: bytes, dst: bytes = SIGNATURE_DST) -> PointG1:
    """RFC 9380, suite BLS12381G1_XMD:SHA-256_SSWU_RO_, under the tag `dst`.

    What is signed is public, and each share of a signature is of the same message.
    """
    return G1Point.hash_to_curve(message, dst)


def total(points: Iterable[Any], zero: Any) -> Any:
    return sum(points, start=zero)


def evaluate(coefficients: Iterable[Any], x: int, zero: Any) -> Any:
    """The polynomial with these coefficients (scalars or points, constant first) at `x`, by Horner."""
    value = zero
    for coefficient in reversed(list(coefficients)):
        value = value * Scalar(x) + coefficient
    return value


def signature_fits(signature: PointG1, message: bytes, public_key: PointG2, dst: bytes = SIGNATURE_DST) -> bool:
    """e(signature, g2) = e(H(message), public_key)."""
    return bool(GT.pairing_check([signature, -hash_to_g1(message, dst)], [G2Point(), public_key]))
