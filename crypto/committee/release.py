"""What trustees sign, and how k of their shares become the one signature that releases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from py_arkworks_bls12381 import G1Point, Scalar

from crypto.bls import G1_BYTES, ScalarR, hash_to_g1, point_bytes, read_g1, read_g2, read_scalar, signature_fits
from crypto.canonical import Json, canonical, tagged_hash
from crypto.committee.description import Committee
from crypto.errors import CryptoError

SHARE = "bidshare/v1"
RELEASE = "bidrelease/v1"
KINDS = frozenset({"open", "draw", "draw-reveal", "roster", "rehearsal"})


@dataclass(frozen=True)
class Release:
    """The committee's signature (48 bytes), whose shares made it, and whose were wrong."""

    signature: bytes
    used: tuple[int, ...]
    bad: tuple[int, ...]


def identity(kind: str, statement: Json) -> bytes:
    """The 32 bytes that trustees sign and secrets are sealed to: SHA-256 of kind and JCS(statement).

    Always all 32: short identities such as round numbers can be made to collide. The deadline is in no statement,
    because a postponement must not void a bid. Raises CryptoError `identity_kind_unknown`, `not_canonical`.
    """
    if kind not in KINDS:
        raise CryptoError("identity_kind_unknown", kind=kind)
    return tagged_hash(f"bidcommittee/v1/{kind}", canonical(statement))


def sign_share(secret: bytes, identity: bytes) -> bytes:
    """A trustee's share (48 bytes) of the signature on `identity`, with its secret of 32 bytes.

    Raises CryptoError `share_secret_wrong`. Not constant time, see `crypto.bls`: for the trustee's own machine.
    """
    return point_bytes(hash_to_g1(identity) * read_scalar(secret))


def verify_share(committee: Committee, index: int, identity: bytes, share: bytes) -> bool:
    """Whether `share` is what trustee `index` would sign for `identity`. Raises CryptoError `member_unknown`."""
    public_share = committee.public_share(index)
    try:
        return signature_fits(read_g1(share), identity, public_share)
    except CryptoError:
        return False


def weight(index: int, used: Sequence[int]) -> ScalarR:
    """Lagrange's coefficient of `index` at 0 among the indices `used`."""
    product = Scalar(1)
    for other in used:
        if other != index:
            product = product * Scalar(other) / (Scalar(other) - Scalar(index))
    return product


def combine(committee: Committee, identity: bytes, shares: Mapping[int, bytes]) -> Release:
    """The committee's signature on `identity` from at least k right shares (by trustee's index).

    Every share is checked, also those not needed, so that a wrong one is named at once; any k right ones give the
    same signature. Raises CryptoError `too_few_shares` (valid, needed, bad: indices of wrong ones), `member_unknown`.
    """
    valid = [index for index in sorted(shares) if verify_share(committee, index, identity, shares[index])]
    bad = tuple(sorted(set(shares) - set(valid)))
    if len(valid) < committee.k:
        raise CryptoError("too_few_shares", valid=len(valid), needed=committee.k, bad=", ".join(map(str, bad)) or "-")
    used = tuple(valid[: committee.k])
    signature = G1Point.identity()
    for index in used:
        signature = signature + read_g1(shares[index]) * weight(index, used)
    return Release(point_bytes(signature), used, bad)


def verify_release(committee: Committee, identity: bytes, signature: bytes) -> bool:
    """Whether `signature` (48 bytes) is the committee's on `identity`; anybody can ask, for ever."""
    return _fits(signature, identity, committee.commitments[0])


@lru_cache(maxsize=256)  # one release opens every bid of a lot
def _fits(signature: bytes, identity: bytes, public_key: str) -> bool:
    try:
        return signature_fits(read_g1(signature), identity, read_g2(bytes.fromhex(public_key)))
    except CryptoError:
        return False


# Objects for the log


def _g1_hex(value: Json) -> bytes:
    if not isinstance(value, str) or len(value) != 2 * G1_BYTES or set(value) - set("0123456789abcdef"):
        raise CryptoError("release_malformed", field="share, signature")
    return bytes.fromhex(value)


def _head(version: str, committee: Committee, kind: str, statement: Json) -> dict[str, Any]:
    named = {"v": version, "committee": committee.id, "kind": kind, "statement": statement}
    return {**named, "identity": identity(kind, statement).hex()}


def _checked_head(version: str, committee: Committee, obj: Json, rest: set[str]) -> bytes:
    """The identity of an object whose fields are as they must be and whose committee is this one."""
    fields = {"v", "committee", "kind", "statement", "identity"} | rest
    if not isinstance(obj, Mapping) or set(obj) != fields or obj["v"] != version:
        raise CryptoError("release_malformed", field=", ".join(sorted(fields)))
    if obj["committee"] != committee.id:
        raise CryptoError("committee_foreign", found=str(obj["committee"])[:64], expected=committee.id)
    if not isinstance(obj["kind"], str) or obj["identity"] != identity(obj["kind"], obj["statement"]).hex():
        raise CryptoError("release_malformed", field="identity")
    return identity(obj["kind"], obj["statement"])


def share_object(committee: Committee, kind: str, statement: Json, index: int, share: bytes) -> dict[str, Any]:
    """`bidshare/v1`: one trustee's share, public and logged."""
    return {**_head(SHARE, committee, kind, statement), "index": index, "share": share.hex()}


def read_share(committee: Committee, obj: Json) -> tuple[bytes, int, bytes]:
    """Identity, index and share of a `bidshare/v1`, verified.

    Raises CryptoError `release_malformed`, `committee_foreign`, `member_unknown`, `share_wrong` (index, organisation).
    """
    signed_identity = _checked_head(SHARE, committee, obj, {"index", "share"})
    index, share = obj["index"], _g1_hex(obj["share"])
    if type(index) is not int:
        raise CryptoError("release_malformed", field="index")
    if not verify_share(committee, index, signed_identity, share):
        raise CryptoError("share_wrong", index=index, organisation=committee.members[index - 1].organisation)
    return signed_identity, index, share


def release_object(committee: Committee, kind: str, statement: Json, release: Release) -> dict[str, Any]:
    """`bidrelease/v1`: the committee's signature, public, logged and printed in the opening record."""
    shares = {"used": list(release.used), "bad": list(release.bad)}
    return {**_head(RELEASE, committee, kind, statement), "signature": release.signature.hex(), **shares}


def read_release(committee: Committee, obj: Json) -> tuple[bytes, bytes]:
    """Identity and signature of a `bidrelease/v1`, verified.

    Raises CryptoError `release_malformed`, `committee_foreign`, `release_wrong`.
    """
    signed_identity = _checked_head(RELEASE, committee, obj, {"signature", "used", "bad"})
    signature = _g1_hex(obj["signature"])
    if not verify_release(committee, signed_identity, signature):
        raise CryptoError("release_wrong", committee=committee.id)
    return signed_identity, signature
