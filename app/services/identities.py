"""Photos of who sits down: taken by the witness of the site, kept sealed, shown to the authority for a stated reason.

The case file has the hash alone. A photo of somebody who was not let in, or who asked again, is not kept.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.models import IdentityPhoto, SeatRequest
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.procedure.picture_size import picture_size
from app.queries.cases import load_besides_bids, load_case
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.platform import Platform
from app.services.unit_of_work import plain_transaction
from evaluation.sitting import BoothChanged, IdentityCheck, IdentityDocument, MemberIdentified

MOST_PHOTO_BYTES = 600 * 1024
LEAST_PIXELS = 200  # of either side: what a face needs to be known again
_KINDS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))


def keep_photo(platform: Platform, log_in: LogIn, request_id: str, data: bytes) -> str:
    """The latest photo of who asks for a seat at the witness's own site counts; its SHA-256.

    Raises NotAllowed, RuleViolation `seat_request_unknown`, `photo_unreadable`, `photo_small`.
    """
    kind = next((media for magic, media in _KINDS if data.startswith(magic)), "")
    if not kind or len(data) > MOST_PHOTO_BYTES:
        raise RuleViolation("photo_unreadable", size=len(data) // 1024, most=MOST_PHOTO_BYTES // 1024)
    width, height = picture_size(data) or (0, 0)
    if min(width, height) < LEAST_PIXELS:
        raise RuleViolation("photo_small", width=width, height=height, least=LEAST_PIXELS)
    digest, sealed = hashlib.sha256(data).hexdigest(), platform.keys.protect(data)
    with plain_transaction(platform.database) as (db_session, now):
        actor = load_actor(db_session, log_in.account_id)
        request = db_session.get(SeatRequest, request_id, with_for_update=True)
        answered = request is None or request.certified_at is not None or request.refused_at is not None
        if request is None or answered or request.site_id not in actor.sites:
            raise RuleViolation("seat_request_unknown")
        authorize(actor, Action.SEAT_CERTIFY, load_case(db_session, request.case_id), request.lot)
        photo = IdentityPhoto(request_id=request_id, sha256=digest, media_type=kind, sealed=sealed)
        photo.taken_by, photo.taken_at = actor.id, now
        db_session.merge(photo)
    return digest


def kept_photo(db_session: DbSession, request_id: str) -> IdentityPhoto | None:
    return db_session.get(IdentityPhoto, request_id)


def forget_photos(db_session: DbSession, requests: list[str]) -> None:
    """What is not needed is not kept."""
    db_session.execute(delete(IdentityPhoto).where(IdentityPhoto.request_id.in_(requests)))


def check_photo(db_session: DbSession, request_id: str, identity: IdentityCheck | None) -> None:
    """The photo that an act names is the one that was taken; without one in the act none is kept.

    Raises RuleViolation `photo_other`.
    """
    named = identity.photo_sha256 if identity is not None else None
    photo = kept_photo(db_session, request_id)
    if named is None:
        forget_photos(db_session, [request_id])
    elif photo is None or photo.sha256 != named:
        raise RuleViolation("photo_other")


@dataclass(frozen=True)
class Identity:
    """One identification as the authority reads it: when, at which booth, by which paper. `photo`: it is kept."""

    seat: int
    at: datetime
    booth: str
    document: IdentityDocument | None
    phones: int | None
    photo: str
    consent: bool  # whether it is on record that the person was told about the photo, and agreed


def identities(platform: Platform, case: Case, lot: str) -> tuple[Identity, ...]:
    """Each identification of a sitting, in order; also those of members who left."""
    with platform.database.reading() as db_session:
        records = load_besides_bids(db_session, case.id)
    found = []
    for record in records:
        fact = record.fact if record.lot == lot and record.type in ("MemberIdentified", "BoothChanged") else None
        if isinstance(fact, MemberIdentified | BoothChanged):
            seen = fact.identity
            shown = (seen.document, seen.phones, seen.photo_sha256 or "") if seen is not None else (None, None, "")
            told = seen is not None and seen.consent is not None
            found.append(Identity(fact.seat, record.at, fact.booth or "", *shown, told))
    return tuple(found)


def read_photo(platform: Platform, case: Case, lot: str, digest: str) -> tuple[str, bytes]:
    """Media type and bytes of a photo that an identification of this sitting names.

    Raises RuleViolation `photo_unknown`. Who may, and for which reason, its caller has asked.
    """
    with platform.database.reading() as db_session:
        query = (
            select(IdentityPhoto)
            .join(SeatRequest, SeatRequest.id == IdentityPhoto.request_id)
            .where(SeatRequest.case_id == case.id, SeatRequest.lot == lot, SeatRequest.certified_at.is_not(None))
            .where(IdentityPhoto.sha256 == digest)
        )
        photo = db_session.scalars(query).first()
        if photo is None:
            raise RuleViolation("photo_unknown")
        return photo.media_type, platform.keys.reveal(photo.sealed)
