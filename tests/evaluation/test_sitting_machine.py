"""A sitting under arbitrary acts of anybody: whatever is proposed, what is accepted keeps the promises."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal as D
from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from evaluation.errors import RuleViolation
from evaluation.scoring import ScorePlace
from evaluation.sitting import (
    AFTER_LAST_LOCK,
    FINAL,
    TRANSITIONS,
    BoothChanged,
    ChairVoted,
    CheckInGround,
    CheckInRefused,
    ClarificationLapsed,
    ClarificationSent,
    ClarificationVoted,
    CompetitionVoted,
    ConflictDeclared,
    CorrectionGround,
    CorrectionRefused,
    CorrectionRequested,
    CorrectionWithdrawn,
    DissentRecorded,
    FaultRepaired,
    FaultReported,
    MemberIdentified,
    MemberRecused,
    MemberReplaced,
    MoreTimeAsked,
    RefusalRecorded,
    ReplacementGround,
    ReplacementOrdered,
    ReportPrepared,
    ReportSealed,
    ReportSigned,
    RollbackGround,
    RollbackProposed,
    RollbackReleased,
    RollbackTarget,
    ScoreSheetLocked,
    SheetReopened,
    Stage,
    StatementMade,
    TimeExtended,
    decide,
    progress,
    recheck,
    visible_scores,
)
from tests.evaluation import questions
from tests.evaluation.branded import Branded, reviewed
from tests.evaluation.chairs import Chairs
from tests.evaluation.decided import Decided
from tests.evaluation.sittings import (
    BRANDED,
    BRANDED_PRICES,
    COMPETING,
    CONVENED,
    CORRECTED,
    MARKED,
    NAMING,
    REPORT,
    UNMARKED,
    Sitting,
    findings,
    key_of,
    sheet,
)
from tests.examples import at_least

seats = st.integers(1, 5)
STAGES = [stage for stage in Stage if stage not in FINAL | {Stage.UNCONVENED}]
WALKED = [CONVENED, UNMARKED, MARKED, COMPETING, CORRECTED, NAMING, BRANDED, BRANDED_PRICES]
FAILED_PAIRS = [(), (("C", "formal"),), (("A", "responsive"), ("C", "formal"))]


def replaced(state):
    """A sitting but for the keys of its booths."""
    return replace(state, keys={}, used_keys=frozenset(), moves={}, turned_away={})


class SittingMachine(Branded, Chairs, Decided, RuleBasedStateMachine):
    """Members, witness and office act in any order; a refusal must change nothing."""

    @initialize(stage=st.sampled_from(STAGES), convened=st.sampled_from(WALKED))
    def begin(self, stage, convened):
        unscored = stage is Stage.SCORING and convened.rules.evaluation.in_money
        convened = COMPETING if stage is Stage.COMPETITION else convened
        self.sitting = Sitting(convened).until(Stage.RESULTS if unscored else stage)
        self.turn = 0

    @property
    def state(self):
        return self.sitting.state

    def propose(self, fact):
        before = self.state
        with suppress(RuleViolation):
            self.sitting.act(fact)
            return
        assert self.state is before

    def everybody(self, act):
        for seat in self.sitting.numbers:
            self.propose(act(seat))

    @rule(seat=seats)
    def identify(self, seat):
        self.turn += 1
        self.propose(MemberIdentified(seat, key_of(seat, self.turn), "witness"))

    @precondition(lambda self: self.state.stage is Stage.GATHERING and not self.state.empty)
    @rule()
    def identify_all(self):
        self.turn += 1
        self.everybody(lambda seat: MemberIdentified(seat, key_of(seat, self.turn), "witness"))

    @precondition(lambda self: self.state.empty)
    @rule(seat=seats, site=st.sampled_from(["host", "sub"]))
    def replace(self, seat, site):
        self.turn += 1
        self.propose(MemberReplaced(seat, site, f"successor-{self.turn}"))

    @precondition(lambda self: self.state.stage is Stage.STATEMENTS)
    @rule(seat=seats, no_conflict=st.integers(0, 9).map(bool))
    def declare(self, seat, no_conflict):
        self.propose(StatementMade(seat, no_conflict, "" if no_conflict else "a relative"))

    @precondition(lambda self: self.state.stage is Stage.STATEMENTS)
    @rule()
    def declare_all(self):
        self.everybody(lambda seat: StatementMade(seat, True, ""))

    @rule(seat=seats, chosen=seats)
    def vote(self, seat, chosen):
        self.propose(ChairVoted(seat, chosen, self.state.chair_round))

    @precondition(lambda self: self.state.stage is Stage.CHAIR)
    @rule(chosen=st.sampled_from([1, 3, 4, 5]))
    def vote_all(self, chosen):
        self.everybody(lambda seat: ChairVoted(seat, chosen, self.state.chair_round))

    @rule(seat=seats, failed=st.sampled_from(FAILED_PAIRS), rng=st.integers(0, 9999).map(Random))
    def review(self, seat, failed, rng):
        self.propose(reviewed(self.state, seat, findings(*failed), rng))

    @precondition(lambda self: self.state.stage is Stage.REVIEW)
    @rule(rng=st.integers(0, 9999).map(Random))
    def review_all(self, rng):
        self.everybody(lambda seat: reviewed(self.state, seat, findings(), rng))

    @rule(seat=seats, lacking=st.booleans(), reason=st.sampled_from(["two alike", ""]), of=st.sampled_from(["AB", "B"]))
    def doubt(self, seat, lacking, reason, of):
        self.propose(CompetitionVoted(seat, tuple(of), lacking, reason))

    @precondition(lambda self: self.state.stage is Stage.COMPETITION)
    @rule(lacking=st.integers(0, 5))
    def doubt_all(self, lacking):
        self.everybody(lambda seat: CompetitionVoted(seat, self.state.valid, seat <= lacking, "two alike"))

    @rule(seat=seats, record=st.sampled_from(["6", "6", "4", "5", "0"]))
    def lock(self, seat, record):
        cells = sheet(seat, self.state.valid or "ABC")
        if "B" in cells:
            cells["B"]["record"] = D(record)
        self.propose(ScoreSheetLocked(seat, cells, {}))

    @precondition(lambda self: self.state.stage is Stage.SCORING)
    @rule()
    def lock_all(self):
        self.everybody(lambda seat: ScoreSheetLocked(seat, sheet(seat, self.state.valid), {}))

    @rule(seat=seats, ground=st.sampled_from(CorrectionGround), answer=st.integers(0, 3), other=seats)
    def correct(self, seat, ground, answer, other):
        self.propose(CorrectionRequested(seat, ground, "overlooked", (ScorePlace("B", "record"),)))
        if answer:
            self.answer(seat, answer, other)

    @rule(seat=seats, answer=st.integers(1, 3), other=seats)
    def answer(self, seat, answer, other):
        facts = SheetReopened(other, seat), CorrectionRefused(other, seat, "as it should be"), CorrectionWithdrawn(seat)
        self.propose(facts[answer - 1])

    @precondition(lambda self: (self.state.stage, ClarificationLapsed) in TRANSITIONS)
    @rule(seat=seats, rng=st.integers(0, 9999).map(Random))
    def ask(self, seat, rng):
        self.propose(questions.anything(self.state, seat, rng))

    @precondition(lambda self: self.state.stage in {Stage.RESULTS, Stage.REPORT} and self.state.rules.arithmetic)
    @rule(
        seat=seats,
        bid=st.sampled_from("ABC"),
        price=st.sampled_from(["1500000", "1574022", "1580000", "1590000"]),
        answer=st.sampled_from(["yes", "yes", "no", "late", "awaited"]),
    )
    def correct_a_price(self, seat, bid, price, answer):
        id = f"c-{len(self.state.clarifications)}"
        self.propose(questions.correct(seat, id, bid, price))
        self.everybody(lambda number: ClarificationVoted(number, id, True))
        self.propose(ClarificationSent(self.state.chair or seat, id, 600))
        facts = {"yes": questions.confirm(id, bid), "no": questions.confirm(id, bid, False)}
        if answer != "awaited":
            self.propose(facts.get(answer, ClarificationLapsed(id)))

    @rule(
        seat=seats, other=seats, to=st.sampled_from(RollbackTarget), ground=st.sampled_from(RollbackGround), own=seats
    )
    def roll_back(self, seat, other, to, ground, own):
        self.propose(RollbackProposed(own, to, ground, "overlooked"))
        before = self.state
        self.propose(RollbackReleased(other, seat, to, ground, "overlooked"))
        if self.state is not before:
            assert other != seat == own
            assert to is RollbackTarget.CHAIR or before.chair in {seat, other}
            assert not self.state.reviews
            assert before.seen.items() <= self.state.seen.items()

    @rule(seat=seats, minutes=st.sampled_from([0, 0, 30]))
    def ask_for_time(self, seat, minutes):
        before = self.state
        self.propose(TimeExtended(minutes, "until evening") if minutes else MoreTimeAsked(seat))
        assert before.more_time_due or self.state.extended_minutes == before.extended_minutes
        assert self.state.more_time_due <= (before.more_time_due or 3 * len(self.state.short_of_time) > 5)

    @rule(prepared=st.sampled_from([REPORT, "c" * 64]))
    def prepare(self, prepared):
        self.propose(ReportPrepared(prepared))

    @rule(seat=seats, other=seats)
    def sign_or_not(self, seat, other):
        self.propose(ReportSigned(seat, REPORT, key_of(seat)))
        self.propose(RefusalRecorded(other, seat))

    @rule(seat=seats)
    def dissent(self, seat):
        self.propose(DissentRecorded(seat, "too high"))

    @precondition(lambda self: self.state.stage in {Stage.REPORT, Stage.SIGNING})
    @rule()
    def sign_all(self):
        self.everybody(lambda seat: ReportSigned(seat, self.state.report_sha256, key_of(seat)))

    @rule()
    def seal(self):
        self.propose(ReportSealed("b" * 64))

    @precondition(lambda self: len(self.state.persons) < 7)
    @rule(seat=seats, own=st.booleans())
    def leave(self, seat, own):
        self.propose(ConflictDeclared(seat, "late") if own else MemberRecused(seat, "ill"))

    @precondition(lambda self: len(self.state.persons) < 7)
    @rule(seat=seats)
    def send_away(self, seat):
        dissenters, empty = self.state.dissenters, self.state.empty
        self.propose(ReplacementOrdered(seat, ReplacementGround.ABSENCE, "left"))
        assert not (self.state.empty - empty) & dissenters

    @rule()
    def interrupt(self):
        before = self.state
        self.propose(FaultReported("sub", "line down"))
        if self.state.suspended:
            self.propose(ReportPrepared(REPORT))
            self.propose(FaultRepaired("line back"))
        assert self.state == before

    @rule(seat=seats, replaces=st.none() | seats)
    def change_booth(self, seat, replaces):
        self.turn += 1
        before, old = self.state, self.state.keys.get(replaces or seat, key_of(99))
        self.propose(BoothChanged(seat, key_of(seat, self.turn), old, "witness", "broken"))
        if self.state is not before:
            assert replaced(self.state) == replaced(before)

    @rule(seat=seats, key=st.integers(1, 40))
    def turn_away(self, seat, key):
        before = self.state
        refused = CheckInRefused(seat, key_of(seat, key), "witness", CheckInGround.DECLINED, "keeps the phone")
        self.propose(refused)
        assert (self.state.keys, self.state.stage) == (before.keys, before.stage)

    @rule(seat=seats, actor=st.none() | st.integers(0, 6))
    def impersonate(self, seat, actor):
        for fact in (ScoreSheetLocked(seat, sheet(), {}), ReportSigned(seat, REPORT, key_of(seat))):
            if actor != seat:
                with pytest.raises(RuleViolation, match=r"sitting_not_own_seat|sitting_out_of_order"):
                    decide(self.state, fact, actor)

    @invariant()
    def scores_are_secret_until_the_last_lock(self):
        locked, of = progress(self.state)
        if self.state.stage not in AFTER_LAST_LOCK:
            assert self.state.result is None
            for viewer in (None, *range(1, 6)):
                assert visible_scores(self.state, viewer).keys() <= {viewer}
        else:
            assert locked == (of if self.state.rules.evaluation.criteria.scored else 0)

    @invariant()
    def scores_that_were_shown_change_on_a_ground_alone(self):
        """Whatever is held again: what results have shown stands, but where a correction was permitted."""
        permitted = {
            (asked.seat, at.bid, at.criterion)
            for asked in self.sitting.events
            if isinstance(asked, CorrectionRequested)
            for at in asked.places
        }
        for seat, cells in self.state.sheets.items() if self.state.rollbacks else ():
            for bid, row in self.state.seen.get(seat, {}).items():
                for criterion, score in row.items():
                    now = cells.get(bid, row)[criterion]
                    assert now == score or (seat, bid, criterion) in permitted

    @invariant()
    def a_refusal_stands_only_against_who_has_said_nothing(self):
        state = self.state
        assert not state.refused & (state.signed.keys() | state.dissents.keys())
        assert state.reported <= state.dissents.keys()

    @invariant()
    def no_dissent_is_lost(self):
        kept = [(one.seat, one.text) for one in self.state.superseded_dissents] + list(self.state.dissents.items())
        said = [(e.seat, e.text) for e in self.sitting.events if isinstance(e, DissentRecorded)]
        assert sorted(kept) == sorted(said)

    @invariant()
    def what_is_being_signed_has_no_request_unanswered(self):
        state = self.state
        assert not state.requests or state.stage in {Stage.SCORING, Stage.RESULTS, Stage.REPORT}
        assert not (state.requests and (state.signed or state.refused))

    @invariant()
    def results_wait_for_every_answer(self):
        assert self.state.result is None or all(one.after_locks for one in self.state.clarifications_awaited)

    @invariant()
    def nobody_without_identity_has_said_anything(self):
        spoken = {*self.state.statements, *self.state.reviews, *self.state.sheets, *self.state.signed}
        assert not spoken & self.state.empty
        if self.state.stage is not Stage.GATHERING:
            assert self.state.keys.keys() == self.state.seats.keys()
            assert len(set(self.state.keys.values())) == len(self.state.keys)
        assert set(self.state.keys.values()) <= self.state.used_keys

    @invariant()
    def a_closed_sitting_is_settled_by_everybody(self):
        if self.state.stage is Stage.CLOSED:
            assert self.state.settled == self.state.seats.keys()
            assert self.state.result.unequal == ()
        if self.state.signed:
            assert self.state.report_sha256

    @invariant()
    def the_stage_is_one_of_the_table(self):
        assert self.state.stage in set(TRANSITIONS.values())

    def teardown(self):
        if hasattr(self, "sitting"):
            assert recheck(self.sitting.events) == self.state


TestSittingMachine = SittingMachine.TestCase
TestSittingMachine.settings = settings(at_least(40), stateful_step_count=40)
