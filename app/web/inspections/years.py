"""A year of inspections as everybody may see it, and what its authorities prepare: plan, campaigns, lists."""

from __future__ import annotations

import csv
import io
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from app.adapters.inspection_rules import read_rules, rule_books
from app.adapters.spreadsheets import read_table
from app.casefile.case import Case
from app.casefile.inspecting import published_digest
from app.extensions import access, current_actor, platform, required_log_in, takes
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, allowed
from app.procedure.inspections.facts import CampaignProposed, CampaignPublished, Inspected, Part, PlanApproved
from app.procedure.inspections.items import Grade
from app.procedure.inspections.lists import object_rows, read_objects
from app.procedure.inspections.pools import drawn_objects, group, inspectors_of, shares, visits
from app.procedure.inspections.state import Campaign, lot_of
from app.queries.committees import read_committees
from app.queries.draw_hall import draw_hall
from app.queries.inspected import is_own, own_number
from app.queries.inspection_steps import campaign_steps, steps, year_of
from app.queries.inspections import expert_names, inspectors_list, known_objects, years
from app.queries.people import names_of_accounts
from app.services import inspection_years
from app.web.inspections.forms import CampaignForm, PlanForm
from app.web.inspections.shared import entitled_year, head, names_of, review, step_url, trail
from app.web.inspections.words import CLASSES, CODES, GRADES, PARTS, STEPS
from app.web.pages import attempt, confirmed

routes = Blueprint("inspections", __name__, url_prefix="/inspections")
LIST_BYTES = 4 << 20


@routes.get("")
@access(Action.SITE_READ)
def published() -> str:
    """Every authority's inspections whose plan is approved, for everybody."""
    with platform().database.reading() as db_session:
        found = [case for case in years(db_session) if year_of(case).plan is not None]
    return render_template("pages/inspections/published.html", years=found)


@routes.get("/<case>")
@access(Action.INSPECTION_READ)
def year(case: str) -> str:
    """Plan and campaigns; for who takes part, the next step first."""
    found, actor, now = entitled_year(case, Action.INSPECTION_READ), current_actor(), platform().database.now()
    staff = allowed(actor, Action.INSPECTION_VISIT, found)
    campaigns = sorted(year_of(found).campaigns.values(), key=lambda one: -one.number)
    return render_template(
        "pages/inspections/year.html",
        **head(found),
        breadcrumbs=[*trail(found)[:1], (trail(found)[1][0], None)],
        year=year_of(found),
        names=names_of(found),
        staff=staff,
        may_prepare=allowed(actor, Action.INSPECTION_PREPARE, found),
        steps=steps(found, actor, now) if allowed(actor, Action.INSPECTION_DESK) else (),
        step_names=STEPS,
        url_of=lambda step: step_url(case, step),
        campaigns=[one for one in campaigns if staff or one.published_at],
        drawn={one.number: len(drawn_objects(one, found.draws)) for one in campaigns if one.published_at},
        classes=CLASSES,
        grades=GRADES,
        all_grades=list(Grade),
    )


@routes.route("/<case>/plan", methods=["GET", "POST"])
@access(Action.INSPECTION_PREPARE)
def plan(case: str) -> str:
    """The items of the registers become a plan, which is signed and waits for the second person."""
    found, here, form = entitled_year(case, Action.INSPECTION_PREPARE), platform(), PlanForm()
    committees = [one for one in read_committees(here.database) if one.in_use]
    form.committee.choices = [SelectChoice(one.id, _committee_name(one.description)) for one in committees]
    form.book.choices = [SelectChoice(name, _book_name(name)) for name in rule_books()]
    state = year_of(found)
    if not form.is_submitted():
        form.title.data = state.plan.title if state.plan else _("%(year)s 年度双随机抽查计划", year=state.opened.year)
    if confirmed(form):
        title, committee, book = form.title.data or "", form.committee.data, form.book.data
        log_in = required_log_in()
        payload: Any = attempt(form, lambda: inspection_years.plan_payload(here, log_in, case, title, committee, book))
        if payload and not payload["items"]:
            form.form_errors.append(_("事项清单还是空的。请先登记抽查事项。"))
        elif payload:
            items = _("、").join(item["title"] for item in payload["items"])
            effects = [(_("计划名称"), title), (_("抽查事项"), items), (_("期限和人数"), _book_name(book))]
            words = _("由本部门另一名监管人员批准后生效，并向社会公布。")
            home = url_for("inspections.year", case=case)
            return review(
                _("拟定年度抽查计划"), found, payload, type="PlanProposed", effects=effects, words=words,
                next_url=home, back_url=request.path,
            )  # fmt: skip
    shown = head(found) | {"breadcrumbs": trail(found, (_("拟定计划"), None))}
    return render_template("pages/inspections/plan.html", **shown, form=form, year=state, committees=committees)


