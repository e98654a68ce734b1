"""The agency at and after an opening: objections, qualification, the buyer's member, draw conditions, the report."""

from __future__ import annotations

import hashlib
from itertools import cycle
from typing import Any

from flask import abort, g, request, url_for
from flask_babel import gettext as _

from app.casefile.case import Case
from app.casefile.codec import decode
from app.casefile.rounds_of_evaluation import latest_evaluation
from app.casefile.sealing import committee_of
from app.extensions import FORM_AROUND, access, current_actor, platform, required_log_in, takes
from app.messages import sentence
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.buyers import BuyerMemberNamed
from app.procedure.convening import PARTIES, PURPOSE, check_draw_conditions, least_members
from app.procedure.errors import RuleViolation
from app.procedure.opening import ObjectionAnswered
from app.procedure.qualification import Qualification, QualificationChecked
from app.queries.boards import expert_pools
from app.queries.cases import load_records
from app.queries.draw_hall import draw_hall
from app.queries.endings import failure_of, signing_counts, without_majority
from app.queries.people import find_account
from app.queries.results import tied_bidders
from app.queries.score_comments import comment_lines
from app.queries.standstills import recheck_waiting
from app.queries.venues import booked_booths
from app.services import bookings, draws, pools, sittings
from app.services.experts import list_sites
from app.services.files import FileView, readable_files
from app.services.report_content import invalid_bids
from app.web.agency.blueprint import routes
from app.web.agency.forms import (
    MOST_STRATA,
    BuyerMemberForm,
    DrawConditionsForm,
    ObjectionAnswerForm,
    QualificationForm,
    options,
    strata_of,
)
from app.web.agency.wider_conditions import widening_words
from app.web.entitled import words_of
from app.web.pages import agency_page, attempt, confirmed, entitled_case, known_lot, review_act
from app.web.specialities import day_words, offered, stratum_words
from app.web.terms import committee_words
from app.web.wording import failure_words, signing_words
from evaluation.draw import (
    DrawConditions,
    DrawConditionsApproved,
    DrawConditionsProposed,
)
from evaluation.price_corrections import ArithmeticGround
from evaluation.sitting import SittingState, Stage


def _home(case: Case) -> str:
    return url_for("public.notice", case=case.id)


LETTER_BYTES = 20 << 20  # of a letter of authority, of which the hash alone is kept


@routes.route("/agency/cases/<case>/lots/<lot>/objections/<subject>", methods=["GET", "POST"])
@access(Action.OBJECTION_ANSWER)
def objection(case: str, lot: str, subject: str) -> str:
    found, form = entitled_case(case, Action.OBJECTION_ANSWER, lot), ObjectionAnswerForm()
    raised = found.lots[lot].opening.objections.get(subject) or abort(404)
    title = _("答复开标%(objection)s", **words_of(found))
    if confirmed(form):
        text = form.text.data.strip()
        return review_act(
            title,
            found,
            ObjectionAnswered(subject, text),
            lot=lot,
            effects=[(_("提出的内容"), raised.text), (_("答复"), text)],
            next_url=f"/cases/{case}/lots/{lot}/opening",
            back_url=url_for("agency.objection", case=case, lot=lot, subject=subject),
        )
    return agency_page("form", found, lot, title, form=form, quoted=raised.text, back_url=_home(found))


@routes.route("/agency/cases/<case>/lots/<lot>/qualification", methods=["GET", "POST"])
@access(Action.QUALIFICATION_CHECK)
def qualification(case: str, lot: str) -> str:
    found = entitled_case(case, Action.QUALIFICATION_CHECK, lot)
    opened = found.lots[lot].opening.opened
    form = QualificationForm(data={"bids": [{"receipt": receipt} for receipt in sorted(opened)]})
    if confirmed(form):
        fact = attempt(form, lambda: _qualification(found, lot, form))
        if fact:
            words = {True: _("合格"), False: _("不合格")}
            effects = [(opened[r].bidder_name, f"{words[q.qualified]} {q.reason}") for r, q in fact.results.items()]
            back = url_for("agency.qualification", case=case, lot=lot)
            return review_act(
                _("资格审查"), found, fact, lot=lot, effects=effects, next_url=_home(found), back_url=back
            )
    return agency_page(
        "qualification", found, lot, _("资格审查"), form=form, opened=opened, files=_opened_files(case, lot)
    )


def _qualification(case: Case, lot: str, form: QualificationForm) -> QualificationChecked:
    rows = {row.receipt.data: row for row in form.bids}
    if any(row.qualified.data not in ("yes", "no") for row in rows.values()):
        raise RuleViolation("bids_unchecked", count=sum(r.qualified.data not in ("yes", "no") for r in rows.values()))
    fact = QualificationChecked(
        {r: Qualification(row.qualified.data == "yes", (row.reason.data or "").strip()) for r, row in rows.items()}
    )
    case.decide(fact, lot, current_actor(), platform().database.now())
    return fact


