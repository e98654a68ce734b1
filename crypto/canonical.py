"""Canonical JSON (RFC 8785, restricted) and domain-separated hashes.

Only strings, integers below 2^53, booleans, arrays and objects: what every language writes to the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from crypto.errors import CryptoError

Json = Any  # str | int | bool | list[Json] | dict[str, Json]; checked at run time by `canonical`
LARGEST_INTEGER = 2**53 - 1
_quoted = json.encoder.encode_basestring  # the escapes of RFC 8785, 3.2.2.2, and no others
_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, check_circular=False).encode


class _NoForm(Exception):
    """A value has no canonical form, for `reason`; `path` leads to it and grows from its end as the call returns."""

    def __init__(self, reason: str) -> None:
        self.reason, self.path = reason, ""


def _text(value: str) -> str:
    if not value.isascii():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as exc:
            raise _NoForm("lone surrogate") from exc
    return _quoted(value)


def _number(value: int) -> str:
    if abs(value) > LARGEST_INTEGER:
        raise _NoForm("integer beyond 2^53")
    return int.__repr__(value)


def _object(value: Mapping[str, Json]) -> str:
    if not all(isinstance(key, str) for key in value):
        raise _NoForm("key is not a string")
    plain = all(map(str.isascii, value))
    keys = sorted(value) if plain else sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join([f"{_text(key)}:{_member(value[key], key)}" for key in keys]) + "}"


def _member(value: Json, place: str | int) -> str:
    try:
        return _text(value) if isinstance(value, str) else _written(value)
    except _NoForm as refusal:
        step = f".{place}" if isinstance(place, str) else f"[{place}]"
        refusal.path = step + refusal.path
        raise


def _written(value: Json) -> str:
    """The RFC 8785 text of `value`. Raises _NoForm."""
    match value:
        case str():
            return _text(value)
        case bool():
            return "true" if value else "false"
        case int():
            return _number(value)
        case dict() | Mapping():  # the first is the quicker question
            return _object(value)
        case list() | tuple():
            return "[" + ",".join([_member(item, i) for i, item in enumerate(value)]) + "]"
    raise _NoForm(type(value).__name__)


def _is_plain(value: Json) -> bool:
    """Whether the encoder of the standard library writes `value` as RFC 8785 does: for all but odd types and keys."""
    kind = type(value)
    if kind is str or kind is bool:
        return True
    if kind is dict:
        for key, member in value.items():  # ASCII keys are sorted alike by code points and by UTF-16 units
            if type(key) is not str or not key.isascii() or not (type(member) is str or _is_plain(member)):
                return False
        return True
    if kind is list:
        return all(map(_is_plain, value))
    return kind is int and -LARGEST_INTEGER <= value <= LARGEST_INTEGER


def canonical(value: Json) -> bytes:
    """The RFC 8785 bytes of `value`.

    Raises CryptoError `not_canonical` for floats, null, integers beyond 2^53, lone surrogates.
    """
    try:
        if _is_plain(value):
            with suppress(UnicodeEncodeError):  # a lone surrogate: below it is refused with its path
                return _encoded(value).encode("utf-8")
        return _written(value).encode("utf-8")
    except _NoForm as refusal:
        raise CryptoError("not_canonical", path="$" + refusal.path, reason=refusal.reason) from refusal
    except RecursionError as exc:
        raise CryptoError("not_canonical", path="$", reason="nested too deeply") from exc


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
