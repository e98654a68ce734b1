"""Copies of signed documents in another language: for reading, unsigned, each page says of what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial, reduce
from typing import Any

from sqlalchemy import select

from app.casefile.case import Case
from app.casefile.record import Record
from app.database import in_native_thread
from app.documents.wording import Lang, listed
from app.messages import sentence
from app.models import StoredFile
from app.procedure.errors import RuleViolation
from app.procedure.roles import Actor
from app.queries.cases import load_records
from app.services.documents import opening_record
from app.services.failure_content import ended_evaluation
from app.services.file_names import saved_as
from app.services.files import entitled_file
from app.services.platform import Platform
from app.services.report_content import report_content, signing_statement

# Kind of a document → the fact that it was rendered for, and the member of the fact that names its SHA-256.
RENDERED_FOR = {
    "record": ("OpeningConcluded", "record_sha256"),
    "report": ("ReportPrepared", "report_sha256"),
    "statement": ("ReportSealed", "statement_sha256"),
    "failure": ("FailureRecordSealed", "sealed_sha256"),
}
MAKERS = {
    "record": opening_record,
    "report": report_content,
    "statement": signing_statement,
    "failure": ended_evaluation,
}
TO_BE_SIGNED = {"signatories": (), "seal_field": ""}


def read_copy(platform: Platform, actor: Actor, file_id: str, lang: Lang, address: str = "") -> tuple[str, bytes]:
    """Name and PDF of a sealed document's content in `lang`, as the case stood when it was rendered.

    It carries neither signature nor field nor attachment. Raises RuleViolation `file_unknown`, `reason_needed`.
    """
    document = entitled_file(platform, actor, file_id, address)
    if document.kind not in RENDERED_FOR:
        raise RuleViolation("file_unknown")
    kind, member = RENDERED_FOR[document.kind]
    with platform.database.reading() as db_session:
        records = _until_sealed(load_records(db_session, document.case_id), document.sha256)
        fact = [record for record in records if (record.type, record.lot) == (kind, document.lot)][-1]
        first = StoredFile.case_id == document.case_id, StoredFile.sha256 == fact.payload[member]
        rendered_at = db_session.scalars(select(StoredFile.created_at).where(*first)).one()
    case = _folded(document.case_id, records[: fact.seq])
    make: Callable[..., Any] = MAKERS[document.kind]
    if kind == "ReportSealed":
        make = partial(make, report_sha256=fact.payload["sealed_sha256"])
    told = [record for record in records[: fact.seq] if record.lot == document.lot]
    content = make(platform, case, document.lot, told if kind == "ReportPrepared" else rendered_at, lang)
    heading = replace(
        content.heading,
        marking=listed([sentence("copy_marking", {}, lang), content.heading.marking], lang),
        digest=sentence("copy_digest", {"sha256": document.sha256}, lang),
    )
    blank = {name: nothing for name, nothing in TO_BE_SIGNED.items() if hasattr(content, name)}
    unsigned = replace(content, heading=heading, **blank)
    pdf = in_native_thread(partial(platform.renderer.render, unsigned, lang=lang))
    return saved_as(case, document, lang, copy=True), pdf


def _until_sealed(records: list[Record], sha256: str) -> list[Record]:
    """Of a version that was rechecked since, or an evaluation that another committee's came after, the records up to
    its seal; else all of them."""
    for place, record in enumerate(records):
        named = (record.payload.get("sealed_sha256"), record.payload.get("statement_sha256"))
        if record.type in ("ReportSealed", "FailureRecordSealed") and sha256 in named:
            return records[: place + 1]
    return records


def _folded(case_id: str, records: list[Record]) -> Case:
    return reduce(Case.apply, records, Case(case_id))
