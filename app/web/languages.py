"""The English catalogue: sentences are written in Chinese in code and templates, their English stands in one file. A
page says many sentences in one language, which is found once for all of them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations
from flask import Flask, g
from flask_babel import Domain

CATALOGUE = Path(__file__).parent.parent / "translations" / "en" / "LC_MESSAGES" / "messages.po"


def compile_catalogue(source: Path = CATALOGUE) -> Path:
    """The compiled catalogue beside its source; made anew when the source is newer, whole or not at all."""
    target = source.with_suffix(".mo")
    if not source.exists() or (target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns):
        return target
    with source.open("rb") as file:
        catalogue = read_po(file, locale="en")
    handle, name = tempfile.mkstemp(dir=target.parent, suffix=".mo.new")
    with os.fdopen(handle, "wb") as file:
        write_mo(file, catalogue)
    os.replace(name, target)
    return target


class Sentences(Domain):
    """What pages say, in the language of the request."""

    def get_translations(self) -> NullTranslations:
        """Found for the first sentence of a request; to find it anew for each takes as long as the page itself."""
        try:
            found: NullTranslations | None = g.get("sentences")
        except RuntimeError:  # said to nobody: no request, nor an application
            return super().get_translations()
        if found is None:
            found = g.sentences = super().get_translations()
        return found


def say_at_once(app: Flask) -> None:
    """Templates and code of the application speak by `Sentences`."""
    said = app.extensions["babel"].instance.domain_instance = Sentences()
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # of Jinja's extension for languages
        gettext=lambda text: said.get_translations().ugettext(text),
        ngettext=lambda one, many, n: said.get_translations().ungettext(one, many, n),
        pgettext=lambda context, text: said.get_translations().upgettext(context, text),
        npgettext=lambda context, one, many, n: said.get_translations().unpgettext(context, one, many, n),
        newstyle=True,
    )
