"""The order of bids that no published rule parts (O87 art. 68): one order of all bids of a lot, fixed by its opening.

The method is that of every draw; what is signed is the opening itself, as for the coefficients of a price formula. A
bid's ticket hangs on nothing but the lot, the root of the bids as fixed at the closing, the signature that opened them,
and the bid: whoever is tied with whom, and whatever is scored, the order of two bids stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evaluation.draw.tickets import VERSION, draw_order, extract, statement_bytes

PURPOSE = "equal-bids"


def tie_statement(tender: str, lot: str, submissions_root: str) -> dict[str, Any]:
    """What the draw is about; `submissions_root` is hex. Nothing that is known only after the opening stands in it."""
    return {"v": VERSION, "purpose": PURPOSE, "tender": tender, "lot": lot, "submissions_root": submissions_root}


def tie_order(statement: Mapping[str, Any], signature: bytes, bids: Iterable[str]) -> tuple[str, ...]:
    """The bids in drawn order: of two that are tied the earlier ranks first."""
    return draw_order(extract(statement_bytes(statement), signature, {}), PURPOSE, bids)


def tie_record_sha256(statement: Mapping[str, Any], signature: bytes, order: Sequence[str]) -> str:
    """Hex hash of what anybody needs to compute the order again, and the order."""
    found = {"statement": dict(statement), "signature": signature.hex(), "order": list(order)}
    return hashlib.sha256(statement_bytes(found)).hexdigest()
