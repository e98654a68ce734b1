"""The halls that people watch together: the opening, for everybody; the draw, for its parties."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.casefile.case import Case
from app.casefile.codec import decode
from app.casefile.record import Record
from app.extensions import access, current_actor, platform, required_log_in
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.convening import PARTIES as PARTY_ROLES
from app.procedure.errors import RuleViolation
from app.procedure.roles import Actor
from app.queries.draw_hall import DrawHall, draw_hall
from app.queries.events import Seen, seen_events
from app.queries.opening_hall import opening_hall
from app.queries.trustee_agents import draw_agents
from app.services import draws, experts, rounds
from app.services.cursors import cursor_of, read_cursor, write_cursor
from app.web.drawing import bytes_to_give, course_of
from app.web.entitled import account_key, entitled_case, in_words, place, words_of
from app.web.names import CHANNELS, FACTS, OUTCOMES, PARTIES, ROUND_REASONS, SEATS
from app.web.pages import attempt
from app.web.recusal_words import library_words, recusal_words
from app.web.rooms.board import board
from app.web.rooms.forms import RoundForm
from app.web.rooms.wording import void_reason
from app.web.specialities import stratum_words
from crypto.canonical import Json
from evaluation.draw import DrawStated, pool_sizes

routes = Blueprint("rooms", __name__)


@routes.get("/cases/<case>/lots/<lot>/opening")
@access(Action.OPENING_WATCH)
def opening(case: str, lot: str) -> str:
    """Before the deadline a countdown; then the board, row by row."""
    shown, wall = board(case, lot), request.args.get("wall") == "1"
    context = {"board": shown.html, "cursor": write_cursor(platform(), case, shown.last_seq), "wall": wall}
    return render_template("pages/rooms/opening.html", **place(shown.case, lot, _("开标大厅")) | context)


@routes.get("/cases/<case>/lots/<lot>/opening/board")
@access(Action.OPENING_WATCH)
def opening_fragment(case: str, lot: str) -> str:
    """The live part of the hall alone, for a page that has heard what is on record up to its cursor."""
    return board(case, lot, read_cursor(platform(), case, request.args.get("cursor", ""))).html


@routes.route("/cases/<case>/lots/<lot>/opening/round", methods=["GET", "POST"])
@access(Action.ROUND_CARRY)
def carry_round(case: str, lot: str) -> str | Response:
    """Whoever has a round's signature brings it; it proves itself."""
    found, form = entitled_case(case, lot, Action.ROUND_CARRY), RoundForm()
    back, actor = f"/cases/{case}/lots/{lot}/opening", current_actor()
    brought = form.signature.data or ""
    if form.validate_on_submit() and attempt(form, lambda: rounds.carry_round(platform(), actor, case, lot, brought)):
        return redirect(back)
    waiting = rounds.missing_rounds(found, lot)
    shown = place(found, lot, _("录入轮次签名")) | {"form": form, "waiting": waiting, "back": back}
    return render_template("pages/rooms/carry_round.html", **shown)


@routes.get("/cases/<case>/lots/<lot>/opening/confirmation")
@access(Action.OPENING_WATCH)
def confirm_opening(case: str, lot: str) -> str | Response:
    """Whoever is present signs that the board was read out as it stands; once the opening is over, the hall says so."""
    watched = entitled_case(case, lot, Action.OPENING_WATCH)
    if watched.lots[lot].opening.concluded_at is not None:
        return redirect(f"/cases/{case}/lots/{lot}/opening")
    found = entitled_case(case, lot, Action.OPENING_CONFIRM)
    hall, back = opening_hall(platform().origin, found, lot, ()), f"/cases/{case}/lots/{lot}/opening"
    context = place(found, lot, _("确认开标记录")) | {"hall": hall, "void_reason": void_reason, "back": back}
    context["words"] = words_of(found)
    context |= {"payload": {"board_sha256": hall.board_sha256}, "key_name": account_key()}
    context["may_confirm"] = hall.stage == "read_out"
    return render_template("pages/rooms/confirm_opening.html", **context)


def own_party(actor: Actor) -> str:
    """The name under which the actor gives randomness to a draw; "" for who only watches."""
    return next((party for party, role in PARTY_ROLES.items() if actor.is_(role)), "")


def _task(case: Case, lot: str, hall: DrawHall) -> str:
    """What the draw waits for from this very actor: commit, state, reveal, or nothing."""
    actor, current = current_actor(), hall.current
    if current is None or hall.stage not in ("drawing", "done"):
        return ""
    if current.step == "state" and allowed(actor, Action.DRAW_STATE, case, lot):
        return "state"
    card = next((c for c in current.cards if c.party == own_party(actor)), None)
    if card is None:
        return ""
    if current.step in ("commit", "state") and card.state in (
        "waiting",
        "overdue",
    ):  # who is late may until it is stated
        return "commit" if allowed(actor, Action.DRAW_COMMIT, case, lot) else ""
    wanted = current.step == "reveal" and card.state == "sealed"
    return "reveal" if wanted and allowed(actor, Action.DRAW_REVEAL, case, lot) else ""