def _committee_name(description: dict[str, Any]) -> str:
    names = _("、").join(member["organisation"] for member in description["members"])
    return _("%(k)s / %(n)s 签署有效", k=description["k"], n=description["n"]) + " · " + names


def _book_name(name: str) -> str:
    if read_rules(name).demo:
        return _("演示（期限以秒计）")
    return _("现行规定：结果 20 个工作日内公布，每个对象至少 2 名检查人员")


@routes.get("/<case>/plan/approval")
@access(Action.INSPECTION_APPROVE)
def approve_plan(case: str) -> str:
    """Word for word what waits, for the second person."""
    found = entitled_year(case, Action.INSPECTION_APPROVE)
    state = year_of(found)
    if state.proposed is None:
        abort(404)
    effects = [(_("计划名称"), state.proposed.title), (_("期限和人数"), _book_name(state.proposed.rules.name))]
    names = names_of(found)
    effects += [(_("检查部门"), _("、").join(names.values()))]
    for item in state.proposed.items:
        asked = _("；").join(f"{g} {item.intensity[g].percent} % × {item.intensity[g].times}" for g in Grade)
        effects.append((f"{item.title}（{CLASSES[item.object_class]}）", f"{names[item.authority]}{_('：')}{asked}"))
    return review(
        _("批准年度抽查计划"), found, PlanApproved(state.proposed_sha256),
        effects=effects, words=_("批准后计划和事项清单立即向社会公布。拟定的人不能批准自己的计划。"),
        next_url=url_for("inspections.year", case=case), label=_("签名批准"),
    )  # fmt: skip


@routes.route("/<case>/campaigns/new", methods=["GET", "POST"])
@access(Action.INSPECTION_PREPARE)
@takes(LIST_BYTES)
def new_campaign(case: str) -> str:
    """The next campaign: title, items, list of objects."""
    found = entitled_year(case, Action.INSPECTION_PREPARE)
    return _draft(found, len(year_of(found).campaigns) + 1, None)


@routes.route("/<case>/campaigns/<int:number>/draft", methods=["GET", "POST"])
@access(Action.INSPECTION_PREPARE)
@takes(LIST_BYTES)
def change_campaign(case: str, number: int) -> str:
    """The same again, as long as it is not published."""
    found = entitled_year(case, Action.INSPECTION_PREPARE)
    return _draft(found, number, year_of(found).campaign(number))


def _draft(found: Case, number: int, before: Campaign | None) -> str:
    state, form = year_of(found), CampaignForm()
    plan = state.approved()
    names = names_of(found)
    form.items.choices = [
        SelectChoice(item.id, f"{item.title} · {CLASSES[item.object_class]} · {names[item.authority]}")
        for item in plan.items
    ]
    if before is not None and not form.is_submitted():
        form.title.data, form.items.data = before.proposed.title, list(before.proposed.items)
        form.objects.data = _as_text(before.proposed.objects)
        form.certain.data = before.proposed.certain
    if "fill" in request.form:
        wanted = {item.object_class for item in plan.items if item.id in (form.items.data or ())}
        with platform().database.reading() as db_session:
            form.objects.data = _as_text(known_objects(db_session, wanted))
    elif confirmed(form):
        shown = attempt(form, lambda: _proposed(found, number, form))
        if shown:
            return str(shown)
    title = _("第 %(n)s 次抽查：事项和名录", n=number)
    context = head(found) | {"breadcrumbs": trail(found, (title, None)), "title": title}
    return render_template("pages/inspections/draft.html", **context, form=form)


