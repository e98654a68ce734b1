"""Figures as an input method for Chinese leaves them, in forms."""

from __future__ import annotations

from decimal import Decimal

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import Form

from app.web.figures import DecimalField, IntegerField


class Figures(Form):
    amount = DecimalField()
    days = IntegerField()


@pytest.mark.parametrize(("amount", "days"), [("１０．５", "１５"), ("10。5", " 15 "), ("10.5", "15")])
def test_full_width_figures_count_as_plain_ones(amount, days):
    form = Figures(MultiDict({"amount": amount, "days": days}))
    assert form.validate()
    assert (form.amount.data, form.days.data) == (Decimal("10.5"), 15)


def test_what_is_no_figure_is_refused():
    assert not Figures(MultiDict({"amount": "１０。５。", "days": "十五"})).validate()


def test_the_fields_take_full_width_figures_and_ask_for_a_keyboard_of_figures():
    form = Figures()
    assert 'inputmode="decimal"' in form.amount()
    assert 'inputmode="numeric"' in form.days()
    assert 'type="text"' in form.days()
