"""`capsule.age`: a secret that the committee's signature on one identity opens, and nothing else.

An age v1 file with exactly one stanza, `tenderhall/bidcommittee-v1 <committee id> <identity>`, its body U || V || W
of `crypto.tlock`. For a bid the secret is the text of the bid's own age identity; for a draw it is a party's 32 bytes.
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
from crypto.tlock import ibe_open, ibe_seal

CAPSULE_TYPE = "tenderhall/bidcommittee-v1"
CAPSULE_LIMIT = 4096  # bytes, a whole capsule; a bid's has 492
_FILE_KEY_SIZE = 16
_BODY_SIZE = G2_BYTES + 2 * _FILE_KEY_SIZE


@dataclass(frozen=True)
class CommitteeRecipient:
    """Whoever will hold the committee's signature on `identity`."""

    committee: Committee
    identity: bytes

    def wrap(self, file_key: bytes) -> list[Stanza]:
        body = ibe_seal(self.committee.public_key, self.identity, file_key, secrets.token_bytes)
        return [Stanza((CAPSULE_TYPE, self.committee.id, encode64(self.identity)), body)]


@dataclass(frozen=True)
class CommitteeIdentity:
    """The holder of the committee's verified signature on `identity`."""

    committee: Committee
    identity: bytes
    signature: bytes

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        return ibe_open(read_g1(self.signature), _checked_stanza(stanzas, self.committee, self.identity).body)


def _checked_stanza(stanzas: Sequence[Stanza], committee: Committee, identity: bytes) -> Stanza:
    """The only stanza, for this committee and this identity, with a body that can be a sealed file key."""
    if len(stanzas) != 1 or stanzas[0].type != CAPSULE_TYPE or len(stanzas[0].args) != 3:
        raise CryptoError("capsule_malformed", reason="stanzas")
    stanza = stanzas[0]
    try:
        named = decode64(stanza.args[2])
    except ValueError as exc:
        raise CryptoError("capsule_malformed", reason="identity") from exc
    if stanza.args[1] != committee.id:
        raise CryptoError("capsule_foreign", field="committee", found=stanza.args[1], expected=committee.id)
    if named != identity:
        raise CryptoError("capsule_foreign", field="identity", found=named.hex(), expected=identity.hex())
    if len(stanza.body) != _BODY_SIZE:
        raise CryptoError("capsule_malformed", reason="body")
    return stanza


def _header(capsule: bytes) -> Header:
    if len(capsule) > CAPSULE_LIMIT:
        raise CryptoError("capsule_malformed", reason=f"{len(capsule)} bytes")
    try:
        return read_header(io.BytesIO(capsule), CAPSULE_LIMIT)
    except CryptoError as exc:
        raise CryptoError("capsule_malformed", reason=exc.code) from exc


def make_capsule(committee: Committee, identity: bytes, secret: bytes) -> bytes:
    """`secret` in an age file for the holder of the committee's signature on `identity` (32 bytes)."""
    sealed = io.BytesIO()
    encrypt(io.BytesIO(secret), sealed, [CommitteeRecipient(committee, identity)])
    return sealed.getvalue()


def check_capsule_header(capsule: bytes, committee: Committee, identity: bytes) -> None:
    """What a server can see of a capsule without any key: its shape, and for whom and what it is.

    Raises CryptoError `capsule_malformed` (reason), `capsule_foreign` (field: committee or identity).
    """
    body = _checked_stanza(_header(capsule).stanzas, committee, identity).body
    try:
        read_g2(body[:G2_BYTES])
    except CryptoError as exc:
        raise CryptoError("capsule_malformed", reason="U is no point") from exc


def open_capsule(committee: Committee, identity: bytes, signature: bytes, capsule: bytes) -> bytes:
    """The secret of `capsule`, given the committee's `signature` (48 bytes) on `identity`.

    The signature is checked first, so that a wrong release is never taken for a wrong capsule, which voids a bid.
    Raises CryptoError `release_wrong`; and of the capsule `capsule_malformed`, `capsule_foreign`, `capsule_wrong` when
    U is not r·g2 or header or payload were altered.
    """
    if not verify_release(committee, identity, signature):
        raise CryptoError("release_wrong", committee=committee.id)
    check_capsule_header(capsule, committee, identity)
    secret = io.BytesIO()
    try:
        decrypt(io.BytesIO(capsule), secret, [CommitteeIdentity(committee, identity, signature)])
    except CryptoError as exc:
        if exc.code.startswith("capsule_"):
            raise
        raise CryptoError("capsule_wrong", reason=exc.code) from exc
    return secret.getvalue()
