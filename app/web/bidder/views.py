"""The bidder's desk: tenders by time left, sealing, receipts, questions, the opening."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import datetime

from flask import Blueprint, Response, g, redirect, render_template, url_for
from flask_babel import gettext as _

from app.casefile.case import Case
from app.extensions import access, current_actor, platform, required_log_in
from app.messages import void_sentence
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure import booth_files
from app.procedure.bid import BidWithdrawn, Submission
from app.procedure.opening import ObjectionRaised
from app.procedure.page_links import FILE_NAME as PAGE_LINKS
from app.procedure.tender import QuestionAsked, question_deadline
from app.queries.act_list import ListedPublication, listed_publication
from app.queries.clarifications import asked_of
from app.queries.desks import bidder_cases
from app.queries.endings import Ground, failure_of, grounds_of, stood_back
from app.queries.lots import bid_desk
from app.queries.next_steps import can_confirm, next_steps
from app.services.cursors import cursor_of
from app.services.receipts import kept_receipt, read_inclusion, read_receipt, render_receipt
from app.services.register import BROWSER_CLIENT, BROWSER_CLIENT_VERSION
from app.web.bidder.forms import ObjectionForm, QuestionForm
from app.web.deadlines.views import shown_deadline
from app.web.entitled import account_key, words_of
from app.web.pages import case_trail, confirmed, download, entitled_case, head_of, known_lot, local_time, review_act
from app.web.rooms.faults import fault_shown
from app.web.steps import ShownStep, foremost, shown_step
from app.web.terms import second_lock_words
from app.web.wording import failure_words
from evaluation.bid_checks import FILE_NAME as PRICED_LIST

routes = Blueprint("bidder", __name__)
KEY_ACTS = {"commit_key": "KeyCommitted", "reveal_key": "KeyRevealed"}
BID_STEPS = (  # shown with the bid
    *(*KEY_ACTS, "key_committed", "key_revealed", "key_missed", "restore_file"),
    *("answer_clarification", "clarification_stands"),
)
CLIENT = {"name": BROWSER_CLIENT, "version": BROWSER_CLIENT_VERSION}


@routes.get("/bidder")
@access(Action.RECEIPT_READ)
def desk() -> str:
    here = platform()
    with here.database.reading() as db_session:
        rows = bidder_cases(db_session, current_actor(), here.database.now())
    shown = [(row, shown_step(row.case_id, row.step)) for row in rows]
    title, text = _("现在没有需要您处理的事"), _("新的招标在公告中；答复、更正和开标的消息会通知您。")
    idle = ShownStep(title, text, "wait", None, "/", _("查看公告"), "")
    return render_template("pages/bidder/desk.html", rows=shown, foremost=foremost(shown) or idle)


def lot_head(case: Case, lot: str, *further: tuple[str, str | None]) -> dict[str, object]:
    """What the head of a bidder's page about a lot says."""
    terms = case.tender.published.lot(lot)
    name = _("标包 %(number)s", number=lot) if len(case.lots) > 1 else terms.title
    home = url_for("bidder.lot", case=case.id, lot=lot) if further else None
    trail = case_trail(case, (name, home), *further)
    return {**head_of(case, lot), "breadcrumbs": trail, "case_id": case.id, "lot": lot, "lot_terms": terms}


def _own_submissions(case: Case, lot: str) -> list[Submission]:
    own = [s for s in case.lots[lot].bidding.submissions.values() if s.bidder == current_actor().organisation_id]
    return sorted(own, key=lambda s: s.received_at, reverse=True)


def _grounds(found: Case, lot: str) -> dict[str, tuple[Ground, ...]]:
    """What was found against each of one's own bids."""
    state, regime = found.lots[lot], found.tender.published.profile.regime
    return {one.receipt_id: grounds_of(state, one.receipt_id, regime) for one in _own_submissions(found, lot)}


