"""Named conditions of the policy: what must hold between an actor and a case."""

from __future__ import annotations

from app.casefile.case import Case
from app.casefile.sides import signed_in_at_own_site
from app.procedure.inspections.results import speaks_for
from app.procedure.roles import Actor


def always(actor: Actor, case: Case | None, lot: str) -> bool:
    return True


def at_no_booth(actor: Actor, case: Case | None, lot: str) -> bool:
    """The actor is logged in as a person: a booth has its room and nothing else."""
    return not actor.seat


def of_the_agency(actor: Actor, case: Case | None, lot: str) -> bool:
    """The actor belongs to the agency of the case."""
    parties = case.tender.parties if case else None
    return parties is not None and parties.agency.id == actor.organisation_id


def of_the_centre(actor: Actor, case: Case | None, lot: str) -> bool:
    parties = case.tender.parties if case else None
    return parties is not None and parties.centre.id == actor.organisation_id


def competent(actor: Actor, case: Case | None, lot: str) -> bool:
    """The regulator is the competent authority of that very case."""
    parties = case.tender.parties if case else None
    return parties is not None and parties.regulator.id == actor.organisation_id


def given_up_before(actor: Actor, case: Case | None, lot: str) -> bool:
    """An evaluation of this lot was given up, which another committee evaluates or has; the actor is of the agency or
    the competent authority."""
    again = case is not None and lot in case.lots and bool(case.lots[lot].earlier)
    return again and (of_the_agency(actor, case, lot) or competent(actor, case, lot))


def has_bid(actor: Actor, case: Case | None, lot: str) -> bool:
    """The actor's organisation has a standing bid in the lot."""
    return case is not None and lot in case.lots and case.lots[lot].bidding.of_bidder(actor.organisation_id) is not None


def seated(actor: Actor, case: Case | None, lot: str) -> bool:
    """The actor is a booth certified for this very sitting."""
    return case is not None and actor.seat_in(case.id, lot) is not None


def has_site(actor: Actor, case: Case | None, lot: str) -> bool:
    """The actor witnesses at a site of this sitting."""
    return case is not None and lot in case.lots and not actor.sites.isdisjoint(case.lots[lot].sites)


def knows_sitting(actor: Actor, case: Case | None, lot: str) -> bool:
    """The actor witnesses at a site of this sitting that knows of it: somebody has signed in there (四不知)."""
    return case is not None and lot in case.lots and signed_in_at_own_site(actor, case, lot)


def of_the_rehearsal(actor: Actor, case: Case | None, lot: str) -> bool:
    """The actor belongs to the centre that opened the rehearsal, or is one of the trustees who are asked."""
    state = case.rehearsal if case is not None else None
    if state is None:
        return False
    return actor.organisation_id == state.opened.centre or not actor.keys.isdisjoint(state.keys)


def leads_inspection(actor: Actor, case: Case | None, lot: str) -> bool:
    """The actor belongs to the authority whose year of inspections this is."""
    state = case.inspection if case is not None else None
    return state is not None and actor.organisation_id == state.parties.authority.id


def joins_inspection(actor: Actor, case: Case | None, lot: str) -> bool:
    """The actor belongs to one of the authorities that inspect together."""
    state = case.inspection if case is not None else None
    return state is not None and actor.organisation_id in {party.id for party in state.parties.authorities}


def states_inspection(actor: Actor, case: Case | None, lot: str) -> bool:
    """The actor belongs to the centre that states the draws of this year."""
    state = case.inspection if case is not None else None
    return state is not None and actor.organisation_id == state.parties.centre.id


def signs_inspection(actor: Actor, case: Case | None, lot: str) -> bool:
    """The actor is one of the trustees who sign the draws of this year."""
    return case is not None and case.inspection is not None and not actor.keys.isdisjoint(case.trustee_keys)


def inspection_public(actor: Actor, case: Case | None, lot: str) -> bool:
    """A year of inspections whose plan is approved."""
    return case is not None and case.inspection is not None and case.inspection.plan is not None


def inspected(actor: Actor, case: Case | None, lot: str) -> bool:
    """The actor is of an organisation that a published campaign of the year may have drawn, or an expert; whether it
    was drawn, and which number an expert has, is asked by rule."""
    if case is None or case.inspection is None or actor.seat:
        return False
    lists = [c for c in case.inspection.campaigns.values() if c.published_at is not None]
    return any(speaks_for(found, actor) for campaign in lists for found in campaign.proposed.objects)


def sits_on_committee(actor: Actor, case: Case | None, lot: str) -> bool:
    """The actor is one of the trustees whose joint key the case uses."""
    return case is not None and not actor.keys.isdisjoint(case.trustee_keys)
