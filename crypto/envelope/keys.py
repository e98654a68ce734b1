"""Recipients and identities of age: X25519, and X-Wing (ML-KEM-768 with X25519) as post-quantum hybrid.

Other kinds of recipient need no change here: whatever wraps a file key into stanzas, or unwraps it, takes part.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from crypto.envelope import bech32
from crypto.envelope.header import FILE_KEY_SIZE, Stanza, decode64, encode64
from crypto.envelope.payload import TAG_SIZE, derive_key
from crypto.errors import CryptoError

X25519_TYPE = "X25519"
HYBRID_TYPE = "mlkem768x25519"
_X25519_INFO = b"age-encryption.org/v1/X25519"
_HYBRID_INFO = b"age-encryption.org/mlkem768x25519"
_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
_KEY_SIZE = 32  # an X25519 key, an X-Wing seed
_MLKEM_KEY_SIZE = 1184
_MLKEM_CIPHERTEXT_SIZE = 1088
_WRAPPED_SIZE = FILE_KEY_SIZE + TAG_SIZE
_ZERO_NONCE = bytes(12)  # each wrapping key is used once


class Recipient(Protocol):
    """Whoever can be given a file: wraps the 16-byte file key into stanzas."""

    def wrap(self, file_key: bytes) -> list[Stanza]: ...


class Identity(Protocol):
    """Whoever may open a file: the 16-byte file key out of its stanzas, or None when none of them is for it.

    A stanza of its own type that breaks the rules is refused with CryptoError.
    """

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None: ...


def _decoded(text: str, prefix: str, size: int, code: str) -> bytes:
    try:
        found, data = bech32.decode(text)
    except ValueError as exc:
        raise CryptoError(code, expected=prefix + "1") from exc
    if found != prefix or len(data) != size:
        raise CryptoError(code, expected=prefix + "1")
    return data


def _arguments(stanza: Stanza, size: int) -> bytes:
    """The one argument, of `size` bytes, of a stanza whose body is a wrapped file key."""
    try:
        (argument,) = stanza.args[1:]
        share = decode64(argument)
    except ValueError as exc:
        raise CryptoError("envelope_stanza_malformed", stanza=stanza.type) from exc
    if len(share) != size or len(stanza.body) != _WRAPPED_SIZE:
        raise CryptoError("envelope_stanza_malformed", stanza=stanza.type)
    return share


def _exchange(private: X25519PrivateKey, share: bytes, stanza: Stanza) -> bytes:
    """The shared secret; a share of low order, which would make it all zero, is refused."""
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(share))
    except ValueError as exc:
        raise CryptoError("envelope_stanza_malformed", stanza=stanza.type) from exc


class X25519Recipient:
    """`age1…`: 32 bytes of Curve25519. Raises CryptoError `envelope_recipient_malformed`."""

    PREFIX = "age"

    def __init__(self, text: str) -> None:
        self._public = _decoded(text, self.PREFIX, _KEY_SIZE, "envelope_recipient_malformed")

    def wrap(self, file_key: bytes) -> list[Stanza]:
        ephemeral = X25519PrivateKey.generate()
        share = ephemeral.public_key().public_bytes_raw()
        secret = ephemeral.exchange(X25519PublicKey.from_public_bytes(self._public))
        wrapping = ChaCha20Poly1305(derive_key(secret, share + self._public, _X25519_INFO))
        return [Stanza((X25519_TYPE, encode64(share)), wrapping.encrypt(_ZERO_NONCE, file_key, None))]


class X25519Identity:
    """`AGE-SECRET-KEY-1…`. Raises CryptoError `envelope_identity_malformed`."""

    PREFIX = "age-secret-key-"

    def __init__(self, text: str) -> None:
        self._secret = _decoded(text, self.PREFIX, _KEY_SIZE, "envelope_identity_malformed")
        self._private = X25519PrivateKey.from_private_bytes(self._secret)
        self._public = self._private.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> X25519Identity:
        return cls(bech32.encode(cls.PREFIX, secrets.token_bytes(_KEY_SIZE)))

    @property
    def identity(self) -> str:
        """The secret's text, in uppercase."""
        return bech32.encode(self.PREFIX, self._secret).upper()

    @property
    def recipient(self) -> str:
        """The text of the recipient that this identity opens for."""
        return bech32.encode(X25519Recipient.PREFIX, self._public)

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        keys = (self._opened(stanza) for stanza in stanzas if stanza.type == X25519_TYPE)
        return next((key for key in keys if key is not None), None)

    def _opened(self, stanza: Stanza) -> bytes | None:
        share = _arguments(stanza, _KEY_SIZE)
        secret = _exchange(self._private, share, stanza)
        wrapping = ChaCha20Poly1305(derive_key(secret, share + self._public, _X25519_INFO))
        try:
            return wrapping.decrypt(_ZERO_NONCE, stanza.body, None)
        except InvalidTag:
            return None


