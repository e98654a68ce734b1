"""What shows in a signature field once it is signed. Pictures only: what counts is the signature under them."""

from __future__ import annotations

import io
import math
from datetime import datetime

from app.documents.render.drawn import FIELD_HEIGHT, GAP, SEAL_SIZE
from app.documents.render.fonts import Faces
from app.documents.render.paper import FRAME_WIDTH, INK, QUIET, RED, Sheet
from app.documents.wording import instant

FIELD_WIDTH = (FRAME_WIDTH - GAP) / 2
ARC = math.radians(250)  # how far round the seal the name may reach


def _small_sheet(faces: Faces, width: float, height: float) -> tuple[Sheet, io.BytesIO]:
    output = io.BytesIO()
    return Sheet(output, faces=faces, pagesize=(width, height), invariant=1), output


def draw_signature(faces: Faces, name: str, capacity: str, signed_at: datetime) -> bytes:
    sheet, output = _small_sheet(faces, FIELD_WIDTH, FIELD_HEIGHT)
    sheet.setFillColor(INK)
    sheet.text(10, 29, name, faces.fitting(name, 17, FIELD_WIDTH - 20, bold=True), bold=True)
    sheet.setFillColor(QUIET)
    sheet.text(10, 16, capacity, faces.fitting(capacity, 7.5, FIELD_WIDTH - 20))
    sheet.text(10, 6.5, f"电子签名 Signed {instant(signed_at)}", 7)
    sheet.showPage()
    sheet.save()
    return output.getvalue()


def draw_seal(faces: Faces, centre: str, purpose: str) -> bytes:
    sheet, output = _small_sheet(faces, SEAL_SIZE, SEAL_SIZE)
    middle = SEAL_SIZE / 2
    sheet.setStrokeColor(RED)
    sheet.setFillColor(RED)
    sheet.setLineWidth(3)
    sheet.circle(middle, middle, middle - 4)
    sheet.translate(middle, middle)
    _draw_on_arc(sheet, centre, middle - 21)
    _draw_star(sheet, 17)
    sheet.text(0, -36, purpose, faces.fitting(purpose, 10, 62, bold=True), bold=True, align="center")
    sheet.showPage()
    sheet.save()
    return output.getvalue()


def _draw_on_arc(sheet: Sheet, words: str, radius: float) -> None:
    step = min(ARC / max(len(words) - 1, 1), math.radians(30))
    size = min(14.0, radius * step * 0.86)
    for index, character in enumerate(words):
        angle = (index - (len(words) - 1) / 2) * step
        sheet.saveState()
        sheet.rotate(-math.degrees(angle))
        sheet.text(0, radius, character, size, bold=True, align="center")
        sheet.restoreState()


def _draw_star(sheet: Sheet, radius: float) -> None:
    path = sheet.beginPath()
    for corner in range(10):
        length, angle = (radius, radius * 0.382)[corner % 2], corner * math.pi / 5
        move = path.lineTo if corner else path.moveTo
        move(length * math.sin(angle), length * math.cos(angle))
    path.close()
    sheet.drawPath(path, stroke=0, fill=1)
