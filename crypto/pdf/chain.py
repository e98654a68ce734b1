"""Certificates and coroutines as the CMS library wants them, and two of its slips made good."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import closing
from typing import Any, TypeVar

from asn1crypto import core, pem, x509

from crypto.errors import CryptoError

Result = TypeVar("Result")

_prepare = x509.NameTypeAndValue._ldap_string_prep


def _prepared(name: x509.NameTypeAndValue, value: str) -> str:
    """The value for comparing names; as it stands, where RFC 4518 has no rule for it.

    RFC 4518 knows the characters of Unicode 3.2 only, so asn1crypto refuses every person with a later one in the name
    (𬭎, 2015). RFC 5280 §7.1 allows to compare what is not prepared byte by byte.
    """
    try:
        return str(_prepare(name, value))
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


for _kind in (core.Asn1Value, core.Sequence, core.SequenceOf):
    _kind.dump = _keeping_lengths(_kind.dump)


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
