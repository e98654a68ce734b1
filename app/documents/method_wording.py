"""The method of an evaluation in words: for notices, reports and the command line alike."""

from __future__ import annotations

from dataclasses import replace

from app.documents.wording import Lang, formula_words, listed, plain
from app.messages import sentence
from app.procedure.terms import percent
from evaluation.adjustment_steps import adjustment_steps
from evaluation.criteria import UNBOUNDED, AdjustmentBasis, Criterion
from evaluation.evaluate import EvaluationResult, EvaluationRules
from evaluation.methods import TechnicalGate
from evaluation.price_steps import PriceStep, PriceSteps, price_steps, steps_before
from evaluation.sitting import ReviewItem, SittingState, shares_granted


def method_name(rules: EvaluationRules, regime: str, lang: str) -> str:
    """The method as the law of the regime names it: 综合评估法 for works is 综合评分法 for goods."""
    return sentence(f"{regime}_method_{rules.by}", {}, lang)


def method_standard(rules: EvaluationRules, regime: str, lang: Lang) -> str:
    """The method with what decides under it: full marks, gate, or the evaluated price."""
    facts: dict[str, object] = {"method": method_name(rules, regime, lang), "total": plain(rules.criteria.total)}
    if rules.in_money:
        return sentence("method_in_money", facts, lang)
    if rules.gate is not None:
        return sentence("method_gated", facts | {"gate": gate_words(rules.gate, lang)}, lang)
    return sentence("method_points", facts, lang)


def gate_words(gate: TechnicalGate, lang: Lang) -> str:
    """Who goes on to the price."""
    mark = sentence("gate_mark", {"mark": plain(gate.pass_mark)}, lang) if gate.pass_mark is not None else ""
    first = sentence("gate_shortlist", {"shortlist": gate.shortlist}, lang) if gate.shortlist is not None else ""
    return listed([mark, first], lang)


def price_words(rules: EvaluationRules, lang: str) -> str:
    """How prices are compared: by a formula, or after adjustments, as a sentence that anybody can recompute."""
    if not rules.in_money:
        return formula_words(rules.formula, lang)
    return sentence("evaluated_price_formula" if rules.criteria.scored else "unadjusted_price_formula", {}, lang)


def adjustment_words(criterion: Criterion, lang: str) -> str:
    """What a unit of a deviation adds to the price or takes off it; "" for a criterion of points."""
    priced = criterion.adjustment
    if priced is None:
        return ""
    facts = {
        "unit": priced.unit_en if lang == "en" else priced.unit_zh,
        "amount": plain(abs(priced.amount)),
        "direction": sentence("adjustment_adds" if priced.amount > 0 else "adjustment_takes", {}, lang),
        "most": plain(criterion.full),
    }
    in_yuan = priced.basis is AdjustmentBasis.YUAN
    words = sentence("adjustment_yuan" if in_yuan else "adjustment_percent", facts, lang)
    most = sentence("adjustment_most", facts, lang) if criterion.full < UNBOUNDED else ""
    return ("，" if lang == "zh" else ", ").join(filter(None, (words, most)))


def review_item_words(item: ReviewItem, lang: Lang) -> str:
    """An item of the review; of one that grants a deduction also how much."""
    name = item.name_en if lang == "en" else item.name_zh
    if item.deduction is None:
        return name
    return sentence("review_item_deduction", {"name": name, "share": percent(item.deduction)}, lang)


def deduction_words(sitting: SittingState, bid: str, bidder: str, lang: Lang) -> str:
    """Why how much less of a price is compared; "" where all of it is."""
    items = {item.id: item for item in sitting.rules.review_items}
    granted = [items[id] for id in (sitting.granted or {}).get(bid, ())]
    if not granted:
        return ""
    share = shares_granted(granted, {bid: tuple(item.id for item in granted)})[bid]
    named = listed([item.name_en if lang == "en" else item.name_zh for item in granted], lang)
    return sentence("price_deducted", {"bidder": bidder, "items": named, "share": percent(share)}, lang)


def worked_prices(rules: EvaluationRules, result: EvaluationResult) -> PriceSteps:
    """The lines that lead to what is compared of each bid: price scores, or evaluated prices. A bid that a technical
    gate has stopped has none."""
    if rules.in_money:
        return adjustment_steps(rules.criteria, result)
    ranked = [row for row in result.bids if row.ranked]
    if not ranked:
        return PriceSteps((), (), {})
    steps = price_steps(rules.formula, {row.bid: row.compared for row in ranked})
    own = {row.bid: (*steps_before(row), *steps.bids[row.bid]) for row in ranked}
    return replace(steps, bids=own)


def step_words(rules: EvaluationRules, result: EvaluationResult, bid: str, step: PriceStep, lang: str) -> str:
    """What a line computes; of a deviation also which, and how many units of it count."""
    facts: dict[str, object] = {"places": step.places, "result": str(step.result)}
    corrected = result[bid].corrected if bid else None
    if corrected is not None:
        facts["ground"] = sentence(f"arithmetic_{corrected.ground}", {}, lang)
    if step.about:
        criterion = rules.criteria[step.about]
        priced = criterion.adjustment
        facts |= {
            "name": criterion.name_en if lang == "en" else criterion.name_zh,
            "units": plain(result[bid].criterion_means[step.about]),
            "unit": "" if priced is None else priced.unit_en if lang == "en" else priced.unit_zh,
        }
    return sentence(step.code, facts, lang)