@routes.get("/bidder/cases/<case>/lots/<lot>")
@access(Action.RECEIPT_READ)
def lot(case: str, lot: str) -> str:
    """The big answer: submitted or not, with every receipt."""
    found, actor, now = entitled_case(case, Action.RECEIPT_READ), current_actor(), platform().database.now()
    state, closes_at = found.lots[known_lot(found, lot)], found.tender.timetable.closes_at(lot)
    step = next(s for s in next_steps(found, actor, now) if s.lot == lot)
    return render_template(
        "pages/bidder/lot.html",
        **lot_head(found, lot),
        standing=state.bidding.of_bidder(actor.organisation_id),
        submissions=_own_submissions(found, lot),
        provable=state.opening.closed is not None and (state.opening.openable or bool(state.opening.failed)),
        **_followed_deadline(found, lot),
        open=state.opening.closed is None and closes_at is not None and now < closes_at,
        paused=closes_at is None,
        step=shown_step(case, step),
        bid_step=step.code in BID_STEPS,
        bid_facts={"tender": case, "lot": lot, "needed": _needed_copies(found, lot)},
        may_confirm=can_confirm(state.opening, actor.id) and allowed(actor, Action.OPENING_CONFIRM, found, lot),
        may_object=_may_object(found, lot, now),
        fault=fault_shown(found, lot),
        words=words_of(found),
        asked=asked_of(found, lot, actor.organisation_id),
        failure=failure_words(failure_of(state)),
        grounds=_grounds(found, lot),
        stood_back={one.receipt_id: stood_back(state, one.receipt_id) for one in _own_submissions(found, lot)},
        seats=len(state.sitting.seats),
        ground_words=lambda code: void_sentence(code, g.get("lang", "zh")),
    )


def _needed_copies(case: Case, lot: str) -> list[str]:
    """Receipts of one's own bid whose sealed file the platform may still ask for."""
    state, own = case.lots[lot], case.lots[lot].bidding.of_bidder(current_actor().organisation_id)
    if own is None or state.opening.settled(own.receipt_id):
        return []
    unopened = state.opening.stays_closed(own.receipt_id) or bool(state.opening.failed)
    return [] if unopened and own.receipt_id not in state.lost else [own.receipt_id]


def _followed_deadline(case: Case, lot: str) -> dict[str, object]:
    """The deadline, and the cursor from which the page hears that it moves or stands still."""
    return {**shown_deadline(case, lot), "cursor": cursor_of(platform(), case)}


def _may_object(case: Case, lot: str, now: datetime) -> bool:
    until = case.lots[lot].opening.objections_until
    return until is not None and now < until and allowed(current_actor(), Action.OBJECTION_RAISE, case, lot)


@routes.get("/bidder/cases/<case>/lots/<lot>/seal")
@access(Action.RECEIPT_READ)
def seal(case: str, lot: str) -> str | Response:
    """Sealing happens in the bidder's browser; this page only carries the published parameters."""
    found = entitled_case(case, Action.RECEIPT_READ)
    known_lot(found, lot)
    if not allowed(current_actor(), Action.BID_SUBMIT, found, lot):
        return redirect(url_for("bidder.lot", case=case, lot=lot))
    return render_template(
        "pages/bidder/seal.html",
        **lot_head(found, lot, (_("加密并提交"), None)),
        parameters=_seal_parameters(found, lot),
        listed=_listed(case),
        second_lock=second_lock_words(chain) if (chain := found.tender.published.chain) else "",
        **_followed_deadline(found, lot),
    )


def _listed(case: str) -> ListedPublication | None:
    with platform().database.reading() as db_session:
        return listed_publication(db_session, case)


