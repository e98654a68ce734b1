"""Which interruption is lawful now, and what it brings about.

1. A booth is changed by whoever was identified before, with a key that nobody has had in this sitting.
2. A standstill is ended by who brought it about: the chair a recess, witness or centre a fault, the authority its
   order. The tenderer decides on defective documents, and on a fault that lasts too long.
3. An order is laid over whatever stands, and a fault over a recess, so up to three lie upon each other. What lies
   beneath can be ended meanwhile by who brought it about; otherwise it stands again when the one above it ends.
"""

from __future__ import annotations

from functools import singledispatch

from evaluation.errors import RuleViolation
from evaluation.sitting.checks import require_digest, require_identity, require_text
from evaluation.sitting.clarification_rules import asked
from evaluation.sitting.clarifications import ClarificationSent
from evaluation.sitting.events import (
    SittingAbandoned,
    SittingEvent,
    SittingResumed,
    SittingSuspended,
)
from evaluation.sitting.grounds import SuspensionGround
from evaluation.sitting.interruptions import (
    BoothChanged,
    CheckInRefused,
    DefectFound,
    Disposition,
    FaultRepaired,
    FaultReported,
    NewCommitteeOrdered,
    NewCommitteeProposed,
    RecessCalled,
    RecessEnded,
    ReplacementOrdered,
    ReplacementProposed,
    SittingDecided,
    SittingDecisionProposed,
    SittingOrdered,
    SittingOrderProposed,
    WarningGiven,
)
from evaluation.sitting.more_time import MoreTimeAsked, TimeExtended
from evaluation.sitting.more_time_rules import time_is_short
from evaluation.sitting.rollback import RollbackReleased
from evaluation.sitting.rollback_rules import taken_back
from evaluation.sitting.state import SittingState
from evaluation.sitting.talk import AnnouncementMade, AnnouncementNoted

G = SuspensionGround
# What may be done while a sitting stands still.
IN_STANDSTILL = (
    BoothChanged,
    CheckInRefused,
    RecessEnded,
    FaultReported,
    FaultRepaired,
    SittingOrderProposed,
    SittingOrdered,
    SittingDecisionProposed,
    SittingDecided,
    ReplacementProposed,
    ReplacementOrdered,
    WarningGiven,
    AnnouncementMade,
    AnnouncementNoted,
    TimeExtended,
)


def check_running(state: SittingState) -> None:
    """Raises RuleViolation `sitting_suspended` (ground, note)."""
    if state.suspended is not None:
        raise RuleViolation("sitting_suspended", ground=str(state.suspended.ground), note=state.suspended.note)


def check_booth(fact: BoothChanged, state: SittingState) -> None:
    """Raises RuleViolation `sitting_seat_empty`, `booth_key_other`, `sitting_key_of_other_seat`."""
    if fact.seat not in state.keys:
        raise RuleViolation("sitting_seat_empty", seat=fact.seat)
    if fact.replaces != state.keys[fact.seat]:
        raise RuleViolation("booth_key_other", seat=fact.seat)
    require_digest(fact.key_id, "key_id")
    require_text(fact.witness, "witness")
    require_text(fact.reason, "reason")
    require_identity(fact.booth, fact.identity)
    if fact.key_id in state.used_keys:
        raise RuleViolation("sitting_key_of_other_seat", seat=fact.seat)


def check_refused(fact: CheckInRefused, state: SittingState) -> None:
    """Raises RuleViolation `sitting_seat_empty`, `sitting_key_of_other_seat`."""
    if fact.seat not in state.seats or fact.seat in state.empty:
        raise RuleViolation("sitting_seat_empty", seat=fact.seat)
    require_digest(fact.key_id, "key_id")
    require_text(fact.witness, "witness")
    require_text(fact.reason, "reason")
    if fact.key_id in state.used_keys:
        raise RuleViolation("sitting_key_of_other_seat", seat=fact.seat)


def _require_stands(state: SittingState, *grounds: SuspensionGround, beneath: bool = False) -> None:
    if state.suspended is None:
        raise RuleViolation("sitting_not_suspended")
    if not any(one.ground in grounds for one in (state.standing if beneath else (state.suspended,))):
        raise RuleViolation("standstill_of_others", ground=str(state.suspended.ground))


def check_by_chair(fact: RecessCalled | DefectFound, state: SittingState) -> None:
    """Raises RuleViolation `standstill_by_chair`."""
    if state.chair != fact.seat:
        raise RuleViolation("standstill_by_chair", seat=fact.seat)
    require_text(fact.note, "note")


def check_recess_ended(fact: RecessEnded, state: SittingState) -> None:
    """Raises RuleViolation `sitting_not_suspended`, `standstill_of_others`, `standstill_by_chair`."""
    _require_stands(state, G.RECESS, beneath=True)
    if state.chair != fact.seat:
        raise RuleViolation("standstill_by_chair", seat=fact.seat)


def check_fault(fact: FaultReported, state: SittingState) -> None:
    """In a recess too, else nobody could end it whose chair does not come back.

    Raises RuleViolation `sitting_suspended`, `standstill_site_unknown`.
    """
    if state.suspended is not None and state.suspended.ground is not G.RECESS:
        check_running(state)
    require_text(fact.note, "note")
    if fact.site and fact.site not in {seat.site for seat in state.seats.values()}:
        raise RuleViolation("standstill_site_unknown", site=fact.site)


