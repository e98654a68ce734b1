"""How numbers stand in the stream of a page: as ReportLab writes them, but each is worked out once.

A code of squares, a table and a line of text name the same places and sizes over and over.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from reportlab.lib.rl_accel import fp_str
from reportlab.pdfgen import canvas, pathobject, textobject

REMEMBERED = 1 << 14

_one = lru_cache(REMEMBERED)(fp_str)


def in_a_stream(*numbers: float | Sequence[float]) -> str:
    """In place of ReportLab's `fp_str`: the same text, of numbers one by one or of one sequence of them."""
    if len(numbers) == 1 and isinstance(numbers[0], list | tuple):
        numbers = tuple(numbers[0])
    return " ".join(map(_one, numbers))


canvas.fp_str = pathobject.fp_str = textobject.fp_str = in_a_stream