def _seal_parameters(case: Case, lot: str) -> dict[str, object]:
    here, reference = platform(), f"{case.id}/{lot}"
    own = here.keys.platform  # what the receipt must be signed with
    found = bid_desk(here.origin, case, lot, current_actor(), here.settings.max_upload_bytes)
    context = dict(found["context"])
    committee_id = context.pop("committee")
    return {
        **context,
        "case": reference,
        "committee": found["committee"],
        "committee_id": committee_id,
        "timelock": found["timelock"],
        "deadline_at": found["deadline_at"],
        "key_name": account_key(),
        "type": "BidSubmitted",
        "head_url": f"/api/v1/cases/{reference}/acts/head",
        "act_url": f"/api/v1/cases/{reference}/acts/BidSubmitted",
        "upload_url": "/api/v1/uploads",
        "client": CLIENT,
        "limits": {"total_bytes": found["limit"]},
        "qualification_words": found["qualification_words"],
        "booth": {
            "endings": list(booth_files.SHOWN),
            "picture_bytes": booth_files.MOST_IMAGE_BYTES,
            "read": [PAGE_LINKS, PRICED_LIST],
        },
        "criteria": found["criteria"],
        "standing": found["standing"].get("receipt_id", ""),
        "platform": {"certificate": own.certificate, "spki": base64.b64encode(own.key.spki).decode()},
    }


@routes.get("/bidder/cases/<case>/lots/<lot>/key")
@access(Action.RECEIPT_READ)
def key(case: str, lot: str) -> str | Response:
    """The fallback: the bidder promises, later reveals its bid's key out of the file that it kept."""
    found, actor, now = entitled_case(case, Action.RECEIPT_READ), current_actor(), platform().database.now()
    standing = found.lots[known_lot(found, lot)].bidding.of_bidder(actor.organisation_id)
    step = next(s for s in next_steps(found, actor, now) if s.lot == lot)
    if standing is None or step.code not in KEY_ACTS:
        return redirect(url_for("bidder.lot", case=case, lot=lot))
    return render_template(
        "pages/bidder/key.html",
        **lot_head(found, lot, (_("投标密钥"), None)),
        **_followed_deadline(found, lot),
        step=shown_step(case, step),
        type=KEY_ACTS[step.code],
        standing=standing,
        key_facts={"receipt_id": standing.receipt_id, "recipient": standing.fact.recipient},
        key_name=account_key(),
    )


@routes.get("/bidder/cases/<case>/lots/<lot>/restoration")
@access(Action.RECEIPT_READ)
def restoration(case: str, lot: str) -> str | Response:
    """The platform lost the sealed file: its bidder hands the very same bytes in again."""
    found, actor, now = entitled_case(case, Action.RECEIPT_READ), current_actor(), platform().database.now()
    standing = found.lots[known_lot(found, lot)].bidding.of_bidder(actor.organisation_id)
    step = next(s for s in next_steps(found, actor, now) if s.lot == lot)
    if standing is None or step.code != "restore_file" or not allowed(actor, Action.BID_RESTORE, found, lot):
        return redirect(url_for("bidder.lot", case=case, lot=lot))
    fact = standing.fact
    return render_template(
        "pages/bidder/restoration.html",
        **lot_head(found, lot, (_("交回密文原件"), None)),
        step=shown_step(case, step),
        standing=standing,
        payload={"receipt_id": standing.receipt_id, "bid_root": fact.bid_root},
        bid_facts={
            "tender": case,
            "lot": lot,
            "receipt_id": standing.receipt_id,
            "bid_root": fact.bid_root,
            "bid_size": fact.bid_size,
            "capsule_sha256": fact.capsule_sha256,
            "upload_url": "/api/v1/uploads",
        },
        key_name=account_key(),
    )


@routes.get("/bidder/cases/<case>/lots/<lot>/receipts/<receipt>.json")
@access(Action.RECEIPT_READ)
def receipt_json(case: str, lot: str, receipt: str) -> Response:
    kept = kept_receipt(platform(), read_receipt(platform(), required_log_in(), case, lot, receipt))
    return download(f"receipt-{receipt}.json", json.dumps(kept, ensure_ascii=False).encode(), "application/json")


@routes.get("/bidder/cases/<case>/lots/<lot>/receipts/<receipt>/submission.json")
@access(Action.RECEIPT_READ)
def submission_json(case: str, lot: str, receipt: str) -> Response:
    own = read_receipt(platform(), required_log_in(), case, lot, receipt)
    data = json.dumps(own.payload, ensure_ascii=False).encode()
    return download(f"submission-{receipt}.json", data, "application/json")


