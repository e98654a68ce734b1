"""Which sealed document a digest belongs to: for whoever holds a paper with a code on it, or the file itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.casefile.document_data import ATTACHED, data_of
from app.casefile.verification.log import documents_named
from app.queries.cases import load_besides_bids
from crypto.canonical import digest


@dataclass(frozen=True)
class SealedDocument:
    """A sealed document that a digest names: by its attached data (`attachment`, else "") or as the file itself."""

    kind: str
    sealed_at: datetime
    sha256: str
    attachment: str


def sealed_document(db_session: DbSession, case: Case, lot: str, sha256: str) -> SealedDocument | None:
    """The document of a lot with this digest, the latest first; None for one that is not sealed, as for none at all.

    Nothing is listed: that there is a statement on signing, say, is for those who read the report (ADR 0084).
    """
    records = [record for record in load_besides_bids(db_session, case.id) if record.lot == lot]
    for record in reversed(records):
        for document in documents_named(record):
            if document.kind not in ATTACHED:
                continue
            if document.sha256 == sha256:
                return SealedDocument(document.kind, record.at, document.sha256, "")
            if digest(data_of(document.kind, case, records, record)) == sha256:
                return SealedDocument(document.kind, record.at, document.sha256, ATTACHED[document.kind])
    return None
