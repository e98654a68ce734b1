"""What a committee has decided about the findings on bids (清标), with times: from the records of a lot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.casefile.codec import encode
from app.casefile.record import Record
from crypto.canonical import Json
from crypto.instants import format_instant
from evaluation.bid_checks import BidFinding
from evaluation.sitting import (
    ChairRolledBack,
    FindingDisposed,
    FindingPut,
    FindingWithdrawn,
    MemberRecused,
    ReviewRolledBack,
)


@dataclass(frozen=True)
class Disposed:
    """A vote about a finding. `lapsed`: a member who voted has left since, or the review was held again, and it counts
    no more."""

    put: FindingPut
    counted: FindingDisposed
    at: datetime
    lapsed: bool = False


def disposals(records: Iterable[Record]) -> tuple[Disposed, ...]:
    """Every vote that was counted, in order."""
    found: list[Disposed] = []
    put: FindingPut | None = None
    for record in records:
        match record.fact:
            case FindingPut():
                put = record.fact
            case FindingDisposed() if put is not None:
                found.append(Disposed(put, record.fact, record.at))
            case FindingWithdrawn():
                put = None
            case MemberRecused() | ReviewRolledBack() | ChairRolledBack():
                found, put = [replace(one, lapsed=True) for one in found], None
    return tuple(found)


def findings_data(findings: Sequence[BidFinding], votes: Iterable[Disposed]) -> list[Json]:
    """Each finding by number with its kind, its bids, and what was decided about it when."""
    voted = list(votes)
    return [
        {
            "number": number,
            "kind": found.kind.value,
            "bids": list(found.bids),
            "votes": [_vote(one) for one in voted if one.put.finding == number],
        }
        for number, found in enumerate(findings, start=1)
    ]


def _vote(one: Disposed) -> dict[str, Json]:
    row: dict[str, Json] = {
        "disposal": one.put.disposal.value,
        "reason": one.put.reason,
        "agreeing": one.counted.agreeing,
        "against": one.counted.against,
        "adopted": one.counted.adopted,
        "lapsed": one.lapsed,
        "at": format_instant(one.at),
    }
    if one.put.ground is not None:
        row |= {"ground": one.put.ground.value, "bids": encode(one.put.bids)}
    return row
