"""Sealed files: age v1 (https://c2sp.org/age) on `cryptography`, streaming, and the profile of a sealed bid.

Anybody's age opens what is written here. `encrypt` and `decrypt` take any Recipient and Identity; `seal`, `open_bid`
and `check_sealed_header` are the strict profile of `bid.age`.
"""

from crypto.envelope.age import decrypt, encrypt, unlock
from crypto.envelope.bid import (
    BID_HEADER_LIMIT,
    BidIdentity,
    ContextStanza,
    Sealed,
    bid_context,
    check_sealed_header,
    context_hash,
    new_bid_identity,
    open_bid,
    opened_bid,
    opened_part,
    recipient_of,
    seal,
)
from crypto.envelope.header import Header, Stanza, decode64, encode64, read_header
from crypto.envelope.keys import (
    HybridIdentity,
    HybridRecipient,
    Identity,
    Recipient,
    X25519Identity,
    X25519Recipient,
    parse_identity,
    parse_recipient,
)

__all__ = [
    "BID_HEADER_LIMIT",
    "BidIdentity",
    "ContextStanza",
    "Header",
    "HybridIdentity",
    "HybridRecipient",
    "Identity",
    "Recipient",
    "Sealed",
    "Stanza",
    "X25519Identity",
    "X25519Recipient",
    "bid_context",
    "check_sealed_header",
    "context_hash",
    "decode64",
    "decrypt",
    "encode64",
    "encrypt",
    "new_bid_identity",
    "open_bid",
    "opened_bid",
    "opened_part",
    "parse_identity",
    "parse_recipient",
    "read_header",
    "recipient_of",
    "seal",
    "unlock",
]
