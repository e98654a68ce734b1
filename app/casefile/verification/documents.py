"""The documents: the bytes that the log names, sealed last, signed by the seats' keys. The profile, by its digest."""

from __future__ import annotations

import dataclasses
import hashlib

from app.casefile.codec import encode
from app.casefile.document_data import ATTACHED, data_of
from app.casefile.failure_record import FAILURE_ATTACHMENT, agrees_with_log, recorded_failure
from app.casefile.record import Record
from app.casefile.rounds_of_evaluation import latest_evaluation
from app.casefile.signing_statement import recorded_statement
from app.casefile.verification.evidence import Evidence
from app.casefile.verification.findings import Findings, failed, held, not_covered
from app.casefile.verification.log import NamedDocument, documents_named
from crypto import pdf as signed_pdf
from crypto.canonical import canonical, digest, parse
from crypto.errors import CryptoError
from evaluation.sitting import BoothChanged, MemberIdentified, RecheckOrdered, ReportSigned

SEAL_FIELD = "Seal"


def seat_field(seat: int) -> str:
    """The signature field of a seat in the report."""
    return f"Member{seat}"


def check_documents(evidence: Evidence) -> Findings:
    """Opening records, evaluation reports, statements on signing, and records of evaluations without a result."""
    documents = 0
    for record in evidence.readable:
        for document in documents_named(record) if record.type != "BidsChecked" else ():  # a step of its own
            documents += 1
            yield from _check_document(evidence, record, document)
        if record.type == "ReportSealed":
            yield from _check_complete(evidence, record)
        if record.type in ("SittingFailed", "SittingAbandoned") and not _recorded(evidence, record.lot):
            yield not_covered("evidence_failure_unrecorded", lot=record.lot)
    yield held("evidence_documents_hold", documents=documents)


def _check_document(evidence: Evidence, record: Record, document: NamedDocument) -> Findings:
    name = document.name
    if name not in evidence.files:
        yield not_covered("evidence_document_absent", name=name)
        return
    pdf = evidence.files[name]
    if hashlib.sha256(pdf).hexdigest() != document.sha256:
        yield failed("evidence_file_differs", name=name)
        return
    if document.kind == "clarification":  # a bidder's own file, which nobody has to have sealed
        return
    verdict = signed_pdf.verify_pdf(pdf, evidence.roots, record.at)
    for reason in verdict.reasons:
        yield failed("evidence_document_wrong", name=name, field=reason.field, reason=reason.code)
    if document.kind == "report":
        yield from _check_members(evidence, record, name, verdict)
        yield from _check_log_data(evidence, record, document, pdf)
    elif document.kind == "record":
        yield from _check_opening(evidence, record, document, pdf)
    elif document.kind == "statement":
        yield from _check_log_data(evidence, record, document, pdf)
    elif document.kind == "failure":
        yield from _check_failure(evidence, record, name, pdf)


def _check_complete(evidence: Evidence, sealed: Record) -> Findings:
    """A statement stands beside the report where the log says that somebody dissented or did not sign."""
    terms = evidence.case.tender.terms
    if sealed.fact.statement_sha256 or terms is None or terms.profile.refusal_after is None:
        return
    seats = recorded_statement(evidence.of_lot(sealed.lot), sealed)["seats"]
    if any("dissent" in seat or "refusal" in seat for seat in seats):
        yield failed("evidence_statement_missing", lot=sealed.lot)


def _recorded(evidence: Evidence, lot: str) -> bool:
    return any(record.type == "FailureRecordSealed" for record in evidence.of_lot(lot))


def _check_opening(evidence: Evidence, record: Record, document: NamedDocument, pdf: bytes) -> Findings:
    state = evidence.case.lots[record.lot]
    if state.opening.opened.keys() <= state.bidding.submissions.keys():
        yield from _check_log_data(evidence, record, document, pdf)
    else:
        yield not_covered("evidence_bids_hidden", lot=record.lot)


def _check_failure(evidence: Evidence, record: Record, name: str, pdf: bytes) -> Findings:
    """It says of the failed evaluation what the log says, computed again."""
    try:
        stated = signed_pdf.attached_file(pdf, FAILURE_ATTACHMENT)
        if not agrees_with_log(parse(stated), recorded_failure(evidence.of_lot(record.lot), record), evidence.hidden):
            yield failed("evidence_failure_differs", name=name)
    except CryptoError as exc:
        yield failed("evidence_document_wrong", name=name, field=FAILURE_ATTACHMENT, reason=exc.code)


def _check_log_data(evidence: Evidence, record: Record, document: NamedDocument, pdf: bytes) -> Findings:
    """The data that a document carries are, byte for byte, those that the log determines; their digest is that which
    the paper shows beside its code."""
    expected = data_of(document.kind, evidence.case, evidence.of_lot(record.lot), record)
    name, attachment = document.name, ATTACHED[document.kind]
    try:
        stated = signed_pdf.attached_file(pdf, attachment)
    except CryptoError as exc:
        yield failed("evidence_document_wrong", name=name, field=attachment, reason=exc.code)
        return
    if stated != canonical(expected):
        yield failed("evidence_data_differ", name=name, attachment=attachment)
    yield held("evidence_data_digest", name=name, attachment=attachment, sha256=digest(expected))


def _check_members(evidence: Evidence, sealed: Record, name: str, verdict: signed_pdf.PdfVerdict) -> Findings:
    """Exactly the seats that signed in the log have signed the paper, each with the key that counted for it then."""
    keys: dict[int, str] = {}
    due: dict[str, str] = {}
    for record in latest_evaluation(one for one in evidence.of_lot(sealed.lot) if one.seq <= sealed.seq):
        if isinstance(record.fact, RecheckOrdered):  # what was signed before belongs to the version before
            keys, due = {}, {}
        elif isinstance(record.fact, MemberIdentified | BoothChanged):
            keys[record.fact.seat] = record.fact.key_id
        elif isinstance(record.fact, ReportSigned):
            due[seat_field(record.fact.seat)] = keys.get(record.fact.seat, "")
    found = {signature.field: signature.key_id for signature in verdict.signatures if signature.field != SEAL_FIELD}
    for field in sorted(due.keys() | found.keys()):
        if due.get(field) != found.get(field):
            yield failed("evidence_document_wrong", name=name, field=field, reason="pdf_signer_not_of_the_seat")


def check_profile(evidence: Evidence) -> Findings:
    """Which rule book the case ran under, and whether it is the one that this program ships under that name."""
    if evidence.case.tender.terms is None:
        return
    profile = evidence.case.tender.terms.profile
    facts = {"profile": profile.name, "version": profile.version, "digest": digest(encode(profile))}
    known = [p for p in evidence.profiles if (p.name, p.version) == (profile.name, profile.version)]
    if not known:
        yield not_covered("evidence_profile_unknown", **facts)
        return
    for field in dataclasses.fields(profile):
        if getattr(profile, field.name) != getattr(known[0], field.name):
            yield failed("evidence_profile_differs", **facts, field=field.name)
    yield held("evidence_profile_known", **facts)
