"""A dissent outlives the results that it is about, and whoever wrote one is not sent away by the agency."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from evaluation.sitting import (
    BidsReviewed,
    ConflictDeclared,
    DissentRecorded,
    MemberIdentified,
    MemberReplaced,
    ReplacementGround,
    ReplacementOrdered,
    ReplacementProposed,
    ReportPrepared,
    ScoreSheetLocked,
    SheetReopened,
    Stage,
    StatementMade,
    SupersededDissent,
    recheck,
)
from tests.evaluation.sittings import REPORT, Sitting, findings, key_of, sheet
from tests.evaluation.test_corrections import abnormal, far_from_the_others
from tests.evaluation.test_ordered_replacements import ordered
from tests.evaluation.test_sitting_changes import refused

CHAIR = 3
TEXT = "the first candidate's track record is false"


def corrected(sitting: Sitting) -> None:
    """Seat 5 corrects the one score that the results mark, and everything is computed again."""
    sitting.act(abnormal(5), SheetReopened(CHAIR, 5), ScoreSheetLocked(5, sheet(5), {}))


def test_a_correction_of_another_sheet_leaves_the_dissent_on_record_as_one_about_earlier_results():
    sitting = far_from_the_others()
    sitting.act(DissentRecorded(4, TEXT), ReportPrepared(REPORT))
    corrected(sitting)
    state = sitting.state
    assert state.superseded_dissents == (SupersededDissent(4, "person-4", TEXT, 1),)
    assert (state.dissents, state.computations, state.dissenters) == ({}, 2, {4})
    assert 4 in state.waiting(state.settled)
    sitting.act(DissentRecorded(4, TEXT))
    assert (sitting.state.dissents, len(sitting.state.superseded_dissents)) == ({4: TEXT}, 1)
    assert recheck(sitting.events) == sitting.state


def test_a_dissenter_is_not_replaced_on_the_agencys_order_before_or_after_a_correction():
    sitting = far_from_the_others()
    proposed = ReplacementProposed(4, ReplacementGround.HEALTH, "taken to hospital")
    sitting.act(proposed, DissentRecorded(4, TEXT))
    for fact in (ordered(4), proposed):
        refusal = refused(sitting, fact)
        assert (refusal.code, refusal.facts) == ("replacement_of_dissenter", {"seat": 4})
    corrected(sitting)
    assert refused(sitting, ordered(4)).code == "replacement_of_dissenter"
    assert sitting.act(ordered(1))


def test_who_dissents_and_steps_back_leaves_the_dissent_and_the_successor_has_not_dissented():
    sitting = far_from_the_others()
    sitting.act(DissentRecorded(4, TEXT), ConflictDeclared(4, "my former employer bids"))
    sitting.act(MemberReplaced(4, "sub", "person-9"), MemberIdentified(4, key_of(9), "w"), StatementMade(4, True, ""))
    sitting.act(BidsReviewed(4, findings()), ScoreSheetLocked(4, sheet(4), {}))
    assert sitting.state.stage is Stage.RESULTS
    assert [(one.person, one.text) for one in sitting.state.superseded_dissents] == [("person-4", TEXT)]
    assert sitting.state.dissenters == frozenset()
    assert sitting.act(ordered(4))[-1].seat == 4


def dissented() -> Iterator[tuple[tuple[int, ...], Sitting]]:
    """Everybody who may dissent, in every order; whether the report is prepared after the first one."""
    for order in (order for count in range(5) for order in permutations((1, 3, 4, 5), count)):
        for prepared in (False, True)[: max(1, len(order))]:
            sitting = far_from_the_others()
            for number, seat in enumerate(order):
                if prepared and number == 1:
                    sitting.act(ReportPrepared(REPORT))
                sitting.act(DissentRecorded(seat, f"text {seat}"))
            yield order, sitting


def test_no_course_of_dissents_corrections_and_departures_loses_one():
    for order, said in dissented():
        for correction in (False, True):
            after = said.branch()
            if correction:
                corrected(after)
            for leaves in (None, *sorted({1, 4, 5}.difference(order))):
                sitting, course = after.branch(), (said.state.report_sha256, order, correction, leaves)
                if leaves:
                    sitting.act(ReplacementOrdered(leaves, ReplacementGround.ABSENCE, "left"))
                state, texts = sitting.state, [(seat, f"text {seat}") for seat in order]
                kept = [(one.seat, one.text) for one in state.superseded_dissents] + list(state.dissents.items())
                assert sorted(kept) == sorted(texts), course
                assert state.dissenters == set(order), course
                assert recheck(sitting.events) == state, course
