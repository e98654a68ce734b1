"""What an opening's board shows, as one digest: what those present confirm."""

from __future__ import annotations

from app.casefile.codec import encode
from app.procedure.opening import Opening
from crypto.canonical import digest


def board_digest(opening: Opening) -> str:
    """SHA-256 (hex) over the bids read out and the void ones, by receipt id, and over what the opening drew.

    Confirmations do not change it.
    """
    opened = [encode(opening.opened[key]) for key in sorted(opening.opened)]
    voided = [encode(opening.voided[key]) for key in sorted(opening.voided)]
    drawn = {"coefficients": encode(opening.coefficients)} if opening.coefficients else {}
    return digest({"opened": opened, "voided": voided, **drawn})
