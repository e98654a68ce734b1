"""Drawing seven experts of 100,000, against sorting as many random tickets with nothing else done."""

from __future__ import annotations

import hashlib
import os
import resource

from bench.timing import alternating
from evaluation.draw import Candidate, DrawConditions, Stratum, extract, select, statement, statement_bytes

POOL = 100_000


def draw_seven_of_hundred_thousand() -> str:
    candidates = [Candidate(f"{i:032x}", f"{i % 4000:032x}", ("speciality/site",)) for i in range(POOL)]
    strata = (Stratum("speciality/site", 7, 3),)
    conditions = DrawConditions("case", "1", "bench", strata, 1, ("agency", "centre"), 3, "0" * 64, 3)
    reveals = {party: os.urandom(32) for party in conditions.parties}

    def draw() -> object:
        stated = statement(conditions, round_=1, strata=strata, candidates=candidates, recused={}, commitments={})
        return select(stated, candidates, extract(statement_bytes(stated), bytes(48), reveals))

    ours, peer, ratio = alternating(draw, _sort_tickets, runs=3)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return f"{ours:.2f} s, bare sort of {POOL:,} hashes {peer:.2f} s, ratio {ratio:.2f}; process peak {memory} MiB"


def _sort_tickets() -> object:
    return sorted(hashlib.sha256(i.to_bytes(8, "big")).digest() for i in range(POOL))
