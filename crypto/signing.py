"""Signatures of persons and of the platform, and the signed act `act/v1`.

ECDSA on P-256 with SHA-256, because every browser makes such keys that never leave it (WebCrypto). On the wire a
signature is the 64 bytes r || s of WebCrypto and IEEE P1363; only PDFs need the DER form. What is signed is always
`label || 0x00 || JCS(object)`: a signature under one label says nothing under another.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from crypto.canonical import Json, canonical, digest, tagged_hash
from crypto.errors import CryptoError
from crypto.instants import format_instant, parse_instant
from crypto.pkcs8 import read_private_key, write_private_key

ACT = "act/v1"
ACT_FIELDS = frozenset({"v", "origin", "case", "type", "payload_sha256", "prev_act", "command_id", "at"})
_HEX_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
# RFC 6979: the nonce comes from key and message, so a poor random source on somebody's machine cannot leak a key.
_ALGORITHM = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


def is_digest(value: object) -> bool:
    """Whether `value` is a SHA-256 digest in lowercase hex."""
    return isinstance(value, str) and _HEX_DIGEST.fullmatch(value) is not None


def key_id(spki: bytes) -> str:
    """The name of a public key: hex SHA-256 of its DER SubjectPublicKeyInfo."""
    return hashlib.sha256(spki).hexdigest()


def fingerprint(key_id: str) -> str:
    """A key id, or its beginning, as people read it out and compare it: groups of four digits."""
    return " ".join(key_id[i : i + 4] for i in range(0, len(key_id), 4))


def check_code(key_id: str) -> str:
    """Twelve digits of a key id, for two people who compare aloud what two screens of one room show.

    Against somebody who can make keys until the digits agree (10¹² trials), only the whole fingerprint holds.
    """
    digits = f"{int(key_id, 16) % 10**12:012}"
    return " ".join(digits[i : i + 4] for i in range(0, 12, 4))


class Signer(Protocol):
    """What signs for somebody: the key of a file, or one that never leaves a token."""

    @property
    def spki(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo."""

    @property
    def key_id(self) -> str:
        """Its name."""

    def sign(self, data: bytes) -> bytes:
        """64 bytes r || s over SHA-256 of `data`."""


@dataclass(frozen=True)
class SigningKey:
    """A private key on P-256, wherever its owner keeps it."""

    private: ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> SigningKey:
        """A fresh key from the operating system's random source."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, pem: str | bytes, passphrase: str | None = None) -> SigningKey:
        """The key of a PKCS #8 (or SEC 1) file.

        Raises CryptoError `key_unreadable` (damaged, or the passphrase is wrong or missing), `key_not_p256`.
        """
        private = read_private_key(pem, passphrase)
        if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
            raise CryptoError("key_not_p256")
        return cls(private)

    def to_pem(self, passphrase: str | None = None) -> str:
        """PKCS #8 in PEM, encrypted when a passphrase is given."""
        return write_private_key(self.private, passphrase)

    @property
    def spki(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo (91 bytes)."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(serialization.Encoding.DER, form)

    @cached_property
    def key_id(self) -> str:
        return key_id(self.spki)

    def sign_der(self, data: bytes) -> bytes:
        """ECDSA-Sig-Value in DER over SHA-256 of `data`, as CMS in a PDF wants it."""
        return self.private.sign(data, _ALGORITHM)

    def sign(self, data: bytes) -> bytes:
        """64 bytes r || s over SHA-256 of `data`."""
        r, s = decode_dss_signature(self.sign_der(data))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def raw_to_der(signature: bytes) -> bytes:
    """The DER form of the 64 bytes r || s. Raises CryptoError `signature_malformed` for another length."""
    if len(signature) != 64:
        raise CryptoError("signature_malformed", found=len(signature), needed=64)
    return encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))


def load_public_key(spki: bytes) -> ec.EllipticCurvePublicKey:
    """The P-256 key of a DER SubjectPublicKeyInfo.

    Raises CryptoError `key_unreadable`, `key_not_p256`.
    """
    try:
        public = serialization.load_der_public_key(spki)
    except (ValueError, TypeError) as exc:
        raise CryptoError("key_unreadable") from exc
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        raise CryptoError("key_not_p256")
    return public


@lru_cache(maxsize=1024)
def _public_key(spki: bytes) -> ec.EllipticCurvePublicKey:
    """The key, which is met again with every act of its holder."""
    return load_public_key(spki)


