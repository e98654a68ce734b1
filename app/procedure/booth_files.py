"""Which files of a bid a booth can show: its viewer draws them, since nothing is saved or opened there (ROLES 38).

Bidders are told before they seal, because after the deadline nothing can be put right.
"""

from __future__ import annotations

PDF = "application/pdf"
SHOWN = {".pdf": PDF, ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
MOST_IMAGE_BYTES = 20 << 20  # a picture is drawn as a whole, unlike the pages of a PDF


def ending_of(name: str) -> str:
    """The ending of a name that a booth can show; "" where there is none."""
    return next((ending for ending in SHOWN if name.lower().endswith(ending)), "")


def shown_as(name: str, size: int) -> str:
    """As what a booth shows a file; "" for one that it cannot show."""
    kind = SHOWN.get(ending_of(name), "")
    return kind if kind == PDF or size <= MOST_IMAGE_BYTES else ""
