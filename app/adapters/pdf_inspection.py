"""A PDF from anybody is read apart, within limits."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Sequence
from datetime import datetime

from app.adapters.bounded import BeyondBounds, bound_this_process, read_apart
from app.casefile.codec import decode, encode
from crypto import pdf as signed_pdf
from crypto.instants import format_instant, parse_instant
from crypto.pdf.verdict import PdfFinding, PdfVerdict

SECONDS = 20
MEMORY_BYTES = 512 << 20
UNREADABLE = PdfVerdict((), sealed_last=False, whole=False, reasons=(PdfFinding("pdf_unreadable"),))


def inspect_pdf(pdf: bytes, roots: Sequence[str], at: datetime) -> PdfVerdict:
    """What `verify_pdf` finds; a document that exceeds the limits counts as unreadable."""
    asked = {"roots": list(roots), "at": format_instant(at), "pdf": base64.b64encode(pdf).decode()}
    try:
        return decode(PdfVerdict, json.loads(read_apart(__name__, json.dumps(asked).encode(), SECONDS)))
    except (BeyondBounds, ValueError):
        return UNREADABLE


def main() -> None:
    """One document from standard input, its verdict to standard output, within the limits."""
    bound_this_process(MEMORY_BYTES, SECONDS)
    asked = json.load(sys.stdin)
    verdict = signed_pdf.verify_pdf(base64.b64decode(asked["pdf"]), asked["roots"], parse_instant(asked["at"]))
    json.dump(encode(verdict), sys.stdout)


if __name__ == "__main__":
    main()
