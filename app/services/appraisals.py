"""How agency and centre appraise the members of a committee after its evaluation: by seat, never by name.

One person marks, another of the same party confirms, the expert may object, a third one decides. Points count once they
are settled; who has too many is suspended for the profile's time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.attendance import attendances, no_shows
from app.casefile.case import Case
from app.models import Account, AccountRole, Expert, ExpertAppraisal, Pseudonym
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.procedure.roles import Actor, Role
from app.queries.cases import load_besides_bids, load_case
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.notices import tell_role
from app.services.own_expert import LONGEST_WORDS, own_expert
from app.services.platform import Platform
from app.services.standings import BY_RULE, LONGEST_REASON, note, suspended_by_rule
from app.services.unit_of_work import leave_notice, plain_transaction, schedule_job, unit_of_work
from evaluation.appraisal import AppraisalRules, Points, Presence, objection_until, points_of, suspended_until
from evaluation.standing import Standing, Status, Step, after

AGENCY, CENTRE = "agency", "centre"
CONFIRMERS = {AGENCY: Role.AGENCY_SUPERVISOR, CENTRE: Role.CENTRE_OPERATOR}


def party_of(actor: Actor) -> str:
    """For which party somebody appraises."""
    return CENTRE if actor.is_(Role.CENTRE_OPERATOR) else AGENCY


def rules_of(case: Case) -> AppraisalRules:
    """The list of a case. Raises RuleViolation `appraisal_not_asked` where its profile has none."""
    rules = case.tender.published.profile.appraisal
    if rules is None:
        raise RuleViolation("appraisal_not_asked")
    return rules


def mark(
    platform: Platform, log_in: LogIn, case_id: str, lot: str, seat: int, person: str, codes: Sequence[str], words: str
) -> None:
    """Mark the member of a seat; until a second person has confirmed it, it may be marked anew. `person` is the number
    of the draw, since a seat may have had two.

    Raises RuleViolation `appraisal_seat_unknown`, `appraisal_confirmed`, and those of `points_of`.
    """
    with unit_of_work(platform.database, case_id, lot) as work:
        actor = load_actor(work.db_session, log_in.account_id, log_in.seat)
        authorize(actor, Action.APPRAISAL_GIVE, work.case, lot)
        records = load_besides_bids(work.db_session, case_id)
        members = {(one.number, one.person): Presence.ABSENT for one in no_shows(records, lot)}
        members |= {(one.seat, one.person): Presence.CAME for one in attendances(records, lot)}
        if (seat, person) not in members:
            raise RuleViolation("appraisal_seat_unknown", seat=seat)
        points = points_of(rules_of(work.case), codes, words, members[seat, person])
        party = party_of(actor)
        row = _find(work.db_session, case_id, lot, person, party)
        if row is None:
            here = (Pseudonym.case_id == case_id, Pseudonym.lot == lot, Pseudonym.number == person)
            expert_id = work.db_session.scalars(select(Pseudonym.expert_id).where(*here)).one()
            row = ExpertAppraisal(case_id=case_id, lot=lot, person=person, seat=seat, expert_id=expert_id, party=party)
            work.db_session.add(row)
        elif row.confirmed_at is not None:
            raise RuleViolation("appraisal_confirmed")
        row.grounds, row.points, row.note = json.dumps(sorted(set(codes))), points, words.strip()
        row.entered_by, row.entered_at = actor.id, work.now
        facts = {"title": work.case.tender.published.title, "lot": lot}
        tell_role(work, actor.organisation_id, CONFIRMERS[party], "appraisal_waits", besides=actor.id, **facts)


def _find(db_session: DbSession, case_id: str, lot: str, person: str, party: str) -> ExpertAppraisal | None:
    query = select(ExpertAppraisal).filter_by(case_id=case_id, lot=lot, person=person, party=party)
    return db_session.scalar(query.with_for_update())


def confirm(platform: Platform, log_in: LogIn, appraisal_id: int, entered_at: str, *, confirmed: bool) -> None:
    """The second person of the same party confirms what it has seen, or sends it back; then the expert reads it.

    Raises RuleViolation `appraisal_unknown`, `appraisal_confirmed`, `second_person_needed`, `object_has_changed`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        row, actor, case = _row(db_session, log_in, appraisal_id, Action.APPRAISAL_CONFIRM)
        if row.party != party_of(actor):
            raise RuleViolation("appraisal_unknown")
        if row.confirmed_at is not None:
            raise RuleViolation("appraisal_confirmed")
        if row.entered_at.isoformat() != entered_at:
            raise RuleViolation("appraisal_changed")
        if not confirmed:
            db_session.delete(row)
            return
        if row.entered_by == actor.id:
            raise RuleViolation("second_person_needed")
        row.confirmed_by, row.confirmed_at = actor.id, now
        row.objection_until = objection_until(rules_of(case), now)
        if row.points:
            schedule_job(db_session, "settle_appraisal", row.objection_until, detail=str(row.id))
        else:
            row.settled_at = now
        account = db_session.get_one(Expert, row.expert_id).account_id
        until = row.objection_until.replace(microsecond=0)
        leave_notice(db_session, now, account, "own_appraisal", {"until": until})


