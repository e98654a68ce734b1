"""Bids that offer the same brand of the core product count as one bidder (O87 art. 31).

1. A bid states the brand; equal spellings are one brand by themselves. Which other spellings are one brand members
   say in their reviews: two of them are where more than half of all members put them in one group, and what is the
   same as a third is the same.
2. Where points are given every bid keeps its score and rank, and of a brand the first alone can be a candidate. Where
   the lowest price decides, of a brand the lowest price alone takes part.
3. Bids of a brand that are equal there are parted by the order of the draw, whatever the documents say of other ties.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from typing import TypeVar

from evaluation.recusal import same_name

Groups = tuple[tuple[str, ...], ...]
Figure = TypeVar("Figure", int, Decimal)


def joined(groups: Iterable[Iterable[str]]) -> Groups:
    """Groups that share a member made one, each sorted, in order."""
    found: list[set[str]] = []
    for group in groups:
        one = set(group)
        apart = [other for other in found if not other & one]
        found = [*apart, one.union(*(other for other in found if other & one))]
    return tuple(sorted(tuple(sorted(one)) for one in found))


def spellings(stated: Iterable[str]) -> tuple[str, ...]:
    """Of the stated brands one for all that are spelled equally, in order."""
    first: dict[str, str] = {}
    for brand in sorted(stated):
        first.setdefault(same_name(brand), brand)
    return tuple(sorted(first.values()))


def sound_groups(groups: Groups, known: Iterable[str]) -> bool:
    """Whether each group joins at least two of the known spellings, and none is in two groups."""
    named = [one for group in groups for one in group]
    return all(len(group) > 1 for group in groups) and len(set(named)) == len(named) and set(named) <= set(known)


def found_same(said: Iterable[Groups], members: int) -> Groups:
    """The spellings that more than half of all members hold to be one brand."""
    votes: dict[tuple[str, str], int] = {}
    for groups in said:
        for group in groups:
            for pair in combinations(sorted(group), 2):
                votes[pair] = votes.get(pair, 0) + 1
    return joined(pair for pair, count in votes.items() if 2 * count > members)


def same_brands(stated: Mapping[str, str], same: Groups) -> Groups:
    """The bids that offer one brand, by groups of at least two; `stated` is the brand of each bid."""
    brand_of = {same_name(one): same_name(group[0]) for group in same for one in group}
    offered: dict[str, list[str]] = {}
    for bid, brand in sorted(stated.items()):
        offered.setdefault(brand_of.get(same_name(brand), same_name(brand)), []).append(bid)
    return tuple(sorted(tuple(bids) for bids in offered.values() if len(bids) > 1))


def among(groups: Groups, bids: Iterable[str]) -> Groups:
    """What is left of the groups where only these bids are."""
    kept = set(bids)
    left = (tuple(bid for bid in group if bid in kept) for group in groups)
    return tuple(group for group in left if len(group) > 1)


def counted_bidders(bids: Sequence[str], groups: Groups) -> int:
    """As how many bidders these bids count."""
    return len(bids) - sum(len(group) - 1 for group in among(groups, bids))


def first_of_brands(
    groups: Iterable[Sequence[str]], figures: Mapping[str, Figure], drawn: Sequence[str]
) -> tuple[dict[str, str], Groups]:
    """Which bid stands back behind which one of its brand, where the least of the figures goes first; and the groups in
    which a draw has still to decide between the first. A bid without a figure is not compared."""
    behind: dict[str, str] = {}
    to_draw: list[tuple[str, ...]] = []
    for group in groups:
        compared = [bid for bid in group if bid in figures]
        least = min((figures[bid] for bid in compared), default=None)
        first = sorted(bid for bid in compared if figures[bid] == least)
        if len(first) > 1 and set(first) <= set(drawn):
            first = [min(first, key=list(drawn).index)]
        elif len(first) > 1:
            to_draw.append(tuple(first))
        behind |= {bid: first[0] for bid in compared if bid not in first}
    return behind, tuple(to_draw)
