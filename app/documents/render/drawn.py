"""Parts of a page that are drawn, not set: signature fields in a grid, the place of the seal, QR codes."""

from __future__ import annotations

from dataclasses import dataclass

import segno
from reportlab.platypus import Flowable

from app.documents.render.paper import FRAME_WIDTH, INK, QUIET, RULE, Sheet

FIELD_HEIGHT, CAPTION, GAP = 54, 15, 12
SEAL_SIZE = 124


@dataclass(frozen=True)
class Field:
    """One signature field: its `name` in the file, who signs there, and in which capacity."""

    name: str
    label: str
    note: str


class SignatureRow(Flowable):
    """Fields side by side, each a caption over an open frame that the signer's appearance will fill."""

    def __init__(self, fields: list[Field], columns: int) -> None:
        super().__init__()
        self.fields = fields
        self.field_width = (FRAME_WIDTH - GAP * (columns - 1)) / columns
        self.canv: Sheet

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        return FRAME_WIDTH, FIELD_HEIGHT + CAPTION + GAP

    def draw(self) -> None:
        for index, field in enumerate(self.fields):
            x = index * (self.field_width + GAP)
            self._draw_field(field, x)

    def _draw_field(self, field: Field, x: float) -> None:
        sheet, right, half = self.canv, x + self.field_width, self.field_width / 2 - 4
        size = sheet.faces.fitting(field.label, 9, half, bold=True)
        sheet.setFillColor(INK)
        sheet.text(x, GAP + FIELD_HEIGHT + 5, field.label, size, bold=True)
        sheet.setFillColor(QUIET)
        sheet.text(right, GAP + FIELD_HEIGHT + 5, field.note, sheet.faces.fitting(field.note, 8, half), align="right")
        sheet.setStrokeColor(RULE)
        sheet.setLineWidth(0.5)
        sheet.rect(x, GAP, self.field_width, FIELD_HEIGHT)
        left, bottom = sheet.absolutePosition(x, GAP)
        box = (left, bottom, left + self.field_width, bottom + FIELD_HEIGHT)
        sheet.signature_field(field.name, field.label, box)


class SealPlace(Flowable):
    """Where the centre's seal goes, at the right, with what it stands for at its left."""

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field
        self.canv: Sheet

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        return FRAME_WIDTH, SEAL_SIZE + GAP

    def draw(self) -> None:
        sheet, x = self.canv, FRAME_WIDTH - SEAL_SIZE
        size = sheet.faces.fitting(self.field.label, 10, x - 14, bold=True)
        sheet.setFillColor(INK)
        sheet.text(x - 14, SEAL_SIZE / 2 + 4, self.field.label, size, bold=True, align="right")
        sheet.setFillColor(QUIET)
        sheet.text(x - 14, SEAL_SIZE / 2 - 10, self.field.note, 8, align="right")
        sheet.setStrokeColor(RULE)
        sheet.setLineWidth(0.5)
        sheet.circle(x + SEAL_SIZE / 2, SEAL_SIZE / 2, SEAL_SIZE / 2 - 4)  # the seal's ring will lie on it
        left, bottom = sheet.absolutePosition(x, 0)
        sheet.signature_field(self.field.name, self.field.label, (left, bottom, left + SEAL_SIZE, bottom + SEAL_SIZE))


class QrCode(Flowable):
    """A QR code of `data`, `size` points wide, level M; drawn as vectors, so that it stays sharp in print."""

    def __init__(self, data: str, size: float) -> None:
        super().__init__()
        self.rows = [bytes(row) for row in segno.make_qr(data, error="m").matrix]
        self.size = size

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        return self.size, self.size

    def draw(self) -> None:
        module = self.size / len(self.rows)
        path = self.canv.beginPath()
        for line, row in enumerate(self.rows):
            for column, dark in enumerate(row):
                if dark:
                    path.rect(column * module, self.size - (line + 1) * module, module, module)
        self.canv.setFillColor(INK)
        self.canv.drawPath(path, stroke=0, fill=1)
