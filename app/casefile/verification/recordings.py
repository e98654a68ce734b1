"""Recordings: every gap and cut by name; and, where the films are given, that they are those of the case file.

A gap is no fault of the record, which tells it honestly; what it leaves open is said. A film that was changed is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

from app.casefile.verification.evidence import Evidence
from app.casefile.verification.findings import Finding, Findings, failed, held, not_covered
from app.procedure.recording_gaps import GAPS, clock_steps, is_late, parts
from app.procedure.recordings import Run, piece_name
from crypto.instants import parse_instant


def check_recordings(evidence: Evidence) -> Findings:
    """Of each recording what the case file says of it."""
    runs = [(lot, run) for lot, state in evidence.case.lots.items() for run in state.recordings.runs.values()]
    if not runs:
        return
    rules = evidence.case.tender.published.profile.recording
    assert rules is not None  # else the replay names the fact that should not be there
    exported_at = parse_instant(evidence.head["exported_at"])
    for lot in dict.fromkeys(lot for lot, _run in runs):
        state = evidence.case.lots[lot]
        for site in sorted(state.sites - {run.site for run in state.recordings.runs.values()}):
            yield not_covered("evidence_recording_none", lot=lot, site=site)
    for lot, run in runs:
        facts = {"lot": lot, "site": run.site, "run": run.number}
        for part in parts(run, rules, exported_at):
            if part.kind in GAPS:
                more = {"since": part.since, "until": part.until, "first": part.first, "last": part.last}
                yield not_covered(f"evidence_recording_{part.kind}", **facts, **more)
        for step in clock_steps(run):
            yield not_covered("evidence_recording_clock", **facts, piece=step.piece, ms=step.by_ms)
    for lot in dict.fromkeys(lot for lot, _run in runs):
        found = evidence.case.lots[lot].recordings
        if found.disposed_at is not None:  # lawful, or the replay says so; no gap
            facts = {"lot": lot, "at": found.disposed_at, "years": rules.kept_years, "pieces": found.pieces}
            yield held("evidence_recordings_disposed", **facts)
    pieces = [piece for _lot, run in runs for piece in run.pieces.values()]
    late = sum(is_late(piece, rules) for piece in pieces)
    yield held("evidence_recordings", runs=len(runs), pieces=len(pieces), late=late)
    if evidence.films:
        gone = {lot for lot, _run in runs if evidence.case.lots[lot].recordings.disposed_at is not None}
        yield from _films(runs, evidence.films, gone)


def _films(runs: list[tuple[str, Run]], films: Mapping[str, str], gone: Set[str]) -> Findings:
    """The films by the names under which they are saved, with or without their ending. Of lots whose films are `gone`
    somebody may have a copy: what there is of one is compared, and nothing is missed."""
    given = {name.rpartition(".")[0]: (name, digest) for name, digest in films.items()}
    matched, wrong = 0, list[Finding]()
    for lot, run in runs:
        expected = {_stem(lot, run, number): piece.sha256 for number, piece in run.pieces.items()}
        if lot in gone:
            expected = {stem: digest for stem, digest in expected.items() if stem in given}
        elif not given.keys() & expected.keys():
            facts = {"lot": lot, "site": run.site, "run": run.number, "pieces": len(expected)}
            wrong.append(not_covered("evidence_recording_not_given", **facts))
            continue
        for stem, digest in expected.items():
            name, found = given.pop(stem, ("", ""))
            if not name:
                wrong.append(failed("evidence_recording_absent", name=stem))
            elif found != digest:
                facts = {"name": name, "expected": digest[:12], "found": found[:12]}
                wrong.append(failed("evidence_recording_changed", **facts))
            else:
                matched += 1
    yield from wrong
    yield from (failed("evidence_recording_foreign", name=name) for name, _digest in given.values())
    yield held("evidence_recordings_match", pieces=matched)


def _stem(lot: str, run: Run, number: int) -> str:
    return piece_name(lot, run.site, run.number, number, "").rstrip(".")
