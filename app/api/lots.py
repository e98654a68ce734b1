"""Lots: the bidder's desk, opening, draw, room, evidence."""

from __future__ import annotations

from flask import Blueprint, Response, request

from app.api.people import body, text
from app.casefile.case import Case
from app.casefile.codec import encode
from app.extensions import access, current_actor, platform, required_log_in
from app.permissions.actions import Action
from app.procedure.errors import RuleViolation
from app.procedure.file_names import disposition
from app.queries import lots as views
from app.queries.cases import load_case
from app.services import audits, call_ups, draws, receipts, reports, rounds, score_drafts
from app.services.actors import authorize_or_record
from crypto.canonical import Json
from crypto.instants import format_instant

routes = Blueprint("api_lots", __name__)


def entitled_case(case: str, lot: str, action: Action) -> Case:
    """The case, if the asker may do this with it now. Raises NotAllowed."""
    here = platform()
    with here.database.reading() as db_session:
        found = load_case(db_session, case)
    authorize_or_record(here.database, current_actor(), action, found, lot, request.remote_addr or "")
    return found


@routes.get("/cases/<case>/lots/<lot>/bid")
@access(Action.RECEIPT_READ)
def bid_desk(case: str, lot: str) -> Json:
    here, found = platform(), entitled_case(case, lot, Action.RECEIPT_READ)
    desk = views.bid_desk(here.origin, found, lot, current_actor(), here.settings.max_upload_bytes)
    return {**desk, "server_time": format_instant(here.database.now())}


@routes.get("/cases/<case>/lots/<lot>/receipts/<receipt>/inclusion")
@access(Action.RECEIPT_READ)
def inclusion(case: str, lot: str, receipt: str) -> Json:
    """That one's own bid stood at the deadline."""
    return receipts.read_inclusion(platform(), required_log_in(), case, lot, receipt)


@routes.get("/cases/<case>/lots/<lot>/opening")
@access(Action.OPENING_WATCH)
def opening(case: str, lot: str) -> Json:
    return views.opening_board(platform().origin, entitled_case(case, lot, Action.OPENING_WATCH), lot)


@routes.post("/cases/<case>/lots/<lot>/rounds")
@access(Action.ROUND_CARRY)
def carry_round(case: str, lot: str) -> Json:
    entitled_case(case, lot, Action.ROUND_CARRY)
    return {"round": rounds.carry_round(platform(), current_actor(), case, lot, text(body(), "signature"))}


@routes.get("/cases/<case>/certificates")
@access(Action.SIGNERS_READ)
def certificates(case: str) -> Json:
    """The register's entries about the keys that signed terms, deadlines, pauses and draws."""
    entitled_case(case, "", Action.SIGNERS_READ)
    with platform().database.reading() as db_session:
        return [record.to_json() for record in audits.signing_certificates(db_session, case)]


@routes.get("/cases/<case>/lots/<lot>/draw")
@access(Action.DRAW_WATCH)
def draw(case: str, lot: str) -> Json:
    return views.draw_board(entitled_case(case, lot, Action.DRAW_WATCH), lot)


@routes.get("/cases/<case>/lots/<lot>/draw/records/<int:round_>")
@access(Action.DRAW_WATCH)
def draw_record(case: str, lot: str, round_: int) -> Json:
    record = views.draw_record(entitled_case(case, lot, Action.DRAW_WATCH), lot, round_)
    if record is None:
        raise RuleViolation("record_unknown")
    return record


@routes.get("/cases/<case>/lots/<lot>/draw/approval")
@access(Action.DRAW_CONDITIONS_APPROVE)
def draw_approval(case: str, lot: str) -> Json:
    return draws.approval(platform(), required_log_in(), case, lot)


@routes.post("/cases/<case>/lots/<lot>/draw/pool")
@access(Action.DRAW_STATE)
def freeze_pool(case: str, lot: str) -> Json:
    return draws.freeze_pool(platform(), required_log_in(), case, lot)


@routes.post("/call-ups")
@access(Action.CALL_UP_ANSWER)
def answer_call_up() -> Json:
    sent = body()
    call_ups.answer_call_up(platform(), text(sent, "code"), sent.get("accepted") is True, text(sent, "reason", ""))
    return {}


@routes.get("/cases/<case>/lots/<lot>/room")
@access(Action.ROOM_JOIN)
def room(case: str, lot: str) -> Json:
    found = entitled_case(case, lot, Action.ROOM_JOIN)
    drafts = score_drafts.own_drafts(platform(), required_log_in(), found, lot)
    return {**views.room(found, lot, current_actor()), "drafts": [encode(draft) for draft in drafts]}


@routes.post("/cases/<case>/lots/<lot>/report/signature")
@access(Action.REPORT_SIGN)
def request_signature(case: str, lot: str) -> Json:
    return encode(reports.request_signature(platform(), required_log_in(), case, lot))


@routes.get("/cases/<case>/evidence")
@access(Action.EVIDENCE_EXPORT)
def evidence(case: str) -> Response:
    name, data = audits.export_evidence(platform(), required_log_in(), case, request.remote_addr or "")
    headers = {"Content-Disposition": disposition("attachment", name)}
    return Response(data, mimetype="application/zip", headers=headers)
