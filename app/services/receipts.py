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
from app.queries.cases import load_case, load_named
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


def kept_receipt(platform: Platform, own: OwnReceipt) -> dict[str, Any]:
    """The file that a bidder keeps: the signed receipt with the certificate by which anybody checks it offline."""
    return {"receipt": own.signed, "platform_certificate": platform.keys.platform.certificate}


def read_receipt(platform: Platform, log_in: LogIn, case_id: str, lot: str, receipt_id: str) -> OwnReceipt:
    """A receipt of the actor's own organisation. Raises RuleViolation `receipt_unknown`, NotAllowed."""
    with platform.database.reading() as db_session:
        case, actor = load_case(db_session, case_id), load_actor(db_session, log_in.account_id)
        authorize(actor, Action.RECEIPT_READ, case, lot)
        submission = case.lot(lot).bidding.submissions.get(receipt_id)
        if submission is None or submission.bidder != actor.organisation_id:
            raise RuleViolation("receipt_unknown")
        submitted, receipted = load_named(db_session, case_id, submission.seqs)[:2]
    fact: BidReceipted = receipted.fact
    signed = {"receipt": fact.receipt, "key_id": fact.key_id, "signature": fact.signature}
    return OwnReceipt(case, submission, signed, submitted.payload)


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
        heading=heading(own.case, lot, "terms", own.case.tender.terms_sha256, "zh"),
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
    pdf = platform.renderer.render(content, attachments={"receipt.json": canonical(kept_receipt(platform, own))})
    return seal_document(platform, pdf, content.heading.centre, "投标回执专用", platform.database.now())
