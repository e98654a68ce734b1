"""The records of a lot by the committees that evaluated it: one after another, where an evaluation was given up."""

from __future__ import annotations

from collections.abc import Iterable

from app.casefile.record import Record
from evaluation.sitting import NewCommitteeOrdered
from evaluation.sitting.events import SittingEvent


def latest_evaluation(records: Iterable[Record]) -> list[Record]:
    """Without what belongs to committees before the last one; opening, draw and all else of the lot stay."""
    found = list(records)
    begun = max((one.seq for one in found if isinstance(one.fact, NewCommitteeOrdered)), default=-1)
    return [one for one in found if one.seq > begun or not isinstance(one.fact, SittingEvent)]


def evaluations(records: Iterable[Record]) -> list[list[Record]]:
    """The records of a lot in parts, one for each committee."""
    found: list[list[Record]] = [[]]
    for record in records:
        if isinstance(record.fact, NewCommitteeOrdered):
            found.append([])
        found[-1].append(record)
    return found
