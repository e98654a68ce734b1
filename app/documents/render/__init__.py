"""Pages of PDF from facts: the only part of the project that draws with ReportLab.

A template of `templates/pdf` says what stands where in a small XML vocabulary (see `layout`); fonts, paper, drawing
and escaping are decided here once for all documents. The same content gives the same bytes.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from app.documents.content import (
    AbandonedEvaluation,
    EvaluationReport,
    FailedEvaluation,
    OpeningRecord,
    Receipt,
    SigningStatement,
)
from app.documents.inspection_content import TaskSheet
from app.documents.render.font_files import FontsMissing, check_fonts
from app.documents.wording import Lang, render_xml

if TYPE_CHECKING:
    from app.documents.render.fonts import Faces

__all__ = ["FontsMissing", "Renderer"]

TEMPLATE_OF = {
    OpeningRecord: "opening_record",
    EvaluationReport: "evaluation_report",
    SigningStatement: "signing_statement",
    FailedEvaluation: "failed_evaluation",
    AbandonedEvaluation: "abandoned_evaluation",
    Receipt: "receipt",
    TaskSheet: "inspection_task",
}
# The moment that a document is dated: its case gives it, so that made again it is the same bytes.
DATED_BY = {
    OpeningRecord: "finished_at",
    EvaluationReport: "evaluation_ended_at",
    SigningStatement: "stated_at",
    FailedEvaluation: "stated_at",
    AbandonedEvaluation: "stated_at",
    Receipt: "received_at",
    TaskSheet: "drawn_at",
}
Content = (
    OpeningRecord | EvaluationReport | SigningStatement | FailedEvaluation | AbandonedEvaluation | Receipt | TaskSheet
)
# ReportLab keeps fonts and subsets in module globals.
_DRAWING = threading.Lock()


class Renderer:
    """Draws documents with the fonts of one folder.

    `font_dir` holds NotoSansSC-Regular.ttf and NotoSansSC-Bold.ttf (static TrueType, different PostScript names); more
    `.ttf` files in it are used for characters that these lack. They, and ReportLab itself, are loaded for the first
    document: most processes draw none. Raises FontsMissing.
    """

    def __init__(self, font_dir: Path) -> None:
        check_fonts(font_dir)
        self._font_dir = font_dir

    @property
    def faces(self) -> Faces:
        """The fonts themselves. Raises FontsMissing when one cannot be used."""
        from app.documents.render.fonts import load_faces

        return load_faces(self._font_dir)

    def render(
        self,
        content: Content,
        *,
        lang: Lang = "zh",
        attachments: Mapping[str, bytes] | None = None,
    ) -> bytes:
        """The document of `content`, with its empty signature fields and `attachments` (file name → JSON bytes)."""
        from app.documents.render.drawing import draw_document

        root = ElementTree.fromstring(render_xml(TEMPLATE_OF[type(content)], content, lang))  # noqa: S314  our template
        dated_at = getattr(content, DATED_BY[type(content)])
        with _DRAWING:
            return draw_document(self.faces, root, lang, dated_at, attachments or {})

    def signature_appearance(self, name: str, capacity: str, signed_at: datetime) -> bytes:
        """One small page that `crypto.pdf` draws into a member's field: who signed, as what and when."""
        from app.documents.render.marks import draw_signature

        with _DRAWING:
            return draw_signature(self.faces, name, capacity, signed_at)

    def seal_appearance(self, centre: str, purpose: str) -> bytes:
        """The centre's round seal as one small page: its name on the circle, `purpose` below the star."""
        from app.documents.render.marks import draw_seal

        with _DRAWING:
            return draw_seal(self.faces, centre, purpose)
