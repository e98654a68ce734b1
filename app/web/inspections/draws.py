"""The wall of a draw of inspections, the act that it waits for from each party, and further rounds."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from app.casefile.case import Case
from app.extensions import access, current_actor, platform, required_log_in
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.errors import RuleViolation
from app.procedure.inspections.facts import (
    CertainInspectorsProposed,
    InspectorsDrawOpened,
    Part,
    RedrawOrdered,
    RedrawProposed,
)
from app.procedure.inspections.pools import (
    accounts_of,
    certain_places,
    drawn_objects,
    free_inspectors,
    place,
    seated,
    visits,
)
from app.procedure.inspections.rules import still_recused
from app.procedure.inspections.state import Campaign, lot_of, part_of
from app.queries.draw_hall import draw_hall
from app.queries.inspection_steps import draw_task, party_of, year_of
from app.queries.people import names_of_accounts
from app.services import draws
from app.services.cursors import cursor_of
from app.web.drawing import bytes_to_give, course_of
from app.web.entitled import account_key, in_words
from app.web.inspections.forms import GroundForm, RedrawForm
from app.web.inspections.shared import entitled_year, head, names_of, party_names, review, trail
from app.web.inspections.words import CLASSES, GRADES, PARTS
from app.web.names import ROUND_REASONS
from app.web.pages import attempt, confirmed

routes = Blueprint("inspection_draws", __name__, url_prefix="/inspections/<case>")


def _shown(found: Case, lot: str) -> dict[str, Any]:
    here, actor, hall = platform(), current_actor(), draw_hall(found, lot)
    number, part = part_of(lot)
    campaign = year_of(found).campaign(number)
    task, current = draw_task(found, lot, actor), hall.current
    state = found.lot(lot).draw
    staff = allowed(actor, Action.INSPECTION_VISIT, found)
    people = accounts_of(campaign) if staff and part is Part.INSPECTORS else {}
    drawn = {number: people[number] for number in {id_.partition(":")[0] for id_ in state.seats} if number in people}
    names = names_of_accounts(here.database, set(drawn.values()))
    return course_of(hall, found.id, lot) | {
        "hall": hall,
        "lot": lot,
        "number": number,
        "part": part,
        "parts": PARTS,
        "campaign": campaign,
        "objects": campaign.objects,
        "person": {number: names[account] for number, account in drawn.items()},
        "task": task,
        "state": f"{hall.stage}/{current.number}/{current.step}/{task}" if current else hall.stage,
        "parties": party_names(found),
        "names": names_of(found),
        "reasons": ROUND_REASONS,
        "classes": CLASSES,
        "grades": GRADES,
        "lately_dismissed": {fact.candidate: fact for fact, _at in campaign.redrawn if fact.part is part},
        "cursor": cursor_of(here, found),
    }


def _trail(found: Case, lot: str, *further: tuple[str, str | None]) -> list[tuple[str, str | None]]:
    number, part = part_of(lot)
    title = year_of(found).campaign(number).proposed.title
    home = url_for("inspections.campaign", case=found.id, number=number)
    wall = url_for("inspection_draws.wall", case=found.id, lot=lot) if further else None
    return trail(found, (title, home), (str(PARTS[part]), wall), *further)


@routes.get("/draws/<lot>")
@access(Action.DRAW_WATCH)
def wall(case: str, lot: str) -> str:
    """A draw as everybody may watch it, and the one act it waits for from this party."""
    found = entitled_year(case, Action.DRAW_WATCH, lot)
    shown = _shown(found, lot)
    asked = shown["task"] in ("commit", "reveal")
    party = party_of(found, current_actor())
    giving = bytes_to_give(shown["hall"], f"{found.id}/{lot}", party) if asked else None
    context = head(found) | {"breadcrumbs": _trail(found, lot)} | shown
    return render_template("pages/inspections/draw.html", **context, giving=giving)


@routes.get("/draws/<lot>/board")
@access(Action.DRAW_WATCH)
def board(case: str, lot: str) -> str:
    """The live part of the wall alone."""
    found = entitled_year(case, Action.DRAW_WATCH, lot)
    return render_template("pages/inspections/_draw.html", case_id=case, **_shown(found, lot))


@routes.get("/draws/<lot>/statement")
@access(Action.DRAW_STATE)
def state(case: str, lot: str) -> str:
    """The very statement that the centre signs; nothing of it is anybody's choice."""
    found = entitled_year(case, Action.DRAW_STATE, lot)
    wall_url = url_for("inspection_draws.wall", case=case, lot=lot)
    shown: dict[str, Any] = {"payload": None, "errors": [], "stated": {}}
    try:
        shown["payload"] = draws.freeze_pool(platform(), required_log_in(), case, lot)
        shown["stated"] = json.loads(shown["payload"]["statement"])
    except RuleViolation as refusal:
        shown["errors"] = [in_words(refusal)]
    context = head(found) | {"breadcrumbs": _trail(found, lot, (_("锁定名单"), None)), "lot": lot, "back": wall_url}
    return render_template("pages/inspections/state.html", **context, **shown, key_name=account_key())


