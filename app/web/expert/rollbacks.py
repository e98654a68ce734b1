"""A stage that two members have held again, as two pages to sign: proposed by one, released by another."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort
from flask_babel import gettext as _

from app.extensions import access
from app.permissions.actions import Action
from app.queries.sittings import Room
from app.web.expert.room import again, entered, signing
from app.web.expert.room_forms import rollback_form
from app.web.names import ROLLBACK_GROUNDS, ROLLBACK_TARGETS
from app.web.pages import confirmed
from evaluation import sitting
from evaluation.sitting import RollbackGround, RollbackTarget

routes = Blueprint("rollbacks", __name__, url_prefix="/room/<case>/<lot>/rollback")


def _follows(room: Room, to: RollbackTarget) -> str:
    """What becomes void, what stays, and who has to do what again."""
    words = _("签名生效后，全体成员重新对每一家投标作出初步评审意见；原来的意见和结论作废，但保留在案卷和评审报告中。")
    if to is RollbackTarget.CHAIR:
        words = _("签名生效后，全体成员重新投票推选组长。") + words
    if room.results:
        words += _("已经汇总公布过的评分不变，只能按四种法定情形更正；重新评审后新通过的投标，由各成员补充评分。")
    return words


@routes.post("")
@access(Action.ROLLBACK_PROPOSE)
def propose(case: str, lot: str) -> str:
    """A member asks that a stage is held again, and says why."""
    found, room, shown = entered(case, lot, Action.ROLLBACK_PROPOSE)
    form = rollback_form(found.lot(lot).sitting)
    if not confirmed(form):
        return again(found, lot, room, shown, "rollback", form)
    to, ground = RollbackTarget(form.to.data), RollbackGround(form.ground.data)
    fact = sitting.RollbackProposed(room.seat, to, ground, (form.note.data or "").strip())
    second = (
        _("另一名成员同意后生效，两人中须有一人是组长。")
        if to is RollbackTarget.REVIEW
        else _("另一名成员同意后生效。")
    )
    words = second + _follows(room, to)
    return signing(
        found, shown, _("提议退回重做一个环节"), fact, words, _effects(to, ground, fact.note), tone="warning"
    )


@routes.get("/release")
@access(Action.ROLLBACK_RELEASE)
def release(case: str, lot: str) -> str:
    """Another member releases it, word for word."""
    found, room, shown = entered(case, lot, Action.ROLLBACK_RELEASE)
    waiting = found.lot(lot).sitting.rollback
    if waiting is None:
        abort(404)
    fact = sitting.RollbackReleased(room.seat, waiting.seat, waiting.to, waiting.ground, waiting.note)
    effects = [(_("提议的席位"), waiting.seat), *_effects(waiting.to, waiting.ground, waiting.note)]
    return signing(found, shown, _("同意退回重做一个环节"), fact, _follows(room, waiting.to), effects, tone="warning")


def _effects(to: RollbackTarget, ground: RollbackGround, note: str) -> list[tuple[str, Any]]:
    return [(_("退回到"), ROLLBACK_TARGETS[to]), (_("依据"), ROLLBACK_GROUNDS[ground]), (_("说明"), note)]
