"""Signed notes, checkpoints of logs, and witnesses' cosignatures, as C2SP writes them.

Sources: c2sp.org/signed-note (text, signature lines, key hashes, verifier keys), c2sp.org/tlog-checkpoint (origin,
size, root), c2sp.org/tlog-cosignature (`cosignature/v1`). Ed25519 only: a log signs as type 0x01, a witness as 0x04.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from crypto.errors import CryptoError
from crypto.merkle import HASH_SIZE
from crypto.pkcs8 import read_private_key, write_private_key

ED25519, COSIGNATURE = 0x01, 0x04  # signature types
SIGNATURES_AT_MOST = 64
NOTE_AT_MOST = 64 * 1024  # bytes
TIME_LIMIT = 2**63  # a cosignature's time, in seconds since 1970, is below it
_DASH = "\u2014 "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_KEY_HASH = re.compile(r"[0-9a-f]{8}", re.ASCII)


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(letter.isspace() for letter in name) and name.isprintable()


def _base64(text: str, code: str) -> bytes:
    """Standard base64 in its only spelling: two texts for one signature would be two notes."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as exc:
        raise CryptoError(code, reason="base64") from exc
    if base64.b64encode(data).decode("ascii") != text:
        raise CryptoError(code, reason="base64")
    return data


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


# Keys


@dataclass(frozen=True)
class VerifierKey:
    """Who signs notes: a name, the signature type (ED25519 or COSIGNATURE) and a public key of 32 bytes."""

    name: str
    kind: int
    public: bytes

    @property
    def key_hash(self) -> bytes:
        """The 4 bytes by which a signature line names the key: SHA-256(name || LF || type || key)[:4]."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        """The vkey: `name+hash+base64(type || key)`."""
        return f"{self.name}+{self.key_hash.hex()}+{_encoded(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, text: str, kind: int) -> VerifierKey:
        """The key of a vkey that has the signature type `kind`. Raises CryptoError `vkey_malformed`."""
        name, _, rest = text.partition("+")
        key_hash, _, material = rest.partition("+")
        data = _base64(material, "vkey_malformed")
        if not _is_name(name) or not _KEY_HASH.fullmatch(key_hash) or len(data) != 33:
            raise CryptoError("vkey_malformed", reason="shape")
        if data[0] != kind:
            raise CryptoError("vkey_malformed", reason="type")
        found = cls(name, kind, data[1:])
        if found.key_hash.hex() != key_hash:
            raise CryptoError("vkey_malformed", reason="hash")
        return found

    def check(self, signature: bytes, message: bytes) -> None:
        """Returns when the 64 bytes are this key's over `message`. Raises CryptoError `note_signature_wrong`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError) as exc:
            raise CryptoError("note_signature_wrong", name=self.name) from exc


@dataclass(frozen=True)
class NoteKey:
    """A private Ed25519 key with the name under which it signs. `name`: no spaces, no plus."""

    name: str
    kind: int
    private: Ed25519PrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        if not _is_name(self.name):
            raise CryptoError("vkey_malformed", reason="name")

    @classmethod
    def generate(cls, name: str, kind: int) -> NoteKey:
        """A fresh key from the operating system's random source. Raises CryptoError `vkey_malformed` for the name."""
        return cls(name, kind, Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, name: str, kind: int, pem: str, passphrase: str | None = None) -> NoteKey:
        """The key of a PKCS #8 file.

        Raises CryptoError `key_unreadable` (damaged, or the pass phrase is wrong or missing), `key_not_ed25519`.
        """
        private = read_private_key(pem, passphrase)
        if not isinstance(private, Ed25519PrivateKey):
            raise CryptoError("key_not_ed25519")
        return cls(name, kind, private)

    def to_pem(self, passphrase: str | None = None) -> str:
        """PKCS #8 in PEM, encrypted when a pass phrase is given."""
        return write_private_key(self.private, passphrase)

    @property
    def verifier(self) -> VerifierKey:
        return VerifierKey(self.name, self.kind, self.private.public_key().public_bytes_raw())


# Notes


@dataclass(frozen=True)
class NoteSignature:
    """A signature line: `— name base64(key hash || signature)`. Nothing of it is verified."""

    name: str
    key_hash: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {_encoded(self.key_hash + self.signature)}\n"

    @classmethod
    def parse(cls, line: str) -> NoteSignature:
        """The signature of a line with its newline. Raises CryptoError `note_malformed`."""
        name, _, material = line[len(_DASH) : -1].partition(" ")
        if not line.startswith(_DASH) or not line.endswith("\n") or not _is_name(name):
            raise CryptoError("note_malformed", reason="signature line")
        data = _base64(material, "note_malformed")
        if len(data) < 5:
            raise CryptoError("note_malformed", reason="signature line")
        return cls(name, data[:4], data[4:])

    def is_by(self, key: VerifierKey) -> bool:
        """Whether the line names that key; whether the key signed is for `Note.verify` or `check_cosignature`."""
        return (self.name, self.key_hash) == (key.name, key.key_hash)


