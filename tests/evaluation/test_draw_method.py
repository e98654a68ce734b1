from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.canonical import canonical
from evaluation.draw import (
    Candidate,
    Stratum,
    candidates_sha256,
    certain_pools,
    commitment,
    draw_id,
    draw_order,
    extract,
    person_commitment,
    pool_sizes,
    pseudonym,
    reason_sha256,
    select,
    small_pools,
    statement_bytes,
    ticket,
)
from evaluation.draw.tickets import candidates_json, hkdf_expand, hkdf_extract
from evaluation.errors import RuleViolation
from tests.choices import Choices, choices, pieces
from tests.examples import at_least

VECTOR = Path(__file__).parents[3] / "shared/data/vectors/elegy-vrs-example.json"
LETTERS = st.characters(min_codepoint=1, max_codepoint=0xD7FF)
names = st.text(LETTERS, min_size=1, max_size=8)
keys = st.binary(min_size=32, max_size=32)
NUMBERS = sorted({sign * (2**power - less) for power in range(54) for less in (0, 1) for sign in (1, -1)})[1:-1]


def many_names(least: int = 2, most: int = 25) -> st.SearchStrategy[list[str]]:
    """Names of one to eight letters and a number, all different."""
    texts = st.text(LETTERS, min_size=8 * least, max_size=9 * most)
    return texts.map(lambda text: [f"{piece}{number}" for number, piece in enumerate(pieces(text)[:most])])


def pool_of(ids: list[str], chosen: Choices, strata: Sequence[str]) -> list[Candidate]:
    return [Candidate(i, chosen.one("uvwxyz"), tuple(chosen.some(strata))) for i in ids]


def as_draw(words: list[str], chosen: Choices) -> tuple[dict[str, Any], list[Candidate]]:
    """A statement as far as `select` reads it, and a pool."""
    strata = words[: chosen.one((1, 2, 3))]
    pool = pool_of(words[len(strata) :], chosen, strata)
    stated = {
        "strata": [{"name": s, "quota": chosen.one(range(5)), "reserve": chosen.one(range(4))} for s in strata],
        "recused": [{"id": c.id, "reason_sha256": ""} for c in chosen.some(pool)],
        "max_per_unit": chosen.one((1, 2, 3)),
    }
    return stated, pool


draws = st.builds(as_draw, many_names(4, 28), choices(84))


def test_the_worked_example_of_the_elegy_vrs_draft():
    if not VECTOR.exists():
        pytest.skip(f"NOT CHECKED: the published vector {VECTOR} is not here")
    vector = json.loads(VECTOR.read_text())
    prk = hkdf_extract(bytes.fromhex(vector["one_time_code_hex"]), vector["randomness"].encode())
    tickets = {label: hkdf_expand(prk, label.encode()) for label in vector["labels"]}
    assert sorted(tickets, key=tickets.__getitem__) == vector["sorted"]
    assert tickets[vector["sorted"][0]].hex().startswith(vector["first_ticket_starts"])


@given(many_names(), choices(130))
def test_statements_have_the_canonical_bytes_that_trustees_sign(words, chosen):
    kinds = (chosen.one, lambda _: chosen.one(NUMBERS), lambda _: chosen.one((False, True)), chosen.some)
    stated = {word: chosen.one(kinds)(words) for word in chosen.some(words)}
    assert statement_bytes(stated) == canonical(stated)


@given(many_names(6, 6), st.binary(min_size=64, max_size=64))
def test_a_number_is_bound_to_one_person_of_one_draw_and_opened_by_its_salt(words, salts):
    bound, others = (salts[:32], *words[:3]), (salts[32:], *words[3:])
    found = person_commitment(*bound)
    for parts in product(*zip(bound, others, strict=True)):
        assert (found == person_commitment(*parts)) == (parts == bound)


def test_the_commitment_to_a_person_by_hand():
    data = b"biddraw/v1/person\0" + b"d" + b"\0" + b"n" + b"\0" + b"a" + b"\0" + bytes(32)
    assert person_commitment(bytes(32), "d", "n", "a") == hashlib.sha256(data).hexdigest()


@given(many_names(), choices(50), keys)
def test_the_pool_is_another_one_with_other_people_and_the_old_one_without(ids, chosen, salt):
    whole = pool_of(ids, chosen, "st")
    for pool in (whole[:1], whole):
        bound = [replace(c, person=person_commitment(salt, "d", c.id, f"account {c.id}")) for c in pool]
        swapped = [replace(bound[0], person=person_commitment(salt, "d", bound[0].id, "another")), *bound[1:]]
        assert len({candidates_sha256(some) for some in (pool, bound, swapped)}) == 3
        assert all(set(entry) == {"id", "unit", "strata"} for entry in candidates_json(pool))


@at_least(40)
@given(draws, keys)
def test_nobody_recused_or_taken_is_drawn_and_quotas_units_and_strata_hold(case, prk):
    stated, pool = case
    result, by_id = select(stated, pool, prk), {c.id: c for c in pool}
    recused = {entry["id"] for entry in stated["recused"]}
    drawn = [id_ for ids in result.selected.values() for id_ in ids]
    assert len(set(drawn)) == len(drawn)
    assert max(Counter(by_id[id_].unit for id_ in drawn).values(), default=0) <= stated["max_per_unit"]
    for stratum in stated["strata"]:
        selected, reserve = result.selected[stratum["name"]], result.reserve[stratum["name"]]
        assert len(selected) <= stratum["quota"]
        assert len(reserve) <= stratum["reserve"]
        assert not set(reserve) & set(drawn)
        assert not recused & {*selected, *reserve}
        assert all(stratum["name"] in by_id[id_].strata for id_ in (*selected, *reserve))


