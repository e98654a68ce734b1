"""The coefficients that a lot's own record leads to, for the service that records them and for the offline verifier."""

from __future__ import annotations

from app.casefile.case import Case
from app.casefile.codec import encode
from app.procedure.opening import CoefficientsDrawn, Opening
from crypto.canonical import digest
from evaluation.draw import coefficient_statement, draw_coefficients


def coefficients_of(case: Case, lot: str) -> CoefficientsDrawn | None:
    """What is drawn with what opened a lot; None where its price formula leaves nothing to the opening."""
    opening, rule = case.lot(lot).opening, case.tender.published.lot(lot).evaluation.price_rule
    if rule is None or not rule.drawn or opening.closed is None or not opening.openable:
        return None
    stated = coefficient_statement(case.id, lot, opening.closed.submissions_root, rule.drawn)
    return CoefficientsDrawn(draw_coefficients(stated, opening_randomness(opening)))


def opening_randomness(opening: Opening) -> bytes:
    """The trustees' signature; after a fallback the keys that were promised first and then disclosed together."""
    if opening.release is not None:
        return bytes.fromhex(opening.release.signature)
    assert opening.disclosed is not None
    return bytes.fromhex(digest(encode(opening.disclosed.keys)))
