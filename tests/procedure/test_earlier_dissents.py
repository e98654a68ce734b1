"""Dissents from earlier results, with their times: whoever does not see that a sheet was reopened finds the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given

from app.procedure import signing
from app.procedure.signing import EarlierDissent, Signing, tally
from evaluation.sitting import (
    BidsReviewed,
    ConflictDeclared,
    CorrectionRequested,
    DissentRecorded,
    MemberIdentified,
    MemberReplaced,
    ReportPrepared,
    ResultsComputed,
    ScoreSheetLocked,
    SheetReopened,
    StatementMade,
)
from tests.choices import choices
from tests.evaluation.sittings import REPORT, Sitting, findings, key_of, sheet
from tests.evaluation.test_corrections import abnormal, far_from_the_others

START = datetime(2026, 1, 5, 1, tzinfo=UTC)
CHAIR = 3


def minute(number: int) -> datetime:
    return START + timedelta(minutes=number)


def followed(sitting: Sitting, *hidden: type) -> Signing:
    """What the events lead to, one a minute, without those of the hidden kinds."""
    state = Signing()
    for number, event in enumerate(sitting.events):
        if not isinstance(event, hidden):
            state = signing.apply(state, event, minute(number))
    return state


def position(sitting: Sitting, kind: type) -> int:
    return next(number for number, event in enumerate(sitting.events) if isinstance(event, kind))


def succeed(sitting: Sitting, seat: int) -> None:
    """Who sits there steps back, and a successor does all again."""
    sitting.act(ConflictDeclared(seat, "a relative"), MemberReplaced(seat, "sub", "person-9"))
    sitting.act(MemberIdentified(seat, key_of(seat, 2), "witness"), StatementMade(seat, True, ""))
    sitting.act(BidsReviewed(seat, findings()), ScoreSheetLocked(seat, sheet(seat), {}))


def test_it_says_when_it_was_written_about_which_results_and_when_its_author_left():
    sitting = far_from_the_others()
    sitting.act(DissentRecorded(4, "no"))
    said, results = position(sitting, DissentRecorded), position(sitting, ResultsComputed)
    succeed(sitting, 4)
    left = position(sitting, ConflictDeclared) + 1
    found = followed(sitting)
    assert found.earlier == (EarlierDissent(4, "no", minute(said), 1, minute(results), minute(left)),)
    assert (found.computations, found.own_earlier(4), tally(sitting.state).dissented) == (2, (), 0)


@given(choices(5))
def test_signing_and_sitting_agree_and_hidden_requests_and_reopenings_change_nothing(chosen):
    first, again = chosen.some((1, 3, 4, 5)), chosen.some((1, 2, 3, 4, 5))
    prepared, corrects, leaves = chosen.one((False, True)), chosen.one((False, True)), chosen.one((None, 4, 5))
    sitting = far_from_the_others()
    sitting.act(*(DissentRecorded(seat, f"first {seat}") for seat in first))
    if prepared:
        sitting.act(ReportPrepared(REPORT))
    if corrects:
        sitting.act(abnormal(5), SheetReopened(CHAIR, 5))
        assert followed(sitting).dissents == {}
        sitting.act(ScoreSheetLocked(5, sheet(5), {}))
        sitting.act(*(DissentRecorded(seat, f"again {seat}") for seat in again))
    if leaves:
        succeed(sitting, leaves)
    found, state = followed(sitting), sitting.state
    assert followed(sitting, SheetReopened, CorrectionRequested) == found
    assert {seat: one.text for seat, one in found.dissents.items()} == state.dissents
    kept = [(one.seat, one.text, one.computation) for one in found.earlier]
    assert kept == [(one.seat, one.text, one.computation) for one in state.superseded_dissents]
    assert found.computations == state.computations
    assert {seat for seat in state.seats if found.own_earlier(seat)} | state.dissents.keys() == state.dissenters
