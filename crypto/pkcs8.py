"""Private keys as files: PKCS #8 in PEM (RFC 5958, RFC 7468), under a pass phrase or not."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from crypto.errors import CryptoError


def read_private_key(pem: str | bytes, passphrase: str | None) -> PrivateKeyTypes:
    """The key of a file, of whatever kind (SEC 1 is read too).

    Raises CryptoError `key_unreadable`: damaged, or the pass phrase is wrong, missing or not needed.
    """
    data = pem.encode() if isinstance(pem, str) else pem
    try:
        return serialization.load_pem_private_key(data, passphrase.encode() if passphrase else None)
    except (ValueError, TypeError) as exc:
        raise CryptoError("key_unreadable") from exc


def write_private_key(key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey, passphrase: str | None) -> str:
    """The text of a key's file, encrypted when a pass phrase is given."""
    protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        protection = serialization.BestAvailableEncryption(passphrase.encode())
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, protection).decode("ascii")
