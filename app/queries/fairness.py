"""What draws did over time, for the authority: per expert, per pair of expert and bidder, per draw.

Only of lots that are over: before that nobody may know who was drawn. Each process remembers what a case adds to the
figures until its log grows, and the figures until one of the cases adds something else: a look costs as much as the
page that it shows.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.bid_ids import receipt_of
from app.casefile.case import Case
from app.casefile.lot import LotCase
from app.database import MEMORY
from app.models import Account, CaseFile, Expert, Organisation, Pseudonym, Tender
from app.procedure.roles import Actor
from app.queries.cases import look_at_case
from evaluation import draw as rules
from evaluation import fairness
from evaluation.draw import SeatState
from evaluation.fairness import Pool, Tally
from evaluation.recusal import ConflictGround

LOST = (SeatState.REFUSED, SeatState.EXPIRED, SeatState.DISMISSED)


@dataclass(frozen=True)
class Named:
    """Who an expert is: library number, name and employer."""

    number: str
    name: str
    employer: str


@dataclass(frozen=True)
class ExpertLine:
    """One expert, by id, and what draws did. `refusals`: how rare it is to decline so many of so many call-ups, if
    everybody declines as often as all together do.
    """

    expert: str
    tally: Tally
    refusals: Decimal


@dataclass(frozen=True)
class PairLine:
    """One expert and one bidder: how often both were there, of how many times that they might have been."""

    expert: str
    bidder: str
    met: int
    possible: int
    won: int
    rarity: Decimal


@dataclass(frozen=True)
class Cluster:
    """Experts and bidders that hang together by pairs each of which chance would not bring about once among all that
    were possible; `meetings` of those pairs, and the rarity of the rarest.
    """

    experts: tuple[str, ...]
    bidders: tuple[str, ...]
    meetings: int
    rarity: Decimal


@dataclass(frozen=True)
class SmallPool:
    """A group (`stratum`) of a round with fewer people than the rule book's multiple of the seats drawn from it."""

    round: int
    stratum: str
    people: int
    seats: int


@dataclass(frozen=True)
class DrawLine:
    """One draw: its rounds, whom it called up, seats filled anew, and the groups that were small; `grounds`: on which
    the system had people of the pool step back, the most frequent first, each with how many.
    """

    case_id: str
    code: str
    title: str
    lot: str
    rounds: int
    seats: int
    called: int
    substitutions: int
    pool: int
    recused: int
    small: tuple[SmallPool, ...]
    grounds: tuple[tuple[ConflictGround, int], ...]


@dataclass(frozen=True)
class Fairness:
    """The figures of an authority's draws, the rarest first. `calls`: how many were called up, and of them declined or
    silent. `possible`: how many pairs of an expert and a bidder might have met twice or more.
    """

    experts: tuple[ExpertLine, ...]
    pairs: tuple[PairLine, ...]
    clusters: tuple[Cluster, ...]
    draws: tuple[DrawLine, ...]
    calls: int
    declined: int
    silent: int
    possible: int


@dataclass(frozen=True)
class LotOver:
    """What one lot adds to the figures; `bidders`: names by id."""

    line: DrawLine
    pool: Pool
    bidders: Mapping[str, str]


_Over = tuple[LotOver, ...]


def fairness_figures(db_session: DbSession, actor: Actor) -> Fairness:
    """Of all lots that are over and whose competent authority is the actor's."""
    counted: dict[str, tuple[tuple[_Over, ...], Fairness]] = db_session.info[MEMORY].setdefault("fairness", {})
    cases = tuple(_cases(db_session, actor.organisation_id))
    known = counted.get(actor.organisation_id)
    if known is None or len(known[0]) != len(cases) or any(a is not b for a, b in zip(known[0], cases, strict=True)):
        known = counted[actor.organisation_id] = cases, figures_of([lot for case in cases for lot in case])
    return known[1]


def _cases(db_session: DbSession, authority: str) -> Iterator[_Over]:
    """Case by case what it adds, the latest first: what is remembered stays the same object while it says the same."""
    remembered: dict[str, tuple[int, _Over]] = db_session.info[MEMORY].setdefault("draws over", {})
    query = (
        select(Tender.case_id, CaseFile.size)
        .join(CaseFile, CaseFile.id == Tender.case_id)
        .where(
            Tender.regulator_id == authority,
            Tender.published_at.is_not(None),
            select(Pseudonym.number).where(Pseudonym.case_id == Tender.case_id).exists(),
        )
        .order_by(Tender.published_at.desc(), Tender.case_id)
    )
    for case_id, size in db_session.execute(query).all():
        before = remembered.get(case_id)
        if before is None or before[0] != size:
            found = tuple(_lots(db_session, look_at_case(db_session, case_id)))
            time.sleep(0)  # many cases in a row would leave a co-operative server no turn for anybody else
            before = remembered[case_id] = size, before[1] if before is not None and before[1] == found else found
        if before[1]:
            yield before[1]


def _lots(db_session: DbSession, case: Case) -> Iterator[LotOver]:
    for number, lot in case.lots.items():
        if lot.evaluation_over and lot.draw.rounds:
            opened = [(lot.opening.opened[receipt_of(lot, bid.bid)].bidder, bid) for bid in lot.sitting.bids]
            winner = next((bidder for bidder, bid in opened if bid.bid == _first(lot)), "")
            people = _by_expert(db_session, case.id, number, lot)
            bidders = {bidder: bid.bidder_name for bidder, bid in opened}
            line = _draw_line(case, number, lot, _grounds(db_session, case.id, number))
            yield LotOver(line, fairness.pooled(people, tuple(bidders), winner), bidders)


