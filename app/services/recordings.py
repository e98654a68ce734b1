"""Recordings of the sites: pieces as they come, sealed where they lie, and named by the case file soon after.

A recording gives way to everything else: no piece is taken where uploads and openings might want for room, and a piece
that is refused stays with the machine that made it.
"""

from __future__ import annotations

import base64
import hashlib
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography.fernet import InvalidToken
from sqlalchemy import func, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.database import Busy, no_room
from app.models import AccessLog, RecordingPiece
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, authorize
from app.procedure.calendar import add
from app.procedure.errors import RuleViolation
from app.procedure.recordings import (
    LARGEST_PIECE,
    MOST_PIECES,
    Look,
    Piece,
    RecordingKept,
    Room,
    Run,
    check_not_disposed,
    check_piece,
    link,
    look_of,
    piece_name,
    rules_of,
    run_of,
    with_piece,
)
from app.procedure.roles import Actor, Role
from app.queries.cases import load_case
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.acts import Act, Answer, completes
from app.services.notices import tell_role
from app.services.platform import Platform
from app.services.unit_of_work import plain_transaction, schedule_job, take_turns, unit_of_work
from app.services.uploads import DISK_RESERVE_BYTES

WAITING, LOGGED, REFUSED, DELETED = "waiting", "logged", "refused", "deleted"
# Films by their first bytes: what browsers record, and nothing that a page of ours would run.
_WEBM, _MP4 = b"\x1aE\xdf\xa3", b"ftyp"


@dataclass(frozen=True)
class Place:
    """Of which recording: the `run`-th of a site of a sitting."""

    case_id: str
    lot: str
    site: str
    run: int


@dataclass(frozen=True)
class StatedPiece:
    """What the machine of a site says of a piece, without when it came."""

    number: int
    started_at: datetime
    ended_at: datetime
    sha256: str
    previous: str
    clock_ms: int


@dataclass(frozen=True)
class KeptPiece:
    """That a piece is safely kept; `again`: it was before."""

    number: int
    link: str
    again: bool
    now: datetime


@dataclass(frozen=True)
class RunState:
    """Where the latest recording of a site stands, for the machine that goes on with it."""

    run: int
    running: bool
    received: int
    piece_seconds: int
    now: datetime


def media_type_of(data: bytes) -> str:
    """`video/webm`, `video/mp4`, or "" for what is no film."""
    if data.startswith(_WEBM):
        return "video/webm"
    return "video/mp4" if data[4:8] == _MP4 else ""


def room_of(case: Case, lot: str) -> Room:
    """The sitting as the rules of recordings know it. Raises RuleViolation `lot_unknown`."""
    state = case.lot(lot)
    return Room(case.id, lot, state.sites, state.evaluation_over, state.evaluation_over_at)


def run_state(platform: Platform, log_in: LogIn, case_id: str, lot: str, site: str) -> RunState:
    """The latest recording of one's own site. Raises NotAllowed, RuleViolation `recording_site_other`."""
    with platform.database.reading() as db_session:
        case, now = load_case(db_session, case_id), platform.database.now(db_session.connection())
        _authorize(db_session, log_in, case, lot, site)
        rules, found = rules_of(case.tender.published.profile), case.lot(lot).recordings
        runs = found.of_site(site)
        rows = select(func.count()).where(*_of(Place(case_id, lot, site, len(runs))))
        seconds = int((add(now, rules.piece) - now).total_seconds())
        running = found.running(site) is not None
        return RunState(len(runs), running, int(db_session.scalar(rows) or 0), seconds, now)


def keep_piece(platform: Platform, log_in: LogIn, place: Place, stated: StatedPiece, data: bytes) -> KeptPiece:
    """Keep a piece that the witness's machine hands in, in time or late; the same one twice is kept once.

    Raises NotAllowed, RuleViolation `recording_no_film`, `recording_piece_differs`, `recording_room`,
    `recording_quota`, and those of `check_piece`.
    """
    if not media_type_of(data) or len(data) > LARGEST_PIECE:
        raise RuleViolation("recording_no_film", most=LARGEST_PIECE >> 20)
    if hashlib.sha256(data).hexdigest() != stated.sha256:
        raise RuleViolation("recording_piece_differs", piece=stated.number)
    with platform.database.reading() as db_session:
        _authorize(db_session, log_in, load_case(db_session, place.case_id), place.lot, place.site)
    blob = _sealed(platform, data)
    try:
        kept, contradicted = _take(platform, log_in, place, stated, len(data), blob)
    except (RuleViolation, NotAllowed, Busy):  # nothing was committed; any other fault may come after it
        platform.blobs.delete(blob)
        raise
    if kept.again or contradicted:
        platform.blobs.delete(blob)
    if contradicted:
        raise RuleViolation("recording_piece_known", piece=stated.number)
    return kept


