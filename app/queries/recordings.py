"""Recordings of a sitting by site: what is there, what came late, what is missing; and who asked to see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.models import RecordingPiece
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.calendar import add
from app.procedure.errors import RuleViolation
from app.procedure.profiles import Profile
from app.procedure.recording_gaps import GAPS, ClockStep, Part, Stretch, clock_steps, parts
from app.procedure.recordings import Look, Run, look_of
from app.procedure.roles import Actor, Role

BREADTH = 1000  # units of the time line, from its beginning to its end


@dataclass(frozen=True)
class Strip:
    """A part of a recording on the time line: where it begins, and how broad it is."""

    part: Part
    left: int
    width: int


@dataclass(frozen=True)
class RunView:
    """A recording with what is known of it. `repeats`: pieces that came again; `contradicted`: when another piece was
    offered last in the place of one that was there, and refused."""

    run: Run
    strips: tuple[Strip, ...]
    clock_steps: tuple[ClockStep, ...]
    size: int
    repeats: int
    contradicted: datetime | None

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(strip.part for strip in self.strips)

    @property
    def gaps(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.kind in GAPS)


@dataclass(frozen=True)
class SiteView:
    """The recordings of a site, in order."""

    site: str
    runs: tuple[RunView, ...]


@dataclass(frozen=True)
class RecordingsView:
    """All that somebody may know of them; `since`, `until` are the ends of the time line, `disposed_at` is when their
    films were deleted."""

    sites: tuple[SiteView, ...]
    since: datetime | None
    until: datetime
    kept_years: int
    disposed_at: datetime | None = None

    @property
    def hours(self) -> tuple[tuple[int, datetime], ...]:
        """Five marks on the time line."""
        since = self.since
        if since is None:
            return ()
        return tuple((BREADTH * n // 4, since + (self.until - since) * n / 4) for n in range(5))


def recordings_seen(db_session: DbSession, actor: Actor, case: Case, lot: str, now: datetime) -> RecordingsView:
    """The recordings of a sitting as they stand in the case file; a witness sees those of its own site."""
    state, profile = case.lot(lot), case.tender.published.profile
    sites = state.sites & actor.sites if actor.is_(Role.SITE_WITNESS) else state.sites
    runs = [run for run in state.recordings.runs.values() if run.site in sites]
    since, until = min((run.begun_at for run in runs), default=None), _until(case, lot, runs, now)
    counts = _counts(db_session, case.id, lot)
    found = {site: list[RunView]() for site in sorted(sites)}
    for run in runs:
        assert since is not None
        found[run.site].append(_run_view(run, profile, (since, until, now), counts.get((run.site, run.number))))
    views = tuple(SiteView(site, tuple(of_site)) for site, of_site in found.items())
    years = profile.recording.kept_years if profile.recording else 0
    return RecordingsView(views, since, until, years, state.recordings.disposed_at)


def _until(case: Case, lot: str, runs: Sequence[Run], now: datetime) -> datetime:
    """Where the time line ends: now, while something is recorded; else with what was known last."""
    if any(run.ended is None for run in runs) and not case.lot(lot).evaluation_over:
        return now
    ends = [piece.ended_at for run in runs for piece in run.pieces.values()]
    return max((*ends, *(run.ended_at or run.begun_at for run in runs)), default=now)


def _run_view(
    run: Run, profile: Profile, line: tuple[datetime, datetime, datetime], counted: tuple[int, datetime | None] | None
) -> RunView:
    rules, (since, until, now) = profile.recording, line
    assert rules is not None
    whole = (until - since).total_seconds() or 1
    strips = []
    for part in parts(run, rules, until if until < now else now):
        left = int(BREADTH * (part.since - since).total_seconds() / whole)
        width = max(2, int(BREADTH * (part.until - part.since).total_seconds() / whole))
        strips.append(Strip(part, min(left, BREADTH - 2), width))
    repeats, contradicted = counted or (0, None)
    size = sum(piece.size for piece in run.pieces.values())
    return RunView(run, tuple(strips), clock_steps(run), size, repeats, contradicted)


def is_owed(run: Run) -> bool:
    """Whether pieces of it are awaited: the end is not stated, or more were made than have come."""
    return run.ended is None or len(run.pieces) < run.ended.pieces


def _counts(db_session: DbSession, case_id: str, lot: str) -> dict[tuple[str, int], tuple[int, datetime | None]]:
    kind = RecordingPiece
    query = select(kind.site, kind.run, func.sum(kind.repeats), func.max(kind.contradicted_at))
    query = query.where(kind.case_id == case_id, kind.lot == lot).group_by(kind.site, kind.run)
    return {(site, run): (int(repeats), at) for site, run, repeats, at in db_session.execute(query)}


def recorded_now(case: Case, lot: str) -> tuple[Run, ...]:
    """The recordings that run now: everybody in the room is told of them."""
    state = case.lot(lot)
    if state.evaluation_over:
        return ()
    found = (state.recordings.running(site) for site in sorted(state.sites))
    return tuple(run for run in found if run is not None)


def recording_at(case: Case, lot: str, site: str, now: datetime) -> str:
    """How the recording of a site stands: `running`, `stalled` where nothing has come for long, `none`; "" where the
    rule book knows none."""
    rules, run = case.tender.published.profile.recording, case.lot(lot).recordings.running(site)
    if rules is None:
        return ""
    if run is None:
        return "none"
    known = parts(run, rules, now)
    return "stalled" if known and known[-1].kind is Stretch.OPEN else "running"


@dataclass(frozen=True)
class LookView:
    """A request to see recordings as the authority reads it. `state` is waiting, lapsed, granted or over."""

    look: Look
    state: str
    until: datetime | None
    mine: bool


def looks_of(actor: Actor, case: Case, lot: str, now: datetime) -> tuple[LookView, ...]:
    """Who asked to see them, the latest first; for the authority alone."""
    if not allowed(actor, Action.RECORDING_LOOK, case, lot):
        return ()
    found = case.lot(lot).recordings.looks.values()
    return tuple(_look_view(actor, look, case.tender.published.profile, now) for look in reversed(tuple(found)))


def _look_view(actor: Actor, look: Look, profile: Profile, now: datetime) -> LookView:
    until = look.until(profile.recording) if profile.recording else None
    if until is not None:
        return LookView(look, "granted" if now < until else "over", until, actor.id in (look.by, look.granted_by))
    until = add(look.at, profile.approval_valid) if profile.approval_valid else None
    return LookView(look, "waiting" if until is None or now < until else "lapsed", until, actor.id == look.by)


def looks_now(actor: Actor, case: Case, lot: str, now: datetime) -> bool:
    """Whether the actor may play recordings of this sitting now."""
    if not allowed(actor, Action.RECORDING_LOOK, case, lot):
        return False
    try:
        look_of(case.lot(lot).recordings, actor.id, now, case.tender.published.profile)
    except RuleViolation:
        return False
    return True
