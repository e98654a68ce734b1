"""What is said in a room, as a seat or a silent observer reads it: messages, the floor, announcements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.casefile.case import Case
from app.procedure.talk import Announcement, Message
from evaluation.sitting import FINAL, MOST_LETTERS, Stage, may_speak

SHOWN = 100  # messages in the room; all of them on their own page


@dataclass(frozen=True)
class AnnouncementLine:
    """An announcement and how many of those whom it is for have noted it."""

    said: Announcement
    noted: int
    of: int


@dataclass(frozen=True)
class TalkView:
    """`speaks`: whether members may speak now, and `why` not: standstill, alone (each scores), early, over. `floor`:
    the seat that the chair lets speak, 0 where none. `unread`: what this seat has to note."""

    messages: tuple[Message, ...]
    earlier: int
    speaks: bool
    why: str
    floor: int
    floor_since: datetime | None
    unread: tuple[Announcement, ...]
    most: int = MOST_LETTERS


def talk_of(case: Case, lot: str, seat: int | None, most: int = SHOWN, page: int = 1) -> TalkView:
    """For a seat, or for an observer (None): `most` messages, those of the first page the latest. A successor reads
    what was said before it came once results stand, as `app/casefile/sight.py` has it."""
    state = case.lot(lot)
    sitting, talk = state.sitting, state.talk
    first = state.succeeded.get(seat or 0, 0) if sitting.result is None else 0
    said = tuple(one for one in talk.messages if one.seq >= first)
    end = max(0, len(said) - most * (page - 1))
    shown = said[max(0, end - most) : end]
    speaks = may_speak(sitting)
    floor, since = talk.floor if talk.floor and speaks else (0, None)
    mine = sitting.seats.get(seat or 0)
    unread = talk.unread(mine.number, mine.site) if mine and sitting.stage not in FINAL else ()
    return TalkView(shown, max(0, end - most), speaks, "" if speaks else _why(case, lot), floor, since, unread)


def _why(case: Case, lot: str) -> str:
    sitting = case.lot(lot).sitting
    if sitting.stage in FINAL:
        return "over"
    if sitting.suspended is not None:
        return "standstill"
    alone = sitting.stage is Stage.SCORING or (sitting.valid and sitting.result is None)
    return "alone" if alone else "early"


def announcements_of(case: Case, lot: str) -> tuple[AnnouncementLine, ...]:
    """What was announced in a sitting, the latest first."""
    seats, found = case.lot(lot).sitting.seats.values(), case.lot(lot).talk.announcements
    return tuple(
        AnnouncementLine(one, len(one.noted), sum(one.reaches(seat.site) for seat in seats)) for one in reversed(found)
    )
