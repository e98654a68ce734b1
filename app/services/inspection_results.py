"""Results of inspections: evidence is kept with the entry that names it, and everybody concerned is told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from app.models import StoredFile
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.procedure.inspections.pools import inspectors_of
from app.queries.cases import load_case
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.acts import Act, Answer, Proposal, completes, prepares, retreats
from app.services.platform import Platform
from app.services.stored_bytes import file_chunks

FILE_KIND = "inspection"
FILE_LIMIT = 8 * 2**20  # bytes of one file of evidence
PDF = b"%PDF-"


@prepares("ResultsEntered")
def keep_evidence(platform: Platform, log_in: LogIn, proposal: Proposal) -> dict[str, str]:
    """Where the files' bytes are, by their ids: what comes with the act is what it names.

    Raises NotAllowed, RuleViolation `file_missing`, `file_changed`, `file_too_large`, `file_repeated`.
    """
    with platform.database.reading() as db_session:
        actor = load_actor(db_session, log_in.account_id, log_in.seat)
        authorize(actor, Action.INSPECTION_VISIT, load_case(db_session, proposal.case_id))
    named: list[dict[str, Any]] = list(proposal.payload.get("files", ()))
    if len({file["id"] for file in named}) != len(named):
        raise RuleViolation("file_repeated")
    for file in named:
        data = proposal.attachments.get(file["id"])
        if data is None:
            raise RuleViolation("file_missing", name=file["name"])
        if len(data) > FILE_LIMIT:
            raise RuleViolation("file_too_large", name=file["name"], size=len(data), most=FILE_LIMIT)
        if (len(data), hashlib.sha256(data).hexdigest()) != (file["size"], file["sha256"]):
            raise RuleViolation("file_changed", name=file["name"])
    return {file["id"]: platform.blobs.put_stream([proposal.attachments[file["id"]]]) for file in named}


prepares("RectificationRecorded")(keep_evidence)


@retreats("ResultsEntered")
def drop_evidence(platform: Platform, kept: dict[str, str]) -> None:
    """The act was refused: its files go again."""
    for blob in kept.values():
        platform.blobs.delete(blob)


retreats("RectificationRecorded")(drop_evidence)


@completes("ResultsEntered")
def enter_results(act: Act) -> Answer:
    """The files are on record with the entry; the inspectors of the same visit are asked to confirm it."""
    _keep_files(act)
    year = act.work.case.inspection
    assert year is not None
    campaign = year.campaign(act.fact.campaign)
    together = inspectors_of(campaign, act.work.case.draws)[act.fact.object, act.fact.authority]
    for account in together:
        if account != act.actor.id:
            act.work.notify(account, "results_wait", title=campaign.proposed.title, name=act.actor.name)
    return {}


@completes("RectificationRecorded")
def record_rectification(act: Act) -> Answer:
    _keep_files(act)
    return {}


def _keep_files(act: Act) -> None:
    for file in act.fact.files:
        if act.work.db_session.get(StoredFile, file.id) is not None:
            raise RuleViolation("file_repeated")
        data = act.proposal.attachments[file.id]
        row = StoredFile(id=file.id, case_id=act.work.case.id, kind=FILE_KIND, owner=file.id, name=file.name)
        row.media_type = "application/pdf" if data.startswith(PDF) else "application/octet-stream"
        row.size, row.sha256, row.blob = file.size, file.sha256, act.prepared[file.id]
        row.created_at = act.work.now
        act.work.db_session.add(row)


def evidence_file(platform: Platform, log_in: LogIn, case_id: str, file_id: str) -> tuple[StoredFile, Iterator[bytes]]:
    """A file of evidence, for the authorities of the year. Raises NotAllowed, RuleViolation `file_unknown`."""
    with platform.database.reading() as db_session:
        actor, case = load_actor(db_session, log_in.account_id, log_in.seat), load_case(db_session, case_id)
        authorize(actor, Action.INSPECTION_VISIT, case)
        row = db_session.scalar(
            select(StoredFile).where(
                StoredFile.id == file_id, StoredFile.case_id == case_id, StoredFile.kind == FILE_KIND
            )
        )
        if row is None:
            raise RuleViolation("file_unknown")
        db_session.expunge(row)
    return row, file_chunks(platform, case, row)
