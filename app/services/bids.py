"""Bids: measured before the gate, taken or refused at it, receipted in the same transaction."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import bindparam, delete, insert

from app.casefile.case import Case
from app.casefile.sealing import committee_of, context_of, open_identity, round_of
from app.database import in_native_thread
from app.models import StoredFile, Upload
from app.procedure.bid import BidReceipted, BidSubmitted, check_open, check_round
from app.procedure.errors import RuleViolation
from app.procedure.roles import Actor, Role
from app.queries.cases import case_as_of
from app.services.accounts import LogIn
from app.services.actors import load_actors
from app.services.acts import Act, Answer, Proposal, completes, explains, prepares, retreats
from app.services.platform import Platform
from app.services.shared_transactions import Gather
from app.services.uploads import UploadState, complete, own_uploads, upload_root
from crypto.committee import check_capsule_header
from crypto.envelope import BID_HEADER_LIMIT, check_sealed_header, context_hash
from crypto.receipts import make_receipt, sign_receipt
from crypto.submission import verify_submission

_TAKEN = delete(Upload.__table__).where(Upload.id == bindparam("upload"), Upload.blob == bindparam("measured"))
_KEPT = insert(StoredFile.__table__)


@dataclass(frozen=True)
class CheckedBid:
    """What was found to be true of an upload before the gate."""

    upload_id: str
    blob: str
    capsule: bytes
    capsule_blob: str


@explains("BidSubmitted")
def explain_late(case: Case, actor: Actor, lot: str, now: datetime) -> None:
    """A bidder is told that it is late where the policy only says no: the deadline is public.

    Raises RuleViolation `deadline_passed`, `lot_unknown`.
    """
    state = case.lot(lot)
    if state.bidding.closed and actor.is_(Role.BIDDER):
        check_open(state.bidding, case.tender.deadlines[lot], now)


@explains("BidWithdrawn")
def explain_late_withdrawal(case: Case, actor: Actor, lot: str, now: datetime) -> None:
    """The same for who would take its bid back; and for who has done so, that there is none left.

    Raises RuleViolation `withdrawal_too_late`, `nothing_to_withdraw`, `lot_unknown`.
    """
    state = case.lot(lot)
    if not actor.is_(Role.BIDDER):
        return
    if state.bidding.closed:
        check_open(state.bidding, case.tender.deadlines[lot], now, "withdrawal_too_late")
    if any(submission.bidder == actor.organisation_id for submission in state.bidding.submissions.values()):
        raise RuleViolation("nothing_to_withdraw")


@prepares("BidSubmitted")
def check_bid(platform: Platform, log_in: LogIn, proposal: Proposal) -> CheckedBid:
    """Everything about a bid that needs reading it, done before the lot is locked.

    Raises RuleViolation and CryptoError: late, not encrypted, foreign, truncated, other files than stated.
    """
    upload_id = proposal.attachments.get("upload", b"").decode("ascii", "replace")
    name, read = f"{log_in.account_id} {upload_id}", partial(_read, platform, proposal.case_id)
    with platform.queues.at("bids", proposal.case_id) as queue:
        reading = queue.go_through((log_in, upload_id), name, read)
    case, actor = reading.case, reading.actor
    explain_late(case, actor, proposal.lot, reading.now)
    capsule = proposal.attachments.get("capsule", b"")
    upload = complete(reading.upload)
    root = upload_root(platform, upload)
    recipient = proposal.payload["recipient"]
    context = context_of(platform.origin, case, proposal.lot, actor.organisation_id, recipient)
    with platform.blobs.open(upload.blob) as file:
        head = file.read(BID_HEADER_LIMIT + 64)
    check_sealed_header(head, context_hash(context))
    size = platform.blobs.size(upload.blob)
    verify_submission(proposal.payload, context=context, bid_size=size, bid_root=root, capsule=capsule)
    fact = proposal.fact
    check_round(fact, case.tender.rounds(proposal.lot))
    ident = open_identity(platform.origin, case.id, proposal.lot)
    check_capsule_header(capsule, committee_of(case), ident, round_of(case, fact))
    # Made durable here, since nobody else gets through the gate meanwhile; under a name that no other bid has.
    kept = in_native_thread(platform.blobs.put_stream, [capsule])
    return CheckedBid(upload_id, upload.blob, capsule, kept)


@dataclass(frozen=True)
class _Readings:
    case: Case
    actor: Actor
    upload: UploadState | None
    now: datetime


def _read(platform: Platform, case_id: str, gather: Gather[tuple[LogIn, str]]) -> list[_Readings]:
    """The case, whose bid it is, and its own upload, for all who ask meanwhile."""
    asked = gather()
    with platform.database.viewing() as connection:
        now = platform.database.now(connection)
        case = case_as_of(connection, platform.database.memory, case_id)
        actors = load_actors(connection, {(log_in.account_id, "") for log_in, _upload in asked})
        states = own_uploads(connection, asked, now)
    return [
        _Readings(case, actors[log_in.account_id, ""], state, now)
        for (log_in, _upload), state in zip(asked, states, strict=True)
    ]


@retreats("BidSubmitted")
def forget_capsule(platform: Platform, checked: CheckedBid) -> None:
    """Of a bid that was refused at the gate no key stays; its upload is still the bidder's."""
    platform.blobs.delete(checked.capsule_blob)


@completes("BidSubmitted", shared=True)
def submit_bid(act: Act) -> Answer:
    """Receipt the bid at the gate's own instant, and keep its files."""
    receipt_id = secrets.token_hex(10)
    platform, work, fact = act.platform, act.work, act.fact
    assert isinstance(fact, BidSubmitted)
    receipt = make_receipt(
        origin=platform.origin,
        tender=work.case.id,
        lot=act.lot,
        bidder=act.actor.organisation_id,
        submission_sha256=act.proposal.signed.act["payload_sha256"],  # which was compared with the payload
        bid_root=fact.bid_root,
        bid_size=fact.bid_size,
        received_at=work.now,
        receipt_id=receipt_id,
    )
    signed = sign_receipt(platform.keys.platform.key, receipt)
    work.append(BidReceipted(receipt_id, receipt, signed.key_id, signed.signature), lot=act.lot)
    _keep_files(act, receipt_id)
    return {"receipt": signed.to_json(), "platform_certificate": platform.keys.platform.certificate}


def _keep_files(act: Act, receipt_id: str) -> None:
    checked: CheckedBid = act.prepared
    gone = RuleViolation("upload_unknown")  # or other bytes than those that were measured
    act.work.add(_TAKEN, {"upload": checked.upload_id, "measured": checked.blob}, otherwise=gone)
    capsule = hashlib.sha256(checked.capsule).hexdigest()
    for kind, blob, size, sha256 in (
        ("bid", checked.blob, act.fact.bid_size, act.fact.bid_root),
        ("capsule", checked.capsule_blob, len(checked.capsule), capsule),
    ):
        row = {
            "id": secrets.token_hex(16),
            "case_id": act.work.case.id,
            "lot": act.lot,
            "kind": kind,
            "owner": receipt_id,
            "account_id": act.actor.id if kind == "bid" else "",
            "name": f"{kind}.age",
            "media_type": "application/octet-stream",
            "size": size,
            "sha256": sha256,
            "blob": blob,
            "created_at": act.work.now,
        }
        act.work.add(_KEPT, row)
