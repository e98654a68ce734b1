"""The chair writes down what the committee found when the tenderer had its report checked again."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from flask_babel import gettext as _

from app.extensions import access
from app.permissions.actions import Action
from app.queries.sittings import Room
from app.web.expert.forms import RecheckAnswerForm
from app.web.expert.room import entered, refused, signing
from app.web.pages import confirmed
from evaluation import sitting
from evaluation.sitting import SittingState

routes = Blueprint("rechecking", __name__, url_prefix="/room/<case>/<lot>/recheck")


def may_answer(state: SittingState, room: Room) -> bool:
    """Whether this seat may answer now."""
    stands = (room.stage, sitting.RecheckAnswered) in sitting.TRANSITIONS and room.standstill is None
    return bool(room.seat) and sitting.answers_recheck(state, room.seat) and stands


@routes.route("", methods=["GET", "POST"])
@access(Action.RECHECK_ANSWER)
def answer(case: str, lot: str) -> str:
    """Answered again it replaces the earlier words; the report is prepared anew."""
    found, room, shown = entered(case, lot, Action.RECHECK_ANSWER)
    state = found.lot(lot).sitting
    if not may_answer(state, room):
        abort(404)
    form = RecheckAnswerForm()
    text = (form.text.data or "").strip()
    fact = sitting.RecheckAnswered(room.seat, text)
    if not confirmed(form):
        page = refused(found, shown, sitting.RecheckAnswered(room.seat, "-"))
        return page or render_template("pages/expert/recheck.html", **shown | {"form": form})
    result = _("已按法定情形更正") if state.corrected else _("维持原评审结果")
    words = _("签名后载入新一版评审报告，由全体成员签字；对此有不同意见的成员可以书面提出。")
    return signing(found, shown, _("复核意见"), fact, words, [(_("评审结果"), result), (_("复核意见"), text)])
