"""Figures as an input method for Chinese leaves them, in forms."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import Babel
from werkzeug.datastructures import MultiDict
from wtforms import Form

from app.web.figures import DateTimeLocalField, DecimalField, IntegerField


class Figures(Form):
    amount = DecimalField()
    days = IntegerField()


@pytest.mark.parametrize(("amount", "days"), [("１０．５", "１５"), ("10。5", " 15 "), ("10.5", "15")])
def test_full_width_figures_count_as_plain_ones(amount, days):
    form = Figures(MultiDict({"amount": amount, "days": days}))
    assert form.validate()
    assert (form.amount.data, form.days.data) == (Decimal("10.5"), 15)


@pytest.fixture
def in_chinese():
    app = Flask("figures")
    Babel(app)
    with app.test_request_context():
        yield


@pytest.mark.usefixtures("in_chinese")
@pytest.mark.parametrize("amount", ["１０。５。", "1.005", "1e9", "-5", "9" * 30, "1,00", "NaN", "٣", "0x10", "1_000"])
def test_what_is_no_exact_figure_is_refused_and_shown_again(amount):
    form = Figures(MultiDict({"amount": amount, "days": "十五"}))
    assert not form.validate()
    assert "小数至多 2 位" in form.amount.errors[0]
    assert form.days.errors == ["请填写整数，例如 3"]
    assert f'value="{amount}"' in form.amount()  # nothing is rounded and nothing fails where it is shown again


@pytest.mark.usefixtures("in_chinese")
@pytest.mark.parametrize("typed", ["0001-01-01T00:00", "0202-04-24T09:30", "9999-12-31T23:59"])
def test_a_year_that_is_half_typed_is_no_year(typed):
    class Moment(Form):
        at = DateTimeLocalField(format="%Y-%m-%dT%H:%M")

    form = Moment(MultiDict({"at": typed}))
    assert not form.validate()
    assert form.at.errors == ["年份应在 2000 至 2199 之间"]


def test_grouped_figures_are_taken():
    assert Figures(MultiDict({"amount": "1,751,000.00", "days": "3"})).amount.data == Decimal("1751000.00")


def test_the_fields_take_full_width_figures_and_ask_for_a_keyboard_of_figures():
    form = Figures()
    assert 'inputmode="decimal"' in form.amount()
    assert 'inputmode="numeric"' in form.days()
    assert 'type="text"' in form.days()