def object_to(platform: Platform, log_in: LogIn, appraisal_id: int, words: str) -> None:
    """The expert objects, once, in time; until somebody has decided it nothing counts.

    Raises RuleViolation `appraisal_unknown`, `appraisal_objected`, `appraisal_objection_late`, `request_empty`,
    `request_long`.
    """
    words = words.strip()
    if not words:
        raise RuleViolation("request_empty")
    if len(words) > LONGEST_WORDS:
        raise RuleViolation("request_long", most=LONGEST_WORDS)
    with plain_transaction(platform.database) as (db_session, now):
        own = own_expert(db_session, log_in)
        row = db_session.get(ExpertAppraisal, appraisal_id, with_for_update=True)
        if row is None or row.expert_id != own.id or row.objection_until is None or not row.points:
            raise RuleViolation("appraisal_unknown")
        if row.objected_at is not None:
            raise RuleViolation("appraisal_objected")
        if now >= row.objection_until:
            raise RuleViolation("appraisal_objection_late", until=row.objection_until)
        row.objection, row.objected_at = words, now
        _tell_deciders(db_session, row, now)


def _tell_deciders(db_session: DbSession, row: ExpertAppraisal, now: datetime) -> None:
    """Whoever keeps the centre or supervises the case, and has neither marked nor confirmed."""
    terms = load_case(db_session, row.case_id).tender.published
    for party, role in ((terms.parties.centre, Role.CENTRE_OPERATOR), (terms.parties.regulator, Role.REGULATOR)):
        there = (Account.organisation_id == party.id, AccountRole.role == role, Account.suspended_at.is_(None))
        for account in db_session.scalars(select(Account.id).join(AccountRole).where(*there)):
            if account not in (row.entered_by, row.confirmed_by):
                leave_notice(db_session, now, account, "appraisal_objected", {"title": terms.title, "lot": row.lot})


