"""The live part of the opening hall, made once for everybody who sees the same.

Two hundred people ask for it after every step. What one gets depends on the public state of the opening, the records
that he or she may see, what he or she may do, and the language. All of that is the key under which it is kept, so
nobody is handed what was made for other eyes. Who says how far he or she has heard is content with a hall that is as
far: of whatever came since, a frame is on its way, after which he or she asks again. Before a lot is closed nothing is
kept: whether the part was made or found would tell, by its delay, that something has happened.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from flask import g, render_template
from markupsafe import Markup

from app.casefile.case import Case
from app.casefile.record import Record
from app.casefile.sight import sees
from app.extensions import current_actor, platform
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.queries.cases import load_case, load_records
from app.queries.opening_hall import on_the_wall, opening_hall
from app.services import files
from app.web.deadlines.views import shown_deadline
from app.web.entitled import check_entitled, words_of
from app.web.names import phase_name
from app.web.rooms.wording import coefficient_name, fault_words, record_text, void_reason

WALLS = 16  # halls that one process remembers
Key = tuple[Any, ...]


@dataclass
class Wall:
    """What a process remembers of a hall: the case and the hall's records up to `last_seq`, and pages made of `basis`,
    which is empty until the lot is closed.
    """

    case: Case
    records: tuple[Record, ...] = ()
    last_seq: int = -1
    basis: Key = ()
    pages: dict[Key, Markup] = field(default_factory=dict)


@dataclass(frozen=True)
class Board:
    """The live part for one looker, the case as it stood, and the number of the last record that both know of."""

    case: Case
    html: Markup
    last_seq: int


def board(case_id: str, lot: str, heard: int = -1) -> Board:
    """The hall of a lot as who asks, and has heard of the records up to `heard`, may see it now.

    Raises NotAllowed, RuleViolation `lot_unknown`.
    """
    wall = _walls().get((case_id, lot)) or Wall(Case(case_id))
    if not (wall.basis and 0 <= heard <= wall.last_seq):
        wall = _continued(wall, lot)
    check_entitled(wall.case, lot, Action.OPENING_WATCH)
    stage = Markup('<span hidden data-place-stage="{}"></span>').format(phase_name(wall.case, lot))
    return Board(wall.case, _html(_kept(wall, case_id, lot), lot) + stage, wall.last_seq)


def _continued(wall: Wall, lot: str) -> Wall:
    """The wall with everything that is on record by now."""
    with platform().database.reading() as db_session:
        news = load_records(db_session, wall.case.id, wall.last_seq)
        last_seq = news[-1].seq if news else wall.last_seq
        case = load_case(db_session, wall.case.id, last_seq + 1)
    records = (*wall.records, *(record for record in news if on_the_wall(record, lot)))
    return Wall(case, records, last_seq, wall.basis, wall.pages) if news else wall


def _kept(wall: Wall, case_id: str, lot: str) -> Wall:
    """Remembered as the latest one that somebody looked at."""
    walls = _walls()
    walls[case_id, lot] = wall
    walls.move_to_end((case_id, lot))
    while len(walls) > WALLS:
        walls.popitem(last=False)
    return wall


def _walls() -> OrderedDict[tuple[str, str], Wall]:
    found: OrderedDict[tuple[str, str], Wall] = platform().database.memory.setdefault("walls", OrderedDict())
    return found


def _html(wall: Wall, lot: str) -> Markup:
    actor, case = current_actor(), wall.case
    may = _may(case, lot)
    seen = tuple(record for record in wall.records if sees(actor, case, record))
    if case.lot(lot).opening.closed is None:
        return _made(case, lot, seen, may)
    basis = _basis(case, lot)
    if not wall.basis or any(now is not then for now, then in zip(basis, wall.basis, strict=True)):
        wall.basis, wall.pages = basis, {}
    key = (g.get("lang", "zh"), *may.values(), *(record.seq for record in seen))
    if key not in wall.pages:
        wall.pages[key] = _made(case, lot, seen, may)
    return wall.pages[key]


def _basis(case: Case, lot: str) -> Key:
    """The objects that a hall is made of once its lot is closed: public facts replace them, and no others.

    A promise or a key of the fallback, a bid for another lot or a proposal that is not released leaves them alone.
    """
    state = case.lots[lot]
    fallback = state.fallback
    opened = state.opening, state.attributions, state.opened_under
    return (*opened, case.tender.committee, fallback.started, fallback.ended)


def _may(case: Case, lot: str) -> dict[str, Any]:
    """What the asker may do here, and the id of the record that he or she may fetch."""
    actor, opening = current_actor(), case.lot(lot).opening
    found = files.readable_files(platform(), actor, case.id, lot) if opening.concluded_at is not None else ()
    return {
        "may_carry": bool(case.lots[lot].rounds_missing) and allowed(actor, Action.ROUND_CARRY, case, lot),
        "may_confirm": opening.read_out and allowed(actor, Action.OPENING_CONFIRM, case, lot),
        "record_id": next((file.id for file in found if file.kind == "record"), ""),
    }


def _made(case: Case, lot: str, seen: tuple[Record, ...], may: dict[str, Any]) -> Markup:
    hall, words = opening_hall(platform().origin, case, lot, seen), words_of(case)
    shown = {
        "hall": hall,
        "lines": [(line.at, record_text(line, words)) for line in hall.record],
        "words": words,
        "void_reason": void_reason,
        "fault_words": fault_words,
        "coefficient_name": coefficient_name,
        **shown_deadline(case, lot),
        **may,
    }
    return Markup(render_template("pages/rooms/_opening.html", **shown))  # noqa: S704  escaped by its template
