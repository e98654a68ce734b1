"""`capsule.age`: a secret that the committee's signature on one identity opens, and nothing else; or, in mode M2, that
signature and a beacon's on one round together.

An age v1 file with exactly one stanza:

    tenderhall/bidcommittee-v1 <committee id> <identity>                        body: one sealed key
    tenderhall/bidcommittee-v2 <committee id> <identity> <chain hash> <round>   body: two sealed halves of one

A sealed key is U || V || W of `crypto.tlock`. In version 2 the file key is the exclusive-or of two halves, each as
long as it and uniform by itself: the first is sealed to the committee, the second to the round. So one signature alone
tells nothing of the file key, and age's header MAC, which only the file key makes, binds both halves, both names and
the round to each other. For a bid the secret is the text of the bid's own age identity; for a draw a party's 32 bytes.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from crypto.bls import G2_BYTES, read_g1, read_g2
from crypto.committee.description import Committee
from crypto.committee.release import verify_release
from crypto.envelope import Header, Stanza, decode64, decrypt, encode64, encrypt, read_header
from crypto.errors import CryptoError
from crypto.timelock import Round, SignedRound
from crypto.tlock import ibe_open, ibe_open_with, ibe_seal

CAPSULE_TYPE = "tenderhall/bidcommittee-v1"
TIMED_CAPSULE_TYPE = "tenderhall/bidcommittee-v2"
CAPSULE_LIMIT = 4096  # bytes, a whole capsule; a bid's has 492, with a round of 8 digits 740
_FILE_KEY_SIZE = 16
_NAMES = ("committee", "identity", "chain", "round")  # the arguments of a stanza after its type
_SEALED_SIZE = G2_BYTES + 2 * _FILE_KEY_SIZE


def capsule_type(round: Round | None) -> str:
    """The type of a capsule with the second lock, or of one without."""
    return CAPSULE_TYPE if round is None else TIMED_CAPSULE_TYPE


def _plain(args: tuple[str, ...]) -> tuple[str, ...]:
    """What a stanza names, as people see it elsewhere: the identity in hex."""
    try:
        return (args[1], decode64(args[2]).hex(), *args[3:])
    except ValueError as exc:
        raise CryptoError("capsule_malformed", reason="identity") from exc


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


@dataclass(frozen=True)
class _Locks:
    """For whom a capsule is: the committee on `identity`, and the beacon's `round` where there is one."""

    committee: Committee
    identity: bytes
    round: Round | None
    seed: bytes | None = None  # what the key is sealed with, in place of random bytes

    @property
    def args(self) -> tuple[str, ...]:
        named = (capsule_type(self.round), self.committee.id, encode64(self.identity))
        return named if self.round is None else (*named, self.round.chain.hash, str(self.round.number))

    def wrap(self, file_key: bytes) -> list[Stanza]:
        """As an age recipient."""
        if self.round is None:
            return [Stanza(self.args, self._for_committee(file_key))]
        half = secrets.token_bytes(len(file_key))
        timed = ibe_seal(self.round.chain.key, self.round.identity, _xor(file_key, half), secrets.token_bytes)
        return [Stanza(self.args, self._for_committee(half) + timed)]

    def _for_committee(self, key: bytes) -> bytes:
        seed = self.seed
        rng = secrets.token_bytes if seed is None else lambda size: seed[:size]
        return ibe_seal(self.committee.public_key, self.identity, key, rng)

    def sealed_keys(self, stanzas: Sequence[Stanza]) -> tuple[bytes, ...]:
        """The sealed key, or its two sealed halves, of the only stanza, which is for exactly these locks."""
        if len(stanzas) != 1 or stanzas[0].type != self.args[0] or len(stanzas[0].args) != len(self.args):
            raise CryptoError("capsule_malformed", reason="stanzas")
        stanza = stanzas[0]
        for name, found, expected in zip(_NAMES, _plain(stanza.args), _plain(self.args), strict=False):
            if found != expected:
                raise CryptoError("capsule_foreign", field=name, found=found, expected=expected)
        count = 1 if self.round is None else 2
        if len(stanza.body) != count * _SEALED_SIZE:
            raise CryptoError("capsule_malformed", reason="body")
        return tuple(stanza.body[i * _SEALED_SIZE : (i + 1) * _SEALED_SIZE] for i in range(count))


