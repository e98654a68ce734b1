"""Who sees how a committee decided whether competition is lacking.

The outcome tells no score. The words of a vote could, where somebody votes who has seen scores and somebody who has
not: they are their author's alone until results stand, or the lot has failed.
"""

from __future__ import annotations

from app.casefile.case import Case
from app.casefile.record import Record
from app.casefile.sides import Rule, agency, given_up, own, room, unread_by_successors
from app.procedure.roles import Actor
from evaluation.sitting.stages import Stage


def _told(case: Case, record: Record) -> bool:
    sitting = case.lots[record.lot].sitting
    return sitting.result is not None or sitting.stage is Stage.FAILED


def _agency_afterwards(actor: Actor, case: Case, record: Record) -> bool:
    """With the results, or where the lot has failed; not of what was given up."""
    without = case.lots[record.lot].sitting.stage is Stage.ABANDONED
    return _told(case, record) and not without and agency(actor, case, record)


def _outcome(actor: Actor, case: Case, record: Record) -> bool:
    """The agency publishes why a lot has failed."""
    within = room(actor, case, record) or given_up(actor, case, record)
    return within or _agency_afterwards(actor, case, record)


def _vote(actor: Actor, case: Case, record: Record) -> bool:
    """Read with the sheets, which are by seat as well."""
    told = _told(case, record) and room(actor, case, record)
    within = own(actor, case, record) or told or given_up(actor, case, record)
    return within or _agency_afterwards(actor, case, record)


COMPETITION_SIGHT: dict[str, Rule] = {
    "CompetitionQuestioned": unread_by_successors(_outcome),
    "CompetitionVoted": unread_by_successors(_vote),
    "CompetitionDecided": unread_by_successors(_outcome),
}
