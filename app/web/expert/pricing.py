"""What bidders are asked about their prices: to explain a clearly low one, on which members vote, and to confirm a
corrected one."""

from __future__ import annotations

import secrets
from decimal import Decimal

from flask import Blueprint, g, render_template
from flask_babel import gettext as _

from app.extensions import access
from app.permissions.actions import Action
from app.procedure.money import format_yuan, rmb_capital
from app.queries.clarifications import correction_words
from app.web.expert.clarifying import Effects, clarification_effects, entered_clarification
from app.web.expert.price_forms import (
    JudgementForm,
    PriceCorrectionForm,
    PriceQuestionForm,
    price_correction_form,
    price_question_form,
)
from app.web.expert.room import again, entered, refused, signing
from app.web.names import SUBJECTS
from app.web.pages import confirmed
from evaluation import sitting
from evaluation.price_corrections import ArithmeticGround, PriceCorrection
from evaluation.sitting import ClarificationSubject

routes = Blueprint("pricing", __name__, url_prefix="/room/<case>/<lot>/prices")


@routes.post("")
@access(Action.CLARIFICATION_PROPOSE)
def ask(case: str, lot: str) -> str:
    """A member has a bidder asked to explain its price: at once where the rules mark it, else by a vote."""
    found, room, shown = entered(case, lot, Action.CLARIFICATION_PROPOSE)
    form = price_question_form(found, room) or PriceQuestionForm()
    if not confirmed(form):
        return again(found, lot, room, shown, "asking_price", form)
    place, question = _("投标报价"), (form.question.data or "").strip()
    of_price = ClarificationSubject.LOW_PRICE
    fact = sitting.ClarificationProposed(room.seat, secrets.token_hex(8), form.bid.data, of_price, place, question)
    marked = any(one.bid == fact.bid for one in room.low_prices)
    by_rule = _("该报价低于公布的标准，依规则应当询问，不经表决，由组长发给该投标人。")
    by_vote = _("签名后全体成员表决，您的提议计为同意。过半数同意的，由组长发给该投标人。")
    effects: Effects = [(_("投标人"), dict(room.bids)[fact.bid]), (_("询问的事项"), SUBJECTS[of_price])]
    effects.append((_("问题"), question))
    words = (by_rule if marked else by_vote) + _("投标人看不到成员和席位。")
    return signing(found, shown, _("提议要求说明报价"), fact, words, effects)


@routes.post("/corrections")
@access(Action.CLARIFICATION_PROPOSE)
def correct(case: str, lot: str) -> str:
    """A member proposes the price that a bid has by the published rules; the committee votes, the bidder confirms."""
    found, room, shown = entered(case, lot, Action.CLARIFICATION_PROPOSE)
    form = price_correction_form(found, lot, room) or PriceCorrectionForm()
    if not confirmed(form):
        return again(found, lot, room, shown, "correcting_price", form)
    to = PriceCorrection(form.price.data or Decimal(0), ArithmeticGround(form.ground.data))
    place, question = ((field.data or "").strip() for field in (form.place, form.question))
    asked = form.bid.data, ClarificationSubject.ARITHMETIC, place, question
    fact = sitting.ClarificationProposed(room.seat, secrets.token_hex(8), *asked, to)
    if page := refused(found, shown, fact):
        return page
    words = _("签名后全体成员表决，您的提议计为同意。过半数同意的，由组长发给该投标人；投标人看不到成员和席位。")
    words += _("投标人确认的，按修正后的报价重新汇总；不确认或者逾期没有确认的，该投标被否决。")
    read_out = next(bid.price for bid in found.lot(lot).sitting.bids if bid.bid == fact.bid)
    effects: Effects = [
        (_("投标人"), dict(room.bids)[fact.bid]),
        (_("询问的事项"), SUBJECTS[fact.subject]),
        (_("唱标报价"), f"¥{format_yuan(read_out)} {rmb_capital(read_out)}"),
        (_("要求确认"), correction_words(to, g.get("lang", "zh"))),
        (_("投标文件的位置"), place),
        (_("问题"), question),
    ]
    return signing(found, shown, _("提议修正报价"), fact, words, effects)


@routes.route("/<id>/judgement", methods=["GET", "POST"])
@access(Action.CLARIFICATION_VOTE)
def judge(case: str, lot: str, id: str) -> str:
    """A member's vote on whether the explanation proves the price reasonable."""
    found, room, shown, one = entered_clarification(case, lot, id, Action.CLARIFICATION_VOTE)
    form = JudgementForm()
    proven, reason = form.proven.data == "yes", (form.reason.data or "").strip()
    complete = confirmed(form)
    if complete and not proven and not reason:
        form.reason.errors, complete = [_("请写明不能证明的理由")], False
    if not complete:
        page = refused(found, shown, sitting.ExplanationJudged(room.seat, id, True, ""))
        more = {"form": form, "one": one, "effects": clarification_effects(one)}
        return page or render_template("pages/expert/judge_price.html", **shown | more)
    fact = sitting.ExplanationJudged(room.seat, id, proven, "" if proven else reason)
    choice = _("能够证明报价合理") if proven else _("不能证明报价合理")
    effects: Effects = [*clarification_effects(one), (_("您的意见"), choice)]
    effects += [] if proven else [(_("理由"), reason)]
    words = _("投票后不能更改；表决有结果之前任何人看不到他人的票。全体成员过半数认为不能证明的，否决该投标。")
    return signing(found, shown, _("对报价说明表决"), fact, words, effects, tone="act" if proven else "warning")
