"""The competent authority: its cases on a board, one case as a time line with checks, and who did what and when."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from app.adapters.profiles import profile_names, read_profile
from app.casefile.case import Case
from app.casefile.sight import asks_reason as withholds
from app.casefile.verification import Check, Verdict, verify_bundle
from app.database import in_native_thread
from app.extensions import access, current_actor, platform, required_log_in
from app.messages import sentence
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, allowed, asks_reason
from app.permissions.predicates import competent
from app.procedure.roles import Role
from app.queries import boards
from app.queries.access import access_rows
from app.queries.corrections import corrections_told
from app.queries.events import Seen, seen_events
from app.queries.inspection_steps import own_todo
from app.queries.next_steps import next_steps
from app.queries.playbacks import replayed_lots
from app.queries.timeline import case_stages
from app.queries.trustee_agents import draw_agent_of
from app.services import audits, inspections
from app.services.access import record_reading
from app.services.actors import record_denial
from app.services.inspections import LONGEST
from app.web.deadlines.views import offered_pages
from app.web.inspections.shared import step_url
from app.web.inspections.words import STEPS
from app.web.names import ACCESSES, CORRECTIONS, DECISIONS, PHASES
from app.web.operator.wording import BOARD_STEPS
from app.web.pages import attempt, confirmed, entitled_case, head_of, shows_failure
from app.web.regulator.records import event_page
from app.web.steps import first_shown, to_do
from app.web.stops import ShownStage, shown_stage

routes = Blueprint("regulator", __name__)
GRAVEST_FIRST = (Verdict.FAIL, Verdict.NOT_COVERED, Verdict.OK)
STAGE_OF_CHECK = {
    "receipts": "deadline",
    "code": "deadline",
    "ceremony": "opening",
    "release": "opening",
    "openings": "opening",
    "checks": "evaluation",
    "draws": "draw",
    "sittings": "evaluation",
    "documents": "report",
}


@routes.get("/regulator")
@access(Action.EVIDENCE_EXPORT)
def desk() -> str:
    """The authority's cases, what waits for it first."""
    actor = current_actor()
    if not actor.is_(Role.REGULATOR):
        raise NotAllowed(Action.EVIDENCE_EXPORT)
    with platform().database.reading() as db_session:
        now = platform().database.now()
        rows, inspecting = boards.regulator_board(db_session, actor, now), own_todo(db_session, actor, now)
        agent = draw_agent_of(db_session, actor.organisation_id, Role.REGULATOR, now)
    shown = {"agent": agent, "inspecting": inspecting, "inspection_steps": STEPS, "inspection_url": step_url}
    return render_template("pages/regulator/desk.html", rows=rows, phases=PHASES, steps=BOARD_STEPS, **shown)


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


class ReasonForm(FlaskForm):
    reason = TextAreaField(
        _l("查阅的理由"),
        [InputRequired(_l("请写明理由，例如：核查对专家抽取的投诉")), Length(max=LONGEST)],
        description=_l(
            "记入查阅记录，本部门其他监督人员会收到通知；评审结束后，代理机构审核人可见您查阅过什么，看不到理由"
        ),
    )


@routes.route("/regulator/cases/<case>/reason", methods=["GET", "POST"])
@access(Action.REASON_STATE)
def reason(case: str) -> str | Response:
    """Why an inspector reads what is open to the authority for a reason only; then on to where it was going."""
    found, form, here = entitled_case(case, Action.REASON_STATE), ReasonForm(), platform()
    home = url_for("regulator.case", case=case)
    wanted = request.args.get("next", "")
    onward = wanted if wanted.startswith("/") and not wanted.startswith(("//", "/\\")) else home
    if confirmed(form):
        address = request.remote_addr or ""
        log_in, words = required_log_in(), form.reason.data or ""
        if attempt(form, lambda: inspections.state_reason(here, log_in, case, words, address)):
            return redirect(onward)
    return render_template(
        "pages/regulator/reason.html",
        **head_of(found),
        breadcrumbs=[(_("监督工作台"), "/regulator"), (found.tender.published.title, home), (_("查阅的理由"), "")],
        form=form,
        lead=_(
            "本项目每次登录只须说明一次，%(minutes)s 分钟内有效。"
            "评审室、投标文件、评分和评审会议记录在评审结束前依此开放，只读。",
            minutes=here.settings.reason_minutes,
        ),
        back_url=home,
    )


