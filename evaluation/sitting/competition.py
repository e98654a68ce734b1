"""What a committee decides where fewer bids passed the review than are wanted (有效投标不足，是否明显缺乏竞争)."""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.sitting.events import SeatFact, SittingEvent


@dataclass(frozen=True)
class CompetitionQuestioned(SittingEvent):
    """So few bids are `valid` that members vote, before anything is scored, on whether competition is lacking."""

    valid: tuple[str, ...]


@dataclass(frozen=True)
class CompetitionVoted(SeatFact):
    """A member finds that with these `valid` bids competition is clearly lacking, and says why; or that it is not."""

    valid: tuple[str, ...]
    lacking: bool
    reason: str


@dataclass(frozen=True)
class CompetitionDecided(SittingEvent):
    """No further vote can change it: how many have voted for `lacking` and `against`, and whether a majority rejects
    all bids. Why stands in the votes, which are read later."""

    valid: tuple[str, ...]
    lacking: int
    against: int
    adopted: bool
