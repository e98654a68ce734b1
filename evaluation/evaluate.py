"""One evaluation as a pure function: rules, prices and locked sheets in, ranked result with every step out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

from evaluation.arithmetic import ARITHMETIC, MONEY_PLACES, ZERO, mean, middle, round_half_up
from evaluation.brands import Groups, first_of_brands, joined
from evaluation.criteria import CriteriaSet
from evaluation.errors import RuleViolation
from evaluation.methods import DECIDES_FIRST, TIE_RULES, EvaluationMethod, TechnicalGate, check_method
from evaluation.price_corrections import (
    CorrectedPrice,
    Corrections,
    PriceCorrection,
    corrected_price,
    counted_prices,
)
from evaluation.prices import PriceRule, PriceWorking, price_formula
from evaluation.ranking import Ranking, Standing, candidates, check_tie_chain, place_of, rank
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
    """What the documents publish about the evaluation: nothing else may decide (Reg 49).

    `tie_chain` is applied in order; `may_draw` says whether the regime lets a draw end it; `most_candidates` is the
    number of ranked candidates. `method`: None, as in every notice before there was a choice, is comprehensive scoring.
    `price_rule`: None where no points are given. `gate`: who goes on to the price, where points decide no more.
    """

    criteria: CriteriaSet
    price_rule: PriceRule | None
    scoring: ScoringRules
    tie_chain: tuple[str, ...]
    may_draw: bool
    most_candidates: int
    method: EvaluationMethod | None = None
    gate: TechnicalGate | None = None

    @property
    def by(self) -> EvaluationMethod:
        """The method by which bids are evaluated."""
        return self.method or EvaluationMethod.COMPREHENSIVE

    @property
    def in_money(self) -> bool:
        """Whether prices are compared, and no points are given."""
        return self.by is EvaluationMethod.LOWEST_PRICE

    @property
    def formula(self) -> PriceRule:
        """The price formula of a method that has one."""
        assert self.price_rule is not None  # `check_method`
        return self.price_rule


def compared_price(price: Decimal, deduction: Decimal | None) -> Decimal:
    """What is compared of a price in yuan: all of it, or what a policy deduction leaves, rounded half up to the fen."""
    return price if deduction is None else round_half_up(price * (1 - deduction), MONEY_PLACES)


@dataclass(frozen=True)
class BidResult:
    """One row of the score table (评分汇总表), points except `price` in yuan. Keys of `member_totals` are seats.

    `counted` are the totals that enter the average, `sum` is their sum, `total` the rounded average. Where no points
    are given (标价比较表) all of these are 0 or empty: `criterion_means` are the units that count, `adjustments` what
    they add to the price by criterion, `evaluated_price` the price after them. `deduction` is the share of the price
    that policy leaves out when prices are compared; None: nothing of it. `price` counts, and `corrected` says
    which one was bid where that is another. With a technical gate `total` is of technical points alone, and
    `passed` says whether the bid goes on to the price; one that does not has rank 0. `behind` is the bid of the same
    brand that goes first (O87 art. 31): this one is no candidate and, where prices are compared, takes no part (rank
    0).
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
    adjustments: dict[str, Decimal] | None = None
    evaluated_price: Decimal | None = None
    passed: bool | None = None
    deduction: Decimal | None = None
    corrected: CorrectedPrice | None = None
    behind: str | None = None

    @property
    def read_out(self) -> Decimal:
        """The price that was bid."""
        return self.price if self.corrected is None else self.corrected.read_out

    @property
    def compared(self) -> Decimal:
        """The price that is scored or adjusted."""
        return compared_price(self.price, self.deduction)

    @property
    def ranked(self) -> bool:
        """Whether the bid takes part in the ranking."""
        return self.passed is not False and (self.behind is None or self.evaluated_price is None)


