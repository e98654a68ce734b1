"""The policy cell by cell: every action x role x phase, for one's own case and for another's (`granted.py`)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from app.casefile.case import Case, LotCase, Phase
from app.permissions.actions import Action
from app.permissions.policy import POLICY, NotAllowed, allowed, authorize
from app.procedure.bid import Bidding, Submission
from app.procedure.deadlines import Timetable
from app.procedure.errors import RuleViolation
from app.procedure.inspections.facts import Inspected, Parties
from app.procedure.inspections.items import Grade, ObjectClass
from app.procedure.opening import BidsReleased, LotClosed, Opening
from app.procedure.roles import Actor, Role
from app.procedure.tender import Tender
from app.procedure.terms import CaseOpened, Party
from app.web.names import ACCESSES
from evaluation.committee import MemberRole
from evaluation.draw import DrawConditions, DrawState
from evaluation.sitting.events import Seat
from evaluation.sitting.stages import Stage
from evaluation.sitting.state import SittingState
from tests.app.granted import GRANTED, granted

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
LOT = "1"
OF_A_SITE = (
    Action.SEAT_CERTIFY,
    Action.SITE_CHANNEL,
    Action.STANDSTILL_WATCH,
    Action.FAULT_REPORT,
    Action.SITTING_ANNOUNCE,
    Action.PRESENCE_KEEP,
    Action.PRESENCE_READ,
    Action.PICTURE_SEND,
    Action.PICTURE_WATCH,
    Action.RECORDING_KEEP,
    Action.SHEET_HAND_IN,
    Action.RECORDING_LIST,
    Action.SITTING_REPLAY,
)
PARTIES = CaseOpened(Party("agency", "agency"), Party("centre", "centre"), Party("regulator", "regulator"))
INSPECTED = Inspected("OWN", "own", ObjectClass.BIDDER, Grade.A, ("OWN",))
OWN_ORGANISATION = {"AO": "agency", "AS": "agency", "TC": "centre", "RG": "regulator", "BD": "bidder"}


def _lot(phase: Phase) -> LotCase:
    sealed: Any = SimpleNamespace(bid_root="", capsule_sha256="", recipient="")
    submission = Submission("receipt", "bidder", "someone", sealed, NOW, "key")
    lot = LotCase(bidding=Bidding({"receipt": submission}))
    closed = LotClosed(NOW, "0" * 64, phase is not Phase.FAILED)
    if phase is Phase.BIDDING:
        return lot
    lot = replace(lot, opening=Opening(closed=closed, failed="x" if phase is Phase.FAILED else ""))
    if phase in (Phase.SEALED, Phase.FAILED):
        return lot
    lot = replace(lot, opening=replace(lot.opening, release=BidsReleased("00", (1,))))
    conditions = DrawConditions("case", LOT, "p", (), 1, ("agency", "centre"), 3, "c", 2)
    if phase is not Phase.OPENING:
        lot = replace(lot, draw=DrawState(conditions=conditions))
    return replace(lot, sitting=_sitting(phase))


def _sitting(phase: Phase) -> SittingState:
    stage = {Phase.SCORING: Stage.SCORING, Phase.CONSENSUS: Stage.REPORT, Phase.RESULT: Stage.CLOSED}.get(phase)
    # The draw names the sites before anybody sits there.
    seats = {1: Seat(1, "site", MemberRole.EXPERT, "p")}
    return SittingState() if stage is None else SittingState(stage=stage, seats=seats)


def _case(phase: Phase) -> Case:
    if phase is Phase.DRAFT:
        rehearsal: Any = SimpleNamespace(
            opened=SimpleNamespace(centre="centre"), keys=frozenset({"trustee-key"})
        )  # a case is a tender, a rehearsal or a year of inspections; here it is all, to try every action
        inspection: Any = SimpleNamespace(
            parties=Parties(PARTIES.regulator, (), PARTIES.centre),
            plan="approved",
            campaigns={1: SimpleNamespace(published_at=NOW, proposed=SimpleNamespace(objects=(INSPECTED,)))},
            committee={"members": [{"key_id": "trustee-key"}]},
        )
        return Case("case", Tender(parties=PARTIES), rehearsal=rehearsal, inspection=inspection)
    terms: Any = SimpleNamespace(committee={"members": [{"key_id": "trustee-key"}]}, budget=Decimal(1))
    tender = Tender(parties=PARTIES, terms=terms, published_at=NOW, timetable=Timetable({LOT: NOW}))
    return Case("case", tender, {LOT: _lot(phase)})


CASES = {phase: _case(phase) for phase in Phase}


def _actor(role: Role, own: bool, stated: bool = False) -> Actor:
    return Actor(
        id="someone",
        name="someone",
        roles=frozenset({role}),
        organisation_id=OWN_ORGANISATION.get(role, "x") if own else "another",
        organisation_name="",
        credit_code=INSPECTED.id if own else "another",
        sites=frozenset({"site"} if own and role is Role.SITE_WITNESS else {"elsewhere"}),
        keys=frozenset({"trustee-key"} if own and role is Role.TRUSTEE else {"other-key"}),
        reasons={"case" if stated else "other": 1},
        seat=("case/1#1" if own else "other/1#1") if role is Role.EXPERT else "",
    )


def test_the_phases_of_the_sample_are_those_they_stand_for() -> None:
    assert {phase: case.phase(LOT) for phase, case in CASES.items()} == {phase: phase for phase in Phase}


def test_every_action_is_stated_here() -> None:
    assert set(GRANTED) == {action.value for action in Action}


@pytest.mark.parametrize("action", list(Action))
def test_every_cell(action: Action) -> None:
    concerns_case = any(phases != "-" for _, phases, _ in GRANTED[action])
    wrong = []
    for role in Role:
        for phase in Phase if concerns_case else [None]:
            for own, stated in ((True, True), (True, False), (False, True), (False, False)):
                case = CASES[phase] if phase else None
                expected = granted(action, role, phase, own, stated) and _has_site(action, role, phase)
                if allowed(_actor(role, own, stated), action, case, LOT if case else "") != expected:
                    wrong.append((role.value, phase, own, stated, f"expected {expected}"))
    assert not wrong


def test_an_expert_has_its_own_page_away_from_the_booth() -> None:
    at_home = replace(_actor(Role.EXPERT, True), seat="")
    assert allowed(at_home, Action.EXPERT_OWN)
    others = [replace(at_home, roles=frozenset({role})) for role in set(Role) - {Role.EXPERT}]
    assert not any(allowed(other, Action.EXPERT_OWN) for other in others)
    assert allowed(at_home, Action.INSPECTION_FILE)  # beside its view of an inspection's result


def _has_site(action: Action, role: Role, phase: Phase | None) -> bool:
    """Which sites take part is known only once the sitting is convened."""
    witness = role is Role.SITE_WITNESS and action in OF_A_SITE
    return not witness or phase in (Phase.SCORING, Phase.CONSENSUS, Phase.RESULT)


def _refusal(actor: Actor, action: Action, case: Case) -> type[Exception] | None:
    try:
        authorize(actor, action, case, LOT)
    except (NotAllowed, RuleViolation) as refused:
        return type(refused)
    return None


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.DRAFT])
@pytest.mark.parametrize("action", list(Action))
def test_where_only_the_reason_is_missing_it_is_asked_for(phase: Phase, action: Action) -> None:
    """The competent inspector is told so, in words; to everybody else it is as if there were nothing."""
    stated = any(phase.value in phases.split() and whose == "reason" for _, phases, whose in GRANTED[action])
    for role in Role:
        for own in (True, False):
            asked = stated and own and role is Role.REGULATOR
            refused = _refusal(_actor(role, own), action, CASES[phase])
            assert refused in ((RuleViolation,) if asked else (None, NotAllowed))


def test_whatever_is_logged_as_read_for_a_reason_has_its_words():
    """The list of who read what is for people: no page shows the name of an action."""
    logged = {action.value for action, grants in POLICY.items() if any(grant.reason for grant in grants)}
    assert logged <= ACCESSES.keys()