def _authorize(db_session: DbSession, log_in: LogIn, case: Case, lot: str, site: str) -> None:
    actor = load_actor(db_session, log_in.account_id, log_in.seat)
    authorize(actor, Action.RECORDING_KEEP, case, lot)
    if site not in actor.sites & case.lot(lot).sites:
        raise RuleViolation("recording_site_other")


def _sealed(platform: Platform, data: bytes) -> str:
    """The blob of a piece under the installation's key. Raises RuleViolation `recording_room`."""
    free, settings = platform.blobs.free_bytes(), platform.settings
    kept_free = settings.max_upload_bytes + DISK_RESERVE_BYTES + settings.recording_reserve_bytes
    if free is not None and free < kept_free:
        raise RuleViolation("recording_room")
    try:
        return platform.blobs.put(base64.urlsafe_b64decode(platform.keys.protect(data)))
    except OSError as exc:
        if no_room(exc):
            raise RuleViolation("recording_room") from exc
        raise


def _take(
    platform: Platform, log_in: LogIn, place: Place, stated: StatedPiece, size: int, blob: str
) -> tuple[KeptPiece, bool]:
    """The row of a piece, and whether another one has its number already."""
    with plain_transaction(platform.database) as (db_session, now):
        take_turns(db_session, f"recording/{place}")
        case = load_case(db_session, place.case_id)
        _authorize(db_session, log_in, case, place.lot, place.site)
        room, rules = room_of(case, place.lot), rules_of(case.tender.published.profile)
        row = db_session.get(RecordingPiece, (*vars(place).values(), stated.number))
        piece = Piece(**vars(stated), size=size, received_at=row.received_at if row is not None else now)
        mine = link(room, place.site, place.run, piece)
        if row is not None:
            same = link(room, place.site, place.run, _piece(row)) == mine
            row.repeats, row.contradicted_at = row.repeats + same, row.contradicted_at if same else now
            return KeptPiece(stated.number, mine, True, now), not same
        check_not_disposed(case.lot(place.lot).recordings)
        run = run_of(case.lot(place.lot).recordings, place.site, place.run)
        check_piece(_with_neighbours(db_session, run, place, stated.number), piece, room, rules, now)
        _check_quota(platform, db_session, place, size)
        row = RecordingPiece(**vars(place), **vars(piece), blob=blob, state=WAITING, repeats=0)
        db_session.add(row)
        due = add(now, rules.entry)
        slot = int(due.timestamp()) // max(1, int((due - now).total_seconds()))
        detail = f"{place.site}/{place.run}/{slot}"
        schedule_job(db_session, "log_recording", due, case_id=place.case_id, lot=place.lot, detail=detail)
        return KeptPiece(stated.number, mine, False, now), False


def _of(place: Place) -> tuple[bool, ...]:
    kind = RecordingPiece
    mine = (kind.case_id == place.case_id, kind.lot == place.lot, kind.site == place.site, kind.run == place.run)
    return mine  # type: ignore[return-value]


def _piece(row: RecordingPiece) -> Piece:
    stated = (row.number, row.started_at, row.ended_at, row.size, row.sha256, row.previous, row.clock_ms)
    return Piece(*stated, row.received_at)


def _with_neighbours(db_session: DbSession, run: Run, place: Place, number: int) -> Run:
    """The recording with the pieces around one, be they in the log yet or not: what its place hangs on."""
    query = select(RecordingPiece).where(*_of(place), RecordingPiece.number.in_((number - 1, number + 1)))
    rows = [row for row in db_session.scalars(query) if row.state != REFUSED]
    return replace(run, pieces={row.number: _piece(row) for row in rows})


def _check_quota(platform: Platform, db_session: DbSession, place: Place, size: int) -> None:
    mine = select(func.coalesce(func.sum(RecordingPiece.size), 0))
    mine = mine.where(RecordingPiece.case_id == place.case_id, RecordingPiece.lot == place.lot)
    most = platform.settings.recording_quota_bytes
    if int(db_session.scalar(mine) or 0) + size > most:
        raise RuleViolation("recording_quota", most=most >> 30)


def log_recording(platform: Platform, case_id: str, lot: str, detail: str) -> None:
    """The case file names the pieces that have come since; repeating it is harmless."""
    site, run = detail.split("/")[0], int(detail.split("/")[1])
    place = Place(case_id, lot, site, run)
    with unit_of_work(platform.database, case_id, lot) as work:
        waiting = select(RecordingPiece).where(*_of(place), RecordingPiece.state == WAITING)
        rows = list(work.db_session.scalars(waiting.order_by(RecordingPiece.number).with_for_update()))
        lawful = _lawful(work.case, place, rows, work.now)
        for at in range(0, len(lawful), MOST_PIECES):
            work.conclude(RecordingKept(site, run, tuple(lawful[at : at + MOST_PIECES])), lot)


