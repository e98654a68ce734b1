"""Which ids the bids of a lot have in its sitting: their receipts', or ones of their own where bidders are not named.

A bidder has the number of its receipt from the submission on and the opening lists it beside its name, so that it would
name the bidder of an anonymous bid to everybody who reads an address or a field of the room.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.procedure.anonymity import unlinked_ids
from evaluation.bid_checks import BidFinding

if TYPE_CHECKING:
    from app.casefile.case import Case, LotCase


def drawn_secret(case: Case, lot: str) -> str:
    """What no bidder knows before the sign-in: the signature of the draw, with the lot for which it is."""
    drawn = next((found.signature_hex for found in case.lots[lot].draw.rounds), "")
    return f"{case.id}/{lot}/{drawn}"


def receipts_by_id(case: Case, lot: str) -> dict[str, str]:
    """The receipt of each opened bid by the id that the bid has in a sitting convened now, in the order of the ids."""
    receipts = case.lots[lot].opening.opened
    if not case.tender.published.lot(lot).anonymous:
        return {receipt: receipt for receipt in sorted(receipts)}
    return dict(sorted(unlinked_ids(drawn_secret(case, lot), receipts).items()))


def receipt_of(state: LotCase, bid: str) -> str:
    """The receipt of a bid under review; what is none stays as it is."""
    return state.receipts.get(bid, bid)


def bid_of(state: LotCase, receipt: str) -> str:
    """The id in the sitting of an opened bid; its receipt's before there is one."""
    return next((bid for bid, found in state.receipts.items() if found == receipt), receipt)


def findings_of_sitting(state: LotCase) -> tuple[BidFinding, ...]:
    """What the check of bids found, in its order, under the ids that bids have in the sitting."""
    found = state.checked.findings if state.checked is not None else ()
    return tuple(_renamed(state, one) for one in found)


def _renamed(state: LotCase, found: BidFinding) -> BidFinding:
    evidence = tuple(replace(one, bid=bid_of(state, one.bid)) for one in found.evidence)
    return replace(found, bids=tuple(bid_of(state, bid) for bid in found.bids), evidence=evidence)
