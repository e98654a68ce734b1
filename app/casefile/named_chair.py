"""What reports say of a chair whom the tenderer named (O12 art. 9): when, which seat, and when that member left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.casefile.record import Record
from crypto.canonical import Json
from crypto.instants import format_instant
from evaluation.sitting import ChairNamed, MemberRecused

CHAIR_NAMED = "chair_named"


@dataclass(frozen=True)
class NamedChair:
    """`left_at`: when the member that was meant left, so that the committee elects; None while it has not."""

    seat: int
    at: datetime
    left_at: datetime | None = None


def named_chair(records: Iterable[Record]) -> NamedChair | None:
    """From the records of one committee; None where the chair is elected as usual."""
    found: NamedChair | None = None
    for record in records:
        fact = record.fact
        if isinstance(fact, ChairNamed):
            found = NamedChair(fact.seat, record.at)
        elif isinstance(fact, MemberRecused) and found and fact.seat == found.seat and found.left_at is None:
            found = NamedChair(found.seat, found.at, record.at)
    return found


def named_chair_data(records: Iterable[Record]) -> dict[str, Json]:
    """The same for the data of a report or of the record of a failed evaluation; {} where there is nothing to say."""
    found = named_chair(records)
    if found is None:
        return {}
    row: dict[str, Json] = {"seat": found.seat, "at": format_instant(found.at)}
    return {CHAIR_NAMED: row if found.left_at is None else row | {"left_at": format_instant(found.left_at)}}
