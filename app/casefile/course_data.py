"""What a report says, as data, of how its evaluation went: warnings, announcements, contract points, recordings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from app.casefile.record import Record
from app.procedure import recordings
from app.procedure.profiles import RecordingRules
from app.procedure.recording_gaps import GAPS, Part, clock_steps, is_late, parts
from app.procedure.recordings import RecordingBegun, RecordingEnded, RecordingKept, Recordings, Room, Run, link
from crypto.canonical import Json
from crypto.instants import format_instant
from evaluation.sitting import (
    AnnouncementMade,
    ContractPointsStated,
    MemberRecused,
    NewCommitteeOrdered,
    ResultsComputed,
    SittingConvened,
    WarningGiven,
)

WARNINGS, ANNOUNCEMENTS, CONTRACT_POINTS, RECORDINGS = "warnings", "announcements", "contract_points", "recordings"


def course_data(records: Sequence[Record], rules: RecordingRules | None) -> dict[str, Json]:
    """From the records of a lot before its report. `recordings` is left out where the rule book knows none."""
    evaluated = of_this_committee(records)
    found: dict[str, Json] = {
        WARNINGS: [_warning(one, one.fact) for one in evaluated if isinstance(one.fact, WarningGiven)],
        ANNOUNCEMENTS: [_announcement(one, one.fact) for one in evaluated if isinstance(one.fact, AnnouncementMade)],
        CONTRACT_POINTS: contract_points(evaluated),
    }
    return found if rules is None else found | {RECORDINGS: recordings_data(evaluated, rules)}


def of_this_committee(records: Iterable[Record]) -> list[Record]:
    """Without everything before another committee was ordered, recordings of its sites too."""
    found = list(records)
    begun = max((one.seq for one in found if isinstance(one.fact, NewCommitteeOrdered)), default=-1)
    return [one for one in found if one.seq > begun]


def _warning(record: Record, fact: WarningGiven) -> dict[str, Json]:
    row: dict[str, Json] = {"at": format_instant(record.at), "site": fact.site, "note": fact.note}
    return row if fact.ground is None else row | {"ground": fact.ground.value}


def _announcement(record: Record, fact: AnnouncementMade) -> dict[str, Json]:
    return {"at": format_instant(record.at), "site": fact.site, "text": fact.text}


def contract_points(records: Iterable[Record]) -> str:
    """What those who sit now leave to the talks before the contract (O12 art. 42 no. 9); "" where nothing is stated."""
    stated = ""
    for record in records:
        if isinstance(record.fact, ContractPointsStated | MemberRecused):
            stated = getattr(record.fact, "text", "")
    return stated


def recorded_sites(records: Iterable[Record]) -> dict[str, tuple[Run, ...]]:
    """The recordings of each site of the committee that evaluates now, in order; a site may have none."""
    found, sites = Recordings(), set[str]()
    for record in records:
        fact = record.fact
        if isinstance(fact, SittingConvened):
            sites |= {seat.site for seat in fact.seats}
        elif isinstance(fact, RecordingBegun) or (
            isinstance(fact, RecordingKept | RecordingEnded) and (fact.site, fact.run) in found.runs
        ):
            found = recordings.apply(found, fact, record.actor, record.at)
    return {site: found.of_site(site) for site in sorted(sites | {run.site for run in found.runs.values()})}


def recordings_data(records: Sequence[Record], rules: RecordingRules) -> list[Json]:
    """Of each site its recordings as far as these records tell: how many pieces came, the head of their chain, and
    every gap. `stated`: how many pieces the witness signed with the end; without it none is stated."""
    if not records:
        return []
    room, until = room_of(records[0]), told_until(records)
    return [
        {"site": site, "runs": [_run(run, room, rules, until) for run in runs]}
        for site, runs in recorded_sites(records).items()
    ]


def room_of(record: Record) -> Room:
    """Whose recordings they are, for the links of their pieces."""
    return Room(record.case_id, record.lot, frozenset(), False)


def told_until(records: Iterable[Record]) -> datetime:
    """Up to when these records tell of recordings: the last entry about one, or the results; every holder of a bundle
    that has the report sees those."""
    telling = (RecordingBegun, RecordingKept, RecordingEnded, ResultsComputed)
    return max((one.at for one in records if isinstance(one.fact, telling)), default=datetime.min.replace(tzinfo=UTC))


def _run(run: Run, room: Room, rules: RecordingRules, until: datetime) -> dict[str, Json]:
    pieces = [run.pieces[number] for number in sorted(run.pieces)]
    row: dict[str, Json] = {
        "run": run.number,
        "begun_at": format_instant(run.begun_at),
        "pieces": len(pieces),
        "bytes": sum(piece.size for piece in pieces),
        "late": sum(is_late(piece, rules) for piece in pieces),
        "head": head_of(run, room),
        "gaps": [_gap(part) for part in gaps_of(run, rules, until)],
        "clock_steps": [{"piece": step.piece, "ms": step.by_ms} for step in clock_steps(run)],
    }
    if run.ended is None or run.ended_at is None:
        return row
    return row | {"ended_at": format_instant(run.ended_at), "stated": run.ended.pieces}


def gaps_of(run: Run, rules: RecordingRules, until: datetime) -> tuple[Part, ...]:
    """What is missing of a recording, as far as that was known at `until`."""
    return tuple(part for part in parts(run, rules, until) if part.kind in GAPS)


def head_of(run: Run, room: Room) -> str:
    """The link of the last piece: as the witness signed it with the end, or of the last one that has come."""
    if run.ended is not None:
        return run.ended.head
    last = max(run.pieces, default=0)
    return link(room, run.site, run.number, run.pieces[last]) if last else ""


def _gap(part: Part) -> dict[str, Json]:
    row: dict[str, Json] = {
        "kind": part.kind.value,
        "since": format_instant(part.since),
        "until": format_instant(part.until),
    }
    return row | {"first": part.first, "last": part.last} if part.first else row
