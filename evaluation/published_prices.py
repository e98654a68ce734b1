"""What a published evaluation says of the price of each bid: as bid, in words, corrected, and what is compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from evaluation.capitals import read_capitals
from evaluation.evaluate import compared_price
from evaluation.price_corrections import ArithmeticGround, PriceCorrection, counted_prices
from evaluation.published_format import Entry

HUNDRED = Decimal(100)
WORDS = ArithmeticGround.WORDS_OVER_FIGURES


@dataclass(frozen=True)
class PublishedPrices:
    """Of the bids that are evaluated the prices that were bid (yuan), what corrects them, and the shares that policy
    leaves out. `unpriced` bids have no price; of `unconfirmed` ones the bidder did not accept its corrected price, and
    of those `to_confirm` the file does not say whether it did."""

    prices: dict[str, Decimal] = field(default_factory=dict)
    corrections: dict[str, PriceCorrection] = field(default_factory=dict)
    deductions: dict[str, Decimal] = field(default_factory=dict)
    unpriced: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    to_confirm: tuple[str, ...] = ()

    def compared(self) -> dict[str, Decimal]:
        """What is compared of each bid, after corrections and deductions."""
        counted = counted_prices(self.prices, self.corrections)
        return {bid: compared_price(price, self.deductions.get(bid)) for bid, price in counted.items()}


def read_prices(bidders: Mapping[str, Entry], in_money: bool) -> PublishedPrices:
    """The prices of all bidders, by code. Raises RuleViolation `published_format`."""
    prices, corrections, deductions = {}, {}, {}
    unpriced, unconfirmed, to_confirm = [], [], []
    for code, bidder in bidders.items():
        price = _price(bidder, in_money)
        if price is None:
            unpriced.append(code)
            continue
        correction = _correction(bidder, price)
        confirmed = _confirmed(bidder)
        if correction is not None and confirmed is False:
            unconfirmed.append(code)
            continue
        prices[code] = price
        if correction is not None:
            corrections[code] = correction
            to_confirm += [] if confirmed else [code]
        if "deduction_percent" in bidder.fields:
            deductions[code] = _share(bidder)
    return PublishedPrices(prices, corrections, deductions, tuple(unpriced), tuple(unconfirmed), tuple(to_confirm))


def changes(bidder: Entry) -> bool:
    """Whether the file says how the price that was bid became the evaluated one."""
    return bool({"bid_words", "correction", "deduction_percent"} & bidder.fields.keys())


def _price(bidder: Entry, in_money: bool) -> Decimal | None:
    """The evaluated price, or the one that was bid where the file says what changes it; None where either is blank."""
    if in_money or changes(bidder):
        return None if bidder.blank("bid_cny") else bidder.number("bid_cny")
    for name in ("evaluated_price_cny", "bid_cny"):
        if name in bidder.fields and bidder.blank(name):
            return None
    named = "bid_cny" if "evaluated_price_cny" not in bidder.fields else "evaluated_price_cny"
    return bidder.number(named) if named in bidder.fields else None


def _correction(bidder: Entry, price: Decimal) -> PriceCorrection | None:
    """What the file corrects, else words that differ from the figures: words count (O12 art. 19, O87 art. 59)."""
    if "correction" in bidder.fields:
        given = bidder.entry("correction")
        known = {one.value: one for one in ArithmeticGround}
        named = given.text("ground")
        if named not in known:
            given.refuse("ground", " / ".join(known))
        return PriceCorrection(given.number("price_cny"), known[named])
    if "bid_words" not in bidder.fields or bidder.blank("bid_words"):
        return None
    said = read_capitals(bidder.text("bid_words"))
    if said is None:
        bidder.refuse("bid_words", "published_words")
    return None if said == price else PriceCorrection(said, WORDS)


def _confirmed(bidder: Entry) -> bool | None:
    value = bidder.fields.get("confirmed")
    if value is not None and not isinstance(value, bool):
        bidder.refuse("confirmed", "true / false")
    return value


def _share(bidder: Entry) -> Decimal:
    percent = bidder.number("deduction_percent")
    if not 0 < percent < HUNDRED:
        bidder.refuse("deduction_percent", "published_percent")
    return percent / HUNDRED
