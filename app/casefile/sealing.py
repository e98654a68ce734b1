"""How the bids of a lot are bound to it: contexts, identities, roots; and the steps by which one is opened.

Used by the services and by the offline verifier alike, so that both mean the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from unicodedata import category

from app.casefile.case import Case
from app.procedure.bid import BidSubmitted, Submission
from app.procedure.terms import Document, TenderTerms
from crypto import merkle
from crypto.canonical import Json, canonical
from crypto.committee import Committee, identity
from crypto.committee import open_capsule as open_committee_capsule
from crypto.envelope import bid_context, recipient_of
from crypto.errors import CryptoError
from crypto.package import MANIFEST_VERSION, Package
from crypto.signing import verify_object
from crypto.timelock import Round, SignedRound

ENVELOPE = "1"
EPOCH = 0
FEN = Decimal("0.01")
LONGEST_NAME = 100  # characters
REMEMBERED = 1024  # what every bid on a lot is compared with
_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # controls, marks of direction, halves of characters, line ends


def open_statement(origin: str, case_id: str, lot: str) -> dict[str, Json]:
    """What the trustees sign to open a lot; no deadline, because a postponement must not void a bid."""
    return {"origin": origin, "tender": case_id, "lot": lot, "envelope": ENVELOPE, "epoch": EPOCH}


@lru_cache(maxsize=REMEMBERED)
def open_identity(origin: str, case_id: str, lot: str) -> bytes:
    """The 32 bytes to which every bid of a lot is sealed."""
    return identity("open", open_statement(origin, case_id, lot))


def documents_root(terms: TenderTerms) -> str:
    """Tree head (hex) over the published documents, by id."""
    return _head_over(terms.documents)


@lru_cache(maxsize=REMEMBERED)
def _head_over(documents: tuple[Document, ...]) -> str:
    ordered = sorted(documents, key=lambda d: d.id)
    leaves = [merkle.leaf_hash(canonical({"id": d.id, "name": d.name, "sha256": d.sha256})) for d in ordered]
    return merkle.root(leaves).hex()


def committee_of(case: Case) -> Committee:
    """The trustees of a published case, or of a year of inspections with a plan, whose shares count now."""
    _ = case.register_terms  # nobody's before it is published
    return case.tender.joint if case.inspection is None else Committee.from_description(case.committee)


def opening_committee(case: Case, lot: str) -> Committee:
    """The trustees of a lot's opening: of its release or the start of its fallback, until then those of now."""
    return Committee.from_description(case.lots[lot].opened_under or case.tender.committee)


def round_of(case: Case, fact: BidSubmitted) -> Round | None:
    """The round of a bid's second lock; None in a case without one."""
    chain = case.tender.published.chain
    return Round(chain, fact.round) if chain is not None and fact.round is not None else None


def signed_round_of(case: Case, lot: str, fact: BidSubmitted) -> SignedRound | None:
    """What opens a bid's second lock; None where it has none. Raises CryptoError `round_signature_wrong`."""
    locked = round_of(case, fact)
    if locked is None:
        return None
    found = case.lot(lot).opening.rounds.get(locked.number)
    return SignedRound(locked, bytes.fromhex(found.signature) if found else b"")


def context_of(origin: str, case: Case, lot: str, bidder: str, recipient: str) -> dict[str, Json]:
    """`bidctx/v1` of a bidder's bid on a lot. Raises CryptoError `bid_context_malformed`."""
    return bid_context(
        origin=origin,
        tender=case.id,
        lot=lot,
        envelope=ENVELOPE,
        epoch=EPOCH,
        bidder=bidder,
        documents_root=documents_root(case.tender.published),
        committee=committee_of(case).id,
        open_ident=open_identity(origin, case.id, lot).hex(),
        recipient=recipient,
    )


def submission_leaf(receipt_id: str, payload: Json) -> bytes:
    """The leaf of a standing bid in the close record's tree."""
    return merkle.leaf_hash(receipt_id.encode() + canonical(payload))


def submissions_root(payloads: Iterable[tuple[str, Json]]) -> str:
    """Tree head (hex) over the standing submissions, given as (receipt id, payload), in order of receipt id."""
    return merkle.root([submission_leaf(*one) for one in sorted(payloads)]).hex()


