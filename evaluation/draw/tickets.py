"""The method of `biddraw/v1`: commitments, statement, tickets, selection. The draw is a function of its record.

The order of proof: each party commits to 32 bytes; the statement names pool, strata, recusals and commitments; the
trustees' signature over it and the revealed bytes make the key of the tickets; the lowest tickets are drawn.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evaluation.errors import RuleViolation

VERSION = "biddraw/v1"
RECORD_VERSION = "biddraw-record/v2"
FURTHER_VERSION = "biddraw/v2"  # of a statement that says more than every statement must
FURTHER_RECORD_VERSION = "biddraw-record/v3"  # of its record, which brings wider conditions where it names them


@dataclass(frozen=True)
class Stratum:
    """A group of candidates to draw from, such as a speciality at a site: seats, and names held in reserve."""

    name: str
    quota: int
    reserve: int


@dataclass(frozen=True)
class Candidate:
    """One entry of a pool: pseudonyms of a person and of its unit, and the strata it may be drawn for.

    `person` is the commitment to who is behind `id`; "" in pools that were stated before there was one.
    """

    id: str
    unit: str
    strata: tuple[str, ...]
    person: str = ""


@dataclass(frozen=True)
class DrawConditions:
    """What the buyer's side sets before a draw. `parties` each give randomness, at least two of opposed interests.

    A pool below `pool_factor` times its quota is flagged; `trustees_needed` is the committee's threshold.
    """

    tender: str
    lot: str
    purpose: str
    strata: tuple[Stratum, ...]
    max_per_unit: int
    parties: tuple[str, ...]
    pool_factor: int
    committee: str
    trustees_needed: int

    @property
    def draw_id(self) -> str:
        """The id that tender, lot and purpose have for ever, so that a redraw cannot pass as a new draw."""
        return draw_id(self.tender, self.lot, self.purpose)


@dataclass(frozen=True)
class EarlierRound:
    """Why there is a further round. `second_signature` is "" where the machine itself recorded the reason."""

    record_sha256: str
    reason: str
    second_signature: str


@dataclass(frozen=True)
class Widening:
    """Why the open seats of a round are drawn for under wider conditions: its number, the reason in words, and who the
    system has found to step back since the last statement, by pseudonym with hashed reasons.
    """

    round: int
    reason: str
    recused: dict[str, str]


@dataclass(frozen=True)
class DrawResult:
    """Candidate ids by stratum, in the order drawn, and the sealed reserve in its fixed order."""

    selected: dict[str, tuple[str, ...]]
    reserve: dict[str, tuple[str, ...]]

    def to_json(self) -> dict[str, dict[str, list[str]]]:
        """The result as it stands in a record."""
        return {
            "selected": {stratum: list(ids) for stratum, ids in self.selected.items()},
            "reserve": {stratum: list(ids) for stratum, ids in self.reserve.items()},
        }


def _jcs(value: Any) -> bytes:
    """RFC 8785 bytes of strings, integers, booleans, lists and objects whose keys are in the Basic Plane."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def _hash(label: str, data: bytes) -> bytes:
    return hashlib.sha256(f"{VERSION}/{label}".encode() + b"\0" + data).digest()


def _joined(*parts: str) -> bytes:
    """The parts with NUL between them: no two lists of parts join to the same bytes."""
    joined = "\0".join(parts)
    if joined.count("\0") >= len(parts):
        wrong = next(part for part in parts if "\0" in part)
        raise RuleViolation("draw_name_invalid", name=wrong.replace("\0", "\\0"))
    return joined.encode("utf-8")


def hkdf_extract(salt: bytes, material: bytes) -> bytes:
    """HKDF-Extract of RFC 5869 with SHA-256."""
    return hmac.digest(salt, material, "sha256")


def hkdf_expand(prk: bytes, info: bytes) -> bytes:
    """The first block, 32 bytes, of HKDF-Expand of RFC 5869 with SHA-256."""
    return hmac.digest(prk, info + b"\x01", "sha256")


def draw_id(tender: str, lot: str, purpose: str) -> str:
    """Hex hash of what is drawn for. Raises RuleViolation `draw_name_invalid` for a NUL in a name."""
    return _hash("draw", _joined(tender, lot, purpose)).hex()


def commitment(draw: str, party: str, value: bytes) -> str:
    """Hex commitment of `party` to its 32 random bytes for the draw with id `draw`."""
    return _hash("commit", _joined(draw, party) + b"\0" + value).hex()


def replacement(promise: str) -> str:
    """Hex bytes that stand for those of a party whose capsule holds something else than it committed to: a function of
    its commitment, so that they are fixed before anything is signed, and whatever it does then changes nothing.
    """
    return _hash("replaced", bytes.fromhex(promise)).hex()


