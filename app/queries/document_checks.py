"""Which sealed document a digest belongs to: for whoever holds a paper with a code on it, or the file itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.casefile.document_data import ATTACHED, data_of
from app.casefile.record import Record
from app.casefile.verification.log import documents_named
from app.queries.cases import load_besides_bids
from crypto.canonical import digest


@dataclass(frozen=True)
class SealedDocument:
    """A sealed document that a digest names: by its attached data (`attachment`, else "") or as the file itself.

    `overtaken`: the evaluation of which it tells has been taken up again since, by a recheck or another committee.
    """

    kind: str
    sealed_at: datetime
    sha256: str
    attachment: str
    overtaken: bool


def sealed_document(db_session: DbSession, case: Case, lot: str, sha256: str) -> SealedDocument | None:
    """The document of a lot with this digest, the latest first; None for one that is not sealed, as for none at all.

    Nothing is listed: that there is a statement on signing, say, is for those who read the report (ADR 0084).
    """
    records = [record for record in load_besides_bids(db_session, case.id) if record.lot == lot]
    for record in reversed(records):
        for document in documents_named(record):
            if document.kind not in ATTACHED:
                continue
            overtaken = _overtaken(document.kind, records, record)
            named = SealedDocument(document.kind, record.at, document.sha256, "", overtaken)
            if document.sha256 == sha256:
                return named
            if digest(data_of(document.kind, case, records, record)) == sha256:
                return replace(named, attachment=ATTACHED[document.kind])
    return None


def _overtaken(kind: str, records: list[Record], sealed: Record) -> bool:
    later = (record for record in records if record.seq > sealed.seq)
    return kind != "record" and any(record.type in ("RecheckOrdered", "NewCommitteeOrdered") for record in later)
