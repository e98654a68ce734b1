"""`bidcommittee/v1`: what everybody knows of a committee."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from py_arkworks_bls12381 import G2Point

from crypto.bls import SIGNATURE_DST, PointG2, evaluate, point_bytes, read_g2
from crypto.canonical import Json, canonical, tagged_hash
from crypto.errors import CryptoError
from crypto.signing import is_digest

COMMITTEE = "bidcommittee/v1"
SCHEME = "bls12381-g1-rfc9380-ibe"
MODES = ("M0", "M1", "M2")  # all shares on one machine (demo) | committee | committee AND drand quicknet
SMALLEST_QUORUM = 2  # with 1 every trustee could open alone
LARGEST_COMMITTEE = 32
_FIELDS = frozenset({"v", "n", "k", "scheme", "dst", "members", "commitments", "mode"})


def check_size(n: int, k: int) -> None:
    """Raises CryptoError `committee_size` unless 2 <= k <= n <= 32."""
    if not SMALLEST_QUORUM <= k <= n <= LARGEST_COMMITTEE:
        raise CryptoError("committee_size", n=n, k=k, largest=LARGEST_COMMITTEE)


@dataclass(frozen=True)
class Member:
    """A trustee: the index of its share (1..n), its organisation, the key id (hex) of its signing key."""

    index: int
    organisation: str
    key_id: str


@dataclass(frozen=True)
class Committee:
    """n trustees of whom k open. `commitments` are k compressed points of G2 (hex), the public key first.

    Raises CryptoError `committee_size`, `committee_malformed` (the field), `point_wrong`.
    """

    n: int
    k: int
    members: tuple[Member, ...]
    commitments: tuple[str, ...]
    mode: str = "M1"

    def __post_init__(self) -> None:
        check_size(self.n, self.k)
        if [member.index for member in self.members] != list(range(1, self.n + 1)):
            raise CryptoError("committee_malformed", field="members")
        if len({member.key_id for member in self.members}) != self.n:
            raise CryptoError("committee_malformed", field="members")  # one key, one trustee
        if len(self.commitments) != self.k:
            raise CryptoError("committee_malformed", field="commitments")
        if self.mode not in MODES:
            raise CryptoError("committee_malformed", field="mode")
        _ = self._points

    @cached_property
    def _points(self) -> tuple[PointG2, ...]:
        return tuple(read_g2(bytes.fromhex(text)) for text in self.commitments)

    @property
    def public_key(self) -> PointG2:
        """The point of G2 under which releases verify."""
        return self._points[0]

    def public_share(self, index: int) -> PointG2:
        """The point of G2 under which the shares of trustee `index` verify. Raises `member_unknown`."""
        if not 1 <= index <= self.n:
            raise CryptoError("member_unknown", index=index, n=self.n)
        return evaluate(self._points, index, G2Point.identity())

    @cached_property
    def id(self) -> str:
        """Hex hash of public key and scheme alone: new members, k or mode leave it, and so every capsule, as it is."""
        return tagged_hash("bidcommittee/v1/id", canonical(self.named)).hex()

    @property
    def named(self) -> dict[str, str]:
        """What the id is the hash of."""
        return {"dst": SIGNATURE_DST.decode(), "public_key": point_bytes(self.public_key).hex(), "scheme": SCHEME}

    def describe(self) -> dict[str, Any]:
        """The object `bidcommittee/v1`."""
        return {
            "v": COMMITTEE,
            "n": self.n,
            "k": self.k,
            "scheme": SCHEME,
            "dst": SIGNATURE_DST.decode(),
            "members": [
                {"index": member.index, "organisation": member.organisation, "key_id": member.key_id}
                for member in self.members
            ],
            "commitments": list(self.commitments),
            "mode": self.mode,
        }

    @classmethod
    def from_description(cls, description: Json) -> Committee:
        """The committee of an untrusted description.

        Raises CryptoError `committee_malformed` (the field), `committee_size`, `point_wrong` when a commitment is
        off the curve, outside the subgroup, the identity or in another encoding.
        """
        if not isinstance(description, Mapping) or set(description) != _FIELDS:
            raise CryptoError("committee_malformed", field=", ".join(sorted(_FIELDS)))
        for name, value in {"v": COMMITTEE, "scheme": SCHEME, "dst": SIGNATURE_DST.decode()}.items():
            if description[name] != value:
                raise CryptoError("committee_malformed", field=name)
        for name in ("n", "k"):
            if type(description[name]) is not int:
                raise CryptoError("committee_malformed", field=name)
        members = tuple(_member(item) for item in _list(description, "members"))
        commitments = tuple(_commitment(item) for item in _list(description, "commitments"))
        return cls(description["n"], description["k"], members, commitments, str(description["mode"]))


def _list(description: Mapping[str, Json], name: str) -> list[Json]:
    value = description[name]
    if not isinstance(value, list):
        raise CryptoError("committee_malformed", field=name)
    return value


def _member(item: Json) -> Member:
    if not isinstance(item, Mapping) or set(item) != {"index", "organisation", "key_id"}:
        raise CryptoError("committee_malformed", field="members")
    if type(item["index"]) is not int or not isinstance(item["organisation"], str) or not is_digest(item["key_id"]):
        raise CryptoError("committee_malformed", field="members")
    return Member(item["index"], item["organisation"], item["key_id"])


def _commitment(item: Json) -> str:
    if not isinstance(item, str) or len(item) != 192 or set(item) - set("0123456789abcdef"):
        raise CryptoError("committee_malformed", field="commitments")
    return item
