"""Courses that experts have finished, entered many at a time; one person strikes what another has entered wrongly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import insert, select

from app.models import Expert, ExpertTraining
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.days_off import read_trainings
from app.procedure.errors import RuleViolation
from app.procedure.expert_rows import Fault
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.platform import Platform
from app.services.standings import note
from app.services.unit_of_work import plain_transaction


def enter_trainings(
    platform: Platform, log_in: LogIn, rows: Iterable[Sequence[str]], today: date
) -> tuple[int, tuple[Fault, ...]]:
    """Enter a table, all of it or, where something is wrong, nothing: how many were new, and what is wrong.

    What is on record already is passed over. Raises RuleViolation of `read_trainings`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        authorize(load_actor(db_session, log_in.account_id), Action.EXPERT_MANAGE)
        ids = {number.upper(): expert_id for number, expert_id in db_session.execute(select(Expert.number, Expert.id))}
        found, faults = read_trainings(rows, ids, today)
        if faults:
            return 0, tuple(faults)
        held = select(ExpertTraining.expert_id, ExpertTraining.course, ExpertTraining.on)
        of_these = {ids[one.number] for one in found}
        known = {tuple(row) for row in db_session.execute(held) if row[0] in of_these}
        fresh = {}
        for one in found:
            key = (ids[one.number], one.training.course, one.training.on)
            if key not in known:
                fresh[key] = {"expert_id": key[0], "at": now, "by": log_in.account_id} | vars(one.training)
        if fresh:
            db_session.execute(insert(ExpertTraining), list(fresh.values()))
        return len(fresh), ()


def strike_training(platform: Platform, log_in: LogIn, training_id: int, reason: str) -> str:
    """Take a course back that was entered wrongly: another person does, with a reason; the expert's id.

    Raises RuleViolation `training_unknown`, `second_person_needed`, `standing_reason_missing`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        authorize(load_actor(db_session, log_in.account_id), Action.EXPERT_ADMIT)
        row = db_session.get(ExpertTraining, training_id)
        struck = select(ExpertTraining.id).where(ExpertTraining.strikes == training_id)
        if row is None or row.strikes is not None or db_session.scalar(struck) is not None:
            raise RuleViolation("training_unknown")
        if row.by == log_in.account_id:
            raise RuleViolation("second_person_needed")
        if not reason.strip():
            raise RuleViolation("standing_reason_missing")
        line = {"course": row.course, "hours": row.hours, "on": row.on, "until": row.until}
        db_session.add(
            ExpertTraining(expert_id=row.expert_id, at=now, by=log_in.account_id, strikes=training_id, **line)
        )
        facts = {name: value for name, value in line.items() if value is not None}
        note(db_session, row.expert_id, "strike", log_in.account_id, reason, now, **facts)
        return row.expert_id
