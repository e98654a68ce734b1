"""Fees of experts: computed once an evaluation is over, entered by one person of the centre, confirmed by another.

There is no row before the evaluation is over: so nothing here tells anybody who sits on a committee.
"""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.attendance import attendances
from app.casefile.codec import encode
from app.models import Expert, ExpertFee, Pseudonym, Site
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.procedure.roles import Role
from app.queries.cases import load_case, load_records
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.notices import tell_role
from app.services.platform import Platform
from app.services.standings import LONGEST_REASON, note
from app.services.unit_of_work import UnitOfWork, leave_notice, plain_transaction, unit_of_work
from evaluation import fees as rules


def compute_fees(platform: Platform, case_id: str, lot: str) -> None:
    """The job: a row for each expert who signed in. Repeating it is harmless; without a table nothing is paid here."""
    with unit_of_work(platform.database, case_id, lot) as work:
        state, table = work.case.lots[lot], work.case.tender.published.profile.fees
        if table is None or not state.evaluation_over:
            return
        known = set(
            work.db_session.scalars(select(ExpertFee.person).where(ExpertFee.case_id == case_id, ExpertFee.lot == lot))
        )
        came = attendances(load_records(work.db_session, case_id), lot)
        fresh = [one for one in came if one.person not in known]
        for one in fresh:
            _add(work, lot, table, one)
        if fresh:
            terms = work.case.tender.published
            facts = {"title": terms.title, "lot": lot, "members": len(fresh)}
            tell_role(work, terms.parties.centre.id, Role.CENTRE_OPERATOR, "fees_computed", **facts)


def _add(work: UnitOfWork, lot: str, table: rules.FeeTable, came: rules.Attendance) -> None:
    here = (Pseudonym.case_id == work.case.id, Pseudonym.lot == lot, Pseudonym.number == came.person)
    expert = work.db_session.get_one(Expert, work.db_session.scalars(select(Pseudonym.expert_id).where(*here)).one())
    site = work.db_session.get_one(Site, came.site)
    travelled = rules.origin(str(json.loads(expert.facts).get("region", "")), site.region)
    lines = rules.fee(table, came, travelled)
    facts = {"attendance": encode(came), "origin": travelled.value, "lines": encode(lines)}
    facts["minutes"] = rules.minutes_worked(table, came)
    row = ExpertFee(case_id=work.case.id, lot=lot, person=came.person, seat=came.seat, expert_id=expert.id)
    row.site_id, row.over_at, row.facts = came.site, work.now, json.dumps(facts)
    row.computed = rules.total(lines)
    work.db_session.add(row)
    amount = f"{row.computed:,.2f}"
    leave_notice(work.db_session, work.now, expert.account_id, "own_fee_computed", {"amount": amount})


def enter_fee(platform: Platform, log_in: LogIn, fee_id: int, amount: Decimal, reason: str) -> None:
    """One person says what is to be paid: what was computed, or another amount with its reason.

    Raises RuleViolation `fee_unknown`, `fee_confirmed`, `fee_waits`, and those of `check_amount`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        row = own_fee(db_session, log_in, fee_id)
        if row.confirmed_at is not None:
            raise RuleViolation("fee_confirmed")
        if row.entered_by is not None and row.entered_by != log_in.account_id:
            raise RuleViolation("fee_waits")
        rules.check_amount(amount, row.computed, reason)
        _enter(row, log_in, amount, reason, now)


def enter_computed(platform: Platform, log_in: LogIn, case_id: str, lot: str) -> int:
    """Everybody of a lot of whom nobody has said anything gets what was computed; how many. Another person may have
    entered or confirmed one while its row was waited for: that stands.
    """
    with plain_transaction(platform.database) as (db_session, now):
        wanted = (ExpertFee.case_id == case_id, ExpertFee.lot == lot, ExpertFee.entered_by.is_(None))
        ids = list(db_session.scalars(select(ExpertFee.id).where(*wanted).order_by(ExpertFee.id)))
        rows = [row for row in (own_fee(db_session, log_in, fee_id) for fee_id in ids) if row.entered_by is None]
        for row in rows:
            _enter(row, log_in, row.computed, "", now)
        return len(rows)


def _enter(row: ExpertFee, log_in: LogIn, amount: Decimal, reason: str, now: datetime) -> None:
    row.amount, row.reason = amount, reason.strip()[:LONGEST_REASON]
    row.entered_by, row.entered_at = log_in.account_id, now


def decide_fee(platform: Platform, log_in: LogIn, fee_id: int, *, confirmed: bool, amount: Decimal) -> None:
    """The second person confirms the amount that it has seen, or sends it back; whoever entered it may take it back.

    Raises RuleViolation `fee_unknown`, `fee_not_entered`, `fee_confirmed`, `second_person_needed`, `fee_changed`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        row = own_fee(db_session, log_in, fee_id)
        if row.confirmed_at is not None:
            raise RuleViolation("fee_confirmed")
        if row.entered_by is None or row.amount is None:
            raise RuleViolation("fee_not_entered")
        if not confirmed:
            row.amount = row.entered_by = row.entered_at = None
            row.reason = ""
            return
        if row.entered_by == log_in.account_id:
            raise RuleViolation("second_person_needed")
        if row.amount != amount:
            raise RuleViolation("fee_changed", amount=f"{row.amount:,.2f}")
        row.confirmed_by, row.confirmed_at = log_in.account_id, now
        facts = {"case": row.case_id, "lot": row.lot, "computed": row.computed, "amount": row.amount}
        facts["entered_by"] = row.entered_by
        account = db_session.get_one(Expert, row.expert_id).account_id
        leave_notice(db_session, now, account, "own_fee_confirmed", {"amount": f"{row.amount:,.2f}"})
        note(db_session, row.expert_id, "fee", log_in.account_id, row.reason, now, **facts)


def own_fee(db_session: DbSession, log_in: LogIn, fee_id: int) -> ExpertFee:
    """The row, locked, where the actor keeps the centre of its case. Raises RuleViolation `fee_unknown`."""
    row = db_session.get(ExpertFee, fee_id, with_for_update=True)
    if row is None:
        raise RuleViolation("fee_unknown")
    actor = load_actor(db_session, log_in.account_id, log_in.seat)
    authorize(actor, Action.FEE_KEEP, load_case(db_session, row.case_id), row.lot)
    return row
