"""What came out of a play, beside what was published."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from app.casefile.codec import decode
from demo.case import DemoCase
from demo.narrator import Narrator, table, yuan
from evaluation.evaluate import EvaluationResult
from evaluation.sitting import SittingConvened

CENT = Decimal("0.01")


class Outcome:
    """The result that the regulator took home, read with the case's published figures at hand."""

    def __init__(self, case: DemoCase, taken: dict[str, Any]) -> None:
        self.case, self.taken = case, taken
        self.result = decode(EvaluationResult, taken["result"])
        self.convened = decode(SittingConvened, taken["convened"])
        self._names = {bid.bid: bid.bidder_name for bid in self.convened.bids}

    def differences(self) -> list[str]:
        """Every figure that is not the published one; none when the play was right."""
        found = []
        for row in self.result.bids:
            facts = self.case.bidder_named(self._names[row.bid])
            computed = {"price_score": str(row.price_score), "total": str(row.total), "rank": row.rank}
            found += [
                f"{facts['name']} {name}: {value} ≠ {facts[name]}"
                for name, value in computed.items()
                if value != facts[name]
            ]
        if len(self.result.bids) != len(self.case.bidders):
            found.append(f"{len(self.result.bids)} ≠ {len(self.case.bidders)} bids")
        saved = {"saved": str(self.saved), "percent": str(self.percent)}
        published = self.case.facts["savings"]
        return found + [f"{n}: {v} ≠ {published[n]}" for n, v in saved.items() if v != published[n]]

    @property
    def award(self) -> Decimal:
        return self.result.bids[0].price

    @property
    def budget(self) -> Decimal:
        return Decimal(self.case.facts["budget"])

    @property
    def saved(self) -> Decimal:
        return self.budget - self.award

    @property
    def percent(self) -> Decimal:
        return (100 * self.saved / self.budget).quantize(CENT, ROUND_HALF_UP)

    def opening_table(self, narrator: Narrator) -> str:
        """开标一览表."""
        words = narrator.words
        head = [
            words("投标人", "Bidder"),
            words("投标报价（元）", "Price (yuan)"),
            words("交付期（天）", "Days"),
            words("项目负责人", "Manager"),
        ]
        opened = sorted(self.taken["opened"], key=lambda bid: Decimal(bid["price"]))
        rows = [
            [b["bidder_name"], yuan(Decimal(b["price"])), str(b["duration_days"]), b["project_manager"]] for b in opened
        ]
        return table(head, rows)

    def score_table(self, narrator: Narrator) -> str:
        """评分汇总表: the members' totals by seat, their mean, the rank."""
        seats = [str(seat.number) for seat in self.convened.seats]
        members = [narrator.brief(f"席位{seat}", f"Seat {seat}") for seat in seats]
        words = narrator.words
        names = words("投标人", "Bidder"), words("评审价", "Price"), words("价格分", "Score")
        head = [*names, *members, words("得分", "Total"), words("名次", "Rank")]
        rows = [
            [
                self._names[row.bid],
                yuan(row.price),
                str(row.price_score),
                *(str(row.member_totals[seat]) for seat in seats),
                str(row.total),
                str(row.rank),
            ]
            for row in self.result.bids
        ]
        return table(head, rows)
