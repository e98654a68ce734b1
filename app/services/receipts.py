"""A bidder's receipts: the signed JSON as it was given, and the same as a PDF under the centre's seal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.casefile.case import Case
from app.casefile.inclusion import inclusion_of
from app.documents.content import Receipt
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.bid import BidReceipted, Submission
from app.procedure.errors import RuleViolation
from app.queries.cases import load_case, load_records
from app.queries.lots import standing_payloads
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.documents import heading, seal_document
from app.services.platform import Platform
from crypto.canonical import canonical
from crypto.instants import parse_instant


@dataclass(frozen=True)
class OwnReceipt:
    """One's own receipt with the submission it is for."""

    case: Case
    submission: Submission
    signed: dict[str, Any]
    payload: dict[str, Any]


def read_receipt(platform: Platform, log_in: LogIn, case_id: str, lot: str, receipt_id: str) -> OwnReceipt:
    """A receipt of the actor's own organisation. Raises RuleViolation `receipt_unknown`, NotAllowed."""
    with platform.database.reading() as db_session:
        case, actor = load_case(db_session, case_id), load_actor(db_session, log_in.account_id)
        authorize(actor, Action.RECEIPT_READ, case, lot)
        submission = case.lot(lot).bidding.submissions.get(receipt_id)
        if submission is None or submission.bidder != actor.organisation_id:
            raise RuleViolation("receipt_unknown")
        records = [r for r in load_records(db_session, case_id) if r.lot == lot]
    at = next(i for i, r in enumerate(records) if r.type == "BidReceipted" and r.payload["receipt_id"] == receipt_id)
    fact: BidReceipted = records[at].fact
    signed = {"receipt": fact.receipt, "key_id": fact.key_id, "signature": fact.signature}
    before = next(r for r in reversed(records[:at]) if r.type == "BidSubmitted")
    return OwnReceipt(case, submission, signed, before.payload)


def read_inclusion(platform: Platform, log_in: LogIn, case_id: str, lot: str, receipt_id: str) -> dict[str, Any]:
    """The proof that one's own bid stood at the deadline (`app.casefile.inclusion`).

    Raises RuleViolation `receipt_unknown`, `inclusion_not_yet`, NotAllowed.
    """
    own = read_receipt(platform, log_in, case_id, lot, receipt_id)
    with platform.database.reading() as db_session:
        payloads = list(standing_payloads(db_session, own.case, lot))
    return inclusion_of(own.case.lot(lot).opening, payloads, receipt_id)


def render_receipt(platform: Platform, log_in: LogIn, case_id: str, lot: str, receipt_id: str) -> bytes:
    """投标回执 as PDF, with the signed JSON attached. Raises RuleViolation `receipt_unknown`, NotAllowed."""
    own = read_receipt(platform, log_in, case_id, lot, receipt_id)
    with platform.database.reading() as db_session:
        bidder = load_actor(db_session, log_in.account_id).organisation_name
    said, text = own.signed["receipt"], canonical(own.signed)
    content = Receipt(
        heading=heading(own.case, lot, own.case.tender.terms_sha256, "zh"),
        receipt_id=receipt_id,
        bidder=bidder,
        received_at=parse_instant(said["received_at"]),
        deadline_at=own.case.tender.deadlines[lot],
        submission_sha256=said["submission_sha256"],
        bid_root=said["bid_root"],
        bid_size=said["bid_size"],
        platform_key_id=own.signed["key_id"],
        signed_receipt=text.decode(),
    )
    pdf = platform.renderer.render(content, attachments={"receipt.json": text})
    return seal_document(platform, pdf, content.heading.centre, "投标回执专用", platform.database.now())
