"""Number fields that take figures as an input method for Chinese leaves them: full-width, or with 。 for the point."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import wtforms
from flask_babel import gettext as _
from wtforms.validators import StopValidation
from wtforms.widgets import TextInput

WHOLE = "[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4}"  # below 10^15, grouped or not, as in money.js

YEARS = range(2000, 2200)  # of moments that people set


def plain_figure(text: str) -> str:
    """`10.5` for ` １０。５ `."""
    return unicodedata.normalize("NFKC", text).replace("。", ".").strip()


class FigureInput(TextInput):
    """A field for text, because browsers take no full-width figure in one for numbers."""

    def __init__(self, inputmode: str) -> None:
        super().__init__()
        self.inputmode = inputmode

    def __call__(self, field: wtforms.Field, **attributes: Any) -> str:
        return super().__call__(field, **{"inputmode": self.inputmode, "autocomplete": "off", **attributes})


class _OneMistake:
    """What is no figure is no figure too small as well."""

    process_errors: list[str]
    raw_data: list[str] | None

    def pre_validate(self, _form: object) -> None:
        if self.process_errors and any(text.strip() for text in self.raw_data or ()):
            raise StopValidation


class DecimalField(_OneMistake, wtforms.DecimalField):
    """An exact figure: no digit that was typed is dropped, and none is taken that no amount or mark can have."""

    widget = FigureInput("decimal")

    def process_formdata(self, valuelist: list[Any]) -> None:
        figures = [plain_figure(value) for value in valuelist]
        exact = re.compile(rf"({WHOLE})(\.[0-9]{{1,{self.places}}})?")
        if not all(exact.fullmatch(figure) for figure in figures if figure):
            self.data = None
            words = _("请只填数字，整数至多 15 位，小数至多 %(places)s 位，例如 1751000.00", places=self.places)
            raise ValueError(words)
        super().process_formdata([figure.replace(",", "") for figure in figures])


class IntegerField(_OneMistake, wtforms.IntegerField):
    widget = FigureInput("numeric")

    def process_formdata(self, valuelist: list[Any]) -> None:
        figures = [plain_figure(value) for value in valuelist]
        if not all(re.fullmatch("-?[0-9]{1,9}", figure) for figure in figures if figure):
            self.data = None
            raise ValueError(_("请填写整数，例如 3"))
        super().process_formdata(figures)


class DateTimeLocalField(_OneMistake, wtforms.DateTimeLocalField):
    """A moment in the zone of the page; a year that is half typed is no year."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        if self.data is not None and self.data.year not in YEARS:
            self.data = None
            raise ValueError(_("年份应在 %(first)s 至 %(last)s 之间", first=YEARS.start, last=YEARS.stop - 1))
