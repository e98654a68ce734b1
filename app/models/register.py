"""The register's own tree: one tick a minute with the heads of all case files, and what witnesses say of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class RegisterTick(Base):
    """One leaf of the register's tree. `frontier` is the tree's right edge with it, `note` the signed checkpoint."""

    __tablename__ = "register_tick"

    index: Mapped[int] = mapped_column("number", primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    map_root: Mapped[bytes] = mapped_column(LargeBinary(32))
    frontier: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)


class TickChange(Base):
    """The head of a case file, or of a lot's turns (`case/lot`), from a tick on; what has not changed has no row."""

    __tablename__ = "tick_change"

    case_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    tick: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int]
    root: Mapped[bytes] = mapped_column(LargeBinary(32))


class Cosignature(Base):
    """A witness's line under the checkpoint of a tick; `at` is the witness's own time."""

    __tablename__ = "cosignature"

    tick: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    witness: Mapped[str] = mapped_column(String(200), primary_key=True)  # the vkey
    at: Mapped[datetime]
    line: Mapped[str] = mapped_column(Text)
