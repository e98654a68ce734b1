"""What a person keeps on the own machine: a folder with the signing key, the log-in and whatever is under way.

The key is an encrypted PKCS #8 file that only its owner may read. A second factor may be kept beside it for a program
that runs unattended; who sits at the keyboard types the code instead.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyotp

from crypto.signing import SigningKey

PRIVATE = 0o600


def write_private(path: Path, data: bytes) -> None:
    """Write a whole file that only its owner may read: all of it or nothing of it is there after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, PRIVATE)
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    os.replace(beside, path)


def write_json(path: Path, value: Any) -> None:
    write_private(path, json.dumps(value, ensure_ascii=False, indent=1).encode())


def read_json(path: Path, default: Any = None) -> Any:
    """The object in a file, or `default` when there is no such file."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return default


def write_key(path: Path, key: SigningKey, passphrase: str) -> None:
    """Keep a signing key, encrypted. Raises ValueError without a passphrase."""
    if not passphrase:
        raise ValueError("a key file needs a passphrase")
    write_private(path, key.to_pem(passphrase).encode())


def read_key(path: Path, passphrase: str) -> SigningKey:
    """The signing key of a file. Raises CryptoError `key_unreadable`, FileNotFoundError."""
    return SigningKey.from_pem(path.read_bytes(), passphrase)


def one_time_code(secret: str, last_step: int, clock: Callable[[], float] = time.time) -> tuple[str, int]:
    """A code that was not used before, and its step (RFC 6238): at most one step ahead, which a platform accepts.

    Waits when even that one is used up.
    """
    totp = pyotp.TOTP(secret)
    while (step := max(last_step + 1, int(clock()) // totp.interval)) > int(clock()) // totp.interval + 1:
        time.sleep(1)
    return totp.generate_otp(step), step


@dataclass(frozen=True)
class Profile:
    """A person's own folder. `profile.json` holds base_url, origin, log-in and, for agents, password and secret."""

    folder: Path

    @property
    def key_path(self) -> Path:
        return self.folder / "key.pem"

    @property
    def pending(self) -> Path:
        """Acts that were begun and whose answer has not come yet."""
        return self.folder / "pending"

    @property
    def receipts(self) -> Path:
        return self.folder / "receipts"

    @property
    def facts(self) -> dict[str, Any]:
        return dict(read_json(self.folder / "profile.json", {}))

    def keep(self, **facts: Any) -> None:
        """Add to what is known of the person."""
        write_json(self.folder / "profile.json", self.facts | facts)

    def key(self, passphrase: str) -> SigningKey:
        """The person's key, made at the first call. Raises CryptoError `key_unreadable`."""
        if not self.key_path.exists():
            key = SigningKey.generate()
            write_key(self.key_path, key, passphrase)
            self.keep(key_id=key.key_id)
            return key
        return read_key(self.key_path, passphrase)

    def next_code(self) -> str:
        """A fresh one-time code from the kept secret; the step is remembered before the code leaves."""
        facts = self.facts
        code, step = one_time_code(facts["totp_secret"], int(facts.get("totp_last_step", 0)))
        self.keep(totp_last_step=step)
        return code
