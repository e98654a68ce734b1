"""Number fields that take figures as an input method for Chinese leaves them: full-width, or with 。 for the point."""

from __future__ import annotations

import unicodedata
from typing import Any

import wtforms


def plain_figure(text: str) -> str:
    """`10.5` for ` １０。５ `."""
    return unicodedata.normalize("NFKC", text).replace("。", ".").strip()


class DecimalField(wtforms.DecimalField):
    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata([plain_figure(value) for value in valuelist])


class IntegerField(wtforms.IntegerField):
    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata([plain_figure(value) for value in valuelist])
