"""Pages on which a deadline moves or stands still: one person proposes, a second sees the same words and signs.

Postponement: officer, supervisor. Outage: operator of the centre, supervisor. Pause and resumption: two inspectors.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from app.casefile.case import Case
from app.extensions import access, current_actor, platform
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.deadlines import (
    Fact,
    OutageExtension,
    OutageExtensionProposed,
    OutageExtensionReleased,
    PauseOrdered,
    PauseProposed,
    PostponementProposed,
    PostponementReleased,
    Proposal,
    Release,
    ResumptionOrdered,
    ResumptionProposed,
    rule_proposal,
)
from app.procedure.roles import Actor
from app.queries.deadlines import deadline_state
from app.queries.ticks import longest_silence
from app.web.deadlines.forms import (
    OutageForm,
    PostponementForm,
    ResumptionForm,
    fill_in,
    moving_form,
    new_deadlines,
    pause_form,
)
from app.web.deadlines.wording import announcement, effects, measured_words, standing_words
from app.web.pages import attempt, case_trail, confirmed, entitled_case, head_of, known_lot, review_act, to_utc

routes = Blueprint("deadlines", __name__)


@routes.route("/cases/<case>/postponement", methods=["GET", "POST"])
@access(Action.POSTPONEMENT_PROPOSE)
def postpone(case: str) -> str:
    found = entitled_case(case, Action.POSTPONEMENT_PROPOSE)
    form = moving_form(PostponementForm, _running(found))
    lead = _("只推迟截止时间，招标文件不变；改动招标文件请用更正公告。由审核人复核发布，只能推后。")
    title = _("推迟投标截止时间")
    return _propose(found, form, title, lead, lambda: PostponementProposed(form.reason, new_deadlines(form)))


@routes.get("/cases/<case>/postponement/release")
@access(Action.POSTPONEMENT_RELEASE)
def release_postponement(case: str) -> str:
    found = entitled_case(case, Action.POSTPONEMENT_RELEASE)
    return _release(found, PostponementReleased, _("发布推迟公告"), _("签名发布"))


@routes.route("/cases/<case>/outage", methods=["GET", "POST"])
@access(Action.OUTAGE_EXTENSION_PROPOSE)
def report_outage(case: str) -> str:
    found = entitled_case(case, Action.OUTAGE_EXTENSION_PROPOSE)
    form = moving_form(OutageForm, _running(found))
    lead = _("截止时间至少顺延中断持续的时间；由代理机构审核人复核发布，监督部门同时知悉。")
    if (proposed := rule_proposal(found.tender.timetable, platform().database.now())) is not None:
        lead += _("下列起止时间和新的截止时间由平台按公布的规则从登记簿节拍算出，请核对并写明原因。")
        if request.method == "GET":
            fill_in(form, proposed)

    def fact() -> Proposal:
        began_at, ended_at = to_utc(form.began.data), to_utc(form.ended.data)
        return OutageExtensionProposed(form.reason, began_at, ended_at, new_deadlines(form))

    return _propose(found, form, _("报告平台服务中断"), lead, fact)


@routes.get("/cases/<case>/outage/release")
@access(Action.OUTAGE_EXTENSION_RELEASE)
def release_outage_extension(case: str) -> str:
    found = entitled_case(case, Action.OUTAGE_EXTENSION_RELEASE)
    return _release(found, OutageExtensionReleased, _("发布顺延公告"), _("签名发布"))


@routes.route("/cases/<case>/pause", methods=["GET", "POST"])
@access(Action.PAUSE_PROPOSE)
def pause(case: str) -> str:
    found = entitled_case(case, Action.PAUSE_PROPOSE)
    form = pause_form(_running(found))
    lead = _("暂停期间不接收投标，截止时间停止计算，已提交的投标继续有效。由本部门另一名监督人员签发。")
    return _propose(found, form, _("责令暂停"), lead, lambda: PauseProposed(form.reason, form.chosen()))


@routes.get("/cases/<case>/pause/order")
@access(Action.PAUSE_ORDER)
def order_pause(case: str) -> str:
    return _release(entitled_case(case, Action.PAUSE_ORDER), PauseOrdered, _("签发暂停决定"), _("签名签发"))


@routes.route("/cases/<case>/resumption", methods=["GET", "POST"])
@access(Action.PAUSE_PROPOSE)
def resume(case: str) -> str:
    found = entitled_case(case, Action.PAUSE_PROPOSE)
    form = moving_form(ResumptionForm, found.tender.timetable.left, _l("留空则继续暂停"))
    lead = _("暂停时剩余的时间须全部留出。由本部门另一名监督人员签发。")
    return _propose(found, form, _("决定恢复"), lead, lambda: ResumptionProposed(form.reason, new_deadlines(form)))


@routes.get("/cases/<case>/resumption/order")
@access(Action.PAUSE_ORDER)
def order_resumption(case: str) -> str:
    return _release(entitled_case(case, Action.PAUSE_ORDER), ResumptionOrdered, _("签发恢复决定"), _("签名签发"))


@routes.get("/cases/<case>/lots/<lot>/deadline")
@access(Action.NOTICE_READ)
def deadline(case: str, lot: str) -> str:
    """The live part of a bidder's pages: where the deadline of the lot stands now."""
    found = entitled_case(case, Action.NOTICE_READ)
    return render_template("pages/deadlines/_deadline.html", **shown_deadline(found, known_lot(found, lot)))


