"""Sites, seats waiting for a witness, unfinished score sheets, and PDF signatures under way."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Site(Base):
    """A place of evaluation of a centre; a witness account belongs to one. `region` is a code of administrative
    division, `address` where people are sent; "" where nobody has said it.
    """

    __tablename__ = "site"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(100))
    witness_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    region: Mapped[str] = mapped_column(String(6), default="")
    address: Mapped[str] = mapped_column(String(200), default="")


class SeatRequest(Base):
    """A key made on a booth's machine, waiting for the site witness to check who sits there."""

    __tablename__ = "seat_request"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32), index=True)
    lot: Mapped[str] = mapped_column(String(20))
    seat: Mapped[int]
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"))
    spki: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[str] = mapped_column(String(64))  # becomes the booth's log-in once certified
    created_at: Mapped[datetime]
    certified_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]


class IdentityPhoto(Base):
    """The photo of who asked for a seat, sealed with the installation's key; the witness's act names its hash."""

    __tablename__ = "identity_photo"

    request_id: Mapped[str] = mapped_column(ForeignKey("seat_request.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(20))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    taken_by: Mapped[str] = mapped_column(String(64))
    taken_at: Mapped[datetime]


class ScoreDraft(Base):
    """One unfinished score: saved with an acknowledgement, an event only when its sheet is locked."""

    __tablename__ = "score_draft"

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    lot: Mapped[str] = mapped_column(String(20), primary_key=True)
    seat: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    bid: Mapped[str] = mapped_column(String(40), primary_key=True)
    criterion: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[Decimal | None] = mapped_column(Numeric(8, 2))
    comment: Mapped[str] = mapped_column(Text, default="")
    saved_at: Mapped[datetime]
    seq: Mapped[int] = mapped_column(default=0)  # how often it was saved
    command: Mapped[str] = mapped_column(String(40), default="")  # that saved it last


class DeskHold(Base):
    """Which window of a seat has the scoring desk: the one that took it last."""

    __tablename__ = "desk_hold"

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    lot: Mapped[str] = mapped_column(String(20), primary_key=True)
    seat: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    window: Mapped[str] = mapped_column(String(40))
    taken_at: Mapped[datetime]


class Presence(Base):
    """A place in the room of a sitting where somebody is or was: a seat, or (0) the witness of a site. `line`: which
    connection answers for it; `hand_at`: since when a hand is raised; `camera`: the name of the line by which the site
    sends its picture, "" where this place does not, and `camera_at` its latest answer.
    """

    __tablename__ = "presence"

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    lot: Mapped[str] = mapped_column(String(20), primary_key=True)
    site: Mapped[str] = mapped_column(String(32), primary_key=True)
    seat: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[str] = mapped_column(String(32))
    since: Mapped[datetime]
    answered_at: Mapped[datetime] = mapped_column(index=True)
    left_at: Mapped[datetime | None]
    drops: Mapped[int] = mapped_column(default=0)
    took_ms: Mapped[int | None]
    lost: Mapped[int] = mapped_column(default=0)
    asked: Mapped[int] = mapped_column(default=0)
    hand_at: Mapped[datetime | None]
    camera: Mapped[str] = mapped_column(String(32), default="")
    camera_at: Mapped[datetime | None]


class RecordingPiece(Base):
    """A piece of a site's recording as it was received, sealed with the installation's key behind `blob`. `state`: it
    waits for the log, is logged, refused, or deleted after its years, without a blob; `repeats`: how often the same
    came again; `contradicted_at`: when another was offered last in its place."""

    __tablename__ = "recording_piece"

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    lot: Mapped[str] = mapped_column(String(20), primary_key=True)
    site: Mapped[str] = mapped_column(String(32), primary_key=True)
    run: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    previous: Mapped[str] = mapped_column(String(64))
    clock_ms: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[datetime]
    blob: Mapped[str] = mapped_column(String(80), index=True)
    state: Mapped[str] = mapped_column(String(10), default="waiting")  # waiting logged refused deleted
    repeats: Mapped[int] = mapped_column(default=0)
    contradicted_at: Mapped[datetime | None]


class PendingSignature(Base):
    """A PDF prepared for one signer's key, which signs elsewhere; stale as soon as the document has moved on."""

    __tablename__ = "pending_signature"
    __table_args__ = (UniqueConstraint("case_id", "lot", "seat"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32))
    lot: Mapped[str] = mapped_column(String(20))
    seat: Mapped[int]
    base_sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[bytes] = mapped_column(LargeBinary)
    to_sign: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
