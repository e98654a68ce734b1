"""What the committee asks bidders, as the room, and as the bidder that is asked, may read it now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.casefile.anonymous import PRICES_KNOWN, shown_names
from app.casefile.bid_ids import receipt_of
from app.casefile.case import Case, LotCase
from app.casefile.codec import encode
from app.messages import sentence
from app.procedure.clarifying import Course
from app.procedure.money import format_yuan, rmb_capital
from crypto.canonical import Json
from evaluation.price_corrections import PriceCorrection
from evaluation.sitting import (
    AWAITED,
    Clarification,
    ClarificationStanding,
    ClarificationSubject,
    Stage,
    explainable,
    may_propose,
    price_correctable,
)

S = ClarificationStanding
ENDED_UNSENT = frozenset({S.REFUSED, S.WITHDRAWN, S.DROPPED})


@dataclass(frozen=True)
class ClarificationView:
    """A request in the room. How many are for it is told once that is decided; who, never.

    `mine`: how this seat has voted, None where it has not; `may` holds what it may do now: vote withdraw send judge.
    """

    id: str
    bid: str
    bidder: str
    by: int
    subject: ClarificationSubject
    place: str
    question: str
    standing: ClarificationStanding
    voted: int
    of: int
    agreed: int | None
    opposed: int | None
    mine: bool | None
    may: frozenset[str]
    course: Course
    of_price: bool
    correction: str  # the corrected price that is to be confirmed, and by which rule; "" in other questions
    judged: int | None  # how many have voted on an explanation that is voted on, else None

    @property
    def awaited(self) -> bool:
        return self.standing in AWAITED

    @property
    def confirms(self) -> bool | None:
        return self.course.answered.confirms if self.course.answered else None

    @property
    def answer(self) -> str:
        return self.course.answered.text if self.course.answered else ""

    @property
    def files(self) -> int:
        return len(self.course.answered.files) if self.course.answered else 0


def clarifications_of(case: Case, lot: str, seat: int | None, language: str) -> tuple[ClarificationView, ...]:
    """In the order in which they were proposed.

    Whoever succeeds a member is shown what was asked, and nothing of what others only thought of asking; what is about
    a price no member is shown before members know prices.
    """
    state, names = case.lot(lot), shown_names(case, lot, language)
    anew = seat in state.succeeded and state.sitting.result is None
    scoring = bool(seat) and state.sitting.stage not in PRICES_KNOWN
    return tuple(
        _view(state, one, seat, names, language)
        for one in state.sitting.clarifications.values()
        if not (anew and one.standing in ENDED_UNSENT) and not (scoring and one.after_locks)
    )


def _view(
    state: LotCase, one: Clarification, seat: int | None, names: dict[str, str], language: str
) -> ClarificationView:
    proposed, course = one.proposed, state.clarifying.get(one.proposed.id, Course())
    decided = course.decided
    return ClarificationView(
        id=proposed.id,
        bid=proposed.bid,
        bidder=names.get(proposed.bid, ""),
        by=proposed.seat,
        subject=proposed.subject,
        place=proposed.place,
        question=proposed.question,
        standing=one.standing,
        voted=len(one.votes),
        of=len(state.sitting.seats),
        agreed=decided.agreed if decided else None,
        opposed=decided.opposed if decided else None,
        mine=one.votes.get(seat or 0),
        may=_may(state, one, seat),
        course=course,
        of_price=one.of_price,
        correction=correction_words(proposed.correction, language),
        judged=len(one.judged) if one.to_judge else None,
    )


def _may(state: LotCase, one: Clarification, seat: int | None) -> frozenset[str]:
    if not seat or seat not in state.sitting.keys or state.sitting.suspended:
        return frozenset()
    unsent = one.standing is S.VOTING or (one.standing is S.ACCEPTED and not one.of_price)
    may = {
        "vote": one.standing is S.VOTING and seat not in one.votes,
        "withdraw": unsent and seat == one.proposed.seat,
        "send": one.standing is S.ACCEPTED and seat == state.sitting.chair,
        "judge": one.to_judge and state.sitting.stage is Stage.RESULTS and seat not in one.judged,
    }
    return frozenset(act for act, lawful in may.items() if lawful)


def may_ask(case: Case, lot: str, seat: int | None) -> bool:
    """Whether this seat may propose a question to a bidder now."""
    sitting = case.lot(lot).sitting
    own = any(one.standing is S.VOTING and one.proposed.seat == seat for one in sitting.clarifications.values())
    known = case.tender.published.profile.clarification is not None
    return bool(seat) and seat in sitting.keys and known and not own and may_propose(sitting, seat)


def explainable_by(case: Case, lot: str, seat: int | None) -> tuple[str, ...]:
    """The bids about whose price this seat may have the bidder asked now."""
    sitting = case.lot(lot).sitting
    known = case.tender.published.profile.clarification is not None
    may = bool(seat) and seat in sitting.keys and known and not sitting.suspended
    return explainable(sitting) if may else ()


def correctable_by(case: Case, lot: str, seat: int | None) -> tuple[str, ...]:
    """The bids of which this seat may have a corrected price confirmed now."""
    sitting = case.lot(lot).sitting
    known = case.tender.published.profile.clarification is not None
    own = any(one.standing is S.VOTING and one.proposed.seat == seat for one in sitting.clarifications.values())
    may = bool(seat) and seat in sitting.keys and known and not sitting.suspended and not own
    return price_correctable(sitting) if may else ()


def correction_words(to: PriceCorrection | None, language: str) -> str:
    """The price in figures and in words, and the rule by which it counts; "" for none."""
    if to is None:
        return ""
    price = f"{format_yuan(to.price)} ({rmb_capital(to.price)})"
    ground = sentence(f"arithmetic_{to.ground}", {}, language)
    return sentence("correction_asked", {"ground": ground, "price": price}, language)


@dataclass(frozen=True)
class AskedOfBidder:
    """A question as the bidder reads it. `until` is None while its time stands still, or where it ended before."""

    id: str
    course: Course
    until: datetime | None
    over: bool  # nothing can be answered any more: answered, lapsed, or the evaluation has ended
    stands: bool  # the sitting stands still, and the time with it

    def to_json(self) -> dict[str, Json]:
        """As a bidder's program gets it."""
        asked = self.course.asked
        assert asked is not None
        row: dict[str, Json] = {"id": self.id, "bid": asked.bid, "subject": str(asked.subject), "place": asked.place}
        row |= {"question": asked.question, "answered": self.course.answered is not None, "over": self.over}
        row |= {"correction": encode(asked.correction)} if asked.correction else {}
        return row | {"stands": self.stands, "until": encode(self.until) if self.until else ""}


def asked_of(case: Case, lot: str, organisation: str) -> tuple[AskedOfBidder, ...]:
    """What was asked about an organisation's own bid, in the order in which it was."""
    state = case.lots[lot]
    own = state.bidding.of_bidder(organisation)
    if own is None:
        return ()
    found = []
    for id, course in state.clarifying.items():
        if course.asked is not None and receipt_of(state, course.asked.bid) == own.receipt_id:
            over = not course.open or state.evaluation_over
            stands = not over and state.sitting.suspended is not None
            found.append(AskedOfBidder(id, course, None if stands else course.until, over, stands))
    return tuple(found)
