"""The order of equal bids that a lot's own record leads to, for the service that records it and for the verifier."""

from __future__ import annotations

from collections.abc import Iterable

from app.casefile.case import Case
from app.casefile.coefficients import opening_randomness
from evaluation.draw import tie_order, tie_record_sha256, tie_statement
from evaluation.sitting import TiesDrawn, awaited_correction


def ties_due(case: Case, lot: str) -> TiesDrawn | None:
    """What is drawn now; None where no rule left bids equal, or a sheet is to be corrected first."""
    sitting = case.lot(lot).sitting
    if sitting.result is None or not sitting.result.to_draw or awaited_correction(sitting):
        return None
    return ties_of(case, lot, (bid for group in sitting.result.to_draw for bid in group))


def ties_of(case: Case, lot: str, bids: Iterable[str]) -> TiesDrawn:
    """The order of these bids, as the opening of their lot fixed it."""
    opening = case.lot(lot).opening
    assert opening.closed is not None
    stated, signature = tie_statement(case.id, lot, opening.closed.submissions_root), opening_randomness(opening)
    order = tie_order(stated, signature, bids)
    return TiesDrawn(order, tie_record_sha256(stated, signature, order))
