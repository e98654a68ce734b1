"""Rules of the methods beside comprehensive scoring, with the worked examples of docs/methods.md."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

from evaluation.criteria import (
    AdjustmentBasis,
    CriteriaSet,
    Criterion,
    CriterionKind,
    CriterionStage,
    PriceAdjustment,
)
from evaluation.evaluate import EvaluationRules
from evaluation.methods import EvaluationMethod, TechnicalGate
from evaluation.prices import PriceRule
from evaluation.scoring import Aggregation, Cells, ScoringRules

YUAN, PERCENT = AdjustmentBasis.YUAN, AdjustmentBasis.PERCENT


def deviation(id: str, unit: str, basis: AdjustmentBasis, amount: str, most: int) -> Criterion:
    priced = PriceAdjustment(unit, unit, basis, D(amount))
    kind, stage = CriterionKind.OBJECTIVE, CriterionStage.COMMERCIAL
    return Criterion(id, id, id, kind, stage, D(most), D(1), adjustment=priced)


ADVANCE = deviation("advance", "个百分点", PERCENT, "0.3", 20)
DURATION = deviation("duration", "天", YUAN, "2000", 60)
WARRANTY = deviation("warranty", "年", YUAN, "-5000", 5)
LOWEST = EvaluationRules(
    criteria=CriteriaSet((ADVANCE, DURATION, WARRANTY), D(0)),
    price_rule=None,
    scoring=ScoringRules(Aggregation.SIMPLE_MEAN, 2, 5, None),
    tie_chain=("lower_price",),
    may_draw=False,
    most_candidates=3,
    method=EvaluationMethod.LOWEST_PRICE,
)
UNADJUSTED = replace(LOWEST, criteria=CriteriaSet((), D(0)))
LOWEST_PRICES = {"A": D(1000000), "B": D(1020000), "C": D(990000)}
UNITS: Cells = {
    "A": {"advance": D(0), "duration": D(0), "warranty": D(2)},
    "B": {"advance": D(0), "duration": D(0), "warranty": D(0)},
    "C": {"advance": D(5), "duration": D(3), "warranty": D(0)},
}

PLAN = Criterion("plan", "方案", "Plan", CriterionKind.SUBJECTIVE, CriterionStage.TECHNICAL, D(60), D("0.5"))
TEAM = Criterion("team", "人员", "Team", CriterionKind.SUBJECTIVE, CriterionStage.TECHNICAL, D(40), D("0.5"))
PRICE = Criterion("price", "价格", "Price", CriterionKind.PRICE, CriterionStage.PRICE, D(100), D("0.01"))
GATED = EvaluationRules(
    criteria=CriteriaSet((PLAN, TEAM, PRICE), D(100)),
    price_rule=PriceRule("lowest_price_ratio", {"full": D(100), "places": D(2)}),
    scoring=ScoringRules(Aggregation.SIMPLE_MEAN, 2, 5, None),
    tie_chain=("technical", "lower_price"),
    may_draw=False,
    most_candidates=3,
    method=EvaluationMethod.TECHNICAL_GATE,
    gate=TechnicalGate(pass_mark=D(70), shortlist=3),
)
GATED_PRICES = {"A": D(9500000), "B": D(10300000), "C": D(9000000), "D": D(9800000), "E": D(8800000)}
TECHNICAL = {
    "A": ("50", "32.5"),
    "B": ("55", "35"),
    "C": ("45", "26.5"),
    "D": ("48", "34.5"),
    "E": ("40", "26"),
}
POINTS: Cells = {bid: {"plan": D(plan), "team": D(team)} for bid, (plan, team) in TECHNICAL.items()}
