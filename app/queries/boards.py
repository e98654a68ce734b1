"""Boards across cases for those who serve or watch them: centre, trustee, regulator; and the lists that they keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case, LotCase, Phase
from app.casefile.sealing import committee_of
from app.models import Account, AccountRole, Expert, ExpertApplication, Site, Tender
from app.procedure.roles import Actor, Role
from app.queries.cases import load_case
from app.queries.draw_hall import draw_hall
from app.queries.endings import failure_of, without_majority
from app.queries.experts import current_tree
from app.queries.library_days import counts_as_of
from app.queries.next_steps import orders_waiting
from app.queries.people import find_login
from app.queries.recordings import is_owed
from app.queries.standstills import order_waiting
from evaluation.sitting import Stage, awaited_correction
from evaluation.specialities import Speciality

PATIENCE = {"act": 0, "wait": 1, "over": 2}


@dataclass(frozen=True)
class LotRow:
    """A lot on a board. `step` names what is going on, `tone` whether it is the looker's to do."""

    case_id: str
    code: str
    title: str
    lot: str
    lot_title: str
    phase: Phase
    given_up: bool  # the evaluation ended without a result, and the tender goes on with another committee
    step: str
    tone: str  # act wait over
    at: datetime
    figure: str

    @property
    def order(self) -> tuple[int, datetime]:
        return PATIENCE[self.tone], self.at


Step = tuple[str, str, str]  # step, tone, figure


def _board(db_session: DbSession, mine: Callable[[Case], bool], step_of: Callable[[Case, str], Step]) -> list[LotRow]:
    """Published lots that are `mine`, what is to be done first."""
    rows = []
    for tender in db_session.scalars(select(Tender).where(Tender.published_at.is_not(None))):
        case = load_case(db_session, tender.case_id)
        if not mine(case):
            continue
        for terms in case.tender.published.lots:
            step, tone, figure = step_of(case, terms.number)
            rows.append(
                LotRow(
                    case.id,
                    tender.code,
                    tender.title,
                    terms.number,
                    terms.title,
                    case.phase(terms.number),
                    case.lots[terms.number].sitting.stage is Stage.ABANDONED,
                    step,
                    tone,
                    case.tender.deadlines[terms.number],
                    figure,
                )
            )
    return sorted(rows, key=lambda row: row.order)


def centre_board(db_session: DbSession, actor: Actor) -> list[LotRow]:
    """Lots that the actor's centre serves."""
    return _board(
        db_session,
        lambda case: case.tender.parties is not None and case.tender.parties.centre.id == actor.organisation_id,
        lambda case, lot: _step(case, lot, "centre"),
    )


def whole_board(db_session: DbSession) -> list[LotRow]:
    """Lots of every centre, as their centres see them, for whoever looks after the installation."""
    return _board(db_session, lambda case: True, lambda case, lot: _step(case, lot, "centre"))


def regulator_board(db_session: DbSession, actor: Actor, now: datetime) -> list[LotRow]:
    """Lots whose competent authority is the actor's."""
    return _board(
        db_session,
        lambda case: case.tender.parties is not None and case.tender.parties.regulator.id == actor.organisation_id,
        lambda case, lot: _regulator_step(case, lot, actor, now),
    )


def _regulator_step(case: Case, lot: str, actor: Actor, now: datetime) -> Step:
    waiting = orders_waiting(case, actor) if case.lots[lot].phase is Phase.BIDDING else ()
    order = order_waiting(case, lot, now)
    if order is not None and order.by != actor.id:
        return "give_sitting_order", "act", ""
    return (waiting[0].code, "act", "") if waiting else _step(case, lot, "supervisor")


def witness_board(db_session: DbSession, actor: Actor) -> list[LotRow]:
    """Sittings at the actor's sites, once somebody has signed in there: until then a site knows no project."""
    rows = _board(
        db_session,
        lambda case: any(_sits_at(lot, actor) for lot in case.lots.values()),
        lambda case, lot: _step(case, lot, "witness"),
    )
    return [row for row in rows if _sits_at(load_case(db_session, row.case_id).lots[row.lot], actor)]