@at_least(40)
@given(draws, keys)
def test_a_seat_stays_open_only_when_nobody_free_is_left(case, prk):
    stated, pool = case
    stated["max_per_unit"] = len(pool)
    result, recused = select(stated, pool, prk), {entry["id"] for entry in stated["recused"]}
    drawn = {id_ for ids in result.selected.values() for id_ in ids}
    for stratum in stated["strata"]:
        free = [c for c in pool if stratum["name"] in c.strata and c.id not in recused | drawn]
        assert len(result.selected[stratum["name"]]) == stratum["quota"] or not free


@at_least(40)
@given(draws, keys, choices(28))
def test_the_order_of_the_pool_changes_nothing(case, prk, chosen):
    stated, pool = case
    shuffled = chosen.order(pool)
    assert select(stated, shuffled, prk) == select(stated, pool, prk)
    assert candidates_json(shuffled) == candidates_json(pool)


@given(keys, names, many_names())
def test_any_list_can_be_put_into_drawn_order(prk, stratum, ids):
    for some in (ids[:1], ids):
        order = draw_order(prk, stratum, some)
        assert sorted(order) == sorted(some)
        assert [ticket(prk, stratum, i) for i in order] == sorted(ticket(prk, stratum, i) for i in some)


@given(st.binary(), st.binary(min_size=48, max_size=48), keys, keys)
def test_the_key_of_the_tickets_depends_on_every_part_and_not_on_the_order_of_reveals(stated, signature, one, two):
    key = extract(stated, signature, {"a": one, "b": two})
    assert key == extract(stated, signature, {"b": two, "a": one})
    assert key != extract(stated + b" ", signature, {"a": one, "b": two})
    assert key != extract(stated, signature[::-1] + b"x", {"a": one, "b": two})
    assert (key == extract(stated, signature, {"a": two, "b": one})) == (one == two)


@given(a=names, b=names, value=keys)
def test_names_never_run_together(a, b, value):
    assert draw_id(a, b, "x") != draw_id(a + b, "", "x")
    assert commitment(a, b, value) != commitment(a + b, "", value)
    for call in (
        lambda: draw_id("a\0b", "", ""),
        lambda: commitment("d", "p\0", value),
        lambda: ticket(value, "s\0", a),
    ):
        with pytest.raises(RuleViolation, match="draw_name_invalid"):
            call()


@given(names, keys, keys)
def test_pseudonyms_and_hashed_reasons_tell_nothing_without_their_salt(reference, salt, other):
    assert len(pseudonym(salt, "d", reference)) == 32
    assert (pseudonym(salt, "d", reference) == pseudonym(other, "d", reference)) == (salt == other)
    assert pseudonym(salt, "d", reference) != pseudonym(salt, "e", reference)
    assert (reason_sha256(salt, "id", reference) == reason_sha256(other, "id", reference)) == (salt == other)


def test_a_pool_below_the_factor_is_named():
    pool = [Candidate(str(i), "u", ("a", "b") if i < 5 else ("a",)) for i in range(10)]
    stated = {"strata": [{"name": "a", "quota": 3}, {"name": "b", "quota": 2}], "recused": [{"id": "0"}]}
    assert pool_sizes(stated, pool) == {"a": 9, "b": 4}
    assert small_pools(stated, pool, 3) == ("b",)
    assert certain_pools(stated, pool) == ()


@pytest.mark.parametrize(("quota", "certain"), [(0, ()), (3, ()), (4, ("b",)), (5, ("b",))])
def test_a_pool_without_a_choice_is_named(quota: int, certain: tuple[str, ...]):
    pool = [Candidate(str(i), "u", ("b",)) for i in range(5)]
    stated = {"strata": [{"name": "b", "quota": quota}], "recused": [{"id": "0"}]}
    assert certain_pools(stated, pool) == certain


def test_every_candidate_has_the_same_chance():
    """Chi-square over 20,000 draws of 3 out of 8 with fixed keys: below the 0.001 quantile for 7 degrees."""
    pool = [Candidate(f"e{i}", f"u{i}", ("s",)) for i in range(8)]
    stated = {"strata": [{"name": "s", "quota": 3, "reserve": 0}], "recused": [], "max_per_unit": 1}
    counts: Counter[str] = Counter()
    for i in range(20_000):
        counts.update(select(stated, pool, hashlib.sha256(f"fair {i}".encode()).digest()).selected["s"])
    expected = 20_000 * 3 / 8
    chi_square = sum((count - expected) ** 2 / expected for count in counts.values())
    assert len(counts) == 8
    assert chi_square < 24.322


def test_a_candidate_of_two_strata_is_never_seated_twice():
    pool = [Candidate("a", "u", ("s", "t")), Candidate("b", "v", ("t",))]
    stated = {"strata": [vars(Stratum("s", 1, 1)), vars(Stratum("t", 1, 1))], "recused": [], "max_per_unit": 1}
    for seed in range(20):
        assert select(stated, pool, bytes([seed]) * 32).selected == {"s": ("a",), "t": ("b",)}
