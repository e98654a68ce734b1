"""Whose fault it is that a bid could not be opened: the officer names it, the bidder may object once (O20 art. 31)."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from app.casefile.case import Case
from app.extensions import access, current_actor, platform
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.attribution import AttributionDisputed, Fault, FaultAttributed
from app.queries.void_faults import FaultLine, fault_lines
from app.web.pages import (
    agency_page,
    case_trail,
    confirmed,
    entitled_case,
    head_of,
    known_lot,
    local_time,
    review_act,
    taken_now,
)
from app.web.rooms.wording import fault_words, void_reason

routes = Blueprint("faults", __name__)
LONGEST = 2000  # characters


class FaultForm(FlaskForm):
    """What the tenderer names."""

    fault = SelectField(
        _l("责任"),
        [DataRequired(_l("请选择是谁的原因"))],
        choices=[
            SelectChoice("", _l("请选择")),
            SelectChoice(Fault.BIDDER, _l("投标人原因（视为撤销投标文件，保证金可以不退）")),
            SelectChoice(Fault.OTHER, _l("投标人之外的原因（视为撤回投标文件，退还保证金）")),
        ],
    )
    ground = TextAreaField(
        _l("理由"),
        [DataRequired(_l("请写明理由和依据的证据")), Length(max=LONGEST, message=_l("至多 2000 字"))],
        description=_l("当场公开并写入开标记录"),
    )


class DisputeForm(FlaskForm):
    """What the bidder objects."""

    text = TextAreaField(
        _l("异议和理由"),
        [DataRequired(_l("请写明异议和理由")), Length(max=LONGEST, message=_l("至多 2000 字"))],
        description=_l("当场公开，由招标人答复，写入开标记录；只能提出一次"),
    )


@dataclass(frozen=True)
class FaultShown:
    """The line of one's own void bid, in words, and whether one may still object."""

    line: FaultLine
    words: str
    may_dispute: bool


def fault_shown(case: Case, lot: str) -> FaultShown | None:
    """Of the asker's own bid; None unless it is void and read out."""
    state = case.lots[lot]
    own = state.bidding.of_bidder(current_actor().organisation_id)
    line = next((one for one in fault_lines(case, lot) if own and one.receipt_id == own.receipt_id), None)
    if line is None:
        return None
    disputable = line.until is not None and not line.dispute and platform().database.now() < line.until
    disputable = disputable and state.opening.concluded_at is None
    words = fault_words(line.fault) if line.fault else _("招标人尚未认定") if _open(case, lot) else _("招标人未认定")
    return FaultShown(line, words, disputable and allowed(current_actor(), Action.FAULT_DISPUTE, case, lot))


def _open(case: Case, lot: str) -> bool:
    return case.lots[lot].opening.concluded_at is None


@routes.route("/agency/cases/<case>/lots/<lot>/void-bids/<receipt>", methods=["GET", "POST"])
@access(Action.FAULT_ATTRIBUTE)
def attribute(case: str, lot: str, receipt: str) -> str:
    """The officer names whose fault it is; again, and for good, once the bidder has objected."""
    found, form = entitled_case(case, Action.FAULT_ATTRIBUTE, lot), FaultForm()
    known_lot(found, lot)
    line = next((one for one in fault_lines(found, lot) if one.receipt_id == receipt), None) or abort(404)
    title, home = _("认定解密失败的责任"), url_for("rooms.opening", case=case, lot=lot)
    ground = (form.ground.data or "").strip()
    if confirmed(form):
        fact = FaultAttributed(receipt, Fault(form.fault.data), ground)
        if taken_now(form, found, lot, fact):
            effects = [(_("投标人"), line.bidder), (_("无法解密的原因"), void_reason(line.reason))]
            effects += [(_("投标人的异议"), line.dispute)] if line.dispute else []
            effects += [(_("责任"), fault_words(fact.fault)), (_("理由"), ground)]
            words = _("签名后立即公开并通知投标人，投标人可以提出一次异议；没有异议的，不能再改。")
            if line.dispute:
                words = _("这是对异议的答复，签名后立即公开，不能再改。")
            back = url_for("faults.attribute", case=case, lot=lot, receipt=receipt)
            return review_act(title, found, fact, lot=lot, effects=effects, words=words, next_url=home, back_url=back)
    lead = _(
        "%(bidder)s 的投标文件无法解密：%(reason)s平台保存的密文与提交时的回执逐字节一致。",
        bidder=line.bidder,
        reason=void_reason(line.reason),
    )
    return agency_page("form", found, lot, title, form=form, lead=lead, quoted=line.dispute, back_url=home)


@routes.route("/bidder/cases/<case>/lots/<lot>/void-bid", methods=["GET", "POST"])
@access(Action.FAULT_DISPUTE)
def dispute(case: str, lot: str) -> str:
    """The bidder objects to what was named of its own bid."""
    found, form = entitled_case(case, Action.FAULT_DISPUTE, lot), DisputeForm()
    known_lot(found, lot)
    shown = fault_shown(found, lot) or abort(404)
    title, home = _("对责任认定提出异议"), url_for("bidder.lot", case=case, lot=lot)
    fact = AttributionDisputed(shown.line.receipt_id, (form.text.data or "").strip())
    if confirmed(form) and taken_now(form, found, lot, fact):
        effects = [(_("责任"), shown.words), (_("招标人的理由"), shown.line.ground), (_("异议和理由"), fact.text)]
        back = url_for("faults.dispute", case=case, lot=lot)
        return review_act(title, found, fact, lot=lot, effects=effects, next_url=home, back_url=back)
    until = _("请在 %(at)s 之前提出。", at=local_time(shown.line.until)) if shown.line.until else ""
    trail = case_trail(found, (_("我的投标"), home), (title, None))
    lead = f"{shown.words} {_('招标人的理由：')}{shown.line.ground} {until}".strip()
    return render_template(
        "pages/bidder/text_form.html",
        **{**head_of(found, lot), "breadcrumbs": trail, "case_id": case, "lot": lot},
        form=form,
        title=title,
        lead=lead,
        back_url=home,
    )
