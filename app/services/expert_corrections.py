"""Entries of the library are changed by two persons: one enters the change with its reason, another confirms it.

Until then the entry stands as it was: so nobody alone can make experts unavailable, or have them step back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.codec import decode, encode
from app.models import Expert, ExpertCorrection
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.procedure.expert_rows import read_correction
from app.queries.experts import read_expert
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.platform import Platform
from app.services.standings import LONGEST_REASON, note
from app.services.unit_of_work import plain_transaction
from evaluation.experts import Correction, correctable


def propose_correction(
    platform: Platform, log_in: LogIn, expert_id: str, cells: Mapping[str, str], reason: str
) -> None:
    """Enter what should stand in an entry, in cells as of an import.

    Raises RuleViolation `expert_unknown`, `standing_reason_missing`, `correction_waits`, `correction_changes_nothing`,
    and of the first cell that is wrong.
    """
    with plain_transaction(platform.database) as (db_session, now):
        authorize(load_actor(db_session, log_in.account_id), Action.EXPERT_MANAGE)
        row = db_session.get(Expert, expert_id, with_for_update=True)
        if row is None:
            raise RuleViolation("expert_unknown")
        if not reason.strip():
            raise RuleViolation("standing_reason_missing")
        if correction_waits(db_session, expert_id):
            raise RuleViolation("correction_waits")
        facts, faults = read_correction(cells, now.date())
        if faults:
            raise RuleViolation(faults[0].code, given=faults[0].given, column=faults[0].column)
        if decode(Correction, facts) == correctable(read_expert(row)):
            raise RuleViolation("correction_changes_nothing")
        proposed = ExpertCorrection(expert_id=expert_id, at=now, by=log_in.account_id, facts=json.dumps(facts))
        proposed.reason = reason.strip()[:LONGEST_REASON]
        db_session.add(proposed)


def correction_waits(db_session: DbSession, expert_id: str) -> bool:
    """Whether a change of this entry waits for its second person."""
    waiting = select(ExpertCorrection.id).where(
        ExpertCorrection.expert_id == expert_id, ExpertCorrection.accepted.is_(None)
    )
    return db_session.scalar(waiting) is not None


def decide_correction(platform: Platform, log_in: LogIn, expert_id: str, *, accepted: bool) -> None:
    """Confirm the change that waits, or refuse it; whoever entered it can only take it back. What stood before stays in
    the history.

    Raises RuleViolation `correction_unknown`, `second_person_needed`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        authorize(load_actor(db_session, log_in.account_id), Action.EXPERT_ADMIT)
        query = select(ExpertCorrection).where(
            ExpertCorrection.expert_id == expert_id, ExpertCorrection.accepted.is_(None)
        )
        waiting = db_session.scalar(query.with_for_update())
        if waiting is None:
            raise RuleViolation("correction_unknown")
        if accepted and waiting.by == log_in.account_id:
            raise RuleViolation("second_person_needed")
        waiting.decided_at, waiting.decided_by, waiting.accepted = now, log_in.account_id, accepted
        if not accepted:
            return
        row = db_session.get_one(Expert, expert_id, with_for_update=True)
        before, facts = encode(correctable(read_expert(row))), json.loads(waiting.facts)
        entry: dict[str, Any] = json.loads(row.facts)
        row.facts = json.dumps(entry | facts, ensure_ascii=False)
        by = {"entered_by": waiting.by, "before": before, "after": facts}
        note(db_session, expert_id, "correct", log_in.account_id, waiting.reason, now, **by)