class HybridRecipient:
    """`age1pq1…`: 1184 bytes of ML-KEM-768 and 32 of Curve25519. Raises CryptoError `envelope_recipient_malformed`.

    The stanza is the output of HPKE in base mode with X-Wing (draft-connolly-cfrg-xwing-kem), byte for byte age's.
    """

    PREFIX = "age1pq"

    def __init__(self, text: str) -> None:
        code = "envelope_recipient_malformed"
        data = _decoded(text, self.PREFIX, _MLKEM_KEY_SIZE + _KEY_SIZE, code)
        try:
            mlkem = MLKEM768PublicKey.from_public_bytes(data[:_MLKEM_KEY_SIZE])
        except ValueError as exc:
            raise CryptoError(code, expected=self.PREFIX + "1") from exc
        x25519 = X25519PublicKey.from_public_bytes(data[_MLKEM_KEY_SIZE:])
        self._public = hpke.MLKEM768X25519PublicKey(mlkem, x25519)

    def wrap(self, file_key: bytes) -> list[Stanza]:
        sealed = _SUITE.encrypt(file_key, self._public, info=_HYBRID_INFO)
        share, body = sealed[:-_WRAPPED_SIZE], sealed[-_WRAPPED_SIZE:]
        return [Stanza((HYBRID_TYPE, encode64(share)), body)]


class HybridIdentity:
    """`AGE-SECRET-KEY-PQ-1…`: the 32-byte seed of X-Wing. Raises CryptoError `envelope_identity_malformed`."""

    PREFIX = "age-secret-key-pq-"

    def __init__(self, text: str) -> None:
        self._seed = _decoded(text, self.PREFIX, _KEY_SIZE, "envelope_identity_malformed")
        expanded = hashlib.shake_256(self._seed).digest(96)
        self._mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        self._x25519 = X25519PrivateKey.from_private_bytes(expanded[64:])
        self._private = hpke.MLKEM768X25519PrivateKey(self._mlkem, self._x25519)

    @classmethod
    def generate(cls) -> HybridIdentity:
        return cls(bech32.encode(cls.PREFIX, secrets.token_bytes(_KEY_SIZE)))

    @property
    def identity(self) -> str:
        """The secret's text, in uppercase."""
        return bech32.encode(self.PREFIX, self._seed).upper()

    @property
    def recipient(self) -> str:
        """The text of the recipient that this identity opens for."""
        public = self._mlkem.public_key().public_bytes_raw() + self._x25519.public_key().public_bytes_raw()
        return bech32.encode(HybridRecipient.PREFIX, public)

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        keys = (self._opened(stanza) for stanza in stanzas if stanza.type == HYBRID_TYPE)
        return next((key for key in keys if key is not None), None)

    def _opened(self, stanza: Stanza) -> bytes | None:
        share = hybrid_share(stanza)
        _exchange(self._x25519, share[_MLKEM_CIPHERTEXT_SIZE:], stanza)  # names a low order; HPKE only fails to open
        try:
            return _SUITE.decrypt(share + stanza.body, self._private, info=_HYBRID_INFO)
        except InvalidTag:
            return None


def hybrid_share(stanza: Stanza) -> bytes:
    """The 1,120-byte encapsulation of a hybrid stanza, checked for shape only.

    Raises CryptoError `envelope_stanza_malformed`.
    """
    return _arguments(stanza, _MLKEM_CIPHERTEXT_SIZE + _KEY_SIZE)


def parse_recipient(text: str) -> HybridRecipient | X25519Recipient:
    """The recipient that `text` spells. Raises CryptoError `envelope_recipient_malformed`."""
    kind = HybridRecipient if text.lower().startswith(HybridRecipient.PREFIX + "1") else X25519Recipient
    return kind(text)


def parse_identity(text: str) -> HybridIdentity | X25519Identity:
    """The identity that `text` spells. Raises CryptoError `envelope_identity_malformed`."""
    kind = HybridIdentity if text.lower().startswith(HybridIdentity.PREFIX + "1") else X25519Identity
    return kind(text)
