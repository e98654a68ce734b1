"""A member says whether competition is lacking, as a page to sign."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import gettext as _

from app.extensions import access
from app.permissions.actions import Action
from app.web.expert.forms import CompetitionForm
from app.web.expert.room import again, entered, signing
from app.web.pages import confirmed
from evaluation import sitting

routes = Blueprint("competing", __name__, url_prefix="/room/<case>/<lot>/competition")


@routes.post("")
@access(Action.COMPETITION_VOTE)
def vote(case: str, lot: str) -> str:
    """One member's vote about the bids that are valid; why is asked of whoever would reject them all."""
    found, room, shown = entered(case, lot, Action.COMPETITION_VOTE)
    form = CompetitionForm()
    lacking, reason = form.lacking.data == "yes", (form.reason.data or "").strip()
    complete = confirmed(form)
    if complete and lacking and not reason:
        form.reason.errors = [_("认为明显缺乏竞争的，请写明理由")]
    if not complete or form.reason.errors:
        return again(found, lot, room, shown, "form", form)
    fact = sitting.CompetitionVoted(room.seat, room.valid, lacking, reason)
    names = dict(room.bids)
    effects = [
        (_("有效投标"), _("、").join(names[bid] for bid in room.valid)),
        (_("您的意见"), _("明显缺乏竞争，否决全部投标") if lacking else _("不缺乏竞争，继续评审")),
        *([(_("理由"), reason)] if reason else []),
    ]
    words = _(
        "签名后不能更改。过半数成员认为明显缺乏竞争的，全部投标被否决，本标包流标；否则继续评审，评标报告载明票数和理由。"
    )
    return signing(
        found, shown, _("就是否明显缺乏竞争表决"), fact, words, effects, tone="warning" if lacking else "act"
    )