def _as_text(objects: Any) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(object_rows(objects))
    return text.getvalue()


def _proposed(found: Case, number: int, form: CampaignForm) -> str:
    """The review of a campaign that the rules accept. Raises RuleViolation."""
    given = form.file.data.read() if form.file.data else (form.objects.data or "").encode()
    objects = read_objects(read_table(given))
    title, items, certain = (form.title.data or "").strip(), tuple(form.items.data or ()), form.certain.data or ""
    fact = CampaignProposed(number, title, items, objects, certain.strip())
    found.decide(fact, "", current_actor(), platform().database.now())
    effects = [(_("任务名称"), fact.title), (_("检查对象"), _("%(n)s 个", n=len(objects)))]
    effects += _shares(year_of(found).drafted(fact))
    effects += _certain(fact)
    words = _("签名后各部门提交检查人员名单，由另一名监管人员公布。公布之前可以修改，公布之后名录不能再变。")
    home = url_for("inspections.campaign", case=found.id, number=number)
    return review(_("提出抽查任务"), found, fact, effects=effects, words=words, next_url=home, back_url=request.path)


def _shares(campaign: Campaign) -> list[tuple[str, object]]:
    """How many of each group are drawn from how many."""
    lines = []
    for stratum, items in shares(campaign).items():
        base = _base(campaign.proposed.objects, stratum)
        quota = max(items.values())
        lines.append((_share_name(stratum), _("名录 %(base)s 个，抽 %(quota)s 个", base=base, quota=quota)))
    return lines


def _certain(fact: CampaignProposed) -> list[tuple[str, object]]:
    """Why a group is drawn whole, where somebody said so."""
    return [(_("整组抽取的理由"), fact.certain)] if fact.certain else []


def _share_name(stratum: str) -> str:
    class_, _colon, grade = stratum.partition(":")
    return f"{CLASSES[class_]} {GRADES[grade]}"  # type: ignore[index]


def _base(objects: tuple[Inspected, ...], stratum: str) -> int:
    return sum(group(found) == stratum for found in objects)


@routes.get("/<case>/campaigns/<int:number>")
@access(Action.INSPECTION_READ)
def campaign(case: str, number: int) -> str:
    """One campaign: what may be drawn, what was, and results by code. Names of people for the authorities alone."""
    found, actor, now = entitled_year(case, Action.INSPECTION_READ), current_actor(), platform().database.now()
    one, staff = year_of(found).campaign(number), allowed(actor, Action.INSPECTION_VISIT, found)
    if one.published_at is None and not staff:
        raise NotAllowed(Action.INSPECTION_READ)
    drawn, people = drawn_objects(one, found.draws), inspectors_of(one, found.draws)
    accounts = {account for accounts in people.values() for account in accounts} if staff else set()
    with platform().database.reading() as db_session:
        experts = expert_names(db_session, set(drawn)) if staff else {}
        expert = own_number(db_session, actor.id)
    speaks = allowed(actor, Action.INSPECTION_ANSWER, found)
    own = {id_ for id_ in drawn if speaks and is_own(one.objects[id_], actor, expert)}
    return render_template(
        "pages/inspections/campaign.html",
        **head(found),
        breadcrumbs=trail(found, (one.proposed.title, None)),
        year=year_of(found),
        campaign=one,
        number=number,
        staff=staff,
        may_prepare=allowed(actor, Action.INSPECTION_PREPARE, found),
        may_visit=allowed(actor, Action.INSPECTION_VISIT, found),
        steps=campaign_steps(found, number, actor, now) if allowed(actor, Action.INSPECTION_DESK) else (),
        step_names=STEPS,
        url_of=lambda step: step_url(case, step),
        shares=[(_share_name(s), _base(one.proposed.objects, s), items) for s, items in shares(one).items()],
        drawn=drawn,
        visits=visits(one, found.draws),
        people=people,
        person=names_of_accounts(platform().database, accounts),
        experts=experts,
        items={item.id: item for item in one.plan.items},
        titles={item.id: item.title for item in one.plan.items},
        own=own,
        names=names_of(found),
        authorities=_("、").join(names_of(found)[authority] for authority in one.authorities),
        classes=CLASSES,
        grades=GRADES,
        codes=CODES,
        parts=PARTS,
        my_authority=actor.organisation_id,
        may_recuse=_may_recuse(one, tuple(drawn)),
        lots={part: lot_of(number, part) for part in Part if lot_of(number, part) in found.lots},
        draws=found.draws,
        certain={lot for lot in found.draws if draw_hall(found, lot).certain},
        me=actor.id,
        now=now,
    )


