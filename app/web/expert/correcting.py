"""The acts of a correction as pages to sign: it is asked for, permitted, refused or taken back."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask_babel import gettext as _

from app.extensions import access
from app.permissions.actions import Action
from app.procedure.errors import RuleViolation
from app.web.entitled import in_words
from app.web.expert.corrections import Effects, correction_form, correction_words, in_names, requested
from app.web.expert.forms import CorrectionRefusalForm
from app.web.expert.room import again, entered, refused, signing
from app.web.pages import confirmed
from evaluation import sitting

routes = Blueprint("corrections", __name__, url_prefix="/room/<case>/<lot>")


def _asked(state: sitting.SittingState, seat: int) -> Effects:
    """What a seat has asked for, for the page that answers it."""
    asked = state.requests.get(seat)
    return [(_("席位"), seat), *(correction_words(state, asked) if asked else ())]


@routes.post("/correction")
@access(Action.CORRECTION_REQUEST)
def request_correction(case: str, lot: str) -> str:
    """Ask for scores of one's own locked sheet, on one of the four lawful grounds."""
    found, room, shown = entered(case, lot, Action.CORRECTION_REQUEST)
    state = found.lot(lot).sitting
    form = correction_form(state, room)
    if not confirmed(form):
        return again(found, lot, room, shown, "correction", form)
    fact = requested(room.seat, form)
    try:
        sitting.decide(state, fact, room.seat)
    except RuleViolation as refusal:
        form.form_errors.append(in_words(in_names(state, refusal)))
        return again(found, lot, room, shown, "correction", form)
    words = _(
        "组长准许后只能更正所列分项，原来的分数保留在记录中，监督部门同时知悉。处理之前不能签署评审报告，您可以撤回。"
    )
    return signing(found, shown, _("申请更正评分"), fact, words, correction_words(state, fact), tone="warning")


@routes.get("/correction/withdrawal")
@access(Action.CORRECTION_REQUEST)
def withdraw(case: str, lot: str) -> str:
    """Take one's own request back."""
    found, room, shown = entered(case, lot, Action.CORRECTION_REQUEST)
    words = _("撤回后您的评分保持不变，申请和撤回都载入评审报告。")
    fact = sitting.CorrectionWithdrawn(room.seat)
    return signing(found, shown, _("撤回更正申请"), fact, words, _asked(found.lot(lot).sitting, room.seat))


@routes.get("/reopening/<int:seat>")
@access(Action.SHEET_REOPEN)
def reopen(case: str, lot: str, seat: int) -> str:
    """The chair (about the chair: another member) lets a sheet be corrected."""
    found, room, shown = entered(case, lot, Action.SHEET_REOPEN)
    words = _("准许后该席位可以更正所列分项，其余分数不变；已有的汇总结果作废，全部重新锁定后再算。")
    fact, effects = sitting.SheetReopened(room.seat, seat), _asked(found.lot(lot).sitting, seat)
    return signing(found, shown, _("准许更正评分"), fact, words, effects, tone="warning")


@routes.route("/correction/<int:seat>/refusal", methods=["GET", "POST"])
@access(Action.SHEET_REOPEN)
def refuse(case: str, lot: str, seat: int) -> str:
    """Who may permit a correction refuses it, with a reason."""
    found, room, shown = entered(case, lot, Action.SHEET_REOPEN)
    form, effects = CorrectionRefusalForm(), _asked(found.lot(lot).sitting, seat)
    reason = (form.reason.data or "").strip()
    fact = sitting.CorrectionRefused(room.seat, seat, reason)
    if not confirmed(form):
        trial = sitting.CorrectionRefused(room.seat, seat, reason or "-")  # whether there is anything to refuse at all
        page = refused(found, shown, trial)
        return page or render_template("pages/expert/refuse.html", **shown | {"form": form, "effects": effects})
    words = _("驳回后该席位的评分保持不变，在现有汇总结果上不能以同一依据再次申请；申请、驳回和理由都载入评审报告。")
    effects = [*effects, (_("驳回理由"), reason)]
    return signing(found, shown, _("驳回更正申请"), fact, words, effects, tone="warning")
