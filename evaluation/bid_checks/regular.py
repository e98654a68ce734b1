"""Prices of several bids that follow one rule: equal, by equal steps, or by an equal ratio.

Nothing is divided where it is compared, so that no rounding makes a rule or hides one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, localcontext
from itertools import combinations
from operator import eq, sub

from evaluation.arithmetic import ARITHMETIC, HUNDRED, ZERO, round_half_up
from evaluation.bid_checks.findings import BidCheckRules, BidFinding, Evidence, FindingKind, finding, plain
from evaluation.bid_checks.lists import PricedBid, median
from evaluation.bid_checks.priced_list import Item

Total = tuple[Decimal, str]
Follows = Callable[[Decimal, Decimal, Decimal, Decimal, Decimal], bool]
UNIT = Decimal("0.01")  # the last place of a unit price: where it is rounded, it may differ by as much
LEAST_PRICE = 100 * UNIT  # of a smaller one the last place alone would hide any rule
FINE = 10**9  # parts of one in which ratios are compared roughly
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
    """Two bids each: most of the items that both price follow one ratio, or one difference.

    Whole numbers rule out, with room for what they round, what cannot; what may is computed exactly.
    """
    priced = [(one, {i.number: i for i in one.items if i.unit_price and i.unit_price >= LEAST_PRICE}) for one in bids]
    with localcontext(ARITHMETIC):
        unit, whole = whole_prices(items for _bid, items in priced)
        for (at, (one, first)), (then, (other, second)) in combinations(enumerate(priced), 2):
            if not may_follow(whole[at], whole[then], unit, rules):
                continue
            common = [number for number in first if number in second]
            pairs = [(first[number].unit_price or ZERO, second[number].unit_price or ZERO) for number in common]
            if (rule := _rule_of(pairs, rules)) is None:
                continue
            pattern, value, follows = rule
            shown = [number for number, fits in zip(common, follows, strict=True) if fits][:MOST_ITEMS]
            evidence = [_at(bid, items[number]) for number in shown for bid, items in ((one, first), (other, second))]
            figures = {"pattern": pattern, "step": plain(value), "common": str(len(pairs))}
            figures["percent"] = plain(round_half_up(Decimal(sum(follows)) * HUNDRED / len(pairs), 1))
            yield finding(FindingKind.REGULAR_ITEMS, evidence, figures, count=sum(follows))


def whole_prices(priced: Iterable[Mapping[str, Item]]) -> tuple[int, list[dict[str, int]]]:
    """Unit prices by number as whole multiples of one unit, and how many of it `UNIT` is."""
    prices = [{number: item.unit_price or ZERO for number, item in items.items()} for items in priced]
    places = max((-int(price.as_tuple().exponent) for one in prices for price in one.values()), default=0)
    scale = 10 ** max(places, -int(UNIT.as_tuple().exponent))
    return int(UNIT * scale), [{number: int(price * scale) for number, price in one.items()} for one in prices]


def may_follow(first: Mapping[str, int], second: Mapping[str, int], unit: int, rules: BidCheckRules) -> bool:
    """Whether enough items of two bids, whole prices by number, may follow a pattern; False is certain.

    Where all but `spare` items follow one, so do all but `spare` of any part of them, and of a part of more than twice
    as many the middle value is one that follows: a part rules most pairs out before all items are looked at.
    """
    common = [number for number in first if number in second]
    if len(common) < rules.regular_items:
        return False
    spare = len(common) - int(rules.regular_share * len(common) / HUNDRED)
    near = int(rules.regular_tolerance / HUNDRED * FINE) + 1
    for part, widths in ((common[: 3 * spare + 1], 2), (common, 1)):
        lows, highs = [first[number] for number in part], [second[number] for number in part]
        if not _may_follow(lows, highs, unit, near, widths, len(part) - spare):
            return False
    return True


def _may_follow(lows: Sequence[int], highs: Sequence[int], unit: int, near: int, widths: int, needed: int) -> bool:
    """Whether `needed` pairs are equal, or so many widths about the middle step or ratio; what is rounded down here is
    made up for by the last few of each bound. `near`: the tolerance, in parts of `FINE`."""
    steps = sorted(map(sub, highs, lows))
    if _about(steps, _middle(steps), widths * unit + 1) >= needed or sum(map(eq, lows, highs)) >= needed:
        return True
    if near * 10 >= FINE:  # a tolerance beyond every rule book
        return True
    ratios = sorted([high * FINE // low for low, high in zip(lows, highs, strict=True)])
    ratio = _middle(ratios)
    most = max(FINE // int(LEAST_PRICE / UNIT), ratio * near * (FINE + 4 * near) // FINE**2)
    return _about(ratios, ratio, widths * most + 10) >= needed


def _middle(ordered: Sequence[int]) -> int:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) // 2


def _about(ordered: Sequence[int], middle: int, width: int) -> int:
    """How many lie within `width` of the middle."""
    return bisect_right(ordered, middle + width) - bisect_left(ordered, middle - width)


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
