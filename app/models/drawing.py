"""The secret halves of a draw: who a pseudonym is, and how he or she is called up."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Pseudonym(Base):
    """Which expert stands behind a number of a draw; read by the notifier and at sign-in only.

    `findings` are the conflicts behind the salted hashes of the statement, `salt` opens them to those entitled, and
    the pool's commitment to the expert's account. `proposed` are its strata under wider conditions that no statement
    names yet: who is in the pool by them alone has no other strata.
    """

    __tablename__ = "pseudonym"
    __table_args__ = (UniqueConstraint("case_id", "lot", "expert_id"),)

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    lot: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    unit: Mapped[str] = mapped_column(String(32))
    strata: Mapped[str] = mapped_column(Text)
    proposed: Mapped[str] = mapped_column(Text, default="")
    expert_id: Mapped[str] = mapped_column(ForeignKey("expert.id"))
    salt: Mapped[bytes] = mapped_column(LargeBinary(32))
    findings: Mapped[str] = mapped_column(Text, default="[]")


class CallUp(Base):
    """A call-up in words that name neither project nor bidders; answered with its code, once."""

    __tablename__ = "call_up"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32), index=True)
    lot: Mapped[str] = mapped_column(String(20))
    round: Mapped[int]
    number: Mapped[str] = mapped_column(String(32))
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    accepted: Mapped[bool | None]
    answer_by: Mapped[datetime]
    answered_at: Mapped[datetime | None]
