"""A sequence that grows: as a tuple in every state, whoever else grows from the same one, and for little memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from sys import getsizeof

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.procedure.growing import Growing


@given(st.lists(st.tuples(st.integers(0, 30), st.integers())))
def test_every_state_stays_as_it_was(steps: list[tuple[int, int]]):
    states: list[tuple[Growing[int], tuple[int, ...]]] = [(Growing(), ())]
    for place, item in steps:  # from any state, not the last alone
        grown, kept = states[place % len(states)]
        states.append((grown.plus(item), (*kept, item)))
    for grown, kept in states:
        assert tuple(grown) == kept
        assert len(grown) == len(kept)
        assert grown == Growing(kept)
        assert hash(grown) == hash(Growing(kept))
        assert grown[-3:] == kept[-3:]
        assert grown[1::2] == kept[1::2]
        assert [grown[place] for place in range(-len(kept), len(kept))] == [*kept, *kept]
        with pytest.raises(IndexError):
            grown[len(kept)]


def test_two_who_grow_from_one_at_once_do_not_meet():
    with ThreadPoolExecutor(8) as pool:
        for _ in range(200):
            begun: Growing[int] = Growing([0])
            grown = list(pool.map(begun.plus, range(1, 33)))
            assert [tuple(one) for one in grown] == [(0, item) for item in range(1, 33)]
            assert tuple(begun) == (0,)


def test_states_share_what_they_have_in_common():
    states: list[Growing[int]] = [Growing()]
    for item in range(5000):
        states.append(states[-1].plus(item))
    lists = {id(one._items): getsizeof(one._items) for one in states[1:]}
    assert len(lists) == 1
    assert sum(lists.values()) < 100_000
    assert [len(one) for one in states] == list(range(5001))
