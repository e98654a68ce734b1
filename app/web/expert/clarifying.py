"""The acts of a clarification as pages to sign: a question is proposed, voted on, taken back, sent."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, render_template
from flask_babel import gettext as _

from app.casefile.case import Case
from app.extensions import access, platform
from app.permissions.actions import Action
from app.procedure.errors import RuleViolation
from app.queries.clarifications import ClarificationView
from app.queries.sittings import Room
from app.web.expert.clarifications import minutes_of, proposal_form, sending_form
from app.web.expert.room import again, entered, refused, signing
from app.web.names import SUBJECTS
from app.web.pages import confirmed
from evaluation import sitting

routes = Blueprint("clarifying", __name__, url_prefix="/room/<case>/<lot>/clarifications")
Effects = list[tuple[str, object]]


def entered_clarification(
    case: str, lot: str, id: str, action: Action
) -> tuple[Case, Room, dict[str, Any], ClarificationView]:
    """The room, and the request of that id. Raises RuleViolation `clarification_unknown`."""
    found, room, shown = entered(case, lot, action)
    return found, room, shown, _found(shown, id)


def _found(shown: dict[str, Any], id: str) -> ClarificationView:
    """Raises RuleViolation `clarification_unknown`."""
    for one in shown["room"].clarifications:
        if one.id == id:
            return one  # type: ignore[no-any-return]
    raise RuleViolation("clarification_unknown")


def clarification_effects(one: ClarificationView) -> Effects:
    """What is asked, line by line."""
    corrected: Effects = [(_("要求确认"), one.correction)] if one.correction else []
    return [*_words(one.bidder, one.subject, one.place, one.question), *corrected]


def _words(bidder: str, subject: sitting.ClarificationSubject, place: str, question: str) -> Effects:
    return [
        (_("投标人"), bidder),
        (_("询问的事项"), SUBJECTS[subject]),
        (_("投标文件的位置"), place),
        (_("问题"), question),
    ]


@routes.post("")
@access(Action.CLARIFICATION_PROPOSE)
def propose(case: str, lot: str) -> str:
    """A member proposes what one bidder is asked."""
    found, room, shown = entered(case, lot, Action.CLARIFICATION_PROPOSE)
    form = proposal_form(found, lot, room)
    if not confirmed(form):
        return again(found, lot, room, shown, "asking", form)
    words = [(field.data or "").strip() for field in (form.place, form.question)]
    subject = sitting.ClarificationSubject(form.subject.data)
    fact = sitting.ClarificationProposed(room.seat, secrets.token_hex(8), form.bid.data, subject, *words)
    told = _("签名后全体成员表决，您的提议计为同意。过半数同意的，由组长发给该投标人；投标人看不到成员和席位。")
    effects = _words(dict(room.bids)[fact.bid], subject, fact.place, fact.question)
    return signing(found, shown, _("提议询问投标人"), fact, told, effects)


@routes.get("/<id>/votes/<any(yes, no):answer>")
@access(Action.CLARIFICATION_VOTE)
def vote(case: str, lot: str, id: str, answer: str) -> str:
    """For or against asking it, as it stands."""
    found, room, shown = entered(case, lot, Action.CLARIFICATION_VOTE)
    one, agrees = _found(shown, id), answer == "yes"
    fact = sitting.ClarificationVoted(room.seat, id, agrees)
    words = _("投票后不能更改；表决有结果之前任何人看不到他人的票。") + _("全体成员过半数同意的才能发出。")
    effects: Effects = [(_("您的意见"), _("同意询问") if agrees else _("不同意询问")), *clarification_effects(one)]
    return signing(found, shown, _("对询问投标人投票"), fact, words, effects)


@routes.get("/<id>/withdrawal")
@access(Action.CLARIFICATION_PROPOSE)
def withdraw(case: str, lot: str, id: str) -> str:
    """Who proposed takes it back."""
    found, room, shown = entered(case, lot, Action.CLARIFICATION_PROPOSE)
    fact = sitting.ClarificationWithdrawn(room.seat, id)
    words = _("撤回后不再表决，记录保留在案卷中。")
    return signing(found, shown, _("撤回询问投标人的提议"), fact, words, clarification_effects(_found(shown, id)))


@routes.route("/<id>/sending", methods=["GET", "POST"])
@access(Action.CLARIFICATION_SEND)
def send(case: str, lot: str, id: str) -> str:
    """The chair sends what was voted, with a time to answer."""
    found, room, shown = entered(case, lot, Action.CLARIFICATION_SEND)
    one = _found(shown, id)
    form = sending_form(found)
    if not confirmed(form):
        page = refused(found, shown, sitting.ClarificationSent(room.seat, id, _usual(found)))
        return page or render_template(
            "pages/expert/send_clarification.html", **shown | {"form": form, "effects": clarification_effects(one)}
        )
    seconds = minutes_of(form) * 60
    waits = _("答复或者期限届满之前，不能提交初步评审意见或者锁定评分。")
    unproven = _("答复以后全体成员表决；逾期没有答复的，视为不能证明报价合理，该投标被否决。")
    unconfirmed = _("投标人确认的，按修正后的报价重新汇总；不确认或者逾期没有确认的，该投标被否决。")
    follows = unproven if one.of_price else unconfirmed if one.correction else waits
    words = _("签名后问题原文发给该投标人并通知它登录答复。") + follows
    effects: Effects = [*clarification_effects(one), (_("答复时间"), _("自发出起 %(n)s 分钟", n=minutes_of(form)))]
    fact = sitting.ClarificationSent(room.seat, id, seconds)
    return signing(found, shown, _("发出澄清要求"), fact, words, effects, tone="warning")


def _usual(found: Case) -> int:
    time = found.tender.published.profile.clarification
    return time.seconds_usual(platform().database.now()) if time else 0
