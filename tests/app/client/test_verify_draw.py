"""The program that anybody can run: it agrees with the platform, and sees every change of a record."""

from __future__ import annotations

import ast
import copy
import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.client import verify_draw
from crypto.committee import Member, combine, identity, run_ceremony, sign_share
from evaluation.draw import CallUpAnswered, CallUpSent, DrawRoundOpened, RoundReason, record, record_sha256
from tests.evaluation.drawing import CONDITIONS, Draw, value_of

PROGRAM = Path(verify_draw.__file__)
COMMITTEE, SECRETS = run_ceremony([Member(i, f"org {i}", f"{i:064x}") for i in range(1, 6)], 3, os.urandom)


def signed_by_trustees(statement: bytes) -> bytes:
    message = identity("draw", json.loads(statement))
    return combine(COMMITTEE, message, {i: sign_share(SECRETS[i], message) for i in (1, 3, 4)}).signature


def record_of(draw: Draw, number: int) -> dict:
    done = draw.state.rounds[number - 1]
    reveals = {party: value_of(party, number) for party in draw.conditions.parties}
    signature = bytes.fromhex(done.signature_hex)
    return record(done.stated, done.candidates, COMMITTEE.describe(), signature, reveals, done.result)


@pytest.fixture(scope="module")
def records() -> tuple[dict, dict]:
    """Two rounds: somebody drawn in the first declined."""
    draw = Draw(replace(CONDITIONS, committee=COMMITTEE.id), sign=signed_by_trustees).approved()
    gone = draw.round().selected[CONDITIONS.strata[0].name][0]
    draw.act(CallUpSent(1, gone), CallUpAnswered(1, gone, False, "abroad"))
    draw.act(DrawRoundOpened(2, RoundReason.REFUSED, draw.state.rounds[0].record_sha256, ""))
    draw.round()
    first, second = record_of(draw, 1), record_of(draw, 2)
    assert [record_sha256(r) for r in (first, second)] == [r.record_sha256 for r in draw.state.rounds]
    return first, second


def failures(record_: dict, earlier: dict | None = None) -> list[str]:
    return [english for holds, _, english in verify_draw.checks(record_, earlier) if holds is False]


def test_it_is_short_and_needs_the_standard_library_alone():
    lines = PROGRAM.read_text("utf-8").splitlines()
    assert len(lines) < 100
    imported = {
        name.split(".")[0]
        for node in ast.parse(PROGRAM.read_bytes()).body
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [])
        + ([node.module] if isinstance(node, ast.ImportFrom) else [])
    }
    assert imported <= sys.stdlib_module_names


def test_both_rounds_hold(records):
    first, second = records
    assert failures(first) == []
    assert failures(second, first) == []
    assert None not in [holds for holds, *_ in verify_draw.checks(second, first)]


def test_without_the_earlier_record_the_link_is_not_covered(records):
    assert [en for holds, _, en in verify_draw.checks(records[1], None) if holds is None] == [
        "it continues the record of the earlier round"
    ]


def test_the_program_says_ok_and_fail_in_two_languages_and_by_its_status(records, tmp_path):
    first, second = (tmp_path / name for name in ("1.json", "2.json"))
    first.write_text(json.dumps(records[0], ensure_ascii=False), "utf-8")
    second.write_text(json.dumps(records[1]), "utf-8")
    run = subprocess.run([sys.executable, "-I", PROGRAM, second, first], capture_output=True, text=True, check=False)
    assert run.returncode == 0
    assert "ok | 抽取结果重算一致 | the result is what the tickets give" in run.stdout
    second.write_text(json.dumps(records[1]).replace("abroad", "").replace('"selected"', '"Selected"'), "utf-8")
    run = subprocess.run([sys.executable, "-I", PROGRAM, second], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "FAIL" in run.stdout


@pytest.mark.parametrize("arguments", [[], ["/nowhere.json"], [str(PROGRAM)]])
def test_what_is_no_record_fails(arguments):
    assert verify_draw.main(arguments) == 1


def leaves(value, path=()):
    """The path of every string, number and boolean in a record."""
    if isinstance(value, dict):
        return [leaf for key in sorted(value) for leaf in leaves(value[key], (*path, key))]
    if isinstance(value, list):
        return [leaf for i, item in enumerate(value) for leaf in leaves(item, (*path, i))]
    return [path]


def changed(record_: dict, path: tuple) -> dict:
    altered = copy.deepcopy(record_)
    *parents, last = path
    inner = altered
    for key in parents:
        inner = inner[key]
    value = inner[last]
    inner[last] = value + 1 if isinstance(value, int) else ("1" if value[:1] == "0" else "0") + value[1:]
    return altered


# What a committee's key is bound by is its public key; names of members and the threshold stand beside it.
BESIDE_THE_KEY = {"members", "mode", "n", "k", "v"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(data=st.data())
def test_no_part_of_a_record_can_be_changed(records, data):
    first, second = records
    paths = [
        path
        for path in leaves(second)
        if not (
            path[0] == "committee"
            and (path[1] in BESIDE_THE_KEY or path[1:] in {("commitments", 1), ("commitments", 2)})
        )
    ]
    altered = changed(second, data.draw(st.sampled_from(paths)))
    with suppress(ValueError, KeyError):  # the program reports what it cannot read as FAIL
        assert failures(altered, first)


def test_a_dropped_candidate_a_swapped_result_and_a_foreign_signature_are_seen(records):
    first, _ = records
    dropped = copy.deepcopy(first)
    dropped["candidates"].pop()
    assert "candidates match their hash, none twice" in failures(dropped)
    swapped = copy.deepcopy(first)
    stratum = CONDITIONS.strata[0].name
    swapped["result"]["selected"][stratum].reverse()
    assert failures(swapped) == ["the result is what the tickets give"]
    foreign = first | {"signature": signed_by_trustees(b"{}").hex()}
    assert set(failures(foreign)) >= {"the trustees signed this very statement"}


def test_without_a_revealed_value_the_record_fails(records):
    hidden = copy.deepcopy(records[0])
    hidden["reveals"].pop("agency")
    assert "the reveal of agency matches its commitment" in failures(hidden)


def test_a_second_library_finds_the_same_of_the_signature(records):
    first, _ = records
    message = verify_draw.tagged("bidcommittee/v1/draw", verify_draw.jcs(first["statement"]))
    dst = first["committee"]["dst"].encode()
    signature, key = bytes.fromhex(first["signature"]), bytes.fromhex(first["committee"]["commitments"][0])
    depth = sys.getrecursionlimit()  # py_ecc sets one at which deep JSON overflows the stack of later tests
    try:
        assert verify_draw.signature_holds_py_ecc(message, dst, signature, key) is True
    finally:
        sys.setrecursionlimit(depth)
