"""What the committee leaves to the talks before the contract: the chair states it, the report says it."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from flask_babel import gettext as _

from app.extensions import access
from app.permissions.actions import Action
from app.queries.sittings import Room
from app.web.expert.forms import ContractPointsForm
from app.web.expert.room import entered, refused, signing
from app.web.pages import confirmed
from evaluation import sitting

routes = Blueprint("contracting", __name__, url_prefix="/room/<case>/<lot>/contract-points")


def may_state(room: Room) -> bool:
    """Whether this seat may state them now."""
    stands = (room.stage, sitting.ContractPointsStated) in sitting.TRANSITIONS and room.standstill is None
    return bool(room.seat) and room.seat == room.chair and stands


@routes.route("", methods=["GET", "POST"])
@access(Action.CONTRACT_POINTS_STATE)
def state_points(case: str, lot: str) -> str:
    """The chair writes them down; stated again they replace the earlier ones."""
    found, room, shown = entered(case, lot, Action.CONTRACT_POINTS_STATE)
    if not may_state(room):
        abort(404)
    form = ContractPointsForm()
    text = (form.text.data or "").strip()
    fact = sitting.ContractPointsStated(room.seat, text)
    if not confirmed(form):
        page = refused(found, shown, sitting.ContractPointsStated(room.seat, "-"))
        return page or render_template("pages/expert/contract_points.html", **shown | {"form": form})
    words = _("签名后载入评审报告的推荐候选人部分；再次提交的，以后一次为准。已生成的报告随之重新生成。")
    return signing(found, shown, _("签订合同前要处理的事宜"), fact, words, [(_("要处理的事宜"), text)])
