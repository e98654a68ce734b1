"""The installation's own keys, in files that only its user can read.

`authority` certifies people, `platform` signs receipts, `seal` is the centre's seal on documents, `timestamp` signs
time stamps, `log` signs checkpoints of the register, `secret` protects log-ins, cursors and the register's ticks.
Trustees' and people's keys are never here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from crypto.certificates import Authority, Subject, Usage, create_authority, issue
from crypto.notes import ED25519, NoteKey
from crypto.signing import SigningKey

YEARS_VALID = 10
PURPOSES: dict[str, Usage] = {"platform": "platform", "seal": "seal", "timestamp": "timestamp"}


class KeysMissing(Exception):
    """The installation has no keys yet: `tenderhall init` makes them."""


@dataclass(frozen=True)
class OwnKey:
    """A key of the platform with its certificate (PEM)."""

    key: SigningKey
    certificate: str


@dataclass(frozen=True)
class Keystore:
    """Loaded keys of one installation."""

    folder: Path
    authority: Authority
    platform: OwnKey
    seal: OwnKey
    timestamp: OwnKey
    secret: bytes
    log: Ed25519PrivateKey

    @cached_property
    def _box(self) -> Fernet:
        return Fernet(self.secret)

    def protect(self, data: bytes) -> bytes:
        """`data` encrypted and authenticated for this installation: second factors, opaque cursors."""
        return self._box.encrypt(data)

    def reveal(self, token: bytes) -> bytes:
        """What `protect` hid; cryptography.fernet.InvalidToken for anything else."""
        return self._box.decrypt(token)

    @property
    def roots(self) -> tuple[str, ...]:
        """Certificates (PEM) of the authorities whose people count here: the own one and those in `keys/roots/`."""
        configured = sorted((self.folder / "roots").glob("*.pem"))
        return (self.authority.certificate_pem, *(path.read_text("ascii") for path in configured))


def create_keys(folder: Path, origin: str, organisation: str, now: datetime) -> Keystore:
    """Make the keys of a new installation; FileExistsError when there are some already."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if (folder / "secret").exists():
        raise FileExistsError(folder)
    until = now + timedelta(days=365 * YEARS_VALID)
    authority = create_authority(f"{origin} CA", organisation, now, until)
    _write(folder / "authority.key", authority.key_pem)
    _write(folder / "authority.crt", authority.certificate_pem)
    for purpose, usage in PURPOSES.items():
        key = SigningKey.generate()
        subject = Subject(f"{origin} {purpose}", organisation, purpose)
        certificate = issue(authority, subject=subject, spki=key.spki, not_before=now, not_after=until, usage=usage)
        _write(folder / f"{purpose}.key", key.to_pem())
        _write(folder / f"{purpose}.crt", certificate)
    _log_key(folder / "log.key")
    _write(folder / "secret", Fernet.generate_key().decode())  # last: its presence says that the set is whole
    return load_keys(folder)


def load_keys(folder: Path) -> Keystore:
    """The keys of this installation. Raises KeysMissing."""
    if not (folder / "secret").exists():
        raise KeysMissing(folder)

    def read(name: str) -> str:
        return (folder / name).read_text("ascii")

    own = {p: OwnKey(SigningKey.from_pem(read(f"{p}.key")), read(f"{p}.crt")) for p in PURPOSES}
    authority = Authority(read("authority.key"), read("authority.crt"))
    return Keystore(folder, authority, secret=read("secret").encode(), log=_log_key(folder / "log.key"), **own)


def _log_key(path: Path) -> Ed25519PrivateKey:
    """The log's key; made where an installation is older than the register's ticks, once for all its processes."""
    if not path.exists():
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        _write(fresh, NoteKey.generate("log", ED25519).to_pem())
        try:
            os.link(fresh, path)  # unlike a rename it fails when another process was first
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return NoteKey.from_pem("log", ED25519, path.read_text("ascii")).private


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
