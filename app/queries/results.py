"""What is known of a sitting after the last lock: the tables by which bids are compared, and what waits in them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from app.documents.brand_wording import brand_words
from app.messages import sentence
from app.procedure.signing import EarlierDissent
from app.queries.price_views import PriceView, price_view
from app.queries.score_matrix import ScoreMatrix, UnequalRow, score_matrix, unequal_row
from evaluation.evaluate import BidResult, EvaluationRules
from evaluation.sitting import (
    CorrectionRefused,
    CorrectionRequested,
    SittingState,
)


@dataclass(frozen=True)
class ResultRow:
    """One row of the score table, `totals` by seat, ascending; or of the comparison of prices, `adjustments` by
    deviation. `ranked`: it takes part in the ranking."""

    rank: int
    bidder: str
    price: Decimal
    price_score: Decimal
    totals: tuple[Decimal, ...]
    total: Decimal
    candidate: bool
    decided_by: str
    ranked: bool
    adjustments: tuple[Decimal, ...]
    evaluated_price: Decimal | None
    read_out: Decimal | None  # the price that was bid, where another one counts, and by which rule
    correction: str
    deducted: Decimal | None  # the price that is compared, where policy leaves out a part of it


@dataclass(frozen=True)
class Results:
    """What is known only after the last lock. `ties`: bidders whom only a draw parts, in its order once it is held;
    `brands` what follows from bids with one brand.
    `rules` say by which method; `price` is None where no bid has gone on to its price.

    `requests` are those that nobody has answered, `denied` those that were refused on these results, `earlier` the
    dissents from results before these.
    """

    rules: EvaluationRules
    price: PriceView | None
    averaging: str
    seats: tuple[int, ...]
    rows: tuple[ResultRow, ...]
    matrix: ScoreMatrix
    unequal: tuple[UnequalRow, ...]
    requests: tuple[CorrectionRequested, ...]
    denied: tuple[tuple[CorrectionRequested, CorrectionRefused], ...]
    dissents: dict[int, str]
    earlier: tuple[EarlierDissent, ...]
    ties: tuple[tuple[str, ...], ...]
    ties_drawn: bool
    brands: tuple[str, ...]

    @property
    def apart(self) -> tuple[int, ...]:
        """The seats whose objective scores are not those of most."""
        return tuple(sorted({seat for row in self.unequal for seat in row.apart}))


def results_of(sitting: SittingState, earlier: tuple[EarlierDissent, ...], seat: int | None, language: str) -> Results:
    """The computed results as whoever sits in `seat` reads them."""
    result, rules = sitting.result, sitting.rules.evaluation
    assert result is not None
    names = {bid.bid: bid.bidder_name for bid in sitting.bids}
    return Results(
        rules=rules,
        price=price_view(sitting, names, language),
        averaging=sentence(f"averaging_{rules.scoring.aggregation}", {"places": rules.scoring.places}, language),
        seats=tuple(sorted(sitting.seats)),
        rows=tuple(_result_row(sitting, row, names[row.bid], language) for row in result.bids),
        matrix=score_matrix(sitting, seat, names),
        unequal=tuple(unequal_row(sitting, found, names) for found in sitting.must_agree),
        requests=tuple(sitting.requests[number] for number in sorted(sitting.requests)),
        denied=sitting.denied,
        dissents=dict(sitting.dissents),
        earlier=earlier,
        ties=tied_bidders(sitting),
        ties_drawn=bool(sitting.drawn),
        brands=brand_words(sitting, names, "en" if language == "en" else "zh"),
    )


def tied_bidders(sitting: SittingState) -> tuple[tuple[str, ...], ...]:
    """The bidders that no published rule parts, by groups: in drawn order once they are drawn."""
    names = {bid.bid: bid.bidder_name for bid in sitting.bids}
    result = sitting.result
    if result is None:
        return ()
    if not sitting.drawn:
        return tuple(tuple(names[bid] for bid in group) for group in result.to_draw)
    equal = {row.bid: (row.evaluated_price, row.price_score, row.total) for row in result.bids}
    groups = groupby((bid for bid in (row.bid for row in result.bids) if bid in sitting.drawn), key=equal.__getitem__)
    return tuple(tuple(names[bid] for bid in group) for _, group in groups)


def _result_row(sitting: SittingState, row: BidResult, bidder: str, language: str) -> ResultRow:
    result = sitting.result
    assert result is not None
    totals = tuple(row.member_totals[str(number)] for number in sorted(sitting.seats) if row.member_totals)
    candidate = row.bid in result.candidates
    added = row.adjustments or {}
    return ResultRow(
        rank=row.rank,
        bidder=bidder,
        price=row.price,
        price_score=row.price_score,
        totals=totals,
        total=row.total,
        candidate=candidate,
        decided_by=row.decided_by,
        ranked=row.ranked,
        adjustments=tuple(added[one.id] for one in sitting.rules.evaluation.criteria.scored if one.id in added),
        evaluated_price=row.evaluated_price,
        read_out=row.corrected.read_out if row.corrected else None,
        correction=sentence(f"arithmetic_{row.corrected.ground}", {}, language) if row.corrected else "",
        deducted=None if row.deduction is None else row.compared,
    )
