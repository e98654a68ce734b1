"""Organisations, accounts, log-ins and certificates."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base


class Organisation(Base):
    __tablename__ = "organisation"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))  # centre agency bidder regulator trustee employer
    credit_code: Mapped[str] = mapped_column(String(18), unique=True)  # 统一社会信用代码
    created_at: Mapped[datetime]


class Account(Base):
    """A person's account. It acts only once `approved_at` is set by a second person (ROLES 59)."""

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    mail: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str] = mapped_column(String(8), default="zh")
    password_hash: Mapped[str | None] = mapped_column(String(200))
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed with the installation's own key
    totp_last_step: Mapped[int] = mapped_column(default=0)  # a code counts once
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    prepared_by: Mapped[str | None] = mapped_column(String(32))
    approved_by: Mapped[str | None] = mapped_column(String(32))
    approved_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    organisation: Mapped[Organisation] = relationship()
    roles: Mapped[list[AccountRole]] = relationship(back_populates="account", cascade="all, delete-orphan")


class AccountRole(Base):
    __tablename__ = "account_role"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(2), primary_key=True)

    account: Mapped[Account] = relationship(back_populates="roles")


class RegistrationCheck(Base):
    """A bidder's licence and the authority of whoever acts for it, sealed, and what two persons found.

    `accepted` and `reason` are the first person's word until `decided_at`; papers that are refused are not kept.
    """

    __tablename__ = "registration_check"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    submitted_at: Mapped[datetime]
    licence: Mapped[bytes] = mapped_column(LargeBinary)
    licence_sha256: Mapped[str] = mapped_column(String(64))
    authority: Mapped[bytes] = mapped_column(LargeBinary)
    authority_sha256: Mapped[str] = mapped_column(String(64))
    looked_by: Mapped[str | None] = mapped_column(String(32))
    looked_at: Mapped[datetime | None]
    accepted: Mapped[bool | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[str | None] = mapped_column(String(32))
    decided_at: Mapped[datetime | None]


class LogInFailure(Base):
    """Failed log-ins from one address with one log-in name; `source` is the hash of both, `until` ends their count."""

    __tablename__ = "log_in_failure"

    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int]
    until: Mapped[datetime]


class TrusteeAgent(Base):
    """When the unattended agent of a trustee, or of a party of draws, was last in contact, and by how much its clock
    was ahead of ours.

    A help for whoever prepares an opening or waits for a draw; no act depends on it.
    """

    __tablename__ = "trustee_agent"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    seen_at: Mapped[datetime]
    offset_seconds: Mapped[int]


class Invitation(Base):
    """The one-time code with which a prepared and approved account is taken over by its person."""

    __tablename__ = "invitation"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class WebSession(Base):
    """A log-in, in a browser or a program; only the hash of its token is kept."""

    __tablename__ = "web_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    seat: Mapped[str] = mapped_column(String(80), default="")  # "case/lot#seat": a booth, for one sitting
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Certificate(Base):
    """A key of a person, certified by the platform or a configured authority; valid from its entry in the register."""

    __tablename__ = "certificate"
    __table_args__ = (UniqueConstraint("key_id", "scope"),)

    serial: Mapped[str] = mapped_column(String(40), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    key_id: Mapped[str] = mapped_column(String(64), index=True)
    scope: Mapped[str] = mapped_column(String(80), default="")  # "" = the person; "case/lot#seat" = one sitting
    pem: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_because: Mapped[str] = mapped_column(String(200), default="")
