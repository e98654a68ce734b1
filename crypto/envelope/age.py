"""Whole age v1 files, streamed from one file to another."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence

from crypto.envelope.header import FILE_KEY_SIZE, Header, encode_header, read_header
from crypto.envelope.keys import Identity, Recipient
from crypto.envelope.payload import ByteSink, ByteSource, open_payload, seal_payload
from crypto.errors import CryptoError


def encrypt(src: ByteSource, dst: ByteSink, recipients: Iterable[Recipient]) -> None:
    """Seals all that `src` holds to every one of `recipients`; memory stays at a few spans of 512 KiB.

    Raises CryptoError `envelope_no_recipient` when nobody could open it.
    """
    file_key = secrets.token_bytes(FILE_KEY_SIZE)
    stanzas = [stanza for recipient in recipients for stanza in recipient.wrap(file_key)]
    if not stanzas:
        raise CryptoError("envelope_no_recipient")
    dst.write(encode_header(file_key, stanzas))
    seal_payload(src, dst, file_key)


def decrypt(src: ByteSource, dst: ByteSink, identities: Iterable[Identity]) -> None:
    """Opens an age v1 file with the first of `identities` that fits; memory stays at a few spans of 512 KiB.

    Only authenticated plaintext is written. After a refusal `dst` may hold genuine chunks: discard them.
    Raises CryptoError: those of `read_header`, `unlock` and `open_payload`.
    """
    file_key = unlock(read_header(src), identities)
    open_payload(src, dst, file_key)


def unlock(header: Header, identities: Iterable[Identity]) -> bytes:
    """The file key of an authentic header.

    Raises CryptoError `envelope_no_identity` when it is for nobody here, `envelope_stanza_malformed`,
    `envelope_header_forged` when the header was altered.
    """
    types = [stanza.type for stanza in header.stanzas]
    if "scrypt" in types and len(types) > 1:  # age's rule: whoever knows the passphrase must know who wrote the file
        raise CryptoError("envelope_stanza_malformed", stanza="scrypt")
    file_key = _unwrapped(header, list(identities))
    header.check_mac(file_key)
    return file_key


def _unwrapped(header: Header, identities: Sequence[Identity]) -> bytes:
    for identity in identities:
        file_key = identity.unwrap(header.stanzas)
        if file_key is not None:
            return file_key
    raise CryptoError("envelope_no_identity", identities=len(identities), stanzas=len(header.stanzas))
