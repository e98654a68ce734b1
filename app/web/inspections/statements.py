"""What inspected parties see of themselves and say of it, and what an inspector answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, abort, render_template, request
from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from app.extensions import access, current_actor, platform, takes
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed
from app.procedure.inspections.facts import ViewAnswered, ViewStated
from app.procedure.inspections.items import ObjectClass
from app.procedure.inspections.results import stated_until
from app.queries.inspected import OwnResult, own_number, own_results, results_in
from app.web.inspections.forms import RIGHT_CHOICES, AnswerForm, StatementForm
from app.web.inspections.shared import entitled_year, head, names_of, review, trail
from app.web.inspections.visits import FILES_BYTES, Visit
from app.web.inspections.words import CLASSES, CODES, GRADES
from app.web.pages import attempt, confirmed

routes = Blueprint("inspection_statements", __name__, url_prefix="/inspections")


@routes.get("/own")
@access(Action.OWN_ACCOUNT)
def own() -> str:
    """What inspections found on one's own organisation, or on oneself as an expert."""
    here, actor = platform(), current_actor()
    with here.database.reading() as db_session:
        found = own_results(db_session, actor)
    rows = [(one, names_of(one.case)[one.authority], stated_until(one.campaign, one.outcome)) for one in found]
    return render_template("pages/inspections/own.html", rows=rows, now=here.database.now())


def _own(case: str, number: int, object_: str, authority: str) -> OwnResult:
    """One's own result; 404 for every other one."""
    found, actor = entitled_year(case, Action.INSPECTION_ANSWER), current_actor()
    with platform().database.reading() as db_session:
        mine = results_in(found, actor, own_number(db_session, actor.id))
        for one in mine:
            if (one.campaign.number, one.object.id, one.authority) == (number, object_, authority):
                return one
    abort(404)


@routes.route("/<case>/campaigns/<int:number>/own/<object>/<authority>", methods=["GET", "POST"])
@access(Action.INSPECTION_ANSWER)
@takes(FILES_BYTES)
def result(case: str, number: int, object: str, authority: str) -> str:
    """What was found on the own organisation, what was said of it, and a form to say something."""
    one, form = _own(case, number, object, authority), StatementForm()
    campaign, outcome = one.campaign, one.outcome
    titles = {item.id: item.title for item in campaign.items}
    awaited = outcome.awaited() if not outcome.waits else ()
    form.corrected.choices = [SelectChoice(id_, titles[id_]) for id_ in awaited]
    if confirmed(form):
        fact: Any = attempt(form, lambda: _stated(one, form))
        if fact:
            effects: list[tuple[str, object]] = [(_("检查对象"), f"{one.object.id} {one.object.name}".strip())]
            effects += [(_("陈述申辩"), fact.words)]
            corrected = _("、").join(titles[id_] for id_ in fact.corrected)
            effects += [(_("已经改正的事项"), corrected)] if corrected else []
            effects += [(_("证据文件"), _("、").join(file.name for file in fact.files))] if fact.files else []
            words = _("签名后交给检查人员答复。结果公布后，您写的内容和答复与结果一并公布；附件只有检查部门看得到。")
            return review(
                _("陈述申辩"), one.case, fact, effects=effects, words=words, next_url=request.path,
                back_url=request.path,
            )  # fmt: skip
    now, until = platform().database.now(), stated_until(campaign, outcome)
    return render_template(
        "pages/inspections/own_result.html",
        **head(one.case),
        breadcrumbs=trail(one.case, (campaign.proposed.title, None)),
        one=one,
        form=form,
        titles=titles,
        awaited=awaited,
        authority=names_of(one.case)[authority],
        until=until,
        may_state=campaign.plan.rules.statement_within is not None and (until is None or now < until or awaited),
        correction_due_at=campaign.correction_due_at(outcome),
        codes=CODES,
        classes=CLASSES,
        grades=GRADES,
    )


def _stated(one: OwnResult, form: StatementForm) -> ViewStated:
    """What the rules accept, with the files kept. Raises RuleViolation."""
    actor, expert = current_actor(), one.object.object_class is ObjectClass.EXPERT
    unit, name = ("", "") if expert else (actor.credit_code, actor.organisation_name)
    fact = ViewStated(
        one.campaign.number,
        one.object.id,
        one.authority,
        one.outcome.entered_sha256,
        unit,
        name,
        (form.words.data or "").strip(),
        tuple(form.corrected.data or ()),
    )
    one.case.decide(fact, "", actor, platform().database.now())
    return replace(fact, files=form.kept())


@routes.post("/<case>/campaigns/<int:number>/visits/<object>/answer")
@access(Action.INSPECTION_VISIT)
def answer(case: str, number: int, object: str) -> str:
    """A drawn inspector who did not enter the result answers what the party said of it."""
    here, form = Visit(case, number, object), AnswerForm(prefix="answer-")
    if not here.mine or here.outcome is None:
        raise NotAllowed(Action.INSPECTION_VISIT)
    said = next((one for one in here.outcome.statements if one.sha256 == form.statement.data), None)
    if said is None:
        abort(404)
    if confirmed(form):
        right, words = form.right.data == "1", (form.words.data or "").strip()
        fact = ViewAnswered(number, object, here.authority, said.sha256, right, words)
        if attempt(form, lambda: here.found.decide(fact, "", current_actor(), platform().database.now())):
            effects = [*here.effects(), (_("陈述申辩"), said.made.words)]
            effects += [(_("对陈述的认定"), dict((c.value, c.label) for c in RIGHT_CHOICES)[form.right.data])]
            effects += [(_("理由"), words)]
            explained = _(
                "签名后告知当事人，与陈述申辩一并公布。成立的，原填报不能再确认，请重新填报，由同组另一人确认。"
            )
            return review(
                _("答复陈述申辩"), here.found, fact, effects=effects, words=explained, next_url=here.home,
                back_url=request.path,
            )  # fmt: skip
    return here.page(answer=form)
