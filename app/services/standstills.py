"""A sitting stands still and goes on: who is told, and what waited is due again."""

from __future__ import annotations

from app.procedure.roles import Role
from app.procedure.standstill import fault_ends_at
from app.services.acts import Act, Answer, completes
from app.services.clarifications import time_goes_on
from app.services.notices import tell_party, tell_serving
from app.services.platform import Platform
from app.services.reports import schedule_due
from app.services.unit_of_work import unit_of_work
from evaluation.sitting import Disposition, FaultRepaired, FaultReported, RecessEnded, Stage, SuspensionGround


@completes(
    "FaultReported",
    "FaultRepaired",
    "RecessCalled",
    "RecessEnded",
    "DefectFound",
    "SittingOrdered",
    "SittingDecided",
)
def change_standstill(act: Act) -> Answer:
    """Everybody who serves the case is told; what waited meanwhile is due again, and a fault's end is watched."""
    work, lot = act.work, act.lot
    state, profile = work.case.lots[lot], work.case.tender.published.profile
    note = act.fact.note if hasattr(act.fact, "note") else ""
    if state.sitting.stage is Stage.ABANDONED:
        tell_serving(work, lot, "sitting_abandoned", note)
        for submission in state.bidding.live:  # not why: that is between the parties and the authority
            work.notify(submission.by, "sitting_abandoned_bidder", title=work.case.tender.published.title, lot=lot)
        work.schedule("seal_failure_record", work.now, lot=lot, detail=str(act.record.seq))
        work.schedule("cancel_call_ups", work.now, lot=lot)
    elif state.sitting.suspended is None:
        tell_serving(work, lot, "sitting_resumed", note)
        schedule_due(work, lot, f"resumed-{act.record.seq}")
        time_goes_on(work, lot)
    elif _ended_beneath(act.fact, state.sitting.suspended.ground):
        pass  # everybody was told of what lies above it
    else:
        standing = state.sitting.suspended
        tell_serving(work, lot, f"sitting_stands_{standing.ground}", standing.note)
        ends_at = fault_ends_at(state.standstill, state.sitting, profile)
        # A fault that stands again is watched since its report; where its time ran out beneath an order, say so now.
        if ends_at is not None and (isinstance(act.fact, FaultReported) or work.now >= ends_at):
            work.schedule("fault_overdue", ends_at, lot=lot, detail=str(act.record.seq))
    return {}


def _ended_beneath(fact: object, above: SuspensionGround) -> bool:
    """Whether what a fact ended had something laid over it, which goes on: a recess is beneath all, only an order is
    laid over a fault."""
    return isinstance(fact, RecessEnded) or (isinstance(fact, FaultRepaired) and above is SuspensionGround.ORDER)


@completes("WarningGiven")
def warn(act: Act) -> Answer:
    """Every room reads it; those who serve the case get a notice."""
    tell_serving(act.work, act.lot, "sitting_warned", act.fact.note)
    return {}


@completes("SittingOrderProposed")
def propose_order(act: Act) -> Answer:
    """Another inspector of the same authority orders it."""
    code, note = f"sitting_order_{act.fact.step}_waits", act.fact.note
    tell_party(act.work, act.lot, "regulator", Role.REGULATOR, code, note, besides=act.actor.id)
    return {}


@completes("SittingDecisionProposed")
def propose_decision(act: Act) -> Answer:
    """The agency's supervisor releases it."""
    code = f"sitting_decision_{Disposition(act.fact.step)}_waits"
    tell_party(act.work, act.lot, "agency", Role.AGENCY_SUPERVISOR, code, act.fact.note)
    return {}


def tell_fault_overdue(platform: Platform, case_id: str, lot: str) -> None:
    """A fault has lasted too long: the tenderer decides. Nothing happens where it was repaired meanwhile, nor beneath
    an order, which only the authority ends.
    """
    with unit_of_work(platform.database, case_id, lot) as work:
        state, profile = work.case.lots[lot], work.case.tender.published.profile
        ends_at = fault_ends_at(state.standstill, state.sitting, profile)
        fault = state.sitting.fault
        if fault is None or fault != state.sitting.suspended or ends_at is None or work.now < ends_at:
            return
        tell_serving(work, lot, "sitting_fault_overdue", fault.note)
