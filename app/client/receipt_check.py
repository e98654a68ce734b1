"""A receipt, checked on any machine without a network: the platform's signed word that it took a bid, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.client.connection import Refused
from crypto.canonical import Json
from crypto.certificates import verify_certificate
from crypto.errors import CryptoError
from crypto.instants import parse_instant
from crypto.receipts import SignedReceipt, verify_receipt


def check_receipt(
    kept: Mapping[str, Any],
    submission: Mapping[str, Json] | None,
    context: Mapping[str, Json] | None,
    roots: list[str],
) -> SignedReceipt:
    """The receipt, once it is the platform's signed word on exactly this bid; needs no network.

    Without submission and context only the signature is checked.

    Raises CryptoError.
    """
    for part, kind in (("receipt", dict), ("platform_certificate", str)):
        if not isinstance(kept, Mapping) or not isinstance(kept.get(part), kind):
            raise CryptoError("receipt_malformed", field=part)
    signed = SignedReceipt.from_json(kept["receipt"])
    certificate = verify_certificate(kept["platform_certificate"], roots, parse_instant(signed.receipt["received_at"]))
    if certificate.usage != "platform":
        raise Refused(
            "receipt_not_by_platform",
            "回执不是由平台证书签发。请视为尚未提交，并联系交易中心。",
            "The receipt is not signed with a platform certificate. Take the bid as not submitted; call the centre.",
        )
    verify_receipt(signed, certificate.spki, submission, context)
    return signed
