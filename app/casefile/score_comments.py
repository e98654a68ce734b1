"""What members wrote beside their scores, as the sheets say that count: of each seat the one locked last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.casefile.record import Record
from evaluation.sitting import MemberRecused, ScoreSheetLocked


@dataclass(frozen=True)
class ScoreComment:
    """The reason that a seat gave for its score of one criterion of one bid."""

    seat: int
    bid: str
    criterion: str
    text: str


def comments_of(records: Iterable[Record]) -> tuple[ScoreComment, ...]:
    """Every comment on the sheets that count, by seat: who left the committee takes its own along."""
    sheets: dict[int, ScoreSheetLocked] = {}
    for record in records:
        match record.fact:
            case ScoreSheetLocked():
                sheets[record.fact.seat] = record.fact
            case MemberRecused():
                sheets.pop(record.fact.seat, None)
    return tuple(
        ScoreComment(seat, bid, criterion, text)
        for seat in sorted(sheets)
        for bid, row in sheets[seat].comments.items()
        for criterion, text in row.items()
        if text.strip()
    )
