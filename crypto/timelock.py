"""Rounds of a drand chain: a public beacon whose signature on round N does not exist before the time of round N.

What is sealed to a round (`crypto.tlock`) opens for everybody once the beacon's network has signed it, and for nobody
before: the second lock of mode M2. Chains are data. `QUICKNET` is drand's public one, as published at
https://docs.drand.love; a chain describes itself completely, since its hash covers key, times, group and name.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

from crypto.bls import G1_BYTES, G2_BYTES, SIGNATURE_DST, PointG2, read_g1, read_g2, signature_fits
from crypto.canonical import Json
from crypto.errors import CryptoError

CHAIN = "drandchain/v1"
SCHEME = "bls-unchained-g1-rfc9380"
LARGEST_ROUND = 2**53 - 1  # canonical JSON holds it, and browsers count so far
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST_SECONDS = 2**32 - 1  # drand's own encoding of a period; a genesis beyond it is no chain of today
_FIELDS = frozenset({"v", "chain_hash", "public_key", "period", "genesis", "group_hash", "beacon_id", "scheme", "dst"})


@dataclass(frozen=True)
class Chain:
    """A drand chain: `public_key` (96 bytes of G2) and `group_hash` (32) in hex, `period` and `genesis` in seconds.

    Raises CryptoError `chain_malformed` (the field), `point_wrong`.
    """

    public_key: str
    period: int
    genesis: int
    group_hash: str
    beacon_id: str

    def __post_init__(self) -> None:
        for name, size in (("public_key", G2_BYTES), ("group_hash", hashlib.sha256().digest_size)):
            if not _is_hex(getattr(self, name), size):
                raise CryptoError("chain_malformed", field=name)
        for name in ("period", "genesis"):
            value = getattr(self, name)
            if type(value) is not int or not 0 < value <= _LARGEST_SECONDS:
                raise CryptoError("chain_malformed", field=name)
        if not isinstance(self.beacon_id, str) or not self.beacon_id.isascii() or not self.beacon_id.isprintable():
            raise CryptoError("chain_malformed", field="beacon_id")
        _ = self.key

    @cached_property
    def key(self) -> PointG2:
        """The point of G2 under which rounds verify."""
        return read_g2(bytes.fromhex(self.public_key))

    @cached_property
    def hash(self) -> str:
        """drand's chain hash (`chain.Info.Hash` of drand/drand): key, times, group and name, so that a chain that is
        called quicknet has quicknet's key."""
        named = b"" if self.beacon_id in ("", "default") else self.beacon_id.encode()
        fixed = struct.pack(">Iq", self.period, self.genesis) + bytes.fromhex(self.public_key)
        return hashlib.sha256(fixed + bytes.fromhex(self.group_hash) + named).hexdigest()

    def round_after(self, at: datetime) -> Round:
        """The first round whose time is after `at`: what did not exist at that instant by anybody's right clock."""
        since = (at - _EPOCH) // timedelta(milliseconds=1) - 1000 * self.genesis
        return Round(self, since // (1000 * self.period) + 2 if since >= 0 else 1)

    def describe(self) -> dict[str, Any]:
        """The object `drandchain/v1`."""
        return {
            "v": CHAIN,
            "chain_hash": self.hash,
            "public_key": self.public_key,
            "period": self.period,
            "genesis": self.genesis,
            "group_hash": self.group_hash,
            "beacon_id": self.beacon_id,
            "scheme": SCHEME,
            "dst": SIGNATURE_DST.decode(),
        }

    @classmethod
    def from_description(cls, description: Json) -> Chain:
        """The chain of an untrusted description. Raises CryptoError `chain_malformed` (the field), `point_wrong`."""
        if not isinstance(description, Mapping) or set(description) != _FIELDS:
            raise CryptoError("chain_malformed", field=", ".join(sorted(_FIELDS)))
        for name, value in {"v": CHAIN, "scheme": SCHEME, "dst": SIGNATURE_DST.decode()}.items():
            if description[name] != value:
                raise CryptoError("chain_malformed", field=name)
        chain = cls(**{name: description[name] for name in cls.__dataclass_fields__})
        if description["chain_hash"] != chain.hash:
            raise CryptoError("chain_malformed", field="chain_hash")
        return chain


@dataclass(frozen=True)
class Round:
    """A round of a chain, counted from 1. Raises CryptoError `round_malformed`."""

    chain: Chain
    number: int

    def __post_init__(self) -> None:
        if type(self.number) is not int or not 1 <= self.number <= LARGEST_ROUND:
            raise CryptoError("round_malformed", round=str(self.number)[:20])

    @property
    def at(self) -> datetime:
        """When the network signs it; the last instant that a datetime can hold where it is later still."""
        try:
            return _EPOCH + timedelta(seconds=self.chain.genesis + (self.number - 1) * self.chain.period)
        except OverflowError:
            return datetime.max.replace(tzinfo=UTC)

    @property
    def identity(self) -> bytes:
        """What the network signs, and what is sealed to: SHA-256 of the number in 8 bytes (unchained schemes)."""
        return hashlib.sha256(self.number.to_bytes(8, "big")).digest()

    @property
    def path(self) -> str:
        """Where every relay keeps it (drand's HTTP interface)."""
        return f"/{self.chain.hash}/public/{self.number}"

    def is_signed_by(self, signature: bytes) -> bool:
        """Whether `signature` (48 bytes) is the network's on this round; anybody can ask, for ever."""
        return _fits(self, signature)


@lru_cache(maxsize=256)  # one round opens every bid of a lot
def _fits(round: Round, signature: bytes) -> bool:
    try:
        return signature_fits(read_g1(signature), round.identity, round.chain.key)
    except CryptoError:
        return False


@dataclass(frozen=True)
class SignedRound:
    """A round and the network's signature on it (48 bytes). Raises CryptoError `round_signature_wrong`."""

    round: Round
    signature: bytes

    def __post_init__(self) -> None:
        if not self.round.is_signed_by(self.signature):
            raise CryptoError("round_signature_wrong", round=self.round.number, chain=self.round.chain.hash)


def _is_hex(value: Any, size: int) -> bool:
    return isinstance(value, str) and len(value) == 2 * size and not set(value) - set("0123456789abcdef")


def read_round_signature(text: str) -> bytes:
    """The 48 bytes of a round's signature, as a person types or scans them: 96 hex digits, in groups or not.

    Raises CryptoError `round_signature_malformed` with the number of digits found.
    """
    digits = "".join(text.split()).lower()
    if not _is_hex(digits, G1_BYTES):
        raise CryptoError("round_signature_malformed", digits=sum(c in "0123456789abcdef" for c in digits))
    return bytes.fromhex(digits)


def read_relay_answer(data: bytes) -> bytes:
    """The signature in what a relay answers, not yet verified. Raises CryptoError `round_signature_malformed`."""
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        answer = None
    found = answer.get("signature") if isinstance(answer, dict) else None
    return read_round_signature(found if isinstance(found, str) else "")


QUICKNET = Chain(
    public_key="83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
    "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
    period=3,
    genesis=1692803367,
    group_hash="f477d5c89f21a17c863a7f937c6a6d15859414d2be09cd448d4279af331c5d3e",
    beacon_id="quicknet",
)
