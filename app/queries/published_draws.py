"""Draws that a looker may see, of experts and of inspections: where to check each of them again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.models import Tender
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.roles import Actor
from app.queries.cases import load_case
from app.queries.inspections import years
from evaluation.draw import DrawState

LEAST_DIGITS = 6  # of a number or a hash that is looked for


@dataclass(frozen=True)
class PublishedDraw:
    """One draw. `purpose` as its id has it, `rounds` of which `widened` under wider conditions, `passed_over` rounds
    without a party that was late; `numbers` drawn in all, `open` while one is held.
    """

    case_id: str
    lot: str
    code: str
    title: str
    purpose: str
    draw_id: str
    rounds: int
    widened: int
    passed_over: int
    numbers: int
    open: bool


@dataclass(frozen=True)
class Found:
    """Draws in the order of their cases, and the instant before which to go on, None at the end."""

    draws: tuple[PublishedDraw, ...]
    before: datetime | None


def published_draws(db_session: DbSession, actor: Actor, words: str, before: datetime | None, cases: int) -> Found:
    """Those of `cases` tenders, the newest published ones first, and, on the first page, of every year of inspections.

    `words`: part of a code or title, or the first digits of a draw's id, a drawn number or a record's hash. What a case
    is read for is its state as it is kept, so that nothing here takes longer because of bids that are sealed.
    """
    query = select(Tender).where(Tender.published_at.is_not(None)).order_by(Tender.published_at.desc())
    if before is not None:
        query = query.where(Tender.published_at < before)
    tenders = list(db_session.scalars(query.limit(cases + 1)))
    found = [] if before is not None else [one for case in years(db_session) for one in _of_year(case, actor, words)]
    for tender in tenders[:cases]:
        case = load_case(db_session, tender.case_id)
        found += _of_case(case, actor, words, tender.code, tender.title)
    return Found(tuple(found), tenders[cases - 1].published_at if len(tenders) > cases else None)


def _of_year(case: Case, actor: Actor, words: str) -> Iterator[PublishedDraw]:
    year = case.inspection
    if year is not None and year.plan is not None:
        yield from _of_case(case, actor, words, str(year.opened.year), year.plan.title)


def _of_case(case: Case, actor: Actor, words: str, code: str, title: str) -> Iterator[PublishedDraw]:
    for lot, state in case.lots.items():
        draw = state.draw
        if draw.conditions is None or not any(found.result for found in draw.rounds):
            continue
        if not allowed(actor, Action.DRAW_WATCH, case, lot) or not _fits(draw, words, f"{code} {title} {case.id}"):
            continue
        yield PublishedDraw(
            case_id=case.id,
            lot=lot,
            code=code,
            title=title,
            purpose=draw.conditions.purpose,
            draw_id=draw.conditions.draw_id,
            rounds=len(draw.rounds),
            widened=sum(found.is_widened for found in draw.rounds),
            passed_over=sum(bool(found.stated.get("passed_over")) for found in draw.rounds if found.statement),
            numbers=len(draw.seats),
            open=draw.rounds[-1].result is None,
        )


def _fits(draw: DrawState, words: str, names: str) -> bool:
    """Whether each word is part of a name, or begins a hash or a number."""
    return all(word in names.casefold() or _begins(draw, word) for word in words.casefold().split())


def _begins(draw: DrawState, word: str) -> bool:
    if len(word) < LEAST_DIGITS or draw.conditions is None:
        return False
    hashes = [draw.conditions.draw_id, *draw.seats, *(found.record_sha256 for found in draw.rounds)]
    return any(text.startswith(word) for text in hashes)
