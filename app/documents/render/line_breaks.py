"""Where a line of Chinese text may end (避头尾: GB/T 15834, CLREQ §6.1; UAX 14 for what stands in it of other scripts).

Closing marks stay with what they close, opening ones with what they open, and words and figures of Latin script in one
piece, as long as the line is not half empty for it. ReportLab's own splitter knows no full-width comma, and hangs what
it knows in the margin, which in a cell of a table is the next cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import paragraph

NOT_FIRST = frozenset("，。、；：？！”’）〕］｝〉》」』】〗…—～·々％‰℃°!,.:;?)]}%")
NOT_LAST = frozenset("“‘（〔［｛〈《「『【〖([{￥¥＄$#＃@")
_FUZZ = 1e-6  # points: sums of widths are not exact
_width = lru_cache(1 << 14)(stringWidth)  # of one character, in a font that is registered for good


def may_break(before: str, after: str) -> bool:
    """Whether a line may end between two characters."""
    if before in NOT_LAST or after in NOT_FIRST or after.isspace():
        return False
    return before.isspace() or not (before < "\u2000" and after < "\u2000")


def line_end(text: Sequence[str], start: int, fits: int) -> int:
    """Where the line that begins at `start` ends, of which the characters before `fits` have room: after the last place
    where it may, if that leaves it at least half full; else where the room ends. Blanks need no room.
    """
    end = fits
    while end < len(text) and text[end] == " ":
        end += 1
    if end > fits or end == len(text):
        return end
    for place in range(end, start + (fits - start) // 2, -1):
        if may_break(text[place - 1], text[place]):
            return place
    return max(end, start + 1)


def lines(text: Sequence[str], sizes: Sequence[float], rooms: Sequence[float]) -> Iterator[tuple[int, int, float]]:
    """Begin and end of each line, and its room; characters have these sizes, and rooms after the last are as the last.
    An empty piece of text is a line's end that the text itself wants.
    """
    start, count = 0, 0
    while start < len(text):
        room = rooms[min(count, len(rooms) - 1)]
        place, used = start, sizes[start]
        while used <= room + _FUZZ and place < len(text) and text[place]:
            place += 1
            used += sizes[place] if place < len(text) else 0.0
        end = place + 1 if place < len(text) and not text[place] else line_end(text, start, place)
        yield start, end, room
        start, count = end, count + 1


def split_fragments(frags: Sequence[Any], rooms: Sequence[float], calc_bounds: Any, encoding: str = "utf8") -> Any:
    """In place of ReportLab's `cjkFragSplit`: the same lines of fragments, broken where they may be."""
    units = [paragraph.cjkU(c, frag, encoding) for frag in frags for c in (frag.text or [""])]
    made = []
    for start, end, room in lines(units, [unit.width for unit in units], rooms):
        used, forced = sum(unit.width for unit in units[start:end]), not units[end - 1]
        made.append(paragraph.makeCJKParaLine(units[start:end], room, used, room - used, forced, calc_bounds))
    return paragraph.ParaLines(kind=1, lines=made)


def split_text(text: str, rooms: Sequence[float], font: str, size: float, encoding: str = "utf8") -> list[list[object]]:
    """In place of ReportLab's `wordSplit`: what is left of each line's room, and its text."""
    sizes = [_width(c, font, size) for c in text]
    return [[room - sum(sizes[start:end]), text[start:end]] for start, end, room in lines(text, sizes, rooms)]


paragraph.cjkFragSplit, paragraph.wordSplit = split_fragments, split_text
