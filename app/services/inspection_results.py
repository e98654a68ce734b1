"""Results of inspections: evidence waits as an upload until an entry names it, and who is concerned is told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import delete, select

from app.models import StoredFile, Upload
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.procedure.inspections.pools import inspectors_of
from app.procedure.terms import Document
from app.queries.cases import load_case
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.acts import Act, Answer, Proposal, completes, prepares
from app.services.inspected_parties import tell_party
from app.services.platform import Platform
from app.services.stored_bytes import file_chunks
from app.services.unit_of_work import unit_of_work
from app.services.uploads import begin_upload, complete_upload, continue_upload

FILE_KIND = "inspection"
FILE_LIMIT = 16 * 2**20  # bytes of one file of evidence
CHUNK = 1 << 18
PDF = b"%PDF-"


def take_evidence(platform: Platform, log_in: LogIn, name: str, data: bytes) -> Document:
    """Keep a file until an act names it; it goes by itself when none does.

    Raises NotAllowed, RuleViolation `file_too_large`, `file_missing` and as `begin_upload` does.
    """
    if len(data) > FILE_LIMIT:
        raise RuleViolation("file_too_large", name=name, size=len(data), most=FILE_LIMIT)
    if not data:
        raise RuleViolation("file_missing", name=name)
    upload = begin_upload(platform, log_in, len(data), action=Action.INSPECTION_FILE)
    continue_upload(platform, log_in, upload.id, 0, [data])
    return Document(upload.id, name, len(data), hashlib.sha256(data).hexdigest())


@prepares("ResultsEntered")
def check_evidence(platform: Platform, log_in: LogIn, proposal: Proposal) -> dict[str, tuple[str, bytes]]:
    """What inspectors found it by."""
    return checked_evidence(platform, log_in, proposal, Action.INSPECTION_VISIT)


def checked_evidence(
    platform: Platform, log_in: LogIn, proposal: Proposal, action: Action
) -> dict[str, tuple[str, bytes]]:
    """Blob and first bytes of each file that the act names, which are one's own uploads and just as named.

    Raises NotAllowed, RuleViolation `file_changed`, `file_repeated`, `upload_unknown`, `upload_incomplete`.
    """
    with platform.database.reading() as db_session:
        actor = load_actor(db_session, log_in.account_id, log_in.seat)
        authorize(actor, action, load_case(db_session, proposal.case_id))
    named: list[dict[str, Any]] = list(proposal.payload.get("files", ()))
    if len({file["id"] for file in named}) != len(named):
        raise RuleViolation("file_repeated")
    return {file["id"]: _measured(platform, log_in, file) for file in named}


prepares("RectificationRecorded")(check_evidence)


def _measured(platform: Platform, log_in: LogIn, file: dict[str, Any]) -> tuple[str, bytes]:
    upload, digest, head = complete_upload(platform, log_in, file["id"]), hashlib.sha256(), b""
    with platform.blobs.open(upload.blob) as source:
        while chunk := source.read(CHUNK):
            head = head or chunk[: len(PDF)]
            digest.update(chunk)
    if (upload.size, digest.hexdigest()) != (file["size"], file["sha256"]):
        raise RuleViolation("file_changed", name=file["name"])
    return upload.blob, head


@completes("ResultsEntered")
def enter_results(act: Act) -> Answer:
    """The files are on record with the entry; the inspectors of the same visit are asked to confirm it."""
    keep_files(act)
    year = act.work.case.inspection
    assert year is not None
    campaign = year.campaign(act.fact.campaign)
    together = inspectors_of(campaign, act.work.case.draws)[act.fact.object, act.fact.authority]
    for account in together:
        if account != act.actor.id:
            act.work.notify(account, "results_wait", title=campaign.proposed.title, name=act.actor.name)
    tell_party(act.work, act.fact.campaign, act.fact.object, act.fact.authority)
    return {}


@completes("ResultsConfirmed")
def confirm_results(act: Act) -> Answer:
    """The party is told of the result, and whoever has to follow up what was found, when that is due."""
    tell_party(act.work, act.fact.campaign, act.fact.object, act.fact.authority)
    year = act.work.case.inspection
    assert year is not None
    campaign = year.campaign(act.fact.campaign)
    outcome = campaign.outcomes[act.fact.object, act.fact.authority]
    due_at = campaign.correction_due_at(outcome)
    if outcome.awaited() and due_at is not None:
        detail = f"{act.fact.campaign}/{act.fact.authority}/{act.record.seq}"
        act.work.schedule("corrections_overdue", due_at, detail=detail)
    return {}


@completes("RectificationRecorded")
def record_rectification(act: Act) -> Answer:
    """Whoever was drawn for the object is asked to confirm it."""
    keep_files(act)
    year = act.work.case.inspection
    assert year is not None
    campaign = year.campaign(act.fact.campaign)
    if campaign.plan.rules.corrections_confirmed:
        for account in inspectors_of(campaign, act.work.case.draws)[act.fact.object, act.fact.authority]:
            if account != act.actor.id:
                facts = {"title": campaign.proposed.title, "name": act.actor.name, "object": act.fact.object}
                act.work.notify(account, "correction_waits", **facts)
    return {}


@completes("RectificationConfirmed")
def confirm_rectification(act: Act) -> Answer:
    return {}


def keep_files(act: Act) -> None:
    """The uploads that an act names stay, as files of the case."""
    for file in act.fact.files:
        blob, head = act.prepared[file.id]
        taken = delete(Upload).where(Upload.id == file.id, Upload.blob == blob)
        if not act.work.connection.execute(taken).rowcount:
            raise RuleViolation("upload_unknown")
        row = StoredFile(id=file.id, case_id=act.work.case.id, kind=FILE_KIND, owner=file.id, name=file.name)
        row.media_type = "application/pdf" if head == PDF else "application/octet-stream"
        row.size, row.sha256, row.blob = file.size, file.sha256, blob
        row.created_at = act.work.now
        act.work.db_session.add(row)


def tell_uncorrected(platform: Platform, case_id: str, campaign: int, authority: str) -> None:
    """A correction is due now: the inspectors whose object still waits for one are told. Repeating it is harmless."""
    with unit_of_work(platform.database, case_id) as work:
        year = work.case.inspection
        if year is None:
            raise RuleViolation("inspection_unknown")
        found = year.campaign(campaign)
        drawn = inspectors_of(found, work.case.draws)
        for visit, outcome in found.outcomes.items():
            due_at = found.correction_due_at(outcome)
            if visit[1] == authority and outcome.awaited() and due_at is not None and due_at <= work.now:
                for account in drawn.get(visit, ()):
                    work.notify(account, "corrections_overdue", title=found.proposed.title, object=visit[0])


def evidence_file(platform: Platform, log_in: LogIn, case_id: str, file_id: str) -> tuple[StoredFile, Iterator[bytes]]:
    """A file of evidence, for the authorities of the year. Raises NotAllowed, RuleViolation `file_unknown`."""
    with platform.database.reading() as db_session:
        actor, case = load_actor(db_session, log_in.account_id, log_in.seat), load_case(db_session, case_id)
        authorize(actor, Action.INSPECTION_VISIT, case)
        query = select(StoredFile).where(StoredFile.id == file_id, StoredFile.case_id == case_id)
        row = db_session.scalar(query.where(StoredFile.kind == FILE_KIND))
        if row is None:
            raise RuleViolation("file_unknown")
        db_session.expunge(row)
    return row, file_chunks(platform, case, row)