def _by_expert(db_session: DbSession, case_id: str, number: str, lot: LotCase) -> dict[str, fairness.Candidacy]:
    found = fairness.candidacies(lot.draw)
    query = select(Pseudonym.number, Pseudonym.expert_id).where(Pseudonym.case_id == case_id, Pseudonym.lot == number)
    # The ids of experts are kept once, not once for each draw.
    return {
        sys.intern(expert): found[pseudonym] for pseudonym, expert in db_session.execute(query) if pseudonym in found
    }


def _first(lot: LotCase) -> str:
    """The bid that came first; "" where none did."""
    result = lot.sitting.result
    return result.candidates[0] if result is not None and result.candidates else ""


def _grounds(db_session: DbSession, case_id: str, number: str) -> tuple[tuple[ConflictGround, int], ...]:
    """Whoever steps back on two grounds counts under both."""
    here = (Pseudonym.case_id == case_id, Pseudonym.lot == number, Pseudonym.findings != "[]")
    found = Counter[ConflictGround]()
    for text in db_session.scalars(select(Pseudonym.findings).where(*here)):
        found.update({ConflictGround(one["ground"]) for one in json.loads(text)})
    return tuple(found.most_common())


def _draw_line(case: Case, number: str, lot: LotCase, grounds: tuple[tuple[ConflictGround, int], ...]) -> DrawLine:
    draw, first, terms = lot.draw, lot.draw.rounds[0], case.tender.published
    return DrawLine(
        case_id=case.id,
        code=terms.code,
        title=terms.title,
        lot=number,
        rounds=len(draw.rounds),
        seats=sum(stratum.quota for stratum in draw.conditions.strata) if draw.conditions else 0,
        called=len(draw.seats),
        substitutions=sum(seat in LOST for seat in draw.seats.values()),
        pool=len(first.candidates),
        recused=len(first.stated["recused"]) if first.statement else 0,
        small=tuple(_small_pools(draw)),
        grounds=grounds,
    )


def _small_pools(draw: rules.DrawState) -> Iterator[SmallPool]:
    factor = draw.conditions.pool_factor if draw.conditions else 0
    for found in draw.rounds:
        if found.statement:
            sizes = rules.pool_sizes(found.stated, found.candidates)
            seats = {stratum["name"]: stratum["quota"] for stratum in found.stated["strata"]}
            for name in rules.small_pools(found.stated, found.candidates, factor):
                yield SmallPool(found.number, name, sizes[name], seats[name])


def figures_of(lots: Sequence[LotOver]) -> Fairness:
    """The figures of these lots, of the latest case first."""
    pools = [lot.pool for lot in lots]
    tallies = fairness.tallies(pools)
    calls, declined, silent = (
        sum(getattr(one, what) for one in tallies.values()) for what in ("drawn", "declined", "silent")
    )
    bidders: dict[str, str] = {}
    for lot in reversed(lots):  # the latest case has the last word on a name
        bidders |= lot.bidders
    possible = fairness.possible_pairs(pools)
    met = fairness.meetings(pools)
    pairs = [
        PairLine(expert, bidders[bidder], row.met, len(row.chances), row.won, row.rarity)
        for (expert, bidder), row in met.items()
    ]
    experts = _expert_lines(tallies, Decimal(declined) / calls if calls else Decimal(0))
    return Fairness(
        experts=tuple(sorted(experts, key=lambda line: (line.tally.rarity, line.expert))),
        pairs=tuple(sorted(pairs, key=lambda line: (line.rarity, line.expert, line.bidder))),
        clusters=tuple(_clusters(met, bidders, possible)),
        draws=tuple(lot.line for lot in lots),
        calls=calls,
        declined=declined,
        silent=silent,
        possible=possible,
    )


def _expert_lines(tallies: Mapping[str, Tally], often: Decimal) -> Iterator[ExpertLine]:
    """`often`: the share of call-ups that all together decline."""
    rarities: dict[tuple[int, int], Decimal] = {}
    for expert, found in tallies.items():
        key = found.drawn, found.declined
        if key not in rarities:
            rarities[key] = fairness.rarity([often] * found.drawn, found.declined)
        yield ExpertLine(expert, found, rarities[key])


def _clusters(
    met: Mapping[tuple[str, str], fairness.Meetings], names: Mapping[str, str], possible: int
) -> Iterator[Cluster]:
    striking = {pair: row for pair, row in met.items() if row.rarity * possible < 1}
    for experts, bidders in fairness.clusters(striking):
        here = [row for (expert, _bidder), row in striking.items() if expert in experts]
        yield Cluster(
            experts,
            tuple(names[bidder] for bidder in bidders),
            sum(row.met for row in here),
            min(row.rarity for row in here),
        )


def names_of_experts(db_session: DbSession, experts: Collection[str] | None = None) -> dict[str, Named]:
    """Who these experts are, by id; everybody of the library where none are given."""
    query = _named(Expert.id, Expert.number, Account.name, Organisation.name)
    if experts is not None:
        query = query.where(Expert.id.in_(experts))
    return {id_: Named(number, name, employer) for id_, number, name, employer in db_session.execute(query)}


def experts_called(db_session: DbSession, words: str) -> set[str]:
    """The ids of the experts in whose number, name or employer every one of the words stands."""
    query = _named(Expert.id)
    for word in words.split():
        columns = (Expert.number, Account.name, Organisation.name)
        query = query.where(or_(*(column.contains(word, autoescape=True) for column in columns)))
    return set(db_session.scalars(query))


def _named(*columns: Any) -> Any:
    return (
        select(*columns)
        .select_from(Expert)
        .join(Account, Account.id == Expert.account_id)
        .join(Organisation, Organisation.id == Account.organisation_id)
    )
