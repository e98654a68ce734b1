"""How experts come into the library and leave it: each step with its reason, admission and removal by two persons."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session as DbSession

from app.casefile.codec import encode
from app.models import Expert, ExpertEvent, ExpertImport
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.platform import Platform
from app.services.unit_of_work import plain_transaction
from crypto.instants import parse_instant
from evaluation.standing import Standing, Status, Step, after

LONGEST_REASON = 500
BY_RULE = "appraisal"  # who suspends and restores where no person does
ACTION_OF = {Step.ADMIT: Action.EXPERT_ADMIT, Step.REMOVE: Action.EXPERT_ADMIT, Step.REFUSE: Action.EXPERT_ADMIT}


def take_step(platform: Platform, log_in: LogIn, expert_id: str, step: Step, reason: str) -> None:
    """Review, admit, suspend, restore, remove one expert.

    Raises RuleViolation `expert_unknown`, `suspended_by_rule`, and those of `evaluation.standing.after`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        authorize(load_actor(db_session, log_in.account_id), ACTION_OF.get(step, Action.EXPERT_MANAGE))
        row = db_session.get(Expert, expert_id, with_for_update=True)
        if row is None:
            raise RuleViolation("expert_unknown")
        standing = after(Standing(Status(row.status), row.status_by), step, log_in.account_id, reason)
        until = suspended_by_rule(db_session, row.id) if step is Step.RESTORE else None
        if until is not None and now < until:
            raise RuleViolation("suspended_by_rule", until=until)
        row.status, row.status_by = standing.status.value, standing.by
        note(db_session, row.id, step.value, log_in.account_id, reason, now)


def suspended_by_rule(db_session: DbSession, expert_id: str) -> datetime | None:
    """Until when the rule of appraisals has suspended somebody last: whoever likes could end it otherwise."""
    line = select(ExpertEvent.facts).where(
        ExpertEvent.expert_id == expert_id, ExpertEvent.step == Step.SUSPEND, ExpertEvent.by == BY_RULE
    )
    facts = db_session.scalar(line.order_by(ExpertEvent.id.desc()).limit(1))
    return parse_instant(json.loads(facts)["until"]) if facts else None


def note(db_session: DbSession, expert_id: str, step: str, by: str, reason: str, now: datetime, **facts: Any) -> None:
    """One more line of an expert's history."""
    text = json.dumps(encode(facts), ensure_ascii=False)
    row = ExpertEvent(expert_id=expert_id, at=now, step=step, by=by, reason=reason.strip()[:LONGEST_REASON], facts=text)
    db_session.add(row)


def admit_batch(platform: Platform, log_in: LogIn, batch_id: str, reason: str) -> int:
    """Admit everybody of an import who was reviewed by it; how many. Who has imported cannot admit.

    Raises RuleViolation `batch_unknown`, `standing_reason_missing`, `second_person_needed`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        authorize(load_actor(db_session, log_in.account_id), Action.EXPERT_ADMIT)
        batch = db_session.get(ExpertImport, batch_id, with_for_update=True)
        if batch is None:
            raise RuleViolation("batch_unknown")
        after(Standing(Status.REVIEWED, batch.by), Step.ADMIT, log_in.account_id, reason)
        waiting = (Expert.batch == batch_id, Expert.status == Status.REVIEWED, Expert.status_by == batch.by)
        ids = list(db_session.scalars(select(Expert.id).where(*waiting)))
        admitted = {"status": Status.ADMITTED.value, "status_by": log_in.account_id}
        unseen = {"synchronize_session": False}  # no object of these rows is loaded
        db_session.execute(update(Expert).where(*waiting).values(admitted), execution_options=unseen)
        line = {"at": now, "step": Step.ADMIT.value, "by": log_in.account_id, "reason": reason.strip()[:LONGEST_REASON]}
        if ids:
            db_session.execute(insert(ExpertEvent), [{"expert_id": one, "facts": "{}", **line} for one in ids])
        return len(ids)
