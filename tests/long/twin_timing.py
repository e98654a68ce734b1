"""`python -m tests.long.twin_timing`: whether the time of an answer tells how many bids there are (T23).

Worlds of 0, 3 and 10 bids, and a second one of none, are asked the same in turns, by nobody, by a bidder without a bid
and by the agency. Printed is the largest |t| of Welch's test between a world and the first, the slowest tenth left out;
the second world of none says how large it is by chance. TENDERHALL_TIMING_SAMPLES=10000 for what the target means.
"""

from __future__ import annotations

import math
import os
import statistics
import tempfile
import time
from pathlib import Path

from tests.journeys.test_twin_worlds import World, founded_for_worlds

SAMPLES = int(os.environ.get("TENDERHALL_TIMING_SAMPLES", "1000"))
WORLDS = (0, 0, 3, 10)
PATHS = ("/api/v1/cases/{case}/events", "/cases/{case}", "/api/v1/cases/{case}", "/cases", "/appraisals")
LOOKERS = ("", "bidder-d", "officer")
TARGET = 4.5


def welch(a: list[float], b: list[float]) -> float:
    """The statistic t of the difference of two means."""
    variance = statistics.variance(a) / len(a) + statistics.variance(b) / len(b)
    return (statistics.mean(b) - statistics.mean(a)) / math.sqrt(variance)


def measured(worlds: list[World], login: str, path: str) -> list[list[float]]:
    """Seconds of each answer, by world; the slowest tenth is the machine's."""
    clients = [world.client(login) for world in worlds]
    addresses = [path.format(case=world.bench.case_id) for world in worlds]
    found: list[list[float]] = [[] for _ in worlds]
    for turn in range(-20, SAMPLES):
        for place in range(len(worlds)):
            at = (place + turn) % len(worlds)
            started = time.perf_counter()
            answer = clients[at].get(addresses[at])
            taken = time.perf_counter() - started
            assert answer.status_code < 500
            if turn >= 0:
                found[at].append(taken)
    return [sorted(times)[: len(times) * 9 // 10] for times in found]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        founded = founded_for_worlds(Path(folder) / "founded")
        worlds = [World(founded, Path(folder) / f"world-{n}", bids) for n, bids in enumerate(WORLDS)]
        for login in LOOKERS:
            for path in PATHS:
                first, again, *others = measured(worlds, login, path)
                worst = max(abs(welch(first, one)) for one in others)
                words = f"|t| {worst:.1f}, by chance {abs(welch(first, again)):.1f} (target < {TARGET})"
                print(f"twin timing, {login or 'public'} {path}: {words}, {SAMPLES} samples", flush=True)


if __name__ == "__main__":
    main()
