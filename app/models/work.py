"""Timed and deferred work as rows, so that it survives any crash; and notices to people."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Job(Base):
    """Something to be done at `due_at`, once: `key` is unique, `lease_until` lets another worker take over."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_due", "done_at", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    task: Mapped[str] = mapped_column(String(60))
    case_id: Mapped[str] = mapped_column(String(32), default="")
    lot: Mapped[str] = mapped_column(String(20), default="")
    detail: Mapped[str] = mapped_column(String(64), default="")
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(Text, default="")
    done_at: Mapped[datetime | None]


class BidReading(Base):
    """What was read of one file of a lot whose bids are checked, so that whoever goes on need not read it again."""

    __tablename__ = "bid_reading"

    file_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32), index=True)
    lot: Mapped[str] = mapped_column(String(20), primary_key=True)  # the tender's own documents are read for each
    reading: Mapped[str] = mapped_column(Text)


class Notice(Base):
    """A message to one account: shown after log-in, and mailed by a job."""

    __tablename__ = "notice"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    case_id: Mapped[str] = mapped_column(String(32), default="")
    code: Mapped[str] = mapped_column(String(60))
    facts: Mapped[str] = mapped_column(Text, default="{}")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
