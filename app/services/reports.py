"""The evaluation report: rendered from the sitting, signed by each member's own key, sealed last by the centre."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.casefile.document_data import report_name, statement_name
from app.casefile.record import Record
from app.casefile.report_data import REPORT_ATTACHMENT, report_data
from app.casefile.signing_statement import ATTACHMENT, statement_data
from app.casefile.ties import ties_due
from app.database import in_native_thread
from app.models import Certificate, PendingSignature
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.procedure.signing import seal_from, tally
from app.queries.cases import load_case, load_records
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.acts import Act, Answer, Proposal, completes, prepares
from app.services.closed_booths import close_booths
from app.services.corrections import tell_authority, tell_dissenters
from app.services.documents import latest_document, seal_document, store_document, timestamper
from app.services.notices import SERVING, tell_role
from app.services.platform import Platform
from app.services.report_content import field_name, report_content, signing_statement, signs_as
from app.services.ticks import check_vouched
from app.services.unit_of_work import UnitOfWork, plain_transaction, unit_of_work
from crypto import pdf as signed_pdf
from crypto.canonical import canonical
from evaluation.sitting import (
    TRANSITIONS,
    ReportPrepared,
    ReportSealed,
    ScoreSheetLocked,
    awaited_correction,
    check_answered,
    check_running,
    unconfirmed,
    unexplained,
)
from evaluation.sitting.stages import Stage


@completes("ScoreSheetLocked", "CorrectionRefused", "CorrectionWithdrawn")
def settle_sheets(act: Act) -> Answer:
    """Once the sheets stand equal bids are drawn, as the opening fixed it, and the report is due, unless a correction
    is awaited: then after that lock, or the answer. Of an answer the authority is told, of new results who dissented
    from earlier ones."""
    if not isinstance(act.fact, ScoreSheetLocked):
        tell_authority(act)
    else:
        tell_dissenters(act.work, act.lot)
    conclude_ties(act.work, act.lot)
    if _due(act.work.case, act.lot):
        act.work.schedule("prepare_report", act.work.now, lot=act.lot, detail=str(act.record.seq))
    return {}


def conclude_ties(work: UnitOfWork, lot: str) -> None:
    """Equal bids are drawn as soon as their results stand."""
    if (ties := ties_due(work.case, lot)) is not None:
        work.conclude(ties, lot)


def _due(case: Case, lot: str) -> bool:
    """Results stand without a report, or with one that nobody has signed and that lacks a dissent; what is being voted
    on is decided before, prices are explained and confirmed, and a recheck is answered."""
    sitting = case.lots[lot].sitting
    lacking = sitting.stage is Stage.RESULTS or (sitting.stage is Stage.REPORT and bool(sitting.unreported))
    waits = awaited_correction(sitting) is not None or sitting.put is not None or bool(unexplained(sitting))
    waits = waits or bool(unconfirmed(sitting))
    waits = waits or bool(sitting.recheck and not sitting.recheck_answer)
    return lacking and sitting.suspended is None and not waits


def schedule_due(work: UnitOfWork, lot: str, detail: str) -> None:
    """What a sitting that goes on waits for from the platform: its report, or the seal."""
    sitting = work.case.lots[lot].sitting
    if _due(work.case, lot):
        work.schedule("prepare_report", work.now, lot=lot, detail=detail)
    elif _sealable(work.case, lot):
        _schedule_seal(work, lot)
    elif sitting.empty:
        work.schedule("convene_sitting", work.now, lot=lot, detail=detail)


def prepare_report(platform: Platform, case_id: str, lot: str) -> None:
    """Render the report once the results stand; nothing happens when it was done, the stage is another, or a sheet is
    to be corrected first, since its lock has the report prepared again.

    Raises RuleViolation `turn_not_vouched`.
    """
    with platform.database.reading() as db_session:
        case = load_case(db_session, case_id)
        records = lot_records(db_session, case_id, lot)
        if not _due(case, lot):
            return
        check_vouched(db_session, case, lot, "ResultsComputed")
    pdf = in_native_thread(render_report, platform, case, lot, records)
    with unit_of_work(platform.database, case_id, lot) as work:
        if not _due(work.case, lot):
            return
        if lot_records(work.db_session, case_id, lot, after=records[-1].seq):  # somebody dissented, or it went on
            schedule_due(work, lot, str(work.size))
            return
        name = report_name(lot, work.case.lots[lot].sitting.version)
        sha256 = store_document(platform, work, lot, "report", name, pdf)
        work.conclude(ReportPrepared(sha256), lot)
        schedule_due(work, lot, str(work.size))


def lot_records(db_session: DbSession, case_id: str, lot: str, after: int = -1) -> list[Record]:
    """The records of a lot above a number, of all its evaluations."""
    return [record for record in load_records(db_session, case_id, after) if record.lot == lot]


def render_report(platform: Platform, case: Case, lot: str, records: Sequence[Record]) -> bytes:
    """评标报告 as PDF with its data attached, from the lot's records before it and the case as they left it: the same
    bytes whenever it is made again."""
    data = canonical(report_data(records, case.tender.published.profile.recording))
    content = report_content(platform, case, lot, records, "zh")
    return platform.renderer.render(content, attachments={REPORT_ATTACHMENT: data})


@dataclass(frozen=True)
class SignatureRequest:
    """What a booth signs: the signed attributes (DER) of its own field, and the document that they speak of."""

    report_sha256: str
    field: str
    to_sign: str
    document: str


def request_signature(platform: Platform, log_in: LogIn, case_id: str, lot: str) -> SignatureRequest:
    """Prepare the report for the booth's own signature, on top of what others have signed so far.

    Raises RuleViolation `report_missing`, `sitting_already_done`, `correction_unanswered`.
    """
    with platform.database.reading() as db_session:
        actor, case = load_actor(db_session, log_in.account_id, log_in.seat), load_case(db_session, case_id)
        authorize(actor, Action.REPORT_SIGN, case, lot)
        seat, sitting = actor.seat_in(case_id, lot), case.lot(lot).sitting
        report = latest_document(db_session, case_id, lot, "report")
        now = platform.database.now(db_session.connection())
        pem = db_session.scalars(
            select(Certificate.pem).where(Certificate.scope == log_in.seat, Certificate.revoked_at.is_(None))
        ).one()
    assert seat is not None
    check_running(sitting)
    if report is None or sitting.stage not in (Stage.REPORT, Stage.SIGNING):
        raise RuleViolation("report_missing")
    if seat in sitting.signed:
        raise RuleViolation("sitting_already_done", seat=seat, act="signed")
    check_answered(sitting)
    appearance = platform.renderer.signature_appearance(actor.name, signs_as(case, lot, seat, "zh"), now)
    prepared = in_native_thread(_prepare, platform, report.blob, seat, pem, now, appearance)
    with plain_transaction(platform.database) as (db_session, now):
        mine = PendingSignature.case_id == case_id, PendingSignature.lot == lot, PendingSignature.seat == seat
        row = db_session.scalar(select(PendingSignature).where(*mine))
        if row is None:
            row = PendingSignature(id=secrets.token_hex(16), case_id=case_id, lot=lot, seat=seat)
            db_session.add(row)
        row.base_sha256, row.created_at = report.sha256, now
        row.state, row.to_sign = prepared.state, prepared.to_sign
    to_sign = base64.b64encode(prepared.to_sign).decode()
    document = base64.b64encode(prepared.document).decode()
    return SignatureRequest(sitting.report_sha256, field_name(seat), to_sign, document)


def _prepare(
    platform: Platform, blob: str, seat: int, pem: str, now: datetime, appearance: bytes
) -> signed_pdf.Prepared:
    return signed_pdf.prepare_signature(
        platform.blobs.get(blob),
        field=field_name(seat),
        certificate_pem=pem,
        chain_pems=[platform.keys.authority.certificate_pem],
        signed_at=now,
        appearance=appearance,
    )


@dataclass(frozen=True)
class SignedReport:
    """A report with one more signature, and the one that it was made from."""

    pdf: bytes
    base_sha256: str
    pending: str


@prepares("ReportSigned")
def finish_report_signature(platform: Platform, log_in: LogIn, proposal: Proposal) -> SignedReport:
    """Put the booth's signature into the PDF, outside the transaction.

    Raises RuleViolation `signature_not_prepared`.
    """
    seat = int(log_in.seat.rpartition("#")[2] or 0)
    raw = proposal.attachments.get("pdf_signature", b"")
    if hashlib.sha256(raw).hexdigest() != proposal.payload["signature_sha256"]:
        raise RuleViolation("object_has_changed", expected=proposal.payload["signature_sha256"][:12], stated="pdf")
    with platform.database.reading() as db_session:
        query = select(PendingSignature).where(
            PendingSignature.case_id == proposal.case_id,
            PendingSignature.lot == proposal.lot,
            PendingSignature.seat == seat,
        )
        row = db_session.scalar(query)
    if row is None:
        raise RuleViolation("signature_not_prepared")
    pdf = in_native_thread(signed_pdf.finish_signature, row.state, raw, timestamper(platform))
    return SignedReport(pdf, row.base_sha256, row.id)


@completes("ReportSigned")
def sign_report(act: Act) -> Answer:
    """The signed revision becomes the report, unless somebody else signed meanwhile: then it is prepared again."""
    signed: SignedReport = act.prepared
    db_session, case_id = act.work.db_session, act.work.case.id
    report = latest_document(db_session, case_id, act.lot, "report")
    if report is None or report.sha256 != signed.base_sha256:
        raise RuleViolation("report_moved_on")
    store_document(act.platform, act.work, act.lot, "report", report.name, signed.pdf)
    db_session.delete(db_session.get_one(PendingSignature, signed.pending))
    return _after_settling(act)


@completes("DissentRecorded", "RefusalRecorded")
def settle_member(act: Act) -> Answer:
    """A dissent before anybody has signed has the report prepared anew: it is to state it."""
    if _due(act.work.case, act.lot):
        schedule_due(act.work, act.lot, str(act.work.size))
    return _after_settling(act)


def _after_settling(act: Act) -> Answer:
    sitting = act.work.case.lots[act.lot].sitting
    if not sitting.waiting(sitting.settled):
        _schedule_seal(act.work, act.lot)
    return {}


def _schedule_seal(work: UnitOfWork, lot: str) -> None:
    due = seal_from(work.case.lots[lot].signing, work.case.tender.published.profile)
    work.schedule("seal_report", max(due or work.now, work.now), lot=lot, detail=str(work.size))


def _sealable(case: Case, lot: str) -> bool:
    """Settled by every member, not sealed yet, no correction or report awaited, and not standing still."""
    sitting = case.lots[lot].sitting
    open_to = (sitting.stage, ReportSealed) in TRANSITIONS
    open_to = open_to and not (sitting.sealed_sha256 or sitting.suspended or sitting.requests)
    return open_to and not sitting.waiting(sitting.settled) and not _due(case, lot)


@dataclass(frozen=True)
class Sealed:
    """The report under its seal, and the statement on signing that goes with it (b"" for none)."""

    report: bytes
    statement: bytes

    @property
    def statement_sha256(self) -> str:
        return hashlib.sha256(self.statement).hexdigest() if self.statement else ""


def _seal(platform: Platform, case: Case, lot: str, pdf: bytes, now: datetime) -> Sealed:
    """Both documents: a statement where somebody dissented or did not sign."""
    parties, state = case.tender.parties, case.lots[lot]
    assert parties is not None
    report = seal_document(platform, pdf, parties.centre.name, "评标专用", now)
    if not state.sitting.explained:
        return Sealed(report, b"")
    sha256 = hashlib.sha256(report).hexdigest()
    data = statement_data(case.id, lot, state.sitting.seats, state.signing, sha256)
    content = signing_statement(platform, case, lot, now, "zh", sha256)
    statement = platform.renderer.render(content, attachments={ATTACHMENT: canonical(data)})
    return Sealed(report, seal_document(platform, statement, parties.centre.name, "评标专用", now))


def seal_report(platform: Platform, case_id: str, lot: str) -> None:
    """The centre's seal, once every member has signed, dissented or is recorded as refusing; the sitting closes.

    Whoever is recorded as refusing has had its time; where somebody acted meanwhile, it is made again.
    """
    with platform.database.reading() as db_session:
        case = load_case(db_session, case_id)
        report = latest_document(db_session, case_id, lot, "report")
        now = platform.database.now(db_session.connection())
    if report is None or not _sealable(case, lot):
        return
    sealed = in_native_thread(_seal, platform, case, lot, platform.blobs.get(report.blob), now)
    with unit_of_work(platform.database, case_id, lot) as work:
        if not _sealable(work.case, lot):
            return
        state, due = work.case.lots[lot], seal_from(work.case.lots[lot].signing, work.case.tender.published.profile)
        if state.signing != case.lots[lot].signing or (due is not None and work.now < due):
            _schedule_seal(work, lot)
            return
        sha256 = store_document(platform, work, lot, "report", report.name, sealed.report)
        if sealed.statement:
            name = statement_name(lot, state.sitting.version)
            store_document(platform, work, lot, "statement", name, sealed.statement)
        work.conclude(ReportSealed(sha256, sealed.statement_sha256, state.sitting.version), lot)
        work.schedule("compute_fees", work.now, lot=lot)
        close_booths(work, lot)
        _tell_without_majority(work, lot)


def _tell_without_majority(work: UnitOfWork, lot: str) -> None:
    """Everybody who serves the case is told that nothing may be awarded on what most members dissent from."""
    counts, terms = tally(work.case.lots[lot].sitting), work.case.tender.published
    if not counts.without_majority:
        return
    facts = {"title": terms.title, "lot": lot, "members": counts.members, "dissented": counts.dissented}
    for party, role in SERVING:
        tell_role(work, getattr(terms.parties, party).id, role, "result_without_majority", **facts)
