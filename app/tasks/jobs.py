"""What each kind of job row runs. Every service here is idempotent: it may be called again after any crash."""

from __future__ import annotations

from collections.abc import Callable

from app.services import (
    appraisals,
    bid_checks,
    call_ups,
    ceremonies,
    clarifications,
    contact_changes,
    ended_bids,
    expert_imports,
    failures,
    fallbacks,
    fees,
    housekeeping,
    inspection_draws,
    inspection_results,
    notices,
    openings,
    outages,
    overdue_parties,
    recordings,
    rehearsals,
    reports,
    rounds,
    sittings,
    standstills,
    ticks,
    trustees,
)
from app.services.jobs import ClaimedJob
from app.services.platform import Platform

Run = Callable[[Platform, ClaimedJob], None]

TASKS: dict[str, Run] = {
    "close_lot": lambda platform, job: openings.close_lot(platform, job.case_id, job.lot),
    "destroy_ended": lambda platform, job: ended_bids.destroy_ended(platform, job.case_id, job.lot),
    "start_fallback": lambda platform, job: fallbacks.start_fallback(platform, job.case_id, job.lot),
    "end_commitments": lambda platform, job: fallbacks.end_commitments(platform, job.case_id, job.lot),
    "disclose_keys": lambda platform, job: fallbacks.disclose_keys(platform, job.case_id, job.lot),
    "open_bids": lambda platform, job: openings.open_bids(platform, job.case_id, job.lot),
    "fetch_round": lambda platform, job: rounds.fetch_round(platform, job.case_id, job.lot, int(job.detail)),
    "open_sample_bids": lambda platform, job: rehearsals.open_sample_bids(platform, job.case_id),
    "end_rehearsal": lambda platform, job: rehearsals.end_rehearsal(platform, job.case_id),
    "conclude_opening": lambda platform, job: openings.conclude_opening(platform, job.case_id, job.lot),
    "check_bids": lambda platform, job: bid_checks.check_opened_bids(platform, job.case_id, job.lot),
    "pass_over_parties": lambda platform, job: overdue_parties.pass_over_parties(
        platform, job.case_id, job.lot, job.detail
    ),
    "send_call_ups": lambda platform, job: call_ups.send_call_ups(platform, job.case_id, job.lot),
    "call_expert": lambda platform, job: call_ups.call_expert(platform, job.case_id, job.lot, job.detail),
    "expire_call_ups": lambda platform, job: call_ups.expire_call_ups(platform, job.case_id, job.lot),
    "confirm_declined": lambda platform, job: call_ups.confirm_declined(platform, job.case_id, job.lot, job.detail),
    "cancel_call_ups": lambda platform, job: call_ups.cancel_call_ups(platform, job.case_id, job.lot),
    "move_call_ups": lambda platform, job: call_ups.move_call_ups(platform, job.case_id, job.lot),
    "convene_sitting": lambda platform, job: sittings.convene_sitting(platform, job.case_id, job.lot),
    "mail_seat_codes": lambda platform, job: sittings.mail_seat_codes(platform, job.case_id, job.lot),
    "prepare_report": lambda platform, job: reports.prepare_report(platform, job.case_id, job.lot),
    "seal_report": lambda platform, job: reports.seal_report(platform, job.case_id, job.lot),
    "seal_failure_record": lambda platform, job: failures.seal_failure_record(platform, job.case_id, job.lot),
    "fault_overdue": lambda platform, job: standstills.tell_fault_overdue(platform, job.case_id, job.lot),
    "end_clarification": lambda platform, job: clarifications.end_clarification(
        platform, job.case_id, job.lot, job.detail.split("/")[0]
    ),
    "log_recording": lambda platform, job: recordings.log_recording(platform, job.case_id, job.lot, job.detail),
    "results_overdue": lambda platform, job: inspection_draws.tell_overdue(platform, job.case_id, int(job.detail)),
    "corrections_overdue": lambda platform, job: inspection_results.tell_uncorrected(
        platform, job.case_id, int(job.detail.split("/")[0]), job.detail.split("/")[1]
    ),
    "compute_fees": lambda platform, job: fees.compute_fees(platform, job.case_id, job.lot),
    "settle_appraisal": lambda platform, job: appraisals.settle_appraisal(platform, int(job.detail)),
    "end_suspension": lambda platform, job: appraisals.end_suspension(platform, job.detail.split("/")[0]),
    "make_tick": lambda platform, job: ticks.run_tick(platform, regular=not job.case_id),
    "propose_extensions": lambda platform, job: outages.propose_extensions(platform, int(job.detail)),
    "change_trustees": lambda platform, job: trustees.change_trustees(platform, job.case_id, job.detail),
    "remind_ceremony": lambda platform, job: ceremonies.remind(platform, job.detail),
    "take_experts": lambda platform, job: expert_imports.take_experts(platform, job.detail),
    "tidy_up": lambda platform, _job: housekeeping.tidy_up(platform),
    "tell_contact_change": lambda platform, job: contact_changes.tell_contact_change(platform, job.detail),
    "take_contact": lambda platform, job: contact_changes.take_contact(platform, job.detail),
    "invite_expert": lambda platform, job: notices.invite_expert(platform, job.detail.split("/")[0]),
    "send_notice": lambda platform, job: notices.send_notice(platform, job.detail),
}


def run_job(platform: Platform, job: ClaimedJob) -> None:
    """Run one claimed job to its end."""
    TASKS[job.task](platform, job)
