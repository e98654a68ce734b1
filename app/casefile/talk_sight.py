"""Who sees what is said on record in an evaluation room, and what is announced to it."""

from __future__ import annotations

from app.casefile.case import Case
from app.casefile.record import Record
from app.casefile.sides import (
    OVER,
    Rule,
    agency,
    centre,
    own,
    phase,
    regulator,
    room,
    seat,
    unread_by_successors,
    witness,
)
from app.procedure.roles import Actor


def _noted(actor: Actor, case: Case, record: Record) -> bool:
    """Who has read what: no other seat's to know, for it tells who is there while members score."""
    return any(side(actor, case, record) for side in (own, witness, centre, regulator))


def _announced(actor: Actor, case: Case, record: Record) -> bool:
    """The agency with the end of the evaluation, whose report or record says it."""
    told = phase(case, record) in OVER and agency(actor, case, record)
    return told or seat(actor, case, record) or _noted(actor, case, record)


def _briefed(actor: Actor, case: Case, record: Record) -> bool:
    """Who brings it, and who reads it; centre and witnesses know no content."""
    return agency(actor, case, record) or room(actor, case, record)


TALK_SIGHT: dict[str, Rule] = {
    "MessagePosted": unread_by_successors(room),
    "FloorGiven": unread_by_successors(room),
    "AnnouncementMade": _announced,
    "BriefingGiven": _briefed,
    "AnnouncementNoted": _noted,
}
