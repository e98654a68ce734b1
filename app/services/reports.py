"""The evaluation report: rendered from the sitting, signed by each member's own key, sealed last by the centre."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.casefile.codec import encode
from app.database import in_native_thread
from app.documents.content import (
    BidScores,
    Criterion,
    CriterionScores,
    DissentStatement,
    EvaluationReport,
    InvalidBid,
    Member,
    QualificationResult,
    RecommendedCandidate,
    ScoredBid,
    Signatory,
)
from app.messages import sentence
from app.models import Certificate, PendingSignature, Site
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.queries.cases import load_case, load_records
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.acts import Act, Answer, Proposal, completes, prepares
from app.services.documents import (
    heading,
    latest_document,
    lot_terms,
    opened_bids,
    seal_document,
    store_document,
    timestamper,
)
from app.services.platform import Platform
from app.services.sittings import member_account
from app.services.unit_of_work import plain_transaction, unit_of_work
from crypto.canonical import canonical, digest
from crypto.pdf import Prepared, finish_signature, prepare_signature
from evaluation.committee import MemberRole
from evaluation.sitting import ReportPrepared, ReportSealed
from evaluation.sitting.state import SittingState, Stage

CAPACITY = {MemberRole.EXPERT: "评审专家", MemberRole.BUYER: "采购人代表"}


def field_name(seat: int) -> str:
    """The signature field of a seat."""
    return f"Member{seat}"


@completes("ScoreSheetLocked")
def lock_scores(act: Act) -> Answer:
    """After the last lock the report is due."""
    if act.work.case.lots[act.lot].sitting.stage is Stage.RESULTS:
        act.work.schedule("prepare_report", act.work.now, lot=act.lot, detail=act.record.payload_sha256[:16])
    return {}


def prepare_report(platform: Platform, case_id: str, lot: str) -> None:
    """Render the report once the results stand; nothing happens when it was done or the stage is another."""
    with platform.database.reading() as db_session:
        case = load_case(db_session, case_id)
        now = platform.database.now(db_session.connection())
    if case.lots[lot].sitting.stage is not Stage.RESULTS:
        return
    pdf = in_native_thread(render_report, platform, case, lot, now)
    with unit_of_work(platform.database, case_id, lot) as work:
        if work.case.lots[lot].sitting.stage is not Stage.RESULTS:
            return
        sha256 = store_document(platform, work, lot, "report", f"evaluation-report-{lot}.pdf", pdf)
        work.conclude(ReportPrepared(sha256), lot)


def render_report(platform: Platform, case: Case, lot: str, now: datetime) -> bytes:
    """评标报告 as PDF, with the result as machine-readable attachment."""
    content = report_content(platform, case, lot, now)
    result = case.lots[lot].sitting.result
    data = {"case": case.id, "lot": lot, "result": encode(result), "sitting": content.sitting_digest}
    return platform.renderer.render(content, attachments={"report.json": canonical(data)})


def report_content(platform: Platform, case: Case, lot: str, now: datetime) -> EvaluationReport:
    """Every part that O87 art. 58 asks for, from the case as it stands."""
    state, terms, published = case.lots[lot], case.tender.published, lot_terms(case, lot)
    sitting, opening, parties = state.sitting, state.opening, case.tender.parties
    assert parties is not None
    assert opening.closed_at is not None
    with platform.database.reading() as db_session:
        members = _members(db_session, case, lot)
        started_at, sitting_digest, draw_digest = _sources(db_session, case, lot)
        sites = _site_names(db_session, sitting)
    names = {bid.bid: bid.bidder_name for bid in sitting.bids}
    rules = published.evaluation
    return EvaluationReport(
        heading=heading(case, lot, sitting_digest),
        media=platform.settings.base_url,
        published_at=case.tender.published_at or now,
        opened_at=opening.closed_at,
        opening_place=platform.settings.base_url,
        evaluation_started_at=started_at,
        evaluation_ended_at=now,
        evaluation_place="、".join(sites),
        budget=published.budget,
        ceiling=published.ceiling,
        method=terms.method,
        standard=sentence("report_standard", {"total": rules.criteria.total}, "zh"),
        price_formula=sentence(f"price_formula_{rules.price_rule.formula}", rules.price_rule.parameters, "zh"),
        averaging=sentence(f"averaging_{rules.scoring.aggregation}", {"places": rules.scoring.places}, "zh"),
        members=members,
        criteria=tuple(
            Criterion(c.name_zh, c.full, sentence(f"criterion_{c.kind}", {}, "zh"), _standard(c.step))
            for c in rules.criteria.criteria
        ),
        opened_bids=opened_bids(case, lot),
        qualification=tuple(
            QualificationResult(opening.opened[key].bidder_name, q.qualified, parties.agency.name, q.reason)
            for key, q in state.qualification.items()
        ),
        invalid_bids=tuple(
            InvalidBid(names[r.bid], "；".join(r.grounds), sentence("review_votes", {"votes": r.votes}, "zh"))
            for r in sitting.rejected
        ),
        scored_bids=_scored(sitting, names),
        sheets=_sheets(sitting, names),
        candidates=_candidates(sitting, names),
        clarifications=(),
        dissents=tuple(DissentStatement(str(seat), text, now) for seat, text in sitting.dissents.items()),
        member_changes=_member_changes(case, lot),
        notes=(sentence("note_silence_is_consent", {}, "zh"),),
        draw_digest=draw_digest,
        sitting_digest=sitting_digest,
        signatories=tuple(Signatory(field_name(int(m.seat)), m.name, m.capacity) for m in members),
    )


def _standard(step: Decimal) -> str:
    return sentence("criterion_step", {"step": step}, "zh")


def _members(db_session: DbSession, case: Case, lot: str) -> tuple[Member, ...]:
    sitting, found = case.lots[lot].sitting, []
    for seat in sorted(sitting.seats.values(), key=lambda s: s.number):
        account = member_account(db_session, case, lot, seat)
        site = db_session.get_one(Site, seat.site).name
        chair = seat.number == sitting.chair
        found.append(
            Member(str(seat.number), account.name, CAPACITY[seat.role], account.organisation.name, site, chair)
        )
    return tuple(found)


def _site_names(db_session: DbSession, sitting: SittingState) -> list[str]:
    ids = sorted({seat.site for seat in sitting.seats.values()})
    return [site.name for site in db_session.scalars(select(Site).where(Site.id.in_(ids)).order_by(Site.name))]


def _sources(db_session: DbSession, case: Case, lot: str) -> tuple[datetime, str, str]:
    """When the sitting opened; digests of its locked sheets and of the draw's last record."""
    records = [record for record in load_records(db_session, case.id) if record.lot == lot]
    opened_at = next(record.at for record in records if record.type == "SittingOpened")
    sheets = [record.payload_sha256 for record in records if record.type == "ScoreSheetLocked"]
    current = case.lots[lot].draw.current
    return opened_at, digest(sheets), current.record_sha256 if current else ""


