"""An inspector's part, made for a phone: step back from an object, see the task, enter and confirm results."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from app.casefile.case import Case
from app.extensions import access, current_actor, platform, required_log_in, takes
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed
from app.procedure.file_names import disposition
from app.procedure.inspections.facts import (
    InspectorRecused,
    ItemResult,
    RectificationConfirmed,
    RectificationRecorded,
    ResultCode,
    ResultsConfirmed,
    ResultsEntered,
)
from app.procedure.inspections.items import Item
from app.procedure.inspections.pools import drawn_objects, free_inspectors, inspectors_of, items_at, others_at
from app.procedure.inspections.state import Seen, Statement
from app.procedure.terms import Document
from app.queries.inspection_steps import year_of
from app.queries.inspections import expert_names
from app.queries.people import names_of_accounts
from app.services import inspection_sheets
from app.services.inspection_results import evidence_file
from app.web.inspections.forms import LONG, AnswerForm, FilesForm, GroundForm
from app.web.inspections.shared import entitled_year, head, names_of, review, trail
from app.web.inspections.words import CLASSES, CODES, GRADES
from app.web.pages import attempt, confirmed, download
from app.web.visible import visible

routes = Blueprint("inspection_visits", __name__, url_prefix="/inspections/<case>/campaigns/<int:number>")
FILES_BYTES = 64 << 20
DONE_CHOICES = [SelectChoice("1", _l("已改正")), SelectChoice("0", _l("未改正"))]
CODE_CHOICES = [SelectChoice(code.value, name) for code, name in CODES.items()]


def object_name(found: Case, number: int, object_: str) -> str:
    """How an object is called here, among authorities; 404 where it is none of the campaign's."""
    known = year_of(found).campaign(number).objects.get(object_)
    if known is None:
        abort(404)
    with platform().database.reading() as db_session:
        name = known.name or expert_names(db_session, {object_}).get(object_, "")
    return f"{known.id} {name}".strip()


@routes.route("/recusals/<object>", methods=["GET", "POST"])
@access(Action.INSPECTION_VISIT)
def recuse(case: str, number: int, object: str) -> str:
    """An inspector steps back from a drawn object, with the ground in words."""
    found, form = entitled_year(case, Action.INSPECTION_VISIT), GroundForm()
    name, campaign = object_name(found, number, object), year_of(found).campaign(number)
    if object not in drawn_objects(campaign, found.draws):
        abort(404)
    home = url_for("inspections.campaign", case=case, number=number)
    if confirmed(form):
        fact = InspectorRecused(number, object, (form.ground.data or "").strip())
        if attempt(form, lambda: found.decide(fact, "", current_actor(), platform().database.now())):
            effects = [(_("检查对象"), name), (_("理由"), fact.ground)]
            words = _("签名后您不参加这个对象的抽取。理由只有检查部门看得到。已被抽中的，由两名监管人员决定补抽。")
            return review(
                _("申请回避"), found, fact, effects=effects, words=words, next_url=home, back_url=request.path
            )
    shown = head(found) | {"breadcrumbs": trail(found, (campaign.proposed.title, home), (_("申请回避"), None))}
    return render_template("pages/inspections/recuse.html", **shown, form=form, name=name, home=home)


class ResultsForm(FilesForm):
    """A code and a finding for each item; the fields come with the items."""

    reason = TextAreaField(_l("更正的理由"), [Optional(), LONG])


def _results_form(items: tuple[Item, ...]) -> type[ResultsForm]:
    """The form of these items, in their order."""

    class Form(ResultsForm):
        pass

    for place, _item in enumerate(items):
        code = RadioField(_l("结果"), [InputRequired(_l("请选一个结果代码"))], choices=CODE_CHOICES)
        setattr(Form, f"code_{place}", code)
        words = TextAreaField(_l("发现的情况"), [Optional(), LONG], description=_l("选 A 的必须写明。不向社会公布。"))
        setattr(Form, f"finding_{place}", words)
    return Form


