"""A recheck of a sealed report by its committee: the officer drafts it, the supervisor releases it."""

from __future__ import annotations

from flask import abort, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from app.casefile.case import Case
from app.extensions import access, platform
from app.permissions.actions import Action
from app.queries.standstills import recheck_waiting, valid_until
from app.web.agency.blueprint import routes
from app.web.pages import agency_page, confirmed, entitled_case, known_lot, local_time, review_act, taken_now
from evaluation.sitting import RecheckOrdered, RecheckProposed

Effects = list[tuple[str, object]]


class RecheckForm(FlaskForm):
    """Why the committee is to check its report again."""

    note = TextAreaField(
        _l("复核的理由"),
        [DataRequired(_l("请写明认为评审报告哪里有误，以及依据")), Length(max=500, message=_l("至多 500 字"))],
        description=_l("评委和监督部门都会看到。只能请求核对，不得要求改变评审结论。"),
    )


def _effects(found: Case, lot: str, note: str) -> Effects:
    state = found.lots[lot].sitting
    return [(_("标包"), lot), (_("复核的报告摘要 SHA-256"), state.sealed_sha256), (_("复核的理由"), note)]


@routes.route("/agency/cases/<case>/lots/<lot>/recheck", methods=["GET", "POST"])
@access(Action.RECHECK_PROPOSE)
def recheck(case: str, lot: str) -> str:
    """The officer drafts it."""
    found, form = entitled_case(case, Action.RECHECK_PROPOSE, lot), RecheckForm()
    back = url_for("agency.report", case=case, lot=known_lot(found, lot))
    note = (form.note.data or "").strip()
    fact = RecheckProposed(note)
    if confirmed(form) and taken_now(form, found, lot, fact):
        return review_act(
            _("拟请评审委员会复核"),
            found,
            fact,
            lot=lot,
            effects=_effects(found, lot, note),
            words=_("由审核人复核后生效：原评审委员会重新签到，答复您的理由；已封存的报告保留，答复载入新一版报告。"),
            next_url=back,
            back_url=url_for("agency.recheck", case=case, lot=lot),
        )
    lead = _("定标之前，招标人认为评审报告有误的，请原评审委员会复核。评分只能因四种法定情形更正；前后两版报告都保留。")
    return agency_page("form", found, lot, _("拟请评审委员会复核"), form=form, lead=lead, back_url=back)


@routes.get("/agency/cases/<case>/lots/<lot>/recheck/release")
@access(Action.RECHECK_ORDER)
def release_recheck(case: str, lot: str) -> str:
    """Word for word what waits, for the supervisor."""
    found = entitled_case(case, Action.RECHECK_ORDER, lot)
    waiting = recheck_waiting(found, known_lot(found, lot), platform().database.now())
    if waiting is None:
        abort(404)
    note, until = waiting.fact.note, valid_until(found, waiting)
    return review_act(
        _("放行复核要求"),
        found,
        RecheckOrdered(note),
        lot=lot,
        effects=[*_effects(found, lot, note), *([(_("最迟签名"), local_time(until))] if until else [])],
        words=_("签名后立即通知全体评委和监督部门，不能撤回；新一版报告封存之前，不能据此定标。"),
        next_url=url_for("agency.report", case=case, lot=lot),
        label=_("签名放行"),
        tone="warning",
    )
