"""Signed documents: PAdES signatures by keys kept elsewhere, time stamps, the seal that ends them, and their check.

Signatures are CMS in PDF (ISO 32000-2 §12.8, ETSI EN 319 142-1). pyHanko waits on an event loop inside, so under a
co-operative server these functions belong on a native thread or in a task. It is loaded by whoever first signs or
checks a document, since most processes do neither, and all would start later.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from crypto.pdf.verdict import PdfFinding, PdfSignature, PdfVerdict

if TYPE_CHECKING:
    from crypto.pdf.attachments import attached_file
    from crypto.pdf.signing import Prepared, finish_signature, prepare_signature, seal, verify_to_sign
    from crypto.pdf.timestamps import LocalTimeStamper
    from crypto.pdf.verification import verify_pdf

__all__ = [
    "LocalTimeStamper",
    "PdfFinding",
    "PdfSignature",
    "PdfVerdict",
    "Prepared",
    "attached_file",
    "finish_signature",
    "prepare_signature",
    "seal",
    "verify_pdf",
    "verify_to_sign",
]

_MODULE_OF = {
    "LocalTimeStamper": "timestamps",
    "attached_file": "attachments",
    "verify_pdf": "verification",
    **dict.fromkeys(("Prepared", "finish_signature", "prepare_signature", "seal", "verify_to_sign"), "signing"),
}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
