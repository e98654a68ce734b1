"""The chair on a random walk: elected by members or named by the tenderer, and never both."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from evaluation.sitting import ChairElected, ChairNamed, ChairVoted, ElectedBy, Stage, nameable


class Chairs:
    """For a machine with a `sitting`, its `state`, and `propose`."""

    @precondition(lambda self: self.state.rules.committee.tenderer_may_name_chair)
    @rule(seat=st.integers(1, 5))
    def name_chair(self, seat):
        before = self.state
        self.propose(ChairNamed(seat))
        if self.state is not before:
            assert seat in nameable(before)
            assert not before.chair_voted

    @invariant()
    def the_chair_is_never_the_buyers_nor_an_empty_seat(self):
        assert self.state.chair != 2
        assert self.state.chair is None or self.state.chair not in self.state.empty

    @invariant()
    def the_tenderer_names_before_anybody_votes_or_not_at_all(self):
        ways = [event for event in self.sitting.events if isinstance(event, ChairNamed | ChairVoted)]
        assert sum(isinstance(way, ChairNamed) for way in ways) == (self.state.chair_named is not None)
        assert not any(isinstance(way, ChairNamed) for way in ways[1:])
        elected = [event for event in self.sitting.events if isinstance(event, ChairElected)]
        assert all(ways[0] == ChairNamed(one.seat) for one in elected if one.by is ElectedBy.TENDERER)
        if self.state.stage is Stage.CHAIR:
            assert self.state.named_chair is None
