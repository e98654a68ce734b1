"""One evaluation as a pure function: rules, prices and locked sheets in, ranked result with every step out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

from evaluation.arithmetic import ARITHMETIC, ZERO, mean, round_half_up
from evaluation.criteria import CriteriaSet, check_criteria
from evaluation.errors import RuleViolation
from evaluation.prices import PriceRule, PriceWorking, check_price_rule, price_formula
from evaluation.ranking import Ranking, Standing, candidates, check_tie_chain, rank
from evaluation.scoring import (
    Outlier,
    ScoringRules,
    Sheets,
    UnequalScores,
    aggregate,
    check_cells,
    check_scoring_rules,
    counted,
    outliers,
    unequal_objective_scores,
)


@dataclass(frozen=True)
class EvaluationRules:
    """What the documents publish about scoring (综合评分法): nothing else may decide (Reg 49).

    `tie_chain` is applied in order; `may_draw` says whether the regime lets a draw end it; `most_candidates` is the
    number of ranked candidates.
    """

    criteria: CriteriaSet
    price_rule: PriceRule
    scoring: ScoringRules
    tie_chain: tuple[str, ...]
    may_draw: bool
    most_candidates: int


@dataclass(frozen=True)
class BidResult:
    """One row of the score table (评分汇总表), points except `price` in yuan. Keys of `member_totals` are seats.

    `counted` are the totals that enter the average, `sum` is their sum, `total` the rounded average.
    """

    bid: str
    price: Decimal
    price_score: Decimal
    criterion_means: dict[str, Decimal]
    member_totals: dict[str, Decimal]
    counted: tuple[Decimal, ...]
    sum: Decimal
    total: Decimal
    rank: int
    decided_by: str


@dataclass(frozen=True)
class EvaluationResult:
    """The score table best first, the price working, the candidates and what must be looked at before signing.

    While `to_draw` is not empty the groups in it share a rank and wait for a draw.
    """

    bids: tuple[BidResult, ...]
    price: PriceWorking
    candidates: tuple[str, ...]
    to_draw: tuple[tuple[str, ...], ...]
    unequal: tuple[UnequalScores, ...]
    outliers: tuple[Outlier, ...]

    def __getitem__(self, bid: str) -> BidResult:
        return next(row for row in self.bids if row.bid == bid)


def check_evaluation_rules(rules: EvaluationRules) -> None:
    """Refuse rules that could not lead to a result.

    Raises RuleViolation `price_mark_differs`, `candidates_count_invalid` and what the checks of each part raise.
    """
    check_criteria(rules.criteria)
    check_scoring_rules(rules.scoring)
    check_tie_chain(rules.tie_chain, rules.criteria, may_draw=rules.may_draw)
    formula, criterion = check_price_rule(rules.price_rule), rules.criteria.price
    if formula.full != criterion.full:
        raise RuleViolation("price_mark_differs", formula=str(formula.full), criterion=str(criterion.full))
    if rules.most_candidates < 1:
        raise RuleViolation("candidates_count_invalid", count=rules.most_candidates)


def _row(rules: EvaluationRules, bid: str, price: Decimal, price_score: Decimal, sheets: Sheets) -> BidResult:
    """The row of one bid, not yet ranked."""
    totals = {seat: sum(cells[bid].values(), ZERO) + price_score for seat, cells in sheets.items()}
    entering = tuple(counted(rules.scoring, list(totals.values())))
    means = {
        criterion.id: round_half_up(mean([cells[bid][criterion.id] for cells in sheets.values()]), rules.scoring.places)
        for criterion in rules.criteria.scored
    }
    return BidResult(
        bid=bid,
        price=price,
        price_score=price_score,
        criterion_means=means,
        member_totals=totals,
        counted=entering,
        sum=sum(entering, ZERO),
        total=aggregate(rules.scoring, list(totals.values())),
        rank=0,
        decided_by="",
    )


def _ranked(rows: Sequence[BidResult], ranking: Ranking) -> tuple[BidResult, ...]:
    by_bid = {row.bid: row for row in rows}
    return tuple(replace(by_bid[r.bid], rank=r.rank, decided_by=r.decided_by) for r in ranking.ranks)


def evaluate(
    rules: EvaluationRules, prices: Mapping[str, Decimal], sheets: Sheets, drawn: Sequence[str] = ()
) -> EvaluationResult:
    """Score, average and rank the bids of `prices` (evaluated price in yuan by bid) from every member's `sheets`.

    `drawn` is the order that a tie draw has given. Raises RuleViolation `no_sheets`, and what `check_evaluation_rules`,
    `check_cells` and `PriceFormula.work` raise.
    """
    check_evaluation_rules(rules)
    if not sheets:
        raise RuleViolation("no_sheets")
    for cells in sheets.values():
        check_cells(rules.criteria, prices, cells)
    with localcontext(ARITHMETIC):
        working = price_formula(rules.price_rule).work(prices)
        rows = [_row(rules, bid, prices[bid], working.scores[bid], sheets) for bid in sorted(prices)]
        standings = [Standing(r.bid, r.total, r.price_score, r.price, r.criterion_means) for r in rows]
        ranking = rank(standings, rules.tie_chain, drawn)
        return EvaluationResult(
            bids=_ranked(rows, ranking),
            price=working,
            candidates=candidates(ranking, rules.most_candidates),
            to_draw=ranking.to_draw,
            unequal=unequal_objective_scores(rules.criteria, sheets),
            outliers=outliers(rules.criteria, rules.scoring, sheets),
        )
