"""Medians of alternating runs, so that a slow minute of the machine slows both sides."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

RUNS = 5


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def alternating(ours: Callable[[], object], peer: Callable[[], object], runs: int = RUNS) -> tuple[float, float, float]:
    """Median seconds of ours and of the peer, and the median of the ratios peer / ours (above 1: we are faster)."""
    pairs = [(seconds(ours), seconds(peer)) for _ in range(runs)]
    mine, other = (statistics.median(side) for side in zip(*pairs, strict=True))
    return mine, other, statistics.median(b / a for a, b in pairs)
