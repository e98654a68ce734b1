"""What the committee asks a bidder: the question with its time, and the one answer."""

from __future__ import annotations

from decimal import Decimal

from flask import Blueprint, abort, g, render_template, request, url_for
from flask_babel import gettext as _

from app.casefile.bid_ids import receipt_of
from app.casefile.case import Case
from app.extensions import access, current_actor, platform, required_log_in, takes
from app.messages import sentence
from app.permissions.actions import Action
from app.procedure.clarifying import MOST_BYTES, MOST_FILES
from app.procedure.errors import RuleViolation
from app.procedure.money import format_yuan, rmb_capital
from app.queries.clarifications import AskedOfBidder, asked_of
from app.services.clarifications import take_answer_file
from app.web.bidder.forms import ClarificationForm, ConfirmationForm
from app.web.bidder.views import lot_head
from app.web.names import SUBJECTS
from app.web.pages import attempt, confirmed, entitled_case, known_lot, local_time, review_act
from evaluation.sitting import AnswerFile, ClarificationAnswered

routes = Blueprint("clarifications", __name__)
FILES_BYTES = MOST_FILES * MOST_BYTES + (1 << 20)


def _asked(case: Case, lot: str, id: str) -> AskedOfBidder:
    """What was asked about the bid of the reader's own organisation; 404 for everything else."""
    found = asked_of(case, known_lot(case, lot), current_actor().organisation_id)
    return next((one for one in found if one.id == id), None) or abort(404)


@routes.route("/bidder/cases/<case>/lots/<lot>/clarifications/<id>", methods=["GET", "POST"])
@access(Action.RECEIPT_READ)
@takes(FILES_BYTES)
def answer(case: str, lot: str, id: str) -> str:
    """The question as long as the case is there; the form as long as an answer is awaited."""
    found = entitled_case(case, Action.RECEIPT_READ)
    asked = _asked(found, lot, id)
    if asked.course.of_arithmetic:
        return _confirmation(found, lot, asked)
    form = ClarificationForm()
    if asked.course.of_price:  # to be explained, and not only cleared up
        form.text.description = _("至多 2000 字。")
    if confirmed(form) and (fact := attempt(form, lambda: _answered(found, lot, asked, form))):
        names = _("、").join(file.name for file in fact.files) or _("无")
        return review_act(
            _("答复评标委员会"),
            found,
            fact,
            lot=lot,
            words=_("签名后答复即送达评标委员会。答复只有一次，不能更改、补充或者撤回。"),
            effects=[(_("答复"), fact.text), (_("附件"), names), (_("答复期限"), _until(asked))],
            next_url=request.path,
            back_url=request.path,
            tone="warning",
        )
    return render_template(
        "pages/bidder/clarification.html",
        **lot_head(found, lot, (_("评标委员会的询问"), None)),
        asked=asked,
        form=form,
        subjects=SUBJECTS,
        anonymous=found.tender.published.lot(lot).anonymous,
        back_url=url_for("bidder.lot", case=case, lot=lot),
    )


def _confirmation(found: Case, lot: str, asked: AskedOfBidder) -> str:
    """A corrected price, which the bidder confirms or not."""
    question, form = asked.course.asked, ConfirmationForm()
    assert question is not None
    assert question.correction is not None
    own = found.lots[lot].opening.opened[receipt_of(found.lots[lot], question.bid)]
    prices = [(_("唱标报价"), _amount(own.price)), (_("修正后的报价"), _amount(question.correction.price))]
    ground = sentence(f"arithmetic_{question.correction.ground}", {}, g.get("lang", "zh"))
    if confirmed(form) and (fact := attempt(form, lambda: _judged(found, lot, asked, form))):
        confirms = fact.confirms
        accepted = _("确认后，评审按修正后的报价进行，中标的也按它签订合同；修正后的报价超过最高限价的，投标被否决。")
        words = accepted if confirms else _("不确认修正后的报价的，投标被否决。")
        choice = _("确认修正后的报价") if confirms else _("不确认修正后的报价")
        effects = [*prices, (_("本单位的意见"), choice), *([(_("说明"), fact.text)] if fact.text else [])]
        return review_act(
            _("答复修正后的报价"),
            found,
            fact,
            lot=lot,
            words=words + _("答复只有一次，不能更改、补充或者撤回。"),
            effects=[*effects, (_("答复期限"), _until(asked))],
            next_url=request.path,
            back_url=request.path,
            tone="act" if confirms else "warning",
        )
    return render_template(
        "pages/bidder/confirmation.html",
        **lot_head(found, lot, (_("评标委员会的询问"), None)),
        asked=asked,
        form=form,
        facts_of_price=[*prices, (_("修正的依据"), ground), (_("投标文件的位置"), question.place)],
        back_url=url_for("bidder.lot", case=found.id, lot=lot),
    )


def _amount(price: Decimal) -> str:
    return f"¥{format_yuan(price)} {rmb_capital(price)}"


def _judged(case: Case, lot: str, asked: AskedOfBidder, form: ConfirmationForm) -> ClarificationAnswered:
    """What the rules accept now. Raises RuleViolation."""
    assert asked.course.asked is not None
    text, confirms = (form.text.data or "").strip(), form.confirms.data == "yes"
    fact = ClarificationAnswered(asked.id, asked.course.asked.bid, text, (), confirms)
    case.decide(fact, lot, current_actor(), platform().database.now())
    return fact


def _until(asked: AskedOfBidder) -> str:
    return local_time(asked.until) if asked.until else ""


def _answered(case: Case, lot: str, asked: AskedOfBidder, form: ClarificationForm) -> ClarificationAnswered:
    """What the rules accept now, with its files kept until it is signed. Raises RuleViolation."""
    assert asked.course.asked is not None
    text = (form.text.data or "").strip()
    fact = ClarificationAnswered(asked.id, asked.course.asked.bid, text, ())
    case.decide(fact, lot, current_actor(), platform().database.now())
    return ClarificationAnswered(asked.id, asked.course.asked.bid, text, _kept(form))


def _kept(form: ClarificationForm) -> tuple[AnswerFile, ...]:
    chosen = [file for file in form.files.data or () if file and file.filename]
    if len(chosen) > MOST_FILES:
        raise RuleViolation("files_too_many", files=len(chosen), most=MOST_FILES)
    here, log_in = platform(), required_log_in()
    return tuple(take_answer_file(here, log_in, file.filename or "-", file.read(MOST_BYTES + 1)) for file in chosen)