def _opened_files(case: str, lot: str) -> dict[str, list[FileView]]:
    """Files of the opened bids by receipt id."""
    found: dict[str, list[FileView]] = {}
    for file in readable_files(platform(), current_actor(), case, lot):
        if file.kind == "opened":
            found.setdefault(file.owner, []).append(file)
    return found


@routes.route("/agency/cases/<case>/lots/<lot>/buyer-member", methods=["GET", "POST"])
@access(Action.DRAW_CONDITIONS_PROPOSE)
@takes(LETTER_BYTES + FORM_AROUND)
def buyer_member(case: str, lot: str) -> str:
    found, form = entitled_case(case, Action.DRAW_CONDITIONS_PROPOSE, lot), BuyerMemberForm()
    state, who = found.lots[known_lot(found, lot)], words_of(found)["buyer_member"]
    title = _("指定%(buyer_member)s", buyer_member=who)
    form.login.label.text = _("%(who)s的登录名", who=who)
    if state.draw.approved and not state.buyers.vacant:
        return _settled(found, lot, title, _("抽取条件已经核准，%(who)s不能再指定或者更改", who=who))
    sites = {site["id"]: site["name"] for site in list_sites(platform())}
    places = {site: sites[site] for site in state.buyers.vacant} or sites
    form.site.choices = options(places.items())
    if confirmed(form):
        with platform().database.reading() as db_session:
            person = find_account(db_session, form.login.data)
        if person is None:
            form.login.errors = [_("没有这个登录名，请核对或请该代表先启用账户")]
        else:
            letter = hashlib.sha256(form.letter.data.read()).hexdigest()
            fact = BuyerMemberNamed(person[0], form.site.data, letter)
            if attempt(form, lambda: _may_sit_for_buyer(found, lot, fact)):
                effects = [
                    (who, person[1]),
                    (_("评审地点"), sites[form.site.data]),
                    (_("授权函摘要"), letter),
                ]
                back = url_for("agency.buyer_member", case=case, lot=lot)
                return review_act(title, found, fact, lot=lot, effects=effects, next_url=_home(found), back_url=back)
    first = _("代表能否担任评审组长，依适用规则执行；不委派代表的，直接拟定抽取条件。")
    next_one = _("接替退出的%(who)s：须有新的授权函；原代表不能再指定，评审地点不变。", who=who)
    lead = next_one if state.buyers.vacant else first
    return agency_page("form", found, lot, title, form=form, lead=lead, back_url=_home(found), upload=True)


def _may_sit_for_buyer(case: Case, lot: str, fact: BuyerMemberNamed) -> Any:
    with platform().database.reading() as db_session:
        sittings.check_buyer_member(db_session, case, fact.account)
    return case.decide(fact, lot, current_actor(), platform().database.now())


@routes.route("/agency/cases/<case>/lots/<lot>/draw-conditions", methods=["GET", "POST"])
@access(Action.DRAW_CONDITIONS_PROPOSE)
def draw_conditions(case: str, lot: str) -> str:
    found, form = entitled_case(case, Action.DRAW_CONDITIONS_PROPOSE, lot), DrawConditionsForm()
    if any(one.statement for one in found.lots[known_lot(found, lot)].draw.rounds):
        return _settled(found, lot, _("拟定专家抽取条件"), _("抽取声明已经作出，抽取条件不能再改"))
    sites, adds = {site["id"]: site["name"] for site in list_sites(platform())}, "more" in request.form
    if adds and len(form.strata) < MOST_STRATA:
        form.strata.append_entry()
    for row, site in zip(form.strata, cycle(sites), strict=False):
        row.site.choices = options(sites.items())
        row.site.data = row.site.data or site  # the host first, then the sub-sites
    with platform().database.reading() as db_session:
        library = expert_pools(db_session, pools.library_day(found))
        booked = booked_booths(db_session, found, lot, platform().database.now(db_session.connection()))
    if not adds and confirmed(form):
        conditions = attempt(form, lambda: _conditions(found, lot, form))
        if conditions:
            return review_act(
                _("拟定专家抽取条件"),
                found,
                DrawConditionsProposed(conditions),
                lot=lot,
                effects=_condition_words(found, lot, conditions, sites),
                words=_("条件由审核人核准后生效，并公开给抽取各方。"),
                next_url=_home(found),
                back_url=url_for("agency.draw_conditions", case=case, lot=lot),
            )
    terms, buyers = found.tender.published, len(found.lots[lot].buyers.members)
    shown = {"profile": terms.profile, "least": least_members(terms), "members": committee_words(terms)}
    shown["words"] = words_of(found)
    booths = " · ".join(f"{sites.get(site, site)} {n}" for site, n in sorted(booked.items()))
    shown["booths"] = booths or (_("尚未预订") if terms.profile.booths_spare is not None else "—")
    shown |= {"pools": library, "offered": offered(row.speciality for row in library), "most": MOST_STRATA}
    title, as_of = _("拟定专家抽取条件"), day_words(found)
    return agency_page("draw_conditions", found, lot, title, form=form, buyers=buyers, as_of=as_of, **shown)


