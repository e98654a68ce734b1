"""What was said in a sitting, with the times that the sitting itself does not know: messages, the floor, announcements.

A member may say so much in a minute, and so much is announced to one place in ten, so that nobody drowns the others'
words, the desk, or the case file, in its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from app.procedure.errors import RuleViolation
from app.procedure.growing import Growing
from evaluation.sitting import (
    AnnouncementMade,
    AnnouncementNoted,
    ChairRolledBack,
    FloorGiven,
    MemberRecused,
    MemberReplaced,
    MessagePosted,
    ResultsComputed,
    ReviewConcluded,
    ReviewRolledBack,
)

MINUTE = timedelta(minutes=1)
MOST_A_MINUTE = 20  # messages of one seat
TEN_MINUTES = timedelta(minutes=10)
MOST_ANNOUNCED = 5  # in ten minutes to one site, or to all: each is to be read and noted by every seat there


@dataclass(frozen=True)
class Message:
    """What a seat said. `seq`: the entry of the log."""

    seq: int
    at: datetime
    seat: int
    text: str


@dataclass(frozen=True)
class Announcement:
    """The `number`-th announcement, to all or to one site; `noted`: which seats have read it, and when."""

    number: int
    at: datetime
    site: str
    text: str
    noted: Mapping[int, datetime] = field(default_factory=dict)

    def reaches(self, site: str) -> bool:
        """Whether it is meant for those who sit at a site."""
        return self.site in ("", site)


@dataclass(frozen=True)
class Talk:
    """Everything in its order. `floor`: to whom the chair has given it, since when; None while nobody has it."""

    messages: Growing[Message] = field(default_factory=Growing)
    announcements: tuple[Announcement, ...] = ()
    floor: tuple[int, datetime] | None = None

    def unread(self, seat: int, site: str) -> tuple[Announcement, ...]:
        """What a seat at a site has not noted, the latest first."""
        return tuple(one for one in reversed(self.announcements) if one.reaches(site) and seat not in one.noted)


def check(talk: Talk, sites: Mapping[int, str], fact: Any, now: datetime) -> None:
    """What a fact needs beyond the rules of the sitting; `sites`: of each seat.

    Raises RuleViolation `message_too_soon` and `announcement_too_soon` (most, until), `announcement_unknown` (number),
    `sitting_already_done`.
    """
    if isinstance(fact, MessagePosted):
        mine = [one.at for one in talk.messages[-MOST_A_MINUTE * len(sites) :] if one.seat == fact.seat]
        if len(mine) >= MOST_A_MINUTE and now < mine[-MOST_A_MINUTE] + MINUTE:
            raise RuleViolation("message_too_soon", most=MOST_A_MINUTE, until=mine[-MOST_A_MINUTE] + MINUTE)
    elif isinstance(fact, AnnouncementMade):
        there = [one.at for one in talk.announcements if one.site == fact.site][-MOST_ANNOUNCED:]
        if len(there) == MOST_ANNOUNCED and now < there[0] + TEN_MINUTES:
            raise RuleViolation("announcement_too_soon", most=MOST_ANNOUNCED, until=there[0] + TEN_MINUTES)
    elif isinstance(fact, AnnouncementNoted):
        found = next((one for one in talk.announcements if one.number == fact.number), None)
        if found is None or not found.reaches(sites.get(fact.seat, "")):
            raise RuleViolation("announcement_unknown", number=fact.number)
        if fact.seat in found.noted:
            raise RuleViolation("sitting_already_done", seat=fact.seat, act="noted")


def apply(talk: Talk, fact: Any, seq: int, at: datetime) -> Talk:
    """What was said after an accepted fact. A successor has read nothing that its predecessor noted."""
    match fact:
        case MessagePosted():
            return replace(talk, messages=talk.messages.plus(Message(seq, at, fact.seat, fact.text)))
        case FloorGiven():
            return replace(talk, floor=(fact.to, at) if fact.to else None)
        case ReviewConcluded() | ResultsComputed() | MemberRecused() | ReviewRolledBack() | ChairRolledBack():
            return replace(talk, floor=None)
        case AnnouncementMade():
            made = Announcement(len(talk.announcements) + 1, at, fact.site, fact.text)
            return replace(talk, announcements=(*talk.announcements, made))
        case AnnouncementNoted():
            return replace(talk, announcements=tuple(_noted(one, fact, at) for one in talk.announcements))
        case MemberReplaced():
            return replace(talk, announcements=tuple(_forgotten(one, fact.seat) for one in talk.announcements))
    return talk


def _noted(one: Announcement, fact: AnnouncementNoted, at: datetime) -> Announcement:
    return replace(one, noted={**one.noted, fact.seat: at}) if one.number == fact.number else one


def _forgotten(one: Announcement, seat: int) -> Announcement:
    return replace(one, noted={number: at for number, at in one.noted.items() if number != seat})
