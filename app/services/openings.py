"""The opening of a lot: closed when due, released by the trustees' shares, opened bid by bid, recorded."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session as DbSession

from app.adapters.blobs import StoreUnavailable
from app.casefile.case import Case
from app.casefile.coefficients import coefficients_of
from app.casefile.sealing import (
    bid_key,
    check_manifest,
    context_of,
    open_identity,
    opening_committee,
    submissions_root,
)
from app.database import in_native_thread
from app.models import Certificate, Organisation, StoredFile
from app.procedure import fallback
from app.procedure import opening as rules
from app.procedure.attribution import check_conclusion
from app.procedure.bid import Submission
from app.procedure.errors import RuleViolation
from app.procedure.opening import BidOpened, BidsReleased, BidVoided, OpenedFile, OpeningConcluded, ShareRefused
from app.procedure.restoring import FILE_LOST
from app.procedure.roles import Actor
from app.queries.cases import load_case
from app.queries.lots import standing_payloads
from app.services.accounts import LogIn
from app.services.acts import Act, Answer, Proposal, completes, keeps_refused, prepares
from app.services.bookings import tell_of_failure
from app.services.documents import render_opening_record, store_document
from app.services.ended_bids import destroy_ended, destroy_files
from app.services.platform import Platform
from app.services.restoring import files_awaited, report_damage
from app.services.rounds import ask_for_rounds
from app.services.ticks import check_vouched
from app.services.trustees import follow_resharings
from app.services.unit_of_work import UnitOfWork, unit_of_work
from crypto.canonical import digest
from crypto.certificates import verify_certificate
from crypto.committee import Committee, Member, combine, verify_share
from crypto.envelope import context_hash, opened_bid
from crypto.errors import CryptoError
from crypto.package import PackedFile, read_package

log = logging.getLogger("tenderhall.openings")
AT_ONCE = (os.cpu_count() or 1) + 2  # bids opened side by side: cipher, pairings and hashes on all cores; some wait
MEASURED = 512 * 1024  # bytes of a file hashed at a time, while other threads work
TOGETHER = 50  # bids put on record in one transaction: other acts of their case wait as long as that takes
_KEPT = insert(StoredFile.__table__)
Outcome = tuple[BidOpened | BidVoided, list[dict[str, Any]]]  # the fact, and rows of the files
NOT_READ = (FILE_LOST, "key_not_revealed", "key_not_committed")  # reasons that say nothing of a file's bytes


def close_lot(platform: Platform, case_id: str, lot: str) -> None:
    """Close a due lot at its gate: the system's act, once, whoever asks. Not due yet: nothing happens.

    What is to be destroyed then is destroyed after it, so that a store that does not answer holds up no closing.
    """
    if not _closed_now(platform, case_id, lot):
        return
    try:
        destroy_ended(platform, case_id, lot)
    except (StoreUnavailable, OSError) as fault:  # asked of every lot, so that it does not tell of ended bids
        log.warning("case %s, lot %s: closed; the store does not answer (%s)", case_id, lot, type(fault).__name__)


def _closed_now(platform: Platform, case_id: str, lot: str) -> bool:
    with unit_of_work(platform.database, case_id, lot) as work:
        gate = work.lock_lot(lot)
        state = work.case.lots[lot]
        closes_at = work.case.tender.timetable.closes_at(lot)
        if gate.closed_at is not None or closes_at is None or work.now < closes_at:
            return False
        follow_resharings(work)
        root = submissions_root(standing_payloads(work.db_session, work.case, lot))
        profile = work.case.tender.published.profile
        for fact in rules.close(state.opening, len(state.bidding.live), root, closes_at, work.now, profile):
            work.append(fact, lot=lot)
        gate.closed_at = work.now
        if due_at := fallback.due_at(work.case.lots[lot].opening, profile):
            work.schedule("start_fallback", due_at, lot=lot)
        work.schedule("destroy_ended", work.now, lot=lot)
        tell_of_failure(work.db_session, work.case, lot, work.now)
        return True


@prepares("ShareReleased")
def check_share(platform: Platform, log_in: LogIn, proposal: Proposal) -> Committee:
    """A share counts only when the pairing says that it is that trustee's, and that trustee signed the act.

    Before the witnesses vouch for the close record none is taken, nor while files of ended bids could still be opened.
    The committee under which it was checked. Raises StoreUnavailable too.
    """
    with platform.database.reading() as db_session:
        case = load_case(db_session, proposal.case_id)
        if case.lot(proposal.lot).opening.closed is None:  # nothing else is looked at: it may hang on bids
            raise RuleViolation("lot_not_closed")
        check_vouched(db_session, case, proposal.lot, "LotClosed")
    destroy_ended(platform, case.id, proposal.lot)
    committee = opening_committee(case, proposal.lot)
    check_trustees_share(committee, open_identity(platform.origin, case.id, proposal.lot), proposal, "share")
    return committee


def check_trustees_share(committee: Committee, ident: bytes, proposal: Proposal, field: str) -> None:
    """Raises RuleViolation `share_of_another`, `malformed`, `share_wrong`."""
    index = proposal.payload["index"]
    check_trustee(committee.members, index, proposal.signed.key_id)
    try:
        share = bytes.fromhex(proposal.payload[field])
    except ValueError as exc:
        raise RuleViolation("malformed", path=f"$.{field}", expected="hex") from exc
    if not in_native_thread(verify_share, committee, index, ident, share):
        raise RuleViolation("share_wrong", index=index, organisation=committee.members[index - 1].organisation)


@keeps_refused("ShareReleased", "share_wrong")
def name_share(work: UnitOfWork, actor: Actor, proposal: Proposal) -> None:
    """Who sent a wrong share stands in the record and on the wall, with what it signed, once the lot is closed."""
    payload, proof = proposal.payload, proposal.signed.to_json()
    work.conclude(ShareRefused(payload["index"], payload["share"], actor.signs_as, proof), proposal.lot)


def check_unchanged(act: Act, committee: Committee) -> None:
    """Between check and transaction other trustees may have got the key. Raises RuleViolation `trustees_changed`."""
    if act.prepared != committee:
        raise RuleViolation("trustees_changed")


def check_trustee(members: Sequence[Member], index: int, key_id: str) -> None:
    """Raises RuleViolation `share_of_another` unless trustee `index` has this key."""
    if not any(m.index == index and m.key_id == key_id for m in members):
        raise RuleViolation("share_of_another", index=index)


@completes("ShareReleased")
def release_share(act: Act) -> Answer:
    """With the k-th share the lot is released: one signature opens every bid."""
    opening = act.work.case.lots[act.lot].opening
    committee = opening_committee(act.work.case, act.lot)
    check_unchanged(act, committee)
    if opening.release is None and len(opening.shares) >= committee.k:
        ident = open_identity(act.platform.origin, act.work.case.id, act.lot)
        release = combine(committee, ident, {i: bytes.fromhex(s) for i, s in opening.shares.items()})
        act.work.append(BidsReleased(release.signature.hex(), release.used), lot=act.lot)
        act.work.schedule("open_bids", act.work.now, lot=act.lot)
        ask_for_rounds(act.platform, act.work, act.lot)
    return {}


def open_bids(platform: Platform, case_id: str, lot: str) -> None:
    """Draw what the price formula left to the opening, look into every standing bid that is neither open nor void yet,
    put them on record, then read them out.

    Nothing is on record before all were read: whose file the store has damaged must not know the others' prices while
    it decides whether to hand the file in again.

    Killed at any point and started again, it goes on with what is not on record yet. A fault that nobody foresaw
    holds up no other bid, and is raised when they are open. While a second lock waits for its round it does nothing;
    the round's signature calls it again.
    """
    with platform.database.reading() as db_session:
        case = load_case(db_session, case_id)
    state = case.lots[lot]
    if not state.opening.openable or state.rounds_missing or files_awaited(platform, case_id, lot):
        return
    with platform.database.reading() as db_session:
        case = load_case(db_session, case_id)
    state = case.lots[lot]
    _draw_coefficients(platform, case_id, lot)
    waiting = [one for one in state.bidding.live if not state.opening.settled(one.receipt_id)]
    outcomes = _looked_inside(platform, case, lot, waiting)
    if [one for one in outcomes if _is_lost(platform, case, lot, *one)]:
        return
    faults = [
        fault
        for start in range(0, len(outcomes), TOGETHER)
        for fault in _put_on_record(platform, case, lot, outcomes[start : start + TOGETHER])
    ]
    if faults:
        raise faults[0]
    with unit_of_work(platform.database, case_id, lot) as work:
        opening = work.case.lots[lot].opening
        if opening.read_out or not all(opening.settled(s.receipt_id) for s in state.bidding.live):
            return
        profile = work.case.tender.published.profile
        for fact in rules.read_out(opening, work.now, profile):
            work.append(fact, lot=lot)
        until = work.case.lots[lot].opening.objections_until
        assert until is not None
        work.schedule("conclude_opening", until, lot=lot, detail="due")


def _draw_coefficients(platform: Platform, case_id: str, lot: str) -> None:
    with unit_of_work(platform.database, case_id, lot) as work:
        drawn = coefficients_of(work.case, lot)
        if drawn is not None and not work.case.lots[lot].opening.coefficients:
            work.append(drawn, lot=lot)


def _looked_inside(
    platform: Platform, case: Case, lot: str, waiting: Sequence[Submission]
) -> list[tuple[Submission, Future[Outcome]]]:
    """Each bid with what was found in it, rows and not contents; cipher, hashes and disk work side by side."""
    with platform.database.reading() as db_session:
        known = _known(db_session, case, lot)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [(one, pool.submit(_look_inside, platform, case, lot, one, known)) for one in waiting]


def _is_lost(platform: Platform, case: Case, lot: str, submission: Submission, found: Future[Outcome]) -> bool:
    """Whether a bid did not open because the platform's own copy is damaged, which is then on record."""
    if isinstance(fault := found.exception(), OSError):
        return report_damage(platform, case, lot, submission)
    fact = None if fault else found.result()[0]
    voided = isinstance(fact, BidVoided) and fact.reason not in NOT_READ
    return voided and report_damage(platform, case, lot, submission)


