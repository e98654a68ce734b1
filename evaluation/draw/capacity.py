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
    strata: Sequence[Stratum], candidates: Collection[Candidate], max_per_unit: int, least: int = 1, spare: int = 0
) -> Shortage | None:
    """The first stratum that may stay short, or that has fewer than `least` times its seats and `spare` people; None
    where there is none. With `spare` people more than seats nobody is certain to be drawn.

    A stratum has as many places as its units allow. A member drawn before for another stratum may take one of them
    away: the person, who stands in both, or a place of the unit.
    """
    groups = {stratum.name: [c for c in candidates if stratum.name in c.strata] for stratum in strata}
    sizes = {name: Counter(candidate.unit for candidate in group) for name, group in groups.items()}
    for position, stratum in enumerate(strata):
        before, units = strata[:position], sizes[stratum.name]
        available = sum(min(size, max_per_unit) for size in units.values())
        both = Counter(c.unit for c in groups[stratum.name] if any(earlier.name in c.strata for earlier in before))
        lost = 0
        for unit, size in units.items():
            drawn = min(max_per_unit, sum(min(earlier.quota, sizes[earlier.name][unit]) for earlier in before))
            left = min(max_per_unit - drawn, size - min(drawn, both[unit]))
            lost += min(size, max_per_unit) - left
        needed = least * stratum.quota + spare + min(lost, sum(earlier.quota for earlier in before))
        if available < needed:
            return Shortage(stratum.name, available, needed)
    return None


def recognisable(candidates: Collection[Candidate], alike: int = 3) -> int:
    """How many of a pool somebody who knows the library may recognise behind their numbers: those whose groups and size
    of employer fewer than `alike` people share. A stated pool tells both.
    """
    sizes = Counter(candidate.unit for candidate in candidates)
    kinds = Counter((tuple(sorted(one.strata)), sizes[one.unit]) for one in candidates)
    return sum(count for count in kinds.values() if count < alike)
