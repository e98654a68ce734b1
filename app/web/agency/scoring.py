"""A lot's scoring between the form that officers fill in and the terms that are published."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

from app.casefile.codec import decode
from app.procedure.errors import RuleViolation
from app.procedure.terms import percent
from app.web.agency.forms import ScoringForm
from evaluation.criteria import CriteriaSet, check_criteria
from evaluation.evaluate import EvaluationRules, check_evaluation_rules
from evaluation.methods import EvaluationMethod
from evaluation.prices import FORMULAS

SPARE_ROWS = 2
DEFAULTS = {
    "places": "2", "drop_highest_from": "5", "drop_lowest_from": "5", "benchmark_places": "2", "above": "1",
    "below": "0.5", "floor": "0", "deviation_places": "4", "discount": "0.05", "ceiling": "1", "drop": "0.05",
    "floor_weight": "0.5", "floor_ratio": "0.9", "weight": "0.5", "ratio": "1", "base": "80", "peak": "100",
    "least_below": "80", "least_above": "60",
}  # fmt: skip
USUAL: dict[str, dict[str, str]] = {  # what a formula has otherwise, as the rule book states it
    "mean_deviation": {"drop_highest_from": "4", "drop_lowest_from": "4"},
    "trimmed_mean_discount": {"benchmark_places": "3", "discount": "0.005、0.01、0.015、0.02、0.025、0.03"},
    "ceiling_mix": {"drop": "0.02", "floor_ratio": "0.85", "above": "1.5", "below": "0.8"},
    "utility": {"drop_highest_from": "6", "drop_lowest_from": "7", "ratio": "0.95", "above": "1.2", "below": "0.8"},
    "piecewise": {"drop_highest_from": "4", "drop_lowest_from": "7"},
}
_PERCENT = re.compile(r"(\d{1,2}(?:\.\d{1,2})?)\s*[%％]")
_SEPARATORS = re.compile(r"[\s、，,;；]+")
_BAND = re.compile(
    r"^(?P<zh>\S+?)\s*(?:/\s*(?P<en>[^\d]+?))?\s+(?P<low>\d+(?:\.\d+)?)\s*[-–~]\s*(?P<high>\d+(?:\.\d+)?)$"
)


def fill_scoring(lot: dict[str, Any]) -> dict[str, Any]:
    """What the form shows of a lot, with empty rows for further criteria."""
    rules = lot["evaluation"]
    rows = [
        {**c, "full": Decimal(c["full"]), "step": Decimal(c["step"]), "bands": _bands_text(c.get("bands", []))}
        for c in rules["criteria"]["criteria"]
    ]
    chain, gate = [*rules["tie_chain"], "", "", ""], rules.get("gate") or {}
    return {
        "criteria": [*rows, *({} for _ in range(SPARE_ROWS))],
        "formula": rules["price_rule"]["formula"],
        "aggregation": rules["scoring"]["aggregation"],
        "trim_from": rules["scoring"]["trim_from"],
        "places": rules["scoring"]["places"],
        "tie_1": chain[0],
        "tie_2": chain[1],
        "tie_3": chain[2],
        "most_candidates": rules["most_candidates"],
        "review_items": review_items_text(lot["review_items"]),
        "pass_mark": Decimal(gate["pass_mark"]) if gate.get("pass_mark") else None,
        "shortlist": gate.get("shortlist"),
    }


def read_scoring(form: ScoringForm, sent: Mapping[str, str], lot: dict[str, Any], *, may_draw: bool) -> dict[str, Any]:
    """The lot with the scoring that was typed. Raises RuleViolation for what could never be published."""
    criteria = [
        _criterion(row, number) for number, row in enumerate(form.criteria, 1) if (row.name_zh.data or "").strip()
    ]
    before = lot["evaluation"]
    gated = before.get("method") == EvaluationMethod.TECHNICAL_GATE
    total = sum((Decimal(c["full"]) for c in criteria if not gated or c["kind"] != "price"), Decimal(0))
    published = {"criteria": criteria, "total": format(total, "f")}
    check_criteria(decode(CriteriaSet, published), price_counts=not gated)
    price = next(c for c in criteria if c["kind"] == "price")
    typed = {name: sent.get(f"param-{name}", old) for name, old in price_parameters(before["price_rule"]).items()}
    rules = {
        "criteria": published,
        "price_rule": _price_rule(before["price_rule"]["formula"], {**typed, "full": price["full"]}),
        "scoring": {
            **before["scoring"],
            "aggregation": form.aggregation.data,
            "trim_from": form.trim_from.data,
            "places": form.places.data,
        },
        "tie_chain": tie_chain(form.tie_1.data, form.tie_2.data, form.tie_3.data),
        "may_draw": may_draw,
        "most_candidates": form.most_candidates.data,
        **({"method": before["method"]} if before.get("method") else {}),
        **({"gate": _gate(form)} if gated else {}),
    }
    check_evaluation_rules(decode(EvaluationRules, rules))
    return {**lot, "evaluation": rules, "review_items": read_review_items(form.review_items.data or "")}


def tie_chain(*chosen: str | None) -> list[str]:
    """The rules that were chosen, in order."""
    return [rule for rule in chosen if rule]


def _gate(form: ScoringForm) -> dict[str, Any]:
    """Who goes on to the price; what was left empty is no limit."""
    mark, first = form.pass_mark.data, form.shortlist.data
    return {
        **({} if mark is None else {"pass_mark": format(mark, "f")}),
        **({} if first is None else {"shortlist": first}),
    }


def price_parameters(rule: Mapping[str, Any]) -> dict[str, str]:
    """What the form shows of a price formula: one figure, or for the opening to draw from several."""
    return {**rule["parameters"], **{name: "、".join(values) for name, values in rule.get("drawn", {}).items()}}


def _price_rule(formula: str, typed: Mapping[str, str]) -> dict[str, Any]:
    figures = {name: [part for part in _SEPARATORS.split(text) if part] or [""] for name, text in typed.items()}
    return {
        "formula": formula,
        "parameters": {name: values[0] for name, values in figures.items() if len(values) == 1},
        "drawn": {name: values for name, values in figures.items() if len(values) > 1},
    }


def with_formula(lot: dict[str, Any], formula: str) -> dict[str, Any]:
    """The lot with another price formula, its parameters at usual values to be looked at."""
    full = next(c["full"] for c in lot["evaluation"]["criteria"]["criteria"] if c["kind"] == "price")
    names = [parameter.name for parameter in fields(FORMULAS[formula])]
    ceiling = lot["ceiling"] or DEFAULTS["ceiling"]
    usual = {**DEFAULTS, **USUAL.get(formula, {}), "full": full, "ceiling": ceiling}
    rule = _price_rule(formula, {name: usual[name] for name in names})
    return {**lot, "evaluation": {**lot["evaluation"], "price_rule": rule}}


def _criterion(row: Any, number: int) -> dict[str, Any]:
    name = row.name_zh.data.strip()
    if row.full.data is None or row.step.data is None:
        raise RuleViolation("criterion_incomplete", criterion=name)
    found: dict[str, Any] = {
        "id": row.form.id.data or f"c{number}",
        "name_zh": name,
        "name_en": (row.name_en.data or "").strip() or name,
        "kind": row.kind.data,
        "stage": row.stage.data,
        "full": format(row.full.data, "f"),
        "step": format(row.step.data, "f"),
    }
    if bands := _bands(row.bands.data or "", name):
        found["bands"] = bands
    if standard := (row.standard_zh.data or "").strip():
        found |= {"standard_zh": standard, "standard_en": (row.standard_en.data or "").strip() or standard}
    return found


def _bands(text: str, criterion: str) -> list[dict[str, str]]:
    found = []
    for part in filter(None, (part.strip() for part in re.split("[；;]", text))):
        match = _BAND.match(part)
        if match is None:
            raise RuleViolation("band_unreadable", criterion=criterion, band=part)
        named = match.groupdict()
        found.append({"name_zh": named["zh"], "name_en": named["en"] or named["zh"], **_ends(named)})
    return found


def _ends(named: dict[str, str]) -> dict[str, str]:
    return {"low": named["low"], "high": named["high"]}


def _bands_text(bands: list[dict[str, str]]) -> str:
    return "；".join(f"{b['name_zh']}/{b['name_en']} {b['low']}-{b['high']}" for b in bands)


def review_items_text(items: list[dict[str, str]]) -> str:
    """The items of the review as they are typed, one a line."""
    return "\n".join(
        " | ".join(part for part in (item["name_zh"], item["name_en"], _deduction_text(item)) if part) for item in items
    )


def _deduction_text(item: dict[str, str]) -> str:
    return f"{percent(Decimal(item['deduction']))}%" if item.get("deduction") else ""


def read_review_items(text: str) -> list[dict[str, str]]:
    """What was typed: in Chinese, after a bar in English, and after one more the share of a price that is deducted.

    Raises RuleViolation `review_item_unreadable`.
    """
    lines = [[part.strip() for part in line.split("|")] for line in text.splitlines() if line.strip()]
    return [_review_item(number, *parts) for number, parts in enumerate(lines, 1)]


def _review_item(number: int, zh: str, *more: str) -> dict[str, str]:
    *named, last = more or ("",)
    share = _PERCENT.fullmatch(last)
    english = named if share else [*named, last]
    if len(english) > 1:
        raise RuleViolation("review_item_unreadable", number=number, text=" | ".join(more))
    found = {"id": f"r{number}", "name_zh": zh, "name_en": "".join(english) or zh}
    return found | ({"deduction": format(Decimal(share[1]) / 100, "f")} if share else {})