@dataclass(frozen=True)
class Known:
    """What the rows say of a lot's bids, read once for all of them: blobs by receipt and kind, names of organisations,
    certificates of an account by the id of their key.
    """

    blobs: dict[tuple[str, str], str]
    names: dict[str, str]
    certificates: dict[tuple[str, str], str]


def _known(db_session: DbSession, case: Case, lot: str) -> Known:
    bids = case.lots[lot].bidding.live
    stored = select(StoredFile.owner, StoredFile.kind, StoredFile.blob).where(
        StoredFile.case_id == case.id, StoredFile.lot == lot, StoredFile.kind.in_(("bid", "capsule"))
    )
    names = select(Organisation.id, Organisation.name).where(Organisation.id.in_([bid.bidder for bid in bids]))
    certified = select(Certificate.account_id, Certificate.key_id, Certificate.pem).where(
        Certificate.account_id.in_([bid.by for bid in bids]), Certificate.scope == ""
    )
    return Known(
        {(owner, kind): blob for owner, kind, blob in db_session.execute(stored)},
        {organisation: name for organisation, name in db_session.execute(names)},
        {(account, key_id): pem for account, key_id, pem in db_session.execute(certified)},
    )


def _look_inside(platform: Platform, case: Case, lot: str, submission: Submission, known: Known) -> Outcome:
    try:
        if submission.receipt_id in case.lots[lot].lost:
            raise CryptoError(FILE_LOST)
        return _decrypt(platform, case, lot, submission, known)
    except CryptoError as exc:
        return BidVoided(submission.receipt_id, submission.bidder, known.names[submission.bidder], exc.code), []


