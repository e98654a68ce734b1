"""The stages of a sitting that were held again, from its log: by whose word and why, what stood before and stands now.

What was found and scored before stays in the log; here it is set beside what came in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.casefile.codec import encode
from app.casefile.record import Record
from crypto.canonical import Json
from crypto.instants import format_instant
from evaluation.evaluate import BidResult
from evaluation.sitting import ChairElected, ResultsComputed, ReviewConcluded, RollbackProposed, RollbackReleased

ROLLBACKS = "rollbacks"


@dataclass(frozen=True)
class Conclusions:
    """What a sitting had come to: chair, review and scores; None where it had not come to any."""

    chair: ChairElected | None = None
    review: ReviewConcluded | None = None
    results: ResultsComputed | None = None


@dataclass(frozen=True)
class RolledBack:
    """One release; `proposed` is None where these records do not hold it, as where the holder may not see it.

    `before`: what it made void; `after`: what has come in its place so far.
    """

    proposed: Record | None
    released: Record
    before: Conclusions
    after: Conclusions


def rolled_back(records: Iterable[Record]) -> tuple[RolledBack, ...]:
    """In the order in which they were released."""
    found = list(records)
    places = [place for place, record in enumerate(found) if isinstance(record.fact, RollbackReleased)]
    found_in, begin = [], 0
    for place, end in zip(places, [*places[1:], len(found)], strict=bool(places)):
        before, after = _conclusions(found[begin:place]), _conclusions(found[place + 1 : end])
        before = replace(before, chair=_conclusions(found[:place]).chair)  # in office until one is elected again
        proposal = _proposal(found[begin:place], found[place].fact)
        found_in.append(RolledBack(proposal, found[place], before, after))
        begin = place + 1
    return tuple(found_in)


def _proposal(records: Sequence[Record], fact: RollbackReleased) -> Record | None:
    mine = RollbackProposed(fact.proposed_by, fact.to, fact.ground, fact.note)
    return next((record for record in reversed(records) if record.fact == mine), None)


def _conclusions(records: Sequence[Record]) -> Conclusions:
    """The last of each."""
    last = {type(record.fact): record.fact for record in records}
    return Conclusions(last.get(ChairElected), last.get(ReviewConcluded), last.get(ResultsComputed))


def rollback_data(records: Iterable[Record]) -> dict[str, Json]:
    """For the data of a report: each with the totals and ranks that it made void; {} where nothing was held again."""
    rows: list[Json] = [_row(one) for one in rolled_back(records)]
    return {ROLLBACKS: rows} if rows else {}


def _row(one: RolledBack) -> Json:
    fact = one.released.fact
    row: dict[str, Json] = {name: encode(getattr(fact, name)) for name in ("to", "ground", "note", "proposed_by")}
    row |= {"released_by": fact.seat, "released_at": format_instant(one.released.at)}
    if one.before.results is not None:
        row["before"] = [_stood(bid) for bid in one.before.results.result.bids]
    return row


def _stood(bid: BidResult) -> Json:
    """Rank and total of a bid; beside them by what the method ranks, where that is not the total."""
    row: dict[str, Json] = {"bid": bid.bid, "total": encode(bid.total), "rank": bid.rank}
    if bid.evaluated_price is not None:
        row["evaluated_price"] = encode(bid.evaluated_price)
    if bid.passed is not None:
        row |= {"price_score": encode(bid.price_score), "passed": bid.passed}
    return row
