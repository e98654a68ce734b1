"""When and where somebody who is drawn or named is to be: the site with its address, and the hours that are booked.

Hours of a booking that counts, which tell nothing of the project; where none does, one goes at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.models import Site
from app.queries.venues import booking_of, is_current


@dataclass(frozen=True)
class Meeting:
    """`begins_at` is None where no hour is booked, or the booked one has come: one goes at once."""

    site: str
    address: str
    begins_at: datetime | None
    ends_at: datetime | None

    @property
    def place(self) -> str:
        """The site, with its address where the centre has said it."""
        return f"{self.site}（{self.address}）" if self.address else self.site


def meeting_at(db_session: DbSession, case: Case, lot: str, site_id: str, now: datetime) -> Meeting:
    """When and where, for whoever has a seat of the lot at a site."""
    site, booking = db_session.get_one(Site, site_id), booking_of(db_session, case.id, lot)
    if booking is None or booking.begins_at <= now or not is_current(booking, case, lot, now):
        return Meeting(site.name, site.address, None, None)
    return Meeting(site.name, site.address, booking.begins_at, booking.ends_at)
