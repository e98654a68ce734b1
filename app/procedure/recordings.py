"""Recordings of the sites: what each witness's machine filmed, piece by piece, as a chain of hashes.

1. The witness of a site begins a recording and ends it, each by a signed act; with the end it signs how many pieces
   were made and the link of the last one, and with that all of them.
2. A piece is a film of some seconds that plays by itself. It names the link of the piece before, so that none can be
   left out, changed or put elsewhere unseen. What the line kept back is handed in later, and the record says when.
3. Only hashes stand in the case file. Whoever is to see a recording asks for it in writing, and another person of the
   authority grants it (ROLES 50).
4. Once the years of the rule book are over the films are deleted, which is a fact; the hashes stay.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from app.procedure.calendar import add
from app.procedure.errors import RuleViolation
from app.procedure.profiles import Profile, RecordingRules
from app.procedure.roles import Actor, Role
from crypto.canonical import digest
from crypto.instants import format_instant

MOST_PIECES = 60  # in one entry of the log
LARGEST_PIECE = 4 << 20  # bytes
LONGEST = 9  # times the rule book's length: a window in the background may end a piece a minute late
SEAM = timedelta(seconds=2)  # between two pieces, or of one over the other, as old machines need it
LONGEST_REASON = 500  # characters


@dataclass(frozen=True)
class Piece:
    """A film of some seconds. `started_at`, `ended_at`: by the server's clock, as the site's machine reckoned it;
    `clock_ms`: how far that machine's own clock was ahead of it; `previous`: the link of the piece before, "" of the
    first; `received_at`: when the platform had it."""

    number: int
    started_at: datetime
    ended_at: datetime
    size: int
    sha256: str
    previous: str
    clock_ms: int
    received_at: datetime


@dataclass(frozen=True)
class RecordingBegun:
    """The witness begins the `run`-th recording of its site, counted from 1: picture and sound."""

    site: str
    run: int


@dataclass(frozen=True)
class RecordingKept:
    """Pieces of a recording that the platform has received since the last such entry."""

    site: str
    run: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class RecordingEnded:
    """The witness ends a recording of `pieces` pieces; `head` is the link of the last one, "" where there is none."""

    site: str
    run: int
    pieces: int
    head: str


@dataclass(frozen=True)
class RecordingLookRequested:
    """An inspector asks to see the recordings of a lot; `request` names the request, `reason` what it is for."""

    request: str
    reason: str


@dataclass(frozen=True)
class RecordingLookGranted:
    """Another inspector of the authority grants it, word for word."""

    request: str
    reason: str


@dataclass(frozen=True)
class RecordingsDisposed:
    """The films of all `pieces` of a sitting are deleted, since their years are over; the log goes on naming them."""

    pieces: int


LookFact = RecordingLookRequested | RecordingLookGranted
Fact = RecordingBegun | RecordingKept | RecordingEnded | LookFact | RecordingsDisposed


@dataclass(frozen=True)
class Room:
    """Whose recordings they are: of which sitting, at which sites, and whether it is over, and since when."""

    case_id: str
    lot: str
    sites: frozenset[str]
    over: bool
    over_at: datetime | None = None


@dataclass(frozen=True)
class Run:
    """One recording of a site from its beginning. `ended` is None until the witness has said so."""

    site: str
    number: int
    begun_at: datetime
    by: str
    pieces: Mapping[int, Piece] = field(default_factory=dict)
    ended: RecordingEnded | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Look:
    """That somebody may see them: who asked, and who granted it when."""

    fact: RecordingLookRequested
    by: str
    at: datetime
    granted_by: str = ""
    granted_at: datetime | None = None

    def until(self, rules: RecordingRules) -> datetime | None:
        """Until when the two may look; None while it is not granted."""
        return add(self.granted_at, rules.look_valid) if self.granted_at else None


@dataclass(frozen=True)
class Recordings:
    """Those of one sitting, by site and number, who asked to see them, by the name of the request, and when their films
    were deleted."""

    runs: Mapping[tuple[str, int], Run] = field(default_factory=dict)
    looks: Mapping[str, Look] = field(default_factory=dict)
    disposed_at: datetime | None = None

    @property
    def pieces(self) -> int:
        """How many pieces the log names."""
        return sum(len(run.pieces) for run in self.runs.values())

    def of_site(self, site: str) -> tuple[Run, ...]:
        """In their order."""
        return tuple(run for run in self.runs.values() if run.site == site)

    def running(self, site: str) -> Run | None:
        """The latest recording of a site, if it has not ended."""
        last = next(reversed(self.of_site(site)), None)
        return last if last is not None and last.ended is None else None


def link(room: Room, site: str, run: int, piece: Piece) -> str:
    """What the next piece names: SHA-256 over the JCS of everything that the site says of this one."""
    return digest(
        {
            "v": "recording/v1",
            "case": room.case_id,
            "lot": room.lot,
            "site": site,
            "run": run,
            "number": piece.number,
            "started_at": format_instant(piece.started_at),
            "ended_at": format_instant(piece.ended_at),
            "size": piece.size,
            "sha256": piece.sha256,
            "clock_ms": piece.clock_ms,
            "previous": piece.previous,
        }
    )


def piece_name(lot: str, site: str, run: int, number: int, ending: str) -> str:
    """Under which name a piece is saved as a file, by which the verifier finds it."""
    return f"{lot}-{site}-{run}-{number:06d}.{ending}"


def decide(
    found: Recordings, fact: Fact, room: Room, actor: Actor, now: datetime, profile: Profile
) -> tuple[Fact, ...]:
    """The accepted fact.

    Raises RuleViolation `recording_not_foreseen`, `recording_site_other`, `recording_number_wrong`, `evaluation_over`,
    `recording_unknown`, `recording_over`, `recording_pieces_wrong`, `recording_chain_broken`, `recording_time_wrong`,
    `recording_disposed`, and those of a look and of a disposal.
    """
    rules = rules_of(profile)
    if not isinstance(fact, RecordingEnded):
        check_not_disposed(found)
    if isinstance(fact, RecordingsDisposed):
        _check_disposal(found, fact, room, now, profile)
        return (fact,)
    if isinstance(fact, LookFact):
        _check_look(found, fact, actor, now, profile)
        return (fact,)
    if fact.site not in room.sites or (actor.is_(Role.SITE_WITNESS) and fact.site not in actor.sites):
        raise RuleViolation("recording_site_other")
    match fact:
        case RecordingBegun():
            if room.over:
                raise RuleViolation("evaluation_over")
            if fact.run != (expected := len(found.of_site(fact.site)) + 1):
                raise RuleViolation("recording_number_wrong", expected=expected, stated=fact.run)
        case RecordingEnded():
            _check_end(run_of(found, fact.site, fact.run), fact, room)
        case RecordingKept():
            run = run_of(found, fact.site, fact.run)
            if not 0 < len(fact.pieces) <= MOST_PIECES:
                raise RuleViolation("recording_pieces_wrong", most=MOST_PIECES)
            for piece in fact.pieces:
                check_piece(run, piece, room, rules, now)
                run = with_piece(run, piece)
    return (fact,)


def rules_of(profile: Profile) -> RecordingRules:
    """What the rule book says of recordings. Raises RuleViolation `recording_not_foreseen`."""
    if profile.recording is None:
        raise RuleViolation("recording_not_foreseen")
    return profile.recording


def check_not_disposed(found: Recordings) -> None:
    """Raises RuleViolation `recording_disposed`."""
    if found.disposed_at is not None:
        raise RuleViolation("recording_disposed", at=found.disposed_at)


def kept_until(found: Recordings, over_at: datetime, rules: RecordingRules) -> datetime:
    """Until when films are kept: whole calendar years from the end of the evaluation, or from what came later."""
    came = [piece.received_at for run in found.runs.values() for piece in run.pieces.values()]
    last = max(over_at, *came, *(run.ended_at or run.begun_at for run in found.runs.values()))
    year = last.year + rules.kept_years
    leaps = (last.month, last.day) == (2, 29) and not isleap(year)
    return last.replace(year=year, month=3, day=1) if leaps else last.replace(year=year)


def _check_disposal(found: Recordings, fact: RecordingsDisposed, room: Room, now: datetime, profile: Profile) -> None:
    """Raises RuleViolation `recording_kept_yet`, `recording_look_stands`, `recording_disposal_wrong`."""
    rules = rules_of(profile)
    if room.over_at is None or not found.pieces:
        raise RuleViolation("recording_disposal_wrong", expected=0, stated=fact.pieces)
    if now < (until := kept_until(found, room.over_at, rules)):
        raise RuleViolation("recording_kept_yet", until=until, years=rules.kept_years)
    if any(_stands(look, rules, profile, now) for look in found.looks.values()):
        raise RuleViolation("recording_look_stands")
    if fact.pieces != found.pieces:
        raise RuleViolation("recording_disposal_wrong", expected=found.pieces, stated=fact.pieces)


def _stands(look: Look, rules: RecordingRules, profile: Profile, now: datetime) -> bool:
    """Whether a request waits to be granted, or counts."""
    until = look.until(rules)
    if until is None and profile.approval_valid is not None:
        until = add(look.at, profile.approval_valid)
    return until is None or now < until


def run_of(found: Recordings, site: str, number: int) -> Run:
    """Raises RuleViolation `recording_unknown`."""
    run = found.runs.get((site, number))
    if run is None:
        raise RuleViolation("recording_unknown", run=number)
    return run


def with_piece(run: Run, piece: Piece) -> Run:
    """The recording with one piece more."""
    return replace(run, pieces={**run.pieces, piece.number: piece})


def check_piece(run: Run, piece: Piece, room: Room, rules: RecordingRules, now: datetime) -> None:
    """Whether a piece has its place in the chain, and in time.

    Raises RuleViolation `recording_piece_known`, `recording_pieces_wrong`, `recording_time_wrong`,
    `recording_chain_broken` (piece).
    """
    number = piece.number
    if number in run.pieces:
        raise RuleViolation("recording_piece_known", piece=number)
    last = run.ended.pieces if run.ended else None
    if number < 1 or (last is not None and number > last) or not 0 < piece.size <= LARGEST_PIECE:
        raise RuleViolation("recording_pieces_wrong", most=MOST_PIECES)
    before, after = run.pieces.get(number - 1), run.pieces.get(number + 1)
    earliest = (before.ended_at if before is not None else run.begun_at) - SEAM
    longest = LONGEST * (add(piece.started_at, rules.piece) - piece.started_at)
    in_order = earliest <= piece.started_at < piece.ended_at <= piece.received_at + SEAM
    if not in_order or piece.ended_at - piece.started_at > longest or piece.received_at > now:
        raise RuleViolation("recording_time_wrong", piece=number)
    if after is not None and after.started_at < piece.ended_at - SEAM:
        raise RuleViolation("recording_time_wrong", piece=number)
    mine = link(room, run.site, run.number, piece)
    fits = [piece.previous == ""] if number == 1 else []
    fits += [piece.previous == link(room, run.site, run.number, before)] if before is not None else []
    fits += [after.previous == mine] if after is not None else []
    fits += [run.ended.head == mine] if run.ended is not None and number == run.ended.pieces else []
    if not all(fits):
        raise RuleViolation("recording_chain_broken", piece=number)


def _check_end(run: Run, fact: RecordingEnded, room: Room) -> None:
    if run.ended is not None:
        raise RuleViolation("recording_over", run=run.number)
    highest = max(run.pieces, default=0)
    if fact.pieces < highest or (not fact.pieces) != (not fact.head):
        raise RuleViolation("recording_pieces_wrong", most=MOST_PIECES)
    if fact.pieces and fact.pieces == highest and fact.head != link(room, run.site, run.number, run.pieces[highest]):
        raise RuleViolation("recording_chain_broken", piece=highest)


def _check_look(found: Recordings, fact: Fact, actor: Actor, now: datetime, profile: Profile) -> None:
    """Raises RuleViolation `text_missing`, `recording_look_known`, `recording_look_unknown`, `second_person_needed`,
    `proposal_lapsed`, `object_has_changed`."""
    assert isinstance(fact, LookFact)
    waiting = found.looks.get(fact.request)
    if isinstance(fact, RecordingLookRequested):
        if not fact.request or not fact.reason.strip() or len(fact.reason) > LONGEST_REASON:
            raise RuleViolation("text_missing")
        if waiting is not None:
            raise RuleViolation("recording_look_known")
        return
    if waiting is None or waiting.granted_at is not None:
        raise RuleViolation("recording_look_unknown")
    if waiting.by == actor.id:
        raise RuleViolation("second_person_needed")
    if profile.approval_valid is not None and now >= (until := add(waiting.at, profile.approval_valid)):
        raise RuleViolation("proposal_lapsed", proposed_at=waiting.at, until=until, period=str(profile.approval_valid))
    if waiting.fact.reason != fact.reason:
        raise RuleViolation("object_has_changed", expected=waiting.fact.reason[:12], stated=fact.reason[:12])


def look_of(found: Recordings, by: str, now: datetime, profile: Profile) -> Look:
    """By which granted request somebody looks now. Raises RuleViolation `recording_look_needed`."""
    rules = rules_of(profile)
    for look in found.looks.values():
        until = look.until(rules)
        if until is not None and now < until and by in (look.by, look.granted_by):
            return look
    raise RuleViolation("recording_look_needed")


def apply(found: Recordings, fact: Fact, by: str, at: datetime) -> Recordings:
    """The state after an accepted fact."""
    match fact:
        case RecordingLookRequested():
            return replace(found, looks={**found.looks, fact.request: Look(fact, by, at)})
        case RecordingLookGranted():
            granted = replace(found.looks[fact.request], granted_by=by, granted_at=at)
            return replace(found, looks={**found.looks, fact.request: granted})
        case RecordingsDisposed():
            return replace(found, disposed_at=at)
        case RecordingBegun():
            run = Run(fact.site, fact.run, at, by)
        case RecordingKept():
            run = found.runs[fact.site, fact.run]
            run = replace(run, pieces={**run.pieces, **{piece.number: piece for piece in fact.pieces}})
        case RecordingEnded():
            run = replace(found.runs[fact.site, fact.run], ended=fact, ended_at=at)
    return replace(found, runs={**found.runs, (fact.site, fact.run): run})
