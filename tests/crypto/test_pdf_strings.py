"""Hexadecimal strings of a PDF are read as ISO 32000-1 §7.3.4.3 says, whatever their length."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PDF_WHITESPACE, PdfStreamError

from crypto.pdf.chain import read_hex_string

DIGITS, SPACES = "0123456789abcdefABCDEF", bytes(PDF_WHITESPACE).decode()


def read(written: bytes) -> tuple[bytes, bytes]:
    """What the string holds, and what follows it."""
    stream = io.BytesIO(b"<" + written)
    return read_hex_string(stream).original_bytes, stream.read()


@given(st.text(DIGITS + SPACES, max_size=80), st.binary(max_size=20))
def test_white_space_counts_for_nothing_and_a_missing_digit_is_zero(written, after):
    digits = "".join(sign for sign in written if sign in DIGITS)
    assert read(written.encode() + b">" + after) == (bytes.fromhex(digits + "0" * (len(digits) % 2)), after)


@pytest.mark.parametrize("length", [0, 1, 4095, 4096, 4097, 16384])
def test_it_may_end_anywhere(length):
    value, after = read(b"a" * length + b">>>")
    assert len(value) == (length + 1) // 2
    assert after == b">>"


@pytest.mark.parametrize("written", [b"", b"0", b"00" * 5000, b"0g>", b"00%>", "0é>".encode()])
def test_what_does_not_end_or_holds_something_else_is_refused(written):
    with pytest.raises(PdfStreamError):
        read(written)


def test_the_library_reads_with_it():
    assert generic.read_object(io.BytesIO(b"<e4 b8ad>"), generic.TrailerReference(None)).original_bytes == "中".encode()
