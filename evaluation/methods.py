"""By which method bids are evaluated, what each method asks of the published rules, and what makes no sense under it.

1. Comprehensive scoring (综合评估法; goods: 综合评分法): members give points, a formula gives points for the price, the
   highest total comes first.
2. Lowest evaluated price (经评审的最低投标价法, O12 art. 30-33; goods: 最低评标价法): nobody gives points. Members
   count the deviations of the commercial part that the tender has put a price on; the lowest price after these
   adjustments comes first.
3. Technical scoring with a reasonable price (技术评分合理价格法): members give points, which decide only who goes on;
   among those who do, the price alone decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from evaluation.arithmetic import ZERO, plain
from evaluation.criteria import CriteriaSet, check_adjustments, check_criteria
from evaluation.errors import RuleViolation
from evaluation.prices import PriceRule, check_price_rule
from evaluation.ranking import DRAW, EVALUATED_PRICE, LOWER_PRICE, PRICE_SCORE, TECHNICAL, TOTAL

LEAST_SHORTLIST = 3  # fewer would be no competition on price


class EvaluationMethod(StrEnum):
    """How the published criteria lead to a ranking."""

    COMPREHENSIVE = "comprehensive_scoring"
    LOWEST_PRICE = "lowest_evaluated_price"
    TECHNICAL_GATE = "technical_gate"


@dataclass(frozen=True)
class TechnicalGate:
    """Which bids go on to the price: those with at least `pass_mark` points, and of these the first `shortlist`, with
    all that equal the last of them. None: that limit is not set; one of the two is."""

    pass_mark: Decimal | None = None
    shortlist: int | None = None

    def passed(self, totals: Mapping[str, Decimal]) -> frozenset[str]:
        """The bids that go on, by their technical totals in points."""
        able = {bid: total for bid, total in totals.items() if self.pass_mark is None or total >= self.pass_mark}
        if self.shortlist is not None and len(able) > self.shortlist:
            last = sorted(able.values(), reverse=True)[self.shortlist - 1]
            able = {bid: total for bid, total in able.items() if total >= last}
        return frozenset(able)


DECIDES_FIRST = {
    EvaluationMethod.COMPREHENSIVE: TOTAL,
    EvaluationMethod.LOWEST_PRICE: EVALUATED_PRICE,
    EvaluationMethod.TECHNICAL_GATE: PRICE_SCORE,
}
# What may part equals under a method, beside the mean for one criterion where points are given.
TIE_RULES = {
    EvaluationMethod.COMPREHENSIVE: (PRICE_SCORE, LOWER_PRICE, DRAW),
    EvaluationMethod.LOWEST_PRICE: (LOWER_PRICE, DRAW),
    EvaluationMethod.TECHNICAL_GATE: (TECHNICAL, LOWER_PRICE, DRAW),
}


def check_method(
    method: EvaluationMethod, criteria: CriteriaSet, price_rule: PriceRule | None, gate: TechnicalGate | None
) -> None:
    """Refuse criteria, formula and gate that do not go together under a method.

    Raises RuleViolation `method_gate_foreign`, `method_formula_foreign`, `method_formula_missing`, `gate_missing`,
    `gate_shortlist_small`, `gate_mark_invalid`, `gate_nothing_scored`, `price_mark_differs`, and what `check_criteria`,
    `check_adjustments` and `check_price_rule` raise.
    """
    if gate is not None and method is not EvaluationMethod.TECHNICAL_GATE:
        raise RuleViolation("method_gate_foreign")
    if method is EvaluationMethod.LOWEST_PRICE:
        if price_rule is not None:
            raise RuleViolation("method_formula_foreign", formula=price_rule.formula)
        check_adjustments(criteria)
        return
    check_criteria(criteria, price_counts=method is EvaluationMethod.COMPREHENSIVE)
    if price_rule is None:
        raise RuleViolation("method_formula_missing")
    if method is EvaluationMethod.TECHNICAL_GATE:
        _check_gate(gate, criteria)
    formula = check_price_rule(price_rule)
    if formula.full != criteria.price.full:
        raise RuleViolation("price_mark_differs", formula=str(formula.full), criterion=str(criteria.price.full))


def _check_gate(gate: TechnicalGate | None, criteria: CriteriaSet) -> None:
    if gate is None or (gate.pass_mark is None and gate.shortlist is None):
        raise RuleViolation("gate_missing")
    if not criteria.scored:
        raise RuleViolation("gate_nothing_scored")
    if gate.shortlist is not None and gate.shortlist < LEAST_SHORTLIST:
        raise RuleViolation("gate_shortlist_small", shortlist=gate.shortlist, least=LEAST_SHORTLIST)
    mark = gate.pass_mark
    if mark is not None and not (mark.is_finite() and ZERO < mark <= criteria.total):
        raise RuleViolation("gate_mark_invalid", mark=str(mark), total=plain(criteria.total))
