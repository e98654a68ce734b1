"""Drawing seven experts of a pool of 100,000 and of a million, statement to result: recusals, strata, caps.

Each pool is drawn in a process of its own, so that its peak of memory is that of the draw alone; the peer, in another,
sorts as many bare hashes. What is timed is what the centre and the engine compute: the statement with its hash of the
pool, the key, the tickets, the walk. The pool itself stands in memory before.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable

from evaluation.draw import Candidate, DrawConditions, Stratum, extract, select, statement, statement_bytes

POOL, LARGE_POOL = 100_000, 1_000_000
SECONDS, MEBIBYTES = 2, 300  # targets for POOL; the larger one is reported
STRATA = (Stratum("A0801/host", 3, 3), Stratum("A0802/host", 2, 2), Stratum("B01/sub", 2, 2))
EMPLOYERS = 4000


def draw_seven_of_hundred_thousand() -> str:
    return f"{_told(POOL)} (target < {SECONDS} s, < {MEBIBYTES} MiB); {_told(LARGE_POOL)} (reported)"


def _told(size: int) -> str:
    ours, peer = _measured("draw", size), _measured("sort", size)
    drawn = f"7 of {size:,}, {size // 20:,} recused, {len(STRATA)} strata"
    took = f"{ours['wall']:.2f} s (processor {ours['cpu']:.2f} s), peak {ours['peak']:.0f} MiB"
    return f"{drawn}: {took}; bare sort of as many hashes {peer['wall']:.2f} s, ratio {ours['cpu'] / peer['cpu']:.1f}"


def _measured(what: str, size: int) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.draw", what, str(size)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(ran.stdout)
    return found


def _draw(size: int) -> Callable[[], object]:
    """One draw of a pool in which every tenth stands in two strata and every twentieth steps back."""
    names = [stratum.name for stratum in STRATA]
    candidates = [
        Candidate(
            f"{i:032x}",
            f"{i % EMPLOYERS:032x}",
            (names[i % 3], names[(i + 1) % 3]) if i % 10 == 0 else (names[i % 3],),
        )
        for i in range(size)
    ]
    conditions = DrawConditions("case", "1", "bench", STRATA, 1, ("agency", "centre"), 3, "0" * 64, 3)
    recused = {candidate.id: "0" * 64 for candidate in candidates[::20]}
    reveals = {party: os.urandom(32) for party in conditions.parties}

    def draw() -> object:
        stated = statement(conditions, round_=1, strata=STRATA, candidates=candidates, recused=recused, commitments={})
        return select(stated, candidates, extract(statement_bytes(stated), bytes(48), reveals))

    return draw


def _sort(size: int) -> Callable[[], object]:
    return lambda: sorted(hashlib.sha256(i.to_bytes(8, "big")).digest() for i in range(size))


def _report(what: str, size: int) -> None:
    """One run in this process, printed for the one that asked."""
    run = _draw(size) if what == "draw" else _sort(size)
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak}))


if __name__ == "__main__":
    _report(sys.argv[1], int(sys.argv[2]))
