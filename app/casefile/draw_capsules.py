"""What parties of a draw sealed to the trustees, for the case that they do not show it (FORMATS 4).

Whoever shows last knows the result before everybody else; by staying silent it could ask for another draw. So each
party gives its bytes sealed with its commitment, and the trustees open what is not shown.
"""

from __future__ import annotations

import base64

from app.casefile.case import Case
from app.casefile.sealing import committee_of
from crypto.committee import combine, identity, open_capsule
from crypto.errors import CryptoError
from evaluation import draw

VALUE_SIZE = 32  # bytes of a party


def reveal_identity(case: Case, lot: str, round_: int) -> bytes:
    """What trustees sign to open the capsules of a round; known before any commitment."""
    conditions = case.lot(lot).draw.conditions
    assert conditions is not None
    return identity("draw-reveal", draw.reveal_statement(conditions.draw_id, round_))


def capsules_opened(case: Case, lot: str) -> draw.CapsulesOpened | None:
    """The bytes of the silent parties once enough trustees have signed; None before, and when there are none.

    A capsule that does not hold what its party committed to is passed over: that party alone can still show it.
    """
    current, committee = case.lot(lot).draw.current, committee_of(case)
    if current is None or len(current.capsule_shares) < committee.k:
        return None
    ident = reveal_identity(case, lot, current.number)
    shares = {index: bytes.fromhex(share) for index, share in current.capsule_shares.items()}
    signature = combine(committee, ident, shares).signature
    values = {}
    for party in sorted(current.commitments.keys() - current.reveals.keys()):
        try:
            value = open_capsule(committee, ident, signature, base64.b64decode(current.capsules[party]))
        except CryptoError:
            continue
        promised = draw.commitment(str(current.stated["draw_id"]), party, value)
        if len(value) == VALUE_SIZE and promised == current.commitments[party]:
            values[party] = value.hex()
    return draw.CapsulesOpened(current.number, values) if values else None
