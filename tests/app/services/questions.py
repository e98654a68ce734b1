"""A case in which the committee asks bidders about their bids."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.casefile.bid_ids import bid_of
from app.models import Upload
from app.services import clarifications
from evaluation import sitting
from evaluation.sitting import AnswerFile, ClarificationSubject, SeatFact
from tests.app.services.whole_case import DRAWN, LOT, WholeCase

QUESTION, TEXT = "交货期第 3 页为 60 日，第 9 页为 90 日，以哪一处为准？", "以第 3 页的 60 日为准。"
PLACE = "技术文件第 3、9 页"
PAPER = b"%PDF-1.7\n1 0 obj << /Title (note) >> endobj\n"
IN_TIME = 120


@dataclass
class Asking(WholeCase):
    """Requests are known by the names that the tests give them."""

    uploads: list[str] = field(default_factory=list)

    def until_review(self) -> Asking:
        return self.through(f"{DRAWN} seat_all elect")

    @property
    def others(self) -> list[int]:
        return [number for number in self.members if number != self.chair]

    def member(self, fact: SeatFact) -> None:
        self.act(self.members[fact.seat], fact)

    def propose(self, id: str, login: str = "bidder-a", seat: int = 0, **words: Any) -> None:
        text = {"subject": ClarificationSubject.INCONSISTENT, "place": PLACE, "question": QUESTION} | words
        self.member(
            sitting.ClarificationProposed(
                seat or self.others[0], id, bid_of(self.case.lots[LOT], self.receipts[login]), **text
            )
        )

    def vote(self, id: str, *agree: bool) -> None:
        """Members other than who proposed, in the order of their seats, until the vote is closed."""
        by = self.state.clarifications[id].proposed.seat
        for seat, agrees in zip((n for n in self.members if n != by), agree, strict=False):
            self.member(sitting.ClarificationVoted(seat, id, agrees))

    def send(self, id: str, seconds: int = IN_TIME) -> None:
        self.member(sitting.ClarificationSent(self.chair, id, seconds))

    def ask(self, id: str, login: str = "bidder-a", seconds: int = IN_TIME) -> None:
        self.propose(id, login)
        self.vote(id, True, False, True)
        self.send(id, seconds)

    def paper(self, login: str = "bidder-a", data: bytes = PAPER, name: str = "交货期说明.pdf") -> AnswerFile:
        return clarifications.take_answer_file(self.platform, self.people[login].log_in, name, data)

    def answer(self, id: str, login: str = "bidder-a", text: str = TEXT, files: tuple[AnswerFile, ...] = ()) -> Any:
        return self.act(login, self.answered(id, login, text, files), LOT)

    def answered(self, id: str, login: str = "bidder-a", text: str = TEXT, files: tuple[AnswerFile, ...] = ()) -> Any:
        return sitting.ClarificationAnswered(id, bid_of(self.case.lots[LOT], self.receipts[login]), text, files)

    def ask_around(self) -> None:
        """One that is answered, one that nobody answers, one refused, one taken back."""
        self.ask("a1")
        self.answer("a1", files=(self.paper(),))
        self.ask("b2", "bidder-b")
        self.work_off(IN_TIME)
        self.propose("c3", "bidder-c")
        self.vote("c3", False, False, False)
        self.propose("d4", "bidder-c", question="质保期自何时起算？")
        self.member(sitting.ClarificationWithdrawn(self.others[0], "d4"))

    def score_all(self) -> None:
        self._score([bid.bid for bid in self.state.bids])

    def pending_uploads(self) -> int:
        with self.platform.database.reading() as db_session:
            return db_session.query(Upload).count()
