"""What a case's signed acts alone say: its terms, when each lot may be opened, who committed to a draw.

For tools that do not believe the platform: every act is verified against certificates of authorities that the tool has
from elsewhere, and must be of the party whose act it is. What was hidden from the tool it cannot know; what it was
shown, somebody signed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.casefile.act_list import MOVES
from app.casefile.codec import decode
from app.casefile.record import Record
from app.casefile.verification.evidence import Keys
from app.procedure.deadlines import (
    PARTY_OF,
    PauseOrdered,
    ResumptionOrdered,
)
from app.procedure.tender import AmendmentReleased, TenderPublished, TenderSubmitted
from app.procedure.witnesses import RegisterTerms
from crypto.canonical import digest
from crypto.certificates import CertificateFacts
from crypto.errors import CryptoError
from crypto.instants import parse_instant

PARTIES: Mapping[str, str] = {
    **{kind.__name__: party for kind, party in PARTY_OF.items()},
    **dict.fromkeys((kind.__name__ for kind in (TenderSubmitted, TenderPublished, AmendmentReleased)), "agency"),
    "DrawConditionsProposed": "agency",
    "DrawConditionsApproved": "agency",
    "DrawStated": "centre",
    "PlanProposed": "regulator",
    "PlanApproved": "regulator",
}
DRAW_PARTIES: Mapping[str, str] = {"agency": "agency", "centre": "centre", "supervisor": "regulator"}
# The kinds of acts for whose signers' certificates such a tool asks.
VERIFIED = frozenset(
    {"TenderSubmitted", "TenderPublished", *MOVES, PauseOrdered.__name__, "DrawStated", "DrawCommitted"}
    | {"DrawConditionsProposed", "DrawConditionsApproved", "PlanProposed", "PlanApproved"}
)


@dataclass(frozen=True)
class SignedCase:
    """The published terms as JSON, the latest deadline of each lot, and the lots that stand still."""

    terms: Mapping[str, Any]
    register: RegisterTerms
    deadlines: Mapping[str, datetime]
    paused: frozenset[str]


def signed_case(records: Sequence[Record], keys: Keys, origin: str) -> SignedCase | None:
    """What the signed acts among these records say; None before the tender is published.

    Raises CryptoError `act_of_another` (type, found, expected) and `act_unverified` (type, reason).
    """
    if any(record.type == "PlanApproved" for record in records):
        return _signed_year(records, keys, origin)
    published = next((at for at, record in enumerate(records) if record.type == "TenderPublished"), None)
    submitted = [record for record in records[:published] if record.type == "TenderSubmitted"]
    if published is None or not submitted:
        return None
    terms = submitted[-1].payload["terms"]
    author = check_act(submitted[-1], terms, keys, origin)
    release = check_act(records[published], terms, keys, origin)
    if author.subject.serial == release.subject.serial:
        raise CryptoError("act_unverified", type="TenderPublished", reason="second_person_needed")
    if records[published].payload["terms_sha256"] != digest(submitted[-1].payload):
        raise CryptoError("act_unverified", type="TenderPublished", reason="object_has_changed")
    deadlines = {lot["number"]: parse_instant(lot["deadline_at"]) for lot in terms["lots"]}
    paused: set[str] = set()
    for record in records[published:]:
        if record.type in MOVES or record.type == PauseOrdered.__name__:
            check_act(record, terms, keys, origin)
        if record.type in MOVES:
            moved = {lot: parse_instant(text) for lot, text in record.payload["deadlines"].items()}
            deadlines |= {lot: max(at, deadlines.get(lot, at)) for lot, at in moved.items()}
        if record.type == PauseOrdered.__name__:
            paused |= set(record.payload["lots"])
        elif record.type == ResumptionOrdered.__name__:
            paused -= set(record.payload["deadlines"])
    return SignedCase(terms, decode(RegisterTerms, terms.get("register", {})), deadlines, frozenset(paused))


def _signed_year(records: Sequence[Record], keys: Keys, origin: str) -> SignedCase:
    """The same of a year of inspections: its first approved plan names parties, committee and register for good."""
    approval = next(at for at, record in enumerate(records) if record.type == "PlanApproved")
    proposed = [record for record in records[:approval] if record.type == "PlanProposed"]
    if not proposed:
        raise CryptoError("act_unverified", type="PlanApproved", reason="plan_not_proposed")
    plan = proposed[-1].payload
    joint = {f"joint-{number}": party for number, party in enumerate(plan["parties"]["joint"], 1)}
    parties = {"regulator": plan["parties"]["authority"], "centre": plan["parties"]["centre"], **joint}
    terms = {"parties": parties, "committee": plan["committee"], "register": plan["register"]}
    author = check_act(proposed[-1], terms, keys, origin)
    release = check_act(records[approval], terms, keys, origin)
    if author.subject.serial == release.subject.serial:
        raise CryptoError("act_unverified", type="PlanApproved", reason="second_person_needed")
    if records[approval].payload["plan_sha256"] != digest(plan):
        raise CryptoError("act_unverified", type="PlanApproved", reason="object_has_changed")
    return SignedCase(terms, decode(RegisterTerms, plan["register"]), {}, frozenset())


def check_act(record: Record, terms: Mapping[str, Any], keys: Keys, origin: str) -> CertificateFacts:
    """Who signed an act of the party whose act it is. Raises CryptoError `act_unverified`, `act_of_another`."""
    named = record.payload.get("party", "")
    party = PARTIES.get(record.type) or DRAW_PARTIES.get(named, named if named in terms["parties"] else "")
    try:
        _, signer = keys.verified(record, origin)
    except CryptoError as exc:
        raise CryptoError("act_unverified", type=record.type, reason=exc.code) from exc
    expected = terms["parties"][party]["name"] if party else ""
    if signer.subject.organisation != expected:
        raise CryptoError("act_of_another", type=record.type, found=signer.subject.organisation, expected=expected)
    return signer
