"""Who sees that a site is recorded, what of it is kept, and who asked to look."""

from __future__ import annotations

from app.casefile.case import Case
from app.casefile.record import Record
from app.casefile.sides import OVER, Rule, agency, centre, phase, regulator, seat
from app.procedure.roles import Actor


def _site(actor: Actor, case: Case, record: Record) -> bool:
    return record.lot in case.lots and record.payload["site"] in actor.sites


def _kept(actor: Actor, case: Case, record: Record) -> bool:
    """Sizes and times of pieces: nobody's of those who evaluate, and the agency's only as part of its evidence."""
    if any(side(actor, case, record) for side in (_site, centre, regulator)):
        return True
    return phase(case, record) in OVER and agency(actor, case, record)


def _recorded(actor: Actor, case: Case, record: Record) -> bool:
    """Whoever is recorded knows it: begin and end are shown to everybody in the room, without a reason."""
    return seat(actor, case, record) or _here(actor, case, record) or _kept(actor, case, record)


def _here(actor: Actor, case: Case, record: Record) -> bool:
    return record.lot in case.lots and not actor.sites.isdisjoint(case.lots[record.lot].sites)


def _disposed(actor: Actor, case: Case, record: Record) -> bool:
    """The evaluation is long over."""
    return any(side(actor, case, record) for side in (_here, centre, regulator, agency))


RECORDING_SIGHT: dict[str, Rule] = {
    "RecordingBegun": _recorded,
    "RecordingKept": _kept,
    "RecordingEnded": _recorded,
    "RecordingLookRequested": regulator,
    "RecordingLookGranted": regulator,
    "RecordingsDisposed": _disposed,
}
