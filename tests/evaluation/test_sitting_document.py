from __future__ import annotations

from pathlib import Path

from evaluation.sitting import transition_table

DOCUMENT = Path(__file__).parents[2] / "docs/sitting.md"


def test_the_printed_table_is_the_one_that_decides():
    assert DOCUMENT.read_text("utf-8").endswith("\n\n" + transition_table())
