"""A tender's draft, step by step: basics, lots, scoring, documents, preview and submission."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from app.adapters.profiles import profile_names, read_profile
from app.adapters.templates import new_form, tender_templates
from app.casefile.codec import decode, encode
from app.casefile.next_round import next_round_form
from app.extensions import FORM_AROUND, access, current_actor, platform, required_log_in, takes
from app.permissions.actions import Action
from app.procedure.errors import RuleViolation
from app.procedure.roles import Role
from app.procedure.tender import TenderSubmitted
from app.procedure.terms import check_deadline, check_terms
from app.queries.committees import read_committees
from app.queries.people import find_organisations
from app.services import tenders
from app.services.tenders import Draft
from app.web.agency.blueprint import routes
from app.web.agency.draft_pages import keep, saved, shown, steps_of
from app.web.agency.draft_scoring import scoring_step
from app.web.agency.forms import BasicsForm, DocumentForm, LotForm, NewCaseForm, options
from app.web.agency.overtaken import BASICS, overtaken
from app.web.entitled import account_key, in_words
from app.web.pages import Refused, attempt, case_trail, entitled_case, head_of, local_time, to_local, to_utc
from app.web.terms import second_lock_words, shown_terms, standing_words
from app.web.wording import named, titled
from crypto.errors import CryptoError
from crypto.instants import parse_instant

UNUSUAL = ("anonymous", "core_product")  # of a lot: what most have not
LOT_FIELDS = {"budget": _l("预算金额"), "ceiling": _l("最高限价"), "deadline_at": _l("投标截止时间")}


@routes.route("/agency/new", methods=["GET", "POST"])
@access(Action.CASE_OPEN)
def new_case() -> str | Response:
    here, form = platform(), NewCaseForm()
    form.template.choices = options((template.name, titled(template)) for template in tender_templates())
    regulators = find_organisations(here.database, "regulator")
    form.regulator.choices = options((one["id"], one["name"]) for one in regulators)
    if form.validate_on_submit():
        title = form.title.data.strip()
        case = attempt(
            form,
            lambda: tenders.open_case(
                here, required_log_in(), title, form.regulator.data, {**new_form(form.template.data), "title": title}
            ),
        )
        if case:
            return redirect(url_for("agency.draft", case=case, step="basics"))
    return render_template("pages/agency/new.html", form=form, regulators=regulators)


@routes.route("/agency/cases/<case>/next-round", methods=["GET", "POST"])
@access(Action.NEXT_ROUND_OPEN)
def next_round(case: str) -> str | Response:
    """What failed comes again as a draft of its own, which names the failed case."""
    found, form = entitled_case(case, Action.NEXT_ROUND_OPEN), FlaskForm()
    draft = attempt(form, lambda: next_round_form(found))
    if draft and form.validate_on_submit():
        made = attempt(form, lambda: tenders.open_next_round(platform(), required_log_in(), case))
        if made:
            return redirect(url_for("agency.draft", case=made, step="basics"))
    trail = case_trail(found, (_("重新招标"), None))
    shown = {"breadcrumbs": trail, "case_id": case, "draft": draft, "documents": found.tender.published.documents}
    return render_template("pages/agency/next_round.html", form=form, **head_of(found), **shown)


@routes.route("/agency/cases/<case>/draft/<step>", methods=["GET", "POST"])
@access(Action.DRAFT_READ)
@takes(tenders.DOCUMENT_LIMIT + FORM_AROUND)
def draft(case: str, step: str) -> str | Response:
    """One step of the draft. The supervisor may look; only the officer saves."""
    found = tenders.read_draft(platform(), required_log_in(), case)
    names = dict(steps_of(found))
    if step not in names:
        abort(404)
    if request.method == "POST" and not current_actor().is_(Role.AGENCY_OFFICER):
        abort(403)
    kind, _dash, index = step.partition("-")
    pages = {"basics": _basics, "lot": _lot, "scoring": scoring_step, "documents": _documents, "preview": _preview}
    return pages[kind](found, step, int(index or 0))


@routes.route("/agency/cases/<case>/draft/discard", methods=["GET", "POST"])
@access(Action.DRAFT_EDIT)
def discard_draft(case: str) -> str | Response:
    """What discarding does, asked once."""
    found, form = tenders.read_draft(platform(), required_log_in(), case), FlaskForm()
    if form.validate_on_submit() and attempt(form, lambda: tenders.discard_draft(platform(), required_log_in(), case)):
        return redirect(url_for("agency.desk"))
    trail = [(_("代理机构工作台"), url_for("agency.desk")), (found.title, None)]
    return render_template("pages/agency/draft_discard.html", form=form, draft=found, breadcrumbs=trail)


def _basics(draft: Draft, step: str, _index: int) -> str | Response:
    known = {"title": draft.title, "complex": draft.form.get("complex", False)}
    form = BasicsForm(data={**known, **{name: draft.form.get(name, "") for name in BASICS}})
    demo = platform().settings.demo
    profiles = [read_profile(name) for name in profile_names()]
    form.profile.choices = options((p.name, titled(p)) for p in profiles if demo or not p.demo)
    usable = [committee for committee in read_committees(platform().database) if committee.in_use]
    form.committee.choices = options((committee.id, standing_words(committee)) for committee in usable)
    form.timelock.choices = _second_locks(str(draft.form.get("timelock", "")))
    if form.validate_on_submit() and not overtaken(form, draft, step):
        typed = {name: form[name].data.strip() for name in (*BASICS, "title")}
        return saved(draft, step, {**draft.form, **typed, "complex": form.complex.data})
    return shown(draft, step, "draft_basics", form=form)


def _second_locks(chosen: str) -> list[SelectChoice]:
    """None, or the chain that the centre allows; a choice that it no longer allows stays visible and is refused."""
    chain = platform().settings.drand_chain
    found = {"": _("不用：受托人签署即可开标")}
    if chosen:
        found[chosen] = chosen
    if chain is not None:
        found[chain.hash] = second_lock_words(chain)
    return options(found.items())


def _lot(draft: Draft, step: str, index: int) -> str | Response:
    lots = draft.form["lots"]
    lot = lots[index]
    deadline = to_local(parse_instant(lot["deadline_at"])) if lot["deadline_at"] else None
    form = LotForm(
        data={"title": lot["title"], "deadline": deadline, **_amounts(lot)} | {one: lot.get(one) for one in UNUSUAL}
    )
    if not branded(draft):
        del form.core_product
    if len(lots) > 1 and "remove" in request.args:
        return _without_lot(draft, step, index)
    if form.validate_on_submit() and not overtaken(form, draft, step):
        too_early = _too_early(draft, lot["number"], to_utc(form.deadline.data))
        if form.ceiling.data > form.budget.data:
            form.ceiling.errors = [_("最高限价不得高于预算金额")]
        elif too_early:
            form.deadline.errors = [too_early]
        else:
            typed = {"title": form.title.data.strip(), "deadline_at": encode(to_utc(form.deadline.data))}
            typed |= {name: format(form[name].data, "f") for name in ("budget", "ceiling")}
            typed |= {"anonymous": True} if form.anonymous.data else {}
            product = (form.core_product.data or "").strip() if form.core_product else ""
            typed |= {"core_product": product} if product else {}
            named = {name: value for name, value in lot.items() if name not in UNUSUAL}
            changed = [{**named, **typed} if i == index else one for i, one in enumerate(lots)]
            if request.form.get("go") == "add":
                return _with_lot(draft, changed, {**lot, "number": str(len(lots) + 1), "title": ""})
            return saved(draft, step, {**draft.form, "lots": changed})
    return shown(draft, step, "draft_lot", form=form, number=lot["number"], several=len(lots) > 1)


def branded(draft: Draft) -> bool:
    """Whether the rule book of a draft knows that bids of one brand count as one."""
    return read_profile(draft.form["profile"]).same_brand_counts_once


def _too_early(draft: Draft, lot: str, deadline: datetime) -> str:
    """Why even a notice that were published now would leave bidders too little time; "" where it would not."""
    try:
        check_deadline(lot, deadline, read_profile(draft.form["profile"]), platform().database.now())
    except RuleViolation as refusal:
        return in_words(refusal)
    return ""


def _without_lot(draft: Draft, step: str, index: int) -> str | Response:
    """Asked once; the lots after it move up."""
    form, lots = FlaskForm(), draft.form["lots"]
    if form.validate_on_submit() and not overtaken(form, draft, step):
        left = [{**one, "number": str(i)} for i, one in enumerate([*lots[:index], *lots[index + 1 :]], 1)]
        keep(draft, {**draft.form, "lots": left})
        return redirect(url_for("agency.draft", case=draft.case_id, step="lot-0"))
    return shown(draft, step, "draft_lot_remove", form=form, lot=lots[index])


def _amounts(lot: dict[str, Any]) -> dict[str, Any]:
    return {name: Decimal(lot[name]) if lot[name] else None for name in ("budget", "ceiling")}


def _with_lot(draft: Draft, before: list[dict[str, Any]], lot: dict[str, Any]) -> Response:
    lots = [*before, lot]
    keep(draft, {**draft.form, "lots": lots})
    return redirect(url_for("agency.draft", case=draft.case_id, step=f"lot-{len(lots) - 1}"))


def _documents(draft: Draft, step: str, _index: int) -> str | Response:
    form = DocumentForm()
    if request.form.get("go") == "next":
        return redirect(url_for("agency.draft", case=draft.case_id, step="preview"))
    if document := request.form.get("remove"):
        if attempt(form, lambda: tenders.remove_document(platform(), required_log_in(), draft.case_id, document)):
            return redirect(url_for("agency.draft", case=draft.case_id, step=step))
        return shown(draft, step, "draft_documents", form=form)
    if form.validate_on_submit():
        file = form.file.data
        kept = attempt(
            form,
            lambda: tenders.add_document(
                platform(), required_log_in(), draft.case_id, file.filename or "", file.read()
            ),
        )
        if kept:
            return redirect(url_for("agency.draft", case=draft.case_id, step=step))
    return shown(draft, step, "draft_documents", form=form)


def _preview(draft: Draft, step: str, _index: int) -> str:
    """All terms in words and the officer's signature; or what is still missing, with the step where it is entered."""
    try:
        payload = tenders.draft_terms(platform(), required_log_in(), draft.case_id)
        terms = decode(TenderSubmitted, payload).terms
    except Refused as refusal:
        return shown(draft, step, "draft_preview", missing=[_missing(draft, refusal)])
    try:
        check_terms(terms, platform().database.now())
        wrong = []
    except Refused as refusal:
        wrong = [_missing(draft, refusal)]
    return shown(
        draft,
        step,
        "draft_preview",
        missing=wrong,
        unexplained=[named(one) for lot in terms.lots for one in lot.evaluation.criteria.scored if not one.standard_zh],
        terms=shown_terms(terms),
        payload=payload,
        key_name=account_key(),
        effects=[
            (_("采购编号"), terms.code),
            (_("项目"), terms.title),
            (_("投标截止"), _("；").join(local_time(lot.deadline_at) for lot in terms.lots)),
            (_("招标文件"), str(len(terms.documents))),
        ],
        may_sign=current_actor().is_(Role.AGENCY_OFFICER),
    )


def _missing(draft: Draft, refusal: RuleViolation | CryptoError) -> tuple[str, str]:
    """What the draft lacks, in words, and the step on which to enter it."""
    path, names = str(refusal.facts.get("path", "")), dict(steps_of(draft))
    if refusal.code == "terms_incomplete" or refusal.code.startswith("buyer_code"):
        return _("“%(step)s”还没有填写完整", step=names["basics"]), "basics"
    if "lot" in refusal.facts:
        numbers = [lot["number"] for lot in draft.form.get("lots", [])]
        kind = "scoring" if refusal.code.startswith(("price_", "method_", "adjustments_")) else "lot"
        return in_words(refusal), f"{kind}-{numbers.index(refusal.facts['lot'])}"
    if refusal.code != "malformed":
        return in_words(refusal), ""
    index, _bracket, rest = path.partition("lots[")[2].partition("]")
    step = ("scoring-" if "evaluation" in path else "lot-") + index if index else "basics"
    if label := LOT_FIELDS.get(rest.removeprefix(".")):
        return _("“%(step)s”还没有填写完整：%(field)s", step=names.get(step, step), field=label), step
    return _("“%(step)s”还没有填写完整", step=names.get(step, step)), step