@dataclass(frozen=True)
class Note:
    """A text that ends with a newline, and who signed it."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(map(str, self.signatures))

    @classmethod
    def parse(cls, data: str) -> Note:
        """The note of an untrusted text; nothing is verified. Raises CryptoError `note_malformed`."""
        if len(data.encode("utf-8", "surrogatepass")) > NOTE_AT_MOST:
            raise CryptoError("note_malformed", reason="size")
        if _CONTROL.search(data) or any("\ud800" <= letter <= "\udfff" for letter in data):
            raise CryptoError("note_malformed", reason="character")
        body, blank, lines = data.rpartition("\n\n")
        if not blank or not lines.endswith("\n"):
            raise CryptoError("note_malformed", reason="shape")
        signatures = [NoteSignature.parse(line + "\n") for line in lines[:-1].split("\n")]
        if len(signatures) > SIGNATURES_AT_MOST:
            raise CryptoError("note_malformed", reason="signatures")
        return cls(body + "\n", tuple(signatures))

    def verify(self, key: VerifierKey) -> None:
        """Returns when `key` signed the text (type ED25519).

        Raises CryptoError `note_unsigned` when no line names the key, `note_signature_wrong` when one does in vain.
        """
        named = [found for found in self.signatures if found.is_by(key)]
        if not named or key.kind != ED25519:
            raise CryptoError("note_unsigned", name=key.name)
        for found in named:
            key.check(found.signature, self.text.encode())


def sign_note(key: NoteKey, text: str) -> Note:
    """The note of `text` (which ends with a newline) under a log's key. Raises CryptoError `note_malformed`."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise CryptoError("note_malformed", reason="shape")
    verifier = key.verifier
    return Note(text, (NoteSignature(key.name, verifier.key_hash, key.private.sign(text.encode())),))


# Checkpoints


@dataclass(frozen=True)
class Checkpoint:
    """The head of a log: its name, the number of its leaves, its root of 32 bytes, and lines of the log's own."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "".join(f"{line}\n" for line in (self.origin, self.size, _encoded(self.root), *self.extensions))

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """The checkpoint of a note's text. Raises CryptoError `checkpoint_malformed`."""
        lines = text.removesuffix("\n").split("\n")
        if not text.endswith("\n") or len(lines) < 3 or not all(lines) or _CONTROL.search(text):
            raise CryptoError("checkpoint_malformed", reason="lines")
        if not _SIZE.fullmatch(lines[1]):
            raise CryptoError("checkpoint_malformed", reason="size")
        root = _base64(lines[2], "checkpoint_malformed")
        if len(root) != HASH_SIZE:
            raise CryptoError("checkpoint_malformed", reason="root")
        return cls(lines[0], int(lines[1]), root, tuple(lines[3:]))


def read_checkpoint(note: Note, log: VerifierKey, origin: str) -> Checkpoint:
    """The checkpoint of the log `origin` that its key signed.

    Raises CryptoError `note_unsigned`, `note_signature_wrong`, `checkpoint_malformed`, `checkpoint_foreign`.
    """
    note.verify(log)
    found = Checkpoint.parse(note.text)
    if found.origin != origin:
        raise CryptoError("checkpoint_foreign", found=found.origin[:120], expected=origin)
    return found


# Cosignatures


def _cosigned(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def cosign(key: NoteKey, text: str, at: int) -> NoteSignature:
    """The witness's line for a checkpoint's text: of all the trees of this log that it saw by `at` this is the largest.

    `at`: seconds since 1970. Raises CryptoError `note_malformed` for a time out of range or a key of another type.
    """
    if not 0 <= at < TIME_LIMIT or key.kind != COSIGNATURE:
        raise CryptoError("note_malformed", reason="cosignature")
    signature = key.private.sign(_cosigned(text, at))
    return NoteSignature(key.name, key.verifier.key_hash, at.to_bytes(8, "big") + signature)


def check_cosignature(line: NoteSignature, key: VerifierKey, text: str) -> int:
    """When (seconds since 1970) the witness `key` cosigned the checkpoint's `text`.

    Raises CryptoError `note_unsigned` when the line names another key, `note_malformed`, `note_signature_wrong`.
    """
    if not line.is_by(key) or key.kind != COSIGNATURE:
        raise CryptoError("note_unsigned", name=key.name)
    at = int.from_bytes(line.signature[:8], "big")
    if len(line.signature) != 72 or at >= TIME_LIMIT:
        raise CryptoError("note_malformed", reason="cosignature")
    key.check(line.signature[8:], _cosigned(text, at))
    return at
