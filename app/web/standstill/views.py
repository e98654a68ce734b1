"""A sitting that stands still, for those who serve it: why and since when, and the act that each may do about it.

Fault: witness or centre. Order: two inspectors. Decision: officer, supervisor. The chair acts in the room.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from app.casefile.case import Case
from app.extensions import access, current_actor, platform
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.standstill import Waiting
from app.queries.presences import places_seen
from app.queries.standstills import (
    decision_steps,
    drafted,
    kept_for_dissent,
    order_steps,
    refusal_of,
    releasing,
    standstill_of,
    valid_until,
)
from app.queries.talks import announcements_of
from app.services import experts
from app.services.cursors import cursor_of
from app.web.entitled import entitled_case
from app.web.names import GROUNDS, REPLACEMENTS, SITTING_STEPS, STAGES, WARNING_GROUNDS
from app.web.pages import attempt, case_trail, confirmed, head_of, local_time, review_act
from app.web.standstill.choices import announcement_form, fault_form, replacement_form, step_form, warning_form
from app.web.standstill.forms import RepairForm
from app.web.standstill.shown import concerns, drafts_of, forms_of, held_up, state_of
from app.web.standstill.words import goes_on, what_follows
from evaluation.sitting import (
    AnnouncementMade,
    Disposition,
    FaultRepaired,
    FaultReported,
    ReplacementGround,
    ReplacementOrdered,
    ReplacementProposed,
    SittingDecided,
    SittingDecisionProposed,
    SittingOrdered,
    SittingOrderProposed,
    SuspensionGround,
    WarningGiven,
    WarningGround,
)

routes = Blueprint("standstill", __name__, url_prefix="/cases/<case>/lots/<lot>/standstill")


@routes.get("")
@access(Action.STANDSTILL_WATCH)
def show(case: str, lot: str) -> str:
    """Whether the sitting stands still, and what this person may do about it."""
    return _page(entitled_case(case, lot, Action.STANDSTILL_WATCH), lot)


@routes.get("/state")
@access(Action.STANDSTILL_WATCH)
def state(case: str, lot: str) -> str:
    """What an open page compares itself with: is it another, the page is loaded anew."""
    found = entitled_case(case, lot, Action.STANDSTILL_WATCH)
    return f'<span hidden data-live-state="{state_of(found, lot, platform().database.now())}"></span>'


def _page(found: Case, lot: str, form: FlaskForm | None = None) -> str:
    actor, now = current_actor(), platform().database.now()
    order, decision, replacement = drafts_of(found, lot, now)
    replaces = allowed(actor, Action.REPLACEMENT_PROPOSE, found, lot)
    replaces = replaces or allowed(actor, Action.REPLACEMENT_ORDER, found, lot)
    forms = forms_of(found, lot)
    return render_template(
        "pages/standstill/standstill.html",
        **head_of(found, lot),
        breadcrumbs=case_trail(found, (_("评审中断与恢复"), None)),
        state=state_of(found, lot, now),
        cursor=cursor_of(platform(), found),
        present=allowed(actor, Action.PRESENCE_KEEP, found, lot),
        here=url_for("standstill.show", case=found.id, lot=lot),
        case_id=found.id,
        lot=lot,
        stage=STAGES[found.lots[lot].sitting.stage],
        standstill=standstill_of(found, lot),
        warnings=found.lots[lot].standstill.warnings,
        announcements=announcements_of(found, lot) if allowed(actor, Action.SITTING_ANNOUNCE, found, lot) else (),
        now=now,
        **_there(found, lot),
        pictures=url_for("pictures.show", case=found.id, lot=lot),
        ends_pictures=allowed(actor, Action.PICTURE_END, found, lot),
        recordings=url_for("recordings.show", case=found.id, lot=lot)
        if allowed(actor, Action.RECORDING_LIST, found, lot)
        else "",
        grounds=GROUNDS,
        steps=SITTING_STEPS,
        repair_title=_repair_title(found, lot),
        forms=[(kind, form if isinstance(form, type(one)) else one) for kind, one in forms],
        order=order if concerns(order) else None,
        decision=decision if concerns(decision) else None,
        replacement=replacement if concerns(replacement) else None,
        until={one: valid_until(found, one) for one in (order, decision, replacement) if one is not None},
        held_up=held_up(found, lot),
        kept=kept_for_dissent(found, lot) if replaces else (),
        may_replace=allowed(actor, Action.REPLACEMENT_ORDER, found, lot),
        replacements=REPLACEMENTS,
        actor_id=actor.id,
        may_order=allowed(actor, Action.SITTING_ORDER_GIVE, found, lot),
        may_decide=allowed(actor, Action.SITTING_DECISION_RELEASE, found, lot),
    )


@routes.get("/presence")
@access(Action.PRESENCE_READ)
def presence(case: str, lot: str) -> str:
    """Who is there now, as this person may know it; the page asks for it anew by itself."""
    return render_template(
        "pages/standstill/_presence.html", **_there(entitled_case(case, lot, Action.PRESENCE_READ), lot)
    )


def _there(found: Case, lot: str) -> dict[str, Any]:
    here = platform()
    with here.database.reading() as db_session:
        places = places_seen(db_session, current_actor(), found, lot, here.database.now(db_session.connection()))
    names = {site["id"]: site["name"] for site in experts.list_sites(here)}
    return {"places": places, "sites": names}


@routes.post("/fault")
@access(Action.FAULT_REPORT)
def report_fault(case: str, lot: str) -> str:
    found = entitled_case(case, lot, Action.FAULT_REPORT)
    form = fault_form(found, lot)
    words = _("签名后评审立即中断：任何成员不能评分、锁定或签字，已保存的内容保留。排除后由见证人或中心恢复。")
    return _propose(
        found,
        lot,
        form,
        _("报告线路或场所故障"),
        lambda: FaultReported(form.at, form.words),
        lambda: [(_("场所"), form.place), (_("故障情况"), form.words)],
        words,
    )


@routes.post("/warning")
@access(Action.SITTING_WARN)
def warn(case: str, lot: str) -> str:
    found = entitled_case(case, lot, Action.SITTING_WARN)
    form = warning_form(found, lot)
    words = _("签名后全体评审室立即显示，代理机构、交易中心和监督部门收到通知，写入案卷，不能撤回。评审不因此中断。")
    words += _("不得评价投标、评分或者成员的判断，不得要求重新考虑。")
    box = form.ground  # None under a rule book of before the catalogue
    return _propose(
        found,
        lot,
        form,
        _("发出监督提醒"),
        lambda: WarningGiven(form.at, form.words, WarningGround(box.data) if box else None),
        lambda: [
            (_("对象"), form.place),
            *([(_("事由"), WARNING_GROUNDS[WarningGround(box.data)])] if box else []),
            (_("提醒内容"), form.words),
        ],
        words,
    )


@routes.post("/announcement")
@access(Action.SITTING_ANNOUNCE)
def announce(case: str, lot: str) -> str:
    found = entitled_case(case, lot, Action.SITTING_ANNOUNCE)
    form = announcement_form(found, lot)
    return _propose(
        found,
        lot,
        form,
        _("发布现场通知"),
        lambda: AnnouncementMade(form.at, form.words),
        lambda: [(_("发给"), form.place), (_("通知内容"), form.words)],
        _("签名后评审室立即置顶显示，各成员点“已阅”并签名后收起；写入案卷，不能撤回。监督部门同时看到。"),
    )


@routes.post("/repair")
@access(Action.FAULT_REPORT)
def report_repair(case: str, lot: str) -> str:
    found, form = entitled_case(case, lot, Action.FAULT_REPORT), RepairForm()
    words = what_follows(standstill_of(found, lot), SuspensionGround.FAULT)
    return _propose(
        found,
        lot,
        form,
        _repair_title(found, lot),
        lambda: FaultRepaired(form.words),
        lambda: [(_("怎样排除"), form.words)],
        words,
    )


def _repair_title(found: Case, lot: str) -> str:
    resumes = goes_on(standstill_of(found, lot), SuspensionGround.FAULT)
    return _("故障已排除，恢复评审") if resumes else _("故障已排除")


@routes.post("/order")
@access(Action.SITTING_ORDER_PROPOSE)
def propose_order(case: str, lot: str) -> str:
    found = entitled_case(case, lot, Action.SITTING_ORDER_PROPOSE)
    form = step_form(order_steps(found, lot))
    words = _("由本部门另一名监督人员签发后生效。")
    return _propose(
        found,
        lot,
        form,
        _("拟作出评审监督决定"),
        lambda: SittingOrderProposed(Disposition(form.step.data), form.words),
        lambda: _step_effects(Disposition(form.step.data), form.words),
        words,
    )


@routes.post("/decision")
@access(Action.SITTING_DECISION_PROPOSE)
def propose_decision(case: str, lot: str) -> str:
    found = entitled_case(case, lot, Action.SITTING_DECISION_PROPOSE)
    form = step_form(decision_steps(found, lot, platform().database.now()))
    words = _("由审核人复核后生效。终止的，资料按现状封存，另组评审委员会对同一批投标重新评审。")
    return _propose(
        found,
        lot,
        form,
        _("拟决定评审恢复或终止"),
        lambda: SittingDecisionProposed(Disposition(form.step.data), form.words),
        lambda: _step_effects(Disposition(form.step.data), form.words),
        words,
    )


@routes.post("/replacement")
@access(Action.REPLACEMENT_PROPOSE)
def propose_replacement(case: str, lot: str) -> str:
    found = entitled_case(case, lot, Action.REPLACEMENT_PROPOSE)
    form = replacement_form(found, lot)
    return _propose(
        found,
        lot,
        form,
        _("拟更换评审成员"),
        lambda: ReplacementProposed(form.seat.data, ReplacementGround(form.ground.data), form.words),
        lambda: _replacement_effects(form.seat.data, ReplacementGround(form.ground.data), form.words),
        _("由审核人复核后生效：该成员退出，其意见、投票和评分作废，由接替的成员从头评审。"),
    )


@routes.get("/replacement/release")
@access(Action.REPLACEMENT_ORDER)
def order_replacement(case: str, lot: str) -> str:
    """Word for word what waits, for the supervisor."""
    found = entitled_case(case, lot, Action.REPLACEMENT_ORDER)
    waiting, until = _drafted(found, lot, ReplacementOrdered)
    seat, ground, note = waiting.fact.seat, waiting.fact.ground, waiting.fact.note
    return review_act(
        _("复核更换评审成员"),
        found,
        ReplacementOrdered(seat, ground, note),
        lot=lot,
        next_url=url_for("standstill.show", case=found.id, lot=lot),
        effects=[(_("标包"), lot), *_replacement_effects(seat, ground, note), *until],
        words=_("签名后该成员立即退出，其意见、投票和评分作废，由接替的成员从头评审。"),
        label=_("签名放行"),
        tone="warning",
    )


def _replacement_effects(seat: int, ground: ReplacementGround, note: str) -> list[tuple[str, object]]:
    return [(_("席位"), seat), (_("更换依据"), REPLACEMENTS[ground]), (_("认定的事实"), note)]


@routes.get("/order/release")
@access(Action.SITTING_ORDER_GIVE)
def give_order(case: str, lot: str) -> str:
    found = entitled_case(case, lot, Action.SITTING_ORDER_GIVE)
    return _release(found, lot, SittingOrdered, _("签发评审监督决定"), _("签名签发"))


@routes.get("/decision/release")
@access(Action.SITTING_DECISION_RELEASE)
def release_decision(case: str, lot: str) -> str:
    found = entitled_case(case, lot, Action.SITTING_DECISION_RELEASE)
    return _release(found, lot, SittingDecided, _("复核评审决定"), _("签名放行"))


def _step_effects(step: Disposition, note: str) -> list[tuple[str, object]]:
    return [(_("决定"), SITTING_STEPS[step]), (_("理由"), note)]


def _propose(found: Case, lot: str, form: FlaskForm, title: str, fact_of: Any, effects_of: Any, words: str) -> str:
    """The page again until the form holds what the rules accept, then the review before the signature."""
    here, actor, now = url_for("standstill.show", case=found.id, lot=lot), current_actor(), platform().database.now()
    if confirmed(form):
        fact = fact_of()
        if attempt(form, lambda: found.decide(fact, lot, actor, now)):
            effects = [(_("标包"), lot), *effects_of()]
            return review_act(
                title, found, fact, lot=lot, next_url=here, effects=effects, words=words, back_url=request.path
            )
    return _page(found, lot, form)


def _drafted(found: Case, lot: str, kind: type) -> tuple[Waiting, list[tuple[str, object]]]:
    """What waits, and until when; 404 where nothing does. Where the rules would not take it the page says why."""
    if (waiting := drafted(found, lot, kind)) is None:
        abort(404)
    if refusal_of(found, lot, releasing(waiting), current_actor(), platform().database.now()) is not None:
        abort(redirect(url_for("standstill.show", case=found.id, lot=lot)))
    until = valid_until(found, waiting)
    return waiting, [(_("最迟签名"), local_time(until))] if until else []


def _release(found: Case, lot: str, kind: type, title: str, label: str) -> str:
    """Word for word what waits, for the second person."""
    waiting, until = _drafted(found, lot, kind)
    over = waiting.fact.step is Disposition.ABANDON
    home = url_for("public.notice", case=found.id) if over else url_for("standstill.show", case=found.id, lot=lot)
    effects = [(_("标包"), lot), *_step_effects(waiting.fact.step, waiting.fact.note), *until]
    return review_act(
        title, found, releasing(waiting), lot=lot, next_url=home, effects=effects, label=label, tone="warning"
    )
