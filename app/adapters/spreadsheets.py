"""Tables as people keep them: CSV (UTF-8, or GB 18030 as Chinese spreadsheets write it) and the first sheet of an XLSX.

An XLSX is read apart, within limits of memory and time: a few kilobytes of it can unfold to gigabytes.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from app.adapters.bounded import BeyondBounds, bound_this_process, read_apart
from app.procedure.errors import RuleViolation

MOST_ROWS = 200_000
MOST_COLUMNS = 40
LONGEST_CELL = 1000
SECONDS = 90
MEMORY_BYTES = 1 << 30
ZIP = b"PK\x03\x04"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def read_table(data: bytes) -> Iterator[tuple[str, ...]]:
    """The rows of a file, cells as trimmed text, dates as YYYY-MM-DD; CSV or XLSX by its first bytes.

    An XLSX is read at once, by a process whose end only a server's own thread can await; the rows may then be walked
    on any other. Raises RuleViolation `table_unreadable`, `table_too_large`.
    """
    return _within_bounds(_sheet(data) if data.startswith(ZIP) else _csv(data))


def _within_bounds(rows: Iterable[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    for number, row in enumerate(rows):
        if number >= MOST_ROWS or len(row) > MOST_COLUMNS or any(len(cell) > LONGEST_CELL for cell in row):
            raise RuleViolation("table_too_large", row=number + 1, rows=MOST_ROWS, columns=MOST_COLUMNS)
        yield tuple(cell.strip() for cell in row)


def _csv(data: bytes) -> Iterator[Sequence[str]]:
    try:
        yield from csv.reader(io.StringIO(_decoded(data), newline=""), strict=True)
    except (UnicodeDecodeError, csv.Error) as exc:
        raise RuleViolation("table_unreadable") from exc


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _sheet(data: bytes) -> Iterator[Sequence[str]]:
    try:
        answer = read_apart(__name__, data, SECONDS)
    except BeyondBounds as exc:
        raise RuleViolation("table_unreadable") from exc
    return map(json.loads, answer.splitlines())


def write_csv(rows: Sequence[Sequence[str]]) -> bytes:
    """A CSV that spreadsheets open as UTF-8; a cell that would be taken for a formula is quoted with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _cell(value: object) -> str:
    match value:
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case float() if value.is_integer():
            return str(int(value))
    return str(value)


def main() -> None:
    """The first sheet of the workbook on standard input, a JSON list per row on standard output, within the limits."""
    from python_calamine import CalamineWorkbook

    bound_this_process(MEMORY_BYTES, SECONDS)
    book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    for number, row in enumerate(book.get_sheet_by_index(0).iter_rows()):
        if number > MOST_ROWS:
            return
        sys.stdout.write(json.dumps([_cell(value) for value in row], ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
