"""Certificates and coroutines as the libraries for CMS and PDF want them, and four of their slips made good."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from contextlib import closing
from functools import lru_cache, partial
from typing import Any, BinaryIO, TypeVar

from asn1crypto import core, pem, x509
from asn1crypto.parser import _dump_header
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PDF_WHITESPACE, PdfStreamError

from crypto.errors import CryptoError

Result = TypeVar("Result")
_BLOCK = 4096  # bytes

# Of its object the library's own asks nothing; the same few names are compared again and again.
_prepare = lru_cache(maxsize=1024)(partial(x509.NameTypeAndValue._ldap_string_prep, None))


def _prepared(name: x509.NameTypeAndValue, value: str) -> str:
    """The value for comparing names; as it stands, where RFC 4518 has no rule for it.

    RFC 4518 knows the characters of Unicode 3.2 only, so asn1crypto refuses every person with a later one in the name
    (𬭎, 2015). RFC 5280 §7.1 allows to compare what is not prepared byte by byte.
    """
    try:
        return str(_prepare(value))
    except ValueError:
        return value


x509.NameTypeAndValue._ldap_string_prep = _prepared


def _keeping_lengths(dump: Callable[..., bytes]) -> Callable[..., bytes]:
    """`dump`, but a length that ends in the byte 0x80 (128, 384, …) is what it says.

    asn1crypto takes each for the mark of an indefinite length (X.690 §8.1.3.6, which two zero bytes end) and encodes
    the structure anew, all that is below it thrice on every level: one signature in thirty took many seconds.
    """

    def dumped(value: core.Asn1Value, force: bool = False) -> bytes:
        header = value._header
        if not force and header and header[-1:] == b"\x80" and not value._trailer:
            contents = value.contents  # of a structure that was changed, this forgets the header
            if value._header is header:
                return bytes(header + contents)
        return dump(value, force)

    return dumped


def _dump(value: core.Asn1Value, force: bool = False) -> bytes:
    """The encoding of a value (X.690), whose contents are asked for once.

    A structure made here counts as changed for ever, and asn1crypto encodes it anew, all that is below it twice or
    thrice on every level, whenever the contents are asked for.
    """
    contents = value.contents
    if value._header is None or force or value._trailer:
        if isinstance(value, core.Constructable) and value._indefinite:
            value.method = 0
        header = _dump_header(value.class_, value.method, value.tag, contents)
        for class_, tag in value.explicit or ():
            header = _dump_header(class_, 1, tag, header + contents) + header
        value._header, value._trailer = header, b""
    return bytes(value._header + contents + value._trailer)


core.Asn1Value.dump = _dump
for _kind in (core.Asn1Value, core.Sequence, core.SequenceOf):
    _kind.dump = _keeping_lengths(_kind.dump)


def read_hex_string(stream: BinaryIO) -> generic.TextStringObject | generic.ByteStringObject:
    """The hexadecimal string that begins here (ISO 32000-1 §7.3.4.3). Raises PdfStreamError.

    pyHanko reads it digit by digit, which for signatures was a third of every verification.
    """
    stream.read(1)
    digits = b""
    while block := stream.read(_BLOCK):
        found, end, _rest = block.partition(b">")
        digits += found
        if end:
            stream.seek(len(found) + 1 - len(block), os.SEEK_CUR)
            return _string_of(digits.translate(None, PDF_WHITESPACE))
    raise PdfStreamError("the file ends within a hexadecimal string")


def _string_of(digits: bytes) -> generic.TextStringObject | generic.ByteStringObject:
    try:
        return generic.pdf_string(bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii")))
    except ValueError as exc:
        raise PdfStreamError("a hexadecimal string has other characters in it") from exc


generic.read_hex_string_from_stream = read_hex_string


def load_certificate(certificate_pem: str) -> x509.Certificate:
    """The certificate of a PEM text. Raises CryptoError `certificate_unreadable`."""
    try:
        _, _, der = pem.unarmor(certificate_pem.encode())
        certificate = x509.Certificate.load(der, strict=True)
        certificate.native  # noqa: B018  asn1crypto parses lazily: a damaged certificate must show here
    except (ValueError, TypeError, KeyError) as exc:
        raise CryptoError("certificate_unreadable") from exc
    return certificate


def complete(work: Coroutine[Any, Any, Result]) -> Result:
    """The result of one of the library's coroutines, on an event loop of its own.

    Not `asyncio.run`: that sets a handler for SIGINT, whose setting writes out the task with its result, a whole CMS.
    """
    with closing(asyncio.new_event_loop()) as loop:
        return loop.run_until_complete(work)
