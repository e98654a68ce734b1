"""The evaluation room: where the sitting stands, the one task of this seat, and each act as a page to sign."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, g, render_template, request
from flask import session as web_session
from flask_babel import gettext as _

from app.casefile.case import Case
from app.casefile.codec import encode
from app.casefile.record import Record
from app.casefile.rounds_of_evaluation import latest_evaluation
from app.extensions import access, current_actor, platform
from app.messages import sentence
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.errors import RuleViolation
from app.procedure.roles import Role
from app.queries.cases import load_records
from app.queries.endings import signing_counts
from app.queries.findings import FindingView, findings_for_room
from app.queries.more_time import more_time_of
from app.queries.price_views import sensitivity_of
from app.queries.recordings import recorded_now
from app.queries.rollbacks import RollbackLine, rollbacks_in_room
from app.queries.score_comments import comment_lines
from app.queries.sittings import Room, room_of, scored_criteria
from app.queries.talks import talk_of
from app.services import experts, files
from app.services.cursors import cursor_of
from app.web.entitled import entitled_case, in_words, place, words_of
from app.web.expert.booth_end import leaves_in
from app.web.expert.branding import brand_effects, typed_brands
from app.web.expert.corrections import correction_words
from app.web.expert.desk import (
    counts_units,
    drafts_of,
    missing_scores,
    most_words,
    papers_of,
    scoring_desk,
    typed_sheet,
)
from app.web.expert.forms import ConflictForm, DissentForm, HaltForm, StatementForm, VoteForm
from app.web.expert.naming import naming_words
from app.web.expert.room_forms import apart, forms_of, seat_name
from app.web.names import (
    CHECK_INS,
    CLARIFICATIONS,
    CORRECTIONS,
    GROUNDS,
    MEMBERS,
    ROLLBACK_GROUNDS,
    ROLLBACK_TARGETS,
    STAGES,
    SUBJECTS,
)
from app.web.pages import confirmed, typed_fields
from app.web.standstill.words import what_follows
from app.web.wording import named, signing_words
from evaluation import sitting

routes = Blueprint("sitting", __name__, url_prefix="/room/<case>/<lot>")
STEPS = ("gathering", "statements", "chair", "review", "scoring", "results", "report", "signing", "closed")
STEPS_TO_FAILURE = (*STEPS[:4], "failed")


def entered(case: str, lot: str, action: Action = Action.ROOM_JOIN) -> tuple[Case, Room, dict[str, Any]]:
    """The case, the room for this seat, and what every page of the room needs."""
    here, actor = platform(), current_actor()
    found = entitled_case(case, lot, action)
    room = room_of(found, lot, actor.seat_in(case, lot), here.database.now(), g.get("lang", "zh"))
    regime = found.tender.published.profile.regime
    names = {site["id"]: site["name"] for site in experts.list_sites(here)}
    shown = {
        "room": room,
        "recorded": recorded_now(found, lot),
        "offline_locked": room.seat in found.lot(lot).sitting.offline,
        "site_names": names,
        "talk": talk_of(found, lot, room.seat or None),
        "words": words_of(found),
        "signing": signing_words(signing_counts(found.lot(lot))),
        "sitting_state": found.lot(lot).sitting,
        "answers_recheck": sitting.answers_recheck(found.lot(lot).sitting, room.seat),
        "form": None,
        "errors": [],
        "back": f"/room/{case}/{lot}",
        "leaves_in": leaves_in(found.lot(lot), room.seat),
        "key_name": web_session.get("booth_key", ""),
        "cursor": cursor_of(here, found),
        "stages": STAGES,
        "steps": _steps(room),
        "member_names": {**MEMBERS, "buyer": words_of(found)["buyer_member"]},
        "corrections": CORRECTIONS,
        "asked_words": lambda asked: correction_words(found.lot(lot).sitting, asked),
        "grounds_words": sentence(f"{regime}_correction_grounds", {}, g.get("lang", "zh")),
        "check_ins": CHECK_INS,
        "clarification_names": CLARIFICATIONS,
        "subject_names": SUBJECTS,
        "awaited": _awaited_answer(found, lot),
        "grounds": GROUNDS,
        "rollback_targets": ROLLBACK_TARGETS,
        "rollback_grounds": ROLLBACK_GROUNDS,
        "picture_ends": sorted(found.lot(lot).picture_ends.items()),
        "more_time": more_time_of(found, lot, room.seat),
        "naming": naming_words(found, lot),
        "held_again": _held_again(found, lot, room),
        "sites": names,
        "files": files.readable_files(here, actor, case, lot),
        "may_read": bool(room.bids) and allowed(actor, Action.BIDS_READ, found, lot),
        "comments_of": lambda: comment_lines(found, lot, _of_this_evaluation(found, lot)),
        "papers_of": lambda files, bid: papers_of(found, lot, files, bid),
        "mark": _mark(room.seat, found.tender.published.code, lot),
    }
    return found, room, place(found, lot, _("评审室"), public=not actor.seat) | shown


def _steps(room: Room) -> tuple[str, ...]:
    """The stages of this sitting; to most belongs no vote about competition."""
    steps = STEPS_TO_FAILURE if room.stage is sitting.Stage.FAILED else STEPS
    voted = room.stage is sitting.Stage.COMPETITION or room.competition is not None
    return (*steps[:4], "competition", *steps[4:]) if voted else steps


def _mark(seat: int, code: str, lot: str) -> str:
    """What the viewer draws across each page, before the time: whose screen it was."""
    who = _("席位 %(n)s", n=seat) if seat else _("监督旁听 %(name)s", name=current_actor().name)
    return f"{who} · {code}/{lot}"


def _awaited_answer(found: Case, lot: str) -> str:
    """For which clarification reviews, sheets or the report wait now; "" for none, and where none is due yet."""
    state = found.lot(lot).sitting
    checks = {sitting.Stage.REVIEW: sitting.check_none_awaited, sitting.Stage.SCORING: sitting.check_none_awaited}
    checks[sitting.Stage.RESULTS] = sitting.check_prices_settled
    try:
        checks.get(state.stage, lambda _state: None)(state)
    except RuleViolation as refusal:
        return in_words(refusal)
    return ""


@routes.get("")
@access(Action.ROOM_JOIN)
def show(case: str, lot: str) -> str:
    """The room as this seat, or a silent observer, may see it."""
    found, room, shown = entered(case, lot)
    if room.task == "score":
        return render_template(
            "pages/expert/desk.html",
            **shown
            | forms_of(found, lot, room)
            | scoring_desk(found, lot, room, shown["files"])
            | _about_findings(found, lot),
        )
    return render_template(
        "pages/expert/room.html",
        **shown | forms_of(found, lot, room) | _for_the_authority(found, lot, room) | _about_findings(found, lot),
    )


def _held_again(found: Case, lot: str, room: Room) -> tuple[RollbackLine, ...]:
    """The stages that were held again, as the seat may read them now; hardly any sitting has one."""
    if not found.lot(lot).sitting.rollbacks:
        return ()
    seat = room.seat or None
    return rollbacks_in_room(found, lot, seat, _of_this_evaluation(found, lot), g.get("lang", "zh"))


def _about_findings(found: Case, lot: str) -> dict[str, Any]:
    """What was found about the bids that the room may know, and what of it the committee has not decided about."""
    seen = findings_seen(found, lot) if allowed(current_actor(), Action.FINDINGS_READ, found, lot) else ()
    return {"findings": seen, "left": [one.number for one in seen if one.left]}


def findings_seen(found: Case, lot: str) -> tuple[FindingView, ...]:
    """The findings that the room may know now."""
    if found.lot(lot).checked is None:
        return ()
    return findings_for_room(found, lot, _of_this_evaluation(found, lot), g.get("lang", "zh"))


def _of_this_evaluation(found: Case, lot: str) -> list[Record]:
    with platform().database.reading() as db_session:
        return latest_evaluation(one for one in load_records(db_session, found.id) if one.lot == lot)


def _for_the_authority(found: Case, lot: str, room: Room) -> dict[str, Any]:
    """What an inspector who watches is told beside the results, and nobody who decides."""
    if room.seat or not room.results or not current_actor().is_(Role.REGULATOR):
        return {}
    return {"sensitivity": sensitivity_of(found.lot(lot).sitting), "names": dict(room.bids)}


@routes.get("/status")
@access(Action.ROOM_JOIN)
def status(case: str, lot: str) -> str:
    """The live part of the room alone."""
    return render_template("pages/expert/_status.html", **entered(case, lot)[2])


def signing(
    found: Case, shown: dict[str, Any], title: str, fact: Any, words: str, effects: list[tuple[str, Any]], **more: Any
) -> str:
    """The page that shows one act and signs it; what the rules do not take is refused before anything is signed."""
    if refusal := refused(found, shown, fact):
        return refusal
    panel = {"title": title, "type": type(fact).__name__, "payload": encode(fact), "words": words, "effects": effects}
    return render_template("pages/expert/sign.html", **shown | {"panel": panel, "typed": typed_fields()} | more)


def refused(found: Case, shown: dict[str, Any], fact: Any) -> str:
    """The room with the words why the rules do not take an act now; "" where they take it."""
    try:
        found.decide(fact, shown["lot"], current_actor(), platform().database.now())
    except RuleViolation as refusal:
        more = forms_of(found, shown["lot"], shown["room"]) | {"errors": [in_words(refusal)]}
        return render_template("pages/expert/room.html", **shown | more)
    return ""


def again(found: Case, lot: str, room: Room, shown: dict[str, Any], name: str, form: Any) -> str:
    """The room once more, with what was typed and what is wrong with it."""
    return render_template("pages/expert/room.html", **shown | forms_of(found, lot, room) | apart({name: form}))


@routes.post("/statement")
@access(Action.STATEMENT_MAKE)
def make_statement(case: str, lot: str) -> str:
    """Discipline accepted and no conflict, or stepping back."""
    found, room, shown = entered(case, lot, Action.STATEMENT_MAKE)
    form = StatementForm()
    clear, conflict = form.no_conflict.data == "yes", (form.conflict.data or "").strip()
    if not confirmed(form):
        return again(found, lot, room, shown, "form", form)
    if not clear and not conflict:
        form.conflict.errors = [_("请写明应当回避的情形")]
        return again(found, lot, room, shown, "form", form)
    fact = sitting.StatementMade(room.seat, clear, "" if clear else conflict)
    leaving = _("签名后您退出本次评审，本机位退出，由接替的成员从头评审。")
    words = _("您声明没有应当回避的情形，并遵守评审纪律。") if clear else leaving
    effects = [(_("席位"), room.seat), *([] if clear else [(_("应当回避的情形"), conflict)])]
    return signing(found, shown, _("签署声明"), fact, words, effects, tone="act" if clear else "warning")


@routes.post("/vote")
@access(Action.CHAIR_VOTE)
def vote(case: str, lot: str) -> str:
    """A vote for the chair."""
    found, room, shown = entered(case, lot, Action.CHAIR_VOTE)
    forms = forms_of(found, lot, room)
    form = forms.get("form")
    if not isinstance(form, VoteForm) or not confirmed(form):
        return again(found, lot, room, shown, "form", form)
    chosen = next(s for s in room.seats if s.number == form.for_seat.data)
    fact = sitting.ChairVoted(room.seat, chosen.number, room.chair_round)
    effects = [(_("您推选"), seat_name(chosen)), (_("轮次"), room.chair_round)]
    return signing(found, shown, _("推选组长"), fact, _("投票后不能更改；全部投完前任何人看不到他人的票。"), effects)


@routes.post("/review")
@access(Action.BIDS_REVIEW)
def review(case: str, lot: str) -> str:
    """One finding for each bid and item; a failure names its ground."""
    found, room, shown = entered(case, lot, Action.BIDS_REVIEW)
    items, names = found.lot(lot).sitting.rules.review_items, dict(room.bids)
    findings, errors = [], []
    for bid, bidder in room.bids:
        for item in items:
            verdict = request.form.get(f"finding-{bid}-{item.id}", "")
            ground = request.form.get(f"ground-{bid}-{item.id}", "").strip()[:500]
            if verdict not in ("pass", "fail"):
                errors.append(_("请给出结论：%(bidder)s，%(item)s", bidder=bidder, item=named(item)))
            elif verdict == "fail" and not ground and item.deduction is None:
                errors.append(_("请写明不通过的理由：%(bidder)s，%(item)s", bidder=bidder, item=named(item)))
            findings.append(sitting.ReviewFinding(bid, item.id, verdict == "pass", "" if verdict == "pass" else ground))
    if errors or "change" in request.form:
        return render_template("pages/expert/room.html", **shown | forms_of(found, lot, room) | {"errors": errors})
    deductions = {item.id: item for item in items if item.deduction is not None}
    failed = [names[f.bid] + _("：") + f.ground for f in findings if not f.passed and f.item not in deductions]
    effects = [(_("结论"), _("%(n)s 项", n=len(findings))), (_("不通过"), _("；").join(failed) or _("无"))]
    if deductions:
        met = [f for f in findings if f.passed and f.item in deductions]
        granted = [names[f.bid] + _("：") + named(deductions[f.item]) for f in met]
        effects.append((_("价格扣除"), _("；").join(granted) or _("无")))
    if room.seat == room.chair and (left := _about_findings(found, lot)["left"]):
        effects.append(
            (_("清标提示"), _("还没有处理：第 %(which)s 项，不处理不影响评审继续", which=_("、").join(map(str, left))))
        )
    effects += brand_effects(found, lot)
    fact = sitting.BidsReviewed(room.seat, tuple(findings), typed_brands(found, lot))
    return signing(
        found, shown, _("提交初步评审意见"), fact, _("某一项被半数以上成员认定不通过的投标，不再评分。"), effects
    )


@routes.get("/sheet")
@access(Action.SCORES_LOCK)
def sheet(case: str, lot: str) -> str:
    """My whole sheet: what is missing, or the signature that locks it; once it is locked, as it was."""
    found, room, shown = entered(case, lot, Action.SCORES_LOCK)
    locked = found.lot(lot).sitting.sheets.get(room.seat)
    drafts = drafts_of(found, lot)
    criteria, names = scored_criteria(found, lot), dict(room.bids)
    missing = [] if locked else missing_scores(room, criteria, drafts, shown["back"])
    typed, comments = typed_sheet(room, drafts)
    scores = {bid: dict(locked.get(bid, {})) for bid in room.valid} if locked else typed
    rows = [
        {"name": named(c), "most": most_words(c), "scores": [scores[bid].get(c.id) for bid in room.valid]}
        for c in criteria
    ]
    fact = sitting.ScoreSheetLocked(room.seat, scores, comments)
    ready = room.task == "score" and not missing and not shown["awaited"]
    more = {
        "rows": rows,
        "in_money": counts_units(found, lot),
        "columns": [names[bid] for bid in room.valid],
        "sums": [sum(scores[bid].values(), Decimal("0.00")) for bid in room.valid],
        "missing": missing,
        "payload": encode(fact) if ready else None,
    }
    return render_template("pages/expert/sheet.html", **shown | more)


@routes.post("/conflict")
@access(Action.CONFLICT_DECLARE)
def declare_conflict(case: str, lot: str) -> str:
    """A conflict found later than at the statement: the member steps back, and a successor is drawn."""
    found, room, shown = entered(case, lot, Action.CONFLICT_DECLARE)
    form = ConflictForm()
    if not confirmed(form):
        return again(found, lot, room, shown, "conflict", form)
    fact = sitting.ConflictDeclared(room.seat, (form.conflict.data or "").strip())
    words = _("签名后您退出本次评审：您的意见、投票和评分作废，本机位退出，由接替的成员从头评审。")
    effects = [(_("应当回避的情形"), fact.conflict)]
    return signing(found, shown, _("声明应当回避的情形"), fact, words, effects, tone="warning")


@routes.post("/halt")
@access(Action.SITTING_HALT)
def halt(case: str, lot: str) -> str:
    """The chair calls a recess, or stops because the documents are defective."""
    found, room, shown = entered(case, lot, Action.SITTING_HALT)
    form = HaltForm()
    if not confirmed(form):
        return again(found, lot, room, shown, "halt", form)
    note, recess = (form.note.data or "").strip(), form.ground.data == sitting.SuspensionGround.RECESS
    fact = sitting.RecessCalled(room.seat, note) if recess else sitting.DefectFound(room.seat, note)
    ends = _("由您宣布复会。") if recess else _("由采购人（招标人）决定恢复或终止。")
    words = _("签名后评审立即中断：任何成员不能评分、锁定或签字，已保存的内容保留。") + ends
    effects = [(_("原因"), GROUNDS[sitting.SuspensionGround(form.ground.data)]), (_("说明"), note)]
    return signing(found, shown, _("休会或停止评审"), fact, words, effects, tone="warning")


@routes.get("/recess/end")
@access(Action.SITTING_HALT)
def end_recess(case: str, lot: str) -> str:
    """The chair lets the sitting go on."""
    found, room, shown = entered(case, lot, Action.SITTING_HALT)
    words = what_follows(room.standstill, sitting.SuspensionGround.RECESS)
    return signing(found, shown, _("宣布复会"), sitting.RecessEnded(room.seat), words, [(_("席位"), room.seat)])


@routes.post("/dissent")
@access(Action.DISSENT_RECORD)
def record_dissent(case: str, lot: str) -> str:
    """A written dissent, instead of a signature."""
    found, room, shown = entered(case, lot, Action.DISSENT_RECORD)
    form = DissentForm()
    if not confirmed(form):
        return again(found, lot, room, shown, "dissent", form)
    fact = sitting.DissentRecorded(room.seat, (form.text.data or "").strip())
    return signing(
        found,
        shown,
        _("书面不同意见"),
        fact,
        _("不同意见写入案卷和报告记录，提交后不能更改。此后重新汇总的，原文仍载入报告，对新的结果需要再次提出。"),
        [(_("内容"), fact.text)],
        tone="warning",
    )


@routes.get("/refusal/<int:seat>")
@access(Action.REFUSAL_RECORD)
def record_refusal(case: str, lot: str, seat: int) -> str:
    """The chair (of the chair: another member) records that a member neither signs nor says why."""
    found, room, shown = entered(case, lot, Action.REFUSAL_RECORD)
    if found.lots[lot].signing.own_earlier(seat):
        words = _("该成员此前已就先前的汇总结果书面提出不同意见，原文载入与报告一并封存的《签署情况说明》。")
    else:
        words = _("该成员既不签字又不书面说明不同意见和理由的，%(consent)s（%(signing_law)s）。", **words_of(found))
    words += _("封存前该成员仍可签字或者书面提出不同意见。")
    fact = sitting.RefusalRecorded(room.seat, seat)
    return signing(found, shown, _("记录拒绝签字"), fact, words, [(_("席位"), seat)], tone="warning")
