"""A second implementation of BLS12-381 (`py_ecc`, pure Python), on plain bytes and integers."""

import sys
from functools import cache
from hashlib import sha256

_limit = sys.getrecursionlimit()
from py_ecc.bls.hash_to_curve import hash_to_G1  # noqa: E402
from py_ecc.bls.point_compression import compress_G1, decompress_G1, decompress_G2  # noqa: E402
from py_ecc.optimized_bls12_381 import (  # noqa: E402
    FQ12,
    G2,
    add,
    curve_order,
    final_exponentiate,
    multiply,
    neg,
    normalize,
    pairing,
)

# py_ecc raises the limit so far that deeply nested input overflows the C stack elsewhere in the same process.
sys.setrecursionlimit(_limit)


@cache
def hashed(message, dst):
    return hash_to_G1(message, dst, sha256)


def hash_to_g1_xy(message, dst):
    """x || y of 48 bytes each."""
    x, y = normalize(hashed(message, dst))
    return x.n.to_bytes(48, "big") + y.n.to_bytes(48, "big")


def sign(secret, message, dst):
    return compress_G1(multiply(hashed(message, dst), int.from_bytes(secret, "big"))).to_bytes(48, "big")


def combine(shares):
    """Lagrange's interpolation at 0 of signature shares by index."""
    combined = None
    for i, share in shares.items():
        weight = 1
        for j in shares:
            weight = weight * (j * pow(j - i, -1, curve_order) if j != i else 1) % curve_order
        term = multiply(decompress_G1(int.from_bytes(share, "big")), weight)
        combined = term if combined is None else add(combined, term)
    return compress_G1(combined).to_bytes(48, "big")


def signature_fits(signature, message, public_key, dst):
    key = decompress_G2((int.from_bytes(public_key[:48], "big"), int.from_bytes(public_key[48:], "big")))
    left = pairing(G2, decompress_G1(int.from_bytes(signature, "big")), final_exponentiate=False)
    right = pairing(key, neg(hashed(message, dst)), final_exponentiate=False)
    return final_exponentiate(left * right) == FQ12.one()
