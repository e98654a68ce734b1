"""Pages. Each sub-package is one role's desk: `views.py` shows and delegates, `forms.py` checks shape."""

from __future__ import annotations

import re
import secrets
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from flask import Flask, Response, current_app, g, request, url_for
from flask import session as web_session
from flask_babel import gettext
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RoutingException

from app.extensions import access, current_actor, platform, same_for_all
from app.permissions.actions import Action
from app.procedure.roles import Actor
from app.web.account.views import routes as account
from app.web.agency.views import routes as agency
from app.web.appraisals import routes as appraisals
from app.web.bidder.clarifications import routes as clarifications
from app.web.bidder.views import routes as bidder
from app.web.deadlines.views import routes as deadlines
from app.web.expert.clarifying import routes as clarifying
from app.web.expert.competing import routes as competing
from app.web.expert.contracting import routes as contracting
from app.web.expert.correcting import routes as corrections
from app.web.expert.more_time import routes as more_time
from app.web.expert.offline import routes as offline
from app.web.expert.own import routes as own_expert
from app.web.expert.papers import routes as papers
from app.web.expert.pictures import routes as pictures
from app.web.expert.pricing import routes as pricing
from app.web.expert.questions import routes as questions
from app.web.expert.rechecking import routes as rechecking
from app.web.expert.rollbacks import routes as rollbacks
from app.web.expert.room import routes as sitting
from app.web.expert.talk import routes as talk
from app.web.expert.views import routes as expert
from app.web.findings import routes as findings
from app.web.inspections.desk import routes as inspection_desk
from app.web.inspections.draws import routes as inspection_draws
from app.web.inspections.statements import routes as inspection_statements
from app.web.inspections.statistics import routes as inspection_statistics
from app.web.inspections.visits import routes as inspection_visits
from app.web.inspections.years import routes as inspections
from app.web.languages import compile_catalogue, say_at_once
from app.web.names import WARNING_GROUNDS
from app.web.navigation import footer_links, nav_links, room_of_booth
from app.web.operator.ceremonies import routes as ceremonies
from app.web.operator.experts import routes as experts
from app.web.operator.fees import routes as fees
from app.web.operator.library import routes as library
from app.web.operator.rehearsals import routes as rehearsals
from app.web.operator.sheets import routes as sheets
from app.web.operator.trainings import routes as trainings
from app.web.operator.views import routes as operator
from app.web.operator.witness import routes as witness
from app.web.public.applications import routes as applications
from app.web.public.checks import routes as checks
from app.web.public.draws import routes as published_draws
from app.web.public.privacy import routes as privacy
from app.web.public.register import routes as register
from app.web.public.standards import routes as standards
from app.web.public.tiles import routes as tiles
from app.web.public.views import routes as public
from app.web.recordings.views import routes as recordings
from app.web.registrations import routes as registrations
from app.web.regulator.fairness import routes as fairness
from app.web.regulator.identities import routes as identities
from app.web.regulator.live import routes as supervision
from app.web.regulator.names import routes as name_requests
from app.web.regulator.views import routes as regulator
from app.web.replay.views import routes as replay
from app.web.rooms.faults import routes as faults
from app.web.rooms.views import routes as rooms
from app.web.specialities import speciality_words
from app.web.standstill.picture_ends import routes as picture_ends
from app.web.standstill.views import routes as standstill
from app.web.venues.bookings import routes as bookings
from app.web.venues.calendar import routes as calendar
from app.web.venues.rooms import routes as venues
from app.web.visible import visible
from app.web.wording import ROLES
from crypto.signing import check_code, fingerprint

LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HTTPS_ONLY_FOR = 365 * 24 * 3600  # seconds (RFC 6797); only of this host: what others of its domain do is not ours
# A file whose name holds the hash of its bytes never changes (RFC 8246): no page waits for an answer that it has not.
NAMED_BY_HASH = re.compile(r"-[A-Z2-7]{8}\.[a-z0-9]+$")
FOR_EVER = f"public, max-age={365 * 24 * 3600}, immutable"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def attach(app: Flask) -> None:
    """Register pages, languages, headers and what every template may rely on."""
    acts_of_sittings = (clarifying, pricing, corrections, contracting, rechecking, questions, rollbacks, more_time)
    acts_of_sittings = (*acts_of_sittings, competing)
    rooms_of_sittings = (sitting, *acts_of_sittings, papers, talk, pictures, offline)
    desks = (account, agency, bidder, expert, *rooms_of_sittings, operator, witness, library, experts, ceremonies)
    serving = (sheets, fees, appraisals, own_expert, trainings, applications, name_requests, standards, privacy)
    inspecting = (inspection_desk, inspection_draws, inspection_visits, inspection_statistics, inspections)
    supervising = (regulator, fairness, identities, supervision, *inspecting, inspection_statements)
    booking = (venues, bookings, calendar, registrations)
    public_pages = (public, published_draws, register, tiles, checks)
    standing = (standstill, picture_ends)
    rooms_of_a_case = (deadlines, rooms, faults, *standing, rehearsals, clarifications, findings, recordings, replay)
    for blueprint in (*public_pages, *rooms_of_a_case, *supervising, *serving, *desks, *booking):
        app.register_blueprint(blueprint)
    app.view_functions["static"] = access(Action.SITE_READ)(app.view_functions["static"])
    compile_catalogue()
    say_at_once(app)
    app.jinja_env.finalize = visible
    app.jinja_env.globals["warning_grounds"] = WARNING_GROUNDS
    app.add_template_filter(fingerprint)
    app.add_template_filter(check_code)
    app.add_template_filter(speciality_words)
    app.before_request(_remember_language)
    app.after_request(_secure)
    app.context_processor(_context)


