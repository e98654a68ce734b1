"""What a published evaluation says of the core product: the brand of each bid, and which spellings are one brand."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from evaluation.brands import Groups, among, counted_bidders, joined, same_brands, sound_groups, spellings
from evaluation.published_format import Entry
from evaluation.recusal import same_name

FEWEST_BIDDERS = 3  # Law art. 28; of goods O87 art. 31: as they count by brands


@dataclass(frozen=True)
class PublishedBrands:
    """The brand of each bid as stated, and of the evaluated bids those that offer one, by groups of at least two. A bid
    of which none is stated is of no such group."""

    product: str = ""
    stated: dict[str, str] = field(default_factory=dict)
    groups: Groups = ()

    def unstated(self, bids: Collection[str]) -> tuple[str, ...]:
        """Of these bids those without a brand, where others have one."""
        return tuple(bid for bid in bids if bid not in self.stated) if self.stated else ()

    def counted(self, bids: Collection[str]) -> int:
        """As how many bidders these bids count."""
        return counted_bidders(tuple(bids), self.groups)

    def of(self, bids: Collection[str]) -> tuple[str, ...]:
        """The spellings under which these bids state their brand, in order."""
        return spellings(self.stated[bid] for bid in bids)


def read_brands(case: Entry, bidders: Mapping[str, Entry], evaluated: Collection[str]) -> PublishedBrands:
    """Of all bidders, by code; only bids that are `evaluated` count. Raises RuleViolation `published_format`."""
    stated = {code: one.text("brand") for code, one in bidders.items() if not one.blank("brand")}
    same = _same(case, stated) if "same_brands" in case.fields else ()
    product = case.text("core_product") if "core_product" in case.fields else ""
    return PublishedBrands(product, stated, among(same_brands(stated, same), evaluated))


def _same(case: Entry, stated: Mapping[str, str]) -> Groups:
    """The spellings that the file holds to be one brand: each is stated of a bid, and in one group alone."""
    given: Any = case.fields["same_brands"]
    if not isinstance(given, list):
        case.refuse("same_brands", "published_brands")
    first = {same_name(one): one for one in spellings(stated.values())}
    rows = [Entry(case.where, {"same_brands": group}).texts("same_brands") for group in given]
    groups = tuple(tuple(first.get(same_name(name), name) for name in row) for row in rows)
    if not sound_groups(groups, first.values()):
        case.refuse("same_brands", "published_brands")
    return joined(groups)
