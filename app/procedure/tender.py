"""A tender from submission to its deadline: two persons publish, questions and amendments follow the profile's periods.

Facts of persons are what they sign; `decide` accepts a fact, with its consequences, or refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from app.procedure import deadlines, trustees
from app.procedure.calendar import add
from app.procedure.deadlines import Timetable
from app.procedure.errors import RuleViolation
from app.procedure.terms import CaseOpened, TenderTerms, check_terms
from app.procedure.trustees import TrusteesChanged
from crypto.canonical import Json
from crypto.committee import Committee
from crypto.timelock import Round


@dataclass(frozen=True)
class TenderSubmitted:
    """An agency officer asks the supervisor to publish (ROLES 3)."""

    terms: TenderTerms


@dataclass(frozen=True)
class TenderReturned:
    reason: str


@dataclass(frozen=True)
class TenderPublished:
    """A supervisor, who is not the author, releases exactly the submitted terms."""

    terms_sha256: str


@dataclass(frozen=True)
class QuestionAsked:
    question: str
    text: str


@dataclass(frozen=True)
class AnswerProposed:
    question: str
    text: str


@dataclass(frozen=True)
class AnswerReleased:
    """The supervisor publishes the officer's answer word for word; the asker is not named."""

    question: str
    text: str


@dataclass(frozen=True)
class AmendmentProposed:
    """A change that affects bids, with the deadlines it brings, by lot; a deadline only ever moves later."""

    amendment: str
    text: str
    deadlines: dict[str, datetime]


@dataclass(frozen=True)
class AmendmentReleased:
    amendment: str
    text: str
    deadlines: dict[str, datetime]


@dataclass(frozen=True)
class Question:
    asker: str
    text: str
    asked_at: datetime
    proposed: str = ""
    proposed_by: str = ""
    answer: str = ""
    answered_at: datetime | None = None


@dataclass(frozen=True)
class Amendment:
    text: str
    deadlines: dict[str, datetime]
    proposed_by: str
    released_at: datetime | None = None


@dataclass(frozen=True)
class Tender:
    """State: the fold of a case's tender facts."""

    parties: CaseOpened | None = None
    terms: TenderTerms | None = None
    submitted_by: str = ""
    terms_sha256: str = ""
    returned: str = ""
    published_at: datetime | None = None
    published_by: str = ""
    questions: Mapping[str, Question] = field(default_factory=dict)
    amendments: Mapping[str, Amendment] = field(default_factory=dict)
    timetable: Timetable = field(default_factory=Timetable)
    trustees: tuple[TrusteesChanged, ...] = ()  # since publication

    @property
    def deadlines(self) -> Mapping[str, datetime]:
        """The deadline of each lot as it stands; none before the tender is published."""
        return self.timetable.deadlines

    def rounds(self, lot: str) -> tuple[Round, ...]:
        """The rounds to which a bid on the lot may be sealed, none where there is no second lock.

        The first after each deadline that the lot has had, the latest last: a postponement voids no bid that is sealed
        already, and no bid may be sealed so that it opens later than the others (ADR 0022).
        """
        chain = self.published.chain
        return tuple(chain.round_after(at) for at in self.timetable.had(lot)) if chain else ()

    @property
    def committee(self) -> Json:
        """The description of the trustees whose shares count now; {} before terms are submitted."""
        if self.trustees:
            return self.trustees[-1].committee
        return self.terms.committee if self.terms is not None else {}

    @cached_property
    def joint(self) -> Committee:
        """The same, read. Raises CryptoError of a malformed description."""
        return Committee.from_description(self.committee)

    @property
    def published(self) -> TenderTerms:
        """The terms of a published tender. Raises RuleViolation `tender_not_published`."""
        if self.terms is None or self.published_at is None:
            raise RuleViolation("tender_not_published")
        return self.terms


Fact = (
    CaseOpened
    | TenderSubmitted
    | TenderReturned
    | TenderPublished
    | QuestionAsked
    | AnswerProposed
    | AnswerReleased
    | AmendmentProposed
    | AmendmentReleased
    | TrusteesChanged
    | deadlines.Fact
    | deadlines.OutageMeasured
)


def decide(tender: Tender, fact: Fact, by: str, now: datetime) -> tuple[Fact, ...]:
    """The accepted fact, or RuleViolation; `by` is the actor."""
    match fact:
        case CaseOpened():
            if tender.parties is not None:
                raise RuleViolation("case_already_opened")
        case TenderSubmitted():
            _decide_submission(tender, fact, now)
        case TenderReturned() | TenderPublished():
            _decide_release(tender, fact, by, now)
        case QuestionAsked():
            _decide_question(tender, fact, now)
        case AnswerProposed():
            _open_question(tender, fact.question)
        case AnswerReleased():
            _decide_answer(tender, fact, by)
        case AmendmentProposed():
            _decide_amendment(tender, fact, now)
        case AmendmentReleased():
            _decide_amendment_release(tender, fact, by, now)
        case _:
            _decide_running(tender, fact, by, now)
    return (fact,)


def _decide_submission(tender: Tender, fact: TenderSubmitted, now: datetime) -> None:
    if tender.published_at is not None:
        raise RuleViolation("tender_already_published")
    if fact.terms.parties != tender.parties:
        raise RuleViolation("parties_differ")
    if fact.terms == tender.terms and not tender.returned:
        raise RuleViolation("terms_already_submitted")
    check_terms(fact.terms, now)


