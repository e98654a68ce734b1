"""The C2SP CCTV vectors of the age format, where they apply: binary files for X25519 and hybrid identities."""

import hashlib
import io
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from crypto.envelope import decrypt, parse_identity
from crypto.envelope.payload import CHUNK_SIZE
from crypto.errors import CryptoError

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "cctv-age"
REFUSALS = {
    "header failure": {
        "envelope_not_age",
        "envelope_header_malformed",
        "envelope_stanza_malformed",
        "envelope_header_too_large",
        "envelope_truncated",  # before the payload begins
    },
    "HMAC failure": {"envelope_header_forged"},
    "no match": {"envelope_no_identity"},
    "payload failure": {"envelope_truncated", "envelope_trailing_data", "envelope_corrupted"},
}


@dataclass(frozen=True)
class Vector:
    facts: dict[str, str]
    identities: list[str]
    file: bytes

    @classmethod
    def read(cls, path: Path) -> "Vector":
        head, _, file = path.read_bytes().partition(b"\n\n")
        lines = [line.split(": ", 1) for line in head.decode().splitlines()]
        facts = dict(lines)
        data = zlib.decompress(file) if facts.get("compressed") == "zlib" else file
        return cls(facts, [value for key, value in lines if key == "identity"], data)

    @property
    def applies(self) -> bool:
        return "armored" not in self.facts and "passphrase" not in self.facts


VECTORS = {path.name: Vector.read(path) for path in sorted(FOLDER.iterdir())} if FOLDER.is_dir() else {}
APPLYING = [name for name, vector in VECTORS.items() if vector.applies]


def test_vectors_are_there():
    if not VECTORS:
        pytest.skip(f"NOT TESTED: the CCTV age vectors are not in {FOLDER}")
    assert (len(VECTORS), len(APPLYING)) == (143, 85)


@pytest.mark.parametrize("name", APPLYING)
def test_vector(name):
    vector = VECTORS[name]
    identities = [parse_identity(text) for text in vector.identities]
    dst = io.BytesIO()
    if vector.facts["expect"] == "success":
        decrypt(io.BytesIO(vector.file), dst, identities)
        assert hashlib.sha256(dst.getvalue()).hexdigest() == vector.facts["payload"]
        return
    with pytest.raises(CryptoError) as refusal:
        decrypt(io.BytesIO(vector.file), dst, identities)
    assert refusal.value.code in REFUSALS[vector.facts["expect"]]
    assert len(dst.getvalue()) % CHUNK_SIZE == 0  # whole chunks or nothing
    if vector.facts["expect"] != "payload failure":
        assert dst.getvalue() == b""
