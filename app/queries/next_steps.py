"""The next step of each person in a case, and what everybody waits for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.casefile.case import Case, LotCase, Phase
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.bid import Submission
from app.procedure.deadlines import (
    OutageExtensionReleased,
    PauseOrdered,
    PostponementReleased,
    Release,
    ResumptionOrdered,
    lots_of,
)
from app.procedure.opening import Opening
from app.procedure.roles import Actor, Role
from app.procedure.tender import Tender as TenderState
from app.queries.clarifications import asked_of
from app.queries.deadlines import rule_until
from app.queries.endings import failure_of, signing_counts, told_counts, without_majority
from app.queries.standstills import (
    decision_steps,
    decision_waiting,
    order_waiting,
    replaceable,
    replacement_waiting,
    standstill_of,
    step_after_end,
    valid_until,
)
from app.queries.void_faults import faults_to_name
from evaluation.draw import exhausted
from evaluation.sitting import Stage, may_brief, nameable

ACT, WAIT, WARN, OVER = "act", "wait", "warning", "over"
IDLE = (WAIT, OVER)  # tones of what is not the asker's to do
AGENCY_RELEASES: Mapping[type[Release], str] = {
    PostponementReleased: "release_postponement",
    OutageExtensionReleased: "release_outage_extension",
}


@dataclass(frozen=True)
class NextStep:
    """What somebody is to do, or waits for: `code` names it, `subject` is a question, amendment or objection.

    `standing` is the asker's own bid, and nobody else's.
    """

    code: str
    tone: str = ACT
    lot: str = ""
    due_at: datetime | None = None
    subject: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    standing: Submission | None = None


def next_steps(case: Case, actor: Actor, now: datetime) -> tuple[NextStep, ...]:
    """The actor's steps in a case, what is his or hers to do before what he or she waits for."""
    steps, parties = list[NextStep](), case.tender.parties
    if parties is not None and parties.agency.id == actor.organisation_id:
        steps += _officer(case) if actor.is_(Role.AGENCY_OFFICER) else []
        steps += _supervisor(case, actor) if actor.is_(Role.AGENCY_SUPERVISOR) else []
        steps += _export_steps(case, actor, now)
        steps += _no_award(case)
    if parties is not None and parties.regulator.id == actor.organisation_id and actor.is_(Role.REGULATOR):
        steps += orders_waiting(case, actor)
    if (until := rule_until(case, now)) is not None and allowed(actor, Action.OUTAGE_EXTENSION_PROPOSE, case):
        steps.append(NextStep("propose_outage_extension", WARN, due_at=until))
    steps += standstill_steps(case, actor, now)
    if case.tender.published_at is not None:
        if actor.is_(Role.BIDDER):
            steps += [bidders_step(case, number, actor, now) for number in case.lots]
        steps += [_waiting(case, number, actor) for number in case.lots]
    return tuple(sorted(steps, key=lambda step: step.tone in IDLE))


def standstill_steps(case: Case, actor: Actor, now: datetime) -> Iterator[NextStep]:
    """What of a sitting that stands still is this person's to order, to decide or to release."""
    parties = case.tender.parties
    agency = parties is not None and parties.agency.id == actor.organisation_id
    authority = parties is not None and parties.regulator.id == actor.organisation_id and actor.is_(Role.REGULATOR)
    for number in case.lots:
        order, decision = order_waiting(case, number, now), decision_waiting(case, number, now)
        if authority and order is not None and order.by != actor.id:
            yield NextStep("give_sitting_order", ACT, number, valid_until(case, order))
        if agency and actor.is_(Role.AGENCY_SUPERVISOR) and decision is not None and decision.by != actor.id:
            yield NextStep("release_sitting_decision", ACT, number, valid_until(case, decision))
        if agency and actor.is_(Role.AGENCY_OFFICER) and decision is None and decision_steps(case, number, now):
            yield NextStep("decide_sitting", WARN, number)
        if agency and (anew := step_after_end(case, number, actor, now)) is not None:
            yield NextStep(anew[0], ACT, number, anew[1])
        replacement = replacement_waiting(case, number, now)
        if agency and actor.is_(Role.AGENCY_SUPERVISOR) and replacement is not None and replacement.by != actor.id:
            yield NextStep("release_replacement", ACT, number, valid_until(case, replacement))
        if standstill_of(case, number) is not None and allowed(actor, Action.STANDSTILL_WATCH, case, number):
            yield NextStep("sitting_stands", WAIT, number)