def pseudonym(salt: bytes, draw: str, reference: str) -> str:
    """What stands for a person or a unit in one draw: 32 hex characters that nobody without `salt` can link."""
    return hmac.digest(salt, b"biddraw/v1/pseudonym\0" + _joined(draw, reference), "sha256").hex()[:32]


def person_commitment(salt: bytes, draw: str, candidate: str, account: str) -> str:
    """Hex commitment of a draw's number to the account of a person: `salt`, 32 random bytes, hides and opens it."""
    return _hash("person", _joined(draw, candidate, account) + b"\0" + salt).hex()


def reason_sha256(salt: bytes, candidate: str, reason: str) -> str:
    """Salted hex hash of a recusal's reason, to be opened later to those entitled to know it."""
    return _hash("reason", _joined(candidate, reason) + b"\0" + salt).hex()


def _candidate_json(candidate: Candidate) -> dict[str, Any]:
    person = {"person": candidate.person} if candidate.person else {}
    return {"id": candidate.id, "unit": candidate.unit, "strata": sorted(candidate.strata), **person}


def candidates_json(candidates: Iterable[Candidate]) -> list[dict[str, Any]]:
    """The pool as it is hashed and published: sorted by id."""
    return [_candidate_json(candidate) for candidate in sorted(candidates, key=lambda c: c.id)]


def candidates_sha256(candidates: Iterable[Candidate]) -> str:
    """Hex hash of the pool. The order given does not matter."""
    return hashlib.sha256(_jcs(candidates_json(candidates))).hexdigest()


def conditions_sha256(conditions: DrawConditions) -> str:
    """Hex hash of the conditions: what the second person approves."""
    return _hash("conditions", _jcs(asdict(conditions))).hex()


def wider_json(conditions: DrawConditions, widening: Widening) -> dict[str, Any]:
    """Wider conditions as a record shows them."""
    found: dict[str, Any] = json.loads(_jcs({"conditions": asdict(conditions), "widening": asdict(widening)}))
    return found


def wider_sha256(conditions: DrawConditions, widening: Widening) -> str:
    """Hex hash of wider conditions and the reason for them: what the second person approves and statements name."""
    return _hash("wider", _jcs(wider_json(conditions, widening))).hex()


def reveal_statement(draw: str, round_: int) -> dict[str, Any]:
    """What the trustees sign with kind `draw-reveal` when a party does not reveal. Known before any commitment."""
    return {"v": VERSION, "draw_id": draw, "round": round_}


def statement(
    conditions: DrawConditions,
    *,
    round_: int,
    strata: Sequence[Stratum],
    candidates: Sequence[Candidate],
    recused: Mapping[str, str],
    commitments: Mapping[str, str],
    earlier: EarlierRound | None = None,
    wider: str = "",
    passed_over: Sequence[str] = (),
) -> dict[str, Any]:
    """The object that the trustees sign. `recused` maps candidates to hashed reasons, `strata` has the open quotas.

    From round 2 `earlier` is part of it; `wider` is the hash of the wider conditions that a later round is held under,
    `passed_over` names the parties that committed to nothing in time.
    """
    stated: dict[str, Any] = {
        "v": VERSION,
        "draw_id": conditions.draw_id,
        "round": round_,
        "committee": conditions.committee,
        "candidates_sha256": candidates_sha256(candidates),
        "candidates_count": len(candidates),
        "strata": [asdict(stratum) for stratum in strata],
        "recused": [{"id": id_, "reason_sha256": recused[id_]} for id_ in sorted(recused)],
        "max_per_unit": conditions.max_per_unit,
        "commitments": dict(commitments),
    }
    if earlier is not None:
        stated |= {
            "earlier_record_sha256": earlier.record_sha256,
            "reason": earlier.reason,
            "second_signature": earlier.second_signature,
        }
    if wider:
        stated |= {"v": FURTHER_VERSION, "wider_sha256": wider}
    if passed_over:
        stated |= {"v": FURTHER_VERSION, "passed_over": sorted(passed_over)}
    return stated


def statement_bytes(stated: Mapping[str, Any]) -> bytes:
    """The canonical bytes of a statement, which are signed and logged."""
    return _jcs(stated)


def extract(stated: bytes, signature: bytes, reveals: Mapping[str, bytes]) -> bytes:
    """The 32-byte key of the tickets: from canonical statement, trustees' signature, and reveals by party name."""
    material = signature + b"".join(reveals[party] for party in sorted(reveals))
    return hkdf_extract(_hash("statement", stated), material)


def ticket(prk: bytes, stratum: str, id_: str) -> bytes:
    """The 32 bytes by which `id_` is placed in `stratum`; the lowest is drawn first."""
    return hkdf_expand(prk, _joined(VERSION, stratum, id_))