@dataclass(frozen=True)
class EvaluationResult:
    """The score table best first, the price working, the candidates and what must be looked at before signing.

    While `to_draw` is not empty the groups in it share a rank and wait for a draw. `price`: None where no price is
    scored. Bids that a technical gate has stopped come last, by their points.
    """

    bids: tuple[BidResult, ...]
    price: PriceWorking | None
    candidates: tuple[str, ...]
    to_draw: tuple[tuple[str, ...], ...]
    unequal: tuple[UnequalScores, ...]
    outliers: tuple[Outlier, ...]

    def __getitem__(self, bid: str) -> BidResult:
        return next(row for row in self.bids if row.bid == bid)

    def place(self, bid: str) -> int:
        """Which candidate a recommended bid is: its rank, without those that stand back behind one of their brand."""
        return place_of(self[bid].rank, [self[other] for other in self.candidates])


def granted_in(result: EvaluationResult) -> dict[str, Decimal]:
    """The policy deductions in a result, by bid."""
    return {row.bid: row.deduction for row in result.bids if row.deduction is not None}


def corrected_in(result: EvaluationResult) -> dict[str, PriceCorrection]:
    """The corrections of prices in a result, by bid."""
    return {row.bid: PriceCorrection(row.price, row.corrected.ground) for row in result.bids if row.corrected}


def left_out(result: EvaluationResult, most: int) -> tuple[BidResult, ...]:
    """Bids that are not recommended, though their place is not beyond `most`: they share it, and not all of them fit.
    Those that stand back behind another of the same brand are none of them.
    """
    able = [row for row in result.bids if row.ranked and row.behind is None]
    return tuple(row for row in able if place_of(row.rank, able) <= most and row.bid not in result.candidates)


def brands_in(result: EvaluationResult) -> Groups:
    """The bids of one brand, as far as a result tells: those that stand back, with the one that goes first."""
    return joined((row.bid, row.behind) for row in result.bids if row.behind is not None)


def check_evaluation_rules(rules: EvaluationRules) -> None:
    """Refuse rules that could not lead to a result.

    Raises RuleViolation `candidates_count_invalid` and what the checks of each part raise.
    """
    check_method(rules.by, rules.criteria, rules.price_rule, rules.gate)
    check_scoring_rules(rules.scoring)
    check_tie_chain(rules.tie_chain, rules.criteria, may_draw=rules.may_draw, known=TIE_RULES[rules.by])
    if rules.most_candidates < 1:
        raise RuleViolation("candidates_count_invalid", count=rules.most_candidates)


def _scored(rules: EvaluationRules, bid: str, price: Decimal, price_score: Decimal, sheets: Sheets) -> BidResult:
    """The row of one bid, not yet ranked; its totals contain the price score given."""
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


def _in_money(rules: EvaluationRules, bid: str, price: Decimal, sheets: Sheets, deduction: Decimal | None) -> BidResult:
    """The row of one bid whose price is adjusted: of each deviation that number of units counts which most members
    found, and as long as no figure has a majority the middle one."""
    units, added = {}, {}
    for criterion in rules.criteria.scored:
        assert criterion.adjustment is not None  # `check_adjustments`
        units[criterion.id] = middle([cells[bid][criterion.id] for cells in sheets.values()])
        added[criterion.id] = criterion.adjustment.of(price, units[criterion.id])
    return BidResult(
        bid=bid,
        price=price,
        price_score=ZERO,
        criterion_means=units,
        member_totals={},
        counted=(),
        sum=ZERO,
        total=ZERO,
        rank=0,
        decided_by="",
        adjustments=added,
        evaluated_price=compared_price(price, deduction) + sum(added.values(), ZERO),
        deduction=deduction,
    )


