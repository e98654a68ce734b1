"""Workbooks (XLSX) that the platform writes: text stays text, numbers are numbers, shares are percentages.

Nothing in them is a formula, nor becomes one when somebody edits its cell: such a text is marked as quoted.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

from app.adapters.spreadsheets import FORMULA_STARTS

LONGEST_NAME = 31  # of a sheet, in characters
LONGEST_TEXT = 32_767  # of a cell
NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")

_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NS = "http://schemas.openxmlformats.org"
_MAIN, _RELATED = f"{_NS}/spreadsheetml/2006/main", f"{_NS}/officeDocument/2006/relationships"
_PACKAGED = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PLAIN, _QUOTED, _PERCENT = 0, 1, 2  # places among the styles below
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="0.0%"/></numFmts>'
    '<fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf/><xf quotePrefix="1"/>'
    '<xf numFmtId="164" applyNumberFormat="1"/></cellXfs></styleSheet>'
)


@dataclass(frozen=True)
class Share:
    """A percentage: `part` of `whole`; an empty cell where there is no whole."""

    part: int
    whole: int


Cell = str | int | Decimal | Share | None
Rows = Sequence[Sequence[Cell]]


def write_workbook(rows: Rows) -> bytes:
    """An XLSX of one sheet. A text is never a number, so that no identity number is rounded."""
    return write_sheets({"1": rows})


def write_sheets(sheets: Mapping[str, Rows]) -> bytes:
    """An XLSX of these sheets, by name."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for name, text in _frame(tuple(sheets)).items():
            made.writestr(name, text)
        for number, rows in enumerate(sheets.values(), 1):
            lines = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
            text = f'<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData></worksheet>'
            made.writestr(f"xl/worksheets/sheet{number}.xml", text)
    return file.getvalue()


def _cell(value: Cell) -> str:
    match value:
        case None | Share(whole=0):
            return "<c/>"
        case Share(part, whole):
            return f'<c s="{_PERCENT}"><v>{Decimal(part) / whole:.6f}</v></c>'
        case int() | Decimal():
            return f"<c><v>{value:f}</v></c>" if isinstance(value, Decimal) else f"<c><v>{value:d}</v></c>"
    text = _NO_XML.sub("", value)[:LONGEST_TEXT]
    style = _QUOTED if text.startswith(FORMULA_STARTS) else _PLAIN
    return f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def _frame(names: Sequence[str]) -> dict[str, str]:
    """What a package holds besides its sheets."""
    numbered = list(enumerate((NOT_IN_NAMES.sub(" ", name)[:LONGEST_NAME] for name in names), 1))
    listed = "".join(f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="r{n}"/>' for n, name in numbered)
    typed = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_PACKAGED}.worksheet+xml"/>'
        for n, _name in numbered
    )
    related = "".join(
        f'<Relationship Id="r{n}" Type="{_RELATED}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n, _name in numbered
    )
    styles = f'<Relationship Id="styles" Type="{_RELATED}/styles" Target="styles.xml"/>'
    return {
        "[Content_Types].xml": f'<Types xmlns="{_NS}/package/2006/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{_PACKAGED}.sheet.main+xml"/><Override PartName="/xl/styles.xml" '
        f'ContentType="{_PACKAGED}.styles+xml"/>{typed}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_NS}/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{_RELATED}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATED}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_NS}/package/2006/relationships">{related}{styles}'
        "</Relationships>",
        "xl/styles.xml": _STYLES,
    }
