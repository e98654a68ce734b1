"""From totals to ranks: the published chain of rules that parts equal totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby
from typing import Protocol

from evaluation.criteria import CriteriaSet
from evaluation.errors import RuleViolation

PRICE_SCORE, LOWER_PRICE, DRAW = "price_score", "lower_price", "draw"
CRITERION_PREFIX = "criterion:"
TOTAL = "total"
EVALUATED_PRICE, TECHNICAL = "evaluated_price", "technical"
SHARED = "shared"


@dataclass(frozen=True)
class Standing:
    """What a rank can depend on: total and price score in points, mean score by criterion, the price that was bid in
    yuan, and the evaluated one where a price is adjusted."""

    bid: str
    total: Decimal
    price_score: Decimal
    price: Decimal
    criteria: dict[str, Decimal]
    evaluated_price: Decimal | None = None


@dataclass(frozen=True)
class Rank:
    """The rank of a bid and the rule that set it apart from its neighbours; `shared` when no rule did."""

    bid: str
    rank: int
    decided_by: str


@dataclass(frozen=True)
class Ranking:
    """Ranks, best first, and the groups that only a draw can part (until it has been held)."""

    ranks: tuple[Rank, ...]
    to_draw: tuple[tuple[str, ...], ...]


def check_tie_chain(
    chain: Sequence[str],
    criteria: CriteriaSet,
    *,
    may_draw: bool,
    known: Sequence[str] = (PRICE_SCORE, LOWER_PRICE, DRAW),
) -> None:
    """Refuse a chain that cannot be applied: `known` are the rules of the method, to which each criterion that gives
    points adds one. A draw may only end it, and only where it is allowed: not for works (1117 §2), but for goods
    (O87 art. 68).

    Raises RuleViolation `tie_rule_unknown`, `tie_rule_of_another_method`, `tie_draw_not_last` or `tie_draw_forbidden`.
    """
    criterion_rules = {CRITERION_PREFIX + criterion.id for criterion in criteria.scored if not criterion.adjustment}
    for rule in chain:
        if rule not in {*known, *criterion_rules}:
            foreign = rule in {PRICE_SCORE, LOWER_PRICE, DRAW, TECHNICAL, EVALUATED_PRICE}
            raise RuleViolation("tie_rule_of_another_method" if foreign else "tie_rule_unknown", rule=rule)
    if DRAW in chain[:-1]:
        raise RuleViolation("tie_draw_not_last", chain=" > ".join(chain))
    if DRAW in chain and not may_draw:
        raise RuleViolation("tie_draw_forbidden", chain=" > ".join(chain))


def _merit(standing: Standing, rule: str, drawn: Sequence[str]) -> Decimal:
    """A number that is greater for the better bid."""
    if rule in (TOTAL, TECHNICAL):
        return standing.total
    if rule == EVALUATED_PRICE:
        assert standing.evaluated_price is not None  # the method that ranks by it has worked it out
        return -standing.evaluated_price
    if rule == PRICE_SCORE:
        return standing.price_score
    if rule == LOWER_PRICE:
        return -standing.price
    if rule == DRAW:
        return Decimal(-drawn.index(standing.bid))
    return standing.criteria[rule.removeprefix(CRITERION_PREFIX)]


@dataclass(frozen=True)
class _Group:
    """Bids that no rule so far could part, and the last rule that parted them from others."""

    standings: tuple[Standing, ...]
    decided_by: str


def _part(group: _Group, rule: str, drawn: Sequence[str]) -> list[_Group]:
    if len(group.standings) == 1 or (rule == DRAW and not {s.bid for s in group.standings} <= set(drawn)):
        return [group]
    ordered = sorted(group.standings, key=lambda s: (-_merit(s, rule, drawn), s.bid))
    parts = [tuple(part) for _, part in groupby(ordered, key=lambda s: _merit(s, rule, drawn))]
    return [_Group(part, rule if len(parts) > 1 else group.decided_by) for part in parts]


def rank(standings: Sequence[Standing], chain: Sequence[str], drawn: Sequence[str] = (), first: str = TOTAL) -> Ranking:
    """Rank by `first`, then by each rule of the checked `chain`. Bids that stay equal share a rank.

    `drawn` is the order of a draw that has been held; without it the groups that need one are in `to_draw`.
    """
    groups = [_Group(tuple(standings), first)] if standings else []
    for rule in (first, *chain):
        groups = [part for group in groups for part in _part(group, rule, drawn)]
    ranks: list[Rank] = []
    for group in groups:
        place = len(ranks) + 1
        ties = [Rank(s.bid, place, group.decided_by) for s in sorted(group.standings, key=lambda s: s.bid)]
        ranks += ties if len(ties) == 1 else [replace(tie, decided_by=SHARED) for tie in ties]
    open_ties = tuple(tuple(sorted(s.bid for s in group.standings)) for group in groups if len(group.standings) > 1)
    return Ranking(tuple(ranks), open_ties if DRAW in chain else ())


def candidates(ranking: Ranking, most: int, behind: Collection[str] = ()) -> tuple[str, ...]:
    """The recommended candidates, best first, at most so many (Reg 53: 3), without those that stand back `behind`
    another of the same brand. Bids that share a place of which only some would fit are left out, all of them: no
    published rule says which, and nobody else may choose (1117 §2). Those that share the first place stand in any case:
    without them there would be nothing to award.
    """
    able = [found for found in ranking.ranks if found.bid not in behind]
    sizes = Counter(found.rank for found in able)
    places = [(place_of(found.rank, able), found) for found in able]
    return tuple(found.bid for place, found in places if place == 1 or place + sizes[found.rank] - 1 <= most)


class Ranked(Protocol):
    """Whatever has a rank."""

    @property
    def rank(self) -> int: ...


def place_of(rank: int, among: Iterable[Ranked]) -> int:
    """Which place a rank is among these alone."""
    return 1 + sum(other.rank < rank for other in among)
