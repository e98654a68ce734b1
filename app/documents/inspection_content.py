"""What the task sheet of an inspection says, as plain facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SheetItem:
    """An item to be inspected on the spot."""

    title: str
    basis: str
    method: str


@dataclass(frozen=True)
class Joining:
    """Another authority of the same visit."""

    authority: str
    inspectors: tuple[str, ...]
    items: tuple[str, ...]


@dataclass(frozen=True)
class TaskSheet:
    """What two inspectors take along to one object. `address` is the page on which results are entered; `codes` are the
    results that there are, `digest` that of the draw's record. `together`: the other authorities of the same visit,
    each with its inspectors and items.
    """

    campaign_title: str
    authority: str
    year: int
    campaign: int
    object: str
    object_class: str
    grade: str
    inspectors: tuple[str, ...]
    items: tuple[SheetItem, ...]
    codes: tuple[str, ...]
    drawn_at: datetime
    due_at: datetime
    address: str
    digest: str
    together: tuple[Joining, ...] = ()
    marking: str = ""
