"""Who sees what the check of bids has found, and what the committee decides about it."""

from __future__ import annotations

from app.casefile.anonymous import PRICES_KNOWN
from app.casefile.case import Case, Phase
from app.casefile.record import Record
from app.casefile.sides import Rule, agency, inspector, own, phase, room, seat, unread_by_successors
from app.procedure.roles import Actor


def _bids_checked(actor: Actor, case: Case, record: Record) -> bool:
    """Members read on their pages what they may know of it; as a whole it tells of prices and bidders."""
    known = seat(actor, case, record) and case.lots[record.lot].sitting.stage in PRICES_KNOWN
    return known or inspector(actor, case, record) or _told_with_result(actor, case, record)


def _told_with_result(actor: Actor, case: Case, record: Record) -> bool:
    return phase(case, record) is Phase.RESULT and agency(actor, case, record)


def _about_findings(actor: Actor, case: Case, record: Record) -> bool:
    return room(actor, case, record) or _told_with_result(actor, case, record)


def _own_vote(actor: Actor, case: Case, record: Record) -> bool:
    """Members learn counts alone; the authority has the signed votes once nobody votes."""
    counted = case.lots[record.lot].sitting.put is None
    return own(actor, case, record) or (counted and inspector(actor, case, record))


FINDING_SIGHT: dict[str, Rule] = {
    "BidsChecked": _bids_checked,
    "ContractPointsStated": unread_by_successors(_about_findings),
    "FindingPut": unread_by_successors(_about_findings),
    "FindingVoted": unread_by_successors(_own_vote),
    "FindingWithdrawn": unread_by_successors(_about_findings),
    "FindingDisposed": unread_by_successors(_about_findings),
}
