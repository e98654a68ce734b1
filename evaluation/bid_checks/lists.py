"""Arithmetic, omissions and unbalanced unit prices of priced lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, localcontext
from typing import NamedTuple

from evaluation.arithmetic import ARITHMETIC, HUNDRED, ZERO, round_half_up
from evaluation.bid_checks.findings import (
    BidCheckRules,
    BidFinding,
    BidReading,
    Evidence,
    FindingKind,
    finding,
    plain,
)
from evaluation.bid_checks.priced_list import Item, read_list
from evaluation.errors import RuleViolation


class PricedBid(NamedTuple):
    """A bid with its list."""

    bid: BidReading
    sha256: str
    items: tuple[Item, ...]

    def at(self, item: Item, **values: str) -> Evidence:
        named = {"number": item.number, "name": item.name[:80]}
        return Evidence(self.bid.bid, self.bid.priced_list, self.sha256, (item.line,), named | values)

    def without_line(self, item: Item, **values: str) -> Evidence:
        named = {"number": item.number, "name": item.name[:80]}
        return Evidence(self.bid.bid, self.bid.priced_list, self.sha256, (), named | values)


def priced_bids(bids: Sequence[BidReading]) -> tuple[list[PricedBid], list[BidFinding]]:
    """The bids whose list can be read, and a finding for each whose list cannot."""
    found, unreadable = [], []
    for bid in bids:
        if not bid.priced_list:
            continue
        sha256 = next((file.sha256 for file in bid.files if file.path == bid.priced_list), "")
        try:
            found.append(PricedBid(bid, sha256, read_list(bid.rows, priced=True)))
        except RuleViolation as refusal:
            values = {name: str(value) for name, value in refusal.facts.items()} | {"reason": refusal.code}
            line = refusal.facts.get("line")
            places = (line,) if isinstance(line, int) else ()
            evidence = Evidence(bid.bid, bid.priced_list, sha256, places, values)
            unreadable.append(finding(FindingKind.LIST_UNREADABLE, [evidence], values))
    return found, unreadable


def list_findings(bids: Sequence[PricedBid], own: Sequence[Item], rules: BidCheckRules) -> Iterator[BidFinding]:
    """Each list by itself, against the tender's own items, and against the other lists."""
    wanted = {item.number: item for item in own}
    medians = _medians(bids, rules)
    for one in bids:
        with localcontext(ARITHMETIC):
            yield from _against_own(one, wanted)
            yield from _arithmetic(one, rules)
            yield from _unbalanced(one, medians, rules)


def _against_own(one: PricedBid, wanted: Mapping[str, Item]) -> Iterator[BidFinding]:
    """Missing, extra and changed items, and unit prices above those that the tender's list sets as its ceiling."""
    if not wanted:
        return
    priced = {item.number: item for item in one.items}
    missing = [one.without_line(item) for number, item in wanted.items() if number not in priced]
    extra = [one.at(item) for number, item in priced.items() if number not in wanted]
    changed, above = [], []
    for number, item in priced.items():
        asked = wanted.get(number)
        if asked is None:
            continue
        if (asked.name, asked.unit, asked.quantity) != (item.name, item.unit, item.quantity):
            changed.append(one.at(item, **_differences(asked, item)))
        if asked.unit_price is not None and item.unit_price is not None and item.unit_price > asked.unit_price:
            prices = {"unit_price": plain(item.unit_price), "ceiling": plain(asked.unit_price)}
            above.append(one.at(item, **prices))
    kinds = {
        FindingKind.LIST_MISSING: missing,
        FindingKind.LIST_EXTRA: extra,
        FindingKind.LIST_CHANGED: changed,
        FindingKind.ABOVE_ITEM_CEILING: above,
    }
    yield from (finding(kind, evidence) for kind, evidence in kinds.items() if evidence)


def _differences(asked: Item, item: Item) -> dict[str, str]:
    pairs = {
        "name": (asked.name, item.name),
        "unit": (asked.unit, item.unit),
        "quantity": (plain(asked.quantity), plain(item.quantity)),
    }
    changed = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    if "quantity" in changed and asked.quantity == item.quantity:
        del changed["quantity"]
    told = {f"asked_{name}": pair[0][:80] for name, pair in changed.items()}
    return told | {f"found_{name}": pair[1][:80] for name, pair in changed.items()}


def _arithmetic(one: PricedBid, rules: BidCheckRules) -> Iterator[BidFinding]:
    """Items without a price, products that differ from their amount, and a sum that is not the price read out."""
    zero, lines, total = [], [], ZERO
    for item in one.items:
        assert item.unit_price is not None
        assert item.amount is not None
        total += item.amount
        if not item.unit_price or not item.amount:
            zero.append(one.at(item, unit_price=plain(item.unit_price), amount=plain(item.amount)))
        product = item.quantity * item.unit_price
        if abs(product - item.amount) > rules.rounding:
            figures = {"quantity": plain(item.quantity), "unit_price": plain(item.unit_price)}
            lines.append(one.at(item, **figures, amount=plain(item.amount), product=plain(product)))
    if zero:
        yield finding(FindingKind.LIST_ZERO, zero)
    if lines:
        yield finding(FindingKind.LIST_LINES, lines)
    if one.items and abs(total - one.bid.price) > rules.rounding:
        figures = {"sum": plain(total), "price": plain(one.bid.price), "difference": plain(total - one.bid.price)}
        whole = Evidence(one.bid.bid, one.bid.priced_list, one.sha256)
        yield finding(FindingKind.LIST_SUM, [whole], figures)


def _medians(bids: Sequence[PricedBid], rules: BidCheckRules) -> dict[str, Decimal]:
    """The median unit price of each item that enough bids have priced."""
    prices: dict[str, list[Decimal]] = {}
    for one in bids:
        for item in one.items:
            if item.unit_price:
                prices.setdefault(item.number, []).append(item.unit_price)
    return {number: median(found) for number, found in prices.items() if len(found) >= rules.unbalanced_bids}


def median(values: Sequence[Decimal]) -> Decimal:
    """The middle value, of an even number the mean of the two in the middle."""
    ordered, half = sorted(values), len(values) // 2
    with localcontext(ARITHMETIC):
        return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _unbalanced(one: PricedBid, medians: Mapping[str, Decimal], rules: BidCheckRules) -> Iterator[BidFinding]:
    total = sum((item.amount or ZERO for item in one.items), ZERO)
    far = []
    for item in one.items:
        middle = medians.get(item.number)
        if middle is None or not item.unit_price or (item.amount or ZERO) * HUNDRED < rules.unbalanced_share * total:
            continue
        if abs(item.unit_price - middle) * HUNDRED > rules.unbalanced_percent * middle:
            off = round_half_up((item.unit_price - middle) * HUNDRED / middle, 1)
            far.append(one.at(item, unit_price=plain(item.unit_price), median=plain(middle), percent=f"{off:+f}"))
    if far:
        yield finding(FindingKind.UNBALANCED, far, {"threshold": plain(rules.unbalanced_percent)})
