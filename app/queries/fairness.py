"""What draws did over time, for the authority: per expert, per pair of expert and bidder, per draw.

Only of lots that are over: before that nobody may know who was drawn.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.bid_ids import receipt_of
from app.casefile.case import Case, LotCase
from app.models import Account, Expert, Organisation, Pseudonym, Tender
from app.procedure.roles import Actor
from app.queries.cases import load_case
from evaluation import draw as rules
from evaluation import fairness
from evaluation.draw import SeatState
from evaluation.fairness import Candidacy, Tally
from evaluation.recusal import ConflictGround


@dataclass(frozen=True)
class ExpertLine:
    """One expert: library number, name and employer, and what draws did."""

    number: str
    name: str
    employer: str
    tally: Tally


@dataclass(frozen=True)
class PairLine:
    """One expert and one bidder: how often both were there, of how many times that they might have been."""

    number: str
    name: str
    bidder: str
    met: int
    possible: int
    won: int
    rarity: Decimal


@dataclass(frozen=True)
class DrawLine:
    """One draw: its rounds, seats filled anew, and the groups that were small, with their people and seats; `grounds`:
    on which the system had people of the pool step back, the most frequent first, each with how many.
    """

    case_id: str
    code: str
    title: str
    lot: str
    rounds: int
    seats: int
    substitutions: int
    pool: int
    recused: int
    small: int
    grounds: tuple[tuple[ConflictGround, int], ...]


@dataclass(frozen=True)
class Fairness:
    """The figures of an authority's draws. `calls`: how many were called up, and of them declined or silent."""

    experts: tuple[ExpertLine, ...]
    pairs: tuple[PairLine, ...]
    draws: tuple[DrawLine, ...]
    calls: int
    declined: int
    silent: int


def fairness_figures(db_session: DbSession, actor: Actor) -> Fairness:
    """Of all lots that are over and whose competent authority is the actor's; the rarest first."""
    people: dict[str, list[Candidacy]] = defaultdict(list)
    meetings, draws, names = [], [], {}
    for tender, case, number, lot in _lots(db_session, actor):
        draws.append(_draw_line(tender, case, number, lot, _grounds(db_session, case.id, number)))
        here = _by_expert(db_session, case.id, number, lot)
        for expert, row in here.items():
            people[expert].append(row)
        bidders = {bid.bid: lot.opening.opened[receipt_of(lot, bid.bid)].bidder for bid in lot.sitting.bids}
        names |= {bidders[bid.bid]: bid.bidder_name for bid in lot.sitting.bids}
        meetings.append((here, tuple(bidders.values()), bidders.get(_first(lot), "")))
    known = _experts(db_session)
    experts = [ExpertLine(*known[expert], fairness.tally(rows)) for expert, rows in people.items()]
    pairs = [
        PairLine(*known[expert][:2], names[bidder], row.met, len(row.chances), row.won, row.rarity)
        for (expert, bidder), row in fairness.meetings(meetings).items()
    ]
    tallies = [line.tally for line in experts]
    return Fairness(
        experts=tuple(sorted(experts, key=lambda line: (line.tally.rarity, line.number))),
        pairs=tuple(sorted(pairs, key=lambda line: (line.rarity, line.number, line.bidder))),
        draws=tuple(draws),
        calls=sum(one.drawn for one in tallies),
        declined=sum(one.declined for one in tallies),
        silent=sum(one.silent for one in tallies),
    )


def _lots(db_session: DbSession, actor: Actor) -> Iterator[tuple[Tender, Case, str, LotCase]]:
    query = select(Tender).where(Tender.published_at.is_not(None)).order_by(Tender.published_at.desc())
    for tender in db_session.scalars(query):
        case = load_case(db_session, tender.case_id)
        if case.tender.parties is None or case.tender.parties.regulator.id != actor.organisation_id:
            continue
        for number, lot in case.lots.items():
            if lot.evaluation_over and lot.draw.rounds:
                yield tender, case, number, lot


def _by_expert(db_session: DbSession, case_id: str, number: str, lot: LotCase) -> dict[str, Candidacy]:
    found = fairness.candidacies(lot.draw)
    query = select(Pseudonym.number, Pseudonym.expert_id).where(Pseudonym.case_id == case_id, Pseudonym.lot == number)
    return {expert: found[pseudonym] for pseudonym, expert in db_session.execute(query) if pseudonym in found}


def _experts(db_session: DbSession) -> dict[str, tuple[str, str, str]]:
    query = (
        select(Expert.id, Expert.number, Account.name, Organisation.name)
        .join(Account, Account.id == Expert.account_id)
        .join(Organisation, Organisation.id == Account.organisation_id)
    )
    return {expert: (number, name, employer) for expert, number, name, employer in db_session.execute(query)}


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


def _draw_line(
    tender: Tender, case: Case, number: str, lot: LotCase, grounds: tuple[tuple[ConflictGround, int], ...]
) -> DrawLine:
    draw, first = lot.draw, lot.draw.rounds[0]
    factor = draw.conditions.pool_factor if draw.conditions else 0
    lost = (SeatState.REFUSED, SeatState.EXPIRED, SeatState.DISMISSED)
    return DrawLine(
        case_id=case.id,
        code=tender.code,
        title=tender.title,
        lot=number,
        rounds=len(draw.rounds),
        seats=sum(stratum.quota for stratum in draw.conditions.strata) if draw.conditions else 0,
        substitutions=sum(seat in lost for seat in draw.seats.values()),
        pool=len(first.candidates),
        recused=len(first.stated["recused"]) if first.statement else 0,
        small=len(rules.small_pools(first.stated, first.candidates, factor)) if first.statement else 0,
        grounds=grounds,
    )
