"""The recordings of the sites as a report says them, from the same figures as its data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.casefile.course_data import gaps_of, head_of, of_this_committee, recorded_sites, room_of, told_until
from app.casefile.record import Record
from app.documents.course_content import SiteRecording
from app.documents.wording import Lang, instant
from app.messages import sentence
from app.procedure.profiles import RecordingRules
from app.procedure.recording_gaps import Part, is_late
from app.procedure.recordings import Run


def recordings_of(
    told: Sequence[Record], rules: RecordingRules | None, sites: Mapping[str, str], lang: Lang
) -> tuple[SiteRecording, ...]:
    """Each recording of each site in order, as the records before the report tell of it; a site may have none."""
    if rules is None:
        return ()
    records = of_this_committee(told)
    room, until = room_of(told[0]), told_until(records)
    found = []
    for site, runs in recorded_sites(records).items():
        name = sites.get(site, site)
        found += [
            SiteRecording(
                name,
                run.number,
                run.begun_at,
                run.ended_at,
                _pieces(run, rules, lang),
                tuple(_gap(part, lang) for part in gaps_of(run, rules, until)),
                head_of(run, room),
            )
            for run in runs
        ] or [SiteRecording(name)]
    return tuple(found)


def _pieces(run: Run, rules: RecordingRules, lang: Lang) -> str:
    late = sum(is_late(piece, rules) for piece in run.pieces.values())
    facts = {"kept": len(run.pieces), "made": run.ended.pieces if run.ended else 0, "late": late}
    return sentence("report_pieces_ended" if run.ended else "report_pieces", facts, lang)


def _gap(part: Part, lang: Lang) -> str:
    facts = {"since": instant(part.since), "until": instant(part.until), "first": part.first, "last": part.last}
    return sentence(f"report_recording_{part.kind}", facts, lang)
