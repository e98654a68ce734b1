"""Files inside a PDF."""

from __future__ import annotations

import io

from pyhanko.pdf_utils.reader import PdfFileReader

from crypto.errors import CryptoError


def attached_file(pdf: bytes, name: str) -> bytes:
    """The bytes of the one file attached under `name`. Raises CryptoError `pdf_attachment_missing`."""
    try:
        found = [one.get_object() for one in PdfFileReader(io.BytesIO(pdf)).root["/AF"]]
        (data,) = [spec["/EF"]["/F"].data for spec in found if spec["/UF"] == name]
        return bytes(data)
    except Exception as exc:  # whatever a PDF of somebody else's can be
        raise CryptoError("pdf_attachment_missing", name=name) from exc
