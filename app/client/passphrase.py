"""Files under a pass phrase: age's `scrypt` recipient (https://c2sp.org/age), so that any age tool opens them too."""

from __future__ import annotations

import hashlib
import io
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from crypto.envelope import Stanza, decode64, decrypt, encode64, encrypt
from crypto.errors import CryptoError

SCRYPT_TYPE = "scrypt"
WORK_FACTOR = 16  # log2 of N: 64 MiB and a few tenths of a second for each guess
HIGHEST_WORK_FACTOR = 20  # of a file that is read: no file may ask for more than 1 GiB
_LABEL = b"age-encryption.org/v1/scrypt"
_SALT_SIZE, _BLOCK = 16, 8
_ZERO_NONCE = bytes(12)  # each wrapping key is used once


def _wrapping_key(passphrase: str, salt: bytes, work_factor: int) -> ChaCha20Poly1305:
    n = 1 << work_factor
    most = 128 * _BLOCK * (n + 3)  # what OpenSSL counts for p = 1
    key = hashlib.scrypt(passphrase.encode(), salt=_LABEL + salt, n=n, r=_BLOCK, p=1, maxmem=most, dklen=32)
    return ChaCha20Poly1305(key)


@dataclass(frozen=True)
class Passphrase:
    """Recipient and identity of who knows the pass phrase."""

    text: str = field(repr=False)

    def wrap(self, file_key: bytes) -> list[Stanza]:
        salt = secrets.token_bytes(_SALT_SIZE)
        body = _wrapping_key(self.text, salt, WORK_FACTOR).encrypt(_ZERO_NONCE, file_key, None)
        return [Stanza((SCRYPT_TYPE, encode64(salt), str(WORK_FACTOR)), body)]

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        for stanza in stanzas:
            if stanza.type == SCRYPT_TYPE:
                salt, work_factor = _arguments(stanza)
                try:
                    return _wrapping_key(self.text, salt, work_factor).decrypt(_ZERO_NONCE, stanza.body, None)
                except InvalidTag:
                    return None
        return None


def _arguments(stanza: Stanza) -> tuple[bytes, int]:
    try:
        _, salt, work_factor = stanza.args
        found = decode64(salt), int(work_factor)
    except ValueError as exc:
        raise CryptoError("envelope_stanza_malformed", stanza=SCRYPT_TYPE) from exc
    if len(found[0]) != _SALT_SIZE or not 1 <= found[1] <= HIGHEST_WORK_FACTOR or len(stanza.body) != 32:
        raise CryptoError("envelope_stanza_malformed", stanza=SCRYPT_TYPE)
    return found


def seal_under(passphrase: str, secret: bytes) -> bytes:
    """An age file with `secret`. Raises ValueError for an empty pass phrase."""
    if not passphrase:
        raise ValueError("a sealed file needs a pass phrase")
    sealed = io.BytesIO()
    encrypt(io.BytesIO(secret), sealed, [Passphrase(passphrase)])
    return sealed.getvalue()


def open_under(passphrase: str, sealed: bytes) -> bytes:
    """What `seal_under` sealed. Raises CryptoError `envelope_no_identity` for another pass phrase."""
    opened = io.BytesIO()
    decrypt(io.BytesIO(sealed), opened, [Passphrase(passphrase)])
    return opened.getvalue()
