"""The register's own trees: a tick a minute with the heads of all case files, the list of acts; the witnesses' word."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, String, Text, UniqueConstraint
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


class WitnessWord(Base):
    """That a line of a witness was kept, in the order in which they came: under the checkpoint of a tick, or of the
    list of acts. `leaf` is `word_leaf` of that row, `frontier` the right edge of the tree with it.
    """

    __tablename__ = "witness_word"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    leaf: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    frontier: Mapped[str] = mapped_column(Text)


class ListedAct(Base):
    """One entry of the list of acts; `frontier` is the list's right edge with it, `note` the signed checkpoint."""

    __tablename__ = "listed_act"
    __table_args__ = (UniqueConstraint("case_id", "seq"),)

    index: Mapped[int] = mapped_column("number", primary_key=True, autoincrement=False)
    at: Mapped[datetime]  # of the tick that listed it
    case_id: Mapped[str] = mapped_column(String(32))
    seq: Mapped[int]
    entry: Mapped[str] = mapped_column(String(128))
    frontier: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)


class ListCosignature(Base):
    """A witness's line under the checkpoint that ends with this entry of the list; `at` is the witness's own time."""

    __tablename__ = "list_cosignature"

    listed: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    witness: Mapped[str] = mapped_column(String(200), primary_key=True)  # the vkey
    at: Mapped[datetime]
    line: Mapped[str] = mapped_column(Text)