def _put_on_record(
    platform: Platform, case: Case, lot: str, outcomes: Sequence[tuple[Submission, Future[Outcome]]]
) -> list[Exception]:
    """These bids in one transaction; where one of them makes it fail, each in one of its own. What made it fail."""
    try:
        with unit_of_work(platform.database, case.id, lot) as work:
            for submission, found in outcomes:
                _settle(platform, work, lot, submission, *found.result())
        return []
    except Exception as fault:
        if len(outcomes) > 1:
            return [fault for one in outcomes for fault in _put_on_record(platform, case, lot, [one])]
        log.exception("case %s, lot %s: bid %s is neither open nor void", case.id, lot, outcomes[0][0].receipt_id)
        return [fault]


def _settle(
    platform: Platform,
    work: UnitOfWork,
    lot: str,
    submission: Submission,
    fact: BidOpened | BidVoided,
    files: Sequence[dict[str, Any]],
) -> None:
    if work.case.lots[lot].opening.settled(submission.receipt_id):
        return
    work.conclude(fact, lot)
    if work.case.lots[lot].opening.stays_closed(submission.receipt_id):
        destroy_files(platform, work, lot, [submission.receipt_id])
    for row in files:
        work.add(_KEPT, {**row, "created_at": work.now})


def _decrypt(
    platform: Platform, case: Case, lot: str, submission: Submission, known: Known
) -> tuple[BidOpened, list[dict[str, Any]]]:
    """1 the capsule's key; 2 the sealed file under it; 3 the package; 4 the bidder's signature; 5 its files,
    each read to its end and found to be the one that the manifest lists.
    """
    bid, capsule = (known.blobs[submission.receipt_id, kind] for kind in ("bid", "capsule"))
    spki = _signing_key(platform, submission, known)
    key = bid_key(platform.origin, case, submission, lot, lambda: platform.blobs.get(capsule))
    context = context_hash(context_of(platform.origin, case, lot, submission.bidder, submission.fact.recipient))
    with platform.blobs.open(bid) as sealed:
        plain = opened_bid(sealed, key, context)
        try:
            package = read_package(plain, MEASURED)
            items = check_manifest(package, submission, case, lot, spki)
            files = [_opened_file(case.id, lot, submission.receipt_id, file, bid) for file in package.files]
        except CryptoError:
            plain.check_rest()  # a file that was changed is void as that, whatever else is wrong with what it holds
            raise
    opened = BidOpened(
        receipt_id=submission.receipt_id,
        bidder=submission.bidder,
        bidder_name=known.names[submission.bidder],
        price=items.price,
        duration_days=items.duration_days,
        project_manager=items.project_manager,
        identity=key,
        manifest_sha256=digest(package.manifest),
        files=tuple(OpenedFile(row["name"], row["size"], row["sha256"]) for row in files),
        core_brand=items.core_brand,
    )
    return opened, files


