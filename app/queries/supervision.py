"""All sittings that an authority watches, at a glance: by site who is identified, and what stands still."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case, Phase
from app.database import MEMORY
from app.models import Booth, CaseFile, Lot, Room, SeatBooth, Site, Tender
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.roles import Actor
from app.procedure.standstill import Warned
from app.queries.cases import load_case
from app.queries.presences import PlaceSeen, places_seen
from app.queries.recordings import recording_at
from app.queries.sittings import SeatLine, room_of
from app.queries.standstills import StandstillView, standstill_of
from app.queries.talks import AnnouncementLine, announcements_of
from evaluation.sitting import Stage

WATCHED = frozenset({Phase.SCORING, Phase.CONSENSUS})


@dataclass(frozen=True)
class SeatSeen:
    """A seat and its booth, "" where it has none; who is there now."""

    line: SeatLine
    booth: str
    place: PlaceSeen | None


@dataclass(frozen=True)
class SiteSeen:
    """A site of a sitting. `fault`: what is reported to have failed there, "" while nothing is; `witness`: whether it
    is there now; `recording`: how that of the site stands (`recording_at`)."""

    name: str
    seats: tuple[SeatSeen, ...]
    fault: str
    witness: PlaceSeen | None
    recording: str

    @property
    def identified(self) -> int:
        return sum(seat.line.identified for seat in self.seats)


@dataclass(frozen=True)
class SittingSeen:
    """A sitting that runs. `sites` is empty for who has not stated why it looks: that is told for a reason."""

    case_id: str
    code: str
    title: str
    lot: str
    stage: Stage
    done: int
    of: int
    standstill: StandstillView | None
    warnings: tuple[Warned, ...]
    announcements: tuple[AnnouncementLine, ...]
    sites: tuple[SiteSeen, ...]


def sittings_seen(db_session: DbSession, actor: Actor, now: datetime) -> list[SittingSeen]:
    """The running sittings of the actor's authority: what stands still first, then by title."""
    names = dict(db_session.execute(select(Site.id, Site.name)).all())
    found = []
    for case, lot in _sitting(db_session, actor):
        if allowed(actor, Action.STANDSTILL_WATCH, case, lot):
            found.append(_seen(db_session, actor, case, lot, now, names))
    return sorted(found, key=lambda one: (one.standstill is None, one.title, one.lot))


def _sitting(db_session: DbSession, actor: Actor) -> Iterator[tuple[Case, str]]:
    """The lots of the authority's cases that sit. The page is asked for again and again: where none sat, the case is
    looked at anew once its log has grown, and not before.
    """
    idle: dict[str, int] = db_session.info[MEMORY].setdefault("not sitting", {})  # size of the log, by case
    closed = select(Lot.number).where(Lot.case_id == Tender.case_id, Lot.closed_at.is_not(None)).exists()
    query = select(Tender.case_id, CaseFile.size).join(CaseFile, CaseFile.id == Tender.case_id)
    for case_id, size in db_session.execute(query.where(Tender.regulator_id == actor.organisation_id, closed)).all():
        if idle.get(case_id) == size:
            continue
        case = load_case(db_session, case_id)
        sitting = [lot for lot in sorted(case.lots) if case.phase(lot) in WATCHED]
        if not sitting:
            idle[case_id] = size
        yield from ((case, lot) for lot in sitting)


def _seen(
    db_session: DbSession, actor: Actor, case: Case, lot: str, now: datetime, names: dict[str, str]
) -> SittingSeen:
    terms, room = case.tender.published, room_of(case, lot, None, now, "zh")
    told, there = allowed(actor, Action.ROOM_JOIN, case, lot), places_seen(db_session, actor, case, lot, now)
    return SittingSeen(
        case.id,
        terms.code,
        terms.title,
        lot,
        room.stage,
        room.done,
        room.of,
        standstill_of(case, lot),
        room.warnings,
        announcements_of(case, lot),
        _sites(db_session, (case, lot, now), room.seats, names, there) if told else (),
    )


def _sites(
    db_session: DbSession,
    sitting: tuple[Case, str, datetime],
    lines: tuple[SeatLine, ...],
    names: dict[str, str],
    places: tuple[PlaceSeen, ...],
) -> tuple[SiteSeen, ...]:
    (case, lot, now), there = sitting, {(place.site, place.seat): place for place in places}
    query = select(SeatBooth.seat, Room.name, Booth.number).join(Booth, Booth.id == SeatBooth.booth_id)
    query = query.join(Room, Room.id == Booth.room_id).where(SeatBooth.case_id == case.id, SeatBooth.lot == lot)
    booths = {seat: f"{room}-{number}" for seat, room, number in db_session.execute(query)}
    fault, found = case.lots[lot].sitting.fault, []
    for site in sorted({line.site for line in lines}):
        seats = tuple(
            SeatSeen(line, booths.get(line.number, ""), there.get((site, line.number)))
            for line in lines
            if line.site == site
        )
        failed = fault.note if fault is not None and fault.site in ("", site) else ""
        recording = recording_at(case, lot, site, now)
        found.append(SiteSeen(names.get(site, site), seats, failed, there.get((site, 0)), recording))
    return tuple(found)
