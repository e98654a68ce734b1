"""The program that anybody can run: it agrees with the platform, and says ok to nothing else than a draw that holds."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections import Counter
from functools import lru_cache
from pathlib import Path

import pytest

from app.cli.commands import build_parser
from app.client import draw_checks, verify_draw
from app.web.public.draw_verifier import one_file
from tests.app.client import draw_records
from tests.app.client.draw_records import NAMES, TRUSTEES, altered, any_draw, forgeries, incomplete, three_rounds
from tests.choices import sampled

VERIFIED, WRONG, NOT_COMPARED = 0, 1, 3
PROGRAMS = [Path(module.__file__) for module in (verify_draw, draw_checks)]


@pytest.fixture(scope="module")
def rounds() -> list[dict]:
    return three_rounds()


@pytest.fixture
def status(tmp_path, monkeypatch, capsys):
    """The exit status for records, as the command gives it; each signature is looked at once."""
    monkeypatch.setattr(draw_checks, "signature_fits", REMEMBERED)

    def run(records: list, committee: str | None = TRUSTEES.id, *, says: str = "") -> int:
        paths = []
        for number, record in enumerate(records):
            paths.append(tmp_path / f"{number}.json")
            paths[-1].write_text(record if isinstance(record, str) else json.dumps(record), "utf-8")
        found = verify_draw.main([*map(str, paths), *(["--committee", committee] if committee else [])])
        printed = capsys.readouterr().out
        assert says in printed, printed
        assert ("VERIFIED: the named" in printed) is (found == VERIFIED)
        return found

    return run


REMEMBERED = lru_cache(maxsize=None)(draw_checks.signature_fits)


def test_the_method_is_short_and_the_program_needs_the_standard_library_alone():
    assert [path.name for path in PROGRAMS if len(path.read_text("utf-8").splitlines()) >= 100] == []
    imported = set()
    for node in ast.walk(ast.parse(one_file())):
        imported |= {alias.name.split(".")[0] for alias in node.names} if isinstance(node, ast.Import) else set()
        imported |= {node.module.split(".")[0]} if isinstance(node, ast.ImportFrom) else set()
    assert imported <= sys.stdlib_module_names


def test_all_rounds_hold_in_whatever_order_they_are_given(rounds, status):
    assert status(rounds[:1]) == VERIFIED
    assert status(rounds[:2]) == VERIFIED
    assert status([rounds[2], rounds[0], rounds[1]], says="committee: the one given") == VERIFIED
    assert status(rounds, says="tender T-1 | 标包 · lot 1 | 用途 · purpose experts") == VERIFIED
    drawn = rounds[0]["result"]["selected"][NAMES[0]]
    assert status(rounds, says=f"第 1 轮抽中 · drawn | {NAMES[0]} | {drawn[0]} {drawn[1]}") == VERIFIED


def test_whatever_is_drawn_is_drawn_again(status):
    assert [seed for seed in sampled(range(60), 4) if status([any_draw(seed)]) != VERIFIED] == []


def test_nothing_in_a_record_can_be_changed_left_out_added_or_put_in_another_order(rounds, status):
    """Every place of a first round, and of a second given with its first."""
    attempts = [(name, [record]) for name, record in altered(rounds[0])]
    attempts += [(name, [rounds[0], record]) for name, record in altered(rounds[1])]
    attempts += [(f"{name} of the earlier", [record, rounds[1]]) for name, record in altered(rounds[0])]
    taken = {name: found for name, records in sampled(attempts, 4) if (found := status(records)) != WRONG}
    assert taken == {}
    kinds = Counter(name.partition(" ")[0] for name, _ in attempts)
    assert kinds.keys() >= {"changed", "omitted", "added", "order", "repeated", "retyped"}
    assert len(attempts) > 1000, kinds


def test_forged_records_are_refused(rounds, status):
    found = {name: status(records) for name, records in forgeries(rounds)}
    assert found == dict.fromkeys(found, WRONG)
    assert len(found) == 27


def test_what_was_not_compared_is_not_ok(rounds, status):
    for records in (rounds[:1], rounds):
        assert status(records, None, says="all was compared | committee: not compared") == NOT_COMPARED
    found = {name: status(records) for name, records in incomplete(rounds)}
    assert found == dict.fromkeys(found, NOT_COMPARED)
    assert status([rounds[1]], says="earlier rounds: not compared, only 2 given") == NOT_COMPARED
    forged = next(records for name, records in forgeries(rounds) if name == "own committee")
    assert status(forged, None) == NOT_COMPARED


def test_a_record_of_the_first_form_is_refused_with_the_reason(rounds, status):
    old = {name: rounds[0][name] for name in ("statement", "candidates", "signature", "reveals", "result")}
    assert status([old | {"committee": TRUSTEES.describe()}], says="names no tender: download it again") == WRONG


def test_a_field_that_stands_twice_is_refused(rounds, status):
    text = json.dumps(rounds[0])
    assert status([text.replace('{"v":', '{"tender": "T-9", "v":', 1)], says="a field stands twice") == WRONG


def test_what_a_record_says_writes_nowhere_else_on_the_screen(rounds, status):
    status([rounds[0] | {"tender": "T\n\x1b[2Jok | \u202e"}], says="tender T??[2Jok | ?")


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "1", '{"statement": {}}', "[" * 100_000, '{"v": NaN}'])
def test_what_is_no_record_fails(status, text):
    assert status([text]) == WRONG
    assert verify_draw.main(["/nowhere.json"]) == WRONG


def test_the_committee_may_stand_in_a_file(rounds, status, tmp_path):
    kept = tmp_path / "committees.txt"
    kept.write_text(f"交易中心 2026\n{'0' * 64}\n{TRUSTEES.id.upper()}  terms of T-1\n", "utf-8")
    assert status(rounds[:1], str(kept)) == VERIFIED
    kept.write_text("0" * 64, "utf-8")
    assert status(rounds[:1], str(kept)) == WRONG
    kept.write_text(json.dumps(TRUSTEES.describe()), "utf-8")
    assert status(rounds[:1], str(kept)) == VERIFIED
    assert status(rounds[:1], draw_records.FORGERS.id) == WRONG


@pytest.mark.parametrize("committee", ["", "abc", "/nowhere", str(Path(__file__).parent)])
def test_a_committee_that_is_none_is_a_wrong_command_line(committee, tmp_path):
    with pytest.raises(SystemExit) as ended:
        verify_draw.main(["record.json", "--committee", committee])
    assert ended.value.code == 2
    with pytest.raises(SystemExit) as ended:
        verify_draw.main([])
    assert ended.value.code == 2


def test_the_command_says_the_same(rounds, tmp_path, capsys):
    paths = [tmp_path / f"{number}.json" for number in (1, 2)]
    for path, record in zip(paths, rounds, strict=False):
        path.write_text(json.dumps(record), "utf-8")
    arguments = ["verify-draw", *map(str, paths)]
    parser = build_parser("verify-draw")
    for pinned, expected in (([], NOT_COMPARED), (["--committee", TRUSTEES.id], VERIFIED)):
        asked = parser.parse_args([*arguments, *pinned])
        assert asked.run(asked) == expected == verify_draw.main([*arguments[1:], *pinned])
        said = capsys.readouterr().out.splitlines()
        assert said[: len(said) // 2] == said[len(said) // 2 :]


def test_the_one_file_runs_alone_and_checks_the_signature_itself(rounds, tmp_path):
    program, first, second = (tmp_path / name for name in ("verify_draw.py", "1.json", "2.json"))
    program.write_text(one_file(), "utf-8")
    first.write_text(json.dumps(rounds[0], ensure_ascii=False), "utf-8")
    second.write_text(json.dumps(rounds[1]), "utf-8")

    def run(*arguments):
        command = [sys.executable, "-I", "-S", program, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    found = run(second, first, "--committee", TRUSTEES.id)
    assert (found.returncode, found.stderr) == (VERIFIED, "")
    assert "ok | 受托人对本声明的签名有效 | the trustees signed this very statement" in found.stdout
    assert run(second, first).returncode == NOT_COMPARED
    forged = next(records for name, records in forgeries(rounds) if name == "random signature")
    first.write_text(json.dumps(forged[0]), "utf-8")
    found = run(first, "--committee", TRUSTEES.id)
    assert found.returncode == WRONG
    assert "FAIL | 受托人对本声明的签名有效" in found.stdout
    assert "IT DOES NOT HOLD" in found.stdout.splitlines()[-1]
