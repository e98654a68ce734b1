"""Entries of the library are changed by two persons: one enters the change with its reason, another confirms it.

Until then the entry stands as it was: so nobody alone can make experts unavailable, have them step back, or have them
drawn for something else. A pool counts what stood at the publication, so that no change fills one afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.codec import decode, encode
from app.models import Account, Expert, ExpertCorrection, ExpertSpeciality, Organisation, Site
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.procedure.expert_particulars import COLUMNS_OF, read_particulars
from app.procedure.expert_rows import Fault, Known, read_correction
from app.procedure.names import check_name
from app.queries.experts import EMPLOYER, changed_entry, current_tree, read_expert
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.experts import employers_of
from app.services.platform import Platform
from app.services.standings import LONGEST_REASON, note
from app.services.unit_of_work import plain_transaction
from evaluation.experts import Correction, Particulars, correctable, left_employer, particulars


def propose_correction(
    platform: Platform, log_in: LogIn, expert_id: str, cells: Mapping[str, str], reason: str
) -> None:
    """Enter what should stand in an entry, in cells as of an import; particulars that no cell names stay.

    Raises RuleViolation `expert_unknown`, `standing_reason_missing`, `correction_waits`, `correction_changes_nothing`,
    `organisation_other_name`, and of the first cell that is wrong.
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
        entry = read_expert(row)
        facts, faults = read_correction(cells, now.date(), correctable(entry))
        stands = particulars(entry)
        named: dict[str, Any] = {}
        if cells.keys() >= COLUMNS_OF:
            named, wrong = _read_particulars(db_session, cells, stands, now.date())
            faults = (*faults, *wrong)
        if faults:
            raise RuleViolation(faults[0].code, given=faults[0].given, column=faults[0].column)
        other = decode(Particulars, named) if named else stands
        if decode(Correction, facts) == correctable(entry) and other == stands:
            raise RuleViolation("correction_changes_nothing")
        if other.organisation != stands.organisation:
            named |= {EMPLOYER: _employer_named(db_session, other.organisation, cells["organisation"].strip())}
        text = json.dumps(facts | named, ensure_ascii=False)
        proposed = ExpertCorrection(expert_id=expert_id, at=now, by=log_in.account_id, facts=text)
        proposed.reason = reason.strip()[:LONGEST_REASON]
        db_session.add(proposed)


def _read_particulars(
    db_session: DbSession, cells: Mapping[str, str], stands: Particulars, today: date
) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    sites = {key: row.id for row in db_session.scalars(select(Site)) for key in (row.name, row.id)}
    registered = select(Organisation.credit_code).where(Organisation.credit_code == cells["credit_code"].strip())
    known = Known(sites, current_tree(db_session), today)
    return read_particulars(cells, known, stands, list(db_session.scalars(registered)))


def _employer_named(db_session: DbSession, code: str, name: str) -> str:
    """The name of the employer behind a credit code. Raises RuleViolation `organisation_other_name`."""
    known = db_session.scalar(select(Organisation.name).where(Organisation.credit_code == code))
    if known is not None and known != name:
        raise RuleViolation("organisation_other_name", credit_code=code)
    check_name("organisation", name)
    return name


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
        _change(db_session, waiting, now)


def _change(db_session: DbSession, waiting: ExpertCorrection, now: datetime) -> None:
    """The entry as it was proposed; whoever was the employer until today stays a former one."""
    row = db_session.get_one(Expert, waiting.expert_id, with_for_update=True)
    entry = read_expert(row)
    facts: dict[str, Any] = json.loads(waiting.facts)
    before = encode(correctable(entry)) | (encode(particulars(entry)) if "site" in facts else {})
    if employer := facts.pop(EMPLOYER, ""):
        past = left_employer(entry.organisation, now.date(), changed_entry(entry, facts)[0].past_employments)
        facts["past_employments"] = encode(past)
        account = db_session.get_one(Account, row.account_id)
        named = {"credit_code": facts["organisation"], "name": employer}
        account.organisation_id = employers_of(db_session, [named], now)[facts["organisation"]]
    if "site" in facts:
        row.site_id = facts["site"]
        held = ExpertSpeciality.expert_id == row.id
        db_session.execute(delete(ExpertSpeciality).where(held))
        codes = dict.fromkeys(facts["specialities"])
        db_session.add_all(ExpertSpeciality(expert_id=row.id, speciality=code) for code in codes)
        facts.setdefault("practising_since", "")
    row.facts = json.dumps(json.loads(row.facts) | facts, ensure_ascii=False)
    by = {"entered_by": waiting.by, "before": before, "after": facts}
    note(db_session, row.id, "correct", waiting.decided_by or "", waiting.reason, now, **by)
