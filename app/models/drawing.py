"""The expert library, and the secret halves of a draw: who a pseudonym is, and how he or she is called up."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Expert(Base):
    """An expert of the library. `employers` and `relatives` are JSON lists that recusal reads."""

    __tablename__ = "expert"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), unique=True)
    specialities: Mapped[str] = mapped_column(Text)
    region: Mapped[str] = mapped_column(String(60))
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"))
    employers: Mapped[str] = mapped_column(Text, default="[]")
    relatives: Mapped[str] = mapped_column(Text, default="[]")
    mail: Mapped[str] = mapped_column(String(200), default="")
    suspended_at: Mapped[datetime | None]


class Pseudonym(Base):
    """Which expert stands behind a number of one draw round; read by the notifier and at sign-in only."""

    __tablename__ = "pseudonym"
    __table_args__ = (UniqueConstraint("case_id", "lot", "round", "expert_id"),)

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    lot: Mapped[str] = mapped_column(String(20), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    expert_id: Mapped[str] = mapped_column(ForeignKey("expert.id"))
    salt: Mapped[bytes] = mapped_column(LargeBinary(32))
    findings: Mapped[str] = mapped_column(Text, default="[]")  # reasons behind the salted hashes of the statement


class CallUp(Base):
    """A call-up in words that name neither project nor bidders; answered with its code, once."""

    __tablename__ = "call_up"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32), index=True)
    lot: Mapped[str] = mapped_column(String(20))
    round: Mapped[int]
    number: Mapped[str] = mapped_column(String(32))
    expert_id: Mapped[str] = mapped_column(ForeignKey("expert.id"))
    answer_by: Mapped[datetime]
    answered_at: Mapped[datetime | None]