class RectifyForm(FilesForm):
    """Whether what was found has been put right."""

    item = SelectField(_l("事项"), [InputRequired()])
    done = RadioField(_l("整改情况"), [InputRequired(_l("请选一项"))], choices=DONE_CHOICES)
    note = TextAreaField(_l("核查的情况"), [InputRequired(_l("请写明怎样核查的")), LONG])


class Visit:
    """One object as an authority inspects it, for the pages about it."""

    def __init__(self, case: str, number: int, object_: str) -> None:
        self.found = entitled_year(case, Action.INSPECTION_VISIT)
        self.campaign, actor = year_of(self.found).campaign(number), current_actor()
        self.authority, self.object, self.number = actor.organisation_id, object_, number
        self.items = items_at(self.campaign, self.found.draws, object_, self.authority)
        self.people = inspectors_of(self.campaign, self.found.draws).get((object_, self.authority), ())
        if not self.items or not self.people:
            abort(404)
        self.name = object_name(self.found, number, object_)
        self.outcome = self.campaign.outcomes.get((object_, self.authority))
        self.home = url_for("inspection_visits.visit", case=case, number=number, object=object_)
        self.mine = actor.id in self.people
        self.follows = actor.id in free_inspectors(self.campaign, self.authority, object_)
        self.two_confirm = self.campaign.plan.rules.corrections_confirmed

    def page(self, form: FlaskForm | None = None, answer: FlaskForm | None = None) -> str:
        """The task, what is known, and what this person may do now."""
        here, campaign = platform(), self.campaign
        awaited = self.outcome.awaited() if self.outcome and not self.outcome.waits else ()
        rectify = form if isinstance(form, RectifyForm) else RectifyForm(prefix="rectify-")
        rectify.item.choices = [SelectChoice(item.id, item.title) for item in self.items if item.id in awaited]
        back = url_for("inspections.campaign", case=self.found.id, number=self.number)
        return render_template(
            "pages/inspections/visit.html",
            **head(self.found),
            breadcrumbs=trail(self.found, (campaign.proposed.title, back), (self.name, None)),
            visit=self,
            object=campaign.objects[self.object],
            inspectors=names_of_accounts(here.database, set(self.people)),
            authority=names_of(self.found)[self.authority],
            together=self._together(),
            form=form if isinstance(form, ResultsForm) else self._results_form(),
            rectify=rectify,
            awaited=awaited,
            answer=answer or AnswerForm(prefix="answer-"),
            unanswered=self.unanswered,
            titles={item.id: item.title for item in self.items},
            correction_due_at=campaign.correction_due_at(self.outcome) if self.outcome else None,
            now=here.database.now(),
            me=current_actor().id,
            classes=CLASSES,
            grades=GRADES,
            codes=CODES,
            account_names=names_of_accounts(here.database, self._authors()),
        )

    def _authors(self) -> set[str]:
        """Who entered the result, and who recorded what waits to be confirmed."""
        if self.outcome is None:
            return set()
        return {self.outcome.entered_by} | {seen.by for seen in self.outcome.seen.values()}

    @property
    def to_confirm(self) -> Seen | None:
        """The first record of a correction that waits for this inspector."""
        waiting = self.outcome.seen.values() if self.outcome and self.follows else ()
        return next((seen for seen in waiting if seen.by != current_actor().id), None)

    def _together(self) -> list[tuple[str, str]]:
        """The other authorities that come along, each by its inspectors, with what it inspects."""
        draws = self.found.draws
        others = others_at(self.campaign, draws, self.object, self.authority)
        names = names_of_accounts(platform().database, {one for drawn in others.values() for one in drawn})
        found = []
        for other, drawn in others.items():
            people = _("、").join(names[one] for one in drawn)
            titles = _("；").join(item.title for item in items_at(self.campaign, draws, self.object, other))
            found.append((_("同去的部门"), f"{people}{_('：')}{titles}"))
        return found

    def _results_form(self) -> ResultsForm:
        """The form of the items; of an entry that waits, with what it says, so that a slip is all one has to change."""
        form, outcome = _results_form(self.items)(), self.outcome
        if outcome is None or not outcome.waits:
            return form
        said = {result.item: result for result in outcome.entered.results}
        for place, item in enumerate(self.items):
            if result := said.get(item.id):
                form[f"code_{place}"].data, form[f"finding_{place}"].data = result.code.value, result.finding
        form.reason.data = outcome.entered.reason
        return form

    def told(self, fact: ResultsEntered) -> list[tuple[str, object]]:
        """An entry as pairs of term and text: what was found under each item, in its order, and why it is corrected."""
        words = {
            one.item: f"{CODES[one.code]}" + (f"{_('：')}{one.finding}" if one.finding else "") for one in fact.results
        }
        found: list[tuple[str, object]] = [(item.title, words[item.id]) for item in self.items if item.id in words]
        return [*self.effects(), *found, *([(_("更正的理由"), fact.reason)] if fact.reason else [])]

    def file_links(self, files: tuple[Document, ...]) -> Markup:
        """The names of evidence that is on record, each leading to the file."""
        place = {"case": self.found.id, "number": self.number}
        links = (
            Markup('<a href="{}">{}</a>').format(
                url_for("inspection_visits.file", file=file.id, **place), visible(file.name)
            )
            for file in files
        )
        return Markup(" ").join(links)

    @property
    def unanswered(self) -> Statement | None:
        """The first statement that this inspector may answer."""
        said = self.outcome.statements if self.outcome and self.mine else ()
        asked = sorted((one for one in said if one.asks(current_actor().id)), key=lambda one: bool(one.unchecked))
        return next(iter(asked), None)

    def effects(self) -> list[tuple[str, object]]:
        page = Markup('<a href="{}">{}</a>').format(self.home, visible(self.name))
        return [(_("检查对象"), page)]


