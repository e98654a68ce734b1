"""What follows from a vote about a finding on the bids (清标): a report is due, results are new, or the lot fails."""

from __future__ import annotations

from app.services.acts import Act, Answer, completes
from app.services.corrections import tell_dissenters
from app.services.failures import tell_of_failure
from app.services.reports import conclude_ties, schedule_due
from app.services.unit_of_work import UnitOfWork
from evaluation.sitting import Disposal, FindingVoted
from evaluation.sitting.stages import Stage


@completes("FindingVoted", "FindingWithdrawn")
def follow_vote(act: Act) -> Answer:
    """The last vote may conclude the review, or leave fewer bids to rank; whatever was decided the report is to tell.

    Of results that were computed anew whoever dissented from earlier ones is told.
    """
    after_decision(act.work, act.lot, anew=_rejects(act))
    return {}


@completes("ContractPointsStated")
def tell_in_report(act: Act) -> Answer:
    """A report that is there already is prepared anew."""
    after_decision(act.work, act.lot, anew=False)
    return {}


def after_decision(work: UnitOfWork, lot: str, *, anew: bool) -> None:
    """What follows where the committee, or the end of a time, has decided about bids; `anew`: results are others."""
    sitting = work.case.lots[lot].sitting
    if sitting.stage is Stage.FAILED:
        tell_of_failure(work, lot)
        return
    if sitting.result is not None and anew:
        tell_dissenters(work, lot)
        conclude_ties(work, lot)
    schedule_due(work, lot, str(work.size))


def _rejects(act: Act) -> bool:
    """Whether this was the vote by which the committee has just rejected bids."""
    sitting = act.work.case.lots[act.lot].sitting
    if not isinstance(act.fact, FindingVoted) or sitting.put is not None or not sitting.disposed:
        return False
    put, counted = sitting.disposed[-1]
    return put.disposal is Disposal.REJECT and counted.adopted
