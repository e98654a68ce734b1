"""One entry of a case log, and its leaf: SHA-256(0x00 || salt || JCS(entry)), after RFC 6962.

The salt keeps a sealed entry from being guessed from its published leaf hash.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from app.casefile.facts import fact_type
from crypto import merkle
from crypto.canonical import Json, canonical
from crypto.instants import format_instant, parse_instant
from crypto.signing import SignedAct

VERSION = "caseevent/v1"
TEXTS = ("case", "lot", "type", "at", "actor", "role", "private")


@dataclass(frozen=True)
class Record:
    """A fact with its circumstances. `act` is the signed act as JSON, {} for the system's own facts.

    `private_hash` names the salted private half (address, device), "" where there is none.
    """

    case_id: str
    seq: int
    lot: str
    type: str
    at: datetime
    actor: str
    role: str
    payload: Json
    act: Json
    private_hash: str = ""

    @cached_property
    def fact(self) -> Any:
        """The payload as its declared fact. Raises RuleViolation `fact_unknown` or `malformed`."""
        return fact_type(self.type).decode(self.payload)

    @property
    def payload_sha256(self) -> str:
        return hashlib.sha256(canonical(self.payload)).hexdigest()

    def to_json(self) -> dict[str, Json]:
        return {
            "v": VERSION,
            "case": self.case_id,
            "seq": self.seq,
            "lot": self.lot,
            "type": self.type,
            "at": format_instant(self.at),
            "actor": self.actor,
            "role": self.role,
            "payload": self.payload,
            "act": self.act,
            "private": self.private_hash,
        }

    @classmethod
    def from_json(cls, entry: dict[str, Json]) -> Record:
        """The record of `to_json`'s object; KeyError or ValueError when it is no such object."""
        if entry["v"] != VERSION or type(entry["seq"]) is not int or any(type(entry[n]) is not str for n in TEXTS):
            raise ValueError(entry["v"])
        names = ("case", "seq", "lot", "type", "at", "actor", "role", "payload", "act", "private")
        values = [entry[name] for name in names]
        values[4] = parse_instant(entry["at"])
        return cls(*values)

    def leaf(self, salt: bytes) -> bytes:
        """The 32-byte leaf hash under a 32-byte salt."""
        return merkle.leaf_hash(salt + canonical(self.to_json()))

    @property
    def signed(self) -> SignedAct | None:
        return SignedAct.from_json(self.act) if self.act else None


def case_reference(case_id: str, lot: str) -> str:
    """The `case` field of an act: the case, or one lot of it."""
    return f"{case_id}/{lot}" if lot else case_id
