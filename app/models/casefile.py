"""The case file: what happened, append-only, one Merkle log per case. Everything else can be rebuilt from it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base

# In the very words of the index that leaves them out: bids are sealed until their lot is open.
UNSEALED = text("type NOT IN ('BidSubmitted', 'BidReceipted', 'BidWithdrawn')")


class CaseFile(Base):
    """One row per case: its lock, and the head of its log. `frontier` is the compact range of the Merkle tree."""

    __tablename__ = "case_file"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))  # tender, register, rehearsal, inspection
    size: Mapped[int] = mapped_column(default=0)
    frontier: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]


class CaseEvent(Base):
    """One fact. `payload` is the exact canonical JSON that was signed, where a person signed it in `act`."""

    __tablename__ = "case_event"
    __table_args__ = (
        # Who reads a case while bids are sealed passes over them without touching one: time must not count them.
        Index("ix_case_event_unsealed", "case_id", "seq", sqlite_where=UNSEALED, postgresql_where=UNSEALED),
    )

    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    lot: Mapped[str] = mapped_column(String(20), default="")
    type: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))  # account id, "case/lot#seat" or "system"
    role: Mapped[str] = mapped_column(String(10))
    payload: Mapped[str] = mapped_column(Text)
    act: Mapped[str] = mapped_column(Text, default="")
    private_hash: Mapped[str] = mapped_column(String(64), default="")
    salt: Mapped[bytes] = mapped_column(LargeBinary(32))
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class CasePrivate(Base):
    """Where an act came from (address, device, site): the salted half that only the regulator reads."""

    __tablename__ = "case_private"

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    salt: Mapped[bytes] = mapped_column(LargeBinary(32))
    facts: Mapped[str] = mapped_column(Text)


class Command(Base):
    """An answered command: the same actor who repeats it gets the first answer."""

    __tablename__ = "command"
    __table_args__ = (UniqueConstraint("actor", "case_id", "command_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    actor: Mapped[str] = mapped_column(String(80))
    case_id: Mapped[str] = mapped_column(String(32))
    command_id: Mapped[str] = mapped_column(String(64))
    payload_sha256: Mapped[str] = mapped_column(String(64))
    answer: Mapped[str] = mapped_column(Text)


class ActHead(Base):
    """The last act of a person in a case, to which the next one links."""

    __tablename__ = "act_head"

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    actor: Mapped[str] = mapped_column(String(80), primary_key=True)
    act_hash: Mapped[str] = mapped_column(String(64))


class DeniedAttempt(Base):
    """Who tried what and was refused: its own append-only log, written outside the transaction that is rolled back."""

    __tablename__ = "denied_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(60))
    case_id: Mapped[str] = mapped_column(String(32), default="")
    address: Mapped[str] = mapped_column(String(64), default="")


class AccessLog(Base):
    """Who looked at or took what of a case, why and from where. `action` is what the policy allowed.

    A row with `until` states the reason for which its web session reads on until then. `subject` is a file.
    """

    __tablename__ = "access_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    account_id: Mapped[str] = mapped_column(String(32))
    case_id: Mapped[str] = mapped_column(String(32), index=True)
    lot: Mapped[str] = mapped_column(String(20), default="")
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(64), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    web_session: Mapped[str] = mapped_column(String(64), default="", index=True)
    until: Mapped[datetime | None]