def _officer(case: Case) -> Iterator[NextStep]:
    tender = case.tender
    if tender.published_at is None:
        waits = tender.terms is not None and not tender.returned
        yield NextStep("await_release", WAIT) if waits else NextStep("finish_draft", facts={"reason": tender.returned})
        return
    for key, question in tender.questions.items():
        if question.answered_at is None and not question.proposed:
            yield NextStep("answer_question", subject=key, due_at=min(tender.deadlines.values()))
    for number, lot in case.lots.items():
        yield from _chair(number, lot)
        yield from _after_opening(case, number, lot)
        if replaceable(case, number) and standstill_of(case, number) is None:
            yield NextStep("sitting_runs", WAIT, number)
    given_up = {number for number, lot in case.lots.items() if lot.to_evaluate_again}
    failed = [number for number, lot in case.lots.items() if lot.phase is Phase.FAILED and number not in given_up]
    if failed:
        yield NextStep("open_next_round", lot=failed[0], facts=failure_of(case.lots[failed[0]]))


def _no_award(case: Case) -> Iterator[NextStep]:
    """Results that most members dissent from: the agency must not award on them."""
    for number, lot in case.lots.items():
        if without_majority(lot):
            yield NextStep("no_award", WARN, number, facts=signing_counts(lot))


def _chair(number: str, lot: LotCase) -> Iterator[NextStep]:
    opening = lot.opening
    if opening.concluded_at is not None or lot.phase is not Phase.OPENING:
        return
    for key, objection in opening.objections.items():
        if objection.answered_at is None:
            yield NextStep("answer_objection", WARN, number, subject=key)
    yield from (NextStep("attribute_fault", WARN, number, subject=receipt) for receipt in faults_to_name(lot))
    if opening.read_out:
        yield NextStep("confirm_opening", ACT, number, opening.objections_until)


def _after_opening(case: Case, number: str, lot: LotCase) -> Iterator[NextStep]:
    if lot.draw.wider is not None:
        yield NextStep("await_wider_approval", WAIT, number)
    elif exhausted(lot.draw) is not None:
        yield NextStep("propose_wider_conditions", ACT, number)
    if lot.buyers.vacant and not lot.evaluation_over:
        yield NextStep("name_buyer_successor", WARN, number, facts={"regime": case.tender.published.profile.regime})
    if nameable(lot.sitting):  # sooner too late than the briefing
        yield NextStep("name_chair", ACT, number)
    if may_brief(lot.sitting):
        yield NextStep("brief_committee", ACT, number)
    if lot.sitting.more_time_due and not lot.evaluation_over:
        yield NextStep("extend_time", WARN, number)
    if lot.phase not in (Phase.OPENING, Phase.DRAW) or lot.opening.concluded_at is None:
        return
    profile = case.tender.published.profile
    if profile.qualification_by_agency and not lot.qualification:
        yield NextStep("check_qualification", ACT, number)
    if lot.draw.conditions is None:
        if len(lot.buyers.members) < profile.buyer_members_at_most:
            yield NextStep("name_buyer_member", ACT, number, facts={"regime": profile.regime})
        yield NextStep("propose_draw_conditions", ACT, number)
    elif not lot.draw.approved:
        yield NextStep("await_draw_approval", WAIT, number)


def _supervisor(case: Case, actor: Actor) -> Iterator[NextStep]:
    tender = case.tender
    if tender.published_at is None:
        waits = tender.terms is None or bool(tender.returned)
        yield NextStep("await_submission", WAIT) if waits else NextStep("release_tender")
        return
    yield from _releases(tender)
    yield from _deadline_steps(case, actor, AGENCY_RELEASES)
    for number, lot in case.lots.items():
        if lot.phase is Phase.DRAW or lot.draws_successor:
            yield from _agency_draw(number, lot)


def _export_steps(case: Case, actor: Actor, now: datetime) -> Iterator[NextStep]:
    """An export of the evidence that waits for the supervisor, or that was released and can be taken."""
    export = case.export
    if export.request is None:
        return
    if export.released_at is None:
        if actor.is_(Role.AGENCY_SUPERVISOR) and export.requested_by != actor.id:
            yield NextStep("release_export")
        elif export.requested_by == actor.id:
            yield NextStep("await_export_release", WAIT)
    elif actor.id in (export.requested_by, export.released_by):
        until = export.valid_until(case.tender.published.profile)
        if until is None or now < until:
            yield NextStep("take_export", due_at=until)


def _releases(tender: TenderState) -> Iterator[NextStep]:
    for key, question in tender.questions.items():
        if question.answered_at is None and question.proposed:
            yield NextStep("release_answer", subject=key)
    for key, amendment in tender.amendments.items():
        if amendment.released_at is None:
            yield NextStep("release_amendment", subject=key)


def orders_waiting(case: Case, actor: Actor) -> tuple[NextStep, ...]:
    """Pauses and resumptions that another inspector has drafted and this one may order."""
    return tuple(_deadline_steps(case, actor, {PauseOrdered: "order_pause", ResumptionOrdered: "order_resumption"}))


