"""A member's picture is ended: its camera is off at once, and everybody who serves the case is told."""

from __future__ import annotations

from sqlalchemy import select

from app.models import Presence
from app.services.acts import Act, Answer, completes
from app.services.notices import SERVING, tell_role


@completes("MemberPictureEnded")
def end_picture(act: Act) -> Answer:
    """Each browser that watched hangs up, as after every change of who may see whom."""
    work, lot, seat = act.work, act.lot, act.fact.seat
    mine = Presence.case_id == work.case.id, Presence.lot == lot, Presence.seat == seat
    for row in work.db_session.scalars(select(Presence).where(*mine)):
        row.camera, row.camera_at = "", None
    return _told(act, "member_picture_ended")


@completes("MemberPictureAllowed")
def allow_picture(act: Act) -> Answer:
    """Nothing is sent by that: the member turns its camera on."""
    return _told(act, "member_picture_allowed")


def _told(act: Act, code: str) -> Answer:
    terms = act.work.case.tender.published
    facts = {"title": terms.title, "lot": act.lot, "seat": act.fact.seat, "note": act.fact.note}
    for party, role in SERVING:
        tell_role(act.work, getattr(terms.parties, party).id, role, code, **facts)
    return {}
