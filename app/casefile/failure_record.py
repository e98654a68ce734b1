"""What the record of an evaluation without a result (流标、终止) says as data: from the log, by the verifier again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from app.casefile.clarification_data import recorded_clarifications
from app.casefile.codec import encode
from app.casefile.competition import competition_data
from app.casefile.interruptions import Interruption, interruptions
from app.casefile.named_chair import named_chair_data
from app.casefile.record import Record
from app.casefile.rounds_of_evaluation import latest_evaluation
from app.procedure.opening import BidVoided
from app.procedure.qualification import QualificationChecked
from crypto.canonical import Json
from crypto.instants import format_instant
from crypto.signing import is_digest
from evaluation.sitting import (
    BidsReviewed,
    ChairRolledBack,
    MemberRecused,
    MemberReplaced,
    ReviewConcluded,
    ReviewRolledBack,
    SittingAbandoned,
    SittingConvened,
    SittingDecided,
    SittingFailed,
    SittingOrdered,
)

FAILURE_ATTACHMENT = "failed-evaluation.json"
ABANDONED = "abandoned-evaluation/v1"


def recorded_failure(records: Iterable[Record], sealed: Record | None = None) -> dict[str, Any]:
    """The data of the record, from a lot's records before the one that names it.

    `reviews` are the digests of the members' signed reviews that count, by seat; one that the holder may not see is
    left out. Of an evaluation that was given up it says nothing of what members found and asked: others evaluate the
    same bids.
    """
    before = latest_evaluation(record for record in records if sealed is None or record.seq < sealed.seq)
    found: dict[str, Any] = {
        "v": "failed-evaluation/v1",
        "void": [],
        "unqualified": [],
        "changes": [],
        "standstills": [_standstill(one) for one in interruptions(before)],
    }
    reviews: dict[int, str] = {}
    found |= named_chair_data(before)
    for record in before:
        _take(found, reviews, record)
    if found["v"] == ABANDONED:
        found.pop("rejected", None)
        found.pop("brands", None)
        return found
    found.pop("decided_by", None)
    found |= recorded_clarifications(before) | competition_data(before)
    found["reviews"] = [{"seat": seat, "sha256": reviews[seat]} for seat in sorted(reviews)]
    return found


def _take(found: dict[str, Any], reviews: dict[int, str], record: Record) -> None:
    fact, at = record.fact, format_instant(record.at)
    match fact:
        case BidVoided():
            found["void"].append({"bid": fact.receipt_id, "reason": fact.reason})
        case QualificationChecked():
            failing = ((bid, one) for bid, one in sorted(fact.results.items()) if not one.qualified)
            found["unqualified"] = [{"bid": bid, "reason": one.reason} for bid, one in failing]
        case SittingConvened():
            found["seats"] = [seat.number for seat in fact.seats]
            found["bids"] = [bid.bid for bid in fact.bids]
        case MemberRecused():
            reviews.pop(fact.seat, None)
            found["changes"].append({"seat": fact.seat, "left_at": at, "reason": fact.reason})
        case MemberReplaced():
            found["changes"].append({"seat": fact.seat, "came_at": at})
        case ReviewRolledBack() | ChairRolledBack():
            reviews.clear()
        case BidsReviewed():
            reviews[fact.seat] = record.payload_sha256
        case ReviewConcluded():
            found["rejected"] = encode(fact.rejected)
            found |= {} if fact.brands is None else {"brands": encode(fact.brands)}
        case _:
            _end(found, record, at)


def _end(found: dict[str, Any], record: Record, at: str) -> None:
    """How the evaluation ended, and who decided it."""
    fact = record.fact
    match fact:
        case SittingOrdered():
            found["decided_by"] = "authority"
        case SittingDecided():
            found["decided_by"] = "agency"
        case SittingAbandoned():
            found |= {"v": ABANDONED, "case": record.case_id, "lot": record.lot}
            found |= {"abandoned_at": at, "reason": fact.reason}
        case SittingFailed():
            found |= {"case": record.case_id, "lot": record.lot, "failed_at": at}
            found |= {"reason": fact.reason, "valid": fact.valid, "least": fact.least}


def _standstill(one: Interruption) -> dict[str, Json]:
    """Without `until` it had not ended when the evaluation did."""
    row: dict[str, Json] = {"since": format_instant(one.began.at), "ground": str(one.began.fact.ground)}
    return row if one.ended is None else row | {"until": format_instant(one.ended.at)}


def agrees_with_log(stated: Json, expected: dict[str, Any], hidden: Sequence[int]) -> bool:
    """Whether a record says what the log says.

    Of reviews that are hidden from the holder the digest is taken as stated, and nothing else: there is one review for
    each seat, in the order of the seats.
    """
    if not hidden or not isinstance(stated, dict) or expected["v"] == ABANDONED:
        return _same(stated, expected)
    seen = {review["seat"]: review for review in expected["reviews"]}
    named, seats = stated.get("reviews"), expected.get("seats", [])
    if not isinstance(named, list) or len(named) != len(seats):
        return False
    sound = all(_is_review(one, seat, seen.get(seat)) for one, seat in zip(named, seats, strict=True))
    return sound and _same({**stated, "reviews": expected["reviews"]}, expected)


def _is_review(stated: Json, seat: int, seen: dict[str, Any] | None) -> bool:
    """Whether this is the review of a seat: the one that the log shows, or any digest where it shows none."""
    if seen is None and isinstance(stated, dict) and is_digest(stated.get("sha256")):
        seen = {"seat": seat, "sha256": stated["sha256"]}
    return seen is not None and _same(stated, seen)


def _same(stated: Json, expected: Json) -> bool:
    """Whether both are the same JSON; in Python alone true would equal 1."""
    return json.dumps(stated, sort_keys=True) == json.dumps(expected, sort_keys=True)