@routes.get("/bidder/cases/<case>/lots/<lot>/receipts/<receipt>/inclusion.json")
@access(Action.RECEIPT_READ)
def inclusion_json(case: str, lot: str, receipt: str) -> Response:
    """That the bid stood at the deadline."""
    proof = read_inclusion(platform(), required_log_in(), case, lot, receipt)
    return download(f"inclusion-{receipt}.json", json.dumps(proof).encode(), "application/json")


@routes.get("/bidder/cases/<case>/lots/<lot>/receipts/<receipt>.pdf")
@access(Action.RECEIPT_READ)
def receipt_pdf(case: str, lot: str, receipt: str) -> Response:
    pdf = render_receipt(platform(), required_log_in(), case, lot, receipt)
    return download(f"receipt-{receipt}.pdf", pdf, "application/pdf")


@routes.get("/bidder/cases/<case>/lots/<lot>/withdrawal")
@access(Action.RECEIPT_READ)
def withdraw(case: str, lot: str) -> str | Response:
    """What would be taken back; where there is nothing any more, the lot says so."""
    found = entitled_case(case, Action.RECEIPT_READ)
    standing = found.lots[known_lot(found, lot)].bidding.of_bidder(current_actor().organisation_id)
    if standing is None or not allowed(current_actor(), Action.BID_WITHDRAW, found, lot):
        return redirect(url_for("bidder.lot", case=case, lot=lot))
    return review_act(
        _("撤回投标"),
        found,
        BidWithdrawn(standing.receipt_id),
        lot=lot,
        words=_("撤回后本次投标不再参加开标，密文不会被打开。截止之前可以重新提交。"),
        effects=[
            (_("回执编号"), standing.receipt_id),
            (_("收到时间"), local_time(standing.received_at)),
            (_("投标截止"), local_time(found.tender.deadlines[lot])),
        ],
        next_url=url_for("bidder.lot", case=case, lot=lot),
        label=_("签名并撤回"),
        tone="warning",
    )


@routes.route("/cases/<case>/questions/new", methods=["GET", "POST"])
@access(Action.QUESTION_ASK)
def ask(case: str) -> str:
    found, form = entitled_case(case, Action.QUESTION_ASK), QuestionForm()
    if confirmed(form):
        text = form.text.data.strip()
        return review_act(
            _("提出问题"),
            found,
            QuestionAsked(secrets.token_hex(8), text),
            words=_("提问人在开标之前不公开。"),
            effects=[(_("问题"), text)],
            next_url=url_for("public.notice", case=case) + "#questions",
            back_url=url_for("bidder.ask", case=case),
        )
    return render_template(
        "pages/bidder/text_form.html",
        **head_of(found),
        breadcrumbs=case_trail(found, (_("提出问题"), None)),
        form=form,
        title=_("提出问题"),
        lead=_("请在 %(at)s 之前提出。", at=local_time(question_deadline(found.tender))),
        back_url=url_for("public.notice", case=case),
    )


@routes.route("/cases/<case>/lots/<lot>/objections/new", methods=["GET", "POST"])
@access(Action.OBJECTION_RAISE)
def objection(case: str, lot: str) -> str:
    found, form = entitled_case(case, Action.OBJECTION_RAISE, lot), ObjectionForm()
    home, title = url_for("bidder.lot", case=case, lot=lot), _("对开标提出%(objecting)s", **words_of(found))
    if confirmed(form):
        text = form.text.data.strip()
        return review_act(
            title,
            found,
            ObjectionRaised(secrets.token_hex(8), text),
            lot=lot,
            effects=[(_("内容和理由"), text)],
            next_url=home,
            back_url=url_for("bidder.objection", case=case, lot=lot),
        )
    until = found.lots[lot].opening.objections_until
    return render_template(
        "pages/bidder/text_form.html",
        **lot_head(found, lot, (title, None)),
        form=form,
        title=title,
        lead=_("请在 %(at)s 之前提出。", at=local_time(until)) if until else _("唱标结束后才能提出。"),
        back_url=home,
    )
