"""Who is told where a locked sheet is corrected: the supervision authority of the answer (matrix 2, row 40), no score;
and whoever dissented, of results that were computed anew."""

from __future__ import annotations

from app.casefile.answered_corrections import answered_corrections
from app.procedure.roles import Role
from app.queries.cases import load_records
from app.services.acts import Act, Answer, completes
from app.services.notices import tell_role
from app.services.sittings import member_account
from app.services.unit_of_work import UnitOfWork


@completes("SheetReopened")
def reopen_sheet(act: Act) -> Answer:
    """What follows is the member's to do: no results stand until its sheet is locked again."""
    tell_authority(act)
    return {}


def tell_authority(act: Act) -> None:
    """The people of the case's authority learn of the answer just given: seat, ground, times and decision."""
    work, terms = act.work, act.work.case.tender.published
    one = answered_corrections(load_records(work.db_session, work.case.id))[-1]
    facts = {"title": terms.title, "lot": one.lot, "seat": one.seat, "by": one.by}
    facts |= {"asked_at": one.asked_at, "decided_at": one.decided_at}
    code = f"correction_{one.decision}_{one.ground}"
    tell_role(work, terms.parties.regulator.id, Role.REGULATOR, code, **facts)


def tell_dissenters(work: UnitOfWork, lot: str) -> None:
    """Who dissented from earlier results learns of new ones, since it counts only if it says so again.

    As a call-up, the notice names neither project nor bidders: who sits in a committee is nobody else's to read.
    """
    state = work.case.lots[lot]
    if state.sitting.result is None:
        return
    for number, seat in sorted(state.sitting.seats.items()):
        if state.signing.own_earlier(number):
            account = member_account(work.db_session, work.case, lot, seat)
            work.notify(account.id, "results_computed_anew", lot=lot)
