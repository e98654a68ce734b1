"""A member that leaves the sitting: its booth ends, its unfinished work is gone, and a successor is drawn."""

from __future__ import annotations

from sqlalchemy import delete, update

from app.casefile.replacements import dismissal_due
from app.models import DeskHold, PendingSignature, Presence, ScoreDraft, WebSession
from app.procedure.roles import Role
from app.services.acts import Act, Answer, completes
from app.services.call_ups import after_answer
from app.services.clarifications import time_goes_on
from app.services.notices import tell_party, tell_serving
from evaluation.committee import MemberRole
from evaluation.draw import RoundReason
from evaluation.sitting import ReplacementOrdered


@completes("StatementMade", "ConflictDeclared", "ReplacementOrdered")
def leave_seat(act: Act) -> Answer:
    """Where the member has stepped back or is replaced: a further round opens in the same transaction (ADR 0011)."""
    work, lot, seat = act.work, act.lot, act.fact.seat
    if seat not in work.case.lots[lot].sitting.empty:
        return {}
    scope = f"{work.case.id}/{lot}#{seat}"
    running = update(WebSession).where(WebSession.seat == scope, WebSession.ended_at.is_(None))
    work.db_session.execute(running.values(ended_at=work.now))
    for kind in (ScoreDraft, DeskHold, PendingSignature, Presence):
        mine = (kind.case_id == work.case.id, kind.lot == lot, kind.seat == seat)
        work.db_session.execute(delete(kind).where(*mine))
    if isinstance(act.fact, ReplacementOrdered):
        time_goes_on(work, lot)  # a recess ends with it
        code, why = "member_ordered_off", act.fact.note
    else:
        code, why = "member_recused", act.fact.conflict
    if work.case.lots[lot].sitting.seats[seat].role is MemberRole.BUYER:  # who succeeds is named, not drawn
        tell_serving(work, lot, f"buyer_{code}", why)
        return {}
    tell_serving(work, lot, code, why)
    if (dismissed := dismissal_due(work.case, lot)) is not None:
        work.conclude(dismissed, lot)
        after_answer(work, lot, RoundReason.DISMISSED)
    return {}


@completes("ReplacementProposed")
def propose_replacement(act: Act) -> Answer:
    """The agency's supervisor releases it."""
    tell_party(act.work, act.lot, "agency", Role.AGENCY_SUPERVISOR, "replacement_waits", act.fact.note)
    return {}
