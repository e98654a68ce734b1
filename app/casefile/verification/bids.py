"""Receipts, the trustees' release, and every bid opened anew with what they released."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import replace

from app.casefile.bundle import submission_folder
from app.casefile.case import LotCase
from app.casefile.record import Record
from app.casefile.sealing import (
    bid_key,
    check_manifest,
    committee_of,
    context_of,
    open_identity,
    submissions_root,
)
from app.casefile.verification.evidence import Evidence
from app.casefile.verification.findings import Findings, failed, held, not_covered
from app.casefile.verification.log import platform_spki
from app.casefile.verification.rounds import check_rounds
from app.procedure.bid import Submission
from app.procedure.opening import BidOpened, BidVoided, OpenedFile
from crypto.canonical import digest
from crypto.committee import verify_release, verify_share
from crypto.envelope import context_hash, open_bid, recipient_of
from crypto.errors import CryptoError
from crypto.instants import format_instant
from crypto.merkle import TreeDigest
from crypto.package import read_package
from crypto.receipts import SignedReceipt, verify_receipt


def check_receipts(evidence: Evidence) -> Findings:
    """The platform's signature, the submission it names, its instant; and no receipted bid missing at the close."""
    spki = platform_spki(evidence)
    for receipt_id, (submitted, receipted) in evidence.bids.items():
        what = {"seq": receipted.seq, "type": receipted.type, "receipt": receipt_id}
        try:
            _check_receipt(evidence, submitted, receipted, spki)
        except CryptoError as exc:
            yield failed("evidence_receipt_wrong", **what, reason=exc.code, field=str(exc.facts.get("field", "")))
    for lot, state in evidence.case.lots.items():
        if evidence.unopened(lot):
            yield not_covered("evidence_bids_hidden", lot=lot)
            continue
        live = state.bidding.live
        if state.opening.closed is None or any(s.receipt_id not in evidence.bids for s in live):
            continue
        root = submissions_root((s.receipt_id, evidence.bids[s.receipt_id][0].payload) for s in live)
        if root != state.opening.closed.submissions_root:
            yield failed("evidence_submissions_differ", lot=lot, found=root)
    yield held("evidence_receipts_hold", receipts=len(evidence.bids))


def _check_receipt(evidence: Evidence, submitted: Record, receipted: Record, spki: bytes) -> None:
    fact, recipient = receipted.fact, submitted.payload["recipient"]
    signed = SignedReceipt.from_json({"receipt": fact.receipt, "key_id": fact.key_id, "signature": fact.signature})
    context = context_of(evidence.origin, evidence.case, submitted.lot, signed.receipt["bidder"], recipient)
    verify_receipt(signed, spki, submitted.payload, context)
    expected = {"received_at": format_instant(submitted.at), "receipt_id": fact.receipt_id}
    for name, value in expected.items():
        if signed.receipt[name] != value:
            raise CryptoError("receipt_differs", field=name, found=str(signed.receipt[name]), expected=value)
    if submitted.payload["ctx"] != context_hash(context).hex():
        raise CryptoError("submission_differs", field="ctx", found=submitted.payload["ctx"], expected="")


def check_release(evidence: Evidence) -> Findings:
    """Every share is its trustee's, and together they are the one signature that opens the lot, in mode M2 with the
    rounds that its bids are sealed to."""
    released = 0
    for lot, state in evidence.case.lots.items():
        committee, ident = committee_of(evidence.case), open_identity(evidence.origin, evidence.case_id, lot)
        for record in evidence.of_lot(lot):
            if record.type == "ShareRefused":
                yield from _check_refused(evidence, record, ident)
            if record.type != "ShareReleased":
                continue
            trustees = evidence.committee(record)
            keys = {member.index: member.key_id for member in trustees.members}
            index, share = record.fact.index, bytes.fromhex(record.fact.share)
            what = {"seq": record.seq, "type": record.type, "index": index}
            if record.act.get("key_id") != keys.get(index):
                yield failed("evidence_share_of_another", **what)
            elif not verify_share(trustees, index, ident, share):
                yield failed("evidence_share_wrong", **what)
        if state.opening.release is not None:
            released += 1
            if not verify_release(committee, ident, bytes.fromhex(state.opening.release.signature)):
                yield failed("evidence_release_wrong", lot=lot)
    yield held("evidence_release_holds", lots=released)
    yield from check_rounds(evidence)


def _check_refused(evidence: Evidence, record: Record, ident: bytes) -> Findings:
    """The trustee that is named signed what was refused, and what it signed is not its share."""
    fact, trustees, what = record.fact, evidence.committee(record), {"seq": record.seq, "type": record.type}
    payload = {"index": fact.index, "share": fact.share}
    sent = replace(record, type="ShareReleased", actor=fact.by, payload=payload, act=fact.proof)
    try:
        act, _signer = evidence.keys.verified(sent, evidence.origin)
        share = bytes.fromhex(fact.share)
    except (CryptoError, ValueError) as exc:
        yield failed("evidence_refusal_unfounded", **what, index=fact.index, reason=getattr(exc, "code", "hex"))
        return
    keys = {member.index: member.key_id for member in trustees.members}
    if act.key_id != keys.get(fact.index) or verify_share(trustees, fact.index, ident, share):
        yield failed("evidence_refusal_unfounded", **what, index=fact.index, reason="share_right")