def select_language() -> str:
    """The Babel locale of this request: chosen before, else Chinese."""
    return LOCALES[g.get("lang", "zh")]


def _remember_language() -> None:
    g.csp_nonce = secrets.token_urlsafe(16)
    if same_for_all():
        return
    chosen = request.args.get("lang", "")
    if chosen in LOCALES:
        web_session["lang"] = chosen
    g.lang = web_session.get("lang", "zh")


def _secure(answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.headers["Content-Security-Policy"] = CONTENT_POLICY.format(nonce=g.get("csp_nonce", ""))
    if current_app.config["SESSION_COOKIE_SECURE"]:
        answer.headers["Strict-Transport-Security"] = f"max-age={HTTPS_ONLY_FOR}"
    if not same_for_all() or answer.status_code >= HTTPStatus.BAD_REQUEST:
        answer.headers["Cache-Control"] = "no-store"
    elif NAMED_BY_HASH.search(request.path):
        answer.headers["Cache-Control"] = FOR_EVER
    return answer


def asset(name: str) -> str:
    """Address of a built file by its logical name."""
    return url_for("static", filename=current_app.config["ASSETS"][name]["file"])


def pdf_folder() -> str:
    """Where the reader of PDFs finds character maps, fonts and decoders: one folder for each of its versions."""
    return asset("pdf").rpartition("/")[0] + "/"


def sealing_code() -> list[str]:
    """Addresses of the built files that take part in sealing."""
    return [url_for("static", filename=file) for file in current_app.config["SEALING"]]


def _page_asked() -> str:
    """The page that was asked for; of a form that was sent, the page it stands on, if it can be opened again."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    found = urlsplit(request.referrer or "")
    try:
        current_app.url_map.bind("").match(found.path, "GET")
    except (HTTPException, RoutingException):
        return "/"
    return found._replace(scheme="", netloc="", fragment="").geturl() if found.netloc == request.host else "/"


def _language_url(code: str) -> str:
    """The page one is on in another language, with what was searched for or chosen there."""
    return "?" + urlencode({**request.args.to_dict(flat=False), "lang": [code]}, doseq=True)


def _role_names(actor: Actor) -> list[str]:
    """At a booth somebody is a member on a seat, be it an expert or the buyer's representative."""
    if actor.seat:
        return [gettext("评审成员"), gettext("席位 %(n)s", n=actor.seat.rpartition("#")[2])]
    return [str(ROLES[role]) for role in sorted(actor.roles)]


def _context() -> dict[str, object]:
    here, actor = platform(), current_actor()
    zone = here.settings.display_zone
    signed_in = bool(actor.id)
    return {
        "lang": g.get("lang", "zh"),
        "account": actor.id,
        "origin": here.origin,
        "posted": request.method == "POST",
        "page_asked": _page_asked,
        "language_url": _language_url,
        "actor": {
            "name": actor.name,
            "role_names": _role_names(actor),
            "organisation": actor.organisation_name,
        }
        if signed_in
        else None,
        "csp_nonce": g.get("csp_nonce", ""),
        "asset": asset,
        "pdf_folder": pdf_folder,
        "sealing_code": sealing_code,
        "server_time": here.database.now(),
        "display_zone": ZoneInfo(zone),
        "display_zone_name": zone,
        "demo_notice": gettext(
            "数据均为虚构，不具法律效力。投标的解密密钥由同一台机器生成（M0），不能证明截止以前没有人打开过投标。"
        )
        if here.settings.demo
        else None,
        "home_url": room_of_booth(actor) if actor.seat else "/",
        "nav_links": nav_links(actor),
        "contact": here.settings.contact,
        "footer_links": footer_links(actor),
        "sign_in_url": "/log-in",
        "sign_out_url": "/log-out",
    }
