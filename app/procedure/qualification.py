"""Qualification check of goods: by the buyer or agency, not by the committee (O87 art. 44)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from app.procedure.errors import RuleViolation
from app.procedure.profiles import Profile


@dataclass(frozen=True)
class Qualification:
    qualified: bool
    reason: str


@dataclass(frozen=True)
class QualificationChecked:
    """The agency's signed result for every opened bid, by receipt id."""

    results: dict[str, Qualification]


QUALIFICATION_WORDS = ("资格", "qualification")


def qualification_words(profile: Profile) -> tuple[str, ...]:
    """How the names of files begin that the agency checks the qualification by; none where the committee does it."""
    return QUALIFICATION_WORDS if profile.qualification_by_agency else ()


def is_qualification_file(path: str) -> bool:
    """Whether a bidder marked a file of its package as one of qualification: its name or a folder's begins so."""
    return any(part.strip().lower().startswith(QUALIFICATION_WORDS) for part in path.split("/"))


def decide(
    checked: bool, opened: Collection[str], fact: QualificationChecked, profile: Profile
) -> tuple[QualificationChecked]:
    """The accepted check.

    Raises RuleViolation `already_checked`, `bids_unchecked`, `reason_missing`, `not_for_regime`.
    """
    if not profile.qualification_by_agency:
        raise RuleViolation("not_for_regime", regime=profile.regime)
    if checked:
        raise RuleViolation("already_checked")
    if set(fact.results) != set(opened):
        raise RuleViolation("bids_unchecked", count=len(set(opened) - set(fact.results)))
    if any(not result.qualified and not result.reason.strip() for result in fact.results.values()):
        raise RuleViolation("reason_missing")
    return (fact,)


def qualified(results: Mapping[str, Qualification]) -> tuple[str, ...]:
    """Receipt ids of the bids that go on to the committee."""
    return tuple(key for key, result in results.items() if result.qualified)