def check_openings(evidence: Evidence) -> Findings:
    """Each standing bid of a released lot: its key, its content, or the reason that made it void."""
    opened = voided = 0
    for lot, state in evidence.case.lots.items():
        if not state.opening.openable:
            continue
        for submission in state.bidding.live:
            yield from _check_bid(evidence, lot, state, submission)
        opened, voided = opened + len(state.opening.opened), voided + len(state.opening.voided)
    yield held("evidence_bids_opened", opened=opened, voided=voided)


def _check_bid(evidence: Evidence, lot: str, state: LotCase, submission: Submission) -> Findings:
    receipt, folder = submission.receipt_id, submission_folder(submission.receipt_id)
    opened, voided = state.opening.opened.get(receipt), state.opening.voided.get(receipt)
    capsule, sealed = (evidence.files.get(f"{folder}/{kind}.age") for kind in ("capsule", "bid"))
    if opened is None and voided is None:
        if state.opening.read_out:
            yield failed("evidence_bid_unopened", receipt=receipt)
        return
    if not _names_the_bidder(evidence, opened or voided, submission):
        yield failed("evidence_item_differs", receipt=receipt, field="bidder")
    if opened is not None and not _own_key(opened, submission):
        yield failed("evidence_bid_other_key", receipt=receipt)
    if reason := state.opening.stays_closed(receipt):
        if voided is None or voided.reason != reason:
            yield failed("evidence_bid_does_not_open", receipt=receipt, reason=reason)
        return
    if capsule is None:
        yield not_covered("evidence_capsule_absent", receipt=receipt)
        return
    if hashlib.sha256(capsule).hexdigest() != submission.fact.capsule_sha256:
        yield failed("evidence_file_differs", name=f"{folder}/capsule.age")
        return
    if sealed is not None and not _is_the_submitted(sealed, submission):
        yield failed("evidence_file_differs", name=f"{folder}/bid.age")
        return
    yield from _compare(evidence, lot, state, submission, capsule, sealed)


def _names_the_bidder(evidence: Evidence, stated: BidOpened | BidVoided | None, submission: Submission) -> bool:
    """Whether what was read out is under the organisation whose certified key signed the submission."""
    submitted, _receipt = evidence.bids[submission.receipt_id]
    name = evidence.certificate(submitted, submitted.act["key_id"]).subject.organisation
    return stated is not None and (stated.bidder, stated.bidder_name) == (submission.bidder, name)


def _own_key(opened: BidOpened, submission: Submission) -> bool:
    try:
        return recipient_of(opened.identity) == submission.fact.recipient
    except CryptoError:
        return False


def _is_the_submitted(sealed: bytes, submission: Submission) -> bool:
    found = TreeDigest()
    found.update(sealed)
    return found.hexdigest() == submission.fact.bid_root and found.size == submission.fact.bid_size


def _compare(
    evidence: Evidence, lot: str, state: LotCase, submission: Submission, capsule: bytes, sealed: bytes | None
) -> Findings:
    """Open the bid anew and compare with what was read out."""
    receipt = submission.receipt_id
    opened, voided = state.opening.opened.get(receipt), state.opening.voided.get(receipt)
    try:
        key = bid_key(evidence.origin, evidence.case, submission, lot, lambda: capsule)
        again = _reopened(evidence, lot, submission, sealed, key) if sealed is not None else None
    except CryptoError as exc:
        if voided is None or voided.reason != exc.code:
            yield failed("evidence_bid_does_not_open", receipt=receipt, reason=exc.code)
        return
    if again is None:
        if opened is not None and opened.identity != key:
            yield failed("evidence_bid_other_key", receipt=receipt)
        yield not_covered("evidence_bid_absent", receipt=receipt)
    elif voided is not None or opened is None:
        yield failed("evidence_bid_not_void", receipt=receipt, reason=voided.reason if voided else "")
    else:
        yield from (failed("evidence_item_differs", receipt=receipt, field=name) for name in _differing(again, opened))


def _differing(again: BidOpened, opened: BidOpened) -> Iterator[str]:
    for name in BidOpened.__dataclass_fields__:
        if getattr(again, name) != getattr(opened, name):
            yield name


def _reopened(evidence: Evidence, lot: str, submission: Submission, sealed: bytes, key: str) -> BidOpened:
    """What the opening must have read out. Raises CryptoError where the bid is void."""
    submitted, _receipt = evidence.bids[submission.receipt_id]
    signer = evidence.certificate(submitted, submitted.act["key_id"])
    context = context_of(evidence.origin, evidence.case, lot, submission.bidder, submission.fact.recipient)
    plain = io.BytesIO()
    open_bid(io.BytesIO(sealed), plain, key, context_hash(context))
    plain.seek(0)
    package = read_package(plain)
    items = check_manifest(package, submission, evidence.case, lot, signer.spki)
    files = tuple(OpenedFile(file.entry.path, file.entry.size, file.entry.root) for file in package.files)
    return BidOpened(
        receipt_id=submission.receipt_id,
        bidder=submission.bidder,
        bidder_name=signer.subject.organisation,
        price=items.price,
        duration_days=items.duration_days,
        project_manager=items.project_manager,
        identity=key,
        manifest_sha256=digest(package.manifest),
        files=files,
        core_brand=items.core_brand,
    )