@routes.route("/campaigns/<int:number>/inspectors-draw", methods=["GET", "POST"])
@access(Action.INSPECTION_PREPARE)
def open_inspectors(case: str, number: int) -> str | Response:
    """Whoever must has stepped back: the draw of the inspectors begins. Where it leaves nothing to chance, one person
    says why and another one opens it."""
    found = entitled_year(case, Action.INSPECTION_PREPARE)
    campaign = year_of(found).campaign(number)
    if campaign.inspectors_opened:
        return redirect(url_for("inspections.campaign", case=case, number=number))
    certain = certain_places(campaign, found.draws) if campaign.plan.rules.choice_needed else ()
    waiting = campaign.certain if campaign.certain and campaign.certain.places == certain else None
    if certain and (waiting is None or campaign.certain_by == current_actor().id):
        return _propose_certain(found, campaign, certain)
    drawn = drawn_objects(campaign, found.draws)
    least = min((len(free_inspectors(campaign, a, o)) for o, a in visits(campaign, found.draws)), default=0)
    effects = [
        (_("任务名称"), campaign.proposed.title),
        (_("抽中的检查对象"), _("%(n)s 个", n=len(drawn))),
        (_("已申请回避"), _("%(n)s 项", n=len(campaign.recusals))),
        (_("回避后最少可抽"), _("%(n)s 名，每个对象抽 %(k)s 名", n=least, k=campaign.plan.rules.inspectors_per_object)),
    ]
    if certain and waiting is not None:
        effects.append((_("没有随机性"), _("%(n)s 个对象可抽人数不多于名额，公示页注明", n=len(certain))))
        effects.append((_("仍然抽取的理由"), waiting.reason))
    opened = InspectorsDrawOpened(number, campaign.certain_sha256 if certain else "")
    return review(
        _("开始抽取检查人员"), found, opened, effects=effects,
        words=_("签名后检查对象不能再更换。之后才发现应当回避的，由两名监管人员决定补抽。"),
        next_url=url_for("inspection_draws.wall", case=case, lot=lot_of(number, Part.INSPECTORS)),
    )  # fmt: skip


def _propose_certain(found: Case, campaign: Campaign, places: tuple[str, ...]) -> str:
    """Why inspectors are drawn of places in which whoever is free will be drawn, for another person to open it."""
    number, form = campaign.number, GroundForm()
    home = url_for("inspections.campaign", case=found.id, number=number)
    objects = [campaign.objects[name.rpartition(":")[0]] for name in places]
    named = _("、").join(dict.fromkeys(f"{one.id} {one.name}".strip() for one in objects))
    if confirmed(form):
        fact = CertainInspectorsProposed(number, places, (form.ground.data or "").strip())
        if attempt(form, lambda: found.decide(fact, "", current_actor(), platform().database.now())):
            effects = [(_("没有随机性的对象"), named), (_("仍然抽取的理由"), fact.reason)]
            words = _("由另一名监管人员核对后开始抽取。理由永久保留，向社会公布。")
            return review(
                _("没有随机性的抽取"), found, fact, effects=effects, words=words, next_url=home, back_url=request.path
            )
    shown = head(found) | {"breadcrumbs": trail(found, (campaign.proposed.title, home), (_("开始抽取检查人员"), None))}
    waits = campaign.certain if campaign.certain and campaign.certain.places == places else None
    people = campaign.plan.rules.inspectors_per_object
    return render_template(
        "pages/inspections/certain.html", **shown, form=form, named=named, home=home, waits=waits, people=people
    )


