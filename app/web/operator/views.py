"""Those who serve the procedure: the centre's board and registers, accounts, the trustees."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from wtforms.fields.choices import SelectChoice

from app.extensions import access, current_actor, platform, required_log_in
from app.permissions.actions import Action
from app.procedure.roles import Role
from app.procedure.venues import Answer
from app.queries import boards, calendars
from app.queries.ceremonies import waiting_for
from app.queries.clocks import read_clocks
from app.queries.committees import read_committees
from app.queries.fees import unsettled_fees
from app.queries.name_requests import standing_alarms
from app.queries.rehearsals import own_rehearsals
from app.queries.trustee_agents import draw_agent_of, own_agent, short_of_agents
from app.services import account_changes, accounts, experts
from app.services.accounts import NewOrganisation
from app.web.entitled import in_words
from app.web.names import PHASES
from app.web.operator.forms import AccountChangeForm, AccountForm, SiteForm, SitePlaceForm
from app.web.operator.wording import BOARD_STEPS, CEREMONY_STAGES
from app.web.pages import Refused, local_time
from app.web.public.register import register_now
from app.web.wording import ROLES

routes = Blueprint("operator", __name__)


@routes.get("/centre")
@access(Action.SITE_MANAGE)
def centre() -> str:
    """Today on a board: openings, draws, sittings; what waits for the centre first."""
    with platform().database.reading() as db_session:
        rows = boards.centre_board(db_session, current_actor())
        waiting = boards.waiting_for_approval(db_session, current_actor())
        sites = boards.site_rows(db_session)
        now, centre_ = platform().database.now(db_session.connection()), current_actor().organisation_id
        short = short_of_agents(db_session, rows, now)
        agent = draw_agent_of(db_session, centre_, Role.CENTRE_OPERATOR, now)
        booths = sum(room.in_service for room in calendars.rooms(db_session, centre_))
        asked = sum(part.answer is Answer.ASKED for part in calendars.own_parts(db_session, centre_, now))
        alarms, clocks = standing_alarms(db_session, current_actor()), read_clocks(platform().database, db_session)
        waits = {"fees": unsettled_fees(db_session), "applications": boards.waiting_applications(db_session)}
    committees = [c for c in read_committees(platform().database) if c.in_use]
    ready = {"committees": len(committees), "sites": len(sites), "experts": sum(site.experts for site in sites)}
    ready |= {"booths": booths, "asked": asked, **waits}
    shown = {"rows": rows, "waiting": waiting, "ready": ready, "phases": PHASES, "steps": BOARD_STEPS}
    shown |= {"short": short, "alarms": alarms, "clocks": clocks, "agent": agent}
    shown["register"] = register_now()
    return render_template("pages/operator/centre.html", **shown)


@routes.route("/centre/sites", methods=["GET", "POST"])
@access(Action.SITE_MANAGE)
def sites() -> Any:
    """Places of evaluation with their witnesses."""
    form, moving, errors = SiteForm(), SitePlaceForm(prefix="at"), []
    with platform().database.reading() as db_session:
        found, people = boards.site_rows(db_session), boards.witnesses(db_session)
    form.witness.choices = [SelectChoice(p.id, f"{p.name} · {p.organisation}") for p in people]
    moving.site.choices = [SelectChoice(one.id, one.name) for one in found]
    region_asked = "at-site" in request.form
    try:
        if region_asked and moving.validate_on_submit():
            where = moving.region.data or "", moving.address.data or ""
            experts.set_site_place(platform(), required_log_in(), moving.site.data, *where)
            return redirect(url_for("operator.sites"))
        if not region_asked and form.validate_on_submit():
            where = form.region.data or "", form.address.data or ""
            experts.add_site(platform(), required_log_in(), form.name.data or "", form.witness.data, *where)
            return redirect(url_for("operator.sites"))
    except Refused as refusal:
        errors = [in_words(refusal)]
    shown = {"form": form, "moving": moving, "errors": errors, "sites": found, "people": people}
    return render_template("pages/operator/sites.html", region_asked=region_asked, **shown)


@routes.route("/accounts", methods=["GET", "POST"])
@access(Action.ACCOUNT_PREPARE)
def prepare_accounts() -> Any:
    """The system administrator prepares; somebody else approves; neither sees a case."""
    form, errors = AccountForm(), []
    if form.validate_on_submit():
        organisation = NewOrganisation(form.organisation.data or "", form.kind.data, form.credit_code.data or "")
        roles = frozenset(Role(value) for value in form.roles.data or ())
        names = (form.login.data or "", form.name.data or "", roles, form.mail.data or "")
        try:
            accounts.prepare_account(platform(), required_log_in().account_id, organisation, *names)
            return redirect(url_for("operator.prepare_accounts"))
        except Refused as refusal:
            errors = [in_words(refusal)]
    with platform().database.reading() as db_session:
        rows = boards.prepared_accounts(db_session, current_actor().id)
        alarms, clocks = standing_alarms(db_session, current_actor()), read_clocks(platform().database, db_session)
    shown = {"rows": rows, "roles": ROLES, "alarms": alarms, "clocks": clocks}
    return render_template("pages/operator/accounts.html", form=form, errors=errors, **shown)


@routes.get("/accounts/change")
@access(Action.ACCOUNT_SUSPEND)
def find_account() -> Any:
    """To the account of a log-in name."""
    login = request.args.get("login", "").strip()
    return redirect(url_for("operator.change_account", login=login) if login else url_for("operator.prepare_accounts"))


@routes.route("/accounts/change/<login>", methods=["GET", "POST"])
@access(Action.ACCOUNT_SUSPEND)
def change_account(login: str) -> Any:
    """What suspending and renewing will do is said here, and asked once."""
    form, errors = AccountChangeForm(), []
    if form.validate_on_submit():
        change = account_changes.suspend_account if "suspend" in request.form else account_changes.renew_account
        try:
            change(platform(), required_log_in().account_id, login, form.reason.data, request.remote_addr or "")
            return redirect(url_for("operator.change_account", login=login))
        except Refused as refusal:
            errors = [in_words(refusal)]
    with platform().database.reading() as db_session:
        row = boards.person_of(db_session, login)
    shown = {"row": row, "login": login, "roles": ROLES, "form": form, "errors": errors}
    return render_template("pages/operator/change_account.html", **shown), 200 if row else 404


@routes.route("/accounts/waiting", methods=["GET", "POST"])
@access(Action.ACCOUNT_APPROVE)
def approve_accounts() -> str:
    """The second person; the invitation code is shown once, to be handed over."""
    errors, invitation, wanted = [], "", request.form.get("account", "")
    if request.method == "POST":
        try:
            invitation = accounts.approve_account(platform(), required_log_in().account_id, wanted)
        except Refused as refusal:
            errors = [in_words(refusal)]
    with platform().database.reading() as db_session:
        rows = boards.waiting_for_approval(db_session, current_actor())
    shown = {"rows": rows, "errors": errors, "invitation": invitation, "roles": ROLES, "shown_once": bool(invitation)}
    return render_template("pages/operator/waiting.html", **shown)


@routes.get("/trustee")
@access(Action.SHARE_RELEASE)
def trustee() -> str:
    """Openings and draws that need this trustee's share, and how to give it: with its own tool alone."""
    with platform().database.reading() as db_session:
        rows = boards.trustee_board(db_session, current_actor())
        waiting = waiting_for(db_session, current_actor().keys)
        agent = own_agent(db_session, current_actor().id, platform().database.now(db_session.connection()))
        tried = own_rehearsals(db_session, current_actor(), platform().database.now())
    asked = next((row for row in tried if row.stage != "ended"), None)
    shown = {
        "ceremonies": waiting,
        "agent": agent,
        "rehearsal": asked and {"id": asked.id, "due": local_time(asked.state.opened.due_at)},
        "stages": CEREMONY_STAGES,
        "rows": rows,
        "phases": PHASES,
        "steps": BOARD_STEPS,
        "keys": sorted(current_actor().keys),
    }
    return render_template("pages/operator/trustee.html", base_url=platform().settings.base_url, **shown)
