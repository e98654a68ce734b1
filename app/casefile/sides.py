"""On whose side somebody stands who looks at a fact: what the rules of `sight.py` are made of."""

from __future__ import annotations

from collections.abc import Callable

from app.casefile.case import Case, Phase
from app.casefile.record import Record
from app.procedure.roles import Actor, Role
from evaluation.sitting.stages import Stage

Rule = Callable[[Actor, Case, Record], bool]
OVER = frozenset({Phase.RESULT, Phase.FAILED})


def own(actor: Actor, case: Case, record: Record) -> bool:
    """A successor has not the acts of who sat on the seat before."""
    return bool(actor.signs_as) and record.actor == actor.signs_as and not before_own_time(actor, case, record)


def before_own_time(actor: Actor, case: Case, record: Record) -> bool:
    """Whether somebody else sat on the actor's seat then."""
    seat = actor.seat_in(case.id, record.lot)
    return seat is not None and record.seq < case.lots[record.lot].succeeded.get(seat, 0)


def agency(actor: Actor, case: Case, record: Record) -> bool:
    parties = case.tender.parties
    mine = parties is not None and parties.agency.id == actor.organisation_id
    return mine and actor.is_(Role.AGENCY_OFFICER, Role.AGENCY_SUPERVISOR)


def regulator(actor: Actor, case: Case, record: Record) -> bool:
    parties = case.tender.parties
    return parties is not None and parties.regulator.id == actor.organisation_id and actor.is_(Role.REGULATOR)


def inspector(actor: Actor, case: Case, record: Record) -> bool:
    """The regulator for a stated reason (code L of the matrix); once the lot is over, as it is."""
    over = phase(case, record) in OVER
    return regulator(actor, case, record) and (over or case.id in actor.reasons)


def centre(actor: Actor, case: Case, record: Record) -> bool:
    parties = case.tender.parties
    return parties is not None and parties.centre.id == actor.organisation_id and actor.is_(Role.CENTRE_OPERATOR)


def trustee(actor: Actor, case: Case, record: Record) -> bool:
    return not actor.keys.isdisjoint(case.trustee_keys) and actor.is_(Role.TRUSTEE)


def seat(actor: Actor, case: Case, record: Record) -> bool:
    return actor.seat_in(case.id, record.lot) is not None


def witness(actor: Actor, case: Case, record: Record) -> bool:
    """A site knows no project before somebody has signed in at it (四不知), but for what its witness did itself; from
    then on its witness sees the sitting."""
    if record.lot not in case.lots or actor.sites.isdisjoint(case.lots[record.lot].sites):
        return False
    return signed_in_at_own_site(actor, case, record.lot) or own(actor, case, record)


def signed_in_at_own_site(actor: Actor, case: Case, lot: str) -> bool:
    """Whether the actor witnesses at a site of the sitting at which somebody has signed in, or everybody has."""
    state = case.lots[lot]
    if actor.sites.isdisjoint(state.sites):
        return False
    sitting = state.sitting
    here = any(seat.site in actor.sites for number, seat in sitting.seats.items() if number in sitting.keys)
    return here or sitting.stage is not Stage.GATHERING


def phase(case: Case, record: Record) -> Phase:
    return case.lots[record.lot].phase if record.lot in case.lots else case.phase()


def room(actor: Actor, case: Case, record: Record) -> bool:
    return seat(actor, case, record) or inspector(actor, case, record)


def given_up(actor: Actor, case: Case, record: Record) -> bool:
    """Of a sitting that failed or was given up the authority sees all: it is asked why, and nobody goes on with it."""
    ended = case.lots[record.lot].sitting.stage in (Stage.FAILED, Stage.ABANDONED)
    return ended and regulator(actor, case, record)


def unread_by_successors(rule: Rule) -> Rule:
    """Whoever succeeds a member evaluates alone, too: what was found, scored, computed and said before it came it reads
    when results stand again."""

    def seen(actor: Actor, case: Case, record: Record) -> bool:
        unread = before_own_time(actor, case, record) and case.lots[record.lot].sitting.result is None
        return rule(actor, case, record) and not unread

    return seen