def _candidates(found: Case, campaign: Campaign, part: Part) -> list[SelectChoice]:
    """Who or what may be replaced: those that have to be first."""
    ids = seated(found.draws[lot_of(campaign.number, part)])
    first = still_recused(campaign, found.draws) if part is Part.INSPECTORS else ()
    people = accounts_of(campaign) if part is Part.INSPECTORS else {}
    names = names_of_accounts(platform().database, {people[id_.partition(":")[0]] for id_ in ids} if people else set())
    labels = {}
    for id_ in ids:
        number, colon, object_ = id_.partition(":")
        shown = campaign.objects[object_ if colon else id_]
        words = f"{shown.id} {shown.name}".strip()
        labels[id_] = f"{names[people[number]]} → {words}" if colon else words
        if id_ in first:
            labels[id_] += _("（已申请回避）")
    return [SelectChoice(id_, labels[id_]) for id_ in sorted(ids, key=lambda id_: id_ not in first)]


@routes.route("/campaigns/<int:number>/redraw", methods=["GET", "POST"])
@access(Action.INSPECTION_PREPARE)
def redraw(case: str, number: int) -> str:
    """One of the drawn is to be replaced by a further round, on a ground, by the word of two persons."""
    found, form = entitled_year(case, Action.INSPECTION_PREPARE), RedrawForm()
    campaign = year_of(found).campaign(number)
    part = Part.INSPECTORS if campaign.inspectors_opened else Part.OBJECTS
    if lot_of(number, part) not in found.lots:
        abort(404)
    settled = {place(*visit) for visit, outcome in campaign.outcomes.items() if outcome.confirmed is not None}
    drawn_for = found.draws[lot_of(number, part)].drawn_for
    choices = _candidates(found, campaign, part)
    # Nobody of a visit whose results were confirmed is replaced.
    form.candidate.choices = [choice for choice in choices if drawn_for[choice.value] not in settled]
    if confirmed(form):
        fact = RedrawProposed(number, part, form.candidate.data, (form.ground.data or "").strip())
        if attempt(form, lambda: found.decide(fact, "", current_actor(), platform().database.now())):
            shown = dict((c.value, c.label) for c in form.candidate.choices)[fact.candidate]
            effects = [(str(PARTS[part]), shown), (_("理由"), fact.ground)]
            home = url_for("inspections.campaign", case=case, number=number)
            words = _("由另一名监管人员签发后补抽一轮。原来的一轮和补抽的理由永久保留，向社会公布。")
            return review(_("拟补抽"), found, fact, effects=effects, words=words, next_url=home, back_url=request.path)
    lot = lot_of(number, part)
    shown = head(found) | {"breadcrumbs": _trail(found, lot, (_("补抽"), None)), "number": number}
    return render_template("pages/inspections/redraw.html", **shown, form=form, part=part)


@routes.get("/campaigns/<int:number>/redraw/order")
@access(Action.INSPECTION_APPROVE)
def order_redraw(case: str, number: int) -> str:
    """Word for word what waits, for the second person."""
    found = entitled_year(case, Action.INSPECTION_APPROVE)
    campaign = year_of(found).campaign(number)
    waiting = campaign.redraw
    if waiting is None:
        abort(404)
    labels = {c.value: c.label for c in _candidates(found, campaign, waiting.part)}
    shown = labels.get(waiting.candidate, waiting.candidate)
    fact = RedrawOrdered(**vars(waiting))
    return review(
        _("签发补抽"), found, fact, effects=[(str(PARTS[waiting.part]), shown), (_("理由"), waiting.ground)],
        words=_("签名后原抽中的失去名额，立即开始补抽一轮，各方重新提供随机数。"), label=_("签名签发"), tone="warning",
        next_url=url_for("inspection_draws.wall", case=case, lot=lot_of(number, waiting.part)),
    )  # fmt: skip
