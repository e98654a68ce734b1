"""Unfinished scores of a seat: saved one by one with their time, by the one window that has the desk.

A score is only ever written over the version that its window has seen (`seq`), so that nothing is replaced unseen; a
command that is sent again, because its answer was lost, gets the first answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.anonymous import shown_names
from app.casefile.case import Case
from app.messages import LANGUAGES
from app.models import DeskHold, ScoreDraft
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.queries.cases import load_case
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.platform import Platform
from app.services.unit_of_work import plain_transaction, take_turns
from evaluation.criteria import Criterion, check_score
from evaluation.scoring import ScorePlace
from evaluation.sitting import SittingState, check_running
from evaluation.sitting.checks import require_fit
from evaluation.sitting.stages import Stage

MOST_COMMENT = 2000  # characters of a comment on one score
Names = dict[str, dict[str, str]]  # by language, then by bid: what a bidder is called in the room
LONGEST_NAME = 40  # characters by which a window, or a command, is told from others


@dataclass(frozen=True)
class SavedScore:
    """What a booth typed, as kept; `saved_at` is shown beside the field, None of a score that was locked before. `seq`
    counts how often this very score was saved."""

    bid: str
    criterion: str
    value: Decimal | None
    comment: str
    saved_at: datetime | None
    seq: int = 0


@dataclass(frozen=True)
class TypedScore:
    """What a window sends: `seq` is the version that it has seen, None of a program that has but one window; `command`
    stays the same where it is sent again."""

    bid: str
    criterion: str
    value: Decimal | None
    comment: str
    window: str = ""
    seq: int | None = None
    command: str = ""


@dataclass(frozen=True)
class Hold:
    """Whether a window has the desk of its seat, and since when whichever window has it; None: no window ever had."""

    held: bool
    since: datetime | None


def open_desk(platform: Platform, log_in: LogIn, case_id: str, lot: str, window: str, *, take: bool) -> Hold:
    """A window sits down at the desk: with `take` it takes over from whichever had it, else it asks whether it still
    does. Raises NotAllowed, RuleViolation `malformed`.
    """
    if not 0 < len(window) <= LONGEST_NAME:
        raise RuleViolation("malformed", path="$.window", expected="text")
    with plain_transaction(platform.database) as (db_session, now):
        actor, case = load_actor(db_session, log_in.account_id, log_in.seat), load_case(db_session, case_id)
        authorize(actor, Action.SCORE_SAVE, case, lot)
        seat = actor.seat_in(case_id, lot)
        assert seat is not None
        take_turns(db_session, _desk(case_id, lot, seat))
        hold = db_session.get(DeskHold, (case_id, lot, seat))
        if take and (hold is None or hold.window != window):
            hold = db_session.merge(DeskHold(case_id=case_id, lot=lot, seat=seat, window=window, taken_at=now))
        return Hold(hold is not None and hold.window == window, hold.taken_at if hold else None)


def _desk(case_id: str, lot: str, seat: int) -> str:
    return f"desk/{case_id}/{lot}/{seat}"


def save_score(platform: Platform, log_in: LogIn, case_id: str, lot: str, typed: TypedScore) -> SavedScore:
    """Keep one unfinished score. Raises RuleViolation naming the rule that a score breaks, `desk_taken_over` where
    another window has the desk, `score_stale` where the score was saved since this window has seen it.
    """
    with plain_transaction(platform.database, beside=case_id) as (db_session, now):
        actor, case = load_actor(db_session, log_in.account_id, log_in.seat), load_case(db_session, case_id)
        authorize(actor, Action.SCORE_SAVE, case, lot)
        state, seat = case.lot(lot).sitting, actor.seat_in(case_id, lot)
        assert seat is not None
        check_running(state)
        names = {language: shown_names(case, lot, language) for language in LANGUAGES}
        _check_place(state, seat, typed, names)
        take_turns(db_session, _desk(case_id, lot, seat))
        _check_held(db_session, (case_id, lot, seat), typed.window)
        key = {"case_id": case_id, "lot": lot, "seat": seat, "bid": typed.bid, "criterion": typed.criterion}
        row = db_session.get(ScoreDraft, key)
        if row is not None and _is_again(row, typed):
            return replace(_saved(row), value=typed.value)  # as the first answer said it
        seen = row.seq if row is not None else 0
        if typed.seq is not None and typed.seq != seen:
            raise _stale(state, typed, row, names)
        kept = {"value": typed.value, "comment": typed.comment, "saved_at": now, "command": typed.command}
        return _saved(db_session.merge(ScoreDraft(**key, **kept, seq=seen + 1)))


def _check_place(state: SittingState, seat: int, typed: TypedScore, names: Names) -> None:
    """What may be typed where, by the published criteria and the state of the sheet."""
    bid, criterion = typed.bid, typed.criterion
    if state.stage is not Stage.SCORING or seat in state.sheets:
        raise RuleViolation("sheet_locked", seat=seat)
    if bid not in state.valid:
        raise RuleViolation("bid_not_under_review", bid=bid)
    if (reopened := state.reopened.get(seat)) and reopened.fixes(ScorePlace(bid, criterion)):
        raise RuleViolation("score_not_reopened", bid=bid, criterion=criterion)
    scored = next((c for c in state.rules.evaluation.criteria.scored if c.id == criterion), None)
    if scored is None:
        raise RuleViolation("criterion_unknown", criterion=criterion)
    if typed.value is not None:
        _check_named(scored, bid, typed.value, names)
    if len(typed.comment) > MOST_COMMENT:
        raise RuleViolation("comment_too_long", length=len(typed.comment), most=MOST_COMMENT)
    require_fit(typed.comment, "comment")
    for name in ("window", "command"):
        if len(getattr(typed, name)) > LONGEST_NAME:
            raise RuleViolation("malformed", path=f"$.{name}", expected="text")


def _check_held(db_session: DbSession, desk: tuple[str, str, int], window: str) -> None:
    """A program that names no window has but one."""
    hold = db_session.get(DeskHold, desk)
    if window and hold is not None and hold.window != window:
        raise RuleViolation("desk_taken_over", at=hold.taken_at)


def _is_again(row: ScoreDraft, typed: TypedScore) -> bool:
    """Whether this very command saved the score already, and its answer was lost."""
    same = (row.command, row.value, row.comment) == (typed.command, typed.value, typed.comment)
    return bool(typed.command) and same


def _stale(state: SittingState, typed: TypedScore, row: ScoreDraft | None, names: Names) -> RuleViolation:
    place = _named(state.rules.evaluation.criteria[typed.criterion], typed.bid, names)
    if row is None:
        return RuleViolation("score_never_saved", **place)
    kept = "—" if row.value is None else str(row.value)
    return RuleViolation("score_stale", **place, kept=kept, at=row.saved_at)


def _check_named(criterion: Criterion, bid: str, value: Decimal, names: Names) -> None:
    """As `check_score`; a member reads the names of bidder and criterion, not their ids."""
    try:
        check_score(criterion, bid, value)
    except RuleViolation as refusal:
        raise RuleViolation(refusal.code, **{**refusal.facts, **_named(criterion, bid, names)}) from refusal


def _named(criterion: Criterion, bid: str, names: Names) -> dict[str, object]:
    called = {language: known[bid] for language, known in names.items()}
    return {"bid": called, "criterion": {"zh": criterion.name_zh, "en": criterion.name_en}}


def _saved(row: ScoreDraft) -> SavedScore:
    return SavedScore(row.bid, row.criterion, row.value, row.comment, row.saved_at, row.seq)


def own_drafts(platform: Platform, log_in: LogIn, case: Case, lot: str) -> tuple[SavedScore, ...]:
    """The booth's own unfinished sheet. Of one that is locked again, all but what is open is as it was locked."""
    with platform.database.reading() as db_session:
        seat = load_actor(db_session, log_in.account_id, log_in.seat).seat_in(case.id, lot) or 0
        query = select(ScoreDraft).where(ScoreDraft.case_id == case.id, ScoreDraft.lot == lot, ScoreDraft.seat == seat)
        drafts = [_saved(row) for row in db_session.scalars(query)]
    state = case.lot(lot).sitting
    if (reopened := state.reopened.get(seat)) is None:
        return tuple(drafts)
    typed = {(d.bid, d.criterion): d for d in drafts if not reopened.fixes(ScorePlace(d.bid, d.criterion))}
    comments = state.comments.get(seat, {})
    locked = {
        (bid, criterion): SavedScore(bid, criterion, value, comments.get(bid, {}).get(criterion, ""), None)
        for bid, row in reopened.before.items()
        for criterion, value in row.items()
    }
    return tuple((locked | typed).values())
