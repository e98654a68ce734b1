"""When a member signs, dissents, or is recorded as doing neither, and when a report is sealed."""

from __future__ import annotations

from evaluation.errors import RuleViolation
from evaluation.sitting.checks import records_refusal, require_digest, require_once, require_text
from evaluation.sitting.correction_rules import check_answered
from evaluation.sitting.events import DissentRecorded, RefusalRecorded, ReportSealed, ReportSigned
from evaluation.sitting.question_rules import check_none_open
from evaluation.sitting.stages import TRANSITIONS
from evaluation.sitting.state import SittingState


def check_signature(fact: ReportSigned, state: SittingState) -> None:
    """Raises RuleViolation `correction_unanswered`, `finding_vote_open`, `sitting_already_done`, `report_differs`,
    `sitting_digest_malformed`."""
    check_answered(state)
    check_none_open(state)
    require_once(fact.seat, fact.seat in state.signed, "signature")
    if fact.report_sha256 != state.report_sha256:
        raise RuleViolation("report_differs", signed=fact.report_sha256, report=state.report_sha256)
    require_digest(fact.signature_sha256, "signature_sha256")


def check_dissent(fact: DissentRecorded, state: SittingState) -> None:
    """Raises RuleViolation `sitting_already_done`, `sitting_text_missing`, `sitting_text_unfit`."""
    require_once(fact.seat, fact.seat in {*state.signed, *state.dissents}, "signature_or_dissent")
    require_text(fact.text, "text")


def check_recorded_refusal(fact: RefusalRecorded, state: SittingState) -> None:
    """Raises RuleViolation `correction_unanswered`, `finding_vote_open`, `sitting_not_by_chair`, `sitting_seat_empty`,
    `sitting_already_done`."""
    check_answered(state)  # it would begin the signing as a signature does
    check_none_open(state)
    if not records_refusal(state, fact.seat, fact.refused):
        raise RuleViolation("sitting_not_by_chair", seat=fact.seat, about=fact.refused)
    if fact.refused not in state.seats:
        raise RuleViolation("sitting_seat_empty", seat=fact.refused)
    require_once(fact.refused, fact.refused in state.settled, "signature_or_dissent")


def refusable_by(state: SittingState, seat: int) -> tuple[int, ...]:
    """The seats of which whoever sits in `seat` may record now that they do not sign; when, the profile says."""
    open_to = (state.stage, RefusalRecorded) in TRANSITIONS and not (state.suspended or state.requests)
    return tuple(about for about in state.waiting(state.settled) if open_to and records_refusal(state, seat, about))


def check_seal(fact: ReportSealed, state: SittingState) -> None:
    """Raises RuleViolation `correction_unanswered`, `finding_vote_open`, `sitting_digest_malformed`,
    `report_version_other`, `statement_not_due`, `signatures_missing`."""
    check_answered(state)
    check_none_open(state)
    require_digest(fact.sealed_sha256, "sealed_sha256")
    absent = state.waiting(state.settled)
    if fact.version != state.version:
        raise RuleViolation("report_version_other", version=state.version or 1)
    if fact.statement_sha256:
        require_digest(fact.statement_sha256, "statement_sha256")
        if not state.explained:
            raise RuleViolation("statement_not_due")
    if absent:
        raise RuleViolation("signatures_missing", seats=", ".join(map(str, absent)), count=len(absent))
