"""What the opening record's attachment `opening-record.json` says: from the case file, by the verifier again."""

from __future__ import annotations

from app.casefile.case import LotCase
from crypto.canonical import Json, digest

OPENING_ATTACHMENT = "opening-record.json"


def opening_data(case_id: str, lot: str, state: LotCase) -> Json:
    """Every bid, opened by price and then void with the code of its reason, and the signature that opened them."""
    opening, submissions = state.opening, state.bidding.submissions
    opened = sorted(opening.opened.values(), key=lambda bid: (bid.price, bid.receipt_id))
    voided = sorted(opening.voided.values(), key=lambda bid: bid.receipt_id)
    data: dict[str, Json] = {
        "v": "opening-record/v1",
        "case": case_id,
        "lot": lot,
        "bids": [
            {
                "receipt": bid.receipt_id,
                "bidder": bid.bidder_name,
                "price": str(bid.price),
                "bid_root": submissions[bid.receipt_id].fact.bid_root,
            }
            for bid in opened
        ],
        "void": [
            {"receipt": bid.receipt_id, "bidder": bid.bidder_name, "reason": bid.reason} | _fault(state, bid.receipt_id)
            for bid in voided
        ],
        "release": opening.release.signature if opening.release else "",
    }
    return data if opening.disclosed is None else data | {"keys_sha256": digest(dict(opening.disclosed.keys))}


def _fault(state: LotCase, receipt_id: str) -> dict[str, Json]:
    """Whose fault it is, as the tenderer named it, with everything that was said; nothing where it named none."""
    found = state.attributions.get(receipt_id)
    if found is None:
        return {}
    said = {"ground": found.named.ground, "dispute": found.dispute}
    answer: dict[str, Json] = {} if found.answer is None else {"answer": found.answer.ground}
    return {"fault": found.fault.value, "named": found.named.fault.value, **said, **answer}
