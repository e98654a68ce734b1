"""Who is in a room, and how good each line is: from answers to a question that the platform asks every few seconds.

1. A place (a seat, or the witness of a site) is there while its latest answer is not older than SILENT, and its line
   was not hung up longer than LEFT ago: a page that is loaded anew hangs up and comes back within that.
2. A line is as good as its latest answers: how long half of them took at most, and how many did not come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

ROUND = timedelta(seconds=4)  # between two questions
SILENT = 3 * ROUND
LEFT = timedelta(seconds=5)
REMEMBERED = 15  # answers of a line
GOOD_MS, FAIR_MS = 150, 400  # half of the answers took no longer
GOOD_LOST, FAIR_LOST = 1, 3  # of those remembered


class LineQuality(StrEnum):
    """How good a line is."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


@dataclass(frozen=True)
class LineFigures:
    """`took_ms`: what half of the latest answers took at most, None where none came; `lost` of `asked` did not."""

    took_ms: int | None
    lost: int
    asked: int

    @property
    def quality(self) -> LineQuality:
        if self.took_ms is None:
            return LineQuality.POOR
        if self.took_ms <= GOOD_MS and self.lost <= GOOD_LOST:
            return LineQuality.GOOD
        fair = self.took_ms <= FAIR_MS and self.lost <= FAIR_LOST
        return LineQuality.FAIR if fair else LineQuality.POOR


@dataclass(frozen=True)
class Standing:
    """What is kept of a place. `since`: when it came; `answered_at`: its latest answer; `left_at`: when its line was
    hung up; `drops`: how often it was gone in between."""

    since: datetime
    answered_at: datetime
    left_at: datetime | None = None
    drops: int = 0

    def is_there(self, now: datetime) -> bool:
        """Whether somebody is at the place now."""
        hung_up = self.left_at is not None and now - self.left_at >= LEFT
        return not hung_up and now - self.answered_at < SILENT

    @property
    def gone_since(self) -> datetime:
        """When it went, for a place where nobody is."""
        return self.left_at or self.answered_at

    def answered(self, now: datetime) -> Standing:
        """After an answer, also the first one of a new line: who was gone has come back."""
        if self.is_there(now):
            return Standing(self.since, now, None, self.drops)
        return Standing(now, now, None, self.drops + 1)


def figures(answers: Sequence[int | None]) -> LineFigures:
    """Of the latest answers in milliseconds, None for one that did not come."""
    latest = answers[-REMEMBERED:]
    came = sorted(took for took in latest if took is not None)
    return LineFigures(came[(len(came) - 1) // 2] if came else None, len(latest) - len(came), len(latest))
