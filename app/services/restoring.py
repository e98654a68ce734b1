"""Sealed files that are gone or damaged in the platform's store: noticed, said, and taken again from their bidders."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from app.casefile.case import Case
from app.models import StoredFile, Upload
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure import restoring as rules
from app.procedure.bid import Submission
from app.procedure.errors import RuleViolation
from app.procedure.roles import Role
from app.queries.cases import load_case
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.acts import Act, Answer, Proposal, completes, prepares
from app.services.notices import tell_role
from app.services.platform import Platform
from app.services.unit_of_work import unit_of_work
from app.services.uploads import complete_upload, measure_blob, upload_root


def files_awaited(platform: Platform, case_id: str, lot: str) -> bool:
    """Look whether each bid that is still to be opened has its files, say which are lost; whether one is awaited.

    Existence and size only: what was changed within is found when the bid does not open (`report_damage`).
    """
    with platform.database.reading() as db_session:
        case = load_case(db_session, case_id)
    state, stored = case.lots[lot], _stored(platform, case, lot)
    for submission in state.bidding.live:
        receipt = submission.receipt_id
        known = state.opening.settled(receipt) or state.opening.stays_closed(receipt) or receipt in state.lost
        if not known and not _are_there(platform, stored[receipt]):
            _report(platform, case_id, lot, submission)
    with platform.database.reading() as db_session:
        lost = load_case(db_session, case_id).lots[lot].lost
        now = platform.database.now(db_session.connection())
    return any(now < until for until in lost.values())


def _stored(platform: Platform, case: Case, lot: str) -> dict[str, dict[str, tuple[str, int]]]:
    """Blob and size of the files of a lot's bids, by receipt and kind."""
    query = select(StoredFile.owner, StoredFile.kind, StoredFile.blob, StoredFile.size).where(
        StoredFile.case_id == case.id, StoredFile.lot == lot, StoredFile.kind.in_(("bid", "capsule"))
    )
    found = defaultdict[str, dict[str, tuple[str, int]]](dict)
    with platform.database.reading() as db_session:
        for receipt, kind, blob, size in db_session.connection().execute(query):
            found[receipt][kind] = blob, size
    return found


def _are_there(platform: Platform, files: Mapping[str, tuple[str, int]]) -> bool:
    try:
        return len(files) == 2 and all(platform.blobs.size(blob) == size for blob, size in files.values())
    except FileNotFoundError:
        return False


def report_damage(platform: Platform, case: Case, lot: str, submission: Submission) -> bool:
    """After a bid did not open: whether the platform's own copy is not what was submitted, which is then on record."""
    if _is_whole(platform, case, lot, submission):
        return False
    _report(platform, case.id, lot, submission)
    return True


def _is_whole(platform: Platform, case: Case, lot: str, submission: Submission) -> bool:
    """Whether all of it can be read and is what was submitted."""
    found = _stored(platform, case, lot)[submission.receipt_id]
    try:
        capsule = platform.blobs.get(found["capsule"][0])
        root = measure_blob(platform, found["bid"][0])
    except OSError:  # gone, or on a part of the disk that cannot be read
        return False
    return (root, hashlib.sha256(capsule).hexdigest()) == (submission.fact.bid_root, submission.fact.capsule_sha256)


def _report(platform: Platform, case_id: str, lot: str, submission: Submission) -> None:
    with unit_of_work(platform.database, case_id, lot) as work:
        if submission.receipt_id in work.case.lots[lot].lost:
            return
        lost = rules.lose(submission.receipt_id, work.now, work.case.tender.published.profile)
        work.conclude(lost, lot)
        work.schedule("open_bids", lost.restore_until, lot=lot, detail=f"lost-{submission.receipt_id}")
        facts = {"lot": lot, "receipt": submission.receipt_id, "until": lost.restore_until}
        tell_role(work, submission.bidder, Role.BIDDER, "bid_file_lost", **facts)


@dataclass(frozen=True)
class CheckedFile:
    """The upload that holds the file again, and the capsule."""

    upload_id: str
    blob: str
    capsule: bytes


@prepares("BidFileRestored")
def check_file(platform: Platform, log_in: LogIn, proposal: Proposal) -> CheckedFile:
    """Measured before the lot is locked. Raises NotAllowed, RuleViolation `file_differs`, `file_not_lost`."""
    with platform.database.reading() as db_session:
        case, actor = load_case(db_session, proposal.case_id), load_actor(db_session, log_in.account_id)
    authorize(actor, Action.BID_RESTORE, case, proposal.lot)
    standing = case.lots[proposal.lot].bidding.of_bidder(actor.organisation_id)
    if standing is None or standing.receipt_id not in case.lots[proposal.lot].lost:
        raise RuleViolation("file_not_lost")
    upload = complete_upload(platform, log_in, proposal.attachments.get("upload", b"").decode("ascii", "replace"))
    root, capsule = upload_root(platform, upload), proposal.attachments.get("capsule", b"")
    if root != standing.fact.bid_root or root != proposal.payload["bid_root"]:
        raise RuleViolation("file_differs", expected=standing.fact.bid_root[:12], found=root[:12])
    found = hashlib.sha256(capsule).hexdigest()
    if found != standing.fact.capsule_sha256:
        raise RuleViolation("file_differs", expected=standing.fact.capsule_sha256[:12], found=found[:12])
    return CheckedFile(upload.id, upload.blob, capsule)


@completes("BidFileRestored")
def restore_file(act: Act) -> Answer:
    """The file stands where the lost one stood, and the opening goes on."""
    checked: CheckedFile = act.prepared
    upload = act.work.db_session.get(Upload, checked.upload_id)
    if upload is None or upload.blob != checked.blob:  # other bytes than those that were measured
        raise RuleViolation("upload_unknown")
    act.work.db_session.delete(upload)
    query = select(StoredFile).where(
        StoredFile.case_id == act.work.case.id, StoredFile.lot == act.lot, StoredFile.owner == act.fact.receipt_id
    )
    for row in act.work.db_session.scalars(query):
        row.blob = checked.blob if row.kind == "bid" else act.platform.blobs.put_stream([checked.capsule])
    act.work.schedule("open_bids", act.work.now, lot=act.lot, detail=f"restored-{act.fact.receipt_id}-{act.record.seq}")
    return {}
