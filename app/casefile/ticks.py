"""The register's ticks: what a checkpoint of the register says of every case, and nothing of any.

Every tick one sparse map holds the head of every case file, changed or not, under a fresh salt, and that of every
lot's turns (`app.casefile.turns`); its root is one leaf of the register's tree. So a published checkpoint tells nothing
of a case, and there is one history per case and tick.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from crypto.canonical import Json, canonical
from crypto.errors import CryptoError
from crypto.instants import format_instant, parse_instant
from crypto.merkle import HASH_SIZE, leaf_hash, verify_inclusion
from crypto.notes import Checkpoint, Note, VerifierKey, check_cosignature
from crypto.sparse import MapProof, verify_map

CASE_CHECKPOINT = "casecheckpoint/v1"
TICK = "registertick/v1"
PROOF = "tickproof/v1"
WORD = "witnessword/v1"
WORDS = "witnesses/words"  # in the map of a tick: what witnesses have said so far; no case has such an id
FOLDER = "register"  # in an evidence bundle
TICKS = f"{FOLDER}/ticks.jsonl"
TURN_TICKS = f"{FOLDER}/turns"
ACTS = f"{FOLDER}/acts.json"  # the list of acts


def log_name(origin: str) -> str:
    """The name of the register's log in checkpoints: no spaces and no plus, as C2SP asks."""
    return f"{quote(origin, safe='/:.-_~')}/register"


def note_name(size: int) -> str:
    """Where a bundle keeps the cosigned checkpoint of so many ticks."""
    return f"{FOLDER}/{size}.note"


def turns_name(lot: str) -> str:
    """Where a bundle keeps how the turns of a lot stood in ticks."""
    return f"{TURN_TICKS}/{lot}.jsonl"


def case_key(case_id: str) -> bytes:
    """Where a case stands in the map: SHA-256 of its id; the turns of a lot stand under `case/lot`."""
    return hashlib.sha256(case_id.encode()).digest()


def tick_secret(platform_secret: bytes, index: int) -> bytes:
    """The secret of tick `index`, derived, so that nothing is kept for it."""
    return hmac.digest(platform_secret, f"{TICK}/{index}".encode(), "sha256")


def case_salt(secret: bytes, case_id: str) -> bytes:
    """The salt of a case in the tick of that secret: shown to who may export the case, and telling of no other."""
    return hmac.digest(secret, case_id.encode(), "sha256")


def case_value(salt: bytes, origin: str, case_id: str, size: int, root: bytes) -> bytes:
    """The value of a case in the map: SHA-256(0x00 || salt || JCS(case checkpoint))."""
    head = {"v": CASE_CHECKPOINT, "origin": origin, "case": case_id, "size": size, "root": root.hex()}
    return leaf_hash(salt + canonical(head))


def word_leaf(under: str, number: int, witness: str, line: str) -> bytes:
    """The leaf of a witness's line in the tree of their words, given `under` the "tick" or the "act" of that number."""
    return leaf_hash(canonical({"v": WORD, "under": under, "number": number, "witness": witness, "line": line}))


def tick_entry(at: datetime, map_root: bytes) -> bytes:
    """A tick as the register's log holds it: the map's root, with its time."""
    return canonical({"v": TICK, "at": format_instant(at), "map": map_root.hex()})


def tick_leaf(at: datetime, map_root: bytes) -> bytes:
    """The leaf of a tick in the register's tree."""
    return leaf_hash(tick_entry(at, map_root))


@dataclass(frozen=True)
class TickProof:
    """That a case had this head in tick `index`, and that tick stands under the checkpoint of `checkpoint` ticks."""

    index: int
    at: datetime
    size: int
    root: bytes
    salt: bytes
    map_root: bytes
    map_proof: MapProof
    checkpoint: int
    tree_proof: tuple[bytes, ...]

    def to_json(self) -> dict[str, Json]:
        return {
            "v": PROOF,
            "index": self.index,
            "at": format_instant(self.at),
            "size": self.size,
            "root": self.root.hex(),
            "salt": self.salt.hex(),
            "map": self.map_root.hex(),
            "map_proof": self.map_proof.to_json(),
            "checkpoint": self.checkpoint,
            "tree_proof": [step.hex() for step in self.tree_proof],
        }

    @classmethod
    def from_json(cls, data: Json) -> TickProof:
        """The proof of `to_json`'s object; KeyError, TypeError, ValueError or CryptoError when it is no such object."""
        numbers = [data[name] for name in ("index", "size", "checkpoint")]
        if data["v"] != PROOF or any(type(number) is not int or number < 0 for number in numbers):
            raise ValueError(data["v"])
        found = cls(
            index=data["index"],
            at=parse_instant(data["at"]),
            size=data["size"],
            root=_hash(data["root"]),
            salt=_hash(data["salt"]),
            map_root=_hash(data["map"]),
            map_proof=MapProof.from_json(data["map_proof"]),
            checkpoint=data["checkpoint"],
            tree_proof=tuple(_hash(step) for step in data["tree_proof"]),
        )
        if found.to_json() != data:
            raise ValueError("fields")
        return found


def wrong_proof(proof: TickProof, note: Note | None, origin: str, reference: str) -> str:
    """The code of what a tick's proof lacks, "" when it leads from the head of `reference` to the note's checkpoint."""
    value = case_value(proof.salt, origin, reference, proof.size, proof.root)
    if not verify_map(proof.map_root, case_key(reference), value, proof.map_proof):
        return "evidence_tick_map"
    try:
        head = Checkpoint.parse(note.text) if note else None
    except CryptoError:
        head = None
    if head is None or (head.origin, head.size) != (log_name(origin), proof.checkpoint):
        return "evidence_tick_note"
    leaf = tick_leaf(proof.at, proof.map_root)
    if not verify_inclusion(leaf, proof.index, head.size, proof.tree_proof, head.root):
        return "evidence_tick_tree"
    return ""


def cosigned_at(note: Note, key: VerifierKey) -> datetime | None:
    """When the witness cosigned the note, None where no line names it. Raises CryptoError for a line that is wrong."""
    for line in note.signatures:
        if line.is_by(key):
            try:
                return datetime.fromtimestamp(check_cosignature(line, key, note.text), UTC)
            except (OverflowError, OSError, ValueError) as exc:
                raise CryptoError("note_malformed", reason="time") from exc
    return None


def _hash(text: Json) -> bytes:
    data = bytes.fromhex(text)
    if len(data) != HASH_SIZE or data.hex() != text:
        raise ValueError("not 32 bytes in hex")
    return data
