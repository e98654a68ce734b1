"""Wider conditions: when they may be, what they may change, and what the round under them must hold."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.draw import (
    Candidate,
    DrawConditionsProposed,
    DrawRoundOpened,
    RoundReason,
    Stratum,
    Widening,
    excluded,
    exhausted,
    gained,
    lost,
    missing,
    needless,
    proposal_sha256,
    recheck,
)
from evaluation.draw.capacity import Shortage
from tests.app.client.draw_records import FEW, MORE, NAMES, WIDE, approval, declined, wider_conditions
from tests.evaluation.drawing import CONDITIONS, POOL, Draw, refused
from tests.examples import at_least


@pytest.fixture
def draw() -> Draw:
    """The second round, for which nobody of the first stratum is left."""
    found = Draw(pool=FEW).approved()
    declined(found, found.round().selected[NAMES[0]][0])
    return found


def widen(draw: Draw, pool: tuple[Candidate, ...] = MORE, **changes: object) -> None:
    proposed = wider_conditions(draw, **changes)
    draw.act(proposed, approval(proposed, pool))
    draw.pool = pool


def strata(*quotas: tuple[str, int]) -> tuple[Stratum, ...]:
    return tuple(Stratum(name, quota, 2 if name in NAMES else 0) for name, quota in quotas)


def test_the_open_seat_is_drawn_from_the_wider_pool_and_nobody_comes_again(draw):
    before = draw.state
    assert exhausted(before).stratum == NAMES[0]
    draw.commit()  # who has committed before has committed
    widen(draw)
    assert missing(draw.state) == {WIDE: 1}
    assert exhausted(draw.state).stratum == WIDE  # of the pool of before; the new one is not stated yet
    draw.act(draw.stated())
    done = draw.signed().reveal()
    assert list(done.selected) == [WIDE]
    assert not set(done.selected[WIDE]) & before.seats.keys()
    assert recheck(draw.events) == draw.state
    assert draw.state.agreed == CONDITIONS
    declined(draw, done.selected[WIDE][0])
    assert draw.round().selected[WIDE] != done.selected[WIDE]
    assert draw.state.current.wider_sha256 == draw.state.rounds[1].wider_sha256


def test_conditions_are_widened_only_in_a_further_round_that_nobody_is_left_for():
    first = Draw().approved()
    assert refused(first, wider_conditions(first)).code == "draw_conditions_settled"
    declined(first, first.round().selected[NAMES[0]][0])
    assert exhausted(first.state) is None
    assert refused(first, wider_conditions(first)).code == "draw_pool_not_exhausted"
    plain = DrawConditionsProposed(wider_conditions(first).conditions)
    assert refused(first, plain).code == "draw_conditions_settled"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"strata": strata((NAMES[0], 1), (NAMES[1], 2), (WIDE, 2))}, "draw_widening_seats_differ"),
        ({"strata": strata((NAMES[1], 2), (WIDE, 2))}, "draw_widening_takes_seats"),
        ({"strata": strata((NAMES[0], 2), (NAMES[1], 1), (WIDE, 1))}, "draw_widening_takes_seats"),
        ({"strata": strata((NAMES[0], 2), (NAMES[1], 2))}, "draw_pool_not_exhausted"),
        ({"max_per_unit": 2}, "draw_conditions_invalid"),
        ({"parties": ("centre", "agency")}, "draw_conditions_invalid"),
        ({"tender": "T-2"}, "draw_conditions_invalid"),
    ],
)
def test_nothing_else_than_the_open_seats_is_other(draw, changes, code):
    assert refused(draw, wider_conditions(draw, **changes)).code == code


def test_a_reason_is_given_and_approved_with_the_conditions_and_a_pool(draw):
    proposed = wider_conditions(draw)
    for wrong, code in (
        (Widening(2, " ", {}), "draw_widening_reason_missing"),
        (Widening(2, "x" * 2001, {}), "draw_widening_reason_long"),
        (Widening(3, "x", {}), "draw_round_not_current"),
        (Widening(2, "x", {FEW[0].id: "no hash"}), "draw_conditions_invalid"),
    ):
        assert refused(draw, replace(proposed, widening=wrong)).code == code
    draw.act(proposed)
    other = replace(proposed, widening=Widening(2, "another", {}))
    assert refused(draw, approval(other, MORE)).code == "draw_conditions_changed"
    assert refused(draw, replace(approval(proposed, MORE), pool=None)).code == "draw_pool_not_approved"
    assert draw.state.conditions == CONDITIONS  # a proposal alone changes nothing
    draw.act(approval(proposed, MORE))
    assert draw.state.to_approve == proposed
    assert proposal_sha256(proposed) in {draw.state.current.wider_sha256}


def test_the_wider_pool_drops_nobody_and_is_the_approved_one(draw):
    widen(draw, MORE[1:])
    assert refused(draw.commit(), draw.stated()).code == "draw_pool_narrowed"
    draw.pool = MORE
    assert refused(draw, draw.stated()).code == "draw_pool_changed"


def test_a_statement_names_the_wider_conditions_and_whom_they_say_is_out(draw):
    proposed = replace(wider_conditions(draw), widening=Widening(2, "x", {FEW[1].id: "0" * 64}))
    draw.act(proposed, approval(proposed, MORE))
    draw.pool = MORE
    draw.commit()
    if FEW[1].id not in excluded(draw.state):
        assert refused(draw, draw.stated()).code == "draw_recusal_forgotten"
    known = {FEW[1].id: "0" * 64}
    for changes in ({"wider_sha256": "0" * 64}, {"v": "biddraw/v1"}):
        assert refused(draw, draw.stated(known, changes)).code == "draw_statement_differs"
    draw.act(draw.stated(known))


@at_least(60)
@given(st.integers(0, 4), st.integers(0, 4), st.integers(1, 3))
def test_no_seat_is_given_away_that_the_pool_can_fill(free, given_, open_):
    """From one stratum with `free` people of different units for `open_` seats, `given_` of them are given away."""
    before, after = (Stratum("a", open_, 0),), (Stratum("a", open_ - min(given_, open_), 0), Stratum("b", given_, 0))
    people = [Candidate(str(n), str(n), ("a",)) for n in range(free)]
    moved = min(given_, open_)
    found = needless(before, after, {"a": open_}, people, 1)
    assert (found == "a") is (moved > 0 and free >= open_ - moved + 1)


def test_a_stratum_that_gains_a_seat_counts_as_an_added_one_until_the_round_is_stated(draw):
    moved = replace(CONDITIONS, strata=strata((NAMES[0], 1), (NAMES[1], 3)))
    assert gained(draw.state, moved) == strata((NAMES[1], 1))
    assert gained(draw.state, CONDITIONS) == ()
    widen(draw)
    assert gained(draw.state, draw.state.conditions) == strata((WIDE, 1))  # approved, and nothing less to ask for


def test_who_is_other_in_a_pool_is_lost():
    one = POOL[0]
    assert lost(POOL, (*POOL, Candidate("new", "u", ("x",)))) is None
    assert lost((one,), (replace(one, strata=(*one.strata, "x")),)) is None
    for other in (replace(one, unit="x"), replace(one, person="1" * 64), replace(one, strata=())):
        assert lost((one,), (other,)) == one.id


def test_a_round_is_opened_under_the_conditions_of_the_one_before(draw):
    widen(draw)
    gone = draw.round().selected[WIDE][0]
    declined(draw, gone)
    assert draw.state.current == replace(
        draw.state.current, wider=draw.state.rounds[1].wider, reason=RoundReason.REFUSED
    )
    assert isinstance(draw.events[-1], DrawRoundOpened)
    assert not draw.state.current.is_widened


def test_a_round_in_which_somebody_is_certain_to_be_drawn_waits_for_wider_conditions():
    """Where the rule book asks for a choice, one person for one open seat is a shortage like nobody for it."""
    last = Candidate("f" * 32, "unit-last", (NAMES[0],), "f" * 64)
    draw = Draw(pool=(*FEW, last)).approved()
    declined(draw, draw.round().selected[NAMES[0]][0])
    draw.commit()
    assert exhausted(draw.state) is None  # as cases of an earlier rule book go on
    draw.state = replace(draw.state, spare=1)
    assert exhausted(draw.state) == Shortage(NAMES[0], 1, 2)
    assert refused(draw, draw.stated()).code == "draw_pool_exhausted"
    widen(draw, (*MORE, last))
    draw.act(draw.stated())
    assert list(draw.signed().reveal().selected) == [WIDE]


@given(st.integers(1, 4), st.integers(0, 8), st.integers(0, 2))
def test_a_seat_is_given_away_only_where_nobody_could_be_chosen_for_it(seats, people, spare):
    pool = [Candidate(f"p{n}", f"u{n}", ("a",)) for n in range(people)]
    found = needless([Stratum("a", seats, 0)], [Stratum("b", seats, 0)], {"a": seats}, pool, 1, spare)
    assert (found == "a") is (people >= 1 + spare)
