"""Standing committees: taken out of use; and how the cases that rely on one learn that others hold its key now."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.casefile.case import Case, LotCase, Phase
from app.casefile.codec import encode
from app.casefile.committees import retire
from app.casefile.register import REGISTER
from app.models import CaseFile, Tender
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.queries.cases import load_case
from app.queries.committees import find_committee, load_committees
from app.queries.inspections import INSPECTION
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.platform import Platform
from app.services.unit_of_work import UnitOfWork, schedule_job, unit_of_work
from crypto.canonical import digest
from crypto.committee import Committee

# A signature that old trustees have begun is left to them for so long; then the new ones begin it again.
SIGNATURE_MAY_TAKE = timedelta(minutes=30)
LOOK_AGAIN = timedelta(seconds=10)


def retire_committee(platform: Platform, log_in: LogIn, committee_id: str, reason: str) -> None:
    """No further tender is sealed to the committee; those under way go on.

    Raises RuleViolation `committee_unknown`, `committee_retired`, `committee_reason_missing`.
    """
    with unit_of_work(platform.database, REGISTER) as work:
        actor = load_actor(work.db_session, log_in.account_id, log_in.seat)
        authorize(actor, Action.COMMITTEE_REGISTER)
        work.append(retire(find_committee(work.db_session, committee_id), reason), actor=actor, role="TC")


def change_trustees(platform: Platform, case_id: str, detail: str) -> None:
    """After a resharing: a job for every case under way; then, in each of them, the fact that others hold the key."""
    if case_id != REGISTER:
        with unit_of_work(platform.database, case_id) as work:
            if not follow_resharings(work):
                work.schedule("change_trustees", work.now + LOOK_AGAIN, detail=f"{detail}/{encode(work.now)}")
        return
    with unit_of_work(platform.database, REGISTER) as work:
        years = select(CaseFile.id).where(CaseFile.kind == INSPECTION)
        for found in work.db_session.scalars(select(Tender.case_id).union_all(years)):
            if _goes_on(load_case(work.db_session, found)):
                schedule_job(work.db_session, "change_trustees", work.now, case_id=found, detail=detail)


def _goes_on(case: Case) -> bool:
    if case.inspection is not None:
        return case.inspection.plan is not None
    return any(lot.phase not in (Phase.RESULT, Phase.FAILED) for lot in case.lots.values())


def follow_resharings(work: UnitOfWork) -> bool:
    """Tell a published case, or a year of inspections with a plan, who holds its key now; whether it knows.

    A signature that is under way is not disturbed for a while: whoever gave a share meant it to count.
    """
    holds = work.case.committee
    standing = load_committees(work.db_session).get(Committee.from_description(holds).id)
    if standing is None or digest(standing.description) == digest(holds):
        return True
    since = standing.reshared_at
    assert since is not None
    if work.now < since + SIGNATURE_MAY_TAKE and any(map(_signature_under_way, work.case.lots.values())):
        return False
    for change in standing.changes_since(holds):
        work.conclude(change, "")
    return True


def _signature_under_way(lot: LotCase) -> bool:
    opening, current = lot.opening, lot.draw.current
    begun = bool(opening.shares) and lot.opened_under is None and not opening.failed
    return begun or (current is not None and bool(current.shares) and not current.signature_hex)
