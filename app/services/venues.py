"""Rooms and booths of a centre's own sites: entered, equipped, taken out of service, closed for a while."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session as DbSession

from app.models import Booth, Room, RoomClosure, Site
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.procedure.roles import Actor
from app.procedure.venues import Window
from app.queries.venues import room_plans
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.booth_plan import move_off
from app.services.platform import Platform
from app.services.unit_of_work import plain_transaction, take_turns

MOST_BOOTHS = 200  # of one room
LONGEST_TEXT = 200


@dataclass(frozen=True)
class Equipment:
    """What stands in a booth; `line` is the network line that it is on."""

    camera: bool = True
    microphone: bool = True
    screen: bool = True
    line: str = ""


def turns_of_sites(db_session: DbSession, sites: Iterable[str]) -> None:
    """Whoever changes what is free at these sites comes one after the other, everybody in the same order."""
    for site in sorted(set(sites)):
        take_turns(db_session, f"site/{site}")


def own_site(db_session: DbSession, actor: Actor, site_id: str) -> Site:
    """Raises RuleViolation `site_unknown` for what is not there or another centre's."""
    site = db_session.get(Site, site_id)
    if site is None or site.organisation_id != actor.organisation_id:
        raise RuleViolation("site_unknown", site=site_id)
    return site


def own_room(db_session: DbSession, actor: Actor, room_id: str) -> Room:
    """Raises RuleViolation `room_unknown`."""
    room = db_session.get(Room, room_id)
    site = db_session.get(Site, room.site_id) if room is not None else None
    if room is None or site is None or site.organisation_id != actor.organisation_id:
        raise RuleViolation("room_unknown", room=room_id)
    turns_of_sites(db_session, [room.site_id])
    return room


def _own_booth(db_session: DbSession, actor: Actor, booth_id: str) -> tuple[Booth, Room]:
    booth = db_session.get(Booth, booth_id)
    if booth is None:
        raise RuleViolation("booth_unknown", booth=booth_id)
    room = own_room(db_session, actor, booth.room_id)
    db_session.refresh(booth)
    return booth, room


def _manager(db_session: DbSession, log_in: LogIn) -> Actor:
    actor = load_actor(db_session, log_in.account_id)
    authorize(actor, Action.SITE_MANAGE)
    return actor


def add_room(
    platform: Platform, log_in: LogIn, site: str, name: str, booths: int, *, alone: bool, equipment: Equipment
) -> str:
    """A room of an own site with its first booths, numbered from 1; its id.

    Raises RuleViolation `site_unknown`, `room_name_missing`, `room_name_taken`, `booths_wrong`.
    """
    with plain_transaction(platform.database) as (db_session, _now):
        actor = _manager(db_session, log_in)
        own_site(db_session, actor, site)
        turns_of_sites(db_session, [site])
        name = name.strip()
        if not name:
            raise RuleViolation("room_name_missing")
        if db_session.scalar(select(Room.id).where(Room.site_id == site, Room.name == name)):
            raise RuleViolation("room_name_taken", room=name)
        room = Room(id=secrets.token_hex(6), site_id=site, name=name, alone=alone)
        db_session.add(room)
        db_session.flush()
        _furnish(db_session, room, booths, equipment)
        return room.id


def add_booths(platform: Platform, log_in: LogIn, room: str, booths: int, equipment: Equipment) -> None:
    """Further booths. Raises RuleViolation `room_unknown`, `booths_wrong`."""
    with plain_transaction(platform.database) as (db_session, _now):
        _furnish(db_session, own_room(db_session, _manager(db_session, log_in), room), booths, equipment)


def _furnish(db_session: DbSession, room: Room, booths: int, equipment: Equipment) -> None:
    last = db_session.scalar(select(func.max(Booth.number)).where(Booth.room_id == room.id)) or 0
    if not 1 <= booths <= MOST_BOOTHS - last:
        raise RuleViolation("booths_wrong", booths=booths, there=last, most=MOST_BOOTHS)
    for number in range(last + 1, last + booths + 1):
        booth = Booth(id=secrets.token_hex(6), room_id=room.id, number=number, **vars(equipment))
        db_session.add(booth)


def equip_booth(platform: Platform, log_in: LogIn, booth: str, equipment: Equipment) -> None:
    """What stands in a booth now. Raises RuleViolation `booth_unknown`."""
    with plain_transaction(platform.database) as (db_session, _now):
        row, _room = _own_booth(db_session, _manager(db_session, log_in), booth)
        for name, value in vars(equipment).items():
            setattr(row, name, value)


def take_out(platform: Platform, log_in: LogIn, booth: str, reason: str) -> None:
    """Out of service from now on. Seats that were to sit there get another free booth of the site, if there is one.

    Raises RuleViolation `booth_unknown`, `booth_reason_missing`, `booth_out_already`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        row, room = _own_booth(db_session, _manager(db_session, log_in), booth)
        if not reason.strip():
            raise RuleViolation("booth_reason_missing")
        if row.out_since is not None:
            raise RuleViolation("booth_out_already", booth=f"{room.name}-{row.number}")
        row.out_since, row.out_reason = now, reason.strip()[:LONGEST_TEXT]
        db_session.flush()
        move_off(db_session, row, now)


def put_back(platform: Platform, log_in: LogIn, booth: str) -> None:
    """In service again. Raises RuleViolation `booth_unknown`."""
    with plain_transaction(platform.database) as (db_session, now):
        row, _room = _own_booth(db_session, _manager(db_session, log_in), booth)
        row.out_since, row.out_reason = None, ""
        db_session.flush()
        move_off(db_session, row, now)  # whoever of the site is without a booth gets one


def close_room(platform: Platform, log_in: LogIn, room: str, window: Window, reason: str) -> None:
    """Not let for a while: for a repair, a feast.

    Raises RuleViolation `room_unknown`, `booth_reason_missing`, `booking_times_wrong`, `room_booked`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        row = own_room(db_session, _manager(db_session, log_in), room)
        if not reason.strip():
            raise RuleViolation("booth_reason_missing")
        if window.ends_at <= max(window.begins_at, now):
            raise RuleViolation("closure_times_wrong", begins_at=window.begins_at, ends_at=window.ends_at)
        (plan,) = room_plans(db_session, [row.id], now).values()
        if taken := next((hold for hold in plan.holds if hold.window.overlaps(window)), None):
            raise RuleViolation("room_booked", room=row.name, label=taken.label, **vars(taken.window))
        closure = RoomClosure(room_id=row.id, reason=reason.strip()[:LONGEST_TEXT], by=log_in.account_id, at=now)
        closure.begins_at, closure.ends_at = window.begins_at, window.ends_at
        db_session.add(closure)


def reopen_room(platform: Platform, log_in: LogIn, closure: int) -> datetime:
    """Let again; until when it would have been closed. Raises RuleViolation `room_unknown`."""
    with plain_transaction(platform.database) as (db_session, _now):
        row = db_session.get(RoomClosure, closure)
        if row is None:
            raise RuleViolation("room_unknown", room=str(closure))
        own_room(db_session, _manager(db_session, log_in), row.room_id)
        until = row.ends_at
        db_session.delete(row)
        return until
