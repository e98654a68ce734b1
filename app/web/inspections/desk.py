"""The desk of whoever inspects, states or signs: years, what waits, and an authority's registers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from app.casefile.case import Case
from app.extensions import access, current_actor, platform, required_log_in
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.errors import RuleViolation
from app.procedure.inspections.items import Grade, Item, ObjectClass
from app.procedure.names import check_credit_code
from app.queries.inspection_steps import Step, own_todo, own_years, steps
from app.queries.inspections import (
    InspectorEntry,
    ItemEntry,
    inspector_entries,
    item_entries,
    item_versions,
    possible_inspectors,
)
from app.queries.people import find_organisations
from app.services import inspection_years
from app.web.inspections.forms import InspectorForm, ItemForm, YearForm
from app.web.inspections.shared import step_url
from app.web.inspections.words import CLASSES, GRADES, STEPS
from app.web.pages import attempt, confirmed

routes = Blueprint("inspection_desk", __name__, url_prefix="/inspections")


@routes.route("/desk", methods=["GET", "POST"])
@access(Action.INSPECTION_DESK)
def desk() -> str | Response:
    """What waits for this person in all years, and for an authority a form that opens the next one."""
    here, actor, form = platform(), current_actor(), YearForm()
    now = here.database.now()
    others = [o for o in find_organisations(here.database, "regulator") if o["id"] != actor.organisation_id]
    form.joint.choices = [SelectChoice(o["id"], o["name"]) for o in others]
    may_open = allowed(actor, Action.INSPECTION_OPEN)
    if may_open and confirmed(form):
        joint = form.joint.data or []
        made = attempt(form, lambda: inspection_years.open_year(here, required_log_in(), form.year.data, joint))
        if made:
            return redirect(url_for("inspections.year", case=made))
    if not form.is_submitted():
        form.year.data = now.year
    with here.database.reading() as db_session:
        found, todo = own_years(db_session, actor), own_todo(db_session, actor, now)
        items = item_entries(db_session, actor.organisation_id)
        people = inspector_entries(db_session, actor.organisation_id)
    return render_template(
        "pages/inspections/desk.html",
        years=found,
        todo=todo,
        waiting=[step for case in found for step in steps(case, actor, now) if step.tone == "wait"],
        steps=STEPS,
        url_of=_url_of,
        form=form,
        may_open=may_open,
        has_others=bool(others),
        items=sum(entry.in_use for entry in items),
        inspectors=sum(entry.in_use for entry in people),
    )


def _url_of(case: Case, step: Step) -> str:
    return step_url(case.id, step)


def _items() -> list[ItemEntry]:
    with platform().database.reading() as db_session:
        return item_entries(db_session, current_actor().organisation_id)


@routes.route("/items", methods=["GET", "POST"])
@access(Action.INSPECTION_REGISTER)
def items() -> str | Response:
    """The list of items of one's own authority, with a form for the next one."""
    form = ItemForm()
    if confirmed(form) and _keep_item(form, ""):
        return redirect(url_for("inspection_desk.items"))
    shown = {"entries": _items(), "form": form, "classes": CLASSES, "grades": GRADES}
    return render_template("pages/inspections/items.html", **shown)


def _keep_item(form: ItemForm, id_: str, *, in_use: bool = True) -> Any:
    def keep() -> str:
        kind = ObjectClass(form.object_class.data)
        basis, method = (form.basis.data or "").strip(), (form.method.data or "").strip()
        item = Item(id_, (form.title.data or "").strip(), kind, "", basis, form.intensity, method)
        return inspection_years.keep_item(platform(), required_log_in(), item, in_use=in_use)

    return attempt(form, keep)


@routes.route("/items/<item>", methods=["GET", "POST"])
@access(Action.INSPECTION_REGISTER)
def item(item: str) -> str | Response:
    """One item: a further version of it, or out of use. What plans have taken over stays as it was."""
    entry = next((found for found in _items() if found.item.id == item), None)
    if entry is None:
        abort(404)
    form = ItemForm(data={name: getattr(entry.item, name) for name in ("title", "object_class", "basis", "method")})
    if not form.is_submitted():
        form.show(entry.item.intensity)
    if confirmed(form) and _keep_item(form, item):
        return redirect(url_for("inspection_desk.items"))
    with platform().database.reading() as db_session:
        versions = item_versions(db_session, current_actor().organisation_id, item)
    return render_template("pages/inspections/item.html", entry=entry, form=form, versions=versions, grades=list(Grade))


@routes.post("/items/<item>/use")
@access(Action.INSPECTION_REGISTER)
def use_item(item: str) -> Response:
    """Out of use, or in use again."""
    entry = next((found for found in _items() if found.item.id == item), None)
    if entry is None:
        abort(404)
    inspection_years.keep_item(platform(), required_log_in(), entry.item, in_use=not entry.in_use)
    return redirect(url_for("inspection_desk.items"))


def _inspectors() -> list[InspectorEntry]:
    with platform().database.reading() as db_session:
        return inspector_entries(db_session, current_actor().organisation_id)


@routes.route("/inspectors", methods=["GET", "POST"])
@access(Action.INSPECTION_REGISTER)
def inspectors() -> str | Response:
    """The inspectors of one's own authority, with their units and the organisations that they keep away from."""
    here, form = platform(), InspectorForm()
    with here.database.reading() as db_session:
        people = possible_inspectors(db_session, current_actor().organisation_id)
    form.account.choices = [SelectChoice(person.account, person.name) for person in people]
    if confirmed(form):
        ties = (form.ties.data or "").split()
        account, unit = form.account.data, form.unit.data or ""

        def keep() -> bool:
            inspection_years.keep_inspector(here, required_log_in(), account, unit, ties)
            return True

        if attempt(form, keep):
            return redirect(url_for("inspection_desk.inspectors"))
    entries = _inspectors()
    odd = {tie for entry in entries for tie in entry.ties if _is_no_code(tie)}
    return render_template("pages/inspections/inspectors.html", entries=entries, form=form, odd=odd)


def _is_no_code(tie: str) -> bool:
    """Whether nobody can have this code, so that nobody is stepped back for it; a demonstration has invented ones."""
    try:
        check_credit_code(tie, demo=True)
    except RuleViolation:
        return True
    return False


@routes.post("/inspectors/<account>/use")
@access(Action.INSPECTION_REGISTER)
def use_inspector(account: str) -> Response:
    """Off the list, or on it again."""
    entry = next((found for found in _inspectors() if found.account == account), None)
    if entry is None:
        abort(404)
    inspection_years.keep_inspector(
        platform(), required_log_in(), account, entry.unit, entry.ties, in_use=not entry.in_use
    )
    return redirect(url_for("inspection_desk.inspectors"))
