"""What a sealed document is called, and what the data attached to it must be: functions of the log, by its kind."""

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


def report_name(lot: str, version: int | None) -> str:
    """The file of an evaluation report; `version` as `ReportSealed` has it: None for the first."""
    return f"evaluation-report-{_which(lot, version)}.pdf"


def statement_name(lot: str, version: int | None) -> str:
    """The file of the statement on signing that goes with that version of the report."""
    return f"signing-statement-{_which(lot, version)}.pdf"


def failure_name(lot: str, committee: int) -> str:
    """The file of the record of an evaluation without a result; `committee`: whose, counted from 1."""
    return f"failed-evaluation-{_which(lot, committee if committee > 1 else None)}.pdf"


def _which(lot: str, number: int | None) -> str:
    return lot if number is None else f"{lot}-{number}"


def data_of(kind: str, case: Case, records: Iterable[Record], named: Record) -> Json:
    """The data of the document of a `kind` that a record names; `records` are those of its lot.

    Raises KeyError for a kind that carries none.
    """
    if kind == "record":
        return opening_data(named.case_id, named.lot, case.lots[named.lot])
    if kind == "report":
        return recorded_report(records, named, case.tender.published.profile.recording)
    return {"statement": recorded_statement, "failure": recorded_failure}[kind](records, named)
