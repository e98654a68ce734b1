"""Fees of experts at the centre: entered by one, confirmed by another, and a month's sheet to pay from."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length, Optional

from app.adapters.spreadsheets import write_workbook
from app.extensions import access, current_actor, platform, required_log_in
from app.permissions.actions import Action
from app.procedure.money import rmb_capital
from app.queries.fees import FeeRow, MonthSheet, fees_to_settle, month_sheet, months_with_fees
from app.services import fees
from app.web.entitled import in_words
from app.web.fee_words import COURSES, FEE_KINDS, ORIGINS, duration_words, table_words
from app.web.figures import DecimalField
from app.web.operator.library import XLSX
from app.web.pages import Refused, download, read_case

routes = Blueprint("fees", __name__)
MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


class FeeForm(FlaskForm):
    """What is to be paid, and why where it is not what was computed."""

    amount = DecimalField(_l("应付金额（元）"), [InputRequired(_l("请输入金额"))], places=2)
    reason = StringField(
        _l("更正理由"),
        [Optional(), Length(max=500, message=_l("至多 500 字"))],
        description=_l("与系统计算不同的，写明理由；专家本人可见。"),
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
    """How a fee comes about; the amount that is entered, or what another has entered to be confirmed."""
    row = next((one for one in _waiting() if one.id == fee), None)
    if row is None:
        abort(404)
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
    table = read_case(row.case_id).tender.published.profile.fees
    shown = {"row": row, "own": current_actor().id, "kinds": FEE_KINDS, "origins": ORIGINS, "courses": COURSES}
    shown |= {"duration": duration_words, "table": table_words(table) if table else []}
    return render_template("pages/operator/fee.html", form=form, errors=errors, **shown)


@routes.post("/centre/fees/<int:fee>/decision")
@access(Action.FEE_KEEP)
def decide(fee: int) -> Any:
    """The second person confirms the amount on the page, or sends it back."""
    try:
        amount = Decimal(request.form.get("amount", ""))
    except InvalidOperation:
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
    shown = {"lots": lots, "months": [f"{one:%Y-%m}" for one in months], "own": current_actor().id}
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