def _scored(sitting: SittingState, names: dict[str, str]) -> tuple[ScoredBid, ...]:
    result = sitting.result
    assert result is not None
    seats = [str(number) for number in sorted(sitting.seats)]
    return tuple(
        ScoredBid(
            bidder=names[row.bid],
            bid_price=row.price,
            evaluated_price=row.price,
            price_score=row.price_score,
            price_working=_working(sitting, row.price),
            member_totals=tuple(row.member_totals[seat] for seat in seats),
            mean_total=row.total,
            rank=row.rank,
        )
        for row in result.bids
    )


def _working(sitting: SittingState, price: Decimal) -> str:
    result = sitting.result
    assert result is not None
    full = sitting.rules.evaluation.criteria.price.full
    facts = {"benchmark": result.price.benchmark, "price": price, "full": full}
    return sentence(f"price_working_{result.price.formula}", facts, "zh")


def _sheets(sitting: SittingState, names: dict[str, str]) -> tuple[BidScores, ...]:
    criteria, seats = sitting.rules.evaluation.criteria.scored, sorted(sitting.sheets)
    return tuple(
        BidScores(
            names[bid],
            tuple(CriterionScores(c.name_zh, tuple(sitting.sheets[s][bid][c.id] for s in seats)) for c in criteria),
        )
        for bid in sitting.valid
    )


