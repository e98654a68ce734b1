"""An evaluation that fails or is given up: everybody concerned is told why, and the centre seals a record of it."""

from __future__ import annotations

from datetime import datetime

from app.casefile.case import Case
from app.casefile.document_data import failure_name
from app.casefile.failure_record import FAILURE_ATTACHMENT, recorded_failure
from app.casefile.rounds_of_evaluation import latest_evaluation
from app.database import in_native_thread
from app.queries.cases import load_case, load_records
from app.services.acts import Act, Answer, completes
from app.services.closed_booths import close_booths
from app.services.corrections import tell_dissenters
from app.services.documents import seal_document, store_document
from app.services.failure_content import ended_evaluation
from app.services.notices import SERVING, tell_role
from app.services.platform import Platform
from app.services.reports import conclude_ties, schedule_due
from app.services.unit_of_work import UnitOfWork, unit_of_work
from crypto.canonical import canonical
from evaluation.sitting import COMPETITION_LACKING, TOO_FEW_BRANDS, FailureRecordSealed, failed_below
from evaluation.sitting.stages import Stage

TOLD_AS = {COMPETITION_LACKING: "competition_lacking", TOO_FEW_BRANDS: "too_few_brands"}  # the notice of a failure


@completes("BidsReviewed")
def review_bids(act: Act) -> Answer:
    """The last review may leave too few valid bids. Where nothing is scored after it, or it was held again after the
    last lock, results may stand with it: then as after a lock."""
    sitting = act.work.case.lots[act.lot].sitting
    if sitting.stage is Stage.FAILED:
        tell_of_failure(act.work, act.lot)
    elif sitting.result is not None:
        tell_dissenters(act.work, act.lot)
        conclude_ties(act.work, act.lot)
        schedule_due(act.work, act.lot, str(act.work.size))
    return {}


def tell_of_failure(work: UnitOfWork, lot: str) -> None:
    """The lot has failed: everybody who serves it or bid is told, and its record is due."""
    state, terms = work.case.lots[lot], work.case.tender.published
    sitting = state.sitting
    figures = {"valid": len(sitting.valid), "brands": sitting.bidders_counted, "least": failed_below(sitting)}
    facts = {"title": terms.title, "lot": lot, **figures}
    why = TOLD_AS.get(sitting.failure, "evaluation_failed")
    for party, role in SERVING:
        tell_role(work, getattr(terms.parties, party).id, role, why, **facts)
    for submission in state.bidding.live:
        work.notify(submission.by, f"{why}_bidder", **facts)
    work.schedule("seal_failure_record", work.now, lot=lot, detail=str(work.size))


def _due(case: Case, lot: str) -> bool:
    sitting = case.lots[lot].sitting
    return sitting.stage in (Stage.FAILED, Stage.ABANDONED) and not sitting.failure_sha256


def seal_failure_record(platform: Platform, case_id: str, lot: str) -> None:
    """Make the record from the case file, seal and keep it; nothing happens where it is there, or nothing ended so."""
    with platform.database.reading() as db_session:
        case = load_case(db_session, case_id)
        now = platform.database.now(db_session.connection())
    if not _due(case, lot):
        return
    pdf = in_native_thread(render_failure_record, platform, case, lot, now)
    with unit_of_work(platform.database, case_id, lot) as work:
        if not _due(work.case, lot):
            return
        committee = work.case.lots[lot].sitting.committee
        sha256 = store_document(platform, work, lot, "failure", failure_name(lot, committee), pdf)
        work.conclude(FailureRecordSealed(sha256, committee), lot)
        work.schedule("compute_fees", work.now, lot=lot)
        close_booths(work, lot)


def render_failure_record(platform: Platform, case: Case, lot: str, now: datetime) -> bytes:
    """评审情况记录（流标、终止） as PDF with its data attached, under the centre's seal."""
    with platform.database.reading() as db_session:
        records = latest_evaluation(record for record in load_records(db_session, case.id) if record.lot == lot)
    content = ended_evaluation(platform, case, lot, now, "zh")
    attached = {FAILURE_ATTACHMENT: canonical(recorded_failure(records))}
    pdf = platform.renderer.render(content, attachments=attached)
    return seal_document(platform, pdf, content.heading.centre, "评标专用", now)
