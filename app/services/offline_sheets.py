"""Sheets that were finished without a line: handed in by the booth itself, or carried as a file by the witness.

The file is sealed to a key of this sitting that the platform makes anew, so that nobody on the way reads a score. What
is in it is the member's signed act, which goes through the one door of all acts as if the booth had sent it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.casefile.codec import decode
from app.casefile.record import case_reference
from app.models import Certificate, ScoreDraft
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, authorize
from app.procedure.errors import RuleViolation
from app.queries.cases import load_besides_bids, load_case
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.acts import parse_proposal, record_act
from app.services.platform import Platform
from crypto.canonical import Json, parse
from crypto.carried import derived_key, public_point, unseal
from crypto.errors import CryptoError
from evaluation.sitting import OfflineSigning, ScoreSheetLocked

FORMAT = "carriedsheet/v1"
LARGEST_FILE = 2 << 20  # bytes
TYPE = ScoreSheetLocked.__name__
OF_SCORES = ("score_", "criterion_", "comment_", "malformed")  # refusals that would tell who carries it what is inside


@dataclass(frozen=True)
class HandedIn:
    """A sheet that counts: whose, and when it was signed (by its machine's clock) and received."""

    seat: int
    signed_at: datetime
    received_at: datetime


@dataclass(frozen=True)
class Difference:
    """A score that the platform had saved otherwise than the member signed it; None where nothing was saved."""

    bid: str
    criterion: str
    saved: Decimal | None
    signed: Decimal


def seal_point(platform: Platform, case_id: str, lot: str) -> str:
    """The point to which a sheet of this sitting is sealed, in base64."""
    return base64.b64encode(public_point(derived_key(platform.keys.secret, _purpose(case_id, lot)))).decode()


def _purpose(case_id: str, lot: str) -> str:
    return f"{FORMAT}/{case_reference(case_id, lot)}"


def hand_in_file(
    platform: Platform, log_in: LogIn, case_id: str, lot: str, data: bytes, private: Mapping[str, str]
) -> HandedIn:
    """The witness hands in what a booth of its own site has saved; the same file twice counts once.

    Raises NotAllowed, RuleViolation `offline_sheet_unreadable`, `offline_sheet_site`, `offline_sheet_content`, and
    what the door of acts refuses it with.
    """
    sheet, body = _opened(platform, case_id, lot, data)
    with platform.database.reading() as db_session:
        actor, case = load_actor(db_session, log_in.account_id, log_in.seat), load_case(db_session, case_id)
        authorize(actor, Action.SHEET_HAND_IN, case, lot)
        seat = case.lot(lot).sitting.seats.get(sheet.seat)
        if seat is None or seat.site not in actor.sites:
            raise RuleViolation("offline_sheet_site")
        member = _member(db_session, case_id, lot, sheet.seat, str(body.get("key_id", "")))
    assert sheet.offline is not None
    proposal = parse_proposal(case_reference(case_id, lot), TYPE, body, {**private, "handed_in_by": actor.id})
    try:
        answer = record_act(platform, member, proposal)
    except RuleViolation as refusal:
        if refusal.code.startswith(OF_SCORES):
            raise RuleViolation("offline_sheet_content", seat=sheet.seat) from refusal
        raise
    except NotAllowed as refusal:  # the policy knows no such act now: before the scoring, or after its end
        raise RuleViolation("offline_sheet_late", seat=sheet.seat) from refusal
    received_at = decode(datetime, answer["at"])
    return HandedIn(sheet.seat, sheet.offline.signed_at, received_at)


def _opened(platform: Platform, case_id: str, lot: str, data: bytes) -> tuple[ScoreSheetLocked, dict[str, Json]]:
    """The sheet of a file, and the signed act around it. Raises RuleViolation `offline_sheet_unreadable`."""
    reference = case_reference(case_id, lot)
    try:
        outer = parse(data)
        about = {"v": FORMAT, "case": reference, "seat": outer["seat"]}
        if {name: outer[name] for name in about} != about:
            raise RuleViolation("offline_sheet_unreadable")
        key = derived_key(platform.keys.secret, _purpose(case_id, lot))
        body = parse(unseal(key, outer, about))
        sheet = decode(ScoreSheetLocked, body["payload"])
    except (CryptoError, KeyError, TypeError, ValueError, RuleViolation) as exc:
        raise RuleViolation("offline_sheet_unreadable") from exc
    if sheet.offline is None or sheet.seat != outer["seat"]:
        raise RuleViolation("offline_sheet_unreadable")
    return sheet, dict(body)


def _member(db_session: DbSession, case_id: str, lot: str, seat: int, key_id: str) -> LogIn:
    """Whoever the witness certified with this key for the seat. Raises RuleViolation `key_not_certified`."""
    scope = f"{case_reference(case_id, lot)}#{seat}"
    query = select(Certificate.account_id).where(Certificate.scope == scope, Certificate.key_id == key_id)
    account = db_session.scalar(query.where(Certificate.revoked_at.is_(None)))
    if account is None:
        raise RuleViolation("key_not_certified", key=key_id[:16])
    return LogIn(account, scope)


@dataclass(frozen=True)
class OwnOfflineSheet:
    """One's own sheet that was signed offline: when, when it came, and where the platform had something else."""

    signing: OfflineSigning
    received_at: datetime
    differences: tuple[Difference, ...]


def own_offline_sheet(platform: Platform, case: Case, lot: str, seat: int) -> OwnOfflineSheet | None:
    """Of the sheet that the seat has locked now; None where it was locked on line, or is not locked."""
    state = case.lot(lot).sitting
    if seat not in state.sheets:
        return None
    with platform.database.reading() as db_session:
        records = load_besides_bids(db_session, case.id)
        query = select(ScoreDraft).where(ScoreDraft.case_id == case.id, ScoreDraft.lot == lot, ScoreDraft.seat == seat)
        saved = {(row.bid, row.criterion): row.value for row in db_session.scalars(query)}
    mine = (r for r in reversed(records) if r.lot == lot and isinstance(r.fact, ScoreSheetLocked))
    record = next((record for record in mine if record.fact.seat == seat), None)
    if record is None or record.fact.offline is None:
        return None
    signed = {(bid, at): value for bid, row in record.fact.scores.items() for at, value in row.items()}
    differing = (
        Difference(*place, saved.get(place), value) for place, value in signed.items() if saved.get(place) != value
    )
    return OwnOfflineSheet(record.fact.offline, record.at, tuple(differing))
