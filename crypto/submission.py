"""`bidsub/v1`: what a bidder says it hands in, and whether that fits the context and the files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crypto.canonical import LARGEST_INTEGER, Json
from crypto.committee.capsule import CAPSULE_TYPE
from crypto.envelope import context_hash
from crypto.errors import CryptoError
from crypto.instants import format_instant, parse_instant
from crypto.signing import is_digest

SUBMISSION = "bidsub/v1"
_DIGESTS = ("ctx", "bid_root", "capsule_sha256")
_TEXTS = ("recipient", "nonce")
_FIELDS = frozenset({"v", "bid_size", "capsule_type", "client", "created_at", *_DIGESTS, *_TEXTS})
_CLIENT_FIELDS = frozenset({"name", "version", "bundle_sha256"})


def make_submission(
    *,
    context: Mapping[str, Json],
    bid_size: int,
    bid_root: str,
    capsule: bytes,
    client: Mapping[str, str],
    nonce: str,
    created_at: datetime,
) -> dict[str, Any]:
    """The submission of a sealed bid of `bid_size` bytes with tree head `bid_root` (hex) and its capsule.

    `context` is the bid's `bidctx/v1`, of which it carries the hash and the recipient; `client` names the program that
    sealed: name, version, bundle_sha256. Raises CryptoError `submission_malformed`, `bid_context_malformed`.
    """
    submission = {
        "v": SUBMISSION,
        "ctx": context_hash(context).hex(),
        "recipient": context["recipient"],
        "bid_size": bid_size,
        "bid_root": bid_root,
        "capsule_sha256": hashlib.sha256(capsule).hexdigest(),
        "capsule_type": CAPSULE_TYPE,
        "client": dict(client),
        "nonce": nonce,
        "created_at": format_instant(created_at),
    }
    check_submission(submission)
    return submission


def check_submission(submission: Json) -> None:
    """The shape of an untrusted submission. Raises CryptoError `submission_malformed` with the field."""
    if not isinstance(submission, Mapping) or set(submission) != _FIELDS:
        raise CryptoError("submission_malformed", field=", ".join(sorted(_FIELDS)))
    wrong = [name for name in _DIGESTS if not is_digest(submission[name])]
    wrong += [name for name in _TEXTS if not isinstance(submission[name], str) or not submission[name]]
    wrong += [name for name, value in (("v", SUBMISSION), ("capsule_type", CAPSULE_TYPE)) if submission[name] != value]
    size = submission["bid_size"]
    if type(size) is not int or not 0 < size <= LARGEST_INTEGER:
        wrong.append("bid_size")
    if not _is_client(submission["client"]):
        wrong.append("client")
    if wrong:
        raise CryptoError("submission_malformed", field=wrong[0])
    parse_instant(submission["created_at"])


def _is_client(client: Json) -> bool:
    if not isinstance(client, Mapping) or set(client) != _CLIENT_FIELDS:
        return False
    return all(isinstance(client[name], str) and client[name] for name in client) and is_digest(client["bundle_sha256"])


def verify_submission(
    submission: Json, *, context: Mapping[str, Json], bid_size: int, bid_root: str, capsule: bytes
) -> None:
    """Returns when the submission speaks of this context and of these files, as received.

    Raises CryptoError `submission_malformed`, `instant_malformed`, `submission_differs` (field, found, expected).
    """
    check_submission(submission)
    expected = {
        "ctx": context_hash(context).hex(),
        "recipient": context["recipient"],
        "bid_size": bid_size,
        "bid_root": bid_root,
        "capsule_sha256": hashlib.sha256(capsule).hexdigest(),
    }
    for name, value in expected.items():
        if submission[name] != value:
            raise CryptoError("submission_differs", field=name, found=submission[name], expected=value)
