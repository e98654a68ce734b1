"""The tables that a lawyer reads are complete: facts, actions, policy and sight name each other."""

import dataclasses

import pytest

from app.casefile.case import Case, LotCase, Phase
from app.casefile.codec import encode
from app.casefile.facts import FACTS, fact_type
from app.casefile.record import Record
from app.casefile.sight import SIGHT, sees
from app.permissions.actions import Action
from app.permissions.policy import POLICY, allowed
from app.procedure.errors import RuleViolation
from app.procedure.roles import ANYONE, NEVER_COMBINED, Actor, Role, clash
from app.procedure.tender import Tender
from app.procedure.terms import CaseOpened, Party
from evaluation.draw.events import DrawEvent
from evaluation.sitting.events import SittingEvent
from tests.procedure.tenders import AT


def test_every_fact_of_a_person_has_an_action():
    assert {fact.action for fact in FACTS.values() if fact.action} <= set(Action)


def test_every_action_stands_in_the_policy():
    assert set(POLICY) == set(Action)


def test_every_fact_has_its_sight_and_no_other():
    assert set(SIGHT) == set(FACTS)


def test_names_are_those_of_the_classes():
    assert all(name == fact.kind.__name__ and dataclasses.is_dataclass(fact.kind) for name, fact in FACTS.items())


def test_draw_and_sitting_belong_to_lots():
    assert all(fact.per_lot for fact in FACTS.values() if issubclass(fact.kind, DrawEvent | SittingEvent))


def test_an_unknown_fact_is_named():
    with pytest.raises(RuleViolation, match="fact_unknown"):
        fact_type("BidPeeked")


def record(fact, lot=""):
    return Record("c", 0, lot, type(fact).__name__, AT, "someone", "", encode(fact), {})


def actor(role, organisation="o", **changes):
    return Actor("id", "name", frozenset({role}), organisation, "", "", **changes)


PARTIES = CaseOpened(Party("agency", "A"), Party("centre", "C"), Party("regulator", "R"))
DRAFT = Case("c", Tender(parties=PARTIES))
BIDDING = Case("c", Tender(parties=PARTIES, published_at=AT), {"1": LotCase()})


@pytest.mark.parametrize("role", list(Role))
def test_a_draft_is_seen_by_its_agency_alone(role):
    opened = record(PARTIES)
    assert not sees(actor(role), DRAFT, opened)
    assert sees(actor(role, "agency"), DRAFT, opened) == (role in (Role.AGENCY_OFFICER, Role.AGENCY_SUPERVISOR))


def test_after_publication_the_public_sees_it_and_experts_do_not():
    assert sees(ANYONE, BIDDING, record(PARTIES))
    assert not sees(actor(Role.EXPERT), BIDDING, record(PARTIES))
    assert sees(actor(Role.EXPERT, seat="c/1#2"), BIDDING, record(PARTIES))


SEALED = [name for name in ("BidSubmitted", "BidReceipted", "BidWithdrawn") if name in FACTS]


@pytest.mark.parametrize("name", SEALED)
@pytest.mark.parametrize("role", list(Role))
def test_before_the_release_nobody_sees_a_bid_of_another(name, role):
    payload = {"receipt_id": "r", "receipt": {"bidder": "bidder"}}
    sealed = Record("c", 1, "1", name, AT, "someone", "", payload, {})
    for organisation in ("agency", "centre", "regulator", "other"):
        assert not sees(actor(role, organisation), BIDDING, sealed)


@pytest.mark.parametrize("action", list(Action))
def test_what_has_a_phase_is_denied_without_a_case(action):
    if all(grant.phases is not None for grant in POLICY[action]):
        assert not any(allowed(actor(role), action) for role in Role)


@pytest.mark.parametrize("phase", list(Phase))
def test_nobody_of_another_organisation_acts_for_the_agency(phase, monkeypatch):
    monkeypatch.setattr(Case, "phase", lambda self, lot="": phase)
    for action in (Action.DRAFT_EDIT, Action.TENDER_RELEASE, Action.AMENDMENT_RELEASE, Action.EVIDENCE_EXPORT):
        assert not any(allowed(actor(role, "other"), action, BIDDING, "1") for role in Role)


def test_roles_that_never_meet_are_named():
    for pair in NEVER_COMBINED:
        assert clash(pair) == pair
        assert clash(frozenset({next(iter(pair))})) is None
