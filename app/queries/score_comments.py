"""The members' reasons for their scores, in the order of results and criteria: known with the results, never before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.casefile.case import Case
from app.casefile.record import Record
from app.casefile.score_comments import comments_of


@dataclass(frozen=True)
class CommentLine:
    """What the seats, ascending, wrote about one criterion of one bid."""

    bid: str
    bidder: str
    name_zh: str
    name_en: str
    given: tuple[tuple[int, str], ...]


def comment_lines(case: Case, lot: str, records: Iterable[Record]) -> tuple[CommentLine, ...]:
    """Nothing while no results stand."""
    state = case.lot(lot).sitting
    if state.result is None:
        return ()
    names = {bid.bid: bid.bidder_name for bid in state.bids}
    found: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for one in comments_of(records):
        found.setdefault((one.bid, one.criterion), []).append((one.seat, one.text))
    return tuple(
        CommentLine(row.bid, names[row.bid], criterion.name_zh, criterion.name_en, tuple(found[row.bid, criterion.id]))
        for row in state.result.bids
        for criterion in state.rules.evaluation.criteria.scored
        if (row.bid, criterion.id) in found
    )
