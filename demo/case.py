"""The facts of the case that is played (`cn01.json`), in the platform's own terms."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from app.casefile.codec import decode, encode
from crypto.canonical import Json
from evaluation.criteria import CriteriaSet, Criterion
from evaluation.evaluate import EvaluationRules
from evaluation.prices import PriceRule
from evaluation.published import split_totals
from evaluation.scoring import Aggregation, ScoringRules
from evaluation.sitting import ReviewItem

PATH = Path(__file__).with_name("cn01.json")
LOT = "1"


@dataclass(frozen=True)
class DemoCase:
    """The figures of one published case; members' columns are named as they were published (E1 to E5)."""

    facts: dict[str, Any]

    @classmethod
    def read(cls, path: Path = PATH) -> DemoCase:
        return cls(json.loads(path.read_text("utf-8")))

    @property
    def code(self) -> str:
        return str(self.facts["code"])

    @property
    def bidders(self) -> list[dict[str, Any]]:
        return list(self.facts["bidders"])

    @property
    def people(self) -> dict[str, dict[str, Any]]:
        """Everybody whose account the administrator prepares, by log-in."""
        return {person["login"]: person for person in self.facts["people"]}

    def bidder(self, code: str) -> dict[str, Any]:
        return next(b for b in self.bidders if b["code"] == code)

    def bidder_named(self, name: str) -> dict[str, Any]:
        return next(b for b in self.bidders if b["name"] == name)

    @cached_property
    def criteria(self) -> CriteriaSet:
        shared = {"step": self.facts["step"], "bands": []}
        found = tuple(decode(Criterion, {**entry, **shared}) for entry in self.facts["criteria"])
        return CriteriaSet(found, sum((c.full for c in found), Decimal(0)))

    @cached_property
    def evaluation(self) -> EvaluationRules:
        """Lowest price ratio to two places, simple mean to two places, as published."""
        return EvaluationRules(
            criteria=self.criteria,
            price_rule=PriceRule("lowest_price_ratio", {"full": self.criteria.price.full, "places": Decimal(2)}),
            scoring=ScoringRules(Aggregation.SIMPLE_MEAN, places=2, trim_from=5, outlier_share=Decimal("0.3")),
            tie_chain=("lower_price",),
            may_draw=False,
            most_candidates=len(self.bidders),
        )

    def form(self, deadline_at: datetime, committee: str) -> dict[str, Json]:
        """What the agency's officer types: the tender's terms without documents."""
        lot = {
            "number": LOT,
            "title": self.facts["lot_title"],
            "budget": self.facts["budget"],
            "ceiling": self.facts["ceiling"],
            "deadline_at": encode(deadline_at),
            "evaluation": encode(self.evaluation),
            "review_items": encode(tuple(decode(ReviewItem, item) for item in self.facts["review_items"])),
        }
        names = ("code", "title", "buyer", "buyer_code", "region", "method", "notice", "profile")
        return {**{name: self.facts[name] for name in names}, "committee": committee, "lots": [lot]}

    def column(self, seat: int, expert_seats: list[int]) -> str:
        """The published column that a seat plays: experts in order of their seats, the buyer's member apart."""
        columns = self.facts["columns"]
        return str(columns["experts"][expert_seats.index(seat)] if seat in expert_seats else columns["buyer"])

    def scores(self, bidder: str) -> dict[str, dict[str, Decimal]]:
        """Every member's scores of one bidder by column and criterion.

        Only totals are published. `split_totals` parts what a total leaves after the price score over the criteria:
        objective ones alike for all members, the rest in proportion to the full marks, sums exact.
        """
        facts = self.bidder(bidder)
        totals = {column: Decimal(text) for column, text in facts["member_totals"].items()}
        without_price = [total - Decimal(facts["price_score"]) for total in totals.values()]
        return dict(zip(totals, split_totals(self.criteria, without_price), strict=True))

    def sheet(self, column: str) -> dict[str, dict[str, Decimal]]:
        """One member's whole sheet by bidder code and criterion."""
        return {bidder["code"]: self.scores(bidder["code"])[column] for bidder in self.bidders}
