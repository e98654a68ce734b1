"""Bids that state brands of a core product on a random walk: what members say of them, and what always holds."""

from __future__ import annotations

from itertools import combinations
from random import Random

from hypothesis.stateful import invariant

from evaluation.brands import Groups
from evaluation.sitting import BidsReviewed, ReviewFinding, SittingState, Stage
from evaluation.sitting.stages import AFTER_LAST_LOCK

# What a member may hold to be one brand; bids A, B and C state these three.
JOINED: tuple[Groups | None, ...] = (None, (("Haier", "海尔"),), (("Haier", "海尔"),), (("海尔", "美的"),), ())


def reviewed(state: SittingState, seat: int, found: tuple[ReviewFinding, ...], rng: Random) -> BidsReviewed:
    """One member's review; where the lot names a core product, mostly with two spellings that are one brand."""
    return BidsReviewed(seat, found, rng.choice(JOINED) if state.rules.core_product else None)


def offered(state: SittingState) -> list[set[str]]:
    """The valid bids by what they offer, counted by hand from what each member has said."""
    brand_of = {bid.bid: bid.brand or bid.bid for bid in state.bids}
    parts = [{bid} for bid in brand_of]
    for one, other in combinations(brand_of, 2):
        pair = {brand_of[one], brand_of[other]}
        votes = sum(any(pair <= set(group) for group in said) for said in state.brand_findings.values())
        if 2 * votes > len(state.seats):
            both = [part for part in parts if part & {one, other}]
            parts = [part for part in parts if part not in both] + [set().union(*both)]
    return [part & set(state.valid) for part in parts if part & set(state.valid)]


class Branded:
    """For a machine with a `sitting` and its `state`."""

    @invariant()
    def the_bids_of_a_brand_are_those_that_most_members_join(self):
        state = self.state
        if state.rules.core_product is None:
            assert not any(state.brand_findings.values())
            assert not state.brands
        elif state.stage in {Stage.SCORING, *AFTER_LAST_LOCK}:
            assert sorted(map(list, state.brands)) == sorted(sorted(part) for part in offered(state) if len(part) > 1)

    @invariant()
    def nothing_is_scored_with_fewer_brands_than_bidders_wanted(self):
        if self.state.stage in {Stage.SCORING, *AFTER_LAST_LOCK}:
            assert len(offered(self.state)) == self.state.bidders_counted >= self.state.rules.least_valid_bids

    @invariant()
    def of_each_brand_one_is_recommended_and_none_behind_another(self):
        result = self.state.result
        for group in self.state.brands or () if result else ():
            rows = [result[bid] for bid in group]
            first = [row for row in rows if row.behind is None]
            undrawn = any({row.bid for row in first} <= set(tied) for tied in result.to_draw)
            assert len(first) == 1 or undrawn
            for row in rows:
                assert row.behind is None or row.behind in group
                assert row.behind is None or row.bid not in result.candidates
                before = result[row.behind] if row.behind else row
                money = self.state.rules.evaluation.in_money
                assert before.price <= row.price if money else before.rank <= row.rank
                assert not money or row.behind is None or row.rank == 0
