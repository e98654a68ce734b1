"""What parties of a draw sealed to the trustees, for the case that they do not show it (FORMATS 4).

Whoever shows last knows the result before everybody else; by staying silent it could ask for another draw. So each
party gives its bytes sealed with its commitment, and the trustees open what is not shown.
"""

from __future__ import annotations

import base64
import hashlib

from app.casefile.case import Case
from app.casefile.sealing import committee_of
from crypto.committee import Committee, combine, identity, make_capsule, open_capsule, open_with_seed
from crypto.errors import CryptoError
from evaluation import draw
from evaluation.errors import RuleViolation

VALUE_SIZE = 32  # bytes of a party


def reveal_identity(case: Case, lot: str, round_: int) -> bytes:
    """What trustees sign to open the capsules of a round; known before any commitment."""
    conditions = case.lot(lot).draw.conditions
    assert conditions is not None
    return identity("draw-reveal", draw.reveal_statement(conditions.draw_id, round_))


def capsules_opened(case: Case, lot: str) -> draw.CapsulesOpened | None:
    """The bytes of the silent parties once enough trustees have signed; None before, and when there are none.

    Where a capsule does not hold what its party committed to, the party could not show it either, and its bytes are
    replaced by what follows from the commitment. A capsule of a draw without that rule is passed over: that party alone
    can still show it.
    """
    current, committee = case.lot(lot).draw.current, committee_of(case)
    if current is None or len(current.capsule_shares) < committee.k:
        return None
    ident = reveal_identity(case, lot, current.number)
    shares = {index: bytes.fromhex(share) for index, share in current.capsule_shares.items()}
    signature = combine(committee, ident, shares).signature
    values, replaced = {}, []
    for party in sorted(current.commitments.keys() - current.reveals.keys()):
        value = _opened(committee, ident, signature, base64.b64decode(current.capsules[party]))
        promised = draw.commitment(str(current.stated["draw_id"]), party, value)
        if len(value) == VALUE_SIZE and promised == current.commitments[party]:
            values[party] = value.hex()
        elif party in current.bound:
            values[party] = draw.replacement(current.commitments[party])
            replaced.append(party)
    return draw.CapsulesOpened(current.number, values, tuple(replaced) or None) if values else None


def _opened(committee: Committee, ident: bytes, signature: bytes, capsule: bytes) -> bytes:
    """What a capsule holds; nothing where it cannot be opened."""
    try:
        return open_capsule(committee, ident, signature, capsule)
    except CryptoError:
        return b""


def seal_value(committee: Committee, ident: bytes, value: bytes) -> bytes:
    """The capsule of a party's bytes, made so that the bytes themselves show that it holds them."""
    return make_capsule(committee, ident, value, seed=_seed(ident, value))


def check_sealed(case: Case, lot: str, fact: draw.DrawRevealed) -> None:
    """What a party shows is what its capsule holds, where the draw has that rule: so it has no choice between the two.

    Raises RuleViolation `draw_capsule_holds_other`.
    """
    current = case.lot(lot).draw.rounds[fact.round - 1]
    if fact.party not in current.bound:
        return
    capsule, ident = base64.b64decode(current.capsules[fact.party]), reveal_identity(case, lot, fact.round)
    if not shows_its_capsule(committee_of(case), ident, capsule, bytes.fromhex(fact.value_hex)):
        raise RuleViolation("draw_capsule_holds_other", party=fact.party)


def shows_its_capsule(committee: Committee, ident: bytes, capsule: bytes, value: bytes) -> bool:
    """Whether a capsule holds `value` and was made with the seed that follows from it."""
    try:
        return open_with_seed(committee, ident, capsule, _seed(ident, value)) == value
    except CryptoError:
        return False


def _seed(ident: bytes, value: bytes) -> bytes:
    return hashlib.sha256(f"{draw.SEAL}\0".encode() + ident + value).digest()[:16]
