"""The tenderer has a sealed report checked again: who is told, and what follows the committee's answer."""

from __future__ import annotations

from app.procedure.roles import Role
from app.services.acts import Act, Answer, completes
from app.services.notices import tell_party, tell_serving
from app.services.reports import schedule_due
from app.services.sittings import member_account


@completes("RecheckProposed")
def propose_recheck(act: Act) -> Answer:
    """The agency's supervisor releases it."""
    tell_party(act.work, act.lot, "agency", Role.AGENCY_SUPERVISOR, "recheck_waits", act.fact.note)
    return {}


@completes("RecheckOrdered")
def order_recheck(act: Act) -> Answer:
    """Everybody who serves the case is told why, and every member that it is to come back.

    As a call-up, a member's notice names neither project nor bidders.
    """
    work, lot = act.work, act.lot
    tell_serving(work, lot, "recheck_ordered", act.fact.note)
    for _number, seat in sorted(work.case.lots[lot].sitting.seats.items()):
        work.notify(member_account(work.db_session, work.case, lot, seat).id, "recheck_called", lot=lot)
    return {}


@completes("RecheckAnswered")
def answer_recheck(act: Act) -> Answer:
    """The next version of the report is prepared; one that nobody has signed, again."""
    schedule_due(act.work, act.lot, str(act.record.seq))
    return {}
