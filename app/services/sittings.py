"""A sitting around its pure state machine: convened, seated by witnesses, reported and sealed."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case, LotCase
from app.casefile.convened import sitting_of
from app.casefile.replacements import replacement_due
from app.models import Account, CallUp, Expert
from app.procedure.buyers import BuyerMemberNamed
from app.procedure.errors import RuleViolation
from app.procedure.roles import Role, clash
from app.queries.cases import load_case
from app.services.actors import load_actor
from app.services.acts import Act, Answer, completes
from app.services.booth_plan import plan_booths
from app.services.call_ups import add_call_up, call_up_code, code_hash
from app.services.draws import drawn_account
from app.services.meeting import meeting_at
from app.services.notices import mail_seat_code
from app.services.platform import Platform
from app.services.unit_of_work import UnitOfWork, unit_of_work
from evaluation.committee import MemberRole
from evaluation.sitting import Seat


@completes("QualificationChecked", "BuyerMemberNamed")
def prepare_sitting(act: Act) -> Answer:
    """Each of these may be the last thing that a sitting, or a seat that the buyer's representative left, waits for."""
    if act.record.type == "BuyerMemberNamed":
        check_buyer_member(act.work.db_session, act.work.case, act.fact.account)
    act.work.schedule("convene_sitting", act.work.now, lot=act.lot, detail=f"{act.record.type}-{act.record.seq}")
    return {}


def check_buyer_member(db_session: DbSession, case: Case, account_id: str) -> None:
    """Who sits for the buyer is neither of the agency, nor one whose role shuts out a seat, nor an expert to be drawn.

    Raises RuleViolation `account_unknown`, `buyer_member_of_agency`, `buyer_member_role`, `buyer_member_expert`.
    """
    actor, regime = load_actor(db_session, account_id), case.tender.published.profile.regime
    if not actor.roles:
        raise RuleViolation("account_unknown")
    if case.tender.parties is not None and actor.organisation_id == case.tender.parties.agency.id:
        raise RuleViolation(
            "buyer_member_of_agency", name=actor.name, organisation=actor.organisation_name, regime=regime
        )
    if clash(actor.roles | {Role.EXPERT}):
        raise RuleViolation("buyer_member_role", name=actor.name, organisation=actor.organisation_name)
    if db_session.scalar(select(Expert.id).where(Expert.account_id == account_id)):
        raise RuleViolation("buyer_member_expert", name=actor.name, regime=regime)


def convene_sitting(platform: Platform, case_id: str, lot: str) -> None:
    """Fix seats, rules and bids once everything is there; until then nothing happens. Of a sitting that is convened:
    fill its empty seats."""
    with unit_of_work(platform.database, case_id, lot) as work:
        if work.case.lots[lot].convened:
            _replace_members(platform, work, lot)
            return
        due = sitting_of(work.case, lot)
        if due is None:
            return
        work.conclude(due, lot)
        for seat, member in _buyers(work.case.lots[lot]):
            _named(platform, work, lot, seat.person, member)
        plan_booths(work.db_session, work.case, lot, work.now)
        work.schedule("mail_seat_codes", work.now, lot=lot, detail=str(work.size))


def _named(platform: Platform, work: UnitOfWork, lot: str, person: str, member: BuyerMemberNamed) -> None:
    """Who is named and not asked has a code for the seat, too."""
    add_call_up(platform, work, lot, person, member.account, 0, work.now)
    row = work.db_session.get_one(CallUp, code_hash(call_up_code(platform, work.case.id, lot, person)))
    row.answered_at, row.accepted = work.now, True


def _replace_members(platform: Platform, work: UnitOfWork, lot: str) -> None:
    """Whoever was drawn for an empty seat and has accepted takes it, and whoever was named for the buyer's."""
    while (due := replacement_due(work.case, lot)) is not None:
        work.conclude(due, lot)
        if due.person in work.case.lots[lot].buyers.sitting:
            _named(platform, work, lot, due.person, work.case.lots[lot].buyers.who(due.person))
            work.schedule("mail_seat_codes", work.now, lot=lot, detail=str(work.size))
    plan_booths(work.db_session, work.case, lot, work.now)


def _buyers(state: LotCase) -> list[tuple[Seat, BuyerMemberNamed]]:
    """The buyer's seats that somebody is to take or has taken, with who was named for them."""
    there = state.buyers.sitting
    return [(seat, there[seat.person]) for _number, seat in sorted(state.sitting.seats.items()) if seat.person in there]


def mail_seat_codes(platform: Platform, case_id: str, lot: str) -> None:
    """The buyer's people get a code too, so that every seat is taken in the same way. Repeating it is harmless."""
    with platform.database.reading() as db_session:
        case, now = load_case(db_session, case_id), platform.database.now(db_session.connection())
        waiting = [number for number in case.lots[lot].sitting.seats if number not in case.lots[lot].sitting.keys]
        buyers = [(seat, member) for seat, member in _buyers(case.lots[lot]) if seat.number in waiting]
        addresses = {seat.person: db_session.get_one(Account, member.account).mail for seat, member in buyers}
        meetings = {seat.person: meeting_at(db_session, case, lot, seat.site, now) for seat, _member in buyers}
    for person, address in addresses.items():
        if address:
            code = call_up_code(platform, case_id, lot, person)
            mail_seat_code(platform, address, code, meetings[person], case.tender.published.profile.regime)


def member_account(db_session: DbSession, case: Case, lot: str, seat: Seat) -> Account:
    """Whose seat it is: for the report, after the last lock, and for the witness.

    Raises RuleViolation `draw_person_differs`.
    """
    if seat.role is MemberRole.BUYER:
        return db_session.get_one(Account, case.lots[lot].buyers.who(seat.person).account)
    return drawn_account(db_session, case, lot, seat.person)