def recordings_owed(db_session: DbSession, actor: Actor) -> list[LotRow]:
    """Evaluations that are over, and of whose recording at the actor's site something is awaited."""
    rows = _board(
        db_session,
        lambda case: any(_owes(lot, actor) for lot in case.lots.values()),
        lambda case, lot: _step(case, lot, "witness"),
    )
    return [row for row in rows if _owes(load_case(db_session, row.case_id).lots[row.lot], actor)]


def _owes(lot: LotCase, actor: Actor) -> bool:
    mine = (run for run in lot.recordings.runs.values() if run.site in actor.sites)
    return lot.evaluation_over and any(is_owed(run) for run in mine)


def _sits_at(lot: LotCase, actor: Actor) -> bool:
    running, sitting = lot.phase in (Phase.SCORING, Phase.CONSENSUS), lot.sitting
    return running and any(sitting.seats[number].site in actor.sites for number in sitting.keys)


def trustee_board(db_session: DbSession, actor: Actor) -> list[LotRow]:
    """Lots that need the actor's share, now or later."""
    return _board(
        db_session,
        lambda case: not actor.keys.isdisjoint(case.trustee_keys),
        lambda case, lot: _trustee_step(case, lot, actor),
    )


def _step(case: Case, lot: str, party: str) -> Step:
    state = case.lots[lot]
    if state.sitting.stage is Stage.ABANDONED:
        return "abandoned", "over", ""
    if state.phase is Phase.FAILED:
        failure = failure_of(state)
        short = "valid" in failure
        return ("failed_valid", "over", f"{failure['valid']} / {failure['least']}") if short else ("failed", "over", "")
    if state.phase is Phase.BIDDING:
        return "paused" if lot in case.tender.timetable.left else "opens", "wait", ""
    if state.phase is Phase.SEALED:
        return "shares", "wait", f"{len(state.opening.shares)} / {committee_of(case).k}"
    if state.convened and not state.draws_successor:
        return _sitting_step(state)
    if state.draw.approved:
        return _draw_step(case, lot, party)
    if state.opening.concluded_at is None:
        return "opening", "wait", ""
    return "conditions", "wait", ""


def _draw_step(case: Case, lot: str, party: str) -> Step:
    hall = draw_hall(case, lot)
    current = hall.current
    if current is None or hall.stage == "done":
        return "seated", "wait", ""
    card = next((c for c in current.cards if c.party == party), None)
    mine = (
        (current.step == "state" and party == "centre")
        or (current.step == "commit" and card is not None and card.state == "waiting")
        or (current.step == "reveal" and card is not None and card.state == "sealed")
    )
    return f"draw_{current.step}", "act" if mine else "wait", ""


def _closed_step(state: LotCase) -> str:
    if without_majority(state):
        return "closed_no_majority"
    return "closed_dissented_before" if state.sitting.superseded_dissents else "closed"


def _sitting_step(state: LotCase) -> Step:
    sitting = state.sitting
    if sitting.stage is Stage.CLOSED:
        return _closed_step(state), "over", ""
    if sitting.suspended is not None:
        return "standing", "wait", ""
    if sitting.turned_away:
        return "turned_away", "wait", "、".join(map(str, sorted(sitting.turned_away)))
    if sitting.stage is Stage.GATHERING:
        return "gathering", "wait", f"{len(sitting.keys)} / {len(sitting.seats)}"
    if sitting.stage is Stage.REPORT and sitting.requests:
        return "correction_asked", "wait", ""  # by whom and for what is the committee's
    if sitting.stage in (Stage.REPORT, Stage.SIGNING):
        return "signing", "wait", f"{len(sitting.settled)} / {len(sitting.seats)}"
    if sitting.stage is Stage.RESULTS and awaited_correction(sitting):
        return "correcting", "wait", ""  # that it is waited for; whose sheet and what in it is the committee's
    return "evaluating", "wait", ""


def _trustee_step(case: Case, lot: str, actor: Actor) -> Step:
    state, committee = case.lots[lot], committee_of(case)
    mine = next(m.index for m in committee.members if m.key_id in actor.keys)
    if state.phase is Phase.FAILED:
        return "failed", "over", ""
    if state.opening.closed is None:
        return "paused" if lot in case.tender.timetable.left else "opens", "wait", ""
    current = state.draw.current
    if mine not in state.opening.shares and state.opening.concluded_at is None:
        tone = "wait" if state.opening.openable else "act"
        return "share_opening", tone, f"{len(state.opening.shares)} / {committee.k}"
    if current is not None and current.statement and not current.signature_hex and mine not in current.shares:
        return "share_draw", "act", f"{len(current.shares)} / {committee.k}"
    return "share_given", "over", ""


