"""Whether a draw can be filled whoever its tickets favour: known before anything is drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from evaluation.draw.tickets import Candidate, Stratum


@dataclass(frozen=True)
class Shortage:
    """A stratum from which `available` can be drawn at most, where `needed` are."""

    stratum: str
    available: int
    needed: int


def shortage(
    strata: Sequence[Stratum], candidates: Collection[Candidate], max_per_unit: int, least: int = 1
) -> Shortage | None:
    """The first stratum that may stay short, or that has fewer than `least` times its seats; None where there is none.

    A stratum has as many places as its units allow. Each member drawn before for another stratum takes one of them away
    at most: the person, who stands in both, or a place of the unit.
    """
    sizes = {stratum.name: Counter(c.unit for c in candidates if stratum.name in c.strata) for stratum in strata}
    for position, stratum in enumerate(strata):
        units = sizes[stratum.name]
        available = sum(min(size, max_per_unit) for size in units.values())
        taken = 0
        for earlier in strata[:position]:
            shared = (min(size, max_per_unit) for unit, size in sizes[earlier.name].items() if unit in units)
            taken += min(earlier.quota, sum(shared))
        needed = least * stratum.quota + taken
        if available < needed:
            return Shortage(stratum.name, available, needed)
    return None