def verify(spki: bytes, data: bytes, signature: bytes) -> None:
    """Returns when `signature` (64 bytes r || s) over `data` was made with the key of `spki`.

    Raises CryptoError `signature_wrong`, `signature_malformed`, `key_unreadable`, `key_not_p256`.
    """
    try:
        _public_key(spki).verify(raw_to_der(signature), data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as exc:
        raise CryptoError("signature_wrong", key_id=key_id(spki)) from exc


# Objects under a label


def _preimage(label: str, obj: Json) -> bytes:
    return label.encode("ascii") + b"\x00" + canonical(obj)


def _from_base64(text: object) -> bytes:
    """Standard base64 in its only spelling: two texts for one signature would be two histories."""
    try:
        data = base64.b64decode(str(text), validate=True)
    except ValueError as exc:
        raise CryptoError("signature_malformed", found=len(str(text)), needed=88) from exc
    if base64.b64encode(data).decode("ascii") != text:
        raise CryptoError("signature_malformed", found=len(str(text)), needed=88)
    return data


def sign_object(key: Signer, label: str, obj: Json) -> dict[str, str]:
    """`{"key_id", "signature"}` over `label || 0x00 || JCS(obj)`; the signature in base64."""
    signature = key.sign(_preimage(label, obj))
    return {"key_id": key.key_id, "signature": base64.b64encode(signature).decode("ascii")}


def verify_object(spki: bytes, label: str, obj: Json, signature: Mapping[str, str]) -> None:
    """Returns when `signature` (of `sign_object`) over `obj` under `label` is by the key of `spki`.

    Raises CryptoError `key_foreign` when it names another key, and those of `verify`.
    """
    if signature.get("key_id") != key_id(spki):
        raise CryptoError("key_foreign", found=str(signature.get("key_id")), expected=key_id(spki))
    verify(spki, _preimage(label, obj), _from_base64(signature.get("signature")))


# Acts of persons


def act_payload_digest(payload: Json) -> str:
    """SHA-256 of JCS(payload), hex: what an act commits to. A client computes it from what it shows."""
    return digest(payload)


@dataclass(frozen=True)
class SignedAct:
    """`act/v1` with the actor's signature. `act` is the signed object itself, `signature` base64 of r || s."""

    act: dict[str, Any]
    key_id: str
    signature: str

    def to_json(self) -> dict[str, Any]:
        return {"act": dict(self.act), "key_id": self.key_id, "signature": self.signature}

    @classmethod
    def from_json(cls, data: Json) -> SignedAct:
        """The signed act of an untrusted object; its shape is right, nothing of it is verified.

        Raises CryptoError `act_malformed`, `signature_malformed`.
        """
        if not isinstance(data, Mapping) or set(data) != {"act", "key_id", "signature"}:
            raise CryptoError("act_malformed", field="act, key_id, signature")
        _check_act(data["act"])
        if not is_digest(data["key_id"]):
            raise CryptoError("act_malformed", field="key_id")
        _from_base64(data["signature"])
        return cls(dict(data["act"]), data["key_id"], data["signature"])

    @property
    def act_hash(self) -> str:
        """What the actor's next act in this case names as `prev_act` (hex)."""
        return tagged_hash("act/v1/hash", canonical(self.act) + _from_base64(self.signature)).hex()


def _check_act(act: Json) -> None:
    if not isinstance(act, Mapping) or set(act) != ACT_FIELDS:
        raise CryptoError("act_malformed", field=", ".join(sorted(ACT_FIELDS)))
    for name in sorted(ACT_FIELDS):
        if not isinstance(act[name], str) or (not act[name] and name != "prev_act"):
            raise CryptoError("act_malformed", field=name)
    if act["v"] != ACT or not is_digest(act["payload_sha256"]):
        raise CryptoError("act_malformed", field="v" if act["v"] != ACT else "payload_sha256")
    if act["prev_act"] and not is_digest(act["prev_act"]):
        raise CryptoError("act_malformed", field="prev_act")
    parse_instant(act["at"])


def sign_act(
    key: Signer,
    *,
    origin: str,
    case: str,
    type: str,  # the field's name in act/v1
    payload: Json,
    prev_act: str,
    command_id: str,
    at: datetime,
) -> SignedAct:
    """The act of `key`'s owner on `payload`, at `at` by the actor's own clock.

    `prev_act` is the `act_hash` of the same actor's act before in this case, "" for the first: an actor's acts form
    a chain from which the platform can leave nothing out. Raises CryptoError `act_malformed`, `instant_malformed`.
    """
    act = {
        "v": ACT,
        "origin": origin,
        "case": case,
        "type": type,
        "payload_sha256": act_payload_digest(payload),
        "prev_act": prev_act,
        "command_id": command_id,
        "at": format_instant(at),
    }
    _check_act(act)
    return SignedAct(act, **sign_object(key, ACT, act))


def verify_act(signed: SignedAct, spki: bytes, *, origin: str, case: str, type: str, payload: Json) -> None:
    """Returns when the key of `spki` signed exactly this `payload` as a `type` for this `origin` and `case`.

    The order of acts (`prev_act`, `command_id`) needs the history and is the caller's to check.
    Raises CryptoError `act_malformed`, `act_foreign` (the field that differs), and those of `verify_object`.
    """
    _check_act(signed.act)
    expected = {"origin": origin, "case": case, "type": type, "payload_sha256": act_payload_digest(payload)}
    for name, value in expected.items():
        if signed.act[name] != value:
            raise CryptoError("act_foreign", field=name, found=signed.act[name], expected=value)
    verify_object(spki, ACT, signed.act, {"key_id": signed.key_id, "signature": signed.signature})
