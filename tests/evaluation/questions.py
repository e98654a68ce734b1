"""What a committee asks a bidder, as tests of sittings make it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from random import Random

from evaluation.price_corrections import ArithmeticGround, PriceCorrection
from evaluation.sitting import (
    AnswerFile,
    ClarificationAnswered,
    ClarificationLapsed,
    ClarificationProposed,
    ClarificationSent,
    ClarificationStanding,
    ClarificationSubject,
    ClarificationVoted,
    ClarificationWithdrawn,
    ExplanationJudged,
    SittingEvent,
    SittingState,
    Stage,
)
from evaluation.sitting.price_rules import of_price

ID = "q-1"
S = ClarificationStanding
FILE = AnswerFile("f-1", "说明.pdf", 1200, "c" * 64)


def proposal(seat: int = 1, id: str = ID, bid: str = "A", subject: ClarificationSubject | None = None, **changes: str):
    words = {"place": "page 12", "question": "Which of the two terms of delivery is meant?"} | changes
    return ClarificationProposed(seat, id, bid, subject or ClarificationSubject.INCONSISTENT, **words)


def explain(seat: int = 1, id: str = ID, bid: str = "A") -> ClarificationProposed:
    """That a bidder explains its price."""
    return proposal(seat, id, bid, ClarificationSubject.LOW_PRICE)


def correct(seat: int = 1, id: str = ID, bid: str = "A", price: str = "1580000", ground: str = "unit_over_total"):
    """That a bidder confirms a corrected price."""
    to = PriceCorrection(Decimal(price), ArithmeticGround(ground))
    return proposal(seat, id, bid, ClarificationSubject.ARITHMETIC, correction=to)


def confirm(id: str = ID, bid: str = "A", confirms: bool = True, text: str = ""):
    return ClarificationAnswered(id, bid, text, (), confirms)


def answer(id: str = ID, bid: str = "A", text: str = "sixty days", files: tuple[AnswerFile, ...] = (FILE,)):
    return ClarificationAnswered(id, bid, text, files)


def anything(state: SittingState, seat: int, rng: Random) -> SittingEvent:
    """A step of a clarification that may or may not be one now."""
    ids = [*state.clarifications, "nothing"]
    awaited = [one.proposed.id for one in state.clarifications_awaited] or ids
    id = rng.choice(awaited if rng.random() < 0.8 else ids)
    found = state.clarifications.get(id)
    bid = found.proposed.bid if found else rng.choice("ABC")
    judged = [one.proposed.id for one in state.clarifications.values() if one.to_judge]
    return rng.choice(
        (
            proposal(seat, f"q-{len(ids)}", rng.choice("ABC")),
            ClarificationVoted(seat, id, rng.random() < 0.6),
            ClarificationVoted(seat, id, rng.random() < 0.6),
            ClarificationWithdrawn(found.proposed.seat if found else seat, id),
            ClarificationSent(state.chair or seat, id, 600),
            answer(id, bid),
            ClarificationLapsed(id),
            explain(seat, f"q-{len(ids)}", rng.choice("ABC")),
            correct(seat, f"q-{len(ids)}", rng.choice("ABC"), rng.choice(("1500000", "1574022", "1590000"))),
            confirm(id, bid, rng.random() < 0.8),
            ExplanationJudged(seat, id if rng.random() < 0.3 else rng.choice(judged or ids), rng.random() < 0.5, "why"),
        )
    )


def settling(state: SittingState, there: list[int]) -> Iterator[SittingEvent]:
    """What people in their right mind do about what is awaited: vote, send, wait."""
    for one in state.clarifications_awaited:
        id = one.proposed.id
        if one.standing is S.SENT:
            answers = confirm(id, one.proposed.bid) if one.of_arithmetic else answer(id, one.proposed.bid)
            yield ClarificationLapsed(id) if len(state.clarifications) % 2 else answers
        elif state.stage in (Stage.REVIEW, Stage.SCORING, Stage.RESULTS):
            if one.standing is S.ACCEPTED and state.chair is not None:
                yield ClarificationSent(state.chair, id, 600)
            yield from (ClarificationVoted(seat, id, True) for seat in there if seat not in one.votes)
    for one in state.clarifications.values():
        if one.to_judge and state.stage is Stage.RESULTS:
            yield from (ExplanationJudged(seat, one.proposed.id, True, "") for seat in there if seat not in one.judged)
    for number, price in enumerate(state.marked):
        if of_price(state, price.bid) is None and state.stage is Stage.RESULTS:
            yield explain(there[0], f"p-{len(state.clarifications)}-{number}", price.bid)
