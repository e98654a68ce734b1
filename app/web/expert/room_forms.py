"""The forms of a seat in the room: of its task, and what it may do besides."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms.fields.choices import SelectChoice

from app.casefile.case import Case
from app.queries.sittings import Room
from app.web.expert.clarifications import proposal_form
from app.web.expert.corrections import correction_form
from app.web.expert.forms import (
    CompetitionForm,
    ConflictForm,
    DissentForm,
    HaltForm,
    RollbackForm,
    StatementForm,
    VoteForm,
)
from app.web.expert.price_forms import price_correction_form, price_question_form
from app.web.names import MEMBERS, ROLLBACK_TARGETS
from app.web.terms import review_item
from evaluation import sitting
from evaluation.brands import spellings


def forms_of(found: Case, lot: str, room: Room) -> dict[str, Any]:
    """The forms of this seat: of its task, and of the chair's own."""
    may_halt = (room.stage, sitting.RecessCalled) in sitting.TRANSITIONS and not room.standstill
    chairs = room.seat and room.chair == room.seat and may_halt
    late = room.seat and (room.stage, sitting.ConflictDeclared) in sitting.TRANSITIONS and not room.standstill
    own = ({"halt": HaltForm()} if chairs else {}) | ({"conflict": ConflictForm()} if late else {})
    asking = {"asking": proposal_form(found, lot, room)} if room.may_ask else {}
    asking |= {"asking_price": price} if (price := price_question_form(found, room)) else {}
    asking |= {"correcting_price": form} if (form := price_correction_form(found, lot, room)) else {}
    if room.seat and sitting.rollback_targets(found.lot(lot).sitting):
        own["rollback"] = rollback_form(found.lot(lot).sitting)
    listed = {"clarifying": True} if asking or room.clarifications or room.low_prices else {}
    return apart(_task_forms(found, lot, room) | own | asking) | listed


def apart(forms: dict[str, Any]) -> dict[str, Any]:
    """Fields of several forms on one page have ids of their own: labels, errors, and what is typed while a part of the
    page comes anew, find their field by it. Those of the task keep theirs."""
    for name, form in forms.items():
        if not isinstance(form, FlaskForm) or name == "form":
            continue
        for field in form:
            field.id = f"{name}-{field.short_name}"
            field.label.field_id = field.id
    return forms


def rollback_form(state: sitting.SittingState) -> RollbackForm:
    """To propose that a stage is held again: those that can be now."""
    form = RollbackForm()
    form.to.choices = [SelectChoice(to.value, ROLLBACK_TARGETS[to]) for to in sitting.rollback_targets(state)]
    return form


def _task_forms(found: Case, lot: str, room: Room) -> dict[str, Any]:
    if room.task == "state":
        return {"form": StatementForm()}
    if room.task == "vote":
        form = VoteForm()
        form.for_seat.choices = [SelectChoice(s.number, seat_name(s)) for s in room.seats if s.may_chair]
        return {"form": form}
    if room.task == "compete":
        return {"form": CompetitionForm()}
    if room.task == "review":
        state = found.lot(lot).sitting
        within = (
            {}
            if state.rules.ceiling is None
            else {bid.bid: state.rules.within_ceiling(bid.price) for bid in state.bids}
        )
        items = [(item, review_item(item)) for item in state.rules.review_items]
        found = {"items": items, "ceiling_item": sitting.WITHIN_CEILING, "within_ceiling": within}
        return found | {"core_product": state.rules.core_product, "brands": spellings(state.stated_brands.values())}
    if room.task in ("results", "sign", "dissented"):
        return {"correction": correction_form(found.lot(lot).sitting, room), "dissent": DissentForm()}
    return {}


def seat_name(seat: Any) -> str:
    """A place at the table, and as what its member sits."""
    return _("席位 %(n)s（%(role)s）", n=seat.number, role=MEMBERS[seat.role])
