"""Who passes the check of seats fills every seat, whatever the tickets say."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from evaluation.draw import Candidate, Shortage, Stratum, recognisable, select, shortage

NAMES = ("a", "b", "c")
strata = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True).flatmap(
    lambda names: st.tuples(*(st.builds(Stratum, st.just(name), st.integers(1, 3), st.just(1)) for name in names))
)
places = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True).map(tuple)
pools = st.lists(st.tuples(st.sampled_from("uvwxyz"), places), max_size=24).map(
    lambda rows: [Candidate(f"{number:02}", unit, where) for number, (unit, where) in enumerate(rows)]
)


@given(strata, pools, st.integers(1, 3), st.binary(min_size=32, max_size=32))
@example((Stratum("a", 2, 0), Stratum("b", 2, 0)), [Candidate(str(n), str(n), ("a", "b")) for n in range(4)], 1, b"")
def test_every_seat_of_a_pool_that_passes_is_filled(wanted, pool, most, prk):
    stated = {"recused": [], "strata": [vars(one) for one in wanted], "max_per_unit": most}
    drawn = select(stated, pool, prk).selected
    if shortage(wanted, pool, most) is None:
        assert {one.name: one.quota for one in wanted} == {name: len(ids) for name, ids in drawn.items()}


def test_units_count_as_often_as_they_may_be_drawn():
    three_of_one = [Candidate(str(n), "u" if n < 3 else "v", ("a",)) for n in range(4)]
    wanted = (Stratum("a", 3, 0),)
    assert shortage(wanted, three_of_one, 1) == Shortage("a", 2, 3)
    assert shortage(wanted, three_of_one, 2) is None


def test_whoever_may_be_drawn_before_for_another_group_does_not_count_twice():
    both = [Candidate(str(n), str(n), ("a", "b")) for n in range(3)]
    wanted = (Stratum("a", 2, 0), Stratum("b", 2, 0))
    assert shortage(wanted, both, 1) == Shortage("b", 3, 4)


def test_a_group_may_have_to_be_larger_than_its_seats():
    pool = [Candidate(str(n), str(n), ("a",)) for n in range(4)]
    assert shortage((Stratum("a", 2, 0),), pool, 1, least=2) is None
    assert shortage((Stratum("a", 2, 0),), pool[:3], 1, least=2) == Shortage("a", 3, 4)


def test_whoever_stands_in_several_groups_by_other_numbers_counts_as_often_as_a_unit_may_be_drawn():
    """As where inspectors are drawn for several visits: one unit is one person, who may go on two of them."""
    pool = [Candidate(f"{unit}:{name}", unit, (name,)) for unit in "uvw" for name in NAMES]
    wanted = tuple(Stratum(name, 2, 0) for name in NAMES)
    assert shortage(wanted[:2], pool, 2) is None
    assert shortage(wanted, pool, 2) == Shortage("c", 3, 5)
    assert shortage(wanted, pool, 3) is None


def test_who_stands_out_of_a_pool_is_counted():
    plain = [Candidate(f"p{n}", f"u{n}", ("a",)) for n in range(5)]
    pair = [Candidate(f"q{n}", "big", ("a",)) for n in range(2)]  # of the one employer with two people
    both = [Candidate("r", "v", ("a", "b")), Candidate("s", "w", ("b", "a"))]
    assert recognisable(plain) == 0
    assert recognisable([*plain, *pair, *both]) == 4
    assert recognisable([*plain, *pair, *both], alike=2) == 0