def _rows(
    rules: EvaluationRules, prices: Mapping[str, Decimal], sheets: Sheets, deductions: Mapping[str, Decimal]
) -> tuple[list[BidResult], PriceWorking | None]:
    """A row for each bid by the method of the rules, and how prices were scored, where they were."""
    if rules.in_money:
        return [_in_money(rules, bid, prices[bid], sheets, deductions.get(bid)) for bid in sorted(prices)], None
    compared = {bid: compared_price(price, deductions.get(bid)) for bid, price in prices.items()}
    scores: Mapping[str, Decimal] = {}
    working = None
    if rules.gate is None:
        working = price_formula(rules.formula).work(compared)
        scores = working.scores
    rows = [
        replace(_scored(rules, bid, prices[bid], scores.get(bid, ZERO), sheets), deduction=deductions.get(bid))
        for bid in sorted(prices)
    ]
    if rules.gate is None:
        return rows, working
    passed = rules.gate.passed({row.bid: row.total for row in rows})
    going_on = {bid: price for bid, price in compared.items() if bid in passed}
    gated = price_formula(rules.formula).work(going_on) if going_on else None
    scores = gated.scores if gated else {}
    return [replace(row, price_score=scores.get(row.bid, ZERO), passed=row.bid in passed) for row in rows], gated


def _ranked(rows: Sequence[BidResult], ranking: Ranking) -> tuple[BidResult, ...]:
    by_bid = {row.bid: row for row in rows}
    stopped = sorted((row for row in rows if not row.ranked), key=lambda row: (-row.total, row.bid))
    return (*(replace(by_bid[r.bid], rank=r.rank, decided_by=r.decided_by) for r in ranking.ranks), *stopped)


def evaluate(
    rules: EvaluationRules,
    prices: Mapping[str, Decimal],
    sheets: Sheets,
    drawn: Sequence[str] = (),
    deductions: Mapping[str, Decimal] | None = None,
    corrections: Corrections | None = None,
    brands: Groups = (),
) -> EvaluationResult:
    """Evaluate and rank the bids of `prices` (yuan by bid, as they were bid) from every member's `sheets`.

    `drawn` is the order that a tie draw has given, `deductions` the share that policy leaves out of the price of each
    bid to which one is granted, `corrections` the prices that count instead of those that were bid, `brands` the bids
    of one brand, by groups.

    Raises RuleViolation `no_prices`, `no_sheets` (where there is something to score), and what
    `check_evaluation_rules`, `check_cells` and `PriceFormula.work` raise.
    """
    check_evaluation_rules(rules)
    if not prices:
        raise RuleViolation("no_prices", formula=rules.price_rule.formula if rules.price_rule else str(rules.by))
    if not sheets and rules.criteria.scored:
        raise RuleViolation("no_sheets")
    for cells in sheets.values():
        check_cells(rules.criteria, prices, cells)
    corrected = corrections or {}
    with localcontext(ARITHMETIC):
        rows, working = _rows(rules, counted_prices(prices, corrected), sheets, deductions or {})
        rows = [replace(r, corrected=corrected_price(prices[r.bid], corrected.get(r.bid))) for r in rows]
        if rules.in_money:  # of a brand the lowest price alone takes part
            behind, level = first_of_brands(brands, {row.bid: row.price for row in rows}, drawn)
            rows = [replace(row, behind=behind.get(row.bid)) for row in rows]
            ranking = _ranking(rules, rows, drawn)
        else:
            ranking = _ranking(rules, rows, drawn)
            behind, level = first_of_brands(brands, {found.bid: found.rank for found in ranking.ranks}, drawn)
            rows = [replace(row, behind=behind.get(row.bid)) for row in rows]
        return EvaluationResult(
            bids=_ranked(rows, ranking),
            price=working,
            candidates=candidates(ranking, rules.most_candidates, behind),
            to_draw=joined((*ranking.to_draw, *level)) if level else ranking.to_draw,
            unequal=unequal_objective_scores(rules.criteria, sheets),
            outliers=() if rules.in_money else outliers(rules.criteria, rules.scoring, sheets),
        )


def _ranking(rules: EvaluationRules, rows: Sequence[BidResult], drawn: Sequence[str]) -> Ranking:
    """The ranks of the bids that take part."""
    standings = [
        Standing(r.bid, r.total, r.price_score, r.price, r.criterion_means, r.evaluated_price) for r in rows if r.ranked
    ]
    return rank(standings, rules.tie_chain, drawn, DECIDES_FIRST[rules.by])
