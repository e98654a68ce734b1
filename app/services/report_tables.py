"""The tables of a report by which bids are compared: points, prices and candidates, by the method of the lot."""

from __future__ import annotations

from decimal import Decimal

from app.casefile.case import Case
from app.casefile.record import Record
from app.documents.method_wording import step_words, worked_prices
from app.documents.table_content import BidScores, CriterionScores, RecommendedCandidate, ScoredBid
from app.documents.wording import Lang, listed
from app.messages import sentence
from app.queries.score_comments import CommentLine, comment_lines
from evaluation import criteria
from evaluation.evaluate import BidResult
from evaluation.sitting import SittingState


def name_of(criterion: criteria.Criterion, lang: Lang) -> str:
    """A criterion in the language of the report."""
    return criterion.name_en if lang == "en" else criterion.name_zh


def scored_bids(sitting: SittingState, names: dict[str, str], lang: Lang) -> tuple[ScoredBid, ...]:
    """A row for each bid, in the order of the result."""
    result = sitting.result
    assert result is not None
    seats = [str(number) for number in sorted(sitting.seats)]
    scored = [criterion.id for criterion in sitting.rules.evaluation.criteria.scored]
    return tuple(
        ScoredBid(
            bidder=names[row.bid],
            bid_price=row.read_out,
            evaluated_price=row.compared if row.evaluated_price is None else row.evaluated_price,
            price_score=row.price_score,
            price_working=_working(sitting, row, lang),
            member_totals=tuple(row.member_totals[seat] for seat in seats if row.member_totals),
            mean_total=row.total,
            rank=row.rank,
            means=tuple(row.criterion_means[criterion] for criterion in scored),
            adjustments=tuple(row.adjustments[criterion] for criterion in scored) if row.adjustments else (),
            passed=row.ranked,
        )
        for row in result.bids
    )


def _working(sitting: SittingState, row: BidResult, lang: Lang) -> str:
    """How the price of a bid was scored or adjusted, in one line; of one that a technical gate has stopped, that."""
    result, rules = sitting.result, sitting.rules.evaluation
    assert result is not None
    if row.passed is False:
        return sentence("gate_stopped", {}, lang)
    if result.price is None:
        lines = worked_prices(rules, result).bids[row.bid]
        figures = (
            f"{step_words(rules, result, row.bid, line, lang)} {line.figures} = {line.result:f}" for line in lines
        )
        return listed(figures, lang)
    if row.bid in result.price.excluded:
        return sentence("step_out_of_range", {}, lang)
    facts = {"benchmark": result.price.benchmark, "price": row.compared, "full": rules.criteria.price.full}
    return sentence(f"price_working_{result.price.formula}", facts, lang)


def bid_sheets(case: Case, lot: str, records: list[Record], lang: Lang) -> tuple[BidScores, ...]:
    """What each member gave or counted, bid by bid, with what they wrote beside it."""
    sitting = case.lots[lot].sitting
    scored, seats, result = sitting.rules.evaluation.criteria.scored, sorted(sitting.sheets), sitting.result
    assert result is not None
    names, comments = {bid.bid: bid.bidder_name for bid in sitting.bids}, comment_lines(case, lot, records)
    return tuple(
        BidScores(
            names[bid],
            tuple(
                CriterionScores(name_of(one, lang), tuple(sitting.sheets[seat][bid][one.id] for seat in seats))
                for one in scored
            ),
            tuple(words for one in comments if one.bid == bid for words in _comments(one, lang)),
        )
        for bid in (row.bid for row in result.bids)
    )


def _comments(one: CommentLine, lang: Lang) -> list[str]:
    criterion = one.name_en if lang == "en" else one.name_zh
    return [
        sentence("score_comment", {"criterion": criterion, "seat": seat, "text": text}, lang)
        for seat, text in one.given
    ]


def recommended(sitting: SittingState, names: dict[str, str]) -> tuple[RecommendedCandidate, ...]:
    """The candidates, best first."""
    result = sitting.result
    assert result is not None
    rows = [result[bid] for bid in result.candidates]
    return tuple(RecommendedCandidate(result.place(row.bid), names[row.bid], row.price, _decisive(row)) for row in rows)


def _decisive(row: BidResult) -> Decimal:
    """The figure that ranks a bid first of all under its method."""
    if row.evaluated_price is not None:
        return row.evaluated_price
    return row.total if row.passed is None else row.price_score
