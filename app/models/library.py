"""The expert library: who is in it, how each stands, what was done about it, and what is imported."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Expert(Base):
    """An expert of the library; `facts` is what eligibility and recusal read, as JSON, but for the status.

    `number` is the library's own number; `credential` a keyed hash of the identity number, by which a person is
    recognised; `mail_key`, `phone_key` and `name_key` are 16 digits of the like of mail address, phone, name and day
    of birth, by which a second entry of a person is noticed. `status_by` brought the status about. `batch` is the
    import that an expert came with.
    """

    __tablename__ = "expert"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True, index=True)
    credential: Mapped[str | None] = mapped_column(String(64), unique=True, index=True)
    mail_key: Mapped[str | None] = mapped_column(String(64), index=True)
    phone_key: Mapped[str | None] = mapped_column(String(64), index=True)
    name_key: Mapped[str | None] = mapped_column(String(64), index=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), unique=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"), index=True)
    batch: Mapped[str] = mapped_column(String(32), index=True, default="")
    status: Mapped[str] = mapped_column(String(20))
    status_by: Mapped[str] = mapped_column(String(64))
    facts: Mapped[str] = mapped_column(Text)


class ExpertSpeciality(Base):
    """A speciality that an expert holds: a code of the tree, or plain words."""

    __tablename__ = "expert_speciality"

    expert_id: Mapped[str] = mapped_column(ForeignKey("expert.id"), primary_key=True)
    speciality: Mapped[str] = mapped_column(String(60), primary_key=True, index=True)


class ExpertContact(Base):
    """Mail address, phone and identity number, sealed with the installation's key: for the notification service."""

    __tablename__ = "expert_contact"

    expert_id: Mapped[str] = mapped_column(ForeignKey("expert.id"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class ContactChange(Base):
    """How an expert wants to be reached from `due_at` on, sealed like what it replaces. `ended_at`: when it came into
    use, or was taken back."""

    __tablename__ = "contact_change"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    expert_id: Mapped[str] = mapped_column(ForeignKey("expert.id"), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
    due_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ContactLookUp(Base):
    """Each time that the notification service opened somebody's contact; never changed."""

    __tablename__ = "contact_look_up"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    expert_id: Mapped[str] = mapped_column(String(32), index=True)
    purpose: Mapped[str] = mapped_column(String(40))


class ExpertEvent(Base):
    """One step in an expert's history; never changed. `step` is of evaluation.standing or `correct`."""

    __tablename__ = "expert_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    expert_id: Mapped[str] = mapped_column(String(32), index=True)
    at: Mapped[datetime]
    step: Mapped[str] = mapped_column(String(20))
    by: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(500))
    facts: Mapped[str] = mapped_column(Text)


class ExpertCorrection(Base):
    """A change of an entry that one person has entered and another has yet to confirm: `facts` is the JSON of a
    Correction. `accepted` is None until it is decided.
    """

    __tablename__ = "expert_correction"

    id: Mapped[int] = mapped_column(primary_key=True)
    expert_id: Mapped[str] = mapped_column(ForeignKey("expert.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(500))
    facts: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(64))
    accepted: Mapped[bool | None]


class ExpertImport(Base):
    """A file of experts: examined, then taken part by part, then admitted by a second person.

    `stage`: checked, taking, taken, cancelled.
    """

    __tablename__ = "expert_import"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    stage: Mapped[str] = mapped_column(String(20))
    total: Mapped[int]
    faulty: Mapped[int]
    known: Mapped[int]
    taken: Mapped[int]


class ExpertImportFinding(Base):
    """What was found in a cell of a file: a fault, or (`alike`) a likeness to somebody else. `given` is the text."""

    __tablename__ = "expert_import_finding"

    import_id: Mapped[str] = mapped_column(ForeignKey("expert_import.id"), primary_key=True)
    alike: Mapped[bool] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    row: Mapped[int]
    column: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(40))
    given: Mapped[str] = mapped_column(Text)


class ExpertImportPart(Base):
    """Rows without a fault that wait to be taken, sealed; deleted once they are taken."""

    __tablename__ = "expert_import_part"

    import_id: Mapped[str] = mapped_column(ForeignKey("expert_import.id"), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class SpecialityList(Base):
    """A classification of specialities that the centre has put into force; the latest one counts. Never changed."""

    __tablename__ = "speciality_list"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(64))
    document: Mapped[str] = mapped_column(Text)
