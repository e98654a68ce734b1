"""A published evaluation, of which only each member's totals are known, replayed through the same rules.

The format is that of the case CN-01: criteria with full marks, price formula, aggregation, and for each bidder the
evaluated price, the members' totals (price included), price score, mean and rank.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from typing import Any

from evaluation.arithmetic import ARITHMETIC, ZERO
from evaluation.criteria import CriteriaSet, Criterion, CriterionKind, CriterionStage
from evaluation.errors import RuleViolation
from evaluation.evaluate import EvaluationResult, EvaluationRules, evaluate
from evaluation.prices import PriceRule, price_formula
from evaluation.scoring import Aggregation, Cells, ScoringRules

STEP = Decimal("0.01")
OUTLIER_SHARE = Decimal("0.3")


@dataclass(frozen=True)
class Difference:
    """A figure that the rules compute otherwise than it was published."""

    bid: str
    figure: str
    published: str
    computed: str


@dataclass(frozen=True)
class PublishedEvaluation:
    """A published evaluation in the project's own terms. `prices` in yuan; `sheets` by seat as text.

    `expected` holds the published price score, total and rank of each bid.
    """

    rules: EvaluationRules
    prices: dict[str, Decimal]
    sheets: dict[str, Cells]
    expected: dict[str, dict[str, str]]


def _split(amount: Decimal, among: Sequence[Criterion]) -> dict[str, Decimal]:
    """`amount` in proportion to the full marks, down to the step; what is left goes to the first with room for it."""
    full = sum((criterion.full for criterion in among), ZERO)
    if not ZERO <= amount <= full:
        raise RuleViolation("published_total_impossible", amount=str(amount), full=str(full))
    if not among:
        return {}
    shares = {c.id: (amount * c.full / full).quantize(c.step, ROUND_FLOOR, context=ARITHMETIC) for c in among}
    left = amount - sum(shares.values(), ZERO)
    for criterion in among:
        more = min(left, criterion.full - shares[criterion.id])
        shares[criterion.id] += more
        left -= more
    return shares


def split_totals(criteria: CriteriaSet, totals: Sequence[Decimal]) -> list[dict[str, Decimal]]:
    """Each member's total for one bid (price left out), split over the criteria so that it sums exactly.

    The objective criteria together get their proportional share of the lowest total (more only where the highest total
    would not fit otherwise), the same for every member; the rest of each total goes to the subjective criteria.
    Raises RuleViolation `published_total_impossible` where a total does not fit.
    """
    objective = [c for c in criteria.scored if c.kind is CriterionKind.OBJECTIVE]
    subjective = [c for c in criteria.scored if c.kind is CriterionKind.SUBJECTIVE]
    subjective_full = sum((c.full for c in subjective), ZERO)
    share = _split(min(totals), criteria.scored)
    needed = max(sum((share[c.id] for c in objective), ZERO), max(totals) - subjective_full)
    fixed = _split(needed, objective)
    return [fixed | _split(total - needed, subjective) for total in totals]


def _criteria(fulls: Mapping[str, Any], objective: Collection[str]) -> CriteriaSet:
    def criterion(name: str, full: Decimal) -> Criterion:
        if name == "price":
            return Criterion(name, name, name, CriterionKind.PRICE, CriterionStage.PRICE, full, STEP)
        kind = CriterionKind.OBJECTIVE if name in objective else CriterionKind.SUBJECTIVE
        stage = CriterionStage.TECHNICAL if kind is CriterionKind.SUBJECTIVE else CriterionStage.COMMERCIAL
        return Criterion(name, name, name, kind, stage, full, STEP)

    criteria = tuple(criterion(name, Decimal(str(full))) for name, full in fulls.items())
    return CriteriaSet(criteria, sum((c.full for c in criteria), ZERO))


def _rules(data: Mapping[str, Any], objective: Collection[str]) -> EvaluationRules:
    formula, places = data["price_formula"], int(str(data["aggregation"]["round"])[0])
    parameters = {"full": Decimal(str(formula["full"])), "places": Decimal(str(formula["round"])[0])}
    return EvaluationRules(
        criteria=_criteria(data["criteria"], objective),
        price_rule=PriceRule(formula["id"], parameters),
        scoring=ScoringRules(
            Aggregation(data["aggregation"]["id"]), places, len(data["committee"]["order"]), OUTLIER_SHARE
        ),
        tie_chain=("lower_price",),
        may_draw=False,
        most_candidates=3,
    )


def read_published(data: Mapping[str, Any], objective: Collection[str] = ()) -> PublishedEvaluation:
    """The evaluation in `data` (the format of CN-01); `objective` names the criteria that leave no judgement.

    Raises RuleViolation `published_format` where a figure is missing or malformed.
    """
    try:
        rules, bidders = _rules(data, objective), data["bidders"]
        prices = {bidder["code"]: Decimal(bidder["evaluated_price_cny"]) for bidder in bidders}
        price_scores = price_formula(rules.price_rule).work(prices).scores
        sheets: dict[str, Cells] = {str(seat + 1): {} for seat in range(len(data["committee"]["order"]))}
        for bidder in bidders:
            totals = [Decimal(total) - price_scores[bidder["code"]] for total in bidder["expert_totals"]]
            for cells, split in zip(sheets.values(), split_totals(rules.criteria, totals), strict=True):
                cells[bidder["code"]] = split
        expected = {b["code"]: {k: str(b[k]) for k in ("price_score", "mean_total", "rank")} for b in bidders}
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, InvalidOperation) as exc:
        raise RuleViolation("published_format", reason=f"{type(exc).__name__}: {exc}") from exc
    return PublishedEvaluation(rules, prices, sheets, expected)


def replay(published: PublishedEvaluation) -> tuple[EvaluationResult, tuple[Difference, ...]]:
    """The result that the rules compute, and every published figure that differs from it (none if it replays)."""
    result, differences = evaluate(published.rules, published.prices, published.sheets), []
    for bid, expected in published.expected.items():
        row = result[bid]
        computed = {"price_score": str(row.price_score), "mean_total": str(row.total), "rank": str(row.rank)}
        differences += [Difference(bid, k, expected[k], computed[k]) for k in expected if expected[k] != computed[k]]
    return result, tuple(differences)
