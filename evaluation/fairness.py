"""How rare it is that chance alone draws the same person, or brings the same two together, so often.

Facts for whoever supervises, never a verdict: of a thousand people one meets what happens once in a thousand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from evaluation.draw import DrawState, SeatState


@dataclass(frozen=True)
class Candidacy:
    """One person in the pool of one draw. `chance` is that of being drawn in any of its rounds."""

    chance: Decimal
    seat: SeatState | None  # None: never drawn

    @property
    def drawn(self) -> bool:
        return self.seat is not None


def candidacies(draw: DrawState) -> dict[str, Candidacy]:
    """Everybody whom a draw might have drawn, by number: the recused are not among them.

    Within a stratum all have the same chance in each round; that of an employer only one may be drawn, which makes it
    smaller for those of large employers, is left out.
    """
    missed: dict[str, Decimal] = defaultdict(lambda: Decimal(1))
    for found in draw.rounds:
        if found.result is None:
            continue
        recused = {entry["id"] for entry in found.stated["recused"]}
        free = [candidate for candidate in found.candidates if candidate.id not in recused]
        for stratum in found.stated["strata"]:
            group = [candidate.id for candidate in free if stratum["name"] in candidate.strata]
            for number in group:
                missed[number] *= 1 - min(Decimal(1), Decimal(stratum["quota"]) / len(group))
    return {number: Candidacy(1 - chance, draw.seats.get(number)) for number, chance in missed.items()}


def rarity(chances: Iterable[Decimal], times: int) -> Decimal:
    """The probability that of independent events with these chances at least `times` happen (Poisson binomial)."""
    exactly = [Decimal(1)] + [Decimal(0)] * times  # the last: that often or more
    for chance in chances:
        exactly[times] += exactly[times - 1] * chance if times else 0
        for count in range(times - 1, 0, -1):
            exactly[count] = exactly[count] * (1 - chance) + exactly[count - 1] * chance
        if times:
            exactly[0] *= 1 - chance
    return min(Decimal(1), exactly[times])


@dataclass(frozen=True)
class Tally:
    """What draws did with one person. `rarity`: of being drawn so often."""

    pools: int
    drawn: int
    accepted: int
    declined: int
    silent: int
    expected: Decimal
    rarity: Decimal


def tally(rows: Collection[Candidacy]) -> Tally:
    """The candidacies of one person, counted."""
    seats = [row.seat for row in rows]
    drawn = sum(row.drawn for row in rows)
    chances = [row.chance for row in rows]
    return Tally(
        pools=len(rows),
        drawn=drawn,
        accepted=seats.count(SeatState.ACCEPTED) + seats.count(SeatState.DISMISSED),
        declined=seats.count(SeatState.REFUSED),
        silent=seats.count(SeatState.EXPIRED),
        expected=sum(chances, Decimal(0)),
        rarity=rarity(chances, drawn),
    )


@dataclass
class Meetings:
    """One person and one bidder: the draws in which they might have met, and in which they did."""

    chances: list[Decimal] = field(default_factory=list)
    met: int = 0
    won: int = 0

    @property
    def rarity(self) -> Decimal:
        return rarity(self.chances, self.met)


def meetings(
    lots: Iterable[tuple[Mapping[str, Candidacy], Collection[str], str]], *, least: int = 2
) -> dict[tuple[str, str], Meetings]:
    """Who sat at least `least` times over the same bidder's bids, by person and bidder.

    Each lot: candidacies by person, its bidders, and who won ("" for nobody).
    """
    found: dict[tuple[str, str], Meetings] = defaultdict(Meetings)
    for people, bidders, winner in lots:
        for person, row in people.items():
            sat = row.seat in (SeatState.ACCEPTED, SeatState.DISMISSED)
            for bidder in bidders:
                pair = found[person, bidder]
                pair.chances.append(row.chance)
                pair.met += sat
                pair.won += sat and bidder == winner
    return {pair: row for pair, row in found.items() if row.met >= least}
