"""What the people of the demonstration hand in: PDF documents, drawn on their own machine."""

from __future__ import annotations

import hashlib
import io
import secrets
import struct
import zlib
from collections.abc import Sequence
from functools import cache
from textwrap import wrap

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics, ttfonts
from reportlab.pdfgen.canvas import Canvas

from demo.site import ROOT

FACE = ROOT / "app" / "static" / "dist" / "fonts" / "NotoSansSC-Regular.ttf"
LEFT, TOP, LINE = 25 * mm, 260 * mm, 8 * mm
COLUMNS = 40  # characters of a line
SIDE = 256  # pixels of a portrait


@cache
def _font() -> str:
    pdfmetrics.registerFont(ttfonts.TTFont(FACE.stem, str(FACE)))
    return FACE.stem


def draw_paper(title: str, author: str, lines: Sequence[str]) -> bytes:
    """One page of A4. No two are alike, as no two scanned documents are."""
    output = io.BytesIO()
    page = Canvas(output, pagesize=A4)
    page.setTitle(title)
    page.setAuthor(author)
    page.setProducer(f"{author}（演示文件）")  # a machine of its own each, else the check of bids asks
    page.setSubject(secrets.token_hex(8))
    page.setFont(_font(), 18)
    page.drawString(LEFT, TOP, title)
    page.setFont(_font(), 11)
    written = [part for line in lines for part in wrap(line, COLUMNS)]
    for number, line in enumerate(written, start=2):
        page.drawString(LEFT, TOP - number * LINE, line)
    page.showPage()
    page.save()
    return output.getvalue()


def portrait(name: str) -> bytes:
    """A PNG that stands for a photo of somebody: squares in a pattern of the name's own, as in a field of seats."""
    digest = hashlib.sha256(name.encode()).digest()

    def grey(x: int, y: int) -> int:
        return 90 + 15 * (digest[(y * 8 // SIDE) * 4 + x * 4 // SIDE] % 10)

    rows = [bytes([0, *(grey(x, y) for x in range(SIDE))]) for y in range(SIDE)]

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)  # eight bits of grey
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body
