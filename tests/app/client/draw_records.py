"""Records of a draw that hold, and what a forger may make of them: the same for the program and for the browser."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from crypto.committee import Committee, Member, combine, identity, run_ceremony, sign_share
from evaluation.draw import (
    ApprovedPool,
    CallUpAnswered,
    CallUpSent,
    Candidate,
    DrawConditions,
    DrawConditionsApproved,
    DrawConditionsProposed,
    DrawResult,
    DrawRoundOpened,
    RoundReason,
    Stratum,
    Widening,
    candidates_sha256,
    commitment,
    draw_id,
    extract,
    proposal_sha256,
    record,
    record_sha256,
    select,
    statement,
    statement_bytes,
)
from tests.evaluation.drawing import CONDITIONS, Draw, value_of

Json = Any
MEMBERS = [Member(i, f"org {i}", f"{i:064x}") for i in range(1, 6)]
TRUSTEES, SECRETS = run_ceremony(MEMBERS, 3, os.urandom)
FORGERS, FORGED_SECRETS = run_ceremony(MEMBERS, 3, os.urandom)
NAMES = [stratum.name for stratum in CONDITIONS.strata]


def _candidate(number: int) -> Candidate:
    strata = (NAMES[number % 2],) if number % 4 else tuple(NAMES)
    return Candidate(f"{number:032x}", f"unit-{number % 9}", strata, hashlib.sha256(bytes([number])).hexdigest())


POOL = tuple(_candidate(number) for number in range(14))


def signed(statement: bytes, committee: Committee = TRUSTEES, secrets: Any = SECRETS) -> bytes:
    message = identity("draw", json.loads(statement))
    return combine(committee, message, {i: sign_share(secrets[i], message) for i in (1, 3, 4)}).signature


def record_of(draw: Draw, number: int) -> dict[str, Json]:
    done = draw.state.rounds[number - 1]
    reveals = {party: value_of(party, number) for party in draw.conditions.parties}
    signature = bytes.fromhex(done.signature_hex)
    of_all = (draw.conditions, done.stated, done.candidates, TRUSTEES.named, signature, reveals, done.result)
    found = record(*of_all, done.wider_json)
    assert record_sha256(found) == done.record_sha256
    return json.loads(json.dumps(found))


def three_rounds(conditions: DrawConditions = CONDITIONS) -> list[dict[str, Json]]:
    """Somebody drawn in the first declined, and so did the one drawn in the second."""
    draw = Draw(replace(conditions, committee=TRUSTEES.id), pool=POOL, sign=signed).approved()
    for number in (1, 2):
        gone = draw.round().selected[NAMES[0]][0]
        draw.act(CallUpSent(number, gone), CallUpAnswered(number, gone, False, "abroad"))
        record_hash = draw.state.rounds[number - 1].record_sha256
        draw.act(DrawRoundOpened(number + 1, RoundReason.REFUSED, record_hash, ""))
    draw.round()
    return [record_of(draw, number) for number in (1, 2, 3)]


def widened_rounds() -> list[dict[str, Json]]:
    """Nobody is left for a seat of the first stratum: it is drawn for from a wider one, then once more."""
    draw = Draw(replace(CONDITIONS, committee=TRUSTEES.id), pool=FEW, sign=signed).approved()
    declined(draw, draw.round().selected[NAMES[0]][0])
    widened(draw)
    declined(draw, draw.round().selected[WIDE][0])
    draw.round()
    return [record_of(draw, number) for number in (1, 2, 3)]


def declined(draw: Draw, gone: str) -> None:
    number = draw.number
    draw.act(CallUpSent(number, gone), CallUpAnswered(number, gone, False, "abroad"))
    draw.act(DrawRoundOpened(number + 1, RoundReason.REFUSED, draw.state.current.record_sha256, ""))


WIDE = "急救 (wider)@host"
FEW = tuple(
    Candidate(f"{number:032x}", f"unit-{number}", (NAMES[number % 2],) if number < 4 else (NAMES[1],), f"{number:064x}")
    for number in range(9)
)
MORE = (*FEW, *(Candidate(f"{number:032x}", f"unit-{number}", (WIDE,), f"{number:064x}") for number in range(9, 14)))


def wider_conditions(draw: Draw, **changes: Any) -> DrawConditionsProposed:
    first, second = draw.state.conditions.strata
    strata = (replace(first, quota=first.quota - 1), second, Stratum(WIDE, 1, 0))
    conditions = replace(draw.state.conditions, **{"strata": strata, **changes})
    return DrawConditionsProposed(conditions, Widening(draw.number, "无人可抽", {}))


def approval(proposed: DrawConditionsProposed, pool: tuple[Candidate, ...]) -> DrawConditionsApproved:
    sizes = {stratum.name: sum(stratum.name in one.strata for one in pool) for stratum in proposed.conditions.strata}
    fixed = ApprovedPool(candidates_sha256(pool), len(pool), sizes)
    return DrawConditionsApproved(proposal_sha256(proposed), fixed)


def widened(draw: Draw) -> None:
    proposed = wider_conditions(draw)
    draw.act(proposed, approval(proposed, MORE))
    draw.pool = MORE


def completed(altered: dict[str, Json], committee: Committee = TRUSTEES, secrets: Any = SECRETS) -> dict[str, Json]:
    """The record signed and drawn anew as it now stands: what trustees could make who sign whatever they are given."""
    stated = altered["statement"]
    pool = [Candidate(c["id"], c["unit"], tuple(c["strata"]), c.get("person", "")) for c in altered["candidates"]]
    signature = signed(statement_bytes(stated), committee, secrets)
    reveals = {party: bytes.fromhex(value) for party, value in altered["reveals"].items()}
    result = select(stated, pool, extract(statement_bytes(stated), signature, reveals)).to_json()
    return altered | {"signature": signature.hex(), "committee": committee.named, "result": result}


def any_draw(seed: int) -> dict[str, Json]:
    """A record of a first round with whatever strata, pool, caps, recusals and parties, by its seed."""
    chance = random.Random(seed)
    names = chance.sample(["急救@host", "A08/h", "A0801/h", "__proto__", "Ünit", "a b"], chance.randint(1, 4))
    strata = tuple(Stratum(name, chance.randint(1, 5), chance.randint(0, 4)) for name in names)
    pool = [_drawable(names, chance) for _ in range(chance.randint(1, 60))]
    parties = chance.sample(["centre", "agency", "监督", "Zoll", "constructor"], chance.randint(2, 4))
    most = chance.randint(1, 3)
    conditions = DrawConditions(f"项目（{seed}）🂡", "一", "experts", strata, most, tuple(parties), 3, TRUSTEES.id, 3)
    values = {party: chance.randbytes(32) for party in parties}
    stated = statement(
        conditions,
        round_=1,
        strata=strata,
        candidates=pool,
        recused={c.id: chance.randbytes(32).hex() for c in chance.sample(pool, chance.randint(0, len(pool) // 3))},
        commitments={party: commitment(conditions.draw_id, party, value) for party, value in values.items()},
    )
    made = record(conditions, stated, pool, TRUSTEES.named, b"", values, DrawResult({}, {}))
    return completed(json.loads(json.dumps(made)))


def _drawable(names: list[str], chance: random.Random) -> Candidate:
    strata = tuple(chance.choices(names, k=chance.randint(0, 3)))
    return Candidate(chance.randbytes(16).hex(), f"单位（{chance.randint(0, 12)}）", strata)


def places(value: Json, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a record: objects, lists and what stands in them."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from places(item, (*path, key))


def _with(altered: Json, path: tuple[Any, ...], act: Any) -> Json:
    """A copy in which `act` has been done with the holder of the place and its last step."""
    found = copy.deepcopy(altered)
    inner = found
    for key in path[:-1]:
        inner = inner[key]
    act(inner, path[-1])
    return found


def _changed(value: Json) -> Json:
    if isinstance(value, str):
        return ("1" if value[:1] == "0" else "0") + value[1:]
    return value + 1 if isinstance(value, int) else []


def _put(value: Json) -> Any:
    return lambda holder, key: holder.__setitem__(key, value)


def altered(genuine: dict[str, Json]) -> Iterator[tuple[str, dict[str, Json]]]:
    """The record with one thing changed, one left out, one added, or two in another order: each place in turn."""
    for path in places(genuine):
        value: Json = genuine
        for key in path:
            value = value[key]
        name = ".".join(map(str, path)) or "record"
        if path:
            yield f"omitted {name}", _with(genuine, path, lambda holder, key: holder.__delitem__(key))
        if isinstance(value, dict):
            yield f"added to {name}", _with(genuine, (*path, "note"), _put("0" * 64))
        elif isinstance(value, list):
            yield f"added to {name}", _with(genuine, (*path, None), lambda holder, _: holder.append("f" * 32))
            if len(value) > 1:
                yield f"order of {name}", _with(genuine, path, _put(value[::-1]))
                yield f"repeated in {name}", _with(genuine, path, _put([*value, value[0]]))
        else:
            yield f"changed {name}", _with(genuine, path, _put(_changed(value)))
            yield f"retyped {name}", _with(genuine, path, _put([value]))


def forgeries(rounds: list[dict[str, Json]]) -> Iterator[tuple[str, list[dict[str, Json]]]]:
    """Whole records that were made to look right, by the name of the attack."""
    first, second, third = rounds
    own = copy.deepcopy(first)
    own["statement"]["committee"] = FORGERS.id
    yield "own committee", [completed(own, FORGERS, FORGED_SECRETS)]
    yield "own committee under the announced id", [completed(copy.deepcopy(first), FORGERS, FORGED_SECRETS)]
    yield "random signature", [_redrawn(first | {"signature": os.urandom(48).hex()})]
    yield "signature at infinity", [_redrawn(first | {"signature": "c0" + "00" * 47})]
    yield "signature of another statement", [_redrawn(first | {"signature": second["signature"]})]
    yield "signature outside the group", [_redrawn(first | {"signature": f"{0x80:02x}" + "00" * 46 + "04"})]
    yield "another tender", [first | {"tender": "T-2"}]
    yield "another lot", [first | {"lot": "2"}]
    yield "another purpose", [first | {"purpose": "inspectors"}]
    yield "the first form, which names no tender", [{k: v for k, v in first.items() if k not in ("v", "tender", "lot")}]
    reserve = copy.deepcopy(first)
    reserve["result"]["reserve"][NAMES[0]] = ["f" * 32]
    yield "another reserve", [reserve]
    yield "parties exchanged", [first | {"reveals": _exchanged(first["reveals"])}]
    yield "two records of one round", [first, first]
    yield "an earlier round of another draw", [_of_another_draw(), second]
    yield "rounds exchanged", [second | {"statement": first["statement"]}, first]
    yield from _later_rounds(first, second, third)


def _redrawn(altered_: dict[str, Json]) -> dict[str, Json]:
    """The result that follows from the signature as it stands."""
    stated = altered_["statement"]
    pool = [Candidate(c["id"], c["unit"], tuple(c["strata"]), c["person"]) for c in altered_["candidates"]]
    reveals = {party: bytes.fromhex(value) for party, value in altered_["reveals"].items()}
    key = extract(statement_bytes(stated), bytes.fromhex(altered_["signature"]), reveals)
    return altered_ | {"result": select(stated, pool, key).to_json()}


def _exchanged(reveals: dict[str, str]) -> dict[str, str]:
    one, two, _ = sorted(reveals)
    return reveals | {one: reveals[two], two: reveals[one]}


def _of_another_draw() -> dict[str, Json]:
    other = Draw(replace(CONDITIONS, committee=TRUSTEES.id, tender="T-2"), pool=POOL, sign=signed).approved()
    other.round()
    return record_of(other, 1)


def _later_rounds(first: Json, second: Json, third: Json) -> Iterator[tuple[str, list[dict[str, Json]]]]:
    """Second rounds that the true trustees signed, though they do not follow from the first."""

    def signed_with(name: str, **changes: Json) -> tuple[str, list[dict[str, Json]]]:
        found = copy.deepcopy(second)
        found["statement"] |= changes
        return name, [first, completed(found)]

    stated = second["statement"]
    drawn = {number for ids in first["result"]["selected"].values() for number in ids}
    again = [entry for entry in stated["recused"] if entry["id"] not in drawn]
    yield signed_with("drawn before, and to be drawn again", recused=again)
    yield signed_with("another earlier record", earlier_record_sha256="0" * 64)
    yield signed_with("more seats than there are", strata=[asdict_of(NAMES[0], 3, 2)])
    yield signed_with("another reserve size", strata=[asdict_of(NAMES[0], 1, 5)])
    yield signed_with("a stratum of its own", strata=[asdict_of("友人@host", 1, 2)])
    yield signed_with("another cap", max_per_unit=2)
    yield signed_with("unfilled, though nothing was", reason="unfilled")
    yield signed_with("commitments used again", commitments=first["statement"]["commitments"])
    parties = {party: value for party, value in stated["commitments"].items() if party != "supervisor"}
    fewer = copy.deepcopy(second)
    fewer["statement"]["commitments"] = parties
    fewer["reveals"].pop("supervisor")
    yield "without the supervisor", [first, completed(fewer)]
    pool = copy.deepcopy(second)
    pool["candidates"] = pool["candidates"][:-1]
    pool["statement"] |= {"candidates_sha256": _sha256(pool["candidates"]), "candidates_count": len(pool["candidates"])}
    yield "another pool", [first, completed(pool)]
    renamed = copy.deepcopy(second) | {"tender": "T-2"}
    renamed["statement"]["draw_id"] = draw_id("T-2", renamed["lot"], renamed["purpose"])
    for party, value in renamed["reveals"].items():
        promise = commitment(renamed["statement"]["draw_id"], party, bytes.fromhex(value))
        renamed["statement"]["commitments"][party] = promise
    yield "a later round of another tender", [first, completed(renamed)]
    foreign = completed(copy.deepcopy(second), FORGERS, FORGED_SECRETS)
    yield "a third round after another second", [first, foreign, third]


def asdict_of(name: str, quota: int, reserve: int) -> dict[str, Json]:
    return {"name": name, "quota": quota, "reserve": reserve}


def _sha256(candidates: Json) -> str:
    return hashlib.sha256(statement_bytes(candidates)).hexdigest()


def incomplete(rounds: list[dict[str, Json]]) -> Iterator[tuple[str, list[dict[str, Json]]]]:
    """Genuine records that do not suffice."""
    first, second, third = rounds
    yield "the second round alone", [second]
    yield "the third round alone", [third]
    yield "the first left out", [second, third]
    yield "the second left out", [first, third]
    ordered = copy.deepcopy(second)
    ordered["statement"] |= {"reason": "ordered", "second_signature": "I am a string"}
    yield "a second person's signature that a record does not prove", [first, completed(ordered)]
