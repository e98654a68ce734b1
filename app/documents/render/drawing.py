"""One document drawn with ReportLab: its pages flow from the template's XML."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from xml.etree import ElementTree

from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

from app.documents.render.fonts import Faces
from app.documents.render.layout import Layout
from app.documents.render.paper import (
    BOTTOM,
    FRAME_HEIGHT,
    FRAME_WIDTH,
    HEIGHT,
    LEFT,
    WIDTH,
    Running,
    Sheet,
    draw_furniture,
)
from app.documents.wording import Lang


def draw_document(
    faces: Faces, root: ElementTree.Element, lang: Lang, dated_at: datetime, attachments: Mapping[str, bytes]
) -> bytes:
    """The document whose template gave `root`."""
    said = {name: root.attrib[name] for name in ("title", "author", "head", "marking", "digest")}
    running = Running(**said, lang=lang, dated_at=dated_at)
    output = io.BytesIO()
    frame = Frame(LEFT, BOTTOM, FRAME_WIDTH, FRAME_HEIGHT, 0, 0, 0, 0)
    document = BaseDocTemplate(
        output,
        pagesize=(WIDTH, HEIGHT),
        pageTemplates=[PageTemplate("page", [frame], onPage=draw_furniture)],
        title=running.title,
        author=running.author,
        creator="Tenderhall",
        lang="zh-CN" if running.lang == "zh" else "en",
        invariant=1,
    )
    sheet = partial(Sheet, faces=faces, running=running, attachments=attachments)
    document.build(Layout(faces, running.lang).flow(root), canvasmaker=sheet)
    return output.getvalue()