@dataclass(frozen=True)
class PersonRow:
    """An account in a list of the centre or the administrator."""

    id: str
    name: str
    login: str
    organisation: str
    roles: tuple[str, ...]
    created_at: datetime
    approved_at: datetime | None
    suspended_at: datetime | None


def witnesses(db_session: DbSession) -> list[PersonRow]:
    """Accounts that may witness at a site."""
    query = (
        select(Account)
        .join(AccountRole)
        .where(AccountRole.role == Role.SITE_WITNESS, Account.approved_at.is_not(None), Account.suspended_at.is_(None))
        .order_by(Account.name)
    )
    return [_person(row) for row in db_session.scalars(query)]


def prepared_accounts(db_session: DbSession, admin_id: str, limit: int = 100) -> list[PersonRow]:
    """What an administrator has prepared, newest first."""
    query = select(Account).where(Account.prepared_by == admin_id).order_by(Account.created_at.desc()).limit(limit)
    return [_person(row) for row in db_session.scalars(query)]


def waiting_for_approval(db_session: DbSession, actor: Actor) -> list[PersonRow]:
    """Accounts that wait for the actor as second person: of the own organisation, for the centre of all."""
    query = select(Account).where(Account.approved_at.is_(None)).order_by(Account.created_at)
    if not actor.is_(Role.CENTRE_OPERATOR):
        query = query.where(Account.organisation_id == actor.organisation_id)
    return [_person(row) for row in db_session.scalars(query)]


def waiting_applications(db_session: DbSession) -> int:
    """How many applications to the library nobody has decided."""
    return db_session.scalar(select(func.count()).where(ExpertApplication.decided_at.is_(None))) or 0


def person_of(db_session: DbSession, login: str) -> PersonRow | None:
    """The account of a log-in name, for the administrator; None for no such account and for experts."""
    found = find_login(db_session, login)
    return _person(found) if found is not None else None


def _person(row: Account) -> PersonRow:
    roles = tuple(sorted(r.role for r in row.roles))
    dates = (row.created_at, row.approved_at, row.suspended_at)
    return PersonRow(row.id, row.name, row.login, row.organisation.name, roles, *dates)


@dataclass(frozen=True)
class SiteRow:
    """A place of evaluation, its witness and how many experts are registered there."""

    id: str
    name: str
    witness: str
    experts: int
    region: str = ""
    address: str = ""


def site_rows(db_session: DbSession) -> list[SiteRow]:
    """Every site, by name."""
    counts = Counter(dict(db_session.execute(select(Expert.site_id, func.count()).group_by(Expert.site_id)).all()))
    watching = select(Account.id, Account.name).where(Account.id.in_(select(Site.witness_id)))
    names = dict(db_session.execute(watching).all())
    rows = db_session.scalars(select(Site).order_by(Site.name))
    return [
        SiteRow(row.id, row.name, names.get(row.witness_id or "", ""), counts[row.id], row.region, row.address)
        for row in rows
    ]


@dataclass(frozen=True)
class PoolRow:
    """How many admitted experts there are for a speciality at a site: numbers, never names."""

    site: str
    speciality: str
    name: Speciality | None  # the node of the tree, where it is one
    count: int


def expert_pools(db_session: DbSession, as_of: datetime | None = None) -> list[PoolRow]:
    """The library by site and speciality, as it stood at `as_of` (None: now)."""
    tree, sites = current_tree(db_session).by_code, dict(db_session.execute(select(Site.id, Site.name)).all())
    counts = counts_as_of(db_session, as_of)
    rows = [PoolRow(sites[site], held, tree.get(held), count) for (site, held), count in counts.items()]
    return sorted(rows, key=lambda row: (row.site, row.speciality))


def organisation_kinds() -> tuple[str, ...]:
    """Kinds of organisations for which the administrator prepares accounts."""
    return ("agency", "centre", "regulator", "trustee", "buyer")
