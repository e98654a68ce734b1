"""What the data attached to a sealed document must be: a function of the log, by the kind of the document."""

from __future__ import annotations

from collections.abc import Iterable

from app.casefile.case import Case
from app.casefile.failure_record import FAILURE_ATTACHMENT, recorded_failure
from app.casefile.opening_data import OPENING_ATTACHMENT, opening_data
from app.casefile.record import Record
from app.casefile.report_data import REPORT_ATTACHMENT, recorded_report
from app.casefile.signing_statement import ATTACHMENT, recorded_statement
from crypto.canonical import Json

ATTACHED = {
    "record": OPENING_ATTACHMENT,
    "report": REPORT_ATTACHMENT,
    "statement": ATTACHMENT,
    "failure": FAILURE_ATTACHMENT,
}


def data_of(kind: str, case: Case, records: Iterable[Record], named: Record) -> Json:
    """The data of the document of a `kind` that a record names; `records` are those of its lot.

    Raises KeyError for a kind that carries none.
    """
    if kind == "record":
        return opening_data(named.case_id, named.lot, case.lots[named.lot])
    if kind == "report":
        return recorded_report(records, named, case.tender.published.profile.recording)
    return {"statement": recorded_statement, "failure": recorded_failure}[kind](records, named)
