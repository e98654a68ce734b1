"""How a committee decided whether competition was lacking, with the votes that counted: from the records of a lot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from app.casefile.record import Record
from crypto.canonical import Json
from crypto.instants import format_instant
from evaluation.sitting import CompetitionDecided, CompetitionVoted, MemberRecused

COMPETITION = "competition"


@dataclass(frozen=True)
class Decision:
    """A vote that was counted. `lapsed`: a member has left since, and it was, or will be, counted again."""

    counted: CompetitionDecided
    votes: tuple[CompetitionVoted, ...]
    at: datetime
    lapsed: bool = False


def decisions(records: Iterable[Record]) -> tuple[Decision, ...]:
    """Each with its votes by seat, in the order in which they were taken."""
    found: list[Decision] = []
    votes: dict[int, CompetitionVoted] = {}
    for record in records:
        match record.fact:
            case CompetitionVoted():
                votes[record.fact.seat] = record.fact
            case CompetitionDecided():
                counting = (votes[seat] for seat in sorted(votes) if votes[seat].valid == record.fact.valid)
                found.append(Decision(record.fact, tuple(counting), record.at))
            case MemberRecused():
                votes.pop(record.fact.seat, None)
                found = [replace(one, lapsed=True) for one in found]
    return tuple(found)


def competition_data(records: Iterable[Record]) -> dict[str, Json]:
    """For the data of a report and of a record of failure; nothing where nothing was decided."""
    rows: list[Json] = [_row(one) for one in decisions(records)]
    return {COMPETITION: rows} if rows else {}


def _row(one: Decision) -> dict[str, Json]:
    votes: list[Json] = [{"seat": vote.seat, "lacking": vote.lacking, "reason": vote.reason} for vote in one.votes]
    return {
        "valid": list(one.counted.valid),
        "lacking": one.counted.lacking,
        "against": one.counted.against,
        "adopted": one.counted.adopted,
        "votes": votes,
        "lapsed": one.lapsed,
        "at": format_instant(one.at),
    }