@routes.get("/visits/<object>")
@access(Action.INSPECTION_VISIT)
def visit(case: str, number: int, object: str) -> str:
    """The task of an object, on one page."""
    return Visit(case, number, object).page()


@routes.post("/visits/<object>/results")
@access(Action.INSPECTION_VISIT)
@takes(FILES_BYTES)
def enter(case: str, number: int, object: str) -> str:
    """Results by code, with evidence; then the review before the signature."""
    here = Visit(case, number, object)
    form = _results_form(here.items)()
    if not here.mine:
        raise NotAllowed(Action.INSPECTION_VISIT)
    if confirmed(form):
        fact: Any = attempt(form, lambda: _entered(here, form))
        if fact:
            names = _("、").join(file.name for file in fact.files) or _("没有")
            effects = [*here.told(fact), (_("证据文件"), names)]
            words = _("签名后等待同组另一名检查人员确认，确认后按代码向社会公布。")
            return review(
                _("填报检查结果"), here.found, fact, effects=effects, words=words, next_url=here.home,
                back_url=request.path,
            )  # fmt: skip
    return here.page(form)


def _entered(here: Visit, form: ResultsForm) -> ResultsEntered:
    """What the rules accept, with the files kept. Raises RuleViolation."""
    results = tuple(
        ItemResult(item.id, ResultCode(form[f"code_{n}"].data), (form[f"finding_{n}"].data or "").strip())
        for n, item in enumerate(here.items)
    )
    reason = (form.reason.data or "").strip()
    fact = ResultsEntered(here.number, here.object, here.authority, results, (), reason)
    here.found.decide(fact, "", current_actor(), platform().database.now())
    return ResultsEntered(here.number, here.object, here.authority, results, form.kept(), reason)


@routes.get("/visits/<object>/confirmation")
@access(Action.INSPECTION_VISIT)
def confirm(case: str, number: int, object: str) -> str:
    """Word for word what a colleague entered, with the evidence to be looked at, for the second inspector."""
    here = Visit(case, number, object)
    if here.outcome is None or not here.outcome.waits or not here.mine:
        abort(404)
    entered = here.outcome.entered
    effects = [*here.told(entered), (_("证据文件"), here.file_links(entered.files) or _("没有"))]
    fact = ResultsConfirmed(number, object, here.authority, here.outcome.entered_sha256)
    return review(
        _("确认检查结果"), here.found, fact, effects=effects, label=_("签名确认"), next_url=here.home,
        words=_("请先打开证据文件核对；有误的不要签名，在检查对象页重新填报，由对方确认。签名后结果代码立即向社会公布；发现的情况和证据只有检查部门看得到。"),
        tone="warning",
    )  # fmt: skip


