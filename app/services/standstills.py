"""A sitting stands still and goes on: who is told, and what waited is due again."""

from __future__ import annotations

from app.procedure.errors import RuleViolation
from app.procedure.roles import Role
from app.procedure.standstill import fault_ends_at
from app.services.acts import Act, Answer, completes
from app.services.notices import tell_party, tell_serving
from app.services.platform import Platform
from app.services.reports import schedule_due
from app.services.unit_of_work import unit_of_work
from evaluation.sitting import Disposition, FaultRepaired, RecessEnded, Stage, SuspensionGround


@completes("FaultReported")
def report_fault(act: Act) -> Answer:
    """A witness speaks of its own site. Raises RuleViolation `standstill_site_other`."""
    if Role.SITE_WITNESS in act.actor.roles and act.fact.site not in act.actor.sites:
        raise RuleViolation("standstill_site_other")
    return _after(act)


@completes("RecessCalled", "RecessEnded", "DefectFound", "FaultRepaired", "SittingOrdered", "SittingDecided")
def change_standstill(act: Act) -> Answer:
    return _after(act)


def _after(act: Act) -> Answer:
    """Everybody who serves the case is told; what waited meanwhile is due again, and a fault's end is watched."""
    work, lot = act.work, act.lot
    state, profile = work.case.lots[lot], work.case.tender.published.profile
    note = act.fact.note if hasattr(act.fact, "note") else ""
    if state.sitting.stage is Stage.ABANDONED:
        tell_serving(work, lot, "sitting_abandoned", note)
        for submission in state.bidding.live:  # not why: that is between the parties and the authority
            work.notify(submission.by, "sitting_abandoned_bidder", title=work.case.tender.published.title, lot=lot)
    elif state.sitting.suspended is None:
        tell_serving(work, lot, "sitting_resumed", note)
        schedule_due(work, lot, f"resumed-{act.record.seq}")
    elif _ended_beneath(act.fact, state.sitting.suspended.ground):
        pass  # everybody was told of what lies above it
    else:
        standing = state.sitting.suspended
        tell_serving(work, lot, f"sitting_stands_{standing.ground}", standing.note)
        if (ends_at := fault_ends_at(state.standstill, state.sitting, profile)) is not None:
            work.schedule("fault_overdue", ends_at, lot=lot, detail=str(act.record.seq))
    return {}


def _ended_beneath(fact: object, above: SuspensionGround) -> bool:
    """Whether what a fact ended had something laid over it, which goes on: a recess is beneath all, only an order is
    laid over a fault."""
    return isinstance(fact, RecessEnded) or (isinstance(fact, FaultRepaired) and above is SuspensionGround.ORDER)


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
    """A fault has lasted too long: the tenderer decides. Nothing happens where it was repaired meanwhile."""
    with unit_of_work(platform.database, case_id, lot) as work:
        state, profile = work.case.lots[lot], work.case.tender.published.profile
        ends_at = fault_ends_at(state.standstill, state.sitting, profile)
        if ends_at is None or work.now < ends_at:
            return
        suspended = state.sitting.suspended
        assert suspended is not None
        assert suspended.ground is SuspensionGround.FAULT
        tell_serving(work, lot, "sitting_fault_overdue", suspended.note)
