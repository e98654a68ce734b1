"""Members find the time for the evaluation too short, and the tenderer extends it (延长评标时间)."""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.sitting.events import SeatFact, SittingEvent


@dataclass(frozen=True)
class MoreTimeAsked(SeatFact):
    """A member says that the time is too short. No words: none may reach who scores alone."""


@dataclass(frozen=True)
class MoreTimeDue(SittingEvent):
    """More members than the published share have said so: the tenderer extends the time (Regulation art. 48)."""

    asked: int
    of: int


@dataclass(frozen=True)
class TimeExtended(SittingEvent):
    """The tenderer extends the time by so many minutes."""

    minutes: int
    note: str