def draw_order(prk: bytes, stratum: str, ids: Iterable[str]) -> tuple[str, ...]:
    """Any list in drawn order: the first is the coefficient drawn, the winner of a tie, the object to inspect."""
    before = _joined(VERSION, stratum) + b"\0"  # as `ticket` writes it, once for all
    return tuple(sorted(set(ids), key=lambda id_: (hkdf_expand(prk, before + _joined(id_)), id_)))


def _walk(order: Iterable[Candidate], most: int, units: Counter[str], max_per_unit: int) -> list[str]:
    """The first `most` of `order` whose units have room; `units` is counted up."""
    walked: list[str] = []
    for candidate in order:
        if len(walked) < most and units[candidate.unit] < max_per_unit:
            walked.append(candidate.id)
            units[candidate.unit] += 1
    return walked


def select(stated: Mapping[str, Any], candidates: Sequence[Candidate], prk: bytes) -> DrawResult:
    """Draw every stratum of the statement in its order, then the reserves from those whom no stratum has drawn.

    Recused candidates, those already drawn and those of a unit at its maximum are passed over. A reserve may name
    someone whom another reserve names too: the fixed order decides when one is called.
    """
    recused = {entry["id"] for entry in stated["recused"]}
    by_id = {candidate.id: candidate for candidate in candidates if candidate.id not in recused}
    orders = {
        stratum["name"]: draw_order(prk, stratum["name"], [c.id for c in by_id.values() if stratum["name"] in c.strata])
        for stratum in stated["strata"]
    }
    taken: set[str] = set()
    units: Counter[str] = Counter()
    selected, reserve = {}, {}
    for stratum in stated["strata"]:
        free = [by_id[id_] for id_ in orders[stratum["name"]] if id_ not in taken]
        drawn = _walk(free, stratum["quota"], units, stated["max_per_unit"])
        selected[stratum["name"]] = tuple(drawn)
        taken |= set(drawn)
    for stratum in stated["strata"]:
        free = [by_id[id_] for id_ in orders[stratum["name"]] if id_ not in taken]
        reserve[stratum["name"]] = tuple(_walk(free, stratum["reserve"], Counter(units), stated["max_per_unit"]))
    return DrawResult(selected, reserve)


def pool_sizes(stated: Mapping[str, Any], candidates: Sequence[Candidate]) -> dict[str, int]:
    """How many candidates who are not recused each stratum of the statement has."""
    recused = {entry["id"] for entry in stated["recused"]}
    free = [candidate for candidate in candidates if candidate.id not in recused]
    return {s["name"]: sum(s["name"] in candidate.strata for candidate in free) for s in stated["strata"]}


def small_pools(stated: Mapping[str, Any], candidates: Sequence[Candidate], factor: int) -> tuple[str, ...]:
    """The strata whose pool is smaller than `factor` times the quota: lawful, but flagged in the record."""
    sizes = pool_sizes(stated, candidates)
    return tuple(s["name"] for s in stated["strata"] if sizes[s["name"]] < factor * s["quota"])


def certain_pools(stated: Mapping[str, Any], candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """The strata whose pool has no more than the quota: whoever is in it was certain to be drawn."""
    sizes = pool_sizes(stated, candidates)
    return tuple(s["name"] for s in stated["strata"] if 0 < s["quota"] >= sizes[s["name"]])


def record(
    conditions: DrawConditions,
    stated: Mapping[str, Any],
    candidates: Iterable[Candidate],
    committee: Mapping[str, Any],
    signature: bytes,
    reveals: Mapping[str, bytes],
    result: DrawResult,
    wider: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What anybody needs to compute the draw again, and nothing else; `committee` is what its id is the hash of,
    `wider` the wider conditions that the statement names (`wider_json`).

    Every field is bound: tender, lot and purpose by `draw_id`, pool and committee by their hashes in the statement.
    """
    return {
        "v": FURTHER_RECORD_VERSION if stated["v"] == FURTHER_VERSION else RECORD_VERSION,
        "tender": conditions.tender,
        "lot": conditions.lot,
        "purpose": conditions.purpose,
        "statement": dict(stated),
        "candidates": candidates_json(candidates),
        "committee": dict(committee),
        "signature": signature.hex(),
        "reveals": {party: value.hex() for party, value in sorted(reveals.items())},
        "result": result.to_json(),
        **({"wider": dict(wider)} if wider else {}),
    }


def record_sha256(record_: Mapping[str, Any]) -> str:
    """Hex hash by which the next round names this record. Pool and committee are bound through the statement."""
    bound = {name: record_[name] for name in ("statement", "signature", "reveals", "result")}
    return _hash("record", _jcs(bound)).hex()
