"""A rehearsal's rules: nothing before its time, one share each, an end by itself, a plain result."""

import os
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D

import pytest

from app.procedure.errors import RuleViolation
from app.procedure.rehearsal import (
    KIND,
    RehearsalEnded,
    RehearsalOpened,
    RehearsalReleased,
    RehearsalShareSigned,
    SampleBid,
    SampleBidOpened,
    apply,
    check_times,
    decide,
    findings,
    rehearsal_statement,
)
from crypto.committee import Member, identity, run_ceremony
from tests.procedure.tenders import AT, DAY

MINUTE = timedelta(minutes=1)
COMMITTEE = run_ceremony([Member(i, f"单位{i}", f"{i:064x}") for i in (1, 2, 3)], 2, os.urandom)[0]
BIDS = tuple(SampleBid(name, "age1pq1", "", "") for name in ("一", "二"))
OPENED = RehearsalOpened("centre", COMMITTEE.describe(), AT + DAY, AT + DAY + 30 * MINUTE, BIDS)
DUE = OPENED.due_at


def act(state, fact, at=DUE):
    for accepted in decide(state, fact, at):
        state = apply(state, accepted, at)
    return state


def code(state, fact, at=DUE):
    with pytest.raises(RuleViolation) as violation:
        decide(state, fact, at)
    return violation.value.code


@pytest.fixture
def waiting():
    return act(None, OPENED, AT)


@pytest.fixture
def released(waiting):
    state = act(act(waiting, RehearsalShareSigned(1, "aa")), RehearsalShareSigned(3, "bb"), DUE + 5 * MINUTE)
    return act(state, RehearsalReleased("ff", (1, 3)), DUE + 5 * MINUTE)


def test_its_identity_is_that_of_no_lot():
    statement = rehearsal_statement("o", "c")
    assert identity(KIND, statement) != identity("open", statement)


def test_a_share_has_its_time(waiting):
    share = RehearsalShareSigned(1, "aa")
    assert code(waiting, share, DUE - timedelta(milliseconds=1)) == "rehearsal_not_due"
    assert code(waiting, share, OPENED.ends_at) == "rehearsal_over"
    assert code(act(waiting, share), share) == "share_repeated"
    assert code(None, share) == "rehearsal_unknown"


def test_bids_open_once_and_after_the_release(waiting, released):
    bid = SampleBidOpened("一", D(1), "")
    assert code(waiting, bid) == "not_released"
    assert code(act(released, bid), bid) == "bid_already_opened"
    assert code(released, RehearsalReleased("ff", (1, 3))) == "already_released"


def test_it_ends_when_nothing_is_awaited_or_the_time_is_up(released):
    state = act(act(released, SampleBidOpened("一", D(1), "")), SampleBidOpened("二", D(2), ""), DUE + 6 * MINUTE)
    assert code(state, RehearsalEnded(), DUE + 6 * MINUTE) == "rehearsal_not_over"
    early = act(state, RehearsalShareSigned(2, "cc"), DUE + 7 * MINUTE)
    assert act(early, RehearsalEnded(), DUE + 7 * MINUTE).ended_at
    ended = act(state, RehearsalEnded(), OPENED.ends_at)
    assert code(ended, RehearsalShareSigned(2, "cc"), OPENED.ends_at) == "rehearsal_over"
    found = findings(ended)
    assert (found.missing, found.released_after, found.opened_after, found.passed) == (("单位2",), 300.0, 360.0, True)


def test_what_did_not_open_or_never_could_is_no_pass(waiting, released):
    assert not findings(waiting).passed
    assert findings(waiting).missing == ("单位1", "单位2", "单位3")
    state = act(act(released, SampleBidOpened("一", None, "capsule_other_key")), SampleBidOpened("二", D(2), ""))
    assert findings(state).failed == ("一",)
    assert not findings(state).passed


@pytest.mark.parametrize(
    ("due", "lasts"),
    [(AT + 31 * DAY, MINUTE), (AT, timedelta(0)), (AT, 25 * timedelta(hours=1)), (AT - DAY, MINUTE)],
    ids=["too far", "no time", "too long", "over already"],
)
def test_impossible_times_are_refused(due, lasts):
    with pytest.raises(RuleViolation, match="rehearsal_time_wrong"):
        check_times(due, lasts, AT)
    with pytest.raises(RuleViolation, match="rehearsal_time_wrong"):
        decide(None, replace(OPENED, due_at=due, ends_at=due + lasts), AT)
