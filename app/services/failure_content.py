"""What the record of an evaluation without a result says, taken from the case as it stands."""

from __future__ import annotations

from datetime import datetime

from app.casefile.case import Case
from app.documents.brand_wording import brand_words
from app.documents.content import AbandonedEvaluation, FailedEvaluation
from app.documents.wording import Lang, instant
from app.messages import regime_words, sentence
from app.services.documents import heading, opened_bids
from app.services.platform import Platform
from app.services.report_competition import competition_of
from app.services.report_content import (
    draw_rounds,
    invalid_bids,
    members_of,
    qualification_of,
    records_of,
    site_names,
)
from app.services.report_course import changes_of, clarifications_of, interruptions_of, naming_of
from app.services.report_review import rollbacks_of, signed_reviews
from evaluation.sitting import (
    COMPETITION_LACKING,
    TOO_FEW_BRANDS,
    SittingAbandoned,
    SittingDecided,
    SittingFailed,
    SittingOpened,
    SittingOrdered,
    Stage,
)

REASONS = {COMPETITION_LACKING: "failure_reason_competition", TOO_FEW_BRANDS: "failure_reason_brands"}


def ended_evaluation(
    platform: Platform, case: Case, lot: str, now: datetime, lang: Lang
) -> FailedEvaluation | AbandonedEvaluation:
    """The record that is due: of a lot that failed, or of an evaluation that was given up."""
    given_up = case.lots[lot].sitting.stage is Stage.ABANDONED
    return (abandoned_evaluation if given_up else failed_evaluation)(platform, case, lot, now, lang)


def abandoned_evaluation(platform: Platform, case: Case, lot: str, now: datetime, lang: Lang) -> AbandonedEvaluation:
    """By whom and why the evaluation of a lot was given up. Raises StopIteration for a lot where it was not."""
    state = case.lots[lot]
    assert state.opening.closed_at is not None
    with platform.database.reading() as db_session:
        records = records_of(db_session, case, lot, now)
        named_sites = site_names(db_session, state.sitting)
    ended = next(record for record in records if isinstance(record.fact, SittingAbandoned))
    decided = [record for record in records if isinstance(record.fact, SittingOrdered | SittingDecided)][-1]
    by = "authority" if isinstance(decided.fact, SittingOrdered) else "agency"
    started = (record.at for record in records if isinstance(record.fact, SittingOpened))
    current = state.draw.current
    return AbandonedEvaluation(
        heading=heading(case, lot, "end", ended.payload_sha256, lang),
        opened_at=state.opening.closed_at,
        evaluation_started_at=next(started, None),
        abandoned_at=ended.at,
        stated_at=now,
        evaluation_place=("、" if lang == "zh" else ", ").join(sorted(named_sites.values())),
        decision=sentence(f"abandoned_by_{by}", {"at": instant(decided.at)}, lang),
        reason=ended.fact.reason,
        members=len(state.sitting.seats),
        naming=naming_of(records, lang),
        opened_bids=opened_bids(case, lot, lang),
        qualification=qualification_of(case, lot),
        member_changes=changes_of(records, lang),
        notes=(*interruptions_of(records, named_sites, lang), *draw_rounds(case, lot, lang)),
        draw_digest=current.record_sha256 if current else "",
    )


def failed_evaluation(platform: Platform, case: Case, lot: str, now: datetime, lang: Lang) -> FailedEvaluation:
    """Why a lot failed in its evaluation, and all that was found until then.

    Raises StopIteration for a lot that did not.
    """
    state, profile = case.lots[lot], case.tender.published.profile
    sitting, opening = state.sitting, state.opening
    assert opening.closed_at is not None
    with platform.database.reading() as db_session:
        members = members_of(db_session, case, lot, lang)
        records = records_of(db_session, case, lot, now)
        named_sites = site_names(db_session, sitting)
    failed = next(record for record in records if isinstance(record.fact, SittingFailed))
    figures = {"valid": len(sitting.valid), "brands": failed.fact.valid, "least": failed.fact.least}
    lacking = failed.fact.reason == COMPETITION_LACKING
    names = {bid.bid: bid.bidder_name for bid in sitting.bids}
    current = state.draw.current
    return FailedEvaluation(
        heading=heading(case, lot, "failure", failed.payload_sha256, lang),
        opened_at=opening.closed_at,
        evaluation_started_at=next(record.at for record in records if isinstance(record.fact, SittingOpened)),
        failed_at=failed.at,
        stated_at=now,
        evaluation_place=("、" if lang == "zh" else ", ").join(sorted(named_sites.values())),
        reason=sentence(REASONS.get(failed.fact.reason, "failure_reason"), figures, lang),
        words=regime_words(profile.regime, lang),
        members=members,
        naming=naming_of(records, lang),
        opened_bids=opened_bids(case, lot, lang),
        qualification=qualification_of(case, lot),
        invalid_bids=invalid_bids(case, lot, lang),
        valid_bids=tuple(names[bid] for bid in sitting.valid),
        rollbacks=rollbacks_of(case, lot, records, lang),
        competition=competition_of(records, names, sitting.rules.vote_below, lang, by_seat=True),
        rejected_all=lacking,
        brands=brand_words(sitting, names, lang),
        reviews=signed_reviews(records),
        clarifications=clarifications_of(state.asked_here, names, lang),
        member_changes=changes_of(records, lang),
        notes=(*interruptions_of(records, named_sites, lang), *draw_rounds(case, lot, lang)),
        draw_digest=current.record_sha256 if current else "",
    )
