"""Call-ups in their lawful order: who is reached, answers, is passed over, or called from the reserve."""

from __future__ import annotations

import pytest

from evaluation.draw import (
    CallAttempted,
    CallUpAnswered,
    CallUpExpired,
    CallUpSent,
    CandidateDismissed,
    Channel,
    Outcome,
    ReserveCalled,
    SeatState,
    missing,
    replay,
)
from tests.evaluation.drawing import CONDITIONS, Draw, refused

HOST, _SUB = (stratum.name for stratum in CONDITIONS.strata)


@pytest.fixture
def drawn() -> Draw:
    draw = Draw().approved()
    draw.round()
    return draw


def attempt(candidate: str, outcome: Outcome) -> CallAttempted:
    return CallAttempted(1, candidate, Channel.TEXT, outcome)


def test_call_ups_go_in_order_and_a_refusal_has_a_reason(drawn):
    one, two = drawn.state.rounds[0].result.selected[HOST]
    assert refused(drawn, CallUpSent(1, "stranger")).code == "call_up_not_drawn"
    assert refused(drawn, CallUpAnswered(1, one, True, "")).code == "call_up_out_of_order"
    drawn.act(CallUpSent(1, one), CallUpSent(1, two))
    assert refused(drawn, CallUpSent(1, one)).code == "call_up_out_of_order"
    assert refused(drawn, CallUpAnswered(1, one, False, "  ")).code == "call_up_reason_missing"
    assert refused(drawn, CallUpAnswered(2, one, True, "")).code == "draw_round_unfinished"
    assert refused(drawn, CallUpExpired(1, two)).code == "call_up_not_sent"
    drawn.act(attempt(two, Outcome.FAILED))
    assert refused(drawn, CallUpExpired(1, two)).code == "call_up_not_sent"
    drawn.act(attempt(two, Outcome.TAKEN), CallUpAnswered(1, one, True, ""), CallUpExpired(1, two))
    drawn.act(attempt(two, Outcome.ANSWERED))  # whoever is telephoned may be passed over meanwhile
    assert drawn.state.seated == (one,)
    assert refused(drawn, CallUpAnswered(1, one, True, "")).code == "call_up_out_of_order"
    assert refused(drawn, CallUpAnswered(1, one, False, "x" * 2001)).facts == {"length": 2001, "most": 2000}
    assert replay([*drawn.events, CallUpAnswered(1, one, False, "ill")]).seats[one] is SeatState.REFUSED
    assert refused(drawn, CandidateDismissed(1, one, "")).code == "call_up_reason_missing"
    drawn.act(CandidateDismissed(1, one, "conflict found at sign-in"))
    assert drawn.state.seats[one] is SeatState.DISMISSED
    assert missing(drawn.state) == {HOST: 2}


def test_the_reserve_is_called_in_its_order_and_only_after_a_recorded_refusal(drawn):
    first, second = drawn.state.rounds[0].result.reserve[HOST]
    assert refused(drawn, ReserveCalled(1, HOST, first)).code == "draw_no_seat_missing"
    one = drawn.state.rounds[0].result.selected[HOST][0]
    drawn.act(CandidateDismissed(1, one, "conflict"))
    assert refused(drawn, ReserveCalled(1, HOST, first)).code == "draw_reserve_not_due"
    declined_ = drawn.state.rounds[0].result.selected[HOST][1]
    drawn.act(CallUpSent(1, declined_), attempt(declined_, Outcome.TAKEN), CallUpExpired(1, declined_))
    assert refused(drawn, ReserveCalled(1, HOST, second)).code == "draw_reserve_not_due"
    drawn.act(ReserveCalled(1, HOST, first), ReserveCalled(1, HOST, second))
    assert missing(drawn.state) == {}
    drawn.act(CallUpAnswered(1, first, True, ""))
    assert drawn.state.seated == (first,)
