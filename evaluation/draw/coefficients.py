"""Coefficients of a price formula, drawn at the opening.

The method is that of every draw. What is signed is the opening itself: the trustees' signature that opens the bids
cannot be known before k of them give their shares, and the statement names the bids by the root that was fixed at the
closing. So nobody can know a coefficient while bids may still change, and nobody can draw twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from evaluation.draw.tickets import VERSION, draw_order, extract, statement_bytes

PURPOSE = "price-coefficients"


def coefficient_statement(
    tender: str, lot: str, submissions_root: str, values: Mapping[str, Sequence[Decimal]]
) -> dict[str, Any]:
    """What the draw is about; `values` are those published for each coefficient, `submissions_root` is hex."""
    return {
        "v": VERSION,
        "purpose": PURPOSE,
        "tender": tender,
        "lot": lot,
        "submissions_root": submissions_root,
        "coefficients": {name: [format(value, "f") for value in sorted(stated)] for name, stated in values.items()},
    }


def draw_coefficients(statement: Mapping[str, Any], signature: bytes) -> dict[str, Decimal]:
    """The coefficient drawn under each name: the value with the lowest ticket under the opening's signature."""
    prk = extract(statement_bytes(statement), signature, {})
    stated: Mapping[str, Sequence[str]] = statement["coefficients"]
    return {name: Decimal(draw_order(prk, name, values)[0]) for name, values in sorted(stated.items())}
