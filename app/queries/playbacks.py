"""A sitting as somebody may play it back now, with the names by which its sites and bids are known to that person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.anonymous import hides_bidders, shown_names
from app.casefile.case import Case
from app.casefile.playback import Playback, play_back
from app.casefile.playback_words import Names, names_told
from app.models import Site
from app.permissions.actions import Action
from app.permissions.policy import allowed, asks_reason
from app.procedure.roles import Actor
from app.queries.events import seen_events
from evaluation.sitting import Seat


@dataclass(frozen=True)
class PlaybackView:
    """The steps that the looker may see, and the names in them. `seats`: who sits where now, as members see it in their
    room, for those to whom the convening is not shown because prices stand in it.
    """

    played: Playback
    names: Names
    seats: Mapping[int, Seat]


def playback_seen(db_session: DbSession, actor: Actor, case_id: str, lot: str, language: str) -> PlaybackView:
    """What the actor may see of a lot's sitting. Raises RuleViolation `replay_no_sitting`."""
    seen = seen_events(db_session, actor, case_id)
    sites = dict(db_session.execute(select(Site.id, Site.name)).all())
    told, shown = names_told(seen.records, lot, sites), shown_names(seen.case, lot, language)
    bids = shown if hides_bidders(seen.case, lot) else {**told.bids, **shown}
    seats = seen.case.lot(lot).sitting.seats if actor.seat else {}
    return PlaybackView(play_back(seen.records, lot), replace(told, bids=bids), seats)


def replayed_lots(actor: Actor, case: Case) -> list[str]:
    """The lots of which the actor may play the sitting back, be it for a reason that is still to be stated."""
    action = Action.SITTING_REPLAY
    return [
        number
        for number, lot in case.lots.items()
        if (lot.convened or lot.earlier)
        and (allowed(actor, action, case, number) or asks_reason(actor, action, case, number))
    ]
