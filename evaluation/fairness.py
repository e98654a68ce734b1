"""How rare it is that chance alone draws the same person, or brings the same two together, so often.

Facts for whoever supervises, never a verdict: of a thousand people one meets what happens once in a thousand.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from evaluation.draw import DrawState, SeatState

SAT = (SeatState.ACCEPTED, SeatState.DISMISSED)


@dataclass(frozen=True)
class Candidacy:
    """One person in the pool of one draw. `chance` is that of being drawn in any of its rounds."""

    chance: Decimal
    seat: SeatState | None  # None: never drawn

    @property
    def drawn(self) -> bool:
        return self.seat is not None


@dataclass(frozen=True)
class Pool:
    """A draw as figures over many draws need it: whom it might have drawn, in groups of the same chance, what became of
    those it drew, whose bids they evaluated, and who won ("" for nobody).
    """

    groups: tuple[tuple[Decimal, tuple[str, ...]], ...]
    seats: Mapping[str, SeatState]
    bidders: tuple[str, ...] = ()
    winner: str = ""

    @property
    def sat(self) -> tuple[str, ...]:
        """Who sat in the committee."""
        return tuple(person for person, seat in self.seats.items() if seat in SAT)


def pooled(people: Mapping[str, Candidacy], bidders: Sequence[str] = (), winner: str = "") -> Pool:
    """The candidacies of one draw by person, kept small."""
    groups = defaultdict[Decimal, list[str]](list)
    for person, row in people.items():
        groups[row.chance].append(person)
    seats = {person: row.seat for person, row in people.items() if row.seat is not None}
    return Pool(tuple((chance, tuple(group)) for chance, group in groups.items()), seats, tuple(bidders), winner)


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
    if times == 0:
        return Decimal(1)
    exactly = [Decimal(1)] + [Decimal(0)] * times  # the last: that often or more
    for chance in chances:
        exactly[times] += exactly[times - 1] * chance
        for count in range(times - 1, 0, -1):
            exactly[count] = exactly[count] * (1 - chance) + exactly[count - 1] * chance
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


def tallies(pools: Iterable[Pool]) -> dict[str, Tally]:
    """What all these draws did with each person whom they might have drawn."""
    rows = defaultdict[str, list[Candidacy]](list)
    for pool in pools:
        for chance, group in pool.groups:
            undrawn = Candidacy(chance, None)
            for person in group:
                seat = pool.seats.get(person)
                rows[person].append(undrawn if seat is None else Candidacy(chance, seat))
    return {person: tally(found) for person, found in rows.items()}


@dataclass(frozen=True)
class Meetings:
    """One person and one bidder: the draws in which they might have met, and in which they did."""

    chances: tuple[Decimal, ...]
    met: int
    won: int

    @property
    def rarity(self) -> Decimal:
        return rarity(self.chances, self.met)


def meetings(pools: Sequence[Pool], *, least: int = 2) -> dict[tuple[str, str], Meetings]:
    """Who sat at least `least` times over the same bidder's bids, by person and bidder."""
    met, won = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for pool in pools:
        met.update((person, bidder) for person in pool.sat for bidder in pool.bidders)
        won.update((person, pool.winner) for person in pool.sat if pool.winner)
    often = {pair for pair, times in met.items() if times >= least}
    people = defaultdict[str, set[str]](set)
    for person, bidder in often:
        people[bidder].add(person)
    chances = defaultdict[tuple[str, str], list[Decimal]](list)
    for pool in pools:
        for bidder in pool.bidders:
            for chance, group in pool.groups:
                for person in people[bidder].intersection(group):
                    chances[person, bidder].append(chance)
    return {pair: Meetings(tuple(chances[pair]), met[pair], won[pair]) for pair in often}


def possible_pairs(pools: Iterable[Pool], *, least: int = 2) -> int:
    """How many pairs of a person and a bidder might have met at least `least` times: among so many one looks."""
    times = defaultdict[str, Counter[str]](Counter)
    for pool in pools:
        for bidder in pool.bidders:
            for _chance, group in pool.groups:
                times[bidder].update(group)
    return sum(many >= least for counted in times.values() for many in counted.values())


def clusters(pairs: Iterable[tuple[str, str]]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """People and bidders that hang together by these pairs, by more than one of them: the largest first."""
    near = defaultdict[tuple[bool, str], set[tuple[bool, str]]](set)  # whether a person, and who
    for person, bidder in pairs:
        near[True, person].add((False, bidder))
        near[False, bidder].add((True, person))
    found, seen = [], set[tuple[bool, str]]()
    for start in sorted(near):
        if start in seen:
            continue
        here, further = {start}, [start]
        while further:
            new = near[further.pop()] - here
            here |= new
            further += new
        seen |= here
        if len(here) > 2:
            people = tuple(sorted(who for is_person, who in here if is_person))
            found.append((people, tuple(sorted(who for is_person, who in here if not is_person))))
    return sorted(found, key=lambda one: (-len(one[0]) - len(one[1]), one))
