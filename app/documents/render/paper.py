"""The sheet: A4 with a running head, page n of m, and what a PDF holds beside its pages (fields, attachments)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfdoc
from reportlab.pdfgen.canvas import Canvas

from app.documents.render.fonts import Faces
from app.documents.wording import ZONE

# The same input must give the same bytes: no clock and no random identifier in the file.
rl_config.invariant = 1

WIDTH, HEIGHT = A4
LEFT = RIGHT = 20 * mm
TOP, BOTTOM = 25 * mm, 22 * mm
FRAME_WIDTH, FRAME_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
INK, QUIET, RULE, SHADE, RED = (HexColor(code) for code in ("#1a1d21", "#5b6470", "#9aa4b1", "#eef1f5", "#b3261e"))


@dataclass(frozen=True)
class Running:
    """What every page says: who and which case at the head, a digest at the foot, a marking in a red frame."""

    title: str
    author: str
    head: str
    marking: str
    digest: str
    lang: str
    dated_at: datetime


class Sheet(Canvas):
    """A canvas that also collects signature fields, and writes them and the attachments into the catalogue."""

    def __init__(
        self,
        output: IO[bytes],
        *,
        faces: Faces,
        running: Running | None = None,
        attachments: Mapping[str, bytes] | None = None,
        **options: object,
    ) -> None:
        # 1.7 for associated files; a first font of our own, so that no Helvetica is named that is not embedded
        options |= {"pdfVersion": (1, 7), "initialFontName": faces.regular}
        super().__init__(output, **options)
        self.faces = faces
        self.running = running
        self.attachments = attachments or {}
        self.field_names: list[str] = []
        if running is not None:
            local = running.dated_at.astimezone(ZONE)
            self.setDateFormatter(lambda *_of_reportlab: f"D:{local:%Y%m%d%H%M%S}+08'00'")

    def text(self, x: float, y: float, words: str, size: float, *, bold: bool = False, align: str = "left") -> None:
        """One line of text at a point, with the fonts that its characters need."""
        width = self.faces.width(words, size, bold=bold)
        x -= {"left": 0.0, "center": width / 2, "right": width}[align]
        line = self.beginText(x, y)
        for name, piece in self.faces.runs(words, bold=bold):
            line.setFont(name, size)
            line.textOut(piece)
        self.drawText(line)

    def signature_field(self, name: str, label: str, box: tuple[float, float, float, float]) -> None:
        """An empty signature field (ISO 32000-2 §12.7.5.5) on this page; `box` in page coordinates."""
        rect = [round(number, 2) for number in box]
        widget = pdfdoc.PDFDictionary(
            {
                "Type": pdfdoc.PDFName("Annot"),
                "Subtype": pdfdoc.PDFName("Widget"),
                "FT": pdfdoc.PDFName("Sig"),
                "T": pdfdoc.PDFString(name),
                "TU": pdfdoc.PDFString(label),
                "Rect": pdfdoc.PDFArray(rect),
                "F": 4,  # printed
                "P": self._doc.thisPageRef(),
            }
        )
        self._addAnnotation(widget, name)
        self.field_names.append(name)

    def save(self) -> None:
        """Ends the document: the count of pages is known now, and the catalogue can be completed."""
        if self.running:
            self._define_page_count(self.running.lang)
        if self.field_names:
            references = pdfdoc.PDFArray([self._doc.refAnnotation(name) for name in self.field_names])
            self._doc.Catalog.AcroForm = pdfdoc.PDFDictionary({"Fields": references})
        if self.attachments:
            self._attach()
        super().save()

    def _define_page_count(self, lang: str) -> None:
        pages = self.getPageNumber() - 1
        self.beginForm("page_count")
        words = f"共 {pages} 页" if lang == "zh" else f"of {pages}"
        self.setFillColor(QUIET)
        self.text(0, 0, words, 8)
        self.endForm()

    def _attach(self) -> None:
        """Embedded files with /AFRelationship /Data (ISO 32000-2 §14.13): the machine-readable side of the pages."""
        specs = [(name, self._file_spec(name, data)) for name, data in sorted(self.attachments.items())]
        tree = pdfdoc.PDFArray([part for name, spec in specs for part in (pdfdoc.PDFString(name), spec)])
        catalog = self._doc.Catalog
        catalog.Names = pdfdoc.PDFDictionary({"EmbeddedFiles": pdfdoc.PDFDictionary({"Names": tree})})
        catalog.__NoDefault__ = [*catalog.__NoDefault__, "AF"]
        catalog.AF = pdfdoc.PDFArray([spec for _, spec in specs])

    def _file_spec(self, name: str, data: bytes) -> pdfdoc.PDFObjectReference:
        head = {"Type": pdfdoc.PDFName("EmbeddedFile"), "Params": pdfdoc.PDFDictionary({"Size": len(data)})}
        head["Subtype"] = "/application#2Fjson"  # ReportLab leaves the slash of a name as it is
        stream = pdfdoc.PDFStream(pdfdoc.PDFDictionary(head), data, filters=[pdfdoc.PDFZCompress])
        reference = self._doc.Reference(stream, f"file-{name}")
        spec = {
            "Type": pdfdoc.PDFName("Filespec"),
            "F": pdfdoc.PDFString(name),
            "UF": pdfdoc.PDFString(name),
            "EF": pdfdoc.PDFDictionary({"F": reference, "UF": reference}),
            "AFRelationship": pdfdoc.PDFName("Data"),
        }
        return self._doc.Reference(pdfdoc.PDFDictionary(spec), f"spec-{name}")


def draw_furniture(sheet: Sheet, _document: object) -> None:
    """The running head and foot of a page. The marking is never shortened: a longer case name is set smaller."""
    running = sheet.running
    if running is None:
        return
    sheet.saveState()
    sheet.setFillColor(QUIET)
    room = FRAME_WIDTH - 24 - sheet.faces.width(running.marking, 8, bold=True)
    sheet.text(LEFT, HEIGHT - 15 * mm, running.head, sheet.faces.fitting(running.head, 8, room))
    sheet.setStrokeColor(RULE)
    sheet.setLineWidth(0.4)
    sheet.line(LEFT, HEIGHT - 17.5 * mm, WIDTH - RIGHT, HEIGHT - 17.5 * mm)
    if running.marking:
        _draw_marking(sheet, running.marking)
    sheet.setFillColor(QUIET)
    number = sheet.getPageNumber()
    page = f"第 {number} 页" if running.lang == "zh" else f"Page {number}"
    sheet.text(WIDTH / 2 - 2, 12 * mm, page, 8, align="right")
    sheet.translate(WIDTH / 2 + 2, 12 * mm)
    sheet.doForm("page_count")
    sheet.translate(-WIDTH / 2 - 2, -12 * mm)
    if running.digest:
        size = sheet.faces.fitting(running.digest, 6.5, FRAME_WIDTH)
        sheet.text(WIDTH / 2, 8 * mm, running.digest, size, align="center")
    sheet.restoreState()


def _draw_marking(sheet: Sheet, marking: str) -> None:
    width = sheet.faces.width(marking, 8, bold=True) + 10
    x, y = WIDTH - RIGHT - width, HEIGHT - 16.2 * mm
    sheet.setStrokeColor(RED)
    sheet.setFillColor(RED)
    sheet.setLineWidth(0.7)
    sheet.rect(x, y, width, 13)
    sheet.text(x + 5, y + 3.8, marking, 8, bold=True)
