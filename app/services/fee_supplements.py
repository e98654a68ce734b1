"""A fee that two persons have confirmed stays as it is; where it was wrong, two persons add to it or take off it."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session as DbSession

from app.models import Expert, ExpertFee, FeeSupplement
from app.procedure.errors import RuleViolation
from app.services.accounts import LogIn
from app.services.fees import own_fee
from app.services.platform import Platform
from app.services.standings import LONGEST_REASON, note
from app.services.unit_of_work import leave_notice, plain_transaction
from evaluation import fees as rules


def enter_supplement(platform: Platform, log_in: LogIn, fee_id: int, amount: Decimal, reason: str) -> None:
    """One person says what is missing, or too much.

    Raises RuleViolation `fee_unknown`, `fee_not_confirmed`, `fee_supplement_waits`, and those of `check_supplement`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        fee = own_fee(db_session, log_in, fee_id)
        if fee.confirmed_at is None:
            raise RuleViolation("fee_not_confirmed")
        if _waiting(db_session, fee_id) is not None:
            raise RuleViolation("fee_supplement_waits")
        rules.check_supplement(amount, _confirmed(db_session, fee), reason)
        row = FeeSupplement(fee_id=fee_id, amount=amount, reason=reason.strip()[:LONGEST_REASON])
        row.entered_by, row.entered_at = log_in.account_id, now
        db_session.add(row)


def decide_supplement(platform: Platform, log_in: LogIn, fee_id: int, *, confirmed: bool, amount: Decimal) -> None:
    """The second person confirms the amount that it has seen, or sends it back; whoever entered it may take it back.

    Raises RuleViolation `fee_unknown`, `fee_not_entered`, `second_person_needed`, `fee_changed`, and those of
    `check_supplement`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        fee = own_fee(db_session, log_in, fee_id)
        row = _waiting(db_session, fee_id)
        if row is None:
            raise RuleViolation("fee_not_entered")
        if not confirmed:
            db_session.delete(row)
            return
        if row.entered_by == log_in.account_id:
            raise RuleViolation("second_person_needed")
        if row.amount != amount:
            raise RuleViolation("fee_changed", amount=f"{row.amount:,.2f}")
        rules.check_supplement(row.amount, _confirmed(db_session, fee), row.reason)
        row.confirmed_by, row.confirmed_at = log_in.account_id, now
        account = db_session.get_one(Expert, fee.expert_id).account_id
        leave_notice(db_session, now, account, "own_fee_supplement", {"amount": f"{row.amount:+,.2f}"})
        facts = {"case": fee.case_id, "lot": fee.lot, "amount": row.amount, "entered_by": row.entered_by}
        note(db_session, fee.expert_id, "fee", log_in.account_id, row.reason, now, **facts)


def _waiting(db_session: DbSession, fee_id: int) -> FeeSupplement | None:
    query = select(FeeSupplement).where(FeeSupplement.fee_id == fee_id, FeeSupplement.confirmed_at.is_(None))
    return db_session.scalar(query.with_for_update())


def _confirmed(db_session: DbSession, fee: ExpertFee) -> Decimal:
    """What two persons have confirmed up to now, in yuan."""
    query = select(func.sum(FeeSupplement.amount)).where(
        FeeSupplement.fee_id == fee.id, FeeSupplement.confirmed_at.is_not(None)
    )
    return (fee.amount or Decimal(0)) + Decimal(db_session.scalar(query) or 0).quantize(rules.CENT)
