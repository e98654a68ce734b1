"""The agency's desk, and what officer and supervisor release together: tender, answers, amendments."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import abort, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.casefile.case import Case
from app.extensions import access, current_actor, platform
from app.permissions.actions import Action
from app.procedure.roles import Role
from app.procedure.tender import (
    AmendmentProposed,
    AmendmentReleased,
    AnswerProposed,
    AnswerReleased,
    TenderPublished,
    TenderReturned,
)
from app.queries.desks import agency_cases
from app.queries.events import seen_events
from app.queries.lists import DraftRow, agency_drafts
from app.queries.next_steps import NextStep
from app.queries.people import waiting_accounts
from app.queries.trustee_agents import draw_agent_of
from app.web.agency import briefing, drafts, exports, more_time, naming, new_committees, openings, rechecks
from app.web.agency.blueprint import routes
from app.web.agency.forms import AnswerForm, ReturnForm, amendment_form
from app.web.entitled import account_key
from app.web.pages import (
    agency_case,
    attempt,
    case_trail,
    confirmed,
    entitled_case,
    head_of,
    local_time,
    review_act,
    to_utc,
)
from app.web.steps import ShownStep, foremost, shown_step
from app.web.terms import differences, shown_terms

__all__ = ["briefing", "drafts", "exports", "more_time", "naming", "new_committees", "openings", "rechecks", "routes"]
OFFICER, SUPERVISOR = Role.AGENCY_OFFICER, Role.AGENCY_SUPERVISOR


@routes.get("/agency")
@access(Action.DRAFT_READ)
def desk() -> str:
    """Drafts and cases of the own agency, what is to do first."""
    here, actor = platform(), current_actor()
    with here.database.reading() as db_session:
        unpublished = agency_drafts(db_session, actor)
        rows = agency_cases(db_session, actor, here.database.now())
        agent = draw_agent_of(db_session, actor.organisation_id, SUPERVISOR, here.database.now())
    waiting = waiting_accounts(here.database, actor) if actor.is_(SUPERVISOR) else []
    shown = [(row, shown_step(row.case_id, row.step)) for row in rows]
    return render_template(
        "pages/agency/desk.html",
        drafts=unpublished,
        rows=shown,
        foremost=_draft_step(unpublished) or foremost(shown),
        waiting=len(waiting),
        is_officer=actor.is_(OFFICER),
        is_supervisor=actor.is_(SUPERVISOR),
        agent=agent,
    )


def _draft_step(drafts: Sequence[DraftRow]) -> ShownStep | None:
    """What is the looker's to do with a draft: a supervisor releases what was submitted, an officer mends what came
    back. A draft that is only begun waits for nobody."""
    actor = current_actor()
    for draft in drafts:
        if draft.submitted and actor.is_(SUPERVISOR):
            return replace(shown_step(draft.case_id, NextStep("release_tender")), text=draft.title)
        if draft.returned and actor.is_(OFFICER):
            step = shown_step(draft.case_id, NextStep("finish_draft", facts={"reason": draft.returned}))
            return replace(step, text=f"{draft.title} · {step.text}")
    return None


@routes.route("/agency/cases/<case>/release", methods=["GET", "POST"])
@access(Action.TENDER_RELEASE)
def release(case: str) -> str | Response:
    """The supervisor sees all terms and what changed, and publishes or returns them."""
    found, form = entitled_case(case, Action.TENDER_RELEASE), ReturnForm()
    terms = found.tender.terms
    if terms is None or found.tender.returned:
        return redirect(url_for("agency.desk"))
    if confirmed(form):
        reason = form.reason.data.strip()
        return review_act(
            _("退回修改"),
            found,
            TenderReturned(reason),
            effects=[(_("退回理由"), reason)],
            next_url=url_for("agency.desk"),
            back_url=url_for("agency.release", case=case),
            tone="warning",
        )
    return render_template(
        "pages/agency/release.html",
        **head_of(found),
        breadcrumbs=case_trail(found, (_("复核发布"), None)),
        case_id=case,
        terms=shown_terms(terms),
        **_resubmission(found),
        form=form,
        payload={"terms_sha256": found.tender.terms_sha256},
        fact=TenderPublished.__name__,
        effects=[
            (_("采购编号"), terms.code),
            (_("标包"), _("、").join(lot.number for lot in terms.lots)),
            (_("投标截止"), _("；").join(local_time(lot.deadline_at) for lot in terms.lots)),
            (_("条款摘要"), found.tender.terms_sha256),
        ],
        key_name=account_key(),
    )


def _resubmission(case: Case) -> dict[str, Any]:
    """How often the terms were submitted, what the last time changed against the one before, and why that was returned:
    who releases can tell a first submission from one that left out what was asked for."""
    with platform().database.reading() as db_session:
        seen = seen_events(db_session, current_actor(), case.id)
    submitted = [record.payload for record in seen.records if record.type == "TenderSubmitted"]
    asked = [record.payload["reason"] for record in seen.records if record.type == "TenderReturned"]
    changes = differences(submitted[-2]["terms"], submitted[-1]["terms"]) if len(submitted) > 1 else []
    return {"changes": changes, "times": len(submitted), "asked": asked[-1] if asked else ""}


def _form_page(case: Case, form: Any, title: str, lead: str = "", quoted: str = "") -> str:
    return render_template(
        "pages/agency/form.html",
        **head_of(case),
        breadcrumbs=case_trail(case, (title, None)),
        form=form,
        title=title,
        lead=lead,
        quoted=quoted,
        back_url=url_for("public.notice", case=case.id),
    )


@routes.route("/agency/cases/<case>/questions/<subject>", methods=["GET", "POST"])
@access(Action.DRAFT_READ)
def question(case: str, subject: str) -> str:
    """The officer proposes an answer, the supervisor releases it word for word."""
    found = agency_case(case, OFFICER, SUPERVISOR)
    asked = found.tender.questions.get(subject) or abort(404)
    home = url_for("public.notice", case=case) + "#questions"
    effects = [(_("问题"), asked.text)]
    if current_actor().is_(SUPERVISOR):
        if not asked.proposed:
            abort(404)
        fact = AnswerReleased(subject, asked.proposed)
        effects.append((_("答复"), asked.proposed))
        return review_act(_("发布答复"), found, fact, effects=effects, next_url=home, label=_("签名发布"))
    form = AnswerForm(text=asked.proposed)
    if confirmed(form):
        fact, text = AnswerProposed(subject, form.text.data.strip()), form.text.data.strip()
        effects.append((_("拟答复"), text))
        back = url_for("agency.question", case=case, subject=subject)
        return review_act(_("拟定答复"), found, fact, effects=effects, next_url=home, back_url=back)
    return _form_page(found, form, _("答复问题"), _("答复由审核人复核发布，发给所有下载文件的人。"), asked.text)


@routes.route("/agency/cases/<case>/amendments/new", methods=["GET", "POST"])
@access(Action.AMENDMENT_PROPOSE)
def amend(case: str) -> str:
    found = entitled_case(case, Action.AMENDMENT_PROPOSE)
    form = amendment_form(found.tender.deadlines)
    if confirmed(form):
        moved = {number: to_utc(field.data) for number, field in form.moments().items() if field.data}
        fact = AmendmentProposed(secrets.token_hex(8), form.text.data.strip(), moved)
        if attempt(form, lambda: _check_amendment(found, fact)):
            back = url_for("agency.amend", case=case)
            home = url_for("public.notice", case=case)
            effects = _amendment_effects(fact.text, moved)
            return review_act(_("拟定更正公告"), found, fact, effects=effects, next_url=home, back_url=back)
    lead = _("截止时间只能推后。发布后所有登录下载过文件的投标人都会收到通知。")
    return _form_page(found, form, _("拟定更正公告"), lead)


def _check_amendment(case: Case, fact: AmendmentProposed) -> bool:
    return bool(case.decide(fact, "", current_actor(), platform().database.now()))


def _amendment_effects(text: str, deadlines: dict[str, Any]) -> list[tuple[str, object]]:
    moved = [(_("标包 %(number)s 投标截止改为", number=n), local_time(at)) for n, at in sorted(deadlines.items())]
    return [(_("更正内容"), text), *moved]


@routes.get("/agency/cases/<case>/amendments/<subject>")
@access(Action.AMENDMENT_RELEASE)
def amendment(case: str, subject: str) -> str:
    found = entitled_case(case, Action.AMENDMENT_RELEASE)
    proposed = found.tender.amendments.get(subject)
    if proposed is None or proposed.released_at is not None:
        abort(404)
    return review_act(
        _("发布更正公告"),
        found,
        AmendmentReleased(subject, proposed.text, proposed.deadlines),
        effects=_amendment_effects(proposed.text, proposed.deadlines),
        next_url=url_for("public.notice", case=case),
        label=_("签名发布"),
    )
