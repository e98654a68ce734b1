"""The time that a bidder has to answer what the committee asks, and what an answer must be.

1. How long the time may be, and is where the chair says nothing else, the profile says; one without such a number knows
   no clarifications. It runs from the sending, and rests while the sitting stands still: what is left goes on
   afterwards, so that no recess lengthens it beyond the most that the profile has.
2. Whose bid it is answers: once, strictly before the end, with at most so many PDF files of at most such a size.
3. Where bidders are anonymous the answer does not name its own.
4. What nobody has answered lapses when its time has passed; the platform records it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from app.procedure.anonymity import plain_name
from app.procedure.errors import RuleViolation
from app.procedure.profiles import ClarificationTime, Profile
from evaluation.sitting import (
    OF_PRICES,
    AnswerFile,
    ChairRolledBack,
    ClarificationAnswered,
    ClarificationAsked,
    ClarificationDecided,
    ClarificationLapsed,
    ClarificationProposed,
    ClarificationSent,
    ClarificationSubject,
    ExplanationDecided,
    ExplanationJudged,
    MemberRecused,
    ReviewRolledBack,
    SittingAbandoned,
    SittingResumed,
    SittingSuspended,
)

MOST_FILES = 5  # with one answer
MOST_BYTES = 8 << 20  # of one of them
SHORTEST_NAME = 2  # letters of a person's name: one alone stands in too many words
LONGEST_QUESTION = LONGEST_ANSWER = 2_000  # characters; a page of the report holds as many
LONGEST_PLACE = LONGEST_NAME = 300
LONGEST_REASON = 500


@dataclass(frozen=True)
class Course:
    """What of a request is known, with its times; `since`: from when the bidder's time counts, moved by the standstills
    in which it rested, None where it does not run; `rested_at`: since when it rests, `resumed_at`: when it last went
    on. What a holder may not see leaves its place empty.
    """

    proposed_at: datetime | None = None
    decided: ClarificationDecided | None = None
    decided_at: datetime | None = None
    asked: ClarificationAsked | None = None
    asked_at: datetime | None = None
    since: datetime | None = None
    rested_at: datetime | None = None
    resumed_at: datetime | None = None
    answered: ClarificationAnswered | None = None
    answered_at: datetime | None = None
    lapsed_at: datetime | None = None
    explained: ExplanationDecided | None = None  # of a price: whether the answer proves it reasonable
    explained_at: datetime | None = None

    @property
    def until(self) -> datetime | None:
        """The end of the time, which was or is the bidder's; None where it was asked nothing, or the time rests."""
        if self.asked is None or self.since is None or self.rested_at is not None:
            return None
        return self.since + timedelta(seconds=self.asked.seconds)

    @property
    def of_price(self) -> bool:
        """Whether the bidder is to explain its price."""
        return self.asked is not None and self.asked.subject is ClarificationSubject.LOW_PRICE

    @property
    def of_arithmetic(self) -> bool:
        """Whether the bidder is to confirm a corrected price."""
        return self.asked is not None and self.asked.subject is ClarificationSubject.ARITHMETIC

    @property
    def after_locks(self) -> bool:
        """Whether it is about a price, which members know after the last lock."""
        return self.asked is not None and self.asked.subject in OF_PRICES

    @property
    def open(self) -> bool:
        """Whether an answer is awaited."""
        return self.asked is not None and self.answered_at is None and self.lapsed_at is None


Clarifying = Mapping[str, Course]  # by the id of the request, in order


@dataclass(frozen=True)
class Answerer:
    """Of which bid somebody may speak ("": of none), and by which names not: the bidder's own where it is hidden, and
    that of the project manager whom the opening names."""

    bid: str = ""
    name: str = ""
    manager: str = ""


def check(clarifying: Clarifying, fact: Any, answerer: Answerer, now: datetime, profile: Profile) -> None:
    """What a step of a clarification needs beyond the rules of the sitting.

    Raises RuleViolation `clarification_not_known`, `clarification_text_long`, `clarification_time_wrong`,
    `clarification_not_asked`, `clarification_answered_before`, `clarification_late`, `clarification_text_names_bidder`,
    `clarification_text_names_manager`, `clarification_not_due`, `clarification_id_taken`, `files_too_many`,
    `file_too_large`, `clarification_file_not_pdf`.
    """
    match fact:
        case ClarificationProposed():
            _require_known(profile)
            if fact.id in clarifying:
                raise RuleViolation("clarification_id_taken")
            _require_short(fact.place, LONGEST_PLACE)
            _require_short(fact.question, LONGEST_QUESTION)
        case ExplanationJudged():
            _require_short(fact.reason, LONGEST_REASON)
        case ClarificationSent():
            _check_time(_require_known(profile), fact.seconds, now)
        case ClarificationAnswered():
            _check_answer(clarifying, fact, answerer, now)
        case ClarificationLapsed():
            course = clarifying.get(fact.id, Course())
            if not course.open or course.until is None or now < course.until:
                raise RuleViolation("clarification_not_due")


