"""An authority's registers for its inspections: items and inspectors. A plan or campaign takes copies into the log."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class InspectionEntry(Base):
    """One version of an entry of a register; the latest of its key counts. Never changed, so the history is kept.

    `kind`: item or inspector; `key` is the item's id or the inspector's account; `entry` is JSON.
    """

    __tablename__ = "inspection_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = mapped_column(String(32), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    key: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(64))
    in_use: Mapped[bool]
    entry: Mapped[str] = mapped_column(Text)
