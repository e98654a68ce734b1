"""The method of a lot in its draft: changed as a whole, and the form of the one that compares prices."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

from app.adapters.profiles import read_profile
from app.adapters.templates import tender_templates
from app.casefile.codec import decode
from app.procedure.errors import RuleViolation
from app.web.agency.forms import DeviationsForm
from app.web.agency.scoring import SPARE_ROWS, read_review_items, review_items_text, tie_chain
from evaluation.evaluate import EvaluationRules, check_evaluation_rules
from evaluation.methods import EvaluationMethod


def method_of(lot: dict[str, Any]) -> EvaluationMethod:
    """The method of a draft's lot; comprehensive scoring where it names none."""
    return EvaluationMethod(lot["evaluation"].get("method") or EvaluationMethod.COMPREHENSIVE)


def with_method(lot: dict[str, Any], method: EvaluationMethod, regime: str) -> dict[str, Any]:
    """The lot under another method: criteria, gate, formula, tie chain and items of the review as the library of
    templates has them for it, to be looked at. Raises RuleViolation `template_unknown`."""
    for template in tender_templates():
        of_regime = read_profile(template.form["profile"]).regime == regime
        found = template.form["lots"][0]
        if of_regime and method_of(found) is method:
            usual = copy.deepcopy({name: found[name] for name in ("evaluation", "review_items")})
            kept = {name: value for name, value in lot.items() if name != "anonymous"}
            return {**kept, **usual}
    raise RuleViolation("template_unknown", template=str(method))


def fill_deviations(lot: dict[str, Any]) -> dict[str, Any]:
    """What the form of the lowest evaluated price shows of a lot, with empty rows for further deviations."""
    rules = lot["evaluation"]
    rows = []
    for criterion in rules["criteria"]["criteria"]:
        priced, amount = criterion["adjustment"], Decimal(criterion["adjustment"]["amount"])
        figures = {"full": Decimal(criterion["full"]), "step": Decimal(criterion["step"]), "amount": abs(amount)}
        basis = f"{'-' if amount < 0 else ''}{priced['basis']}"
        rows.append({**criterion, **priced, **figures, "basis": basis})
    chain = [*rules["tie_chain"], "", ""]
    return {
        "criteria": [*rows, *({} for _ in range(SPARE_ROWS))],
        "tie_1": chain[0],
        "tie_2": chain[1],
        "most_candidates": rules["most_candidates"],
        "review_items": review_items_text(lot["review_items"]),
    }


def read_deviations(form: DeviationsForm, lot: dict[str, Any], *, may_draw: bool) -> dict[str, Any]:
    """The lot with the deviations that were typed. Raises RuleViolation for what could never be published."""
    criteria = [
        _deviation(row, number) for number, row in enumerate(form.criteria, 1) if (row.name_zh.data or "").strip()
    ]
    rules = {
        **lot["evaluation"],
        "criteria": {"criteria": criteria, "total": "0"},
        "tie_chain": tie_chain(form.tie_1.data, form.tie_2.data),
        "may_draw": may_draw,
        "most_candidates": form.most_candidates.data,
    }
    check_evaluation_rules(decode(EvaluationRules, rules))
    return {**lot, "evaluation": rules, "review_items": read_review_items(form.review_items.data or "")}


def _deviation(row: Any, number: int) -> dict[str, Any]:
    name = row.name_zh.data.strip()
    unit = (row.unit_zh.data or "").strip()
    if not unit or row.amount.data is None or row.full.data is None or row.step.data is None:
        raise RuleViolation("adjustment_incomplete", criterion=name)
    found: dict[str, Any] = {
        "id": row.form.id.data or f"c{number}",
        "name_zh": name,
        "name_en": (row.name_en.data or "").strip() or name,
        "kind": "objective",
        "stage": "commercial",
        "full": format(row.full.data, "f"),
        "step": format(row.step.data, "f"),
        "adjustment": {
            "unit_zh": unit,
            "unit_en": (row.unit_en.data or "").strip() or unit,
            "basis": row.basis.data.removeprefix("-"),
            "amount": format(-row.amount.data if row.basis.data.startswith("-") else row.amount.data, "f"),
        },
    }
    if standard := (row.standard_zh.data or "").strip():
        found |= {"standard_zh": standard, "standard_en": (row.standard_en.data or "").strip() or standard}
    return found
