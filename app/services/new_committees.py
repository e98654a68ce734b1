"""Another committee evaluates what was given up: the first one's places are free, and a further round draws for all."""

from __future__ import annotations

from sqlalchemy import delete, update

from app.casefile.replacements import dismissal_due
from app.models import DeskHold, PendingSignature, Presence, ScoreDraft, SeatBooth, WebSession
from app.procedure.roles import Role
from app.services.acts import Act, Answer, completes
from app.services.call_ups import after_answer
from app.services.notices import tell_party, tell_serving
from evaluation.draw import RoundReason


@completes("NewCommitteeProposed")
def propose_new_committee(act: Act) -> Answer:
    """The agency's supervisor releases it."""
    tell_party(act.work, act.lot, "agency", Role.AGENCY_SUPERVISOR, "new_committee_waits", act.fact.note)
    return {}


@completes("NewCommitteeOrdered")
def order_new_committee(act: Act) -> Answer:
    """Booths of the first committee end at once, whoever was drawn for it is free, and the draw goes on by a further
    round for every seat (ADR 0093)."""
    work, lot = act.work, act.lot
    of_the_lot = WebSession.seat.startswith(f"{work.case.id}/{lot}#", autoescape=True)
    running = update(WebSession).where(of_the_lot, WebSession.ended_at.is_(None))
    work.db_session.execute(running.values(ended_at=work.now))
    for kind in (ScoreDraft, DeskHold, PendingSignature, Presence, SeatBooth):
        work.db_session.execute(delete(kind).where(kind.case_id == work.case.id, kind.lot == lot))
    tell_serving(work, lot, "new_committee_ordered", act.fact.note)
    terms = work.case.tender.published
    for submission in work.case.lots[lot].bidding.live:
        work.notify(submission.by, "new_committee_bidder", title=terms.title, lot=lot)
    while (dismissed := dismissal_due(work.case, lot)) is not None:
        work.conclude(dismissed, lot)
    after_answer(work, lot, RoundReason.DISMISSED)
    return {}
