"""Names under which files are saved: whole for every browser, harmless on every system."""

from __future__ import annotations

import re
from urllib.parse import unquote

from hypothesis import example, given
from hypothesis import strategies as st

from app.procedure.file_names import LONGEST, disposition, safe_name


def read(header: str) -> tuple[str, str]:
    """Both names as a browser reads them: the plain one, and that of RFC 5987."""
    plain = re.fullmatch(r'attachment; filename="([^"\\]*)"; filename\*=UTF-8\'\'[^ ]+', header)
    assert plain is not None, header
    encoded = header.rpartition("filename*=UTF-8''")[2]
    return plain[1], unquote(encoded, errors="strict")


def test_a_report_is_called_by_what_it_is():
    plain, full = read(disposition("attachment", "T-2026-1_标包1_评标报告_已盖章_1a2b3c4d.pdf"))
    assert full == "T-2026-1_标包1_评标报告_已盖章_1a2b3c4d.pdf"
    assert plain == "T-2026-1__1_____1a2b3c4d.pdf"


@given(st.text(max_size=300))
@example('../../etc/passwd"; filename=x.exe')
@example("a\r\nSet-Cookie: x=1")
@example("\u202egpj.exe")
@example("\ud800.pdf")
@example("CON.pdf")
@example("…" * 300 + ".pdf")
@example(" . ")
def test_no_name_leaves_its_header_or_its_folder(name: str):
    header = disposition("attachment", name)
    assert header.isascii()
    assert header.isprintable()
    plain, full = read(header)
    assert full == safe_name(name) == safe_name(full)
    for one in (plain, full):
        assert 0 < len(one) <= LONGEST + 1
        assert not set(one) & set('/\\:*?"<>|\r\n\0\u202e')
        assert one not in (".", "..")
        assert one == one.strip(" .")
