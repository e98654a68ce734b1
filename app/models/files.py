"""Files by content, and uploads on their way to become files."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class StoredFile(Base):
    """A file of a case (document, capsule, sealed bid, opened bid file, signed PDF); `blob` names its bytes."""

    __tablename__ = "stored_file"
    __table_args__ = (Index("ix_stored_file_case", "case_id", "lot", "kind"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32))
    lot: Mapped[str] = mapped_column(String(20), default="")
    kind: Mapped[str] = mapped_column(String(20))  # document bid capsule opened record report receipt
    owner: Mapped[str] = mapped_column(String(80), default="")  # receipt id, seat, …
    account_id: Mapped[str] = mapped_column(String(32), default="", index=True)  # of a bid: who handed it in
    name: Mapped[str] = mapped_column(String(1024))  # as long as a path in a package may be, in bytes
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))  # of bid, rehearsal, opened: the head of their TreeDigest
    blob: Mapped[str] = mapped_column(String(80))
    start: Mapped[int | None] = mapped_column(BigInteger)  # where `blob` is a sealed bid that this is in, once opened
    created_at: Mapped[datetime]


class Upload(Base):
    """A file being sent, in pieces, by one account; `blob` holds the first `offset` bytes, durably.

    `frontier` is that of the complete leaves of their tree; `root` its head, once all bytes are there; the last piece
    came at `continued_at`.
    """

    __tablename__ = "upload"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    offset: Mapped[int] = mapped_column(BigInteger, default=0)
    blob: Mapped[str] = mapped_column(String(80))
    frontier: Mapped[str] = mapped_column(Text, default="")
    root: Mapped[str] = mapped_column(String(64), default="")
    stated: Mapped[str] = mapped_column(Text, default="")  # Upload-Metadata, under the installation's key
    created_at: Mapped[datetime]
    continued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
