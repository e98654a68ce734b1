"""The proof that a receipted bid is among those that stood at the deadline: its path to the root of the close record.

A path tells how many bids there are, so a proof exists only once that is public: when the lot is open, or has failed.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.casefile.sealing import submission_leaf
from app.procedure.errors import RuleViolation
from app.procedure.opening import Opening
from crypto import merkle
from crypto.canonical import Json
from crypto.errors import CryptoError

INCLUSION = "bidinclusion/v1"
FIELDS = {"v": str, "receipt_id": str, "index": int, "size": int, "path": list, "submissions_root": str}


def inclusion_of(opening: Opening, payloads: Iterable[tuple[str, Json]], receipt_id: str) -> dict[str, Json]:
    """The proof for one of the standing bids, given as (receipt id, signed payload).

    Raises RuleViolation `inclusion_not_yet`; `receipt_unknown` for a bid that did not stand at the deadline.
    """
    if opening.closed is None or not (opening.openable or opening.failed):
        raise RuleViolation("inclusion_not_yet")
    ordered = sorted(payloads)
    receipts = [receipt for receipt, _payload in ordered]
    if receipt_id not in receipts:
        raise RuleViolation("receipt_unknown")
    leaves, index = [submission_leaf(*one) for one in ordered], receipts.index(receipt_id)
    return {
        "v": INCLUSION,
        "receipt_id": receipt_id,
        "index": index,
        "size": len(leaves),
        "path": [step.hex() for step in merkle.inclusion_proof(leaves, index)],
        "submissions_root": opening.closed.submissions_root,
    }


def check_inclusion(proof: Json, receipt_id: str, submission: Json) -> str:
    """The root (hex) of the close record under which the proof puts this bid; whoever asks compares it with the record.

    Raises CryptoError `inclusion_malformed`, `inclusion_wrong`.
    """
    if not isinstance(proof, dict) or any(type(proof.get(name)) is not kind for name, kind in FIELDS.items()):
        raise CryptoError("inclusion_malformed")
    try:
        path, root = [bytes.fromhex(str(step)) for step in proof["path"]], bytes.fromhex(proof["submissions_root"])
    except ValueError as exc:
        raise CryptoError("inclusion_malformed") from exc
    leaf = submission_leaf(receipt_id, submission)
    named = (proof["v"], proof["receipt_id"]) == (INCLUSION, receipt_id)
    if not named or not merkle.verify_inclusion(leaf, proof["index"], proof["size"], path, root):
        raise CryptoError("inclusion_wrong", receipt=receipt_id)
    return str(proof["submissions_root"])
