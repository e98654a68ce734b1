"""Who may see which fact of a rehearsal."""

from __future__ import annotations

from collections.abc import Callable

from app.casefile.case import Case
from app.casefile.record import Record
from app.procedure.roles import Actor, Role


def _rehearsal(actor: Actor, case: Case, record: Record) -> bool:
    """A rehearsal is for the centre that opened it and the trustees who are asked."""
    state = case.rehearsal
    if state is None:
        return False
    centre = actor.is_(Role.CENTRE_OPERATOR) and actor.organisation_id == state.opened.centre
    return centre or (actor.is_(Role.TRUSTEE) and not actor.keys.isdisjoint(state.keys))


REHEARSAL_SIGHT: dict[str, Callable[[Actor, Case, Record], bool]] = {
    "RehearsalOpened": _rehearsal,
    "RehearsalShareSigned": _rehearsal,
    "RehearsalReleased": _rehearsal,
    "SampleBidOpened": _rehearsal,
    "RehearsalEnded": _rehearsal,
}