def decide_objection(platform: Platform, log_in: LogIn, appraisal_id: int, reason: str, *, upheld: bool) -> None:
    """Somebody who has neither marked nor confirmed decides: the appraisal stands, or counts nothing.

    Raises RuleViolation `appraisal_unknown`, `appraisal_third_person`, `standing_reason_missing`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        row, actor, case = _row(db_session, log_in, appraisal_id, Action.APPRAISAL_DECIDE)
        if row.objected_at is None or row.decided_at is not None:
            raise RuleViolation("appraisal_unknown")
        if actor.id in (row.entered_by, row.confirmed_by):
            raise RuleViolation("appraisal_third_person")
        if not reason.strip():
            raise RuleViolation("standing_reason_missing")
        row.decided_by, row.decided_at, row.decision = actor.id, now, reason.strip()[:LONGEST_REASON]
        row.upheld = upheld
        account = db_session.get_one(Expert, row.expert_id).account_id
        leave_notice(db_session, now, account, "own_appraisal_upheld" if upheld else "own_appraisal_withdrawn", {})
        if upheld:
            _settle(db_session, row, rules_of(case), now)


def settle_appraisal(platform: Platform, appraisal_id: int) -> None:
    """The job at the end of the time for objections; repeating it is harmless."""
    with plain_transaction(platform.database) as (db_session, now):
        row = db_session.get_one(ExpertAppraisal, appraisal_id, with_for_update=True)
        if row.settled_at is None and row.objected_at is None:
            _settle(db_session, row, rules_of(load_case(db_session, row.case_id)), now)


def _settle(db_session: DbSession, row: ExpertAppraisal, rules: AppraisalRules, now: datetime) -> None:
    """The points count; who has too many is suspended, by the rule and for its time."""
    row.settled_at = now
    db_session.flush()
    settled = select(ExpertAppraisal.points, ExpertAppraisal.settled_at).where(
        ExpertAppraisal.expert_id == row.expert_id, ExpertAppraisal.settled_at.is_not(None)
    )
    points = [Points(count, at) for count, at in db_session.execute(settled)]
    facts = {"case": row.case_id, "lot": row.lot, "points": row.points, "party": row.party}
    note(db_session, row.expert_id, "appraise", BY_RULE, "", now, **facts)
    until = suspended_until(rules, points, now)
    if until is not None:
        _suspend(db_session, db_session.get_one(Expert, row.expert_id, with_for_update=True), rules, until, now)


def _suspend(db_session: DbSession, expert: Expert, rules: AppraisalRules, until: datetime, now: datetime) -> None:
    """Suspend by the rule; who is suspended or about to leave already stays what it is, and comes back no earlier."""
    if expert.status == Status.ADMITTED:
        reason = f"评价扣分已满 {rules.suspended_from} 分，暂停至 {until:%Y-%m-%d}（{rules.article}）"
        _step(db_session, expert, Step.SUSPEND, reason, now, until=until)
    elif expert.status in (Status.SUSPENDED, Status.LEAVING):
        until = max(until, suspended_by_rule(db_session, expert.id) or until)
        reason = f"暂停期间又有扣分生效，已满 {rules.suspended_from} 分，暂停至 {until:%Y-%m-%d}（{rules.article}）"
        note(db_session, expert.id, Step.SUSPEND.value, BY_RULE, reason, now, until=until)
    else:
        return
    schedule_job(db_session, "end_suspension", until, detail=f"{expert.id}/{until:%Y%m%dT%H%M%S}")
    leave_notice(db_session, now, expert.account_id, "own_suspension", {"until": until.replace(microsecond=0)})


def end_suspension(platform: Platform, expert_id: str) -> None:
    """The job at the end of a suspension by rule: whom people have suspended or removed meanwhile stays so, and so does
    whose suspension has become longer.
    """
    with plain_transaction(platform.database) as (db_session, now):
        expert = db_session.get_one(Expert, expert_id, with_for_update=True)
        until = suspended_by_rule(db_session, expert_id)
        over = until is None or now >= until
        if over and expert.status == Status.SUSPENDED and expert.status_by == BY_RULE:
            _step(db_session, expert, Step.RESTORE, "评价暂停期满", now)


def _step(db_session: DbSession, expert: Expert, step: Step, reason: str, now: datetime, **facts: object) -> None:
    standing = after(Standing(Status(expert.status), expert.status_by), step, BY_RULE, reason)
    expert.status, expert.status_by = standing.status.value, standing.by
    note(db_session, expert.id, step.value, BY_RULE, reason, now, **facts)


def _row(
    db_session: DbSession, log_in: LogIn, appraisal_id: int, action: Action
) -> tuple[ExpertAppraisal, Actor, Case]:
    """The row, locked, with who asks for it and its case. Raises RuleViolation `appraisal_unknown`."""
    row = db_session.get(ExpertAppraisal, appraisal_id, with_for_update=True)
    if row is None:
        raise RuleViolation("appraisal_unknown")
    actor, case = load_actor(db_session, log_in.account_id, log_in.seat), load_case(db_session, row.case_id)
    authorize(actor, action, case, row.lot)
    return row, actor, case
