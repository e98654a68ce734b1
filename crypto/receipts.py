"""`bidreceipt/v1`: the platform's signed word that a complete bid arrived in time.

It carries no sequence number and no size of any log, since those would tell how many bids there are. Proof that the
bid stands in the log follows after the deadline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crypto.canonical import LARGEST_INTEGER, Json, digest
from crypto.envelope import context_hash
from crypto.errors import CryptoError
from crypto.instants import format_instant, parse_instant
from crypto.signing import SigningKey, is_digest, sign_object, verify_object
from crypto.submission import check_submission

RECEIPT = "bidreceipt/v1"
_DIGESTS = ("submission_sha256", "bid_root")
_TEXTS = ("origin", "tender", "lot", "bidder", "receipt_id")
_FIELDS = frozenset({"v", "bid_size", "received_at", *_DIGESTS, *_TEXTS})


@dataclass(frozen=True)
class SignedReceipt:
    """A `bidreceipt/v1` with the platform's signature (base64 of r || s)."""

    receipt: dict[str, Any]
    key_id: str
    signature: str

    def to_json(self) -> dict[str, Any]:
        return {"receipt": dict(self.receipt), "key_id": self.key_id, "signature": self.signature}

    @classmethod
    def from_json(cls, data: Json) -> SignedReceipt:
        """The receipt of an untrusted object; its shape is right, nothing of it is verified.

        Raises CryptoError `receipt_malformed`, `instant_malformed`.
        """
        if not isinstance(data, Mapping) or set(data) != {"receipt", "key_id", "signature"}:
            raise CryptoError("receipt_malformed", field="receipt, key_id, signature")
        _check_receipt(data["receipt"])
        if not is_digest(data["key_id"]) or not isinstance(data["signature"], str):
            raise CryptoError("receipt_malformed", field="key_id, signature")
        return cls(dict(data["receipt"]), data["key_id"], data["signature"])


def _check_receipt(receipt: Json) -> None:
    if not isinstance(receipt, Mapping) or set(receipt) != _FIELDS:
        raise CryptoError("receipt_malformed", field=", ".join(sorted(_FIELDS)))
    wrong = [name for name in _DIGESTS if not is_digest(receipt[name])]
    wrong += [name for name in _TEXTS if not isinstance(receipt[name], str) or not receipt[name]]
    if type(receipt["bid_size"]) is not int or not 0 < receipt["bid_size"] <= LARGEST_INTEGER:
        wrong.append("bid_size")
    if receipt["v"] != RECEIPT:
        wrong.append("v")
    if wrong:
        raise CryptoError("receipt_malformed", field=wrong[0])
    parse_instant(receipt["received_at"])


def make_receipt(
    *,
    origin: str,
    tender: str,
    lot: str,
    bidder: str,
    submission_sha256: str,
    bid_root: str,
    bid_size: int,
    received_at: datetime,
    receipt_id: str,
) -> dict[str, Any]:
    """The receipt of a bid of `bid_size` bytes that was complete at `received_at` (the gate's instant, aware).

    The instant is floored to the millisecond: rounding up could put it at the deadline that it kept. `receipt_id` is
    random. Raises CryptoError `receipt_malformed`, `instant_malformed`.
    """
    receipt = {
        "v": RECEIPT,
        "origin": origin,
        "tender": tender,
        "lot": lot,
        "bidder": bidder,
        "submission_sha256": submission_sha256,
        "bid_root": bid_root,
        "bid_size": bid_size,
        "received_at": format_instant(received_at),
        "receipt_id": receipt_id,
    }
    _check_receipt(receipt)
    return receipt


def sign_receipt(key: SigningKey, receipt: dict[str, Any]) -> SignedReceipt:
    """The receipt with the signature of the platform's `key`. Raises CryptoError `receipt_malformed`."""
    _check_receipt(receipt)
    return SignedReceipt(receipt, **sign_object(key, RECEIPT, receipt))


def verify_receipt(
    signed: SignedReceipt,
    platform_spki: bytes,
    submission: Mapping[str, Json] | None = None,
    context: Mapping[str, Json] | None = None,
) -> None:
    """Returns when the key of `platform_spki` signed this receipt, and it is for this `submission` and `context`.

    Without the bidder's own `bidsub/v1` (and `bidctx/v1`) only the signature is checked: a bidder should give both.
    Raises CryptoError `receipt_malformed`, `receipt_differs` (field, found, expected), `key_foreign`,
    `receipt_signature_wrong`, `submission_malformed`, `bid_context_malformed`.
    """
    _check_receipt(signed.receipt)
    try:
        verify_object(platform_spki, RECEIPT, signed.receipt, {"key_id": signed.key_id, "signature": signed.signature})
    except CryptoError as exc:
        if exc.code != "signature_wrong":
            raise
        raise CryptoError("receipt_signature_wrong", key_id=signed.key_id) from exc
    expected: dict[str, Json] = {}
    if submission is not None:
        check_submission(submission)
        expected = {name: submission[name] for name in ("bid_root", "bid_size")}
        expected["submission_sha256"] = digest(submission)
    if context is not None:
        context_hash(context)  # refuses what is no bidctx/v1
        expected |= {name: context[name] for name in ("origin", "tender", "lot", "bidder")}
    for name, value in expected.items():
        if signed.receipt[name] != value:
            raise CryptoError("receipt_differs", field=name, found=signed.receipt[name], expected=value)
