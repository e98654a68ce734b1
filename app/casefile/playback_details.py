"""What is inside a step that one sentence cannot hold: each score of a sheet, each verdict of a review, each total."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch
from typing import Any

from app.casefile.playback_words import PREFIX, Names, Said, word_of
from app.casefile.record import Record
from evaluation.sitting import BidsReviewed, CorrectionRequested, ResultsComputed, ReviewConcluded, ScoreSheetLocked


def details(record: Record, names: Names) -> tuple[Said, ...]:
    """The lines below the sentence of a record; none where it says everything."""
    return tuple(_details(record.fact, names))


@singledispatch
def _details(fact: Any, names: Names) -> Iterator[Said]:
    yield from ()


@_details.register
def _sheet(fact: ScoreSheetLocked, names: Names) -> Iterator[Said]:
    scored = dict.fromkeys(one for row in fact.scores.values() for one in row)
    published = (one for one in names.criteria if one in scored)
    for criterion in dict.fromkeys((*published, *scored)):
        scores = tuple(f"{names.bid(bid)} {row[criterion]}" for bid, row in fact.scores.items() if criterion in row)
        yield Said(f"{PREFIX}scores", {"criterion": names.criterion(criterion), "scores": scores})
    for bid, comments in fact.comments.items():
        for criterion, text in comments.items():
            facts = {"criterion": names.criterion(criterion), "bid": names.bid(bid), "text": text}
            yield Said(f"{PREFIX}comment", facts)


@_details.register
def _review(fact: BidsReviewed, names: Names) -> Iterator[Said]:
    for one in fact.findings:
        code = "verdict_passed" if one.passed else "verdict_failed"
        facts = {"bid": names.bid(one.bid), "item": names.item(one.item), "ground": one.ground or "—"}
        yield Said(f"{PREFIX}{code}", facts)
    for group in fact.brands or ():
        yield Said(f"{PREFIX}brands_joined", {"brands": group})


@_details.register
def _conclusion(fact: ReviewConcluded, names: Names) -> Iterator[Said]:
    for one in fact.rejected:
        facts = {"bid": names.bid(one.bid), "item": names.item(one.item), "grounds": one.grounds or ("—",)}
        yield Said(f"{PREFIX}rejection", facts | {"votes": one.votes})
    for bid, items in (fact.granted or {}).items():
        yield Said(f"{PREFIX}granted", {"bid": names.bid(bid), "items": tuple(map(names.item, items))})
    for group in fact.brands or ():
        yield Said(f"{PREFIX}brand_counted", {"bids": tuple(map(names.bid, group))})


@_details.register
def _results(fact: ResultsComputed, names: Names) -> Iterator[Said]:
    for row in fact.result.bids:
        if row.behind is not None:
            yield Said(f"{PREFIX}brand_behind", {"bid": names.bid(row.bid), "first": names.bid(row.behind)})
        if row.corrected is not None:
            facts = {"bid": names.bid(row.bid), "read_out": row.read_out, "price": row.price}
            yield Said(f"{PREFIX}corrected", facts | {"ground": word_of(row.corrected.ground)})
        if row.evaluated_price is not None:
            facts = {"bid": names.bid(row.bid), "price": row.price, "evaluated_price": row.evaluated_price}
            yield Said(f"{PREFIX}compared", facts)
            continue
        totals = tuple(
            Said(f"{PREFIX}seat_total", {"seat": seat, "total": total}) for seat, total in row.member_totals.items()
        )
        yield Said(f"{PREFIX}totals", {"bid": names.bid(row.bid), "totals": totals, "total": row.total})


@_details.register
def _places(fact: CorrectionRequested, names: Names) -> Iterator[Said]:
    for place in fact.places:
        facts = {"bid": names.bid(place.bid), "criterion": names.criterion(place.criterion)}
        yield Said(f"{PREFIX}place", facts)
