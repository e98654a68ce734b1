"""Drafts of tenders, the published ones as lists need them, and the gate of each lot."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class TenderDraft(Base):
    """An agency officer's draft: a plain row until it is submitted."""

    __tablename__ = "tender_draft"

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    author_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    title: Mapped[str] = mapped_column(String(300))
    terms: Mapped[str] = mapped_column(Text)  # the form, as JSON
    saved_at: Mapped[datetime]
    follows: Mapped[str | None] = mapped_column(String(32), unique=True)  # the case whose failed lots come again


class Tender(Base):
    """Projection of a published case for lists and search."""

    __tablename__ = "tender"

    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    title: Mapped[str] = mapped_column(String(300))
    buyer: Mapped[str] = mapped_column(String(200))
    agency_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    regulator_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    profile: Mapped[str] = mapped_column(String(40))
    published_at: Mapped[datetime | None]


class Lot(Base):
    """The gate of a lot: its row lock stands between bidders and the closing."""

    __tablename__ = "lot"
    __table_args__ = (Index("ix_lot_deadline", "deadline_at"),)

    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    number: Mapped[str] = mapped_column(String(20), primary_key=True)
    title: Mapped[str] = mapped_column(String(300))
    deadline_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Download(Base):
    """Who took the documents while logged in, to be told of changes; secret until the deadline (Law art. 22)."""

    __tablename__ = "download"

    case_id: Mapped[str] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    at: Mapped[datetime]
