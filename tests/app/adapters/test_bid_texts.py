"""Files of bids are read apart: text as fingerprints, properties that tell of their maker, and nothing that harms."""

from __future__ import annotations

import io
import zipfile

import pytest

from app.adapters.bid_texts import read_bid_file, readable
from evaluation.bid_checks import Reading, fingerprints
from tests.app.services.checked_bids import drawn

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
TEXT = "本工程施工组织设计按照招标文件要求编制，包括施工部署、进度计划、质量保证和安全文明施工措施。"


def docx(core: str = "", text: str = TEXT, before: str = "") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        half = len(text) // 2
        runs = f"<w:p><w:r><w:t>{text[:half]}</w:t></w:r><w:r><w:t>{text[half:]}</w:t></w:r></w:p>"
        archive.writestr(
            "word/document.xml", f'{before}<w:document xmlns:w="{WORD}"><w:body>{runs}</w:body></w:document>'
        )
        archive.writestr(
            "word/settings.xml", f'<w:settings xmlns:w="{WORD}"><w:rsidRoot w:val="00A1b2C3"/></w:settings>'
        )
        archive.writestr("docProps/core.xml", f'<c xmlns:dc="d" xmlns:cp="c" xmlns:t="t">{core}</c>')
        archive.writestr("docProps/app.xml", "<Properties><Application>WPS 文字</Application></Properties>")
    return made.getvalue()


def read(name: str, data: bytes):
    return read_bid_file(name, "0" * 64, data)


def test_a_document_tells_who_made_it_and_its_text_across_runs():
    people = "<dc:creator>张三</dc:creator><cp:lastModifiedBy>李四</cp:lastModifiedBy>"
    found = read("方案.docx", docx(f"{people}<t:created>2026-01-02T03:04:05Z</t:created>"))
    assert found.state is Reading.READ
    assert found.pages == (fingerprints(TEXT),)
    assert found.properties == {
        "author": "张三",
        "last_modified_by": "李四",
        "made": "WPS 文字 · 2026-01-02T03:04:05Z",
        "document_id": "00A1B2C3",
    }


def test_a_pdf_is_read_page_by_page():
    found = read("方案.pdf", drawn("张三", 5, pages=3))
    assert len(found.pages) == 3
    assert all(found.pages)
    assert found.properties["author"] == "张三"
    assert {"made", "document_id"} <= found.properties.keys()


@pytest.mark.parametrize(
    "data",
    [
        docx(before='<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'),
        docx(text="<w:t>"),
        docx()[:400],
        drawn("x", 1)[:900],
    ],
)
def test_what_is_broken_or_built_to_harm_is_unreadable(data: bytes):
    found = read("a.docx" if data[:2] == b"PK" else "a.pdf", data)
    assert (found.state, found.pages, found.properties) == (Reading.UNREADABLE, (), {})


def test_a_part_that_unfolds_beyond_the_limit_is_not_unpacked():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as part:
        for _ in range(160):
            part.write(bytes(1 << 20))
    assert len(made.getvalue()) < 1 << 20
    assert read("bomb.docx", made.getvalue()).state is Reading.UNREADABLE


def test_properties_hold_nothing_that_no_page_can_show():
    found = read("a.docx", docx(f"<dc:creator>\u202e张\u0085三{'长' * 500}</dc:creator>"))
    assert found.properties["author"] == f"张三{'长' * 198}"


def test_only_documents_with_a_text_are_read():
    assert readable("技术/方案.PDF", 1)
    assert readable("a.docx", 1)
    for name, size in (("a.pdf", 0), ("a.txt", 9), ("a.doc", 9), ("pdf", 9)):
        assert not readable(name, size)
