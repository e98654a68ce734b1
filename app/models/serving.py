"""What serving on committees brings: fees, appraisals, training, days off, requests; and who applies to the library."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, LargeBinary, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class ExpertFee(Base):
    """The fee of one member of a committee whose evaluation is over: `computed` by the profile's table from `facts`
    (attendance, origin and lines as JSON), `amount` as one person has entered it, payable once another has confirmed.
    """

    __tablename__ = "expert_fee"
    __table_args__ = (UniqueConstraint("case_id", "lot", "person"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32), index=True)
    lot: Mapped[str] = mapped_column(String(20))
    person: Mapped[str] = mapped_column(String(32))
    seat: Mapped[int]
    expert_id: Mapped[str] = mapped_column(ForeignKey("expert.id"), index=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"))
    over_at: Mapped[datetime]
    facts: Mapped[str] = mapped_column(Text)
    computed: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    amount: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    reason: Mapped[str] = mapped_column(String(500), default="")
    entered_by: Mapped[str | None] = mapped_column(String(32))
    entered_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None] = mapped_column(String(32))
    confirmed_at: Mapped[datetime | None]


class FeeSupplement(Base):
    """What is added to a fee that two persons have confirmed, or taken off it, where that was wrong: entered by one,
    payable once another has confirmed it.
    """

    __tablename__ = "fee_supplement"

    id: Mapped[int] = mapped_column(primary_key=True)
    fee_id: Mapped[int] = mapped_column(ForeignKey("expert_fee.id"), index=True)
    amount: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    reason: Mapped[str] = mapped_column(String(500))
    entered_by: Mapped[str] = mapped_column(String(32))
    entered_at: Mapped[datetime]
    confirmed_by: Mapped[str | None] = mapped_column(String(32))
    confirmed_at: Mapped[datetime | None]


class ExpertAbsence(Base):
    """Days off that an expert has entered; withdrawn, they still count for whatever was published before."""

    __tablename__ = "expert_absence"

    id: Mapped[int] = mapped_column(primary_key=True)
    expert_id: Mapped[str] = mapped_column(ForeignKey("expert.id"), index=True)
    first: Mapped[date]
    last: Mapped[date]
    at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class ExpertTraining(Base):
    """A course that an expert has finished; never changed. A row with `strikes` takes an earlier one back."""

    __tablename__ = "expert_training"

    id: Mapped[int] = mapped_column(primary_key=True)
    expert_id: Mapped[str] = mapped_column(String(32), index=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(32))
    course: Mapped[str] = mapped_column(String(100))
    hours: Mapped[Decimal] = mapped_column(Numeric(5, 1))
    on: Mapped[date]
    until: Mapped[date | None]
    strikes: Mapped[int | None]


class ExpertRequest(Base):
    """What an expert wants to have corrected, and what the centre answered."""

    __tablename__ = "expert_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    expert_id: Mapped[str] = mapped_column(ForeignKey("expert.id"), index=True)
    at: Mapped[datetime]
    about: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(String(1000))
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(String(32))
    answer: Mapped[str] = mapped_column(String(1000), default="")


class ExpertAppraisal(Base):
    """How one party appraises one member after the evaluation: `grounds` as a JSON list of codes, their `points`.

    It counts nothing until a second person has `confirmed` it (None: not decided) and it is settled: by the end of the
    time for objections, or by who decides the objection (`upheld`).
    """

    __tablename__ = "expert_appraisal"
    __table_args__ = (UniqueConstraint("case_id", "lot", "person", "party"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32), index=True)
    lot: Mapped[str] = mapped_column(String(20))
    person: Mapped[str] = mapped_column(String(32))
    seat: Mapped[int]
    expert_id: Mapped[str] = mapped_column(ForeignKey("expert.id"), index=True)
    party: Mapped[str] = mapped_column(String(10))
    grounds: Mapped[str] = mapped_column(Text)
    points: Mapped[int]
    note: Mapped[str] = mapped_column(String(500))
    entered_by: Mapped[str] = mapped_column(String(32))
    entered_at: Mapped[datetime]
    confirmed_by: Mapped[str | None] = mapped_column(String(32))
    confirmed_at: Mapped[datetime | None]
    objection_until: Mapped[datetime | None]
    objection: Mapped[str] = mapped_column(String(1000), default="")
    objected_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(32))
    decided_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(String(500), default="")
    upheld: Mapped[bool | None]
    settled_at: Mapped[datetime | None]


class ExpertApplication(Base):
    """Somebody who applies to the library: `sealed` holds the entry until it is decided, `code_hash` is how the
    applicant asks how it stands.
    """

    __tablename__ = "expert_application"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    at: Mapped[datetime]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    status: Mapped[str] = mapped_column(String(20), index=True)
    status_by: Mapped[str] = mapped_column(String(32), default="")
    reviewed_at: Mapped[datetime | None]
    review: Mapped[str] = mapped_column(String(500), default="")
    decided_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(String(500), default="")
    expert_id: Mapped[str | None] = mapped_column(ForeignKey("expert.id"))


class ApplicationFile(Base):
    """A document of an application, sealed; deleted where the application is refused."""

    __tablename__ = "application_file"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("expert_application.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class NameRequest(Base):
    """An inspector asks who stands behind a number of a draw before its evaluation is over; a second one decides.

    Every step and every look is in the access log as well, which nobody changes.
    """

    __tablename__ = "name_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32), index=True)
    lot: Mapped[str] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(32))
    ground: Mapped[str] = mapped_column(String(30))
    reason: Mapped[str] = mapped_column(String(500))
    asked_by: Mapped[str] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(32))
    decided_at: Mapped[datetime | None]
    granted: Mapped[bool | None]