@routes.post("/visits/<object>/rectification")
@access(Action.INSPECTION_VISIT)
@takes(FILES_BYTES)
def rectify(case: str, number: int, object: str) -> str:
    """Whether what was found has been put right, with evidence."""
    here, form = Visit(case, number, object), RectifyForm(prefix="rectify-")
    awaited = here.outcome.awaited() if here.outcome else ()
    form.item.choices = [SelectChoice(item.id, item.title) for item in here.items if item.id in awaited]
    if confirmed(form):

        def recorded() -> RectificationRecorded:
            words = (
                number,
                object,
                here.authority,
                form.item.data,
                form.done.data == "1",
                (form.note.data or "").strip(),
            )
            fact = RectificationRecorded(*words)
            here.found.decide(fact, "", current_actor(), platform().database.now())
            return RectificationRecorded(*words, form.kept())

        fact: Any = attempt(form, recorded)
        if fact:
            titles = {item.id: item.title for item in here.items}
            effects = here.effects()
            effects += [(titles[fact.item], _("已改正") if fact.done else _("未改正")), (_("核查的情况"), fact.note)]
            return review(
                _("记录整改情况"), here.found, fact, effects=effects, next_url=here.home, back_url=request.path,
                words=_("签名后等待另一名检查人员确认，确认后整改情况向社会公布；核查的情况和证据只有检查部门看得到。")
                if here.two_confirm else _("签名后整改情况向社会公布，核查的情况和证据只有检查部门看得到。"),
            )  # fmt: skip
    return here.page(form)


@routes.get("/visits/<object>/rectification/<item>")
@access(Action.INSPECTION_VISIT)
def confirm_rectified(case: str, number: int, object: str, item: str) -> str:
    """Word for word what a colleague saw of a correction, with the evidence, for the second inspector."""
    here = Visit(case, number, object)
    seen = here.outcome.seen.get(item) if here.outcome and here.follows else None
    if seen is None or seen.by == current_actor().id:
        abort(404)
    titles, made = {item.id: item.title for item in here.items}, seen.made
    effects = [*here.effects(), (titles[item], _("已改正") if made.done else _("未改正")), (_("核查的情况"), made.note)]
    effects += [(_("证据文件"), here.file_links(made.files) or _("没有"))]
    return review(
        _("确认整改情况"), here.found, RectificationConfirmed(number, object, here.authority, item, seen.sha256),
        effects=effects, label=_("签名确认"), next_url=here.home, tone="warning",
        words=_("请先打开证据文件核对；有误的不要签名，在检查对象页重新记录，由对方确认。签名后整改情况立即向社会公布。"),
    )  # fmt: skip


@routes.get("/visits/<object>/sheet.pdf")
@access(Action.INSPECTION_VISIT)
def sheet(case: str, number: int, object: str) -> Response:
    """The task on paper, to be taken along."""
    here = Visit(case, number, object)
    lang = g.get("lang", "zh")
    pdf = inspection_sheets.task_sheet(platform(), here.found, number, here.object, here.authority, lang)
    return download(f"inspection-{number}-{here.authority[:8]}.pdf", pdf, "application/pdf")


@routes.get("/files/<file>")
@access(Action.INSPECTION_VISIT)
def file(case: str, number: int, file: str) -> Response:
    """A file of evidence, for the authorities of the year."""
    row, chunks = evidence_file(platform(), required_log_in(), case, file)
    headers = {"Content-Disposition": disposition("attachment", row.name), "Content-Length": str(row.size)}
    return Response(chunks, mimetype=row.media_type, headers=headers)
