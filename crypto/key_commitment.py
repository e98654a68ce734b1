"""A bidder's promise of its bid's key, for an opening without enough trustees: committed first, revealed later.

The salt follows from the key itself, which nobody can guess, so that whoever kept the key file needs nothing else.
The receipt's id in both keeps one bidder's promise from serving another.
"""

from __future__ import annotations

from crypto.canonical import canonical, tagged_hash


def key_salt(receipt_id: str, identity: str) -> str:
    """The salt (hex, 32 bytes) of a bid's key: H_{"bidkey/v1/salt"}(JCS)."""
    return tagged_hash("bidkey/v1/salt", canonical({"identity": identity, "receipt_id": receipt_id})).hex()


def key_commitment(receipt_id: str, identity: str, salt: str) -> str:
    """The commitment (hex, 32 bytes) to a bid's key: H_{"bidkey/v1/commit"}(JCS)."""
    stated = canonical({"identity": identity, "receipt_id": receipt_id, "salt": salt})
    return tagged_hash("bidkey/v1/commit", stated).hex()
