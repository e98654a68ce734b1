"""From the templates' small XML vocabulary to what ReportLab sets.

    document   title author head marking digest     the whole
    title subtitle heading note                     lines of their own
    para       align, indent="no"                   text, with <b> and <br/> inside
    list/item                                       numbered points
    facts      of row/cell                          label and value, label and value
    table      widths head size                     of row/cell; `head` rows are repeated on each page
    cell       align bold span
    keep pagebreak space                            flow
    signatures columns, of field name label note    signature fields
    seal       name label note
    qr         data size                            with text beside it

Text never meets a markup parser: ReportLab's would open a file named in `<img src>`, so paragraphs are made of
fragments here, and whatever a user wrote is only ever characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from xml.etree.ElementTree import Element

from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, PageBreak, Paragraph, Spacer, Table

from app.documents.render import line_breaks, stream_numbers  # noqa: F401  where lines end, how numbers stand
from app.documents.render.drawn import Field, QrCode, SealPlace, SignatureRow
from app.documents.render.fonts import Faces
from app.documents.render.paper import FRAME_HEIGHT, FRAME_WIDTH, INK, QUIET, RULE, SHADE

ALIGNMENT = {"left": TA_LEFT, "center": TA_CENTER, "right": TA_RIGHT, "justify": TA_JUSTIFY}
GRID = [
    ("GRID", (0, 0), (-1, -1), 0.4, RULE),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("LEFTPADDING", (0, 0), (-1, -1), 4),
    ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ("TOPPADDING", (0, 0), (-1, -1), 3),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
]
# A heading stands above at least this much of what follows: a table's head and a row of three lines.
HEADING_ROOM = 110
FOLDED = re.compile(r"[ \t\r\n]+")  # not the ideographic space, which stands inside names
Piece = tuple[str, bool]  # characters, bold; "\n" alone is a line break


def _pieces(element: Element, *, bold: bool = False) -> Iterator[Piece]:
    """The text inside `element` in order, white space folded as in HTML, <br/> and line ends of users as breaks."""
    yield from _lines(element.text, bold)
    for child in element:
        if child.tag == "br":
            yield "\n", bold
        else:
            yield from _pieces(child, bold=True)
        yield from _lines(child.tail, bold)


def _lines(text: str | None, bold: bool) -> Iterator[Piece]:
    for index, line in enumerate((text or "").split("\u2028")):
        if index:
            yield "\n", bold
        folded = FOLDED.sub(" ", line)
        if folded.strip(" "):
            yield folded, bold


class Rows(Table):
    """A table that breaks between its rows; only a row that no page could hold is cut.

    ReportLab's `splitInRow` alone would cut the last row of every page, and set the head again above the sliver.
    """

    def split(self, width: float, height: float) -> list[Flowable]:
        self.splitInRow = 0
        whole: list[Flowable] = super().split(width, height)
        if whole or height < 0.8 * FRAME_HEIGHT:
            return whole
        self.splitInRow = 1
        cut: list[Flowable] = super().split(width, height)
        return cut


class Layout:
    """Makes flowables of elements, in one language with one set of faces."""

    def __init__(self, faces: Faces, lang: str) -> None:
        self.faces = faces
        self.base = ParagraphStyle(
            "body",
            fontName=faces.regular,
            fontSize=10.5,
            leading=17,
            textColor=INK,
            spaceAfter=5,
            wordWrap="CJK" if lang == "zh" else None,
        )
        # empty cells too name a font: without this one it would be Helvetica, which is not embedded
        self.face = ("FONTNAME", (0, 0), (-1, -1), faces.regular)
        self.grid = [self.face, *GRID]
        self.indent = 21 if lang == "zh" else 0
        # (name in the vocabulary → style) for lines of their own
        self.styles = {
            "title": self._style("title", fontSize=19, leading=28, alignment=TA_CENTER, spaceBefore=4, spaceAfter=4),
            "subtitle": self._style("subtitle", fontSize=10.5, alignment=TA_CENTER, textColor=QUIET, spaceAfter=12),
            "heading": self._style("heading", fontSize=12, leading=19, spaceBefore=11, spaceAfter=5),
            "note": self._style("note", fontSize=8, leading=12.5, textColor=QUIET),
        }
        self.makers: dict[str, Callable[[Element], list[Flowable]]] = {
            **{name: partial(self._line, name) for name in self.styles},
            "heading": lambda element: [CondPageBreak(HEADING_ROOM), *self._line("heading", element)],
            "para": self._para,
            "list": self._list,
            "facts": self._facts,
            "table": self._table,
            "keep": self._keep,
            "pagebreak": lambda _: [PageBreak()],
            "space": lambda element: [Spacer(1, float(element.get("height", "8")))],
            "signatures": self._signatures,
            "seal": lambda element: [SealPlace(_field(element))],
            "qr": self._qr,
        }

    def flow(self, element: Element) -> list[Flowable]:
        """The flowables of all children of `element`. An unknown tag is a KeyError: a template's mistake."""
        return [flowable for child in element for flowable in self.makers[child.tag](child)]

    def _style(self, name: str, **more: object) -> ParagraphStyle:
        return ParagraphStyle(name, parent=self.base, **more)

    def paragraph(self, pieces: list[Piece], style: ParagraphStyle) -> Paragraph:
        """A paragraph of ready fragments; no text is parsed."""
        model = Paragraph("x", style).frags[0]
        fragments = []
        for text, bold in pieces:
            if text == "\n":
                fragments.append(model.clone(text="", lineBreak=True))
                continue
            fragments += [model.clone(text=run, fontName=name) for name, run in self.faces.runs(text, bold=bold)]
        return Paragraph("", style, frags=fragments or [model.clone(text="")])

    def _line(self, name: str, element: Element) -> list[Flowable]:
        bold = name in ("title", "heading")
        return [self.paragraph(list(_pieces(element, bold=bold)), self.styles[name])]

    def _para(self, element: Element) -> list[Flowable]:
        indent = 0 if element.get("indent") == "no" else self.indent
        style = self._style("para", firstLineIndent=indent, alignment=ALIGNMENT[element.get("align", "left")])
        return [self.paragraph(list(_pieces(element)), style)]

    def _list(self, element: Element) -> list[Flowable]:
        style = self._style("item", leftIndent=21, firstLineIndent=-14, spaceAfter=3)
        items = enumerate(element, start=1)
        return [self.paragraph([(f"{number}. ", False), *_pieces(item)], style) for number, item in items]

    def _cell(self, element: Element, size: float, *, head: bool) -> Paragraph:
        align = element.get("align", "center" if head else "left")
        style = self._style(
            "cell", fontSize=size, leading=size * 1.45, alignment=ALIGNMENT[align], spaceAfter=0, splitLongWords=1
        )
        return self.paragraph(list(_pieces(element, bold=head or element.get("bold") == "yes")), style)

    def _rows(
        self, element: Element, columns: int, size: float, head: int
    ) -> tuple[list[list[object]], list[tuple[object, ...]]]:
        """The cells, and a SPAN for each cell that takes more than one column."""
        rows: list[list[object]] = []
        spans: list[tuple[object, ...]] = []
        for y, row in enumerate(element):
            cells: list[object] = []
            for cell in row:
                span = int(cell.get("span", "1"))
                if span > 1:
                    spans.append(("SPAN", (len(cells), y), (len(cells) + span - 1, y)))
                cells += [self._cell(cell, size, head=y < head), *[""] * (span - 1)]
            rows.append(cells + [""] * (columns - len(cells)))
        return rows, spans

    def _table(self, element: Element) -> list[Flowable]:
        weights = [float(weight) for weight in element.attrib["widths"].split()]
        head = int(element.get("head", "1"))
        rows, spans = self._rows(element, len(weights), float(element.get("size", "9")), head)
        widths = [FRAME_WIDTH * weight / sum(weights) for weight in weights]
        shade = [("BACKGROUND", (0, 0), (-1, head - 1), SHADE)] if head else []
        table = Rows(rows, widths, repeatRows=head, style=[*self.grid, *shade, *spans])
        return [table, Spacer(1, 7)] if len(rows) > head else []

    def _facts(self, element: Element) -> list[Flowable]:
        """Rows of label, value, label, value; a row of two gives its value the rest of the line."""
        rows, spans = self._rows(element, 4, 9, 0)
        spans += [("SPAN", (1, y), (3, y)) for y, row in enumerate(element) if len(row) == 2]
        shade = [("BACKGROUND", (0, 0), (0, -1), SHADE)]
        shade += [("BACKGROUND", (2, y), (2, y), SHADE) for y, row in enumerate(element) if len(row) == 4]
        widths = [FRAME_WIDTH * weight for weight in (0.16, 0.34, 0.16, 0.34)]
        return [Rows(rows, widths, style=[*self.grid, *shade, *spans]), Spacer(1, 7)]

    def _keep(self, element: Element) -> list[Flowable]:
        # What is kept together needs no room below its heading.
        return [KeepTogether([part for part in self.flow(element) if not isinstance(part, CondPageBreak)])]

    def _signatures(self, element: Element) -> list[Flowable]:
        columns = int(element.get("columns", "2"))
        fields = [_field(child) for child in element]
        return [SignatureRow(fields[start : start + columns], columns) for start in range(0, len(fields), columns)]

    def _qr(self, element: Element) -> list[Flowable]:
        size = float(element.get("size", "110"))
        beside = self.flow(element)
        style = [self.face, ("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("LEFTPADDING", (0, 0), (0, 0), 0)]
        return [
            Table([[QrCode(element.attrib["data"], size), beside]], [size + 14, FRAME_WIDTH - size - 14], style=style)
        ]


def _field(element: Element) -> Field:
    return Field(element.attrib["name"], element.get("label", ""), element.get("note", ""))
