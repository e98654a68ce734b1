"""Fees of experts at the centre: entered by one, confirmed by another, and a month's sheet to pay from."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from app.adapters.workbooks import write_workbook
from app.casefile.codec import decode
from app.extensions import access, current_actor, platform, required_log_in
from app.permissions.actions import Action
from app.procedure.errors import RuleViolation
from app.procedure.money import rmb_capital
from app.queries.fees import (
    FeeRow,
    MonthSheet,
    fee_at_centre,
    fees_to_settle,
    month_sheet,
    months_with_fees,
    settled_fees,
)
from app.services import fee_supplements, fees
from app.web.entitled import in_words
from app.web.fee_words import COURSES, FEE_KINDS, ORIGINS, duration_words, table_words
from app.web.figures import DecimalField
from app.web.operator.library import XLSX
from app.web.pages import Refused, download, read_case

routes = Blueprint("fees", __name__)
LARGEST_ID = 1 << 31
MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


class FeeForm(FlaskForm):
    """What is to be paid, and why where it is not what was computed."""

    amount = DecimalField(_l("应付金额（元）"), [InputRequired(_l("请输入金额"))], places=2)
    reason = StringField(
        _l("更正理由"),
        [Optional(), Length(max=500, message=_l("至多 500 字"))],
        description=_l("与系统计算不同的，写明理由；专家本人可见。"),
    )


class SupplementForm(FlaskForm):
    """What is added to a confirmed fee, or taken off it, and why."""

    kind = RadioField(
        _l("补付还是扣回"),
        [InputRequired(_l("请选择补付或者扣回"))],
        choices=[SelectChoice("add", _l("补付")), SelectChoice("take", _l("扣回"))],
    )
    amount = DecimalField(_l("金额（元）"), [InputRequired(_l("请输入金额"))], places=2)
    reason = StringField(
        _l("补付或者扣回的理由"),
        [InputRequired(_l("请写明理由")), Length(max=500, message=_l("至多 500 字"))],
        description=_l("专家本人可见。不要写姓名。"),
    )


@routes.get("/centre/fees")
@access(Action.FEE_LIST)
def to_settle() -> str:
    """What waits to be entered or confirmed, lot by lot; the months."""
    return _settling([])


@routes.post("/centre/fees/lots/<case>/<lot>")
@access(Action.FEE_KEEP)
def enter_computed(case: str, lot: str) -> Any:
    """Everybody of a lot gets what was computed."""
    return _doing(lambda: fees.enter_computed(platform(), required_log_in(), case, lot))


@routes.route("/centre/fees/<int:fee>", methods=["GET", "POST"])
@access(Action.FEE_KEEP)
def one_fee(fee: int) -> Any:
    """How a fee comes about; the amount that is entered, or what another has entered to be confirmed. What is confirmed
    stays to be read, and can be added to.
    """
    row = _found(fee)
    if row.confirmed_at is not None:
        return _confirmed_fee(row)
    form, errors = FeeForm(), []
    if form.validate_on_submit():
        try:
            fees.enter_fee(platform(), required_log_in(), fee, form.amount.data or Decimal(0), form.reason.data or "")
            return redirect(url_for(".to_settle"))
        except Refused as refusal:
            errors = [in_words(refusal)]
    elif not form.is_submitted():
        form.amount.data = row.computed if row.amount is None else row.amount
        form.reason.data = row.reason
    return render_template("pages/operator/fee.html", form=form, errors=errors, **_shown(row))


def _confirmed_fee(row: FeeRow) -> Any:
    form, errors, own = SupplementForm(), [], required_log_in()
    if form.validate_on_submit():
        try:
            amount = (form.amount.data or Decimal(0)) * (-1 if form.kind.data == "take" else 1)
            fee_supplements.enter_supplement(platform(), own, row.id, amount, form.reason.data or "")
            return redirect(url_for(".one_fee", fee=row.id))
        except Refused as refusal:
            errors = [in_words(refusal)]
    return render_template("pages/operator/fee_confirmed.html", form=form, errors=errors, **_shown(row))


def _shown(row: FeeRow) -> dict[str, Any]:
    table = read_case(row.case_id).tender.published.profile.fees
    shown = {"row": row, "own": current_actor().id, "kinds": FEE_KINDS, "origins": ORIGINS, "courses": COURSES}
    return shown | {"duration": duration_words, "table": table_words(table) if table else []}


def _found(fee: int) -> FeeRow:
    with platform().database.reading() as db_session:
        row = fee_at_centre(db_session, current_actor(), fee) if fee < LARGEST_ID else None
    if row is None:
        abort(404)
    return row


@routes.post("/centre/fees/<int:fee>/supplement")
@access(Action.FEE_KEEP)
def decide_supplement(fee: int) -> Any:
    """The second person confirms what is added, or sends it back."""
    row, confirmed = _found(fee), request.form.get("decision") == "confirm"
    try:
        amount = decode(Decimal, request.form.get("amount", ""))
    except RuleViolation:
        abort(400)
    if not FlaskForm().validate_on_submit():
        abort(400)
    try:
        given = {"confirmed": confirmed, "amount": amount}
        fee_supplements.decide_supplement(platform(), required_log_in(), fee, **given)
    except Refused as refusal:
        shown = {"errors": [in_words(refusal)], **_shown(row)}
        return render_template("pages/operator/fee_confirmed.html", form=SupplementForm(formdata=None), **shown)
    return redirect(url_for(".one_fee", fee=fee))


@routes.post("/centre/fees/<int:fee>/decision")
@access(Action.FEE_KEEP)
def decide(fee: int) -> Any:
    """The second person confirms the amount on the page, or sends it back."""
    try:
        amount = decode(Decimal, request.form.get("amount", ""))
    except RuleViolation:
        abort(400)
    confirmed = request.form.get("decision") == "confirm"
    return _doing(lambda: fees.decide_fee(platform(), required_log_in(), fee, confirmed=confirmed, amount=amount))


@routes.get("/centre/fees/months/<month>")
@access(Action.FEE_LIST)
def sheet(month: str) -> str:
    """A month to pay from, also on paper."""
    now, found = platform().database.now(), _sheet(month)
    shown = {"sheet": found, "month": month, "now": now, "words": rmb_capital(found.amount)}
    return render_template("pages/operator/fee_sheet.html", **shown)


@routes.get("/centre/fees/months/<month>.xlsx")
@access(Action.FEE_LIST)
def sheet_file(month: str) -> Response:
    """The same as a workbook, once the month is over."""
    found = _sheet(month)
    if not found.closed:
        abort(404)
    head = [_("专家编号"), _("姓名"), _("工作单位"), _("金额（元）")]
    lines = [[one.number, one.name, one.employer, f"{one.amount:.2f}"] for one in found.payees]
    total = [_("合计"), "", rmb_capital(found.amount), f"{found.amount:.2f}"]
    return download(f"expert-fees-{month}.xlsx", write_workbook([head, *lines, total]), XLSX)


def _waiting() -> list[FeeRow]:
    with platform().database.reading() as db_session:
        return fees_to_settle(db_session, current_actor())


def _settling(errors: list[str]) -> str:
    rows = _waiting()
    lots = [(key, list(found)) for key, found in groupby(rows, lambda row: (row.case_id, row.lot))]
    with platform().database.reading() as db_session:
        months = months_with_fees(db_session, platform().settings.display_zone)
        settled = settled_fees(db_session, current_actor())
    shown = {"lots": lots, "months": [f"{one:%Y-%m}" for one in months], "own": current_actor().id}
    shown |= {"settled": settled, "corrected": [row for row in settled if row.waiting]}
    return render_template("pages/operator/fees.html", errors=errors, duration=duration_words, **shown)


def _doing(act: Callable[[], object]) -> Any:
    form = FlaskForm()
    if not form.validate_on_submit():
        abort(400)
    try:
        act()
    except Refused as refusal:
        return _settling([in_words(refusal)])
    return redirect(url_for(".to_settle"))


def _sheet(month: str) -> MonthSheet:
    found = MONTH.fullmatch(month)
    if found is None:
        abort(404)
    day = date(int(found[1]), int(found[2]), 1)
    with platform().database.reading() as db_session:
        here = platform()
        return month_sheet(db_session, current_actor(), day, here.settings.display_zone, here.database.now())
