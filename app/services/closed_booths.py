"""Booths of a sitting that is over: their log-ins end soon, so that who sits down there next reads nothing of it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from app.models import WebSession
from app.services.unit_of_work import UnitOfWork

STAYS = timedelta(minutes=15)  # for members to read how it ended


def close_booths(work: UnitOfWork, lot: str) -> None:
    """Every log-in of a seat of this lot ends when the time is over, if it does not before."""
    until = work.now + STAYS
    of_the_lot = WebSession.seat.startswith(f"{work.case.id}/{lot}#", autoescape=True)
    running = (of_the_lot, WebSession.ended_at.is_(None), WebSession.expires_at > until)
    work.db_session.execute(update(WebSession).where(*running).values(expires_at=until))
