"""A case as a line of stages, by code: what happened and when, as far as the looker may know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.casefile.case import Case, LotCase, Phase
from app.casefile.facts import FACTS
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure import (
    attribution,
    bid,
    bid_checking,
    buyers,
    deadlines,
    exports,
    fallback,
    opening,
    picture_ends,
    qualification,
    recordings,
    restoring,
    tender,
    terms,
    trustees,
)
from app.procedure.roles import Actor
from app.procedure.tender import question_deadline
from app.queries.deadlines import deadline_state
from app.queries.endings import failure_of, told_counts, without_majority
from evaluation.draw import events as draw
from evaluation.sitting import (
    briefing,
    clarifications,
    competition,
    contracting,
    interruptions,
    more_time,
    naming,
    questions,
    rechecks,
    rollback,
    talk,
)
from evaluation.sitting import events as sitting
from evaluation.sitting.question_rules import settled

DONE, ACTIVE, AHEAD, WARNING = "done", "active", "ahead", "warning"
AFTER_DRAW = (Phase.SCORING, Phase.CONSENSUS, Phase.RESULT)


# A fact belongs to the stage of the part of the rules that defines it; some parts serve two stages.
_STAGE_OF_PART = {
    terms.__name__: "notice",
    tender.__name__: "notice",
    deadlines.__name__: "deadline",
    bid.__name__: "deadline",
    opening.__name__: "opening",
    fallback.__name__: "opening",
    restoring.__name__: "opening",
    attribution.__name__: "opening",
    qualification.__name__: "opening",
    bid_checking.__name__: "evaluation",
    trustees.__name__: "opening",
    buyers.__name__: "draw",
    draw.__name__: "draw",
    sitting.__name__: "evaluation",
    interruptions.__name__: "evaluation",
    talk.__name__: "evaluation",
    briefing.__name__: "evaluation",
    naming.__name__: "evaluation",
    recordings.__name__: "evaluation",
    picture_ends.__name__: "evaluation",
    more_time.__name__: "evaluation",
    rollback.__name__: "evaluation",
    rechecks.__name__: "evaluation",
    clarifications.__name__: "evaluation",
    questions.__name__: "evaluation",
    competition.__name__: "evaluation",
    contracting.__name__: "evaluation",
    exports.__name__: "report",
}
_STAGE_OF_FACT = {
    **dict.fromkeys(("QuestionAsked", "AnswerProposed", "AnswerReleased"), "questions"),
    **dict.fromkeys(("AmendmentProposed", "AmendmentReleased"), "questions"),
    **dict.fromkeys(("ReportPrepared", "ReportSigned", "ReportSealed", "SittingClosed"), "report"),
    **dict.fromkeys(("DissentRecorded", "RefusalRecorded", "FailureRecordSealed"), "report"),
}


def stage_of(fact: str) -> str:
    """Code of the stage to which a recorded fact of a case belongs. Raises KeyError for one of the register."""
    return _STAGE_OF_FACT.get(fact) or _STAGE_OF_PART[FACTS[fact].kind.__module__]


@dataclass(frozen=True)
class CaseStage:
    """One stop: `code` names it, `state` is done, active, ahead or warning; `facts` fill its sentence."""

    code: str
    state: str
    at: datetime | None = None
    lot: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


def case_stages(case: Case, actor: Actor, lot: str, now: datetime) -> tuple[CaseStage, ...]:
    """The stages of a published lot from notice to report. Nothing here depends on bids before the lot is closed."""
    return (*_before_deadline(case, lot, now), *_after_deadline(case, actor, lot))


def _before_deadline(case: Case, lot: str, now: datetime) -> Iterator[CaseStage]:
    tender = case.tender
    until = question_deadline(tender)
    answered = sum(q.answered_at is not None for q in tender.questions.values())
    amended = sum(a.released_at is not None for a in tender.amendments.values())
    yield CaseStage("notice", DONE, tender.published_at)
    facts = {"answered": str(answered), "amended": str(amended)}
    yield CaseStage("questions", ACTIVE if now < until else DONE, until, facts=facts)
    yield _deadline(case, lot)


def _deadline(case: Case, lot: str) -> CaseStage:
    state = deadline_state(case, lot)
    if state.left is not None:
        return CaseStage("deadline", WARNING, None, lot, {"paused": "yes"})
    moved = sum(lot in change.after for change in case.tender.timetable.changes)
    closed = case.lot(lot).opening.closed is not None
    facts = {"moved": str(moved)} if moved else {}
    return CaseStage("deadline", DONE if closed else ACTIVE, state.deadline_at, lot, facts)


def _after_deadline(case: Case, actor: Actor, lot: str) -> Iterator[CaseStage]:
    state = case.lot(lot)
    yield _opening(state, lot)
    ended = state.phase is Phase.FAILED
    if ended and not state.convened:
        return
    drawing = state.phase is Phase.DRAW
    seen = drawing and allowed(actor, Action.DRAW_WATCH, case, lot)
    after = state.phase in AFTER_DRAW
    facts = {"rounds": str(len(state.draw.rounds))} if seen else {}
    facts |= {"anew": "yes"} if state.earlier else {}
    since = state.since.get
    drawn_at = since(Phase.SCORING, since(Phase.DRAW))
    yield CaseStage("draw", DONE if after or ended else ACTIVE if drawing else AHEAD, drawn_at, lot, facts)
    if ended:
        yield from _ended_without_result(state, lot)
        return
    scoring, scored_at = ACTIVE if state.phase is Phase.SCORING else AHEAD, since(Phase.CONSENSUS)
    scored = state.phase in (Phase.CONSENSUS, Phase.RESULT)
    if state.standstill.since is not None and allowed(actor, Action.STANDSTILL_WATCH, case, lot):
        yield CaseStage("evaluation", WARNING, state.standstill.since, lot, {"stands": "yes"})
    else:
        found = _findings(case, actor, lot)
        yield CaseStage("evaluation", DONE if scored else scoring, scored_at or since(Phase.SCORING), lot, found)
    signing = ACTIVE if state.phase is Phase.CONSENSUS else AHEAD
    counts = told_counts(case, actor, lot)
    report = (WARNING if counts and without_majority(state) else DONE) if state.phase is Phase.RESULT else signing
    yield CaseStage("report", report, since(Phase.RESULT), lot, counts)


def _findings(case: Case, actor: Actor, lot: str) -> Mapping[str, str]:
    """How many questions the check of bids raised, and how many of them are decided: for who may read them all."""
    state = case.lot(lot)
    if state.checked is None or actor.seat or not allowed(actor, Action.FINDINGS_READ, case, lot):
        return {}
    return {"findings": str(len(state.checked.findings)), "settled": str(len(settled(state.sitting)))}


def _ended_without_result(state: LotCase, lot: str) -> Iterator[CaseStage]:
    """A sitting that failed or was given up has a record of its evaluation instead of a report."""
    at, failure = state.since.get(Phase.FAILED), failure_of(state)
    yield CaseStage("evaluation", WARNING, at, lot, failure or {"abandoned": "yes"})
    sealed = bool(state.sitting.failure_sha256)
    yield CaseStage("report", DONE if sealed else ACTIVE, at, lot, {"failure": "sealed" if sealed else "due"})


def _opening(state: LotCase, lot: str) -> CaseStage:
    opening = state.opening
    if opening.failed:
        return CaseStage("failed", WARNING, opening.closed_at, lot, {"reason": opening.failed})
    if opening.concluded_at is not None:
        counts = {"opened": str(len(opening.opened)), "voided": str(len(opening.voided))}
        return CaseStage("opening", DONE, opening.opened_at, lot, counts)
    return CaseStage("opening", AHEAD if opening.closed is None else ACTIVE, opening.opened_at, lot)
