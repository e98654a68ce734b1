"""What a change of the timetable brings about: gates move, closings are due anew, everybody concerned is told.

Nothing here touches a bid or asks whether there are any: the words are the same for a lot without bids.
"""

from __future__ import annotations

from app.casefile.codec import encode
from app.procedure.deadlines import reason_of
from app.procedure.roles import Role
from app.procedure.terms import CaseOpened
from app.services.acts import Act, Answer, completes
from app.services.bookings import tell_of_move
from app.services.notices import tell_downloaders, tell_role
from app.services.outages import in_words

NOTICES = {
    "AmendmentReleased": "amendment_released",
    "PostponementReleased": "postponement_released",
    "OutageExtensionReleased": "outage_extension_released",
    "ResumptionOrdered": "resumption_ordered",
}


def _parties(act: Act) -> CaseOpened:
    parties = act.work.case.tender.parties
    assert parties is not None
    return parties


@completes("PostponementProposed")
def propose_postponement(act: Act) -> Answer:
    """The agency's supervisors are told that something waits for them."""
    _tell_second(act, _parties(act).agency.id, Role.AGENCY_SUPERVISOR)
    return {}


@completes("OutageExtensionProposed")
def propose_outage_extension(act: Act) -> Answer:
    """The second person is the agency's, and the regulator hears of the outage at once (ROLES 10)."""
    _tell_second(act, _parties(act).agency.id, Role.AGENCY_SUPERVISOR)
    facts = {"title": _title(act), "reason": reason_of(act.fact)}
    tell_role(act.work, _parties(act).regulator.id, Role.REGULATOR, "outage_reported", **facts)
    return {}


@completes("PauseProposed", "ResumptionProposed")
def propose_order(act: Act) -> Answer:
    """Another inspector of the same authority issues the order."""
    _tell_second(act, _parties(act).regulator.id, Role.REGULATOR)
    return {}


def _tell_second(act: Act, organisation_id: str, role: Role) -> None:
    tell_role(act.work, organisation_id, role, "release_waits", title=_title(act))


@completes(*NOTICES)
def move_deadlines(act: Act) -> Answer:
    """Whatever moves a deadline moves its gate with it; the closing is due at the new instant and at no earlier one."""
    for number, deadline_at in act.fact.deadlines.items():
        gate = act.work.lock_lot(number)
        gate.deadline_at = deadline_at
        act.work.schedule("close_lot", deadline_at, lot=number, detail=encode(deadline_at))
        tell_of_move(act.work.db_session, act.work.case, number, act.work.now)
    words = in_words(act.fact.deadlines, several=len(act.work.case.lots) > 1)
    _tell_everybody(act, NOTICES[act.record.type], deadlines=words)
    return {}


@completes("PauseOrdered")
def pause_lots(act: Act) -> Answer:
    """The gate asks the case file whether its lot stands still, so only people are left to be told."""
    for number in act.fact.lots:
        tell_of_move(act.work.db_session, act.work.case, number, act.work.now)
    _tell_everybody(act, "pause_ordered", lots="、".join(act.fact.lots))
    return {}


def _tell_everybody(act: Act, code: str, **facts: str) -> None:
    """Downloaders, whoever they are; the agency and, where it is not an amendment, the centre and the regulator too."""
    facts = {"title": _title(act), **facts}
    tell_downloaders(act.work, code, **facts)
    if act.record.type == "AmendmentReleased":
        return
    facts["reason"], parties = reason_of(act.fact), _parties(act)
    for party, role in (
        (parties.agency, Role.AGENCY_OFFICER),
        (parties.centre, Role.CENTRE_OPERATOR),
        (parties.regulator, Role.REGULATOR),
    ):
        tell_role(act.work, party.id, role, code, **facts)


def _title(act: Act) -> str:
    return act.work.case.tender.published.title
