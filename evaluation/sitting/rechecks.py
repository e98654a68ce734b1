"""What happens when the tenderer has the committee check its sealed report again (复核, 1117 §5, O87 art. 64)."""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.sitting.events import SeatFact, SittingEvent


@dataclass(frozen=True)
class RecheckProposed(SittingEvent):
    """The agency's officer drafts it, with the reason: what in the sealed report is thought to be wrong."""

    note: str


@dataclass(frozen=True)
class RecheckOrdered(SittingEvent):
    """The agency's supervisor releases it, word for word: the committee sits again over what it has sealed."""

    note: str


@dataclass(frozen=True)
class RecheckAnswered(SeatFact):
    """The chair writes down what the committee has found; every member signs the version that says so, or dissents."""

    text: str
