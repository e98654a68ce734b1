"""A case in which bidder A's price has an arithmetic error: the committee has it confirm the corrected one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.casefile.bid_ids import bid_of
from evaluation import sitting
from evaluation.price_corrections import ArithmeticGround, PriceCorrection
from evaluation.sitting import ClarificationSubject
from tests.app.services.people import LOT
from tests.app.services.questions import IN_TIME, Asking

SUM = ArithmeticGround.SUM_OVER_TOTAL
WHERE, WHY = "分项报价表第 2 页合计", "分项报价表各项单价汇总与总价不一致，请确认按汇总金额修正后的报价。"


class Corrected(Asking):
    """Requests are known by the names that the tests give them."""

    def until_results(self) -> Corrected:
        self.until_review()
        self.review()
        bids = list(self.state.valid)
        self._each(lambda n: sitting.ScoreSheetLocked(n, self.sheet(n, bids), {}))
        self.work_off()
        return self

    def correct(self, id: str, price: str, login: str = "bidder-a", ground: ArithmeticGround = SUM) -> None:
        """A member proposes it, and a majority adopts."""
        to = PriceCorrection(Decimal(price), ground)
        words = {"subject": ClarificationSubject.ARITHMETIC, "place": WHERE, "question": WHY}
        self.propose(id, login, correction=to, **words)
        self.vote(id, True, False, True)

    def ask_to_confirm(self, id: str, price: str, login: str = "bidder-a", seconds: int = IN_TIME) -> None:
        self.correct(id, price, login)
        self.send(id, seconds)

    def confirmation(self, id: str, confirms: bool = True, login: str = "bidder-a", text: str = "") -> Any:
        bid = bid_of(self.case.lots[LOT], self.receipts[login])
        return sitting.ClarificationAnswered(id, bid, text, (), confirms)

    def confirm(self, id: str, confirms: bool = True, login: str = "bidder-a", text: str = "") -> Any:
        return self.act(login, self.confirmation(id, confirms, login, text), LOT)
