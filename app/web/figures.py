"""Number fields that take figures as an input method for Chinese leaves them: full-width, or with 。 for the point."""

from __future__ import annotations

import unicodedata
from typing import Any

import wtforms
from wtforms.widgets import TextInput


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


class DecimalField(wtforms.DecimalField):
    widget = FigureInput("decimal")

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata([plain_figure(value) for value in valuelist])


class IntegerField(wtforms.IntegerField):
    widget = FigureInput("numeric")

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata([plain_figure(value) for value in valuelist])
