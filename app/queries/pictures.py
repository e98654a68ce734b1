"""Which site's picture somebody may see and hear, and which line sends it.

Members see and hear each other, and neither while they score. Centre and witnesses see the sites that are theirs, and
hear nothing; the authority sees and hears every site, for a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.models import Presence, Site
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.presence import SILENT
from app.procedure.roles import Actor, Role
from evaluation.sitting import Stage, may_speak


class Hears(StrEnum):
    """When the sound of a site goes to somebody."""

    NEVER = "never"
    SPEAKING = "speaking"  # while members may speak to each other
    ALWAYS = "always"


def sound_wanted(hears: Hears, passes: bool) -> bool | None:
    """Whether the sound goes to somebody now, where members hear each other or not; None where it never does.

    In these words the camera is told of it, which do not say whether a member hears or the authority.
    """
    if hears is Hears.NEVER:
        return None
    return passes or hears is Hears.ALWAYS


@dataclass(frozen=True)
class Watching:
    """The sites whose picture somebody may see now."""

    sites: frozenset[str] = frozenset()
    hears: Hears = Hears.NEVER


@dataclass(frozen=True)
class Camera:
    """The line that sends the picture of a site, of a seat's place or (0) the witness's."""

    id: str
    site: str
    seat: int


def watching(db_session: DbSession, actor: Actor, case: Case, lot: str) -> Watching:
    """What the actor may see and hear of this sitting; nothing where it may not."""
    if not allowed(actor, Action.PICTURE_WATCH, case, lot):
        return Watching()
    sites, sits = sites_ever_seen(db_session, actor, case, lot), actor.seat_in(case.id, lot) is not None
    if sits and case.lot(lot).sitting.stage is Stage.SCORING:
        return Watching()
    if actor.is_(Role.REGULATOR):
        return Watching(sites, Hears.ALWAYS)
    return Watching(sites, Hears.SPEAKING if sits else Hears.NEVER)


def sites_ever_seen(db_session: DbSession, actor: Actor, case: Case, lot: str) -> frozenset[str]:
    """The sites whose picture the actor may see at some time of this sitting."""
    sites = case.lot(lot).sites
    if actor.seat_in(case.id, lot) is not None or actor.is_(Role.REGULATOR):
        return sites
    if actor.is_(Role.SITE_WITNESS):
        return sites & actor.sites
    own = select(Site.id).where(Site.organisation_id == actor.organisation_id, Site.id.in_(sites))
    return frozenset(db_session.scalars(own))


def cameras(db_session: DbSession, case: Case, lot: str, now: datetime) -> tuple[Camera, ...]:
    """The lines that send a picture now, one for each site that has one; never of a seat whose picture is ended."""
    query = select(Presence).where(Presence.case_id == case.id, Presence.lot == lot, Presence.camera != "")
    rows = db_session.scalars(query.order_by(Presence.site, Presence.seat))
    return tuple(
        Camera(row.camera, row.site, row.seat)
        for row in rows
        if row.camera_at and now - row.camera_at < SILENT and row.seat not in case.lot(lot).picture_ends
    )


def sound_passes(case: Case, lot: str) -> bool:
    """Whether members hear each other now."""
    return may_speak(case.lot(lot).sitting)