def _deadline_steps(case: Case, actor: Actor, kinds: Mapping[type[Release], str]) -> Iterator[NextStep]:
    """What another has proposed for lots that still take bids."""
    for kind, waiting in case.tender.timetable.waiting.items():
        taking = [lot for lot in lots_of(waiting.fact) if case.lots[lot].opening.closed is None]
        running = [at for lot in taking if (at := case.tender.timetable.closes_at(lot))]
        if kind in kinds and taking and waiting.by != actor.id:
            yield NextStep(kinds[kind], ACT, due_at=min(running, default=None))


def _agency_draw(number: str, lot: LotCase) -> Iterator[NextStep]:
    current = lot.draw.current
    if not lot.draw.approved:
        yield NextStep("approve_draw_conditions", ACT, number)
    elif lot.draw.wider is not None:
        yield NextStep("approve_wider_conditions", ACT, number)
    elif current is not None and not current.statement and "agency" not in current.commitments:
        yield NextStep("draw_commit", ACT, number)
    elif current is not None and current.signature_hex and "agency" in current.commitments.keys() - current.reveals:
        yield NextStep("draw_reveal", ACT, number)


def bidders_step(case: Case, number: str, actor: Actor, now: datetime) -> NextStep:
    standing = case.lots[number].bidding.of_bidder(actor.organisation_id)
    return replace(_bidders_step(case, number, actor, standing, now), standing=standing)


def _bidders_step(case: Case, number: str, actor: Actor, standing: Submission | None, now: datetime) -> NextStep:
    lot, due_at = case.lots[number], case.tender.timetable.closes_at(number)
    if due_at is None:
        return NextStep("paused", WAIT, number)
    if lot.opening.closed is None and now < due_at:
        code, tone = ("bid_stands", WAIT) if standing else ("submit_bid", WARN)
        return NextStep(code, tone, number, due_at)
    if standing is None:
        return NextStep("no_bid", WAIT, number)
    if now < lot.lost.get(standing.receipt_id, now):
        return NextStep("restore_file", WARN, number, lot.lost[standing.receipt_id])
    if lot.phase is Phase.OPENING and can_confirm(lot.opening, actor.id):
        return NextStep("confirm_opening", ACT, number, lot.opening.objections_until)
    if step := _fallback(case, number, standing.receipt_id):
        return step
    if lot.phase in (Phase.SEALED, Phase.OPENING):
        return NextStep("follow_opening", WAIT, number)
    for asked in asked_of(case, number, actor.organisation_id):
        if not asked.over:
            code, tone = ("clarification_stands", WAIT) if asked.stands else ("answer_clarification", WARN)
            return NextStep(code, tone, number, asked.until, asked.id)
    return _waiting(case, number, actor)


def _fallback(case: Case, number: str, receipt_id: str) -> NextStep | None:
    """What the fallback asks of a bidder now."""
    standing = case.fallback_of(number)
    state = standing.fallback
    if standing.over or not state.step:
        return None
    if state.step == "commit":
        done = receipt_id in state.commitments
        return NextStep("key_committed" if done else "commit_key", WAIT if done else WARN, number, state.until)
    if receipt_id not in state.commitments:
        return NextStep("key_missed", WAIT, number, state.until)
    done = receipt_id in state.keys
    return NextStep("key_revealed" if done else "reveal_key", WAIT if done else WARN, number, state.until)


def can_confirm(opening: Opening, account_id: str) -> bool:
    """Whether this person may still confirm the read-out."""
    return opening.read_out and opening.concluded_at is None and account_id not in opening.confirmations


def _waiting(case: Case, number: str, actor: Actor) -> NextStep:
    """What everybody waits for."""
    phase = case.lots[number].phase
    due_at = case.tender.timetable.closes_at(number) if phase is Phase.BIDDING else None
    if phase is Phase.BIDDING and due_at is None:
        return NextStep("paused", WAIT, number)
    if phase is Phase.OPENING and case.lots[number].opening.concluded_at is not None:
        return NextStep("opened", WAIT, number)
    if case.lots[number].sitting.stage is Stage.ABANDONED:
        return NextStep("sitting_abandoned", OVER, number)
    if case.lots[number].draws_successor:
        return NextStep("successor_drawn", WAIT, number)
    if phase is Phase.RESULT:
        counts = told_counts(case, actor, number)
        code = "no_majority" if counts and without_majority(case.lots[number]) else "phase_P7"
        return NextStep(code, OVER, number, facts=counts)
    tone = OVER if phase is Phase.FAILED else WAIT
    return NextStep(f"phase_{phase.value}", tone, number, due_at, facts=failure_of(case.lots[number]))
