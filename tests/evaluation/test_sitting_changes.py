from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest

from evaluation.errors import RuleViolation
from evaluation.sitting import (
    TRANSITIONS,
    BidsReviewed,
    ChairElected,
    ChairVoted,
    ConflictDeclared,
    DissentRecorded,
    ElectedBy,
    MemberIdentified,
    MemberRecused,
    MemberReplaced,
    RefusalRecorded,
    ReportSealed,
    ReportSigned,
    ResultsComputed,
    ScoreSheetLocked,
    SittingClosed,
    SittingEvent,
    Stage,
    StatementMade,
    recheck,
    refusable_by,
    transition_table,
)
from tests.evaluation.sittings import (
    CONVENED,
    REPORT,
    Sitting,
    findings,
    key_of,
    sheet,
    with_rules,
)


def refused(sitting: Sitting, fact: SittingEvent) -> RuleViolation:
    before = len(sitting.events)
    with pytest.raises(RuleViolation) as refusal:
        sitting.act(fact)
    assert len(sitting.events) == before
    return refusal.value


def at(stage: Stage, convened=CONVENED) -> Sitting:
    return Sitting(convened).until(stage)


@pytest.mark.parametrize("stage", [Stage.CHAIR, Stage.REVIEW, Stage.SCORING, Stage.RESULTS, Stage.REPORT])
def test_a_late_conflict_voids_what_the_member_did_and_the_successor_evaluates_again(stage):
    sitting = at(stage)
    assert refused(sitting, ConflictDeclared(4, "")).code == "sitting_text_missing"
    sitting.act(ConflictDeclared(4, "my former employer bids"))
    assert sitting.state.stage is Stage.GATHERING
    assert 4 not in sitting.state.sheets.keys() | sitting.state.reviews.keys()
    assert sitting.state.result is None
    sitting.act(MemberReplaced(4, "sub", "person-9"), MemberIdentified(4, key_of(9), "w"), StatementMade(4, True, ""))
    if stage is Stage.CHAIR:
        assert sitting.state.stage is Stage.CHAIR
        return
    assert sitting.events[-1] == ChairElected(3, 1, None)
    kept = dict(sitting.state.sheets)
    sitting.act(*(BidsReviewed(n, findings()) for n in sitting.state.waiting(sitting.state.reviews)))
    assert sitting.state.sheets == kept
    sitting.act(*(ScoreSheetLocked(n, sheet(n), {}) for n in sitting.state.waiting(sitting.state.sheets)))
    assert sitting.state.stage is Stage.RESULTS
    assert recheck(sitting.events) == sitting.state


def test_when_the_chair_leaves_a_new_one_is_elected():
    sitting = at(Stage.SCORING)
    sitting.act(MemberRecused(3, "ill"), MemberReplaced(3, "sub", "person-9"), MemberIdentified(3, key_of(9), "w"))
    sitting.act(StatementMade(3, True, ""))
    assert (sitting.state.stage, sitting.state.chair) == (Stage.CHAIR, None)
    assert sitting.act(*(ChairVoted(n, 1, 1) for n in range(1, 6)))[-1] == ChairElected(1, 1, ElectedBy.VOTES)


def test_sheets_do_not_survive_a_review_that_finds_other_bids_valid():
    sitting = at(Stage.REVIEW, with_rules(least_valid_bids=2))
    for seat in (1, 2):
        sitting.act(BidsReviewed(seat, findings(("C", "formal"))))
    sitting.act(*(BidsReviewed(n, findings()) for n in (3, 4, 5)), ScoreSheetLocked(1, sheet(), {}))
    sitting.act(MemberRecused(4, "ill"), MemberReplaced(4, "sub", "person-9"), MemberIdentified(4, key_of(9), "w"))
    sitting.act(StatementMade(4, True, ""), BidsReviewed(4, findings(("C", "formal"))))
    assert (sitting.state.valid, sitting.state.sheets) == (("A", "B"), {})


def test_a_record_whose_outcomes_were_changed_is_found_out():
    events = at(Stage.CLOSED).events
    place = next(i for i, event in enumerate(events) if isinstance(event, ResultsComputed))
    first, *others = events[place].result.bids
    forged = ResultsComputed(replace(events[place].result, bids=(replace(first, total=D("99.99")), *others)))
    for record, position in (([*events[:place], forged, *events[place + 1 :]], place + 1), (events[:place], place + 1)):
        with pytest.raises(RuleViolation) as refusal:
            recheck(record)
        assert (refusal.value.code, refusal.value.facts["position"]) == ("sitting_record_differs", position)


def test_the_table_names_every_transition_and_every_stage_can_be_reached():
    table = transition_table()
    assert len(table.splitlines()) == len(TRANSITIONS) + 2
    assert {after for after in TRANSITIONS.values()} | {Stage.UNCONVENED} == set(Stage)


def test_when_the_chair_has_signed_and_left_whoever_has_signed_too_records_who_has_not():
    sitting = at(Stage.REPORT)
    sitting.act(ReportSigned(1, REPORT, key_of(1)))
    assert refused(sitting, RefusalRecorded(1, 2)).code == "sitting_not_by_chair"
    assert refusable_by(sitting.state, 1) == (3,)
    sitting.act(*(ReportSigned(n, REPORT, key_of(n)) for n in (3, 4)))
    assert refusable_by(sitting.state, 1) == refusable_by(sitting.state, 3) == (2, 5)
    assert refusable_by(sitting.state, 2) == ()
    assert refused(sitting, RefusalRecorded(2, 5)).code == "sitting_not_by_chair"
    sitting.act(RefusalRecorded(1, 2), RefusalRecorded(4, 5))
    assert sitting.act(ReportSealed("b" * 64, "d" * 64))[-1] == SittingClosed()
    assert recheck(sitting.events) == sitting.state


def test_who_is_only_recorded_as_refusing_records_nobody_and_who_dissented_does():
    sitting = at(Stage.REPORT)
    sitting.act(ReportSigned(3, REPORT, key_of(3)), RefusalRecorded(3, 2))
    assert refusable_by(sitting.state, 2) == ()
    assert refused(sitting, RefusalRecorded(2, 5)).code == "sitting_not_by_chair"
    sitting.act(DissentRecorded(4, "the sum is wrong"))
    assert refusable_by(sitting.state, 4) == (1, 5)
    sitting.act(RefusalRecorded(4, 5))
    assert sitting.state.refused == {2, 5}
