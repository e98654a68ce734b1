"""Nobody is recorded as refusing by surprise: the waiting time before, and the same again until the seal."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.profiles import read_profile
from app.procedure import signing
from app.procedure.errors import RuleViolation
from evaluation.sitting import (
    DissentRecorded,
    RefusalRecorded,
    ReportPrepared,
    ReportSealed,
    ReportSigned,
    SittingResumed,
    SittingState,
)

PROFILE = read_profile("cn-goods")
AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
WAIT = timedelta(minutes=30)
PREPARED = signing.apply(signing.Signing(), ReportPrepared("a" * 64), AT)
SEAL = ReportSealed("b" * 64, "d" * 64)


def code(state, fact, now, sitting=SittingState(), profile=PROFILE):
    try:
        signing.check(state, sitting, fact, now, profile)
    except RuleViolation as exc:
        return exc.code
    return ""


@given(st.timedeltas(timedelta(0), timedelta(hours=3)))
def test_a_refusal_is_recorded_only_after_the_waiting_time_and_the_seal_waits_as_long_again(passed):
    assert code(PREPARED, RefusalRecorded(3, 2), AT + passed) == ("refusal_not_due" if passed < WAIT else "")
    refused = signing.apply(PREPARED, RefusalRecorded(3, 2), AT + WAIT)
    assert code(refused, SEAL, AT + WAIT + passed) == ("seal_not_due" if passed < WAIT else "")


@pytest.mark.parametrize("fact", [ReportSigned(2, "a" * 64, "c" * 64), DissentRecorded(2, "too high")])
def test_what_the_member_says_itself_replaces_the_refusal_and_nothing_is_waited_for(fact):
    state = signing.apply(signing.apply(PREPARED, RefusalRecorded(3, 2), AT + WAIT), fact, AT + WAIT)
    assert not state.refusals
    assert code(state, SEAL, AT + WAIT) == ""


def test_the_waiting_time_begins_anew_when_a_sitting_goes_on():
    later = signing.apply(PREPARED, SittingResumed(""), AT + WAIT)
    assert code(later, RefusalRecorded(3, 2), AT + WAIT) == "refusal_not_due"
    assert signing.apply(signing.Signing(), SittingResumed(""), AT) == signing.Signing()


def test_where_somebody_did_not_sign_the_seal_needs_its_statement_unless_the_rule_book_is_older():
    dissent = SittingState(dissents={2: "too high"})
    assert code(PREPARED, ReportSealed("b" * 64), AT, dissent) == "statement_missing"
    assert code(PREPARED, SEAL, AT, dissent) == ""
    older = replace(PROFILE, refusal_after=None)
    assert code(PREPARED, ReportSealed("b" * 64), AT, dissent, older) == ""
    assert code(PREPARED, RefusalRecorded(3, 2), AT, profile=older) == ""
