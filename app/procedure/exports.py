"""The agency takes the evidence of its case: an officer asks, a supervisor releases (ROLES 56).

The release stands directly on the request: any other entry between the two, or after them, ends both, so that what was
approved is exactly the log up to there. It counts for the profile's period, for the two who signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.procedure.calendar import add
from app.procedure.errors import RuleViolation
from app.procedure.profiles import Profile


@dataclass(frozen=True)
class EvidenceExportRequested:
    """An agency officer asks for the evidence bundle; `request` names the request, `reason` what it is for."""

    request: str
    reason: str


@dataclass(frozen=True)
class EvidenceExportReleased:
    """A supervisor releases the export of the case as it stands, word for word."""

    request: str
    reason: str


Fact = EvidenceExportRequested | EvidenceExportReleased


@dataclass(frozen=True)
class Export:
    """State: the request that waits or was released last, and by whom; nothing once the case has gone on."""

    request: EvidenceExportRequested | None = None
    requested_by: str = ""
    released_by: str = ""
    released_at: datetime | None = None

    def valid_until(self, profile: Profile) -> datetime | None:
        """Until when the two may take the bundle; None where nothing is released, or where no period is set."""
        if self.released_at is None or profile.approval_valid is None:
            return None
        return add(self.released_at, profile.approval_valid)


NONE = Export()


def decide(export: Export, fact: Fact, by: str) -> tuple[Fact]:
    """The accepted fact, or RuleViolation (`text_missing`, `export_not_requested`, `second_person_needed`,
    `object_has_changed`); `by` is the actor."""
    if isinstance(fact, EvidenceExportRequested):
        if not fact.reason.strip():
            raise RuleViolation("text_missing")
        return (fact,)
    waiting = export.request
    if waiting is None or export.released_at is not None:
        raise RuleViolation("export_not_requested")
    if by == export.requested_by:
        raise RuleViolation("second_person_needed")
    if vars(fact) != vars(waiting):
        raise RuleViolation("object_has_changed", expected=waiting.request[:12], stated=fact.request[:12])
    return (fact,)


def check_taking(export: Export, by: str, now: datetime, profile: Profile) -> None:
    """Whether `by` may take the bundle now. Raises RuleViolation `export_not_released`, `export_expired`."""
    if export.released_at is None or by not in (export.requested_by, export.released_by):
        raise RuleViolation("export_not_released")
    until = export.valid_until(profile)
    if until is not None and now >= until:
        raise RuleViolation("export_expired", until=until, period=str(profile.approval_valid))


def may_take(export: Export, by: str, now: datetime, profile: Profile) -> bool:
    """Whether `check_taking` lets this person take the bundle now."""
    try:
        check_taking(export, by, now, profile)
    except RuleViolation:
        return False
    return True


def apply(export: Export, fact: Any, by: str, at: datetime) -> Export:
    """The state after any accepted fact of the case: every other one ends what waits and what was released."""
    match fact:
        case EvidenceExportRequested():
            return Export(fact, by)
        case EvidenceExportReleased():
            return Export(export.request, export.requested_by, by, at)
    return NONE