def _signing_key(platform: Platform, submission: Submission, known: Known) -> bytes:
    """The public key that signed the submission, as certified then."""
    pem = known.certificates.get((submission.by, submission.key_id))
    if pem is None:
        raise CryptoError("key_foreign")
    return verify_certificate(pem, platform.keys.roots, submission.received_at).spki


def _opened_file(case_id: str, lot: str, receipt_id: str, file: PackedFile, sealed: str) -> dict[str, Any]:
    """Where in the sealed bid the file is: it stays there, and is read there under the key that is public now."""
    entry = file.entry
    return {
        "id": secrets.token_hex(16),
        "case_id": case_id,
        "lot": lot,
        "kind": "opened",
        "owner": receipt_id,
        "name": entry.path,
        "media_type": "application/pdf" if entry.path.lower().endswith(".pdf") else "application/octet-stream",
        "size": entry.size,
        "sha256": entry.root,
        "blob": sealed,
        "start": file.start,
    }


def conclude_opening(platform: Platform, case_id: str, lot: str) -> None:
    """Once objections are over and answered: the opening record as a sealed PDF. Too early: nothing happens."""
    with platform.database.reading() as db_session:
        case = load_case(db_session, case_id)
        now = platform.database.now(db_session.connection())
    if not _ready(case, lot, now):
        return
    pdf = in_native_thread(render_opening_record, platform, case, lot, now)
    with unit_of_work(platform.database, case_id, lot) as work:
        if not _ready(work.case, lot, work.now):
            return
        sha256 = store_document(platform, work, lot, "record", f"opening-record-{lot}.pdf", pdf)
        work.append(OpeningConcluded(sha256), lot=lot)
        work.schedule("convene_sitting", work.now, lot=lot, detail="OpeningConcluded")
        work.schedule("check_bids", work.now, lot=lot)


def _ready(case: Case, lot: str, now: datetime) -> bool:
    opening = case.lots[lot].opening
    if opening.concluded_at is not None or opening.objections_until is None:
        return False
    try:
        rules.decide(opening, OpeningConcluded(""), 0, now)
        check_conclusion(case.lots[lot].attributions, now, case.tender.published.profile)
    except RuleViolation:
        return False
    return True
