"""A member says that the time for the evaluation is too short, as a page to sign."""

from __future__ import annotations

from flask import Blueprint
from flask_babel import gettext as _

from app.extensions import access
from app.permissions.actions import Action
from app.web.expert.room import entered, signing
from evaluation import sitting

routes = Blueprint("more_time", __name__, url_prefix="/room/<case>/<lot>/more-time")


@routes.get("")
@access(Action.MORE_TIME_ASK)
def ask(case: str, lot: str) -> str:
    """Without a reason: nothing is written to others while everybody works alone."""
    found, room, shown = entered(case, lot, Action.MORE_TIME_ASK)
    share = found.lot(lot).sitting.rules.more_time_share
    words = _(
        "超过 %(share)s 的成员这样认为的，招标人（采购人）应当适当延长评标时间（招标投标法实施条例第四十八条）。"
        "达到之前没有人知道谁提出过；签名后不能撤回，评审照常继续。",
        share=share,
    )
    fact = sitting.MoreTimeAsked(room.seat)
    return signing(found, shown, _("认为评标时间不够"), fact, words, [(_("席位"), room.seat)])