def _require_known(profile: Profile) -> ClarificationTime:
    if profile.clarification is None:
        raise RuleViolation("clarification_not_known")
    return profile.clarification


def _require_short(text: str, most: int) -> None:
    if len(text) > most:
        raise RuleViolation("clarification_text_long", length=len(text), most=most)


def _check_time(time: ClarificationTime, seconds: int, now: datetime) -> None:
    if not time.seconds_least(now) <= seconds <= time.seconds_most(now):
        raise RuleViolation("clarification_time_wrong", seconds=seconds, least=str(time.least), most=str(time.most))


def check_asked(clarifying: Clarifying, fact: ClarificationAnswered, answerer: Answerer, *, rests: bool) -> None:
    """Whether its bidder speaks, and may now: why a sitting stands still is not for bidders.

    Raises RuleViolation `clarification_not_asked`, `clarification_rests`.
    """
    course = clarifying.get(fact.id, Course())
    if course.asked is None or not answerer.bid or {course.asked.bid, fact.bid} != {answerer.bid}:
        raise RuleViolation("clarification_not_asked")
    if rests and course.open:
        raise RuleViolation("clarification_rests")


def _check_answer(clarifying: Clarifying, fact: ClarificationAnswered, answerer: Answerer, now: datetime) -> None:
    check_asked(clarifying, fact, answerer, rests=False)
    course = clarifying.get(fact.id, Course())
    if course.answered_at is not None:
        raise RuleViolation("clarification_answered_before", at=course.answered_at)
    if course.rested_at is None and (course.until is None or now >= course.until):
        raise RuleViolation("clarification_late", until=course.until, now=now)
    _require_short(fact.text, LONGEST_ANSWER)
    if answerer.name and plain_name(answerer.name) in plain_name(fact.text):
        raise RuleViolation("clarification_text_names_bidder")
    manager = plain_name(answerer.manager)
    if len(manager) >= SHORTEST_NAME and manager in plain_name(fact.text):
        raise RuleViolation("clarification_text_names_manager")
    check_files(fact.files)


def answer_file_name(id: str, number: int) -> str:
    """How a file of an answer is called everywhere but in the act itself: a name that is typed may be the bidder's."""
    return f"澄清答复-{id[:6]}-{number}.pdf"


def check_files(files: tuple[AnswerFile, ...]) -> None:
    """Raises RuleViolation `files_too_many`, `clarification_text_long`, `file_too_large`,
    `clarification_file_not_pdf`."""
    if len(files) > MOST_FILES:
        raise RuleViolation("files_too_many", files=len(files), most=MOST_FILES)
    for file in files:
        _require_short(file.name, LONGEST_NAME)
        if not 0 < file.size <= MOST_BYTES:
            raise RuleViolation("file_too_large", name=file.name, size=file.size, most=MOST_BYTES)
        if not file.name.lower().endswith(".pdf"):
            raise RuleViolation("clarification_file_not_pdf", name=file.name)


def apply(clarifying: Clarifying, fact: Any, at: datetime) -> Clarifying:
    """The state after an accepted fact."""
    match fact:
        case ClarificationProposed():
            return {**clarifying, fact.id: Course(proposed_at=at)}
        case ClarificationDecided():
            return _changed(clarifying, fact.id, decided=fact, decided_at=at)
        case ClarificationAsked():
            return _changed(clarifying, fact.id, asked=fact, asked_at=at, since=at)
        case ClarificationAnswered():
            return _changed(clarifying, fact.id, answered=fact, answered_at=at)
        case ClarificationLapsed():
            return _changed(clarifying, fact.id, lapsed_at=at)
        case ExplanationDecided():
            return _changed(clarifying, fact.id, explained=fact, explained_at=at)
        case MemberRecused() | ReviewRolledBack() | ChairRolledBack():  # whoever sits then decides anew
            return {id: replace(one, explained=None, explained_at=None) for id, one in clarifying.items()}
        case SittingSuspended():
            return {id: _rested(one, at) for id, one in clarifying.items()}
        case SittingResumed():
            return {id: _resumed(one, at) for id, one in clarifying.items()}
        case SittingAbandoned():
            return {id: replace(one, since=None) if one.open else one for id, one in clarifying.items()}
    return clarifying


def _rested(one: Course, at: datetime) -> Course:
    """The time rests from now on, if it does not rest already."""
    return replace(one, rested_at=at) if one.open and one.rested_at is None else one


def _resumed(one: Course, at: datetime) -> Course:
    if not one.open or one.since is None or one.rested_at is None:
        return one
    return replace(one, since=one.since + (at - one.rested_at), rested_at=None, resumed_at=at)


def _changed(clarifying: Clarifying, id: str, **changes: Any) -> Clarifying:
    return {**clarifying, id: replace(clarifying.get(id, Course()), **changes)}
