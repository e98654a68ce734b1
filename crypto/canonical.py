"""Canonical JSON (RFC 8785, restricted) and domain-separated hashes.

Only strings, integers below 2^53, booleans, arrays and objects: what every language writes to the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from crypto.errors import CryptoError

Json = Any  # str | int | bool | list[Json] | dict[str, Json]; checked at run time by `canonical`
LARGEST_INTEGER = 2**53 - 1


def _checked(value: Json, path: str) -> Json:
    """`value` with its keys in RFC 8785 order, or a refusal that names the path of what has no canonical form."""
    match value:
        case bool():
            return value
        case int():
            if abs(value) > LARGEST_INTEGER:
                raise CryptoError("not_canonical", path=path, reason="integer beyond 2^53")
            return value
        case str():
            try:
                value.encode("utf-8")
            except UnicodeEncodeError as exc:
                raise CryptoError("not_canonical", path=path, reason="lone surrogate") from exc
            return value
        case Mapping():
            if not all(isinstance(key, str) for key in value):
                raise CryptoError("not_canonical", path=path, reason="key is not a string")
            keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
            return {_checked(key, path): _checked(value[key], f"{path}.{key}") for key in keys}
        case list() | tuple():
            return [_checked(item, f"{path}[{i}]") for i, item in enumerate(value)]
    raise CryptoError("not_canonical", path=path, reason=type(value).__name__)


def canonical(value: Json) -> bytes:
    """The RFC 8785 bytes of `value`.

    Raises CryptoError `not_canonical` for floats, null, integers beyond 2^53, lone surrogates.
    """
    return json.dumps(_checked(value, "$"), ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise CryptoError("not_canonical", path="$", reason="repeated key")
    return found


def parse(data: bytes) -> Json:
    """The value whose canonical form is exactly `data`.

    Raises CryptoError `not_canonical` when `data` is not JSON or not in canonical form.
    """
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as exc:
        raise CryptoError("not_canonical", path="$", reason="not JSON") from exc
    if canonical(value) != data:
        raise CryptoError("not_canonical", path="$", reason="other bytes than RFC 8785 writes")
    return value


def tagged_hash(label: str, data: bytes) -> bytes:
    """H_L(x) = SHA-256(L || 0x00 || x): 32 bytes that mean nothing under another label."""
    return hashlib.sha256(label.encode("ascii") + b"\x00" + data).digest()


def digest(value: Json) -> str:
    """SHA-256 of the canonical bytes of `value`, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()
