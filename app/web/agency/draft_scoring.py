"""The step of a draft in which a lot's method, criteria, formula and tie chain are chosen."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from app.adapters.profiles import read_profile
from app.procedure.profiles import Profile
from app.services.tenders import Draft
from app.web.agency.draft_pages import saved, shown
from app.web.agency.forms import DeviationsForm, MethodForm, ScoringForm, options
from app.web.agency.methods import fill_deviations, method_of, read_deviations, with_method
from app.web.agency.overtaken import overtaken
from app.web.agency.scoring import SPARE_ROWS, fill_scoring, price_parameters, read_scoring, with_formula
from app.web.pages import attempt
from app.web.wording import FORMULAS, PARAMETERS, evaluation_methods
from evaluation.methods import TIE_RULES, EvaluationMethod
from evaluation.prices import FORMULAS as PRICE_FORMULAS


def scoring_step(draft: Draft, step: str, index: int) -> str | Response:
    """The scoring of one lot, by its method; another method is chosen by a form of its own."""
    lot, profile = draft.form["lots"][index], read_profile(draft.form["profile"])
    method = method_of(lot)
    choosing = MethodForm(data={"method": method})
    names = {**evaluation_methods(profile), **({} if method in profile.methods else {method: str(method)})}
    choosing.method.choices = options(names.items())
    if request.form.get("go") == "method":
        if choosing.validate_on_submit() and not overtaken(choosing, draft, step):
            return _with_other_method(draft, step, index, EvaluationMethod(choosing.method.data), profile)
        return shown(draft, step, "draft_method", choosing=choosing)
    if method is EvaluationMethod.LOWEST_PRICE:
        return _deviations(draft, step, index, choosing, profile)
    return _points(draft, step, index, choosing, profile)


def _with_other_method(
    draft: Draft, step: str, index: int, method: EvaluationMethod, profile: Profile
) -> str | Response:
    lot = draft.form["lots"][index]
    changed = lot if method is method_of(lot) else with_method(lot, method, profile.regime)
    return saved(draft, step, _with_lot(draft, index, changed), stay=True)


def _with_lot(draft: Draft, index: int, changed: dict[str, Any]) -> dict[str, Any]:
    lots = [changed if i == index else one for i, one in enumerate(draft.form["lots"])]
    return {**draft.form, "lots": lots}


def _points(draft: Draft, step: str, index: int, choosing: MethodForm, profile: Profile) -> str | Response:
    """Criteria of points and the price formula; with a technical gate also who goes on to the price."""
    lot = draft.form["lots"][index]
    rules, may_draw = lot["evaluation"], profile.regime == "goods"
    form = ScoringForm(data=fill_scoring(lot))
    form.formula.choices = _formulas(profile, rules["price_rule"]["formula"])
    for field in (form.tie_1, form.tie_2, form.tie_3):
        field.choices = _tie_choices(lot, may_draw=may_draw)
    if form.validate_on_submit() and not overtaken(form, draft, step):
        changed = attempt(form, lambda: read_scoring(form, request.form, lot, may_draw=may_draw))
        if changed:
            if form.formula.data != rules["price_rule"]["formula"]:
                changed = with_formula(changed, form.formula.data)
            return saved(draft, step, _with_lot(draft, index, changed))
    parameters, drawable = {**price_parameters(rules["price_rule"]), **_typed_parameters()}, _drawable(rules)
    named = [
        (name, PARAMETERS.get(name, name), value, name in drawable)
        for name, value in parameters.items()
        if name != "full"
    ]
    gated = method_of(lot) is EvaluationMethod.TECHNICAL_GATE
    of_form = {"form": form, "choosing": choosing, "gated": gated}
    return shown(draft, step, "draft_scoring", parameters=named, spare=SPARE_ROWS, **of_form)


def _deviations(draft: Draft, step: str, index: int, choosing: MethodForm, profile: Profile) -> str | Response:
    """The deviations that change a price, and how equal prices are parted."""
    lot, may_draw = draft.form["lots"][index], profile.regime == "goods"
    form = DeviationsForm(data=fill_deviations(lot))
    for field in (form.tie_1, form.tie_2):
        field.choices = _tie_choices(lot, may_draw=may_draw)
    if form.validate_on_submit() and not overtaken(form, draft, step):
        changed = attempt(form, lambda: read_deviations(form, lot, may_draw=may_draw))
        if changed:
            return saved(draft, step, _with_lot(draft, index, changed))
    adjusted = profile.price_adjustments
    return shown(draft, step, "draft_deviations", form=form, choosing=choosing, adjusted=adjusted)


def _formulas(profile: Profile, chosen: str) -> list[SelectChoice]:
    """Those of the rule book; what the draft has stays visible after a change of rules, and the preview refuses it."""
    allowed = profile.price_formulas or tuple(FORMULAS)
    return options((name, words) for name, words in FORMULAS.items() if name in allowed or name == chosen)


def _drawable(rules: dict[str, Any]) -> frozenset[str]:
    return PRICE_FORMULAS[rules["price_rule"]["formula"]].coefficients


def _typed_parameters() -> dict[str, str]:
    return {name[6:]: value for name, value in request.form.items() if name.startswith("param-")}


def _tie_choices(lot: dict[str, Any], *, may_draw: bool) -> list[SelectChoice]:
    """What may part equals under the lot's method: general rules, then the mean for each criterion of points."""
    words = {
        "price_score": _("价格分高者在前"),
        "technical": _("技术得分高者在前"),
        "lower_price": _("报价低者在前"),
    }
    known = TIE_RULES[method_of(lot)]
    scored = [c for c in lot["evaluation"]["criteria"]["criteria"] if c["kind"] != "price" and "adjustment" not in c]
    named = [(f"criterion:{c['id']}", _("“%(name)s”得分高者在前", name=c["name_zh"])) for c in scored]
    general = [(rule, words[rule]) for rule in known if rule in words]
    return options([("", "—"), *general, *named, *([("draw", _("抽签决定"))] if may_draw else [])])
