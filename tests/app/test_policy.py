"""The policy cell by cell: every action x role x phase, for one's own case and for another's.

`GRANTED` states the matrix a second time, by hand: role, phases, and whether the case must be one's own ("own") or any
("any"), or one's own and read for a stated reason ("reason", code L). Whatever is not stated must be denied.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from app.casefile.case import Case, LotCase, Phase
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, allowed, authorize
from app.procedure.bid import Bidding, Submission
from app.procedure.deadlines import Timetable
from app.procedure.errors import RuleViolation
from app.procedure.inspections.facts import Parties
from app.procedure.opening import BidsReleased, LotClosed, Opening
from app.procedure.roles import Actor, Role
from app.procedure.tender import Tender
from app.procedure.terms import CaseOpened, Party
from evaluation.committee import MemberRole
from evaluation.draw import DrawConditions, DrawState
from evaluation.sitting.events import Seat
from evaluation.sitting.stages import Stage
from evaluation.sitting.state import SittingState

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
LOT = "1"
ALL = "P0 P1 P2 P3 P4 P5 P6 P7 P9"
PUBLISHED = "P1 P2 P3 P4 P5 P6 P7 P9"
OPENED = "P3 P4 P5 P6 P7"
EVERYBODY = "AO AS TC TR BD EX SW RG SA PB"
LOGGED_IN = "AO AS TC TR BD EX SW RG SA"
STAFF = "AO AS TC SW RG TR"

# action: [(roles, phases, own | any)]; phases "-" for actions that concern no case
GRANTED: dict[str, list[tuple[str, str, str]]] = {
    "site:read": [(EVERYBODY, "-", "any")],
    "record:verify": [(EVERYBODY, "-", "any")],
    "account:register": [("PB", "-", "any")],
    "web_session:begin": [(EVERYBODY, "-", "any")],
    "invitation:accept": [("PB", "-", "any")],
    "call_up:answer": [("PB EX", "-", "any")],
    "seat:request": [("PB EX", "-", "any")],
    "account:own": [(LOGGED_IN, "-", "any")],
    "certificate:request": [(LOGGED_IN, "-", "any")],
    "certificate:revoke": [(LOGGED_IN, "-", "any")],
    "account:prepare": [("SA", "-", "any")],
    "account:approve": [("TC AS", "-", "any")],
    "account:suspend": [("SA", "-", "any")],
    "expert:manage": [("TC", "-", "any")],
    "expert:admit": [("TC RG", "-", "any")],
    "fairness:read": [("RG", "-", "any")],
    "expert:apply": [("PB", "-", "any")],
    "expert:enter": [("PB", "-", "any")],
    "expert:own": [],  # to an expert at a booth, as all experts here are
    "fee:list": [("TC", "-", "any")],
    "fee:keep": [("TC", "P7 P9", "own")],
    "appraisal:list": [("AO AS TC RG", "-", "any")],
    "appraisal:give": [("AO TC", "P7 P9", "own")],
    "appraisal:confirm": [("AS TC", "P7 P9", "own")],
    "appraisal:decide": [("TC RG", "P7 P9", "own")],
    "serving:read": [("RG", "P7 P9", "reason")],
    "name:ask": [("RG", "P4 P5 P6", "own")],
    "name:see": [("RG", "P4 P5 P6", "own")],
    "name:alarm": [("TC RG SA", "-", "any")],
    "site:list": [("TC AO AS", "-", "any")],
    "site:manage": [("TC", "-", "any")],
    "calendar:read": [("TC SW", "-", "any")],
    "booking:arrange": [("TC", "P1 P2 P3 P4 P5 P6", "own")],
    "booking:answer": [("TC", "-", "any")],
    "photo:read": [("RG", "P5 P6 P7 P9", "reason")],
    "committee:register": [("TC", "-", "any")],
    "ceremony:open": [("TC", "-", "any")],
    "ceremony:take_part": [("TR", "-", "any")],
    "agent:report": [("TR", "-", "any")],
    "ceremony:read": [("TR TC RG", "-", "any")],
    "rehearsal:open": [("TC", "-", "any")],
    "rehearsal:list": [("TC TR", "-", "any")],
    "rehearsal:watch": [("TC TR", "P0", "own")],
    "rehearsal:sign": [("TR", "P0", "own")],
    "inspection:open": [("RG", "-", "any")],
    "inspection:desk": [("RG TC TR", "-", "any")],
    "inspection:register": [("RG", "-", "any")],
    "inspection:file": [("RG", "-", "any")],
    "inspection:read": [(EVERYBODY, "P0", "any")],
    "inspection:prepare": [("RG", "P0", "own")],
    "inspection:approve": [("RG", "P0", "own")],
    "inspectors:list": [("RG", "P0", "own")],
    "inspection:visit": [("RG", "P0", "own")],
    "case:open": [("AO", "-", "any")],
    "next_round:open": [("AO", PUBLISHED, "own")],
    "draft:edit": [("AO", "P0", "own")],
    "draft:read": [("AO AS", "P0", "own")],
    "tender:submit": [("AO", "P0", "own")],
    "tender:release": [("AS", "P0", "own")],
    "notice:read": [(f"{STAFF} BD SA PB", PUBLISHED, "any"), ("EX", PUBLISHED, "own")],
    "documents:download": [("AO AS", "P0", "own"), (f"{STAFF} BD PB", PUBLISHED, "any"), ("EX", PUBLISHED, "own")],
    "downloads:list": [("AO AS", OPENED, "own"), ("RG", OPENED, "reason")],
    "question:ask": [("BD", "P1", "any")],
    "answer:propose": [("AO", "P1", "own")],
    "answer:release": [("AS", "P1", "own")],
    "amendment:propose": [("AO", "P1", "own")],
    "amendment:release": [("AS", "P1", "own")],
    "postponement:propose": [("AO", "P1", "own")],
    "postponement:release": [("AS", "P1", "own")],
    "outage_extension:propose": [("TC", "P1", "own")],
    "outage_extension:release": [("AS", "P1", "own")],
    "pause:propose": [("RG", "P1", "own")],
    "pause:order": [("RG", "P1", "own")],
    "bid:upload": [("BD", "-", "any")],
    "bid:submit": [("BD", "P1", "any")],
    "bid:withdraw": [("BD", "P1", "own")],
    "receipt:read": [("BD", PUBLISHED, "any")],
    "share:release": [("TR", "P2 P3", "own")],
    "key:commit": [("BD", "P2 P3 P9", "own")],
    "key:reveal": [("BD", "P2 P3 P9", "own")],
    "bid:restore": [("BD", "P3 P9", "own")],
    "signers:read": [("TR", ALL, "own"), ("BD", PUBLISHED, "any")],
    "opening:watch": [(f"{STAFF} BD PB", PUBLISHED, "any")],
    "round:carry": [(f"{STAFF} BD PB", "P3", "any")],
    "objection:raise": [("BD", "P3", "own")],
    "objection:answer": [("AO", "P3", "own")],
    "opening:confirm": [("AO TC BD", "P3", "own")],
    "qualification:check": [("AO", "P3 P4", "own")],
    "draw_conditions:propose": [("AO", "P3 P4 P5", "own")],
    "draw_conditions:approve": [("AS", "P3 P4 P5", "own")],
    "draw:commit": [("AS TC RG", "P4 P5", "own"), ("TC RG", "P0", "own")],
    "draw:state": [("TC", "P0 P4 P5", "own")],
    "draw:share": [("TR", "P0 P4 P5", "own")],
    "draw:reveal": [("AS TC RG", "P4 P5", "own"), ("TC RG", "P0", "own")],
    "draw:watch": [("AO AS TC RG TR", OPENED, "own"), (f"{STAFF} BD PB", "P7", "any"), (EVERYBODY, "P0", "any")],
    "seat:certify": [("SW", "P4 P5 P6", "own")],
    "site_channel:join": [("SW TC", OPENED, "own")],
    "room:join": [("EX", "P5 P6 P7 P9", "own"), ("RG", "P5 P6 P7", "reason")],
    "standstill:watch": [("AO AS TC SW RG", "P5 P6", "own")],
    "sitting:halt": [("EX", "P5 P6", "own")],
    "fault:report": [("SW TC", "P5 P6", "own")],
    "sitting:warn": [("RG", "P5 P6", "own")],
    "sitting_order:propose": [("RG", "P5 P6", "own")],
    "sitting_order:give": [("RG", "P5 P6", "own")],
    "sitting_decision:propose": [("AO", "P5 P6", "own")],
    "sitting_decision:release": [("AS", "P5 P6", "own")],
    "replacement:propose": [("AO", "P5 P6", "own")],
    "replacement:order": [("AS", "P5 P6", "own")],
    "statement:make": [("EX", "P5", "own")],
    "conflict:declare": [("EX", "P5 P6", "own")],
    "chair:vote": [("EX", "P5", "own")],
    "bids:read": [("EX", "P5 P6", "own"), ("RG", "P5 P6 P7", "reason")],
    "qualification:read": [("EX", "P5 P6", "own"), ("RG", "P5 P6 P7", "reason"), ("AO", "P3 P4", "own")],
    "bids:review": [("EX", "P5", "own")],
    "findings:read": [
        ("EX", "P5 P6", "own"),
        ("RG", "P3 P4 P5 P6", "reason"),
        ("RG", "P7 P9", "own"),
        ("AO AS", "P7", "own"),
    ],
    "finding:put": [("EX", "P5 P6", "own")],
    "finding:vote": [("EX", "P5 P6", "own")],
    "score:save": [("EX", "P5", "own")],
    "scores:lock": [("EX", "P5", "own")],
    "correction:request": [("EX", "P6", "own")],
    "sheet:reopen": [("EX", "P6", "own")],
    "report:sign": [("EX", "P6", "own")],
    "dissent:record": [("EX", "P6", "own")],
    "refusal:record": [("EX", "P6", "own")],
    "report:read": [("AO AS EX", "P6 P7", "own"), ("RG", "P6", "reason"), ("RG", "P7", "own")],
    "failure:read": [("AO AS EX RG", "P9", "own")],
    "reason:state": [("RG", PUBLISHED, "own")],
    "events:read": [(EVERYBODY, ALL, "any")],
    "evidence:request": [("AO", "P7 P9", "own")],
    "evidence:release": [("AS", "P7 P9", "own")],
    "evidence:export": [("RG AO AS", "P7 P9", "own"), ("RG", "P0", "own")],
}
OF_A_SITE = (Action.SEAT_CERTIFY, Action.SITE_CHANNEL, Action.STANDSTILL_WATCH, Action.FAULT_REPORT)
PARTIES = CaseOpened(Party("agency", "agency"), Party("centre", "centre"), Party("regulator", "regulator"))
OWN_ORGANISATION = {"AO": "agency", "AS": "agency", "TC": "centre", "RG": "regulator", "BD": "bidder"}


def _lot(phase: Phase) -> LotCase:
    submission = Submission("receipt", "bidder", "someone", SimpleNamespace(), NOW, "key")  # type: ignore[arg-type]
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
        credit_code="",
        sites=frozenset({"site"} if own and role is Role.SITE_WITNESS else {"elsewhere"}),
        keys=frozenset({"trustee-key"} if own and role is Role.TRUSTEE else {"other-key"}),
        reasons={"case" if stated else "other": 1},
        seat=("case/1#1" if own else "other/1#1") if role is Role.EXPERT else "",
    )


def _expected(action: str, role: Role, phase: Phase | None, own: bool, stated: bool) -> bool:
    return any(
        role in roles.split()
        and (phases == "-" or (phase is not None and phase.value in phases.split()))
        and {"any": True, "own": own, "reason": own and stated}[whose]
        for roles, phases, whose in GRANTED[action]
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
                expected = _expected(action, role, phase, own, stated) and _has_site(action, role, phase)
                if allowed(_actor(role, own, stated), action, case, LOT if case else "") != expected:
                    wrong.append((role.value, phase, own, stated, f"expected {expected}"))
    assert not wrong


def test_an_expert_has_its_own_page_away_from_the_booth() -> None:
    at_home = replace(_actor(Role.EXPERT, True), seat="")
    assert allowed(at_home, Action.EXPERT_OWN)
    others = [replace(at_home, roles=frozenset({role})) for role in set(Role) - {Role.EXPERT}]
    assert not any(allowed(other, Action.EXPERT_OWN) for other in others)


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