def _decide_running(
    tender: Tender, fact: TrusteesChanged | deadlines.OutageMeasured | deadlines.Fact, by: str, now: datetime
) -> None:
    """What befalls a tender from outside: other trustees, another timetable."""
    profile, since = tender.published.profile, tender.published_at
    assert since is not None
    if isinstance(fact, TrusteesChanged):
        trustees.decide(tender.committee, fact)
    elif isinstance(fact, deadlines.OutageMeasured):
        deadlines.check_measured(tender.timetable, fact, now, since, profile)
    else:
        deadlines.decide(tender.timetable, fact, by, now, since, profile)


def _decide_release(tender: Tender, fact: TenderReturned | TenderPublished, by: str, now: datetime) -> None:
    if tender.terms is None or tender.returned:
        raise RuleViolation("nothing_submitted")
    if tender.published_at is not None:
        raise RuleViolation("tender_already_published")
    if by == tender.submitted_by:
        raise RuleViolation("second_person_needed")
    if isinstance(fact, TenderPublished):
        if fact.terms_sha256 != tender.terms_sha256:
            raise RuleViolation("object_has_changed", expected=tender.terms_sha256[:12], stated=fact.terms_sha256[:12])
        check_terms(tender.terms, now)


def question_deadline(tender: Tender) -> datetime:
    """Until when questions are taken: the profile's period before the first deadline (实施条例 22)."""
    terms = tender.published
    first = min(tender.deadlines.values())
    return first - (add(first, terms.profile.question_before_deadline) - first)


def _decide_question(tender: Tender, fact: QuestionAsked, now: datetime) -> None:
    until = question_deadline(tender)
    if now >= until:
        raise RuleViolation("question_too_late", until=until)
    if fact.question in tender.questions:
        raise RuleViolation("question_repeated")
    if not fact.text.strip():
        raise RuleViolation("text_missing")


def _open_question(tender: Tender, question: str) -> Question:
    found = tender.questions.get(question)
    if found is None:
        raise RuleViolation("question_unknown")
    if found.answered_at is not None:
        raise RuleViolation("question_already_answered", answered_at=found.answered_at)
    return found


def _decide_answer(tender: Tender, fact: AnswerReleased, by: str) -> None:
    question = _open_question(tender, fact.question)
    if not question.proposed:
        raise RuleViolation("nothing_submitted")
    if by == question.proposed_by:
        raise RuleViolation("second_person_needed")
    if fact.text != question.proposed:
        raise RuleViolation("object_has_changed", expected=question.proposed[:12], stated=fact.text[:12])


def _decide_amendment(tender: Tender, fact: AmendmentProposed | AmendmentReleased, now: datetime) -> None:
    profile = tender.published.profile
    after = {**tender.deadlines, **fact.deadlines}
    deadlines.check_later(tender.timetable, after, now)
    earliest = add(now, profile.amendment_before_deadline)
    for deadline_at in after.values():
        if deadline_at < earliest:
            period = str(profile.amendment_before_deadline)
            raise RuleViolation("amendment_too_late", deadline_at=deadline_at, earliest_at=earliest, period=period)


def _decide_amendment_release(tender: Tender, fact: AmendmentReleased, by: str, now: datetime) -> None:
    proposed = tender.amendments.get(fact.amendment)
    if proposed is None or proposed.released_at is not None:
        raise RuleViolation("nothing_submitted")
    if by == proposed.proposed_by:
        raise RuleViolation("second_person_needed")
    if (fact.text, fact.deadlines) != (proposed.text, proposed.deadlines):
        raise RuleViolation("object_has_changed", expected=proposed.text[:12], stated=fact.text[:12])
    _decide_amendment(tender, fact, now)


def apply(tender: Tender, fact: Fact, by: str, at: datetime, fact_sha256: str = "") -> Tender:
    """The state after an accepted fact; `fact_sha256` is the digest of its payload."""
    match fact:
        case CaseOpened():
            return replace(tender, parties=fact)
        case TenderSubmitted():
            return replace(tender, terms=fact.terms, submitted_by=by, terms_sha256=fact_sha256, returned="")
        case TenderReturned():
            return replace(tender, returned=fact.reason)
        case TenderPublished():
            assert tender.terms is not None
            timetable = Timetable({lot.number: lot.deadline_at for lot in tender.terms.lots})
            return replace(tender, published_at=at, published_by=by, timetable=timetable)
        case QuestionAsked():
            return _with_question(tender, fact.question, Question(by, fact.text, at))
        case AnswerProposed():
            question = replace(tender.questions[fact.question], proposed=fact.text, proposed_by=by)
            return _with_question(tender, fact.question, question)
        case AnswerReleased():
            question = replace(tender.questions[fact.question], answer=fact.text, answered_at=at)
            return _with_question(tender, fact.question, question)
        case AmendmentProposed():
            amendment = Amendment(fact.text, fact.deadlines, by)
            return replace(tender, amendments={**tender.amendments, fact.amendment: amendment})
        case AmendmentReleased():
            amendment = replace(tender.amendments[fact.amendment], released_at=at)
            amendments = {**tender.amendments, fact.amendment: amendment}
            timetable = tender.timetable.moved(type(fact).__name__, fact.text, fact.deadlines, at)
            return replace(tender, amendments=amendments, timetable=timetable)
        case TrusteesChanged():
            return replace(tender, trustees=(*tender.trustees, fact))
        case deadlines.OutageMeasured():
            return replace(tender, timetable=replace(tender.timetable, measured=fact))
        case _:
            return replace(tender, timetable=deadlines.apply(tender.timetable, fact, by, at))


def _with_question(tender: Tender, key: str, question: Question) -> Tender:
    return replace(tender, questions={**tender.questions, key: question})
