"""What is carried by hand past people who must not read it: sealed to a P-256 key, as browsers can (`carried/v1`).

An ephemeral key agrees with the recipient's (ECDH); HKDF-SHA256 over the agreed value, salted with both public points
and bound to what the box is for, gives a key of AES-256-GCM that is used once, with a nonce of zeros.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from crypto.canonical import Json, canonical
from crypto.errors import CryptoError

LABEL = b"carried/v1"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (SEC 2)
NONCE = bytes(12)


def derived_key(secret: bytes, purpose: str) -> ec.EllipticCurvePrivateKey:
    """The key of a purpose, made anew from a secret: nothing is stored."""
    digest = hmac.new(secret, LABEL + b"\0" + purpose.encode(), hashlib.sha512).digest()
    return ec.derive_private_key(int.from_bytes(digest, "big") % (ORDER - 1) + 1, ec.SECP256R1())


def public_point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """65 bytes, as WebCrypto takes them (`raw`)."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _box(shared: bytes, points: bytes, about: Json) -> AESGCM:
    info = LABEL + b"\0" + canonical(about)
    return AESGCM(HKDF(SHA256(), 32, salt=points, info=info).derive(shared))


def seal(recipient: bytes, data: bytes, about: Json) -> dict[str, Any]:
    """`{"ephemeral","box"}` in base64, for whoever has the key of the point `recipient`."""
    own = ec.generate_private_key(ec.SECP256R1())
    other = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), recipient)
    point = public_point(own)
    box = _box(own.exchange(ec.ECDH(), other), point + recipient, about).encrypt(NONCE, data, None)
    return {"ephemeral": base64.b64encode(point).decode(), "box": base64.b64encode(box).decode()}


def unseal(key: ec.EllipticCurvePrivateKey, sealed: Json, about: Json) -> bytes:
    """What `seal` hid. Raises CryptoError `carried_unreadable` for anything else."""
    try:
        point = base64.b64decode(sealed["ephemeral"], validate=True)
        box = base64.b64decode(sealed["box"], validate=True)
        other = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        return _box(key.exchange(ec.ECDH(), other), point + public_point(key), about).decrypt(NONCE, box, None)
    except (KeyError, TypeError, ValueError, InvalidTag) as exc:
        raise CryptoError("carried_unreadable") from exc
