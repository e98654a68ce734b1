"""Who may know who sits where, and who has signed: matrix 1 of the roles, presence, and 46 to 48 of matrix 2.

The room by the numbers of seats; the centre who is there; a witness whom it has let in, at its own site alone; the
agency nothing of it while members evaluate, and the record of it with the result, since it is part of its evidence.
Who has not signed when all the others have, has dissented or refuses: that is for those who read the report.
"""

from __future__ import annotations

from app.casefile.case import Case
from app.casefile.record import Record
from app.casefile.sides import OVER, Rule, agency, centre, phase, room
from app.procedure.roles import Actor
from evaluation.sitting.stages import Stage


def _here(actor: Actor, case: Case, record: Record) -> bool:
    seat = case.lots[record.lot].sitting.seats.get(record.payload["seat"])
    return seat is not None and seat.site in actor.sites


def _present(actor: Actor, case: Case, record: Record) -> bool:
    if room(actor, case, record) or centre(actor, case, record) or _here(actor, case, record):
        return True
    return phase(case, record) in OVER and agency(actor, case, record)


def _signed(actor: Actor, case: Case, record: Record) -> bool:
    without = case.lots[record.lot].sitting.stage in (Stage.ABANDONED, Stage.FAILED)
    return room(actor, case, record) or (agency(actor, case, record) and not without)


PRESENCE_SIGHT: dict[str, Rule] = {
    "MemberIdentified": _present,
    "BoothChanged": _present,
    "CheckInRefused": _present,
    "ReportSigned": _signed,
}
