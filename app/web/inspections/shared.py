"""What all pages of inspections share: the year one may look at, its head, addresses of next steps, the review."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from app.casefile.case import Case
from app.casefile.codec import encode
from app.extensions import current_actor, platform
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.errors import RuleViolation
from app.procedure.inspections.facts import Part
from app.procedure.inspections.state import lot_of
from app.queries.cases import load_case
from app.queries.inspection_steps import Step, year_of
from app.services.actors import authorize_or_record
from app.web.entitled import account_key, in_words
from app.web.inspections.words import PARTY_NAMES
from app.web.pages import Effects, Refused, typed_fields

Trail = list[tuple[str, str | None]]


def entitled_year(case_id: str, action: Action, lot: str = "") -> Case:
    """The year, if the asker may do this with it now. Raises NotAllowed, RuleViolation `inspection_unknown`."""
    with platform().database.reading() as db_session:
        found = load_case(db_session, case_id)
    authorize_or_record(platform().database, current_actor(), action, found, lot, request.remote_addr or "")
    if found.inspection is None:
        raise RuleViolation("inspection_unknown")
    return found


def trail(case: Case, *further: tuple[str, str | None]) -> Trail:
    """Breadcrumbs of a page inside a year; staff come from their desk, others from what is published."""
    staff = allowed(current_actor(), Action.INSPECTION_DESK)
    first = (_("双随机抽查"), "/inspections/desk") if staff else (_("双随机抽查公示"), "/inspections")
    year = year_of(case)
    title = _("%(authority)s %(year)s 年", authority=year.parties.authority.name, year=year.opened.year)
    return [first, (title, url_for("inspections.year", case=case.id)), *further]


def head(case: Case) -> dict[str, Any]:
    """What the head of a page of a year says."""
    year = year_of(case)
    title = year.plan.title if year.plan else _("%(year)s 年度双随机抽查", year=year.opened.year)
    place = {"title": title, "code": year.parties.authority.name, "stage": ""}
    notices = []
    if year.plan is not None:
        if year.plan.rules.demo:
            notices.append(_("演示项目：期限以秒计，数据不具有法律效力。"))
        if case.committee["mode"] == "M0":
            notices.append(_("抽取的密钥由同一台机器生成（M0），不能证明抽取以前没有人知道结果。"))
        if not year.plan.register.witnesses:
            notices.append(_("无见证机构：没有平台以外的一方证明案卷未被改写。"))
    return {"case": place, "case_notice": " ".join(notices) or None, "case_id": case.id}


def party_names(case: Case) -> dict[str, str]:
    """The parties of a draw by the names that it has for them."""
    found = year_of(case).parties.by_name
    return {name: f"{PARTY_NAMES.get(name, _('联合部门'))} · {party.name}" for name, party in found.items()}


def names_of(case: Case) -> dict[str, str]:
    """Authorities by id."""
    return {party.id: party.name for party in year_of(case).parties.authorities}


def step_url(case_id: str, step: Step) -> str:
    """Where a step is done; for one that only waits, where it is watched."""
    campaign = {"case": case_id, "number": step.campaign}
    if step.code.startswith("draw_"):
        return url_for("inspection_draws.wall", case=case_id, lot=lot_of(step.campaign, Part(step.subject)))
    pages = {
        "propose_plan": ("inspections.plan", {"case": case_id}),
        "approve_plan": ("inspections.approve_plan", {"case": case_id}),
        "propose_campaign": ("inspections.new_campaign", {"case": case_id}),
        "list_inspectors": ("inspections.list_inspectors", campaign),
        "publish_campaign": ("inspections.publish", campaign),
        "open_inspectors": ("inspection_draws.open_inspectors", campaign),
        "propose_certain": ("inspection_draws.open_inspectors", campaign),
        "propose_redraw": ("inspection_draws.redraw", campaign),
        "order_redraw": ("inspection_draws.order_redraw", campaign),
    }
    if step.code in ("enter_results", "confirm_results", "answer_statement", "rectify", "confirm_rectified"):
        return url_for("inspection_visits.visit", object=step.subject, **campaign)
    endpoint, values = pages.get(step.code, ("inspections.campaign", campaign))
    if step.campaign == 0 and step.code not in pages:
        return url_for("inspections.year", case=case_id)
    return url_for(endpoint, **values)


def review(
    title: str,
    case: Case,
    fact: Any,
    *,
    next_url: str,
    effects: Effects = (),
    words: str = "",
    label: str | None = None,
    tone: str = "act",
    type: str = "",
    back_url: str = "",
    attachments: dict[str, str] | None = None,
) -> str:
    """The page on which a person sees what an act of a year does, and signs it; where it would be refused now, why: a
    button that can only fail is no help to whoever waits for another person.
    """
    try:
        if not type:
            case.decide(fact, "", current_actor(), platform().database.now())
    except Refused as refusal:
        shown = {"title": title, "why": in_words(refusal), "home": next_url}
        return render_template(
            "pages/inspections/not_now.html", **head(case), breadcrumbs=trail(case, (title, None)), **shown
        )
    return render_template(
        "pages/review_act.html",
        **head(case),
        breadcrumbs=trail(case, (title, None)),
        title=title,
        reference=case.id,
        type=type or fact.__class__.__name__,
        payload=fact if type else encode(fact),
        effects=effects,
        words=words,
        key_name=account_key(),
        next_url=next_url,
        back_url=back_url,
        typed=typed_fields(),
        label=label,
        tone=tone,
        attachments=attachments,
    )
