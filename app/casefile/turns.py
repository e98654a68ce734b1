"""The turns of a lot: what must stand in a cosigned checkpoint before anybody builds on it.

They form a small log of their own for each lot, whose head stands in every tick of the register beside the heads of
the case files. So the proof of a close record tells nothing of how many other entries the case has: a second lot may
still be taking bids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.casefile.record import Record, case_reference
from app.casefile.ticks import TickProof, cosigned_at, wrong_proof
from app.procedure.witnesses import RegisterTerms
from crypto.canonical import canonical
from crypto.errors import CryptoError
from crypto.instants import format_instant
from crypto.merkle import Frontier, leaf_hash
from crypto.notes import Note, VerifierKey

TURN = "lotturn/v1"
# Closed, released, each draw's statement, results, the end: the register ticks at once at each.
TURNS = ("LotClosed", "BidsReleased", "KeysDisclosed", "DrawStated", "ResultsComputed", "SittingClosed")


@dataclass(frozen=True)
class LotName:
    """Which lot of which case of which platform."""

    origin: str
    case_id: str
    lot: str


@dataclass(frozen=True)
class Turn:
    """A turn as whoever may see it knows it: without its place in the case. `at` is an instant's text."""

    type: str
    at: str
    payload_sha256: str

    @classmethod
    def of(cls, record: Record) -> Turn:
        """A record of a case file as a turn of its lot."""
        return cls(record.type, format_instant(record.at), record.payload_sha256)

    def leaf(self, lot: LotName) -> bytes:
        """Its leaf in the lot's log: SHA-256(0x00 || JCS(lotturn/v1))."""
        fields = {"v": TURN, "origin": lot.origin, "case": lot.case_id, "lot": lot.lot}
        return leaf_hash(canonical({**fields, "type": self.type, "at": self.at, "payload_sha256": self.payload_sha256}))


def turns_heads(turns: Iterable[Turn], lot: LotName) -> list[Frontier]:
    """The head of the log of these turns after each of them (RFC 6962); the last is the one that stands."""
    found = [Frontier()]
    for turn in turns:
        found.append(found[-1].push(turn.leaf(lot)))
    return found


def vouched(
    lot: LotName,
    turns: Sequence[Turn],
    needed: int,
    proofs: Iterable[TickProof],
    notes: Mapping[int, Note],
    register: RegisterTerms,
) -> dict[VerifierKey, datetime]:
    """Which witnesses cosigned that the first `needed` of these turns stand, and when each did first.

    Asked are those whom the terms name. Proofs of more turns than are known here count for nothing. Raises CryptoError
    `turn_proof_wrong` (reason), `turn_history_other` when the register has other turns, and those of notes.
    """
    heads, found = turns_heads(turns, lot), dict[VerifierKey, datetime]()
    for proof in proofs:
        note = notes.get(proof.checkpoint)
        if wrong := wrong_proof(proof, note, lot.origin, case_reference(lot.case_id, lot.lot)):
            raise CryptoError("turn_proof_wrong", reason=wrong, tick=proof.index)
        assert note is not None
        note.verify(register.log_key)
        if proof.size >= len(heads):
            continue
        if heads[proof.size].root() != proof.root:
            raise CryptoError("turn_history_other", tick=proof.index, size=proof.size)
        if proof.size < needed:
            continue
        for key in register.witness_keys:
            at = cosigned_at(note, key)
            if at is not None:
                found[key] = min(at, found.get(key, at))
    return found


def quorum_at(register: RegisterTerms, found: Mapping[VerifierKey, datetime]) -> datetime | None:
    """When as many of the named witnesses as the terms ask for had cosigned, None where they have not."""
    times = sorted(found[key] for key in register.witness_keys if key in found)
    return times[register.quorum - 1] if register.quorum and len(times) >= register.quorum else None