def _may_recuse(campaign: Campaign, drawn: tuple[str, ...]) -> set[str]:
    """The drawn objects from which the asker, being listed, may step back before inspectors are drawn."""
    actor = current_actor()
    listed = campaign.lists.get(actor.organisation_id)
    if campaign.inspectors_opened or listed is None or actor.id not in {i.account for i in listed.inspectors}:
        return set()
    return {object_ for object_ in drawn if (actor.id, object_) not in campaign.recusals}


@routes.get("/<case>/campaigns/<int:number>/inspectors")
@access(Action.INSPECTORS_LIST)
def list_inspectors(case: str, number: int) -> str:
    """One's own authority lays its register of inspectors before the campaign."""
    found, actor = entitled_year(case, Action.INSPECTORS_LIST), current_actor()
    one = year_of(found).campaign(number)
    with platform().database.reading() as db_session:
        listed = inspectors_list(db_session, one, actor.organisation_id, actor.credit_code)
    names = names_of_accounts(platform().database, {person.account for person in listed.inspectors})
    least = one.plan.rules.inspectors_per_object
    people = _("、").join(names[person.account] for person in listed.inspectors) or _("名录还是空的")
    effects = [
        (_("任务名称"), one.proposed.title), (_("检查人员"), people),
        (_("人数"), _("%(n)s 名，每个对象至少 %(least)s 名", n=len(listed.inspectors), least=least)),
    ]  # fmt: skip
    return review(
        _("提交检查人员名单"), found, listed, effects=effects,
        words=_("名单取自本单位现在的检查人员名录，公布之后不能再变。姓名和回避单位不向社会公布。"),
        next_url=url_for("inspections.campaign", case=case, number=number),
    )  # fmt: skip


@routes.get("/<case>/campaigns/<int:number>/publication")
@access(Action.INSPECTION_APPROVE)
def publish(case: str, number: int) -> str | Response:
    """Objects and inspectors as they stand, for the second person; with the signature they are frozen and public."""
    found = entitled_year(case, Action.INSPECTION_APPROVE)
    one, home = year_of(found).campaign(number), url_for("inspections.campaign", case=case, number=number)
    if one.published_at is not None:
        return redirect(home)
    items = _("、").join(item.title for item in one.items)
    effects: list[tuple[str, object]] = [(_("任务名称"), one.proposed.title), (_("抽查事项"), items)]
    effects += [*_shares(one), *_certain(one.proposed)]
    names = names_of(found)
    effects += [(names[a], _("检查人员 %(n)s 名", n=len(listed.inspectors))) for a, listed in one.lists.items()]
    words = _("签名后检查对象名录向社会公布，名录和名单都不能再变，随即开始抽取检查对象。")
    return review(
        _("公布抽查任务"), found, CampaignPublished(number, published_digest(one)), effects=effects, words=words,
        next_url=home, label=_("签名公布"), tone="warning",
    )  # fmt: skip
