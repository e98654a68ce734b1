"""Bech32 (BIP 173) without its limit of 90 characters, as age writes keys."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from functools import reduce
from operator import xor

_CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM_SIZE = 6
_FIVES = bytes(range(32))  # values of five bits, one to a byte
_TO_CHARSET, _FROM_CHARSET = bytes.maketrans(_FIVES, _CHARSET.encode()), bytes.maketrans(_CHARSET.encode(), _FIVES)
_FROM_BASE_32 = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", _FIVES)  # RFC 4648 §6
_TO_DIGITS = bytes.maketrans(_FIVES, b"0123456789abcdefghijklmnopqrstuv")  # of numbers to base 32
# What each value of the five bits that leave the checksum takes back into it: a post-quantum key has 2,000 of them.
_FEEDBACK = tuple(
    reduce(xor, (generator for bit, generator in enumerate(_GENERATOR) if top >> bit & 1), 0) for top in range(32)
)


def _polymod(values: Iterable[int]) -> int:
    check = 1
    for value in values:
        check = (check & 0x1FFFFFF) << 5 ^ value ^ _FEEDBACK[check >> 25]
    return check


def _expanded(prefix: str) -> bytes:
    return bytes([ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix])


def _to_fives(data: bytes) -> bytes:
    return base64.b32encode(data).rstrip(b"=").translate(_FROM_BASE_32)


def _to_bytes(fives: bytes) -> bytes:
    size, spare = divmod(len(fives) * 5, 8)
    number = int(fives.translate(_TO_DIGITS) or b"0", 32)
    if spare >= 5 or number & ((1 << spare) - 1):
        raise ValueError("bits left over that are not padding")
    return (number >> spare).to_bytes(size, "big")


def encode(prefix: str, data: bytes) -> str:
    """The lowercase Bech32 text of `data` under the human-readable `prefix`."""
    fives = _to_fives(data)
    check = _polymod(_expanded(prefix) + fives + bytes(_CHECKSUM_SIZE)) ^ 1
    checksum = bytes([check >> 5 * (5 - i) & 31 for i in range(_CHECKSUM_SIZE)])
    return prefix + "1" + (fives + checksum).translate(_TO_CHARSET).decode("ascii")


def decode(text: str) -> tuple[str, bytes]:
    """The prefix, in lowercase, and the bytes of `text`, which is all lowercase or all uppercase.

    Raises ValueError for mixed case, foreign characters, a wrong checksum or padding.
    """
    if text not in (text.lower(), text.upper()) or not text.isascii():
        raise ValueError("mixed case or not ASCII")
    prefix, _, tail = text.lower().rpartition("1")
    if tail.strip(_CHARSET):
        raise ValueError("foreign characters")
    fives = tail.encode("ascii").translate(_FROM_CHARSET)
    if not prefix or len(fives) < _CHECKSUM_SIZE or _polymod(_expanded(prefix) + fives) != 1:
        raise ValueError("wrong checksum")
    return prefix, _to_bytes(fives[:-_CHECKSUM_SIZE])
