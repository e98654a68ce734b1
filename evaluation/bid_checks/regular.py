"""Prices of several bids that follow one rule: equal, by equal steps, or by an equal ratio.

Nothing is divided where it is compared, so that no rounding makes a rule or hides one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, localcontext
from itertools import combinations

from evaluation.arithmetic import ARITHMETIC, HUNDRED, ZERO, round_half_up
from evaluation.bid_checks.findings import BidCheckRules, BidFinding, Evidence, FindingKind, finding, plain
from evaluation.bid_checks.lists import PricedBid, median
from evaluation.bid_checks.priced_list import Item

Total = tuple[Decimal, str]
Follows = Callable[[Decimal, Decimal, Decimal, Decimal, Decimal], bool]
UNIT = Decimal("0.01")  # the last place of a unit price: where it is rounded, it may differ by as much
LEAST_PRICE = 100 * UNIT  # of a smaller one the last place alone would hide any rule
MOST_ITEMS = 10  # that a finding shows with the prices of both bids


def regular_totals(totals: Mapping[str, Decimal], rules: BidCheckRules) -> Iterator[BidFinding]:
    """Equal totals, then the longest ladders by steps, then those by ratio that are no ladder by steps."""
    with localcontext(ARITHMETIC):
        ordered = sorted((price, bid) for bid, price in totals.items())
        for price in sorted({price for price, _bid in ordered}):
            equal = [one for one in ordered if one[0] == price]
            if len(equal) > 1:
                yield _totals("equal", equal, price)
        known: list[set[str]] = []
        for pattern, follows in (("difference", _by_difference), ("ratio", _by_ratio)):
            for ladder in _ladders(ordered, follows, rules):
                bids = {bid for _price, bid in ladder}
                if not any(bids <= other for other in known):
                    known.append(bids)
                    low, high = ladder[0][0], ladder[1][0]
                    step = high - low if pattern == "difference" else round_half_up(high / low, 6)
                    yield _totals(pattern, ladder, step)


def _totals(pattern: str, ladder: Sequence[Total], step: Decimal) -> BidFinding:
    evidence = [Evidence(bid, values={"price": plain(price)}) for price, bid in ladder]
    return finding(FindingKind.REGULAR_TOTALS, evidence, {"pattern": pattern, "step": plain(step)})


def _ladders(ordered: Sequence[Total], follows: Follows, rules: BidCheckRules) -> list[list[Total]]:
    """Every ladder from each first two rungs on that is long enough, the longest first."""
    found = []
    for first, second in combinations(range(len(ordered)), 2):
        low, high = ordered[first][0], ordered[second][0]
        if not low < high or not low:
            continue
        ladder = [ordered[first], ordered[second]]
        for one in ordered[second + 1 :]:
            if follows(low, high, ladder[-1][0], one[0], rules.regular_tolerance):
                ladder.append(one)
        if len(ladder) >= rules.regular_bids:
            found.append(ladder)
    return sorted(found, key=lambda ladder: (-len(ladder), ladder))


def _by_difference(low: Decimal, high: Decimal, last: Decimal, one: Decimal, tolerance: Decimal) -> bool:
    return abs(one - last - (high - low)) * HUNDRED <= tolerance * (high - low)


def _by_ratio(low: Decimal, high: Decimal, last: Decimal, one: Decimal, tolerance: Decimal) -> bool:
    return abs(one * low - last * high) * HUNDRED <= tolerance * last * (high - low)


def regular_items(bids: Sequence[PricedBid], rules: BidCheckRules) -> Iterator[BidFinding]:
    """Two bids each: most of the items that both price follow one ratio, or one difference."""
    priced = [(one, {i.number: i for i in one.items if i.unit_price and i.unit_price >= LEAST_PRICE}) for one in bids]
    with localcontext(ARITHMETIC):
        for (one, first), (other, second) in combinations(priced, 2):
            common = [number for number in first if number in second]
            pairs = [(first[number].unit_price or ZERO, second[number].unit_price or ZERO) for number in common]
            if len(pairs) < rules.regular_items or (rule := _rule_of(pairs, rules)) is None:
                continue
            pattern, value, follows = rule
            shown = [number for number, fits in zip(common, follows, strict=True) if fits][:MOST_ITEMS]
            evidence = [_at(bid, items[number]) for number in shown for bid, items in ((one, first), (other, second))]
            figures = {"pattern": pattern, "step": plain(value), "common": str(len(pairs))}
            figures["percent"] = plain(round_half_up(Decimal(sum(follows)) * HUNDRED / len(pairs), 1))
            yield finding(FindingKind.REGULAR_ITEMS, evidence, figures, count=sum(follows))


def _at(bid: PricedBid, item: Item) -> Evidence:
    return bid.at(item, unit_price=plain(item.unit_price or ZERO))


def _rule_of(
    pairs: Sequence[tuple[Decimal, Decimal]], rules: BidCheckRules
) -> tuple[str, Decimal, tuple[bool, ...]] | None:
    """The pattern that enough pairs follow, with its ratio or step and which ones do; None of none."""
    ratio, step = median([b / a for a, b in pairs]), median([b - a for a, b in pairs])
    near = rules.regular_tolerance / HUNDRED
    patterns = (
        ("equal", ZERO, tuple(a == b for a, b in pairs)),
        ("ratio", round_half_up(ratio, 6), tuple(abs(b - a * ratio) <= max(UNIT, near * b) for a, b in pairs)),
        ("difference", round_half_up(step, 2), tuple(abs(b - a - step) <= UNIT for a, b in pairs)),
    )
    enough = (found for found in patterns if sum(found[2]) * HUNDRED >= rules.regular_share * len(pairs))
    return next(enough, None)
