"""A million draws from one stratum: has everybody who is not recused the same chance, and nobody who is recused any?

Each draw has a signature of its own, from a fixed seed; its key and its tickets are those of the method. Of the walk
the simulation keeps what one stratum without a cap needs, the lowest tickets; every thousandth draw is held against the
method itself.
"""

from __future__ import annotations

import hashlib
import heapq
import math
import time
from collections.abc import Sequence

from evaluation.draw import Candidate, DrawConditions, Stratum, extract, select, statement, statement_bytes
from evaluation.draw.tickets import VERSION, hkdf_expand

DRAWS, SEATS = 1_000_000, 3
POOL, RECUSED = 24, 3  # 21 may be drawn: an even number of degrees of freedom has a closed form
SEED = b"tenderhall/bench/draw-fairness"
LEAST_P = 0.001
STRATUM = "speciality/site"


def draw_a_million_times(draws: int = DRAWS) -> str:
    pool = [Candidate(hashlib.sha256(SEED + bytes([i])).hexdigest()[:32], f"u{i}", (STRATUM,)) for i in range(POOL)]
    strata = (Stratum(STRATUM, SEATS, 0),)
    conditions = DrawConditions("case", "1", "bench", strata, SEATS, ("agency", "centre"), 3, "0" * 64, 3)
    recused = {candidate.id: "0" * 64 for candidate in pool[:RECUSED]}
    stated = statement(conditions, round_=1, strata=strata, candidates=pool, recused=recused, commitments={})
    text, began = statement_bytes(stated), time.perf_counter()
    free = [candidate.id for candidate in pool if candidate.id not in recused]
    infos = [(f"{VERSION}\0{STRATUM}\0{id_}".encode(), place) for place, id_ in enumerate(free)]
    drawn, of_recused = [0] * len(free), 0
    for number in range(draws):
        key = extract(text, hashlib.sha384(SEED + number.to_bytes(8, "big")).digest(), {})
        places = [place for _ticket, place in heapq.nsmallest(SEATS, [(hkdf_expand(key, i), at) for i, at in infos])]
        for place in places:
            drawn[place] += 1
        if number % 1000 == 0:
            found = select(stated, pool, key).selected[STRATUM]
            of_recused += len(recused.keys() & set(found))
            assert found == tuple(free[place] for place in places), number
    chi, p = chi_squared(drawn, draws)
    assert p > LEAST_P, (chi, p)
    assert of_recused == 0
    return (
        f"{draws:,} draws of {SEATS} from {len(free)}, fixed seed: χ² {chi:.2f} ({len(free) - 1} degrees of freedom), "
        f"p {p:.3f} (target > {LEAST_P}); recused drawn {of_recused} (target 0); {time.perf_counter() - began:.0f} s"
    )


def chi_squared(drawn: Sequence[int], draws: int) -> tuple[float, float]:
    """The statistic of counts that are drawn without replacement, and the chance of at least as much.

    Counts of one draw exclude each other, so their covariance is −D·p·(1−p)/(n−1); with it the sum is χ² of n − 1.
    """
    n, share = len(drawn), SEATS / len(drawn)
    expected = draws * share
    chi = sum((count - expected) ** 2 for count in drawn) / (expected * (1 - share)) * (n - 1) / n
    half = chi / 2
    return chi, math.exp(-half) * sum(half**k / math.factorial(k) for k in range((n - 1) // 2))