def bid_identity(
    committee: Committee,
    ident: bytes,
    signature: bytes,
    capsule: bytes,
    declared: str,
    signed_round: SignedRound | None = None,
) -> str:
    """The bid's own key out of its capsule, once the trustees have signed and, in mode M2, the beacon has.

    Raises CryptoError `capsule_*` or `capsule_other_key` when it is not the key of the declared recipient.
    """
    secret = open_committee_capsule(committee, ident, signature, capsule, signed_round)
    try:
        found = secret.decode("ascii").strip()
        if recipient_of(found) == declared:
            return found
    except (UnicodeDecodeError, CryptoError):
        pass
    raise CryptoError("capsule_other_key")


def bid_key(origin: str, case: Case, submission: Submission, lot: str, capsule: Callable[[], bytes]) -> str:
    """The key of a standing bid of an open lot: under the trustees' release, or as the fallback disclosed it.

    `capsule` is asked for only where there is a release. Raises CryptoError `capsule_*`; `key_not_revealed` (the bid
    counts as revoked) or `key_not_committed` (as withdrawn).
    """
    opening = case.lots[lot].opening
    if opening.release is not None:
        ident, signature = open_identity(origin, case.id, lot), bytes.fromhex(opening.release.signature)
        signed = signed_round_of(case, lot, submission.fact)
        return bid_identity(committee_of(case), ident, signature, capsule(), submission.fact.recipient, signed)
    if reason := opening.stays_closed(submission.receipt_id):
        raise CryptoError(reason)
    assert opening.disclosed is not None
    return opening.disclosed.keys[submission.receipt_id]


@dataclass(frozen=True)
class OpeningItems:
    """What is read out: money in yuan, duration in days; the brand of the core product where the lot names one."""

    price: Decimal
    duration_days: int
    project_manager: str
    core_brand: str | None = None


def _is_name(text: str) -> bool:
    """Whether `text` can be read out and printed on one line in one direction."""
    steering = any(category(character) in _STEERING for character in text)
    return bool(text.strip()) and len(text) <= LONGEST_NAME and not steering


_FITS: dict[str, Callable[[str], object]] = {
    "price_fen": re.compile(r"[1-9][0-9]{0,17}").fullmatch,  # below the first amount that has no words
    "duration_days": re.compile(r"[1-9][0-9]{0,4}").fullmatch,
    "project_manager": _is_name,
}
CORE_BRAND = "core_brand"


def read_items(opening: Mapping[str, str], *, branded: bool = False) -> OpeningItems:
    """The opening items of a manifest. Each is written in one way only, and small enough to be read out, printed and
    put into words: what does not fit would hold up the opening of everybody. `branded`: the lot names a core product,
    whose brand is one of them; elsewhere nothing is read of one.

    Raises CryptoError `opening_items_wrong` naming the item.
    """
    for item, fits in (_FITS | {CORE_BRAND: _is_name} if branded else _FITS).items():
        if not fits(opening.get(item, "")):
            raise CryptoError("opening_items_wrong", item=item)
    price = Decimal(opening["price_fen"]) * FEN
    brand = opening[CORE_BRAND] if branded else None
    return OpeningItems(price, int(opening["duration_days"]), opening["project_manager"], brand)


def check_manifest(package: Package, submission: Submission, case: Case, lot: str, spki: bytes) -> OpeningItems:
    """What an opened package says, once it is the bidder's own word on this very lot.

    `spki` is the key that signed the submission. Raises CryptoError `manifest_foreign`, `signature_wrong`,
    `opening_items_wrong`.
    """
    manifest = package.manifest
    expected = {"ctx": submission.fact.ctx, "bidder": submission.bidder, "tender": case.id, "lot": lot}
    for name, value in expected.items():
        if manifest[name] != value:
            raise CryptoError("manifest_foreign", field=name)
    verify_object(spki, MANIFEST_VERSION, manifest, package.signature)
    return read_items(manifest["opening"], branded=case.tender.published.lot(lot).core_product is not None)
