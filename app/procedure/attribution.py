"""Whose fault it is that a bid could not be opened: the tenderer says it, and the bidder may object once (O20 art. 31).

Through its bidder's fault a bid counts as revoked (撤销, the bond may be kept), through another's as withdrawn (撤回,
the bond goes back, damages may be claimed). What the fallback or a lost file leads to is computed, nobody's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from app.procedure.calendar import add
from app.procedure.errors import RuleViolation
from app.procedure.opening import Opening
from app.procedure.profiles import Profile
from app.procedure.restoring import FILE_LOST


class Fault(StrEnum):
    """Whose cause it was: the bidder's, or another's than the bidder's."""

    BIDDER = "bidder"
    OTHER = "other"


COMPUTED = {"key_not_revealed": Fault.BIDDER, "key_not_committed": Fault.OTHER, FILE_LOST: Fault.OTHER}


@dataclass(frozen=True)
class FaultAttributed:
    """The tenderer names whose fault it is, with its ground; again, and for good, after the bidder's objection."""

    receipt_id: str
    fault: Fault
    ground: str


@dataclass(frozen=True)
class AttributionDisputed:
    """The bidder objects to what the tenderer named."""

    receipt_id: str
    text: str


@dataclass(frozen=True)
class Attribution:
    """What was named of one bid at first, and how it went on: `dispute` and `answer` are texts, "" without one."""

    named: FaultAttributed
    at: datetime
    dispute: str = ""
    answer: FaultAttributed | None = None

    @property
    def fault(self) -> Fault:
        """As it stands."""
        return (self.answer or self.named).fault


Fact = FaultAttributed | AttributionDisputed
Attributions = Mapping[str, Attribution]  # by receipt id


def fault_of(attributions: Attributions, receipt_id: str, reason: str) -> Fault | None:
    """Whose fault a void bid is, as computed from its reason or as the tenderer named it; None while nobody has."""
    found = attributions.get(receipt_id)
    return COMPUTED.get(reason) or (found.fault if found else None)


def decide(
    attributions: Attributions, opening: Opening, fact: Fact, own: str, now: datetime, profile: Profile
) -> tuple[Fact, ...]:
    """The accepted fact; `own`: the receipt of who objects.

    Raises RuleViolation `opening_concluded`, `not_read_out`, `bid_not_void`, `text_missing`, `fault_computed`,
    `fault_attributed_already`, `fault_not_attributed`, `dispute_repeated`, `dispute_too_late`.
    """
    if opening.concluded_at is not None:
        raise RuleViolation("opening_concluded")
    if not opening.read_out:
        raise RuleViolation("not_read_out")
    void, found = opening.voided.get(fact.receipt_id), attributions.get(fact.receipt_id)
    if void is None or (isinstance(fact, AttributionDisputed) and fact.receipt_id != own):
        raise RuleViolation("bid_not_void")
    if isinstance(fact, FaultAttributed):
        if void.reason in COMPUTED:
            raise RuleViolation("fault_computed")
        if found is not None and (not found.dispute or found.answer is not None):
            raise RuleViolation("fault_attributed_already")
        _check_text(fact.ground)
    else:
        if found is None:
            raise RuleViolation("fault_not_attributed")
        if found.dispute:
            raise RuleViolation("dispute_repeated")
        if now >= (until := disputable_until(found, profile)):
            raise RuleViolation("dispute_too_late", until=until)
        _check_text(fact.text)
    return (fact,)


def _check_text(text: str) -> None:
    if not text.strip():
        raise RuleViolation("text_missing")


def disputable_until(found: Attribution, profile: Profile) -> datetime:
    """Until when the bidder may object: as long after it was named as objections are taken after the read-out."""
    return add(found.at, profile.objection_at_opening)


def waits_until(attributions: Attributions, profile: Profile) -> datetime | None:
    """Until when bidders may still object to what was named; None where none can any more."""
    open_ones = [disputable_until(one, profile) for one in attributions.values() if not one.dispute]
    return max(open_ones, default=None)


def check_conclusion(attributions: Attributions, now: datetime, profile: Profile) -> None:
    """Whether the opening may be concluded. Raises RuleViolation `disputes_still_open`, `dispute_unanswered`."""
    until = waits_until(attributions, profile)
    if until is not None and now < until:
        raise RuleViolation("disputes_still_open", until=until)
    if count := sum(bool(one.dispute) and one.answer is None for one in attributions.values()):
        raise RuleViolation("dispute_unanswered", count=count)


def apply(attributions: Attributions, fact: Fact, at: datetime) -> Attributions:
    """The state after an accepted fact."""
    found = attributions.get(fact.receipt_id)
    if isinstance(fact, AttributionDisputed):
        assert found is not None
        return {**attributions, fact.receipt_id: replace(found, dispute=fact.text)}
    after = Attribution(fact, at) if found is None else replace(found, answer=fact)
    return {**attributions, fact.receipt_id: after}