def _candidates(sitting: SittingState, names: dict[str, str]) -> tuple[RecommendedCandidate, ...]:
    result = sitting.result
    assert result is not None
    rows = [result[bid] for bid in result.candidates]
    return tuple(RecommendedCandidate(row.rank, names[row.bid], row.price, row.total) for row in rows)


def _member_changes(case: Case, lot: str) -> tuple[str, ...]:
    rounds = case.lots[lot].draw.rounds
    return tuple(
        sentence("substitute_round", {"round": r.number, "reason": sentence(f"round_{r.reason}", {}, "zh")}, "zh")
        for r in rounds
        if r.number > 1
    )


@dataclass(frozen=True)
class SignatureRequest:
    """What a booth signs: the signed attributes (DER) of its own field, and the document that they speak of."""

    report_sha256: str
    field: str
    to_sign: str
    document: str


def request_signature(platform: Platform, log_in: LogIn, case_id: str, lot: str) -> SignatureRequest:
    """Prepare the report for the booth's own signature, on top of what others have signed so far.

    Raises RuleViolation `report_missing`, `sitting_already_done`.
    """
    with platform.database.reading() as db_session:
        actor, case = load_actor(db_session, log_in.account_id, log_in.seat), load_case(db_session, case_id)
        authorize(actor, Action.REPORT_SIGN, case, lot)
        seat, sitting = actor.seat_in(case_id, lot), case.lot(lot).sitting
        report = latest_document(db_session, case_id, lot, "report")
        now = platform.database.now(db_session.connection())
        pem = db_session.scalars(select(Certificate.pem).where(Certificate.scope == log_in.seat)).one()
        role = sitting.seats[seat].role if seat else MemberRole.EXPERT
    assert seat is not None
    if report is None or sitting.stage not in (Stage.REPORT, Stage.SIGNING):
        raise RuleViolation("report_missing")
    if seat in sitting.signed:
        raise RuleViolation("sitting_already_done", seat=seat, act="signed")
    appearance = platform.renderer.signature_appearance(actor.name, CAPACITY[role], now, str(seat))
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


def _prepare(platform: Platform, blob: str, seat: int, pem: str, now: datetime, appearance: bytes) -> Prepared:
    return prepare_signature(
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
    pdf = in_native_thread(finish_signature, row.state, raw, timestamper(platform))
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
    return _after_settling(act)


def _after_settling(act: Act) -> Answer:
    sitting = act.work.case.lots[act.lot].sitting
    if not sitting.waiting(sitting.settled):
        act.work.schedule("seal_report", act.work.now, lot=act.lot, detail=act.record.payload_sha256[:16])
    return {}


def seal_report(platform: Platform, case_id: str, lot: str) -> None:
    """The centre's seal, once every member has signed, dissented or is recorded as refusing; the sitting closes."""
    with platform.database.reading() as db_session:
        case = load_case(db_session, case_id)
        report = latest_document(db_session, case_id, lot, "report")
        now = platform.database.now(db_session.connection())
    sitting, parties = case.lots[lot].sitting, case.tender.parties
    if report is None or parties is None or sitting.sealed_sha256 or sitting.waiting(sitting.settled):
        return
    pdf = in_native_thread(
        seal_document, platform, platform.blobs.get(report.blob), parties.centre.name, "评标专用", now
    )
    with unit_of_work(platform.database, case_id, lot) as work:
        if work.case.lots[lot].sitting.sealed_sha256:
            return
        sha256 = store_document(platform, work, lot, "report", report.name, pdf)
        work.conclude(ReportSealed(sha256), lot)
