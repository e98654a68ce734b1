"""The competent authority: its cases on a board, one case as a time line with checks, and who did what and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, g, render_template, request
from flask_babel import gettext as _

from app.adapters.profiles import profile_names, read_profile
from app.casefile.case import Case
from app.casefile.record import Record
from app.casefile.sight import sees_author
from app.casefile.verification import Check, verify_bundle
from app.database import in_native_thread
from app.extensions import access, current_actor, platform, required_log_in
from app.messages import sentence
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, allowed
from app.permissions.predicates import competent
from app.procedure.roles import Role
from app.queries import boards
from app.queries.events import Seen, seen_events
from app.queries.people import names_of_accounts
from app.queries.timeline import case_stages
from app.services import audits
from app.services.actors import record_denial
from app.web.names import FACTS, PHASES
from app.web.operator.wording import BOARD_STEPS
from app.web.pages import head_of
from app.web.steps import shown_stage
from app.web.wording import ROLES

routes = Blueprint("regulator", __name__)
SYSTEM = "system"
PAGE = 40


@routes.get("/regulator")
@access(Action.EVIDENCE_EXPORT)
def desk() -> str:
    """The authority's cases, what waits for it first."""
    actor = current_actor()
    if not actor.is_(Role.REGULATOR):
        raise NotAllowed(Action.EVIDENCE_EXPORT)
    with platform().database.reading() as db_session:
        rows = boards.regulator_board(db_session, actor)
    return render_template("pages/regulator/desk.html", rows=rows, phases=PHASES, steps=BOARD_STEPS)


def _own_case(case_id: str) -> Seen:
    """A case of the actor's own authority, with what it may see of it. Raises NotAllowed, and keeps the attempt."""
    here, actor = platform(), current_actor()
    with here.database.reading() as db_session:
        seen = seen_events(db_session, actor, case_id)
    mine = actor.is_(Role.REGULATOR) and competent(actor, seen.case, "") and seen.case.tender.published_at is not None
    if not mine:
        record_denial(here.database, actor, Action.EVENTS_READ, case_id, request.remote_addr or "")
        raise NotAllowed(Action.EVENTS_READ)
    return seen


@dataclass(frozen=True)
class EventRow:
    """One entry of the case log in words."""

    at: datetime
    name: str
    lot: str
    who: str
    role: str
    signed: bool
    digest: str


def _event_rows(seen: Seen) -> list[EventRow]:
    actor = current_actor()
    names = names_of_accounts(platform().database, {record.actor for record in seen.records})
    return [
        _event_row(record, _author(seen.case, record, names.get), sees_author(actor, seen.case, record))
        for record in seen.records
    ]


def _event_page(seen: Seen) -> dict[str, object]:
    """The log, newest first, searched by words and turned by page."""
    words, start = request.args.get("q", "").strip()[:100], request.args.get("from", "0")
    rows = [row for row in reversed(_event_rows(seen)) if words in f"{row.name} {row.who} {row.role}"]
    first = int(start) if start.isdecimal() else 0
    return {
        "events": rows[first : first + PAGE],
        "found": len(rows),
        "words": words,
        "newer": f"?q={words}&from={max(first - PAGE, 0)}#events-title" if first else None,
        "older": f"?q={words}&from={first + PAGE}#events-title" if first + PAGE < len(rows) else None,
    }


def _author(case: Case, record: Record, name_of: Callable[[str], str | None]) -> str:
    if record.actor == SYSTEM:
        return _("系统")
    if "#" in record.actor:  # a booth: members are known by seat
        return _("席位 %(n)s", n=record.actor.rpartition("#")[2])
    return name_of(record.actor) or record.actor


def _event_row(record: Record, who: str, shown: bool) -> EventRow:
    roles = [str(ROLES[Role(role)]) for role in record.role.split("+") if role in set(Role)]
    return EventRow(
        record.at,
        str(FACTS.get(record.type, record.type)),
        record.lot,
        who if shown else _("开标前不公开"),
        _("、").join(roles) if shown else "",
        bool(record.act),
        record.payload_sha256,
    )


@routes.route("/regulator/cases/<case>", methods=["GET", "POST"])
@access(Action.EVENTS_READ)
def case(case: str) -> str:
    """The time line, every recorded fact, and (once it is over) the whole case checked again from its evidence."""
    seen, actor, now = _own_case(case), current_actor(), platform().database.now()
    found, terms = seen.case, seen.case.tender.published
    lines = [(lot, [shown_stage(found, s) for s in case_stages(found, actor, lot.number, now)]) for lot in terms.lots]
    over = allowed(actor, Action.EVIDENCE_EXPORT, found)
    rooms = [lot.number for lot in terms.lots if allowed(actor, Action.ROOM_JOIN, found, lot.number)]
    return render_template(
        "pages/regulator/case.html",
        **head_of(found),
        breadcrumbs=[(_("监督工作台"), "/regulator"), (terms.title, "")],
        case_id=case,
        lines=lines,
        rooms=rooms,
        draws=[lot.number for lot in terms.lots if allowed(actor, Action.DRAW_WATCH, found, lot.number)],
        **_event_page(seen),
        over=over,
        checks=_checks(case) if over and request.method == "POST" else None,
    )


@dataclass(frozen=True)
class CheckRow:
    """A line of the report: the step, its verdict, and the sentence of what was found."""

    step: str
    verdict: str
    text: str


def _checks(case_id: str) -> list[CheckRow]:
    """Everything that the offline verifier checks, run over the very bundle that can be downloaded."""
    _name, bundle = audits.export_evidence(platform(), required_log_in(), case_id)
    profiles = [read_profile(name) for name in profile_names()]
    return [_check_row(check) for check in in_native_thread(verify_bundle, bundle, platform().keys.roots, profiles)]


def _check_row(check: Check) -> CheckRow:
    language, zone = g.get("lang", "zh"), platform().settings.display_zone
    step = sentence(f"verify_step_{check.name}", {}, language)
    return CheckRow(step, check.verdict.value, sentence(check.code, check.facts, language, zone))
