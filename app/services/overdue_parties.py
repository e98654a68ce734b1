"""Parties of a draw that commit to nothing in the profile's time: on record, and the round goes on without them."""

from __future__ import annotations

from app.procedure.calendar import add
from app.procedure.roles import Role
from app.services.notices import tell_role
from app.services.platform import Platform
from app.services.unit_of_work import UnitOfWork, unit_of_work
from crypto.instants import format_instant
from evaluation.draw import CommitmentsOverdue

ROLE_OF = {"agency": Role.AGENCY_SUPERVISOR, "centre": Role.CENTRE_OPERATOR, "supervisor": Role.REGULATOR}


def expect_commitments(work: UnitOfWork, lot: str) -> None:
    """Parties can commit from now on: whoever has committed to nothing when the time is over is passed over."""
    state, within = work.case.lots[lot], work.case.tender.published.profile.draw_commit
    if state.draw.current is not None and within is not None and state.commits_since is not None:
        detail = f"{state.draw.current.number}@{format_instant(state.commits_since)}"
        work.schedule("pass_over_parties", add(state.commits_since, within), lot=lot, detail=detail)


def pass_over_parties(platform: Platform, case_id: str, lot: str, detail: str) -> None:
    """Put on record who has not committed; they, and the authority, are told. Repeating it is harmless.

    `detail` names the round and since when parties can commit in it. Where conditions were proposed anew meanwhile
    nobody is late: once they are approved, the time begins again.
    """
    number, _at, since = detail.partition("@")
    round_ = int(number)
    with unit_of_work(platform.database, case_id, lot) as work:
        state, terms = work.case.lots[lot], work.case.tender.published
        draw, current = state.draw, state.draw.current
        if state.evaluation_over or draw.conditions is None or current is None or current.number != round_:
            return
        if not draw.approved or state.commits_since is None or since != format_instant(state.commits_since):
            return
        waited = sorted(set(draw.conditions.parties) - current.commitments.keys() - set(current.overdue))
        if current.statement or not waited:
            return
        work.conclude(CommitmentsOverdue(round_, tuple(waited)), lot)
        organisations = {"agency": terms.parties.agency.id, "centre": terms.parties.centre.id}
        for party in sorted({*waited, "supervisor"}):
            facts = {"title": terms.title, "lot": lot, "round": round_, "parties": ", ".join(waited)}
            to = organisations.get(party, terms.parties.regulator.id)
            tell_role(work, to, ROLE_OF[party], "draw_commitments_overdue", **facts)
