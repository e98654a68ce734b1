"""A case whose bids raise questions: lists, a file, texts and properties in common, and a file that nobody can read."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reportlab.pdfgen import canvas

from evaluation import sitting
from evaluation.bid_checks import FILE_NAME
from evaluation.sitting import Disposal, FindingPut, FindingVoted, RejectionGround
from tests.app.services.whole_case import PRICES, WholeCase

UNTIL_REVIEW = "found publish bid open draw seat_all elect"
WORKS_UNTIL_REVIEW = "found publish bid read_out conclude draw seat_all elect"
REASON = "两份方案文字基本一致，文件属性相同"


def drawn(author: str, seed: int, pages: int = 3) -> bytes:
    """A PDF by an author, whose pages tell of nothing: words of its own by `seed`."""
    made, rng = io.BytesIO(), random.Random(seed)
    page = canvas.Canvas(made, invariant=1)
    page.setAuthor(author)
    for _number in range(pages):
        for line in range(40):
            words = " ".join("".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(8)) for _ in range(8))
            page.drawString(40, 800 - 18 * line, words)
        page.showPage()
    page.save()
    return made.getvalue()


def listed(price_fen: str, factor: int = 1) -> str:
    """A priced list of twelve items that adds up to the price; the twelfth takes what is left."""
    rows, left = ["项目编码,项目名称,计量单位,工程量,综合单价,合价"], int(price_fen)
    for number in range(1, 12):
        unit = 1000 * number * number * factor
        rows.append(f"{number},项目{number},m3,10,{unit / 100:.2f},{unit / 10:.2f}")
        left -= unit * 10
    rows.append(f"12,项目12,项,1,{left / 100:.2f},{left / 100:.2f}")
    return "\n".join(rows) + "\n"


@dataclass
class CheckedCase(WholeCase):
    """Bids a and b share a plan, its author and a certificate; b multiplies a line wrongly; a file of c is broken."""

    def papers(self, login: str) -> list[Path]:
        folder = self.folder / f"papers-{login}"
        (folder / "技术").mkdir(parents=True, exist_ok=True)
        (folder / FILE_NAME).write_text(listed(PRICES.get(login, "150000000")))
        if login == "bidder-b":
            text = listed(PRICES[login]).replace("1,项目1,m3,10,10.00,100.00", "1,项目1,m3,10,10.00,1000.00")
            (folder / FILE_NAME).write_text(text)
        if login in ("bidder-a", "bidder-b"):
            plan = drawn("张三", 7) if login == "bidder-a" else drawn("张三", 7, pages=4)
            (folder / "技术" / "方案.pdf").write_bytes(plan)
            (folder / "技术" / "认证证书.pdf").write_bytes(b"%PDF-1.7 a certificate of the manufacturer")
        else:
            (folder / "技术" / "方案.pdf").write_bytes(drawn(login, len(login) + ord(login[-1])))
            (folder / "技术" / "坏.pdf").write_bytes(b"%PDF-1.7\n" + b"<<" * 5000)
        return [folder]

    # votes

    def put(self, number: int, disposal: Disposal, *logins: str, ground: RejectionGround | None = None) -> None:
        bids = tuple(self.receipts[login] for login in logins)
        fact = FindingPut(self.chair, number, disposal, REASON, bids, ground)
        self.act(self.members[self.chair], fact)

    def vote(self, number: int, against: int = 0) -> None:
        """One after the other votes, so many against, until it is decided."""
        for place, (seat, person) in enumerate(self.members.items()):
            if self.state.put is not None:
                self.act(person, FindingVoted(seat, number, place >= against, ""))

    def number_of(self, kind: str, login: str = "") -> int:
        """Of the first finding of that kind that is about the bidder's bid, or about any."""
        checked, bid = self.case.lots["1"].checked, self.receipts.get(login, "")
        assert checked is not None
        fits = [found.kind.value == kind and (not bid or bid in found.bids) for found in checked.findings]
        return 1 + fits.index(True)

    def until_results(self) -> CheckedCase:
        """The review passes, everybody locks, and the results stand."""
        self.review()
        bids = list(self.state.valid)
        self._each(lambda n: sitting.ScoreSheetLocked(n, self.sheet(n, bids), {}))
        self.work_off()
        return self

    def each(self, fact_of: Callable[[int], sitting.SittingEvent]) -> None:
        self._each(fact_of)
