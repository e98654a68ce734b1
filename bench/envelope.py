"""Sealing and opening a bid (X-Wing, context, tree digest) against age's own program and pyrage (X25519, no digest).

Each reads the same file in a process of its own and writes into the void. A process's largest memory is its own; the
start of Python and its imports are left out of the seconds, age's start is not.
"""

from __future__ import annotations

import importlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crypto.envelope import new_bid_identity, open_bid, seal

ROOT = Path(__file__).resolve().parents[1]
MEBIBYTES = int(os.environ.get("TENDERHALL_BENCH_ENVELOPE_MIB", "1024"))
RUNS = 3
CONTEXT = bytes(32)
AGAINST_AGE, MEMORY_MIB = 1.2, 64  # targets
NOT_HERE = "age NOT COMPARED: its program is not installed (apt-get install age)"


@dataclass
class Measured:
    """The runs of one program: seconds of each and, where it tells both itself, the largest memory of any."""

    command: Sequence[str]
    seconds: list[float] = field(default_factory=list)
    kibibytes: int = 0

    def run(self) -> None:
        """One run, to its end. Raises CalledProcessError."""
        started = time.perf_counter()
        told = subprocess.run(self.command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout.split()
        taken, memory = told or (time.perf_counter() - started, 0)
        self.seconds.append(float(taken))
        self.kibibytes = max(self.kibibytes, int(memory))


@dataclass
class Peers:
    """Ours beside age and pyrage, and `hashed`: age with the digest that we take as well, in a process beside it."""

    ours: Measured
    age: Measured
    rage: Measured
    hashed: Measured | None = None

    def run(self) -> None:
        """Every program that is here, in turns."""
        for _ in range(RUNS):
            for each in filter(None, (self.ours, self.rage, self.age, self.hashed)):
                if self.has_age or each in (self.ours, self.rage):
                    each.run()

    @property
    def has_age(self) -> bool:
        return shutil.which("age") is not None

    def words(self) -> str:
        found = f"{_rate(self.ours)}, peak memory {self.ours.kibibytes >> 10} MiB (target < {MEMORY_MIB}); "
        found += f"age {_rate(self.age)}, ratio {_ratio(self.ours, self.age)}" if self.has_age else NOT_HERE
        if self.has_age and self.hashed:
            digest = f"{_rate(self.hashed)}, ratio {_ratio(self.ours, self.hashed)}"
            found += f"; age piped into `openssl dgst -sha256` {digest}"
        return f"{found}; pyrage {_rate(self.rage)}, ratio {_ratio(self.ours, self.rage)}"


def seal_and_open_against_age() -> str:
    """Sealing, opening, and a file's whole way there and back."""
    sealing, opening = _sealing_and_opening()
    both = Measured([], _there_and_back(sealing.ours, opening.ours))
    age = Measured([], _there_and_back(sealing.age, opening.age))
    words = f"{MEBIBYTES} MiB; seal {sealing.words()}; open {opening.words()}; both {_rate(both)}"
    return f"{words}, age {_rate(age)}, ratio {_ratio(both, age)} (target ≥ {AGAINST_AGE})" if age.seconds else words


def _there_and_back(sealed: Measured, opened: Measured) -> list[float]:
    return [there + back for there, back in zip(sealed.seconds, opened.seconds, strict=True)]


def _sealing_and_opening() -> tuple[Peers, Peers]:
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        plain, ours, theirs, key = (Path(folder) / name for name in ("plain", "ours", "theirs", "key"))
        own, other = new_bid_identity(), _pyrage().x25519.Identity.generate()
        recipient = str(other.to_public())
        _random_file(plain)
        with plain.open("rb") as src, ours.open("wb") as dst:
            seal(src, dst, own.recipient, CONTEXT)
        _pyrage().encrypt_file(str(plain), str(theirs), [other.to_public()])
        key.write_text(f"{other}\n")
        sealing = Peers(
            Measured(_here("sealed", str(plain), own.recipient)),
            Measured(["age", "-r", recipient, "-o", os.devnull, str(plain)]),
            Measured(_here("sealed_by_pyrage", str(plain), recipient)),
            Measured(["sh", "-c", f"age -r {recipient} {plain} | openssl dgst -sha256 > /dev/null"]),
        )
        opening = Peers(
            Measured(_here("opened", str(ours), own.identity)),
            Measured(["age", "-d", "-i", str(key), "-o", os.devnull, str(theirs)]),
            Measured(_here("opened_by_pyrage", str(theirs), str(other))),
        )
        sealing.run()
        opening.run()
        return sealing, opening


def _rate(measured: Measured) -> str:
    return f"{MEBIBYTES / statistics.median(measured.seconds):.0f} MiB/s"


def _ratio(ours: Measured, peer: Measured) -> str:
    return f"{statistics.median(b / a for a, b in zip(ours.seconds, peer.seconds, strict=True)):.2f}"


def _random_file(path: Path) -> Path:
    with path.open("wb") as file:
        for _ in range(MEBIBYTES):
            file.write(os.urandom(1 << 20))
    return path


def _here(part: str, *words: str) -> list[str]:
    return [sys.executable, "-m", "bench.envelope", part, *words]


def _sealed(path: str, recipient: str) -> None:
    with open(path, "rb") as src, open(os.devnull, "wb") as dst:
        seal(src, dst, recipient, CONTEXT)


def _opened(path: str, identity: str) -> None:
    with open(path, "rb") as src, open(os.devnull, "wb") as dst:
        open_bid(src, dst, identity, CONTEXT)


def _pyrage() -> Any:
    """Loaded only where it is used: it would count as memory of ours."""
    return importlib.import_module("pyrage")


def _sealed_by_pyrage(path: str, recipient: str) -> None:
    rage = _pyrage()
    rage.encrypt_file(path, os.devnull, [rage.x25519.Recipient.from_str(recipient)])


def _opened_by_pyrage(path: str, identity: str) -> None:
    rage = _pyrage()
    rage.decrypt_file(path, os.devnull, [rage.x25519.Identity.from_str(identity)])


def _largest_memory() -> int:
    """KiB of this process at its peak (Linux). What `getrusage` says holds that of the process before it as well."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


PARTS: dict[str, Callable[[str, str], None]] = {
    "sealed": _sealed,
    "opened": _opened,
    "sealed_by_pyrage": _sealed_by_pyrage,
    "opened_by_pyrage": _opened_by_pyrage,
}

if __name__ == "__main__":
    begun = time.perf_counter()
    PARTS[sys.argv[1]](*sys.argv[2:])
    print(time.perf_counter() - begun, _largest_memory())
