"""`bidsub/v1`: what a bidder says it hands in, and whether that fits the context and the files.

`bidsub/v2` is the same with `round`, for a capsule with the second lock (mode M2).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crypto.canonical import LARGEST_INTEGER, Json
from crypto.committee.capsule import CAPSULE_TYPE, TIMED_CAPSULE_TYPE, capsule_type
from crypto.envelope import context_hash
from crypto.errors import CryptoError
from crypto.instants import format_instant, parse_instant
from crypto.signing import is_digest
from crypto.timelock import LARGEST_ROUND, Round

SUBMISSION = "bidsub/v1"
TIMED_SUBMISSION = "bidsub/v2"
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
    round: Round | None = None,
) -> dict[str, Any]:
    """The submission of a sealed bid of `bid_size` bytes with tree head `bid_root` (hex) and its capsule.

    `context` is the bid's `bidctx/v1`, of which it carries the hash and the recipient; `client` names the program that
    sealed: name, version, bundle_sha256; `round` is the second lock of the capsule, if it has one.
    Raises CryptoError `submission_malformed`, `bid_context_malformed`.
    """
    submission = {
        "v": SUBMISSION if round is None else TIMED_SUBMISSION,
        "ctx": context_hash(context).hex(),
        "recipient": context["recipient"],
        "bid_size": bid_size,
        "bid_root": bid_root,
        "capsule_sha256": hashlib.sha256(capsule).hexdigest(),
        "capsule_type": capsule_type(round),
        "client": dict(client),
        "nonce": nonce,
        "created_at": format_instant(created_at),
        **({} if round is None else {"round": round.number}),
    }
    check_submission(submission)
    return submission


def check_submission(submission: Json) -> None:
    """The shape of an untrusted submission. Raises CryptoError `submission_malformed` with the field."""
    timed = isinstance(submission, Mapping) and submission.get("v") == TIMED_SUBMISSION
    fields = _FIELDS | {"round"} if timed else _FIELDS
    if not isinstance(submission, Mapping) or set(submission) != fields:
        raise CryptoError("submission_malformed", field=", ".join(sorted(fields)))
    wrong = [name for name in _DIGESTS if not is_digest(submission[name])]
    wrong += [name for name in _TEXTS if not isinstance(submission[name], str) or not submission[name]]
    version, kind = (TIMED_SUBMISSION, TIMED_CAPSULE_TYPE) if timed else (SUBMISSION, CAPSULE_TYPE)
    wrong += [name for name, value in (("v", version), ("capsule_type", kind)) if submission[name] != value]
    if timed and not _is_round(submission["round"]):
        wrong.append("round")
    size = submission["bid_size"]
    if type(size) is not int or not 0 < size <= LARGEST_INTEGER:
        wrong.append("bid_size")
    if not _is_client(submission["client"]):
        wrong.append("client")
    if wrong:
        raise CryptoError("submission_malformed", field=wrong[0])
    parse_instant(submission["created_at"])


def _is_round(value: Json) -> bool:
    return type(value) is int and 1 <= value <= LARGEST_ROUND


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
