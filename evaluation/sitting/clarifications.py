"""What the committee asks one bidder about its bid, and what the bidder answers (澄清、说明、补正).

Members propose and vote, the chair sends; the bidder reads what was asked in a fact of the system's own, which names no
member and no seat. A request is known by an id that says nothing of how many there are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from evaluation.low_prices import MarkedPrice
from evaluation.price_corrections import PriceCorrection
from evaluation.sitting.events import ReviewItem, SeatFact, SittingEvent

# What is found after the last lock, once the bidder has explained a price that is clearly low, or has not.
PRICE_PROVEN = ReviewItem("price_proven", "报价合理性", "Whether the price is reasonable")
# What follows where a bidder does not confirm the price that its bid has by the published rules of correction.
ARITHMETIC_CONFIRMED = ReviewItem("arithmetic_confirmed", "算术修正确认", "Confirmation of the corrected price")


class ClarificationSubject(StrEnum):
    """About what alone a bidder may be asked (Regulation art. 52, O12 art. 19, O87 art. 51): what is unclear, what is
    stated differently in two places, obvious errors of text or arithmetic.

    `low_price`: that its price is clearly low is to be explained in writing, with proof (O12 art. 21, O87 art. 60).
    `arithmetic`: the price that it has by the published rules of correction is to be confirmed (O12 art. 19, O87
    art. 59).
    """

    UNCLEAR = "unclear"
    INCONSISTENT = "inconsistent"
    OBVIOUS_ERROR = "obvious_error"
    LOW_PRICE = "low_price"
    ARITHMETIC = "arithmetic"


# About a price, which members know after the last lock and never before.
OF_PRICES = frozenset({ClarificationSubject.LOW_PRICE, ClarificationSubject.ARITHMETIC})


class ClarificationStanding(StrEnum):
    """Where a request stands; it is waited for until it has ended.

    `dropped`: a member left before it was sent, so that others have voted than sit now; or the evaluation was given up.
    """

    VOTING = "voting"
    ACCEPTED = "accepted"
    SENT = "sent"
    ANSWERED = "answered"
    LAPSED = "lapsed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    DROPPED = "dropped"


UNSENT = frozenset({ClarificationStanding.VOTING, ClarificationStanding.ACCEPTED})
AWAITED = UNSENT | {ClarificationStanding.SENT}


@dataclass(frozen=True)
class ClarificationProposed(SeatFact):
    """A member wants the bidder of `bid` asked about a place of its bid; it thereby votes for it.

    `correction`: the price that the bidder is to confirm; None in every other question.
    """

    id: str
    bid: str
    subject: ClarificationSubject
    place: str
    question: str
    correction: PriceCorrection | None = None


@dataclass(frozen=True)
class ClarificationVoted(SeatFact):
    """A member's vote on whether the question is asked as it stands."""

    id: str
    agrees: bool


@dataclass(frozen=True)
class ClarificationWithdrawn(SeatFact):
    """Who proposed a question takes it back before it is decided."""

    id: str


@dataclass(frozen=True)
class ClarificationDecided(SittingEvent):
    """More than half of the members are for it, or cannot be any more.

    `by_rule`: about a price that the published rules mark the bidder is asked without a vote.
    """

    id: str
    accepted: bool
    agreed: int
    opposed: int
    by_rule: bool = False


@dataclass(frozen=True)
class ClarificationSent(SeatFact):
    """The chair sends what was voted, with the time that the bidder has for its answer."""

    id: str
    seconds: int


@dataclass(frozen=True)
class ClarificationAsked(SittingEvent):
    """What the bidder of `bid` is asked, word for word as it was voted, and how long it has from here on."""

    id: str
    bid: str
    subject: ClarificationSubject
    place: str
    question: str
    seconds: int
    correction: PriceCorrection | None = None


@dataclass(frozen=True)
class AnswerFile:
    """A PDF that belongs to an answer; `id` is that of the upload which it was."""

    id: str
    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class ClarificationAnswered(SittingEvent):
    """The bidder's answer, signed by the bidder; there is one, and it is final.

    `confirms`: whether it accepts the corrected price; None in every other answer. A confirmation needs no words.
    """

    id: str
    bid: str
    text: str
    files: tuple[AnswerFile, ...]
    confirms: bool | None = None


@dataclass(frozen=True)
class ClarificationLapsed(SittingEvent):
    """The time has passed without an answer."""

    id: str


@dataclass(frozen=True)
class PricesMarked(SittingEvent):
    """The prices that the published rules mark as clearly low, of the bids that passed the review."""

    prices: tuple[MarkedPrice, ...]


@dataclass(frozen=True)
class ExplanationJudged(SeatFact):
    """A member's vote on whether the answer proves a low price reasonable; the reason is one who finds that it does not
    must state."""

    id: str
    proven: bool
    reason: str


@dataclass(frozen=True)
class ExplanationDecided(SittingEvent):
    """More than half of the members find the price of `bid` not proven, or cannot any more."""

    id: str
    bid: str
    proven: bool
    agreed: int
    opposed: int


@dataclass(frozen=True)
class Clarification:
    """A request as it stands; `votes` by seat, that of the proposer among them.

    Of an explained price also the votes about the answer, and whether it is `proven` (None: not decided); of a
    corrected one whether its bidder `confirms` it (None: it has not answered).
    """

    proposed: ClarificationProposed
    standing: ClarificationStanding = ClarificationStanding.VOTING
    votes: dict[int, bool] = field(default_factory=dict)
    judged: dict[int, ExplanationJudged] = field(default_factory=dict)
    proven: bool | None = None
    confirms: bool | None = None

    @property
    def after_locks(self) -> bool:
        """Whether it is about a price: asked once members know prices, and then no review or lock waits for it."""
        return self.proposed.subject in OF_PRICES

    @property
    def of_arithmetic(self) -> bool:
        """Whether a corrected price is to be confirmed."""
        return self.proposed.subject is ClarificationSubject.ARITHMETIC

    @property
    def of_price(self) -> bool:
        """Whether a price is to be explained."""
        return self.proposed.subject is ClarificationSubject.LOW_PRICE

    @property
    def to_judge(self) -> bool:
        """Whether members vote on the answer now."""
        return self.of_price and self.standing is ClarificationStanding.ANSWERED and self.proven is None

    @property
    def agreed(self) -> int:
        return sum(self.votes.values())

    @property
    def opposed(self) -> int:
        return len(self.votes) - self.agreed

    def decision(self, members: int) -> bool | None:
        """Whether it is asked, once that can change no more: more than half of the members decide."""
        if 2 * self.agreed > members:
            return True
        return False if 2 * (members - self.opposed) <= members else None
