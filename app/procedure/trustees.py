"""The trustees of a case while it runs: the key that bids are sealed to stays, those who hold its shares may change.

A case carries the description of its committee as published. When the register has a resharing, the case is told by a
fact of its own, so that at every point of its log exactly one description holds. A signature that is not complete at
that point begins again: what old trustees gave so far counts for nothing, and old and new shares never meet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from app.procedure.errors import RuleViolation
from crypto.canonical import Json, digest
from crypto.committee import Committee

REVEAL_PATIENCE = timedelta(minutes=10)  # that trustees give the parties of a draw to show their bytes themselves
CLOCK_TOLERANCE = timedelta(seconds=60)  # beyond it a trustee's tool refuses to sign


@dataclass(frozen=True)
class TrusteesChanged:
    """From here on the shares of `committee` count. `ceremony` is the resharing that handed the key on.

    `previous_sha256` is the digest of the description that held before.
    """

    ceremony: str
    previous_sha256: str
    committee: Json


def decide(holds: Json, fact: TrusteesChanged) -> None:
    """`holds` is the description as it stands.

    Raises RuleViolation `trustees_not_next` when the change follows another description, `trustees_of_another_key`;
    CryptoError of a malformed description.
    """
    if fact.previous_sha256 != digest(holds):
        raise RuleViolation("trustees_not_next", expected=digest(holds)[:12], stated=fact.previous_sha256[:12])
    before, after = Committee.from_description(holds), Committee.from_description(fact.committee)
    if (before.id, before.mode) != (after.id, after.mode):
        raise RuleViolation("trustees_of_another_key", expected=before.id[:12], found=after.id[:12])
