"""Random walks of sittings whose bids state brands, or whose tenderer may name the chair: at each step what `branded`
and `chairs` promise holds, and the walks do come to what they are about."""

from __future__ import annotations

from collections import Counter
from random import Random

from evaluation.sitting import FINAL, ChairElected, ChairNamed, ChairVoted, ElectedBy, SittingEvent, Stage, recheck
from evaluation.sitting.brand_rules import TOO_FEW_BRANDS
from tests.evaluation.branded import Branded
from tests.evaluation.chairs import Chairs
from tests.evaluation.rules_of_walks import RULES
from tests.evaluation.sittings import BRANDED, NAMING, Sitting
from tests.evaluation.test_sitting_ends import Walk
from tests.examples import walks

BEGINNINGS = (Stage.GATHERING, Stage.STATEMENTS, Stage.CHAIR, Stage.REVIEW)


class Watched(Walk, Branded, Chairs):
    """A walk of which every step is judged."""

    def __post_init__(self) -> None:
        self.rejects = self.rng.random() < 0.2
        self.sitting = Sitting(RULES[self.rules]).until(BEGINNINGS[self.turn % len(BEGINNINGS)])

    def takes(self, fact: SittingEvent) -> bool:
        taken = super().takes(fact)
        if taken:
            self.the_bids_of_a_brand_are_those_that_most_members_join()
            self.nothing_is_scored_with_fewer_brands_than_bidders_wanted()
            self.of_each_brand_one_is_recommended_and_none_behind_another()
            self.the_chair_is_never_the_buyers_nor_an_empty_seat()
            self.the_tenderer_names_before_anybody_votes_or_not_at_all()
        return taken


def walked(rules: int, seed: int) -> Watched:
    walk = Watched(Random(seed), rules, seed)
    walk.wander()
    walk.end()
    assert walk.state.stage in FINAL
    assert recheck(walk.sitting.events) == walk.state, seed
    return walk


def test_brands_on_every_way():
    met = Counter[str]()
    for seed in range(walks(150)):
        walk = walked(RULES.index(BRANDED), seed)
        result = walk.state.result
        met["joined"] += bool(walk.state.brands)
        met["apart"] += walk.state.brands == ()
        met["behind"] += any(row.behind for row in result.bids) if result else 0
        met["too few"] += walk.state.failure == TOO_FEW_BRANDS
    assert min(met[way] for way in ("joined", "apart", "behind", "too few")) > 0, met


def test_a_named_chair_on_every_way():
    met = Counter[str]()
    for seed in range(walks(150)):
        walk = walked(RULES.index(NAMING), seed)
        events = walk.sitting.events
        found = [event for event in events if isinstance(event, ChairElected)]
        met["named"] += any(one.by is ElectedBy.TENDERER for one in found)
        met["elected"] += any(isinstance(event, ChairVoted) for event in events)
        left = walk.state.named_left and walk.state.chair is not None
        met["left, and another elected"] += left and any(isinstance(event, ChairNamed) for event in events)
    assert min(met[way] for way in ("named", "elected", "left, and another elected")) > 0, met
