"""What an application to the library must bring: its form's columns, and documents of kinds that can be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from app.procedure.errors import RuleViolation
from app.procedure.names import hidden_character
from app.procedure.profiles import Profile
from evaluation.experts import age

LARGEST = 1 << 20  # bytes of a document
MOST_DOCUMENTS = 3
# In the order of the form; the library's number, the term and what two persons decide are not the applicant's to say.
ASKED = (
    "name",
    "id_number",
    "phone",
    "mail",
    "organisation",
    "credit_code",
    "past_employments",
    "site",
    "specialities",
    "title",
    "practising_since",
    "region",
    "qualifications",
    "relatives",
    "interests",
    "service",
)
NEEDED = frozenset({"name", "id_number", "phone", "mail", "organisation", "credit_code", "site", "specialities"}) | {
    "title",
    "practising_since",
    "region",
}
LONGEST_TERM = 10  # years from the day of the review
_KINDS = ((b"%PDF-", "application/pdf"), (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))


@dataclass(frozen=True)
class Document:
    """A file as it was handed in."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Shortfall:
    """Why somebody would not be drawn under a rule book: `what` is `years` in the profession or `age`, `has` and
    `limit` are full years.
    """

    profile: Profile
    what: str
    has: int
    limit: int


def shortfalls(born: date, practising_since: date, today: date, profiles: Iterable[Profile]) -> list[Shortfall]:
    """What an applicant lacks or has passed, under each of the rule books, as of today."""
    found = []
    for profile in profiles:
        if (years := age(practising_since, today)) < profile.expert_years:
            found.append(Shortfall(profile, "years", years, profile.expert_years))
        if (old := age(born, today)) > profile.oldest_expert:
            found.append(Shortfall(profile, "age", old, profile.oldest_expert))
    return found


def check_term(until: date | None, today: date) -> None:
    """The last day of an expert's term. Raises RuleViolation `application_term`, `application_term_long`."""
    if until is None or until <= today:
        raise RuleViolation("application_term")
    if age(today, until) >= LONGEST_TERM:
        raise RuleViolation("application_term_long", until=until, most=LONGEST_TERM)


def document_kind(data: bytes) -> str:
    """The type by what the file begins with; "" for any other."""
    return next((kind for begins, kind in _KINDS if data.startswith(begins)), "")


def check_documents(documents: Sequence[Document]) -> None:
    """Raises RuleViolation `documents_missing`, `documents_many`, `document_large`, `document_kind`,
    `document_name`.
    """
    if not documents:
        raise RuleViolation("documents_missing")
    if len(documents) > MOST_DOCUMENTS:
        raise RuleViolation("documents_many", most=MOST_DOCUMENTS)
    for document in documents:
        if hidden_character(document.name):
            raise RuleViolation("document_name")
        if len(document.data) > LARGEST:
            raise RuleViolation("document_large", name=document.name[:60], most=LARGEST >> 10)
        if not document_kind(document.data):
            raise RuleViolation("document_kind", name=document.name[:60])
