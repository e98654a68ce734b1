"""What is said in a sitting: members speak by seat on record, the chair gives the floor, who serves announces."""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.sitting.events import SeatFact, SittingEvent


@dataclass(frozen=True)
class MessagePosted(SeatFact):
    """A member says something to all members."""

    text: str


@dataclass(frozen=True)
class FloorGiven(SeatFact):
    """The chair (`seat`) lets the member in `to` speak; 0 takes the floor back. It stops nobody else from writing."""

    to: int


@dataclass(frozen=True)
class AnnouncementMade(SittingEvent):
    """Witness, centre or authority announces what members have to know (a meal, a test of the line): nothing follows.

    `site` is "" where it is meant for all.
    """

    site: str
    text: str


@dataclass(frozen=True)
class AnnouncementNoted(SeatFact):
    """A member has read the `number`-th announcement of the sitting, counted from 1."""

    number: int
