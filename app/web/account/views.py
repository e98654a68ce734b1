"""One's own account: log-in, sign-up, take-over, notices, keys."""

from __future__ import annotations

import io

import segno
from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from app.extensions import COOKIE, access, current_actor, current_log_in, platform, request_token, required_log_in
from app.permissions.actions import Action
from app.permissions.inspections import HEARD
from app.queries.desks import own_account, own_keys
from app.services import accounts, notices, register, registrations
from app.services.accounts import LOG_IN_VALID, NewOrganisation
from app.web.account.forms import InvitationForm, LogInForm, RevokeForm, SecondFactorForm, SignUpForm
from app.web.entitled import account_key, in_words
from app.web.navigation import first_page, has_desk
from app.web.pages import Refused, attempt, notice_words

routes = Blueprint("account", __name__)
Answer = str | Response
ISSUER = "Tenderhall"
PAGES_OF_NOTICES = {
    "release_waits": "agency.desk",
    "tender_returned": "agency.desk",
    "appraisal_waits": "appraisals.overview",
    "appraisal_objected": "appraisals.overview",
    "name_alarm": "name_requests.alarms",
    "fees_computed": "fees.to_settle",
    "name_asked": "name_requests.overview",
    "name_granted": "name_requests.overview",
    "name_refused": "name_requests.overview",
    "application_waits": "applications.overview",
    "registration_waits": "registrations.overview",
    "registration_accepted": "registrations.own",
    "registration_refused": "registrations.own",
}

OF_INSPECTED = frozenset({"result_entered_of_you", "result_published_of_you", "statement_answered"})
OF_INSPECTIONS = frozenset(
    {"campaign_waits", "correction_waits", "corrections_overdue", "inspection_draw_begun", "inspection_objects_drawn"}
    | {"inspection_plan_approved", "inspection_plan_waits", "inspection_task", "inspectors_wanted", "redraw_waits"}
    | {"results_overdue", "results_wait", "certain_inspectors_wait", "statement_waits"}
)  # of a year of inspections, which is no tender and has pages of its own


def _local_path(wanted: str) -> str:
    """A path of this site, or nothing: log-in never sends anybody elsewhere."""
    return wanted if wanted.startswith("/") and not wanted.startswith(("//", "/\\")) else ""


@routes.route("/log-in", methods=["GET", "POST"])
@access(Action.WEB_SESSION_BEGIN)
def log_in() -> Answer:
    form = LogInForm()
    if form.validate_on_submit():
        wanted = (form.login.data, form.password.data, form.code.data)
        token = attempt(form, lambda: accounts.begin_web_session(platform(), *wanted, request.remote_addr or ""))
        if token:
            return _with_cookie(redirect(_local_path(request.args.get("next", "")) or url_for("account.home")), token)
    return render_template("pages/account/log_in.html", form=form)


def _with_cookie(answer: Response, token: str) -> Response:
    secure = platform().settings.base_url.startswith("https://")
    age = int(LOG_IN_VALID.total_seconds())
    answer.set_cookie(COOKIE, token, max_age=age, httponly=True, secure=secure, samesite="Lax", path="/")
    return answer


@routes.get("/home")
@access(Action.SITE_READ)
def home() -> Answer:
    """The first page after log-in."""
    return redirect(first_page(current_actor()) if current_log_in() else "/")


@routes.post("/log-out")
@access(Action.OWN_ACCOUNT)
def log_out() -> Answer:
    accounts.end_web_session(platform(), request_token())
    answer = redirect(url_for("public.notices"))
    answer.delete_cookie(COOKIE, path="/")
    return answer


@routes.route("/sign-up", methods=["GET", "POST"])
@access(Action.ACCOUNT_REGISTER)
def sign_up() -> Answer:
    form = SignUpForm()
    if form.validate_on_submit():
        owner = NewOrganisation(form.organisation.data.strip(), "bidder", form.credit_code.data.strip().upper())
        login, name = form.login.data.strip(), form.name.data.strip()
        secret = attempt(
            form,
            lambda: accounts.register_bidder(
                platform(), owner, login, name, form.password.data, mail=form.mail.data or ""
            ),
        )
        if secret:
            return _second_factor(login, secret)
    return render_template("pages/account/sign_up.html", form=form)


@routes.route("/invitation", methods=["GET", "POST"])
@access(Action.INVITATION_ACCEPT)
def invitation() -> Answer:
    form = InvitationForm(code=request.args.get("code", ""))
    if form.validate_on_submit():
        code, password = form.code.data.strip(), form.password.data
        found = attempt(form, lambda: accounts.accept_invitation(platform(), code, password))
        if found:
            return _second_factor(*found)
    return render_template("pages/account/invitation.html", form=form)


