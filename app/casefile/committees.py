"""Standing committees as the register has them: which exist, who holds each key now, which are out of use.

A centre keeps one committee for many tenders. Its id, and so every bid sealed to it, outlives its members.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from app.casefile.record import Record
from app.casefile.register import CommitteeRegistered, CommitteeReshared, CommitteeRetired
from app.procedure.errors import RuleViolation
from app.procedure.trustees import TrusteesChanged
from crypto.canonical import Json, digest

REASON_LIMIT = 200


@dataclass(frozen=True)
class StandingCommittee:
    """A committee with the description that was registered, and what has become of it since."""

    id: str
    registered: Json
    registered_at: datetime
    resharings: tuple[CommitteeReshared, ...] = ()
    reshared_at: datetime | None = None
    retired: str = ""
    retired_at: datetime | None = None

    @property
    def description(self) -> Json:
        """The description whose shares count now."""
        return self.resharings[-1].description if self.resharings else self.registered

    @property
    def in_use(self) -> bool:
        """Whether further tenders can be sealed to it."""
        return self.retired_at is None

    def changes_since(self, description: Json) -> tuple[TrusteesChanged, ...]:
        """What a case has to be told that has this description; () where it holds, or never did."""
        stands, found = digest(description), []
        for step in self.resharings:
            if step.previous_sha256 == stands:
                found.append(TrusteesChanged(step.ceremony, step.previous_sha256, step.description))
                stands = digest(step.description)
        return tuple(found)


def standing_committees(records: Iterable[Record]) -> dict[str, StandingCommittee]:
    """By id, in the order of their registration, from the register's records."""
    found: dict[str, StandingCommittee] = {}
    for record in records:
        fact = record.fact
        match fact:
            case CommitteeRegistered():
                found.setdefault(fact.committee_id, StandingCommittee(fact.committee_id, fact.description, record.at))
            case CommitteeReshared():
                before = found[fact.committee_id]
                after = replace(before, resharings=(*before.resharings, fact), reshared_at=record.at)
                found[fact.committee_id] = after
            case CommitteeRetired():
                before = found[fact.committee_id]
                found[fact.committee_id] = replace(before, retired=fact.reason, retired_at=record.at)
    return found


def retire(committee: StandingCommittee, reason: str) -> CommitteeRetired:
    """Raises RuleViolation `committee_retired`, `committee_reason_missing`."""
    check_in_use(committee)
    if not reason.strip():
        raise RuleViolation("committee_reason_missing")
    return CommitteeRetired(committee.id, reason.strip()[:REASON_LIMIT])


def check_in_use(committee: StandingCommittee) -> None:
    """Raises RuleViolation `committee_retired`."""
    if not committee.in_use:
        raise RuleViolation("committee_retired", committee=committee.id[:12], at=committee.retired_at)