def _lawful(case: Case, place: Place, rows: Sequence[RecordingPiece], now: datetime) -> list[Piece]:
    """Those that still have their place: what the witness has signed with the end may say otherwise."""
    room, rules = room_of(case, place.lot), rules_of(case.tender.published.profile)
    run, found = run_of(case.lot(place.lot).recordings, place.site, place.run), list[Piece]()
    for row in rows:
        piece = _piece(row)
        try:
            check_piece(run, piece, room, rules, now)
        except RuleViolation:
            row.state = REFUSED
            continue
        row.state = LOGGED
        run = with_piece(run, piece)
        found.append(piece)
    return found


@completes("RecordingLookRequested")
def request_look(act: Act) -> Answer:
    """The authority's other people are told that a request waits."""
    _tell(act, act.work.case.tender.published.parties.regulator.id, Role.REGULATOR, "recording_look_waits")
    return {}


@completes("RecordingLookGranted")
def grant_look(act: Act) -> Answer:
    """Who asked may look now, and the centre, which keeps the recordings, knows that somebody does."""
    parties = act.work.case.tender.published.parties
    _tell(act, parties.regulator.id, Role.REGULATOR, "recording_look_granted")
    _tell(act, parties.centre.id, Role.CENTRE_OPERATOR, "recording_look_granted")
    return {}


def _tell(act: Act, organisation: str, role: Role, code: str) -> None:
    title = act.work.case.tender.published.title
    tell_role(act.work, organisation, role, code, title=title, lot=act.lot, reason=act.fact.reason)


def look_at(platform: Platform, actor: Actor, place: Place, address: str = "") -> list[RecordingPiece]:
    """The pieces of a recording for one of the two who may look now; the look is kept, once for each request and run.

    Raises NotAllowed, RuleViolation `recording_look_needed`, `recording_unknown`.
    """
    with platform.database.reading() as db_session:
        case, now = load_case(db_session, place.case_id), platform.database.now(db_session.connection())
        authorize(actor, Action.RECORDING_LOOK, case, place.lot)
        found = case.lot(place.lot).recordings
        look = look_of(found, actor.id, now, case.tender.published.profile)
        run_of(found, place.site, place.run)
        rows = select(RecordingPiece).where(*_of(place), RecordingPiece.state == LOGGED)
        pieces = list(db_session.scalars(rows.order_by(RecordingPiece.number)))
    _keep_look(platform, actor, place, look, address)
    return pieces


def _keep_look(platform: Platform, actor: Actor, place: Place, look: Look, address: str) -> None:
    what = {
        "account_id": actor.id,
        "action": Action.RECORDING_LOOK.value,
        "case_id": place.case_id,
        "lot": place.lot,
        "subject": f"{look.fact.request[:12]}/{place.site}/{place.run}",
        "reason": look.fact.reason,
    }
    known = select(AccessLog.id).filter_by(**what)
    with platform.database.reading() as db_session:
        if db_session.scalar(known) is not None:
            return
    with plain_transaction(platform.database) as (db_session, now):
        take_turns(db_session, f"looking/{what['subject']}/{actor.id}")
        if db_session.scalar(known) is None:
            db_session.add(AccessLog(at=now, address=address, **what))


def film_of(platform: Platform, row: RecordingPiece) -> bytes:
    """The film of a piece. Raises RuleViolation `file_damaged` where it is not the one that the case file names."""
    name = f"{row.site}-{row.run}-{row.number}"
    try:
        data = platform.keys.reveal(base64.urlsafe_b64encode(platform.blobs.get(row.blob)))
    except (OSError, ValueError, InvalidToken) as exc:
        raise RuleViolation("file_damaged", name=name) from exc
    if hashlib.sha256(data).hexdigest() != row.sha256:
        raise RuleViolation("file_damaged", name=name)
    return data


def archive_of(platform: Platform, rows: Sequence[RecordingPiece]) -> Iterator[bytes]:
    """A tar of the pieces, one after the other; what is damaged is left out, so that the verifier names it."""
    for row in rows:
        try:
            data = film_of(platform, row)
        except RuleViolation:
            continue
        name = piece_name(row.lot, row.site, row.run, row.number, media_type_of(data).rpartition("/")[2])
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime = len(data), int(row.started_at.timestamp())
        yield entry.tobuf(tarfile.PAX_FORMAT)
        yield data + bytes(-len(data) % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)
