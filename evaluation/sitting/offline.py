"""A sheet that was finished and signed without a line: when it was signed, and which sheet it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class OfflineSigning:
    """`signed_at`: by the clock of the booth's machine; `basis`: which sheet its page showed (`sheet_basis`)."""

    signed_at: datetime
    basis: str
