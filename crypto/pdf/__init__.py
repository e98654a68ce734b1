"""Signed documents: PAdES signatures by keys kept elsewhere, time stamps, the seal that ends them, and their check.

Signatures are CMS in PDF (ISO 32000-2 §12.8, ETSI EN 319 142-1). pyHanko waits on an event loop inside, so under a
co-operative server these functions belong on a native thread or in a task.
"""

from crypto.pdf.attachments import attached_file
from crypto.pdf.signing import Prepared, finish_signature, prepare_signature, seal, verify_to_sign
from crypto.pdf.timestamps import LocalTimeStamper
from crypto.pdf.verification import PdfFinding, PdfSignature, PdfVerdict, verify_pdf

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
