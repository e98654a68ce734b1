"""Which sheet a sheet is: what its member was to score. One that was signed for another round is none of this one."""

from __future__ import annotations

import hashlib
import json

from evaluation.errors import RuleViolation
from evaluation.sitting.events import ScoreSheetLocked
from evaluation.sitting.state import SittingState


def sheet_basis(state: SittingState, seat: int) -> str:
    """SHA-256 over criteria with marks, steps and bands, the bids that are scored, the member of the seat, how often
    results were computed before, and of a sheet that is corrected what it held and what of it is open."""
    reopened = state.reopened.get(seat)
    about = {
        "criteria": [
            [c.id, str(c.full), str(c.step), [[str(band.low), str(band.high)] for band in c.bands]]
            for c in state.rules.evaluation.criteria.scored
        ],
        "bids": sorted(state.valid),
        "member": state.seats[seat].person,
        "computations": state.computations,
        "open": sorted([place.bid, place.criterion] for place in reopened.places) if reopened else [],
        "before": {bid: {at: str(value) for at, value in row.items()} for bid, row in reopened.before.items()}
        if reopened
        else {},
    }
    return hashlib.sha256(json.dumps(about, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def check_offline(fact: ScoreSheetLocked, state: SittingState) -> None:
    """Raises RuleViolation `offline_sheet_other` for a sheet of another round, or of what was scored then."""
    if fact.offline is not None and fact.offline.basis != sheet_basis(state, fact.seat):
        raise RuleViolation("offline_sheet_other", seat=fact.seat)
