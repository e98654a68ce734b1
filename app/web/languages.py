"""The English catalogue: sentences are written in Chinese in code and templates, their English stands in one file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

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
