"""Rarity by the formula is rarity by counting every outcome; a draw's chances are those that its method gives."""

from __future__ import annotations

from decimal import Decimal as D
from itertools import pairwise, product
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.draw import SeatState
from evaluation.fairness import (
    Candidacy,
    Meetings,
    candidacies,
    clusters,
    meetings,
    pooled,
    possible_pairs,
    rarity,
    tallies,
    tally,
)
from tests.evaluation.drawing import CONDITIONS, Draw

HOST, SUB = (stratum.name for stratum in CONDITIONS.strata)

CLOSE = D("1e-20")
chances = st.lists(st.decimals(0, 1, places=6), max_size=7)


@given(chances, st.integers(0, 8))
def test_rarity_is_the_sum_over_all_outcomes(each, times):
    outcomes = product((True, False), repeat=len(each))
    expected = sum(
        prod(chance if happens else 1 - chance for chance, happens in zip(each, outcome, strict=True))
        for outcome in outcomes
        if sum(outcome) >= times
    )
    assert abs(rarity(each, times) - expected) < CLOSE


@given(chances)
def test_more_often_is_rarer_and_not_at_all_is_certain(each):
    found = [rarity(each, times) for times in range(len(each) + 2)]
    assert found[0] == 1
    assert all(more <= less + CLOSE for less, more in pairwise(found))
    assert found[-1] == 0


@pytest.fixture
def drawn() -> Draw:
    made = Draw()
    made.approved()
    made.round()
    return made


def test_the_chances_of_a_draw_add_up_to_its_seats(drawn):
    rows = candidacies(drawn.state)
    pool = drawn.state.rounds[0].candidates
    assert rows.keys() == {candidate.id for candidate in pool}
    assert {number for number, row in rows.items() if row.drawn} == drawn.state.seats.keys()
    for stratum in (HOST, SUB):
        alone = [candidate.id for candidate in pool if candidate.strata == (stratum,)]
        assert len({rows[number].chance for number in alone}) == 1
    seats = sum(stratum.quota for stratum in drawn.state.conditions.strata)
    assert abs(sum(row.chance for row in rows.values()) - seats) < 1  # who stands in both counts once


def test_what_became_of_somebody_is_counted():
    rows = [
        Candidacy(D("0.5"), None),
        Candidacy(D("0.5"), SeatState.ACCEPTED),
        Candidacy(D("0.25"), SeatState.REFUSED),
        Candidacy(D("0.25"), SeatState.EXPIRED),
        Candidacy(D("0.5"), SeatState.DISMISSED),
    ]
    found = tally(rows)
    assert (found.pools, found.drawn, found.accepted, found.declined, found.silent) == (5, 4, 2, 1, 1)
    assert (found.expected, found.rarity) == (2, rarity([row.chance for row in rows], 4))


def test_a_pair_meets_where_the_expert_sat_over_the_bidders_bid():
    sat, called = Candidacy(D("0.1"), SeatState.ACCEPTED), Candidacy(D("0.1"), SeatState.REFUSED)
    lots = [
        pooled({"x": sat, "y": sat}, ("A", "B"), "A"),
        pooled({"x": sat, "y": called}, ("A",), "A"),
        pooled({"x": Candidacy(D("0.1"), None)}, ("A", "B"), ""),
    ]
    (pair,) = meetings(lots).items()
    assert pair[0] == ("x", "A")
    assert (pair[1].met, pair[1].won, len(pair[1].chances)) == (2, 2, 3)
    assert pair[1].rarity == D("0.028")
    assert possible_pairs(lots) == 3, "x and A, x and B, y and A"


PEOPLE, BIDDERS = "uvwxyz", "ABC"
rows = st.builds(Candidacy, st.sampled_from([D("0.1"), D("0.25"), D("0.5")]), st.sampled_from([None, *SeatState]))
draws = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(PEOPLE), rows),
        st.lists(st.sampled_from(BIDDERS), unique=True, max_size=3),
    ),
    max_size=6,
)


@given(draws)
def test_draws_kept_small_say_what_each_row_said(lots):
    """Against the plain count: every person, every bidder, draw by draw."""
    pools = [pooled(people, bidders, next(iter(bidders), "")) for people, bidders in lots]
    by_person = {who: [people[who] for people, _bidders in lots if who in people] for who in PEOPLE}
    assert tallies(pools) == {who: tally(found) for who, found in by_person.items() if found}
    expected, possible = {}, 0
    for who in PEOPLE:
        for bidder in BIDDERS:
            here = [(people[who], bidders) for people, bidders in lots if who in people and bidder in bidders]
            sat = [bidders for row, bidders in here if row.seat in (SeatState.ACCEPTED, SeatState.DISMISSED)]
            possible += len(here) >= 2
            if len(sat) >= 2:
                chances = tuple(row.chance for row, _bidders in here)
                expected[who, bidder] = Meetings(chances, len(sat), sum(bidders[0] == bidder for bidders in sat))
    assert meetings(pools) == expected
    assert possible_pairs(pools) == possible


def test_people_and_bidders_hang_together_by_their_pairs():
    pairs = [("x", "A"), ("y", "A"), ("y", "B"), ("z", "C")]
    assert clusters(pairs) == [(("x", "y"), ("A", "B"))], "a pair alone is no cluster"
    assert clusters([("A", "A"), ("B", "A")]) == [(("A", "B"), ("A",))], "a person may be called like a bidder"
    assert clusters([]) == []