def _draw(case: Case, lot: str) -> dict[str, Any]:
    here, actor, hall = platform(), current_actor(), draw_hall(case, lot)
    with here.database.reading() as db_session:
        seen = seen_events(db_session, actor, case.id)
        agents = draw_agents(db_session, case, here.database.now()) if own_party(actor) else {}
    task, current = _task(case, lot, hall), hall.current
    return course_of(hall, case.id, lot) | {
        "hall": hall,
        "agents": agents,
        "case_id": case.id,
        "lot": lot,
        "task": task,
        "may_propose": current is not None
        and not current.statement_sha256
        and len(hall.rounds) == 1
        and allowed(actor, Action.DRAW_CONDITIONS_PROPOSE, case, lot),
        "may_widen": hall.may_widen and allowed(actor, Action.DRAW_CONDITIONS_PROPOSE, case, lot),
        "may_approve": allowed(actor, Action.DRAW_CONDITIONS_APPROVE, case, lot),
        "state": f"{hall.stage}/{current.number}/{current.step}/{task}/{hall.waits_for_wider}"
        if current
        else hall.stage,
        "sites": {site["id"]: site["name"] for site in experts.list_sites(here)},
        "parties": PARTIES,
        "reasons": ROUND_REASONS,
        "seats": SEATS,
        "attempts": _attempts(seen, lot),
        "library_rule": library_words(case.tender.published.profile) if case.tender.published_at else "",
        "channels": CHANNELS,
        "outcomes": OUTCOMES,
        "cursor": cursor_of(here, case),
    }


def _attempts(seen: Seen, lot: str) -> dict[str, list[Record]]:
    """By number how it was called, for whoever may see these facts."""
    found: dict[str, list[Record]] = {}
    for record in seen.records:
        if record.type == "CallAttempted" and record.lot == lot:
            found.setdefault(record.payload["candidate"], []).append(record)
    return found


@routes.get("/cases/<case>/lots/<lot>/draw")
@access(Action.DRAW_WATCH)
def draw(case: str, lot: str) -> str:
    """The wall of the draw, and the one act it waits for from this party."""
    found = entitled_case(case, lot, Action.DRAW_WATCH)
    shown = _draw(found, lot)
    asked = shown["task"] in ("commit", "reveal")
    giving = bytes_to_give(shown["hall"], f"{case}/{lot}", own_party(current_actor())) if asked else None
    return render_template("pages/rooms/draw.html", **place(found, lot, _("专家抽取")) | shown | {"giving": giving})


@routes.get("/cases/<case>/lots/<lot>/draw/board")
@access(Action.DRAW_WATCH)
def draw_fragment(case: str, lot: str) -> str:
    """The live part of the wall alone."""
    return render_template("pages/rooms/_draw.html", **_draw(entitled_case(case, lot, Action.DRAW_WATCH), lot))


def _sizes(shown: dict[str, Any], payload: Json) -> list[tuple[str, str]]:
    """Of each stratum how many could be drawn when it was approved, and how many by this statement."""
    stated: DrawStated = decode(DrawStated, payload)
    now = pool_sizes(json.loads(stated.statement), stated.candidates)
    return [
        (
            stratum_words(line.name, shown["sites"]),
            _("核准时可抽 %(n)s 人", n=line.approved) + " · " + _("锁定时可抽 %(n)s 人", n=now[line.name]),
        )
        for line in shown["hall"].strata
        if line.approved is not None and line.name in now
    ]


@routes.route("/cases/<case>/lots/<lot>/draw/statement", methods=["GET", "POST"])
@access(Action.DRAW_STATE)
def state_draw(case: str, lot: str) -> str:
    """Freeze the pool, then show the centre the very statement that it signs."""
    found = entitled_case(case, lot, Action.DRAW_STATE)
    shown: dict[str, Any] = place(found, lot, _("锁定名单")) | _draw(found, lot) | {"key_name": account_key()}
    shown |= {"payload": None, "errors": [], "back": f"/cases/{case}/lots/{lot}/draw", "sizes": []}
    shown["grounds"] = recusal_words(found.tender.published.profile)
    if request.method == "POST":
        try:
            shown["payload"] = draws.freeze_pool(platform(), required_log_in(), case, lot)
            shown["stated"] = json.loads(shown["payload"]["statement"])
            shown["sizes"] = _sizes(shown, shown["payload"])
        except RuleViolation as refusal:
            shown["errors"] = [in_words(refusal)]
    return render_template("pages/rooms/state_draw.html", **shown | {"facts_names": FACTS})