@routes.route("/regulator/cases/<case>", methods=["GET", "POST"])
@access(Action.EVENTS_READ)
def case(case: str) -> str:
    """The time line, every recorded fact, and (once it is over) the whole case checked again from its evidence."""
    seen, actor, now = _own_case(case), current_actor(), platform().database.now()
    found, terms, steps = seen.case, seen.case.tender.published, next_steps(seen.case, actor, now)
    over = allowed(actor, Action.EVIDENCE_EXPORT, found)
    checks = _checks(case) if over and request.method == "POST" else []
    return render_template(
        "pages/regulator/case.html",
        **head_of(found),
        breadcrumbs=[(_("监督工作台"), "/regulator"), (terms.title, "")],
        case_id=case,
        step=first_shown(case, steps),
        further=to_do(case, steps)[1:],
        lines=[(lot, _stops(found, lot.number, now, checks)) for lot in terms.lots],
        orders=offered_pages(found, actor)
        + _sitting_pages(found)
        + _finding_pages(found)
        + _name_pages(found)
        + _serving_pages(found),
        replays=replayed_lots(actor, found),
        recordings=[n for n, lot in found.lots.items() if lot.recordings.runs],
        rooms=[lot.number for lot in terms.lots if asks_reason(actor, Action.ROOM_JOIN, found, lot.number)],
        **_readings(found),
        reports=[lot.number for lot in terms.lots if allowed(actor, Action.REPORT_READ, found, lot.number)],
        failures=[lot.number for lot in terms.lots if shows_failure(found, lot.number)],
        draws=[lot.number for lot in terms.lots if allowed(actor, Action.DRAW_WATCH, found, lot.number)],
        **event_page(seen),
        over=over,
        checks=checks,
    )


def _sitting_pages(found: Case) -> list[tuple[str, str]]:
    """Sittings that the authority may order to stand still or to go on."""
    return [
        (_("标包 %(n)s 评审中断与恢复", n=number), url_for("standstill.show", case=found.id, lot=number))
        for number in found.lots
        if allowed(current_actor(), Action.STANDSTILL_WATCH, found, number)
    ]


def _finding_pages(found: Case) -> list[tuple[str, str]]:
    """Lots whose bids were checked: without a reason once they are over."""
    actor = current_actor()
    return [
        (_("标包 %(n)s 清标提示", n=number), url_for("findings.show", case=found.id, lot=number))
        for number, lot in found.lots.items()
        if lot.opening.concluded_at is not None
        and (
            allowed(actor, Action.FINDINGS_READ, found, number)
            or asks_reason(actor, Action.FINDINGS_READ, found, number)
        )
    ]


def _name_pages(found: Case) -> list[tuple[str, str]]:
    """Lots whose experts are drawn and may still not be known."""
    return [
        (_("标包 %(n)s 查询专家姓名", n=number), url_for("name_requests.ask", case=found.id, lot=number))
        for number, lot in found.lots.items()
        if lot.draw.seats and allowed(current_actor(), Action.NAME_ASK, found, number)
    ]


def _serving_pages(found: Case) -> list[tuple[str, str]]:
    """Lots whose members may be paid and appraised."""
    return [
        (_("标包 %(n)s 专家劳务费和评价", n=number), url_for("name_requests.serving", case=found.id, lot=number))
        for number in found.lots
        if asks_reason(current_actor(), Action.SERVING_READ, found, number)
    ]


def _readings(found: Case) -> dict[str, object]:
    """Whether this inspector still has to state a reason, who looked at or took what, and what it is told without."""
    here, actor = platform(), current_actor()
    if withholds(actor, found) and found.id in actor.reasons:
        record_reading(here.database, actor, Action.EVENTS_READ, found.id, address=request.remote_addr or "")
    with here.database.reading() as db_session:
        rows = access_rows(db_session, found.id)
        corrections = corrections_told(db_session, found.id)
    mine = next((row for row in rows if row.id == actor.reasons.get(found.id)), None)
    return {
        "reason_due": withholds(actor, found) and mine is None,
        "stated": mine,
        "readings": rows,
        "accesses": ACCESSES,
        "corrections": corrections,
        "correction_grounds": CORRECTIONS,
        "decisions": DECISIONS,
    }


def _stops(found: Case, lot: str, now: datetime, checks: list[CheckRow]) -> list[ShownStage]:
    """The time line of a lot, each stop with the gravest verdict of the checks that concern it."""
    return [
        replace(shown_stage(found, stage), verdict=gravest([c.verdict for c in checks if c.stage == stage.code]))
        for stage in case_stages(found, current_actor(), lot, now)
    ]


def gravest(verdicts: Collection[str]) -> str:
    """FAIL before not_covered before ok; "" of none."""
    return next((verdict.value for verdict in GRAVEST_FIRST if verdict.value in verdicts), "")


@dataclass(frozen=True)
class CheckRow:
    """A line of the report: the step, its stop on the time line ("" for the whole case), verdict and finding."""

    step: str
    stage: str
    verdict: str
    text: str


def _checks(case_id: str) -> list[CheckRow]:
    """Everything that the offline verifier checks, run over the very bundle that can be downloaded."""
    _name, bundle = audits.export_evidence(platform(), required_log_in(), case_id, request.remote_addr or "")
    profiles = [read_profile(name) for name in profile_names()]
    return [_check_row(check) for check in in_native_thread(verify_bundle, bundle, platform().keys.roots, profiles)]


def _check_row(check: Check) -> CheckRow:
    language, zone = g.get("lang", "zh"), platform().settings.display_zone
    step = sentence(f"verify_step_{check.name}", {}, language)
    return CheckRow(
        step, STAGE_OF_CHECK.get(check.name, ""), check.verdict.value, sentence(check.code, check.facts, language, zone)
    )
