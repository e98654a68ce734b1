"""The check of opened bids (清标): every finding computed again from what was read of the bids.

Prices, forms and digests of files are those of the log, priced lists those of the sealed bids where the bundle has
them. Text and properties of PDFs are believed as recorded: their digests say of which files.
"""

from __future__ import annotations

import hashlib
import io

from app.casefile.bid_readings import differing, findings_of
from app.casefile.bundle import submission_folder
from app.casefile.codec import decode
from app.casefile.record import Record
from app.casefile.sealing import context_of
from app.casefile.verification.evidence import Evidence
from app.casefile.verification.findings import Findings, failed, held, not_covered
from app.casefile.verification.log import documents_named
from crypto.canonical import parse
from crypto.envelope import context_hash, open_bid
from crypto.package import read_package
from evaluation.bid_checks import FILE_NAME, BidReading, Readings, rows_of


def check_bid_checks(evidence: Evidence) -> Findings:
    """Readings are the ones that the log names, agree with it, and lead to the findings that it holds."""
    lots = 0
    for record in evidence.readable:
        if record.type == "BidsChecked":
            lots += 1
            yield from _check(evidence, record)
    yield held("evidence_bid_checks_hold", lots=lots)


def _check(evidence: Evidence, record: Record) -> Findings:
    (named,) = documents_named(record)
    data = evidence.files.get(named.name)
    if data is None:
        yield not_covered("evidence_document_absent", name=named.name)
        return
    if hashlib.sha256(data).hexdigest() != named.sha256:
        yield failed("evidence_file_differs", name=named.name)
        return
    readings = decode(Readings, parse(data))
    for field in differing(evidence.case, record.lot, readings):
        yield failed("evidence_readings_differ", lot=record.lot, field=field)
    for bid in readings.bids:
        sealed = evidence.files.get(f"{submission_folder(bid.bid)}/bid.age")
        if sealed is not None and not _same_list(evidence, record.lot, bid, sealed):
            yield failed("evidence_readings_differ", lot=record.lot, field=f"{bid.bid}/{FILE_NAME}")
    if findings_of(evidence.case, record.lot, readings) != record.fact.findings:
        yield failed("evidence_bid_checks_differ", lot=record.lot)


def _same_list(evidence: Evidence, lot: str, reading: BidReading, sealed: bytes) -> bool:
    """Whether the cells of a bid's priced list are those of the list in the sealed bid."""
    state = evidence.case.lots[lot]
    opened, submission = state.opening.opened[reading.bid], state.bidding.submissions[reading.bid]
    if not any(file.path == FILE_NAME for file in opened.files):
        return not reading.priced_list and not reading.rows
    context = context_of(evidence.origin, evidence.case, lot, opened.bidder, submission.fact.recipient)
    plain = io.BytesIO()
    open_bid(io.BytesIO(sealed), plain, opened.identity, context_hash(context))
    plain.seek(0)
    found: dict[str, bytes] = {}
    for file in read_package(plain).files:
        if file.entry.path == FILE_NAME:
            found[file.entry.path] = b"".join(file.chunks)
    expected = (FILE_NAME, rows_of(found[FILE_NAME])) if found else ("", ())
    return (reading.priced_list, reading.rows) == expected