def _settled(case: Case, lot: str, title: str, why: str) -> str:
    """Instead of a form that would be refused once it is filled in."""
    further = _("抽取的进展和记录，见抽取页。")
    back = f"/cases/{case.id}/lots/{lot}/draw"
    return agency_page("settled", case, lot, title, why=why, further=further, back_url=back)


def _conditions(case: Case, lot: str, form: DrawConditionsForm) -> DrawConditions:
    """The conditions that the form and the profile make. Raises RuleViolation."""
    profile, committee = case.tender.published.profile, committee_of(case)
    strata = strata_of(form.strata)
    conditions = DrawConditions(
        tender=case.id,
        lot=lot,
        purpose=PURPOSE,
        strata=strata,
        max_per_unit=profile.drawn_per_unit,
        parties=tuple(sorted(PARTIES)),
        pool_factor=profile.pool_factor,
        committee=committee.id,
        trustees_needed=committee.k,
    )
    buyers = [member.site for member in case.lots[lot].buyers.members]
    check_draw_conditions(conditions, case.tender.published, buyers, case.id, lot, (committee.id, committee.k))
    case.decide(DrawConditionsProposed(conditions), lot, current_actor(), platform().database.now())
    with platform().database.reading() as db_session:
        bookings.check_booked(db_session, case, lot, conditions, platform().database.now())
        pools.check_pools(db_session, case, conditions, platform().database.now().date())
        pools.drawable_now(db_session, case, lot, conditions, platform().database.now().date())
    return conditions


def _condition_words(
    case: Case, lot: str, conditions: DrawConditions, sites: dict[str, str]
) -> list[tuple[str, object]]:
    """The conditions as pairs of term and text, with how many people there are for each stratum now."""
    rows, fixed, today = [], case.lots[lot].draw.pool, platform().database.now().date()
    with platform().database.reading() as db_session:
        free = pools.drawable_now(db_session, case, lot, conditions, today)
        rare = pools.recognisable_now(db_session, case, conditions, today)
    for stratum in conditions.strata:
        text = _("抽 %(quota)s 名，除去应当回避的现可抽 %(n)s 人", quota=stratum.quota, n=free[stratum.name])
        if fixed is not None:
            text += _("（上次核准时 %(n)s 人）", n=fixed.sizes[stratum.name])
        rows.append((stratum_words(stratum.name, sites), text))
    return [
        *rows,
        (_("同一单位最多"), str(conditions.max_per_unit)),
        (_("每组至少"), _("名额的 %(factor)s 倍，少于此数不能抽取", factor=case.tender.published.profile.pool_least)),
        (_("可能被认出"), _("%(n)s 人：专业和单位人数的组合少见，掌握专家库的人可能认出；范围放宽则减少", n=rare)),
        (_("人数不足提示"), _("少于名额的 %(factor)s 倍时在记录中注明", factor=conditions.pool_factor)),
    ]


@routes.get("/agency/cases/<case>/lots/<lot>/draw-approval")
@access(Action.DRAW_CONDITIONS_APPROVE)
def draw_approval(case: str, lot: str) -> str:
    found = entitled_case(case, Action.DRAW_CONDITIONS_APPROVE, lot)
    proposed, hall = found.lots[lot].draw.to_approve, draw_hall(found, lot)
    if proposed is None or not (hall.stage == "proposed" or hall.may_shrink or hall.waits_for_wider):
        abort(404)
    sites = {site["id"]: site["name"] for site in list_sites(platform())}
    fact = decode(DrawConditionsApproved, draws.approval(platform(), required_log_in(), case, lot))
    if proposed.widening is not None and fact.pool is not None:
        return review_act(
            _("核准放宽的抽取条件"),
            found,
            fact,
            lot=lot,
            effects=widening_words(found, lot, proposed, fact.pool.sizes, sites),
            words=_("核准后本轮按放宽的条件抽取，理由和条件随抽取记录永久公开。条件过窄会指向特定的人。"),
            next_url=f"/cases/{case}/lots/{lot}/draw",
        )
    return review_act(
        _("核准专家抽取条件"),
        found,
        fact,
        lot=lot,
        effects=_condition_words(found, lot, proposed.conditions, sites),
        words=_("核准后名单即固定、抽取即开始，由您、交易中心和监督部门各出一份随机数。条件过窄会指向特定的人。"),
        next_url=f"/cases/{case}/lots/{lot}/draw",
    )