def check_warning(fact: WarningGiven, state: SittingState) -> None:
    """Raises RuleViolation `sitting_text_missing`, `standstill_site_unknown`."""
    require_text(fact.note, "note")
    if fact.site and fact.site not in {seat.site for seat in state.seats.values()}:
        raise RuleViolation("standstill_site_unknown", site=fact.site)


def check_repair(fact: FaultRepaired, state: SittingState) -> None:
    """Raises RuleViolation `sitting_not_suspended`, `standstill_of_others`."""
    _require_stands(state, G.FAULT, beneath=True)
    require_text(fact.note, "note")


def check_order(fact: SittingOrderProposed | SittingOrdered, state: SittingState) -> None:
    """An order suspends whatever happens, and ends what an order began. Raises RuleViolation."""
    require_text(fact.note, "note")
    if fact.step is not Disposition.SUSPEND:
        _require_stands(state, G.ORDER)
    elif state.suspended is not None and state.suspended.ground is G.ORDER:
        raise RuleViolation("sitting_suspended", ground=str(G.ORDER), note=state.suspended.note)


def check_decision(fact: SittingDecisionProposed | SittingDecided, state: SittingState) -> None:
    """Raises RuleViolation `standstill_step_wrong`, `sitting_not_suspended`, `standstill_of_others`."""
    require_text(fact.note, "note")
    if fact.step is Disposition.SUSPEND:
        raise RuleViolation("standstill_step_wrong", step=str(fact.step))
    _require_stands(state, G.FAULT, G.DEFECTIVE_DOCUMENTS)


def check_replacement(fact: ReplacementProposed | ReplacementOrdered, state: SittingState) -> None:
    """In a recess too, which a chair who has fallen ill cannot end. The buyer's representative too: who succeeds is
    named, not drawn.

    Who has dissented stays: nobody who wants another result may send its critic away.

    Raises RuleViolation `sitting_suspended`, `sitting_seat_empty`, `replacement_of_dissenter`.
    """
    if state.suspended is not None and state.suspended.ground is not G.RECESS:
        check_running(state)
    require_text(fact.note, "note")
    if fact.seat not in state.seats or fact.seat in state.empty:
        raise RuleViolation("sitting_seat_empty", seat=fact.seat)
    if fact.seat in state.dissenters:
        raise RuleViolation("replacement_of_dissenter", seat=fact.seat)


def check_new_committee(fact: NewCommitteeProposed | NewCommitteeOrdered, state: SittingState) -> None:
    """Once the record of what was given up is sealed; not where the documents are defective, which no committee mends
    (O87 art. 65). Raises RuleViolation `new_committee_before_record`, `new_committee_on_defects`."""
    require_text(fact.note, "note")
    if not state.failure_sha256:
        raise RuleViolation("new_committee_before_record")
    if state.defective:
        raise RuleViolation("new_committee_on_defects")


@singledispatch
def brought_about(fact: SittingEvent, state: SittingState) -> SittingEvent | None:
    """What a fact brings about at once, in the state before it: the standstill that it begins or ends, the question
    that a bidder is asked, the stage that is held again, the time that is to be extended; None for every other fact."""
    return None


@brought_about.register
def _recess(fact: RecessCalled, state: SittingState) -> SittingEvent:
    return SittingSuspended(G.RECESS, "", fact.note)


@brought_about.register
def _defect(fact: DefectFound, state: SittingState) -> SittingEvent:
    return SittingSuspended(G.DEFECTIVE_DOCUMENTS, "", fact.note)


@brought_about.register
def _fault(fact: FaultReported, state: SittingState) -> SittingEvent:
    return SittingSuspended(G.FAULT, fact.site, fact.note)


@brought_about.register
def _recess_over(fact: RecessEnded, state: SittingState) -> SittingEvent | None:
    return _resumed_from(G.RECESS, "", state)


@brought_about.register
def _repaired(fact: FaultRepaired, state: SittingState) -> SittingEvent | None:
    return _resumed_from(G.FAULT, fact.note, state)


@brought_about.register
def _replaced(fact: ReplacementOrdered, state: SittingState) -> SittingEvent | None:
    return _resumed_from(G.RECESS, fact.note, state)


@brought_about.register
def _ordered(fact: SittingOrdered, state: SittingState) -> SittingEvent:
    return _step(fact.step, fact.note)


@brought_about.register
def _decided(fact: SittingDecided, state: SittingState) -> SittingEvent:
    return _step(fact.step, fact.note)


brought_about.register(ClarificationSent, asked)
brought_about.register(RollbackReleased, taken_back)
brought_about.register(MoreTimeAsked, time_is_short)


def _resumed_from(ground: SuspensionGround, note: str, state: SittingState) -> SittingEvent | None:
    """None where it ended beneath another standstill, which goes on."""
    return SittingResumed(note) if state.suspended is not None and state.suspended.ground is ground else None


def _step(step: Disposition, note: str) -> SittingEvent:
    if step is Disposition.SUSPEND:
        return SittingSuspended(G.ORDER, "", note)
    return SittingResumed(note) if step is Disposition.RESUME else SittingAbandoned(note)