@routes.route("/second-factor", methods=["GET", "POST"])
@access(Action.WEB_SESSION_BEGIN)
def second_factor() -> Answer:
    """For who lost the secret before the first log-in: another one."""
    form = SecondFactorForm()
    if form.validate_on_submit():
        login, password = form.login.data.strip(), form.password.data
        here, address = platform(), request.remote_addr or ""
        secret = attempt(form, lambda: accounts.renew_second_factor(here, login, password, address))
        if secret:
            return _second_factor(login, secret)
    return render_template("pages/account/lost_second_factor.html", form=form)


def _second_factor(login: str, secret: str) -> str:
    """The only time that a secret of the second factor is shown; nothing on the page leads away by mistake."""
    address = f"otpauth://totp/{ISSUER}:{login}?secret={secret}&issuer={ISSUER}"
    picture = io.BytesIO()
    segno.make(address, error="m").save(
        picture,
        kind="svg",
        scale=5,
        xmldecl=False,
        svgns=True,
        svgclass="qr",
        omitsize=False,
        title=_("动态验证码密钥"),
    )
    grouped = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    drawing = Markup(picture.getvalue().decode())  # noqa: S704  drawn here, from no one's text
    return render_template(
        "pages/account/second_factor.html", login=login, secret=grouped, picture=drawing, shown_once=True
    )


@routes.get("/account")
@access(Action.OWN_ACCOUNT)
def overview() -> Answer:
    log_in = required_log_in()
    if current_actor().seat:  # a booth has the key of its seat, and its room alone
        return redirect(first_page(current_actor()))
    with platform().database.reading() as db_session:
        own = own_account(db_session, log_in.account_id)
        keys = [key for key in own_keys(db_session, log_in.account_id) if key.revoked_at is None]
    told = [
        (notice, notice_words(notice.code, notice.facts), _page_of(notice))
        for notice in notices.own_notices(platform(), log_in)
    ]
    shown = {"own": own, "keys": keys, "notices": told, "called_up": not has_desk(current_actor())}
    shown |= {"may_be_inspected": current_actor().is_(*HEARD)}
    return render_template("pages/account/overview.html", **shown)


def _page_of(notice: notices.NoticeView) -> str:
    """Where a notice leads; "" for one of no case. What is not published yet has no page but the agency's desk."""
    if page := PAGES_OF_NOTICES.get(notice.code):
        return url_for(page)
    if notice.code in OF_INSPECTED:
        return url_for("inspection_statements.own")
    if notice.code in OF_INSPECTIONS:
        return url_for("inspections.year", case=notice.case_id)
    if notice.code.startswith("own_"):
        return url_for("own_expert.home")
    if notice.code.startswith("correction_"):  # for the authority alone
        return url_for("regulator.case", case=notice.case_id, _anchor="corrections-title")
    return url_for("public.notice", case=notice.case_id) if notice.case_id else ""


@routes.post("/account/notices/read")
@access(Action.OWN_ACCOUNT)
def read_notices() -> Answer:
    notices.mark_read(platform(), required_log_in())
    return redirect(url_for("account.overview"))


@routes.get("/account/keys")
@access(Action.CERTIFICATE_REQUEST)
def keys() -> Answer:
    return _keys_page()


def _keys_page(wrong: str = "", key_id: str = "") -> Answer:
    log_in = required_log_in()
    with platform().database.reading() as db_session:
        found = own_keys(db_session, log_in.account_id)
    claim = {"label": register.PROOF_LABEL, "object": {"account": log_in.account_id, "origin": platform().origin}}
    page = render_template(
        "pages/account/keys.html",
        keys=found,
        unchecked=_unchecked(),
        certified=[key.key_id for key in found if not key.revoked_at],
        claim=claim,
        key_name=account_key(),
        wrong=wrong,
        wrong_key=key_id,
    )
    return make_response(page, 422 if wrong else 200)


def _unchecked() -> str:
    """Why no key of this person would be certified yet: nobody has looked at the bidder's papers."""
    try:
        registrations.check_own(platform(), required_log_in())
    except Refused as refusal:
        return in_words(refusal)
    return ""


@routes.post("/account/keys/<key>/revocation")
@access(Action.CERTIFICATE_REVOKE)
def revoke_key(key: str) -> Answer:
    form = RevokeForm()
    if not form.validate_on_submit():
        return _keys_page(str(form.reason.errors[0]) if form.reason.errors else _("请说明理由"), key)
    try:
        register.revoke_certificate(platform(), required_log_in(), key, form.reason.data.strip())
    except Refused as refusal:
        return _keys_page(in_words(refusal), key)
    return redirect(url_for("account.keys"))
