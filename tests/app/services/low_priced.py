"""A case in which the bid of bidder A has a price that is to be explained; three others pass."""

from __future__ import annotations

from dataclasses import dataclass

from evaluation import sitting
from evaluation.sitting import ClarificationSubject
from tests.app.services.questions import IN_TIME, Asking
from tests.app.services.whole_case import PRICES

LOW = PRICES | {"bidder-a": "60000000", "bidder-d": "157000000"}
WHY, PROOF = "请书面说明报价并提交证明材料。", "自有生产线，原料为去年库存，附采购合同。"
NO_PROOF = "合同与所投型号不符"


@dataclass
class LowPriced(Asking):
    """Requests about prices are known by the names that the tests give them."""

    def bid(self) -> LowPriced:
        self.receipts = {login: self.submit(login, price) for login, price in LOW.items()}
        return self

    def until_results(self) -> LowPriced:
        self.until_review()
        self.review()
        bids = list(self.state.valid)
        self._each(lambda n: sitting.ScoreSheetLocked(n, self.sheet(n, bids), {}))
        self.work_off()
        return self

    def price(self, id: str, login: str = "bidder-a", seconds: int = IN_TIME) -> None:
        """A member has the bidder asked, by rule, and the chair sends."""
        self.propose(id, login, subject=ClarificationSubject.LOW_PRICE, place="投标报价", question=WHY)
        self.send(id, seconds)

    def judge(self, id: str, against: int = 0) -> None:
        """Members vote, so many of them against, until that is decided."""
        for place, seat in enumerate(self.members):
            if self.state.clarifications[id].to_judge:
                proven = place >= against
                self.member(sitting.ExplanationJudged(seat, id, proven, "" if proven else NO_PROOF))
