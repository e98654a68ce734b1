"""What the members of a committee give."""

from __future__ import annotations

from decimal import Decimal as D


class Marks:
    """Sheets that differ from seat to seat."""

    def sheet(self, number: int, bids: list[str]) -> dict[str, dict[str, D]]:
        return {bid: {"plan": D(40 + 5 * i) + D(number) / 2, "record": D(2 * i)} for i, bid in enumerate(bids)}

    def far(self, number: int, bids: list[str]) -> dict[str, dict[str, D]]:
        """A sheet whose scores of the plan are so far below the others' that the results mark each of them."""
        return {bid: row | {"plan": row["plan"] - 24} for bid, row in self.sheet(number, bids).items()}
