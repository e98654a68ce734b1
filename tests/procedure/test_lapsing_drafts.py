"""Sittings with their clock: drafts that die or lapse, the time of a fault beneath an order, whose fault it is."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.profiles import read_profile
from app.procedure.errors import RuleViolation
from app.procedure.roles import Actor, Role
from app.procedure.standstill import DropCause, Standstill, apply, check, check_site, fault_ends_at
from evaluation.sitting import (
    TRANSITIONS,
    BidsReviewed,
    ConflictDeclared,
    Disposition,
    FaultRepaired,
    FaultReported,
    MemberIdentified,
    MemberReplaced,
    RecessCalled,
    RecessEnded,
    ReplacementGround,
    ReplacementOrdered,
    ReplacementProposed,
    ReportSealed,
    ReportSigned,
    SittingDecided,
    SittingDecisionProposed,
    SittingOrdered,
    SittingOrderProposed,
    Stage,
    SuspensionGround,
)
from tests.choices import choices
from tests.evaluation.sittings import REPORT, Sitting, findings, key_of
from tests.procedure.tenders import AT

WORKS = read_profile("cn-works")
ABSENT = (4, ReplacementGround.ABSENCE, "has left the room")


@dataclass
class Watched:
    """A sitting with its clock, in which every fact is checked as the case checks it."""

    sitting: Sitting
    standstill: Standstill = field(default_factory=Standstill)
    now: datetime = AT

    def act(self, fact, by="someone"):
        check(self.standstill, self.sitting.state, fact, by, self.now, WORKS)
        for event in self.sitting.act(fact):
            self.standstill = apply(self.standstill, event, by, self.now)
        return self

    def by_two(self, proposes, releases, *words):
        return self.act(proposes(*words), "first").act(releases(*words), "second")

    def order(self, step, note="a complaint is examined"):
        return self.by_two(SittingOrderProposed, SittingOrdered, step, note)

    def after(self, **passed):
        self.now += timedelta(**passed)
        return self

    def refuses(self, fact, by="second"):
        with pytest.raises(RuleViolation) as refusal:
            self.act(fact, by)
        return refusal.value

    @property
    def ends_at(self):
        return fault_ends_at(self.standstill, self.sitting.state, WORKS)


def watched(stage):
    return Watched(Sitting().until(stage))


PAIRS = [
    (SittingOrderProposed(Disposition.SUSPEND, "x"), SittingOrdered(Disposition.SUSPEND, "x")),
    (ReplacementProposed(*ABSENT), ReplacementOrdered(*ABSENT)),
]


@given(seconds=st.integers(0, 1800), pair=st.sampled_from(PAIRS))
def test_a_draft_waits_as_long_as_the_profile_says_and_then_is_drafted_again(seconds, pair):
    draft, release = pair
    case = watched(Stage.SCORING).act(draft, "first").after(seconds=seconds)
    if seconds < 900:
        case.act(release, "second")
        return
    refusal = case.refuses(release)
    assert (refusal.code, refusal.facts["proposed_at"]) == ("proposal_lapsed", AT)
    assert refusal.facts["until"] == AT + timedelta(minutes=15)
    case.act(draft, "first").act(release, "second")


def test_where_the_profile_knows_no_period_a_draft_does_not_lapse():
    case = watched(Stage.SCORING).act(ReplacementProposed(*ABSENT), "first").after(days=9)
    before = replace(WORKS, approval_valid=None)
    check(case.standstill, case.sitting.state, ReplacementOrdered(*ABSENT), "second", case.now, before)


def test_a_decision_on_a_fault_lapses_too():
    case = watched(Stage.SCORING).act(FaultReported("sub", "line down")).after(hours=5)
    give_up = (Disposition.ABANDON, "not repaired")
    case.act(SittingDecisionProposed(*give_up), "first").after(minutes=15)
    assert case.refuses(SittingDecided(*give_up)).code == "proposal_lapsed"
    case.by_two(SittingDecisionProposed, SittingDecided, *give_up)
    assert case.sitting.state.stage is Stage.ABANDONED


LATE = [stage for stage in Stage if {(stage, ReplacementProposed), (stage, ConflictDeclared)} <= TRANSITIONS.keys()]


@pytest.mark.parametrize(("stage", "leaver", "seated"), list(product(LATE, (4, 5), (False, True))))
def test_the_draft_of_a_replacement_is_never_about_who_comes_after(stage, leaver, seated):
    case = watched(stage).act(ReplacementProposed(*ABSENT), "first")
    case.act(ConflictDeclared(leaver, "my former employer bids"))
    if seated:
        case.act(MemberReplaced(leaver, "sub", "person-9")).act(MemberIdentified(leaver, key_of(9), "w"))
    if leaver == 4:
        assert case.standstill.waiting == {}
        assert case.refuses(ReplacementOrdered(*ABSENT)).code == "standstill_not_proposed"
        return
    case.act(ReplacementOrdered(*ABSENT), "second")  # that another member left is none of its business
    assert 4 in case.sitting.state.empty


def test_the_draft_of_a_replacement_dies_when_the_signing_begins_and_every_draft_at_the_end():
    case = watched(Stage.REPORT).act(ReplacementProposed(*ABSENT), "first")
    case.act(SittingOrderProposed(Disposition.SUSPEND, "x"), "first").act(ReportSigned(1, REPORT, key_of(1)))
    assert case.standstill.waiting.keys() == {SittingOrdered}
    for number in range(2, 6):
        case.act(ReportSigned(number, REPORT, key_of(number)))
    case.act(ReportSealed("b" * 64))
    assert (case.sitting.state.stage, case.standstill) == (Stage.CLOSED, Standstill())
    failing = watched(Stage.REVIEW)
    failing.act(SittingOrderProposed(Disposition.SUSPEND, "x"), "first").act(ReplacementProposed(*ABSENT), "first")
    for number in range(1, 6):
        failing.act(BidsReviewed(number, findings(("C", "formal"))))
    assert (failing.sitting.state.stage, failing.standstill) == (Stage.FAILED, Standstill())


SUSPEND = (Disposition.SUSPEND, "a complaint is examined")
MEANWHILE = {
    "recess": RecessCalled(3, "lunch"),
    "recess over": RecessEnded(3),
    "fault": FaultReported("sub", "line down"),
    "repair": FaultRepaired("back"),
}


@pytest.mark.parametrize("drafted", range(4))
def test_the_draft_to_suspend_is_not_about_the_standstill_and_lives_through_all_of_them(drafted):
    """A chair with a recess, or one witness with a fault, cannot keep two inspectors from suspending."""
    for course in permutations(MEANWHILE):
        case = watched(Stage.SCORING)
        for place, step in enumerate(course):
            if place == drafted:
                case.act(SittingOrderProposed(*SUSPEND), "first")
            with suppress(RuleViolation):
                case.act(MEANWHILE[step])
        assert case.refuses(SittingOrdered(*SUSPEND), "first").code == "second_person_needed", course
        case.act(SittingOrdered(*SUSPEND), "second")
        assert case.sitting.state.suspended.ground is SuspensionGround.ORDER, course
        assert (case.standstill.waiting, case.standstill.dropped) == ({}, {}), course


def test_a_draft_to_suspend_dies_of_its_order_of_its_time_and_of_the_end():
    case = watched(Stage.SCORING).act(SittingOrderProposed(*SUSPEND), "first").act(RecessCalled(3, "lunch"))
    case.after(minutes=15).act(RecessEnded(3))
    assert case.refuses(SittingOrdered(*SUSPEND)).code == "proposal_lapsed"
    case.order(*SUSPEND)
    assert case.standstill.waiting == {}
    case.act(SittingOrderProposed(Disposition.RESUME, "unfounded"), "first")
    case.act(SittingOrdered(Disposition.RESUME, "unfounded"), "second")
    assert case.refuses(SittingOrdered(*SUSPEND)).code == "standstill_not_proposed"


def test_what_died_of_something_else_than_its_time_is_kept_with_why_until_it_is_drafted_again():
    give_up = (Disposition.ABANDON, "not repaired")
    case = watched(Stage.SCORING).act(FaultReported("sub", "line down")).after(hours=5)
    case.act(SittingDecisionProposed(*give_up), "first").order(*SUSPEND).order(Disposition.RESUME)
    gone = case.standstill.dropped[SittingDecided]
    assert (gone.waiting.fact.note, gone.cause, gone.at) == ("not repaired", DropCause.STANDSTILL, case.now)
    case.act(SittingDecisionProposed(*give_up), "first")
    assert case.standstill.dropped == {}
    left = watched(Stage.SCORING).act(ReplacementProposed(*ABSENT), "first")
    left.act(ConflictDeclared(4, "my former employer bids"))
    assert left.standstill.dropped[ReplacementOrdered].cause is DropCause.MEMBER_LEFT
    signed = watched(Stage.REPORT).act(ReplacementProposed(*ABSENT), "first").act(ReportSigned(1, REPORT, key_of(1)))
    assert signed.standstill.dropped[ReplacementOrdered].cause is DropCause.SIGNING
    case.act(SittingDecided(*give_up), "second")
    assert case.standstill == Standstill()


@given(choices(6))
def test_an_order_neither_stops_nor_restarts_the_time_of_a_fault(chosen):
    reported, lasts = chosen.one(range(5 * 3600 + 1)), chosen.one(range(5 * 3600 + 1))
    stage, in_recess = chosen.one((Stage.GATHERING, Stage.SCORING)), chosen.one((False, True))
    case, limit = watched(stage), AT + timedelta(hours=2 if stage is Stage.GATHERING else 4)
    if in_recess and case.sitting.state.chair:
        case.act(RecessCalled(3, "lunch"))
    case.act(FaultReported("sub", "line down")).after(seconds=reported)
    case.order(Disposition.SUSPEND).after(seconds=lasts).order(Disposition.RESUME)
    assert case.sitting.state.suspended.ground is SuspensionGround.FAULT
    assert (case.standstill.since, case.ends_at) == (AT, limit)
    if case.now < limit:
        case.act(FaultRepaired("works again"))
        assert (case.standstill.fault_since, case.ends_at) == (None, None)
        return
    assert case.refuses(FaultRepaired("works again")).code == "fault_overdue"
    case.by_two(SittingDecisionProposed, SittingDecided, Disposition.ABANDON, "not repaired in time")
    assert case.sitting.state.stage is Stage.ABANDONED


@given(seconds=st.integers(0, 5 * 3600))
def test_beneath_an_order_a_fault_is_repaired_within_its_time_and_not_after_it(seconds):
    case = watched(Stage.SCORING).act(FaultReported("sub", "line down")).order(Disposition.SUSPEND)
    case.after(seconds=seconds)
    if seconds >= 4 * 3600:
        assert case.refuses(FaultRepaired("works again")).code == "fault_overdue"
        return
    case.act(FaultRepaired("works again"))
    assert (case.sitting.state.fault, case.ends_at) == (None, None)
    case.order(Disposition.RESUME)
    assert case.sitting.state.suspended is None


def test_the_next_fault_has_a_time_of_its_own():
    case = watched(Stage.SCORING).act(RecessCalled(3, "lunch")).act(FaultReported("sub", "line down"))
    case.after(hours=1).act(FaultRepaired("back")).act(RecessEnded(3)).after(hours=1)
    case.act(FaultReported("sub", "line down again"))
    assert case.ends_at == AT + timedelta(hours=6)
    early = watched(Stage.GATHERING).act(FaultReported("sub", "line down")).after(hours=3)
    early.by_two(SittingDecisionProposed, SittingDecided, Disposition.RESUME, "we wait")
    early.act(FaultReported("sub", "line down again"))
    assert early.ends_at == AT + timedelta(hours=5)


def someone(*roles, sites=()):
    return Actor("someone", "", frozenset(roles), "", "", "", frozenset(sites))


@pytest.mark.parametrize("site", ["host", "sub", ""])
@pytest.mark.parametrize("mine", [(), ("host",), ("sub",), ("host", "sub")], ids="+".join)
@pytest.mark.parametrize("beneath", [False, True])
def test_a_witness_reports_and_repairs_faults_of_its_own_sites_and_the_centre_any(site, mine, beneath):
    running, stopped = watched(Stage.SCORING), watched(Stage.SCORING).act(FaultReported(site, "line down"))
    if beneath:
        stopped.order(Disposition.SUSPEND)
    witness = someone(Role.SITE_WITNESS, sites=mine)
    for case, fact in ((running, FaultReported(site, "x")), (stopped, FaultRepaired("x"))):
        check_site(case.sitting.state, fact, someone(Role.CENTRE_OPERATOR))
        if site in mine:
            check_site(case.sitting.state, fact, witness)
            continue
        with pytest.raises(RuleViolation, match="standstill_site_other"):
            check_site(case.sitting.state, fact, witness)