def shown_deadline(case: Case, lot: str) -> dict[str, object]:
    """What that part says."""
    state = deadline_state(case, lot)
    running = state.left is None and case.lots[lot].opening.closed is None
    announced = announcement(state, several=False) if case.lots[lot].opening.closed is None else None
    return {"deadline": state, "running": running, "announced": announced}


def offered_pages(case: Case, actor: Actor) -> list[tuple[str, str]]:
    """Titles and addresses of what this person may propose now."""
    running, standing = bool(_running(case)), bool(case.tender.timetable.left)
    pages = (
        (running, Action.POSTPONEMENT_PROPOSE, _("推迟投标截止时间"), "deadlines.postpone"),
        (running, Action.OUTAGE_EXTENSION_PROPOSE, _("报告平台服务中断"), "deadlines.report_outage"),
        (running, Action.PAUSE_PROPOSE, _("责令暂停"), "deadlines.pause"),
        (standing, Action.PAUSE_PROPOSE, _("决定恢复"), "deadlines.resume"),
    )
    return [
        (title, url_for(page, case=case.id))
        for can, action, title, page in pages
        if can and allowed(actor, action, case)
    ]


def _running(case: Case) -> list[str]:
    """Lots that take bids and do not stand still."""
    left = case.tender.timetable.left
    return [number for number, lot in case.lots.items() if lot.opening.closed is None and number not in left]


def _propose(case: Case, form: FlaskForm, title: str, lead: str, fact_of: Callable[[], Proposal]) -> str:
    """The form until it holds what the rules accept, then the review before the signature."""
    home = url_for("public.notice", case=case.id)
    if confirmed(form):
        fact = fact_of()
        if attempt(form, lambda: case.decide(fact, "", current_actor(), platform().database.now())):
            return review_act(title, case, fact, effects=_effects(case, fact), next_url=home, back_url=request.path)
    return render_template(
        "pages/deadlines/propose.html",
        **head_of(case),
        breadcrumbs=case_trail(case, (title, None)),
        title=title,
        lead=lead,
        form=form,
        standings=[standing_words(case, lot) for lot in case.tender.deadlines],
        back_url=home,
    )


def _release(case: Case, kind: type[Release], title: str, label: str) -> str:
    """Word for word what waits, for the second person."""
    waiting = case.tender.timetable.waiting.get(kind) or abort(404)
    fact = kind(**vars(waiting.fact))
    home = url_for("public.notice", case=case.id)
    return review_act(title, case, fact, effects=_effects(case, fact), next_url=home, label=label)


def _effects(case: Case, fact: Fact) -> list[tuple[str, object]]:
    """What the act does; beside a reported outage, what the platform has measured itself."""
    found = effects(case, fact)
    if isinstance(fact, OutageExtension):
        here = platform()
        with here.database.reading() as db_session:
            silence = longest_silence(db_session, fact.began_at, fact.ended_at)
        found.append((_("平台自身记录"), measured_words(silence, here.settings.tick_seconds)))
    return found