@dataclass(frozen=True)
class _Seed:
    """The holder of the bytes with which the key of a capsule without the second lock was sealed."""

    locks: _Locks
    seed: bytes

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """As an age identity."""
        (sealed,) = self.locks.sealed_keys(stanzas)
        return ibe_open_with(self.seed[:_FILE_KEY_SIZE], self.locks.committee.public_key, self.locks.identity, sealed)


@dataclass(frozen=True)
class _Signatures:
    """The holder of what opens `locks`: the committee's verified signature, and the round's."""

    locks: _Locks
    signature: bytes
    signed: SignedRound | None

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """As an age identity."""
        sealed = self.locks.sealed_keys(stanzas)
        key = ibe_open(read_g1(self.signature), sealed[0])
        return key if self.signed is None else _xor(key, ibe_open(read_g1(self.signed.signature), sealed[1]))


def _header(capsule: bytes) -> Header:
    if len(capsule) > CAPSULE_LIMIT:
        raise CryptoError("capsule_malformed", reason=f"{len(capsule)} bytes")
    try:
        return read_header(io.BytesIO(capsule), CAPSULE_LIMIT)
    except CryptoError as exc:
        raise CryptoError("capsule_malformed", reason=exc.code) from exc


def make_capsule(
    committee: Committee, identity: bytes, secret: bytes, round: Round | None = None, *, seed: bytes | None = None
) -> bytes:
    """`secret` in an age file for the holder of the committee's signature on `identity` (32 bytes), who needs the
    beacon's signature on `round` as well where one is given. `seed` (16 bytes that nobody can guess) opens it, too.
    """
    sealed = io.BytesIO()
    encrypt(io.BytesIO(secret), sealed, [_Locks(committee, identity, round, seed)])
    return sealed.getvalue()


def check_capsule_header(capsule: bytes, committee: Committee, identity: bytes, round: Round | None = None) -> None:
    """What a server can see of a capsule without any key: its shape, and for whom and what it is.

    Raises CryptoError `capsule_malformed` (reason), `capsule_foreign` (field: committee, identity, chain or round).
    """
    for sealed in _Locks(committee, identity, round).sealed_keys(_header(capsule).stanzas):
        try:
            read_g2(sealed[:G2_BYTES])
        except CryptoError as exc:
            raise CryptoError("capsule_malformed", reason="U is no point") from exc


def open_capsule(
    committee: Committee, identity: bytes, signature: bytes, capsule: bytes, signed: SignedRound | None = None
) -> bytes:
    """The secret of `capsule`, given the committee's `signature` (48 bytes) on `identity` and, for a capsule with the
    second lock, its `signed` round.

    Signatures are checked first, so that a wrong release is never taken for a wrong capsule, which voids a bid.
    Raises CryptoError `release_wrong`; and of the capsule `capsule_malformed`, `capsule_foreign`, `capsule_wrong` when
    U is not r·g2 or header or payload were altered.
    """
    if not verify_release(committee, identity, signature):
        raise CryptoError("release_wrong", committee=committee.id)
    round = None if signed is None else signed.round
    check_capsule_header(capsule, committee, identity, round)
    secret = io.BytesIO()
    try:
        decrypt(io.BytesIO(capsule), secret, [_Signatures(_Locks(committee, identity, round), signature, signed)])
    except CryptoError as exc:
        if exc.code.startswith("capsule_"):
            raise
        raise CryptoError("capsule_wrong", reason=exc.code) from exc
    return secret.getvalue()


def open_with_seed(committee: Committee, identity: bytes, capsule: bytes, seed: bytes) -> bytes:
    """The secret of a capsule without the second lock, given the seed that it was made with: what the holder of the
    signature gets, too, since a capsule opens in one way only.

    Raises CryptoError `capsule_malformed`, `capsule_foreign`, and `capsule_wrong` where it was not made with `seed`.
    """
    check_capsule_header(capsule, committee, identity)
    secret = io.BytesIO()
    try:
        decrypt(io.BytesIO(capsule), secret, [_Seed(_Locks(committee, identity, None), seed)])
    except CryptoError as exc:
        if exc.code.startswith("capsule_"):
            raise
        raise CryptoError("capsule_wrong", reason=exc.code) from exc
    return secret.getvalue()
