"""Cases: drafts, notices, events, acts."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, request

from app.api.errors import withheld_words
from app.api.people import body, text
from app.casefile.codec import encode
from app.casefile.sight import asks_reason
from app.extensions import (
    access,
    current_actor,
    current_log_in,
    platform,
    private_facts,
    required_log_in,
    takes,
)
from app.permissions.actions import Action
from app.queries.events import event_view, seen_events
from app.queries.lists import current_cases, published_notices
from app.queries.people import names_of_accounts
from app.services import case_acts, draws, inspections, tenders
from app.services.access import record_reading
from app.services.cursors import read_cursor, write_cursor
from crypto.canonical import Json
from crypto.instants import format_instant

routes = Blueprint("api_cases", __name__)


@routes.get("/cases")
@access(Action.SITE_READ)
def list_cases() -> Json:
    with platform().database.reading() as db_session:
        rows = published_notices(db_session, request.args.get("q", ""))
    return [encode(asdict(row)) for row in rows]


@routes.get("/cases/current")
@access(Action.SITE_READ)
def list_current_cases() -> Json:
    """Every case that trustees' programs have to look at, however many."""
    here = platform()
    with here.database.reading() as db_session:
        return list(current_cases(db_session, here.database.now(db_session.connection())))


@routes.post("/cases")
@access(Action.CASE_OPEN)
def open_case() -> Json:
    sent = body()
    case = tenders.open_case(
        platform(), required_log_in(), text(sent, "title"), text(sent, "regulator", ""), dict(sent.get("form") or {})
    )
    return {"case": case}


@routes.post("/cases/<case>/next-round")
@access(Action.NEXT_ROUND_OPEN)
def open_next_round(case: str) -> Json:
    return {"case": tenders.open_next_round(platform(), required_log_in(), case)}


@routes.get("/cases/<case>/draft")
@access(Action.DRAFT_READ)
def read_draft(case: str) -> Json:
    draft = tenders.read_draft(platform(), required_log_in(), case)
    return {"case": case, "title": draft.title, "form": draft.form, "documents": encode(draft.documents)}


@routes.put("/cases/<case>/draft")
@access(Action.DRAFT_EDIT)
def save_draft(case: str) -> Json:
    tenders.save_draft(platform(), required_log_in(), case, dict(body().get("form") or {}))
    return {}


@routes.post("/cases/<case>/documents")
@access(Action.DRAFT_EDIT)
@takes(tenders.DOCUMENT_LIMIT + 1)  # what is a little larger is refused in its own words
def add_document(case: str) -> Json:
    name = request.args.get("name", "")
    return encode(tenders.add_document(platform(), required_log_in(), case, name, request.get_data(cache=False)))


@routes.get("/cases/<case>/draft/submission")
@access(Action.DRAFT_READ)
def draft_submission(case: str) -> Json:
    return tenders.draft_terms(platform(), required_log_in(), case)


@routes.get("/cases/<case>/events")
@access(Action.EVENTS_READ)
def events(case: str) -> Json:
    """What the asker may see, from a cursor on; facts unsealed since then come with a fresh reading."""
    here, actor = platform(), current_actor()
    with here.database.reading() as db_session:
        seen = seen_events(db_session, actor, case, read_cursor(here, case, request.args.get("cursor", "")))
    withheld = withheld_words(actor, seen.case)
    if asks_reason(actor, seen.case) and not withheld:
        record_reading(here.database, actor, Action.EVENTS_READ, case, address=request.remote_addr or "")
    names = names_of_accounts(here.database, {record.actor for record in seen.records})
    return {
        **withheld,
        "events": [event_view(actor, seen.case, record, lambda id_: names.get(id_, "")) for record in seen.records],
        "cursor": write_cursor(here, case, seen.last_seq),
    }


@routes.post("/cases/<case>/reason")
@access(Action.REASON_STATE)
def state_reason(case: str) -> Json:
    """An inspector states why it reads; until when that counts for this log-in."""
    until = inspections.state_reason(
        platform(), required_log_in(), case, text(body(), "reason"), request.remote_addr or ""
    )
    return {"until": format_instant(until)}


@routes.get("/cases/<path:case>/acts/head")
@access(Action.OWN_ACCOUNT)
def act_head(case: str) -> Json:
    here = platform()
    return {
        "prev_act": case_acts.act_head(here, case.partition("/")[0], required_log_in()),
        "origin": here.origin,
        "server_time": format_instant(here.database.now()),
    }


@routes.post("/cases/<path:case>/acts/<kind>")
@access(Action.OWN_ACCOUNT)
def record_act(case: str, kind: str) -> Json:
    """The one door for every signed act; which action it is, the fact's own declaration says. The payload of a draw's
    statement may be left out: it is the platform's own pool, word for word, and the signature says which."""
    sent = body()
    if kind == "DrawStated" and "payload" not in sent:
        case_id, _, lot = case.partition("/")
        sent |= {"payload": draws.payload_to_state(platform(), required_log_in(), case_id, lot)}
    proposal = case_acts.parse_proposal(case, kind, sent, private_facts())
    return case_acts.record_act(platform(), current_log_in(), proposal)