@routes.get("/cases/<case>/lots/<lot>/report")
@access(Action.REPORT_READ)
def report(case: str, lot: str) -> str:
    """The signed report and the opening record, for who may read them."""
    found = entitled_case(case, Action.REPORT_READ, lot)
    known_lot(found, lot)
    readable = readable_files(platform(), current_actor(), case, lot)
    kept = [file for file in readable if file.kind in ("report", "statement", "record", "clarification")]
    sitting = found.lots[lot].sitting
    names = {bid.bid: bid.bidder_name for bid in sitting.bids}
    members = [
        {"key": f"seat-{number}", "seat": str(number), "label": _("席位 %(number)s", number=number), "numeric": True}
        for number in sorted(sitting.seats)
    ]
    ties = tied_bidders(sitting) if sitting.drawn else ()
    shown = {"files": kept, "ties": ties, "result": sitting.result, "names": names, "members": members}
    state = found.lots[lot]
    shown |= _rechecking(found, lot)
    shown |= {"rules": sitting.rules.evaluation if sitting.result else None}
    lang = g.get("lang", "zh")
    shown |= {"correction_grounds": {one: sentence(f"arithmetic_{one}", {}, lang) for one in ArithmeticGround}}
    shown |= {"signing": signing_words(signing_counts(state)), "no_majority": without_majority(state)}
    shown |= {"dissented_before": bool(sitting.superseded_dissents)}
    with platform().database.reading() as db_session:
        records = latest_evaluation(record for record in load_records(db_session, case) if record.lot == lot)
    shown |= {"comments": comment_lines(found, lot, records)}
    return agency_page("report", found, lot, _("评审报告"), **shown)


def _rechecking(found: Case, lot: str) -> dict[str, object]:
    """What this person may do so that the committee checks its sealed report again."""
    actor, now = current_actor(), platform().database.now()
    waiting = recheck_waiting(found, lot, now)
    asking = waiting is None and allowed(actor, Action.RECHECK_PROPOSE, found, lot)
    releasing = waiting is not None and waiting.by != actor.id and allowed(actor, Action.RECHECK_ORDER, found, lot)
    sitting = found.lots[lot].sitting
    may = {"may_recheck": asking, "may_release_recheck": releasing}
    return {"sitting": sitting, "version_of": _versions(sitting), **may}


def _versions(sitting: SittingState) -> dict[str, int]:
    """The number of each sealed report, where there are several."""
    versions = {one.sealed_sha256: number for number, one in enumerate(sitting.versions, 1)}
    if sitting.version is not None and sitting.sealed_sha256:
        versions[sitting.sealed_sha256] = sitting.version
    return versions


@routes.get("/cases/<case>/lots/<lot>/failure")
@access(Action.FAILURE_READ)
def failure(case: str, lot: str) -> str:
    """Why the evaluation failed, every bid that does not count with its ground, and the sealed record.

    Of one that was given up: the sealed record, and nothing that members found.
    """
    found = entitled_case(case, Action.FAILURE_READ, lot)
    state, lang = found.lots[known_lot(found, lot)], g.get("lang", "zh")
    if state.sitting.stage not in (Stage.FAILED, Stage.ABANDONED) and not state.earlier:
        abort(404)  # it failed at its opening: there is no such record
    readable = readable_files(platform(), current_actor(), case, lot)
    before = state.sitting.sealed_before  # and was checked again, in vain
    kept = [file for file in readable if file.kind in ("failure", "record") or file.sha256 in before]
    if state.sitting.stage is not Stage.FAILED:  # given up: by this committee, or by one before the one that sits now
        ended = state if state.sitting.stage is Stage.ABANDONED else state.earlier[-1].lot
        anew = state.to_evaluate_again and allowed(current_actor(), Action.NEW_COMMITTEE_PROPOSE, found, lot)
        shown = {"files": kept, "reason": ended.sitting.failure, "given_up": True, "bids": (), "anew": anew}
        shown |= {"version_of": _versions(state.sitting)}
        return agency_page("failure", found, lot, _("评审终止情况记录"), **shown)
    shown = {
        "files": kept,
        "reason": failure_words(failure_of(state)),
        "rule": words_of(found)["failing_rule"],
        "bids": invalid_bids(found, lot, lang),
        "version_of": _versions(state.sitting),
    }
    return agency_page("failure", found, lot, _("流标评审情况记录"), **shown)
