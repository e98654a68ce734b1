"""Pages for everybody: notices, a case as a time line, how to check what the platform says."""

from __future__ import annotations

import base64
import json
from datetime import datetime

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from app.adapters.pdf_inspection import inspect_pdf
from app.casefile.case import Case, Phase
from app.casefile.committees import standing_committees
from app.casefile.register import REGISTER
from app.extensions import FORM_AROUND, access, current_actor, platform, takes
from app.messages import sentence
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.errors import RuleViolation
from app.procedure.roles import Actor, Role
from app.procedure.tender import Question, question_deadline
from app.queries.cases import load_records
from app.queries.committees import read_committees
from app.queries.lists import NoticeRow, next_round, published_notices
from app.queries.next_steps import next_steps
from app.queries.playbacks import replayed_lots
from app.queries.timeline import case_stages
from app.web.deadlines.views import offered_pages
from app.web.deadlines.wording import announcements, recorded_changes
from app.web.names import PHASES
from app.web.navigation import first_page
from app.web.pages import Refused, attempt, download, entitled_case, head_of, shows_failure
from app.web.public.draw_verifier import one_file
from app.web.public.forms import PdfForm, ReceiptForm
from app.web.steps import first_shown, to_do
from app.web.stops import shown_stage
from app.web.terms import second_lock_words, shown_terms
from crypto.certificates import verify_certificate
from crypto.instants import format_instant, parse_instant
from crypto.pdf import PdfVerdict
from crypto.receipts import SignedReceipt, verify_receipt

routes = Blueprint("public", __name__)
PAGE = 20
MOST_BYTES = 20 * 2**20


def hides_projects(actor: Actor) -> bool:
    """Experts know no project before they have signed in at a booth (四不知)."""
    return actor.is_(Role.EXPERT)


@routes.get("/")
@access(Action.SITE_READ)
def notices() -> str | Response:
    words, actor = request.args.get("q", "").strip()[:100], current_actor()
    if actor.seat:
        return redirect(first_page(actor))
    rows = [] if hides_projects(actor) else _notice_rows(words)
    return render_template(
        "pages/public/notices.html",
        rows=rows[:PAGE],
        words=words,
        stages={phase.value: str(name) for phase, name in PHASES.items()},
        more=_next_page(words, rows),
        hidden=hides_projects(actor),
    )


def _notice_rows(words: str) -> list[NoticeRow]:
    with platform().database.reading() as db_session:
        return published_notices(db_session, words, PAGE + 1, _instant(request.args.get("before", "")))


def _next_page(words: str, rows: list[NoticeRow]) -> str:
    if len(rows) <= PAGE:
        return ""
    return url_for("public.notices", q=words or None, before=format_instant(rows[PAGE - 1].published_at))


def _instant(text: str) -> datetime | None:
    try:
        return parse_instant(text) if text else None
    except Refused:
        return None


def _next_round(case: str) -> str:
    with platform().database.reading() as db_session:
        return next_round(db_session, case, published=True)


@routes.get("/cases/<case>")
@access(Action.NOTICE_READ)
def notice(case: str) -> str:
    """A case for whoever looks: the one next step, the time line, the terms, questions and amendments."""
    found, actor, now = entitled_case(case, Action.NOTICE_READ), current_actor(), platform().database.now()
    terms, steps = found.tender.published, next_steps(found, actor, now)
    lines = [
        (lot, [shown_stage(found, stage) for stage in case_stages(found, actor, lot.number, now)]) for lot in terms.lots
    ]
    return render_template(
        "pages/public/notice.html",
        **head_of(found),
        breadcrumbs=[(_("公告"), url_for("public.notices")), (terms.title, None)],
        case_id=case,
        step=first_shown(case, steps),
        further=to_do(case, steps)[1:],
        lines=lines,
        deadlines=found.tender.deadlines,
        paused=found.tender.timetable.left,
        announced=announcements(found),
        changes=recorded_changes(found),
        deadline_pages=offered_pages(found, actor),
        terms=shown_terms(terms),
        questions=_answered(found),
        amendments=[a for a in found.tender.amendments.values() if a.released_at is not None],
        question_until=question_deadline(found.tender),
        may_ask=allowed(actor, Action.QUESTION_ASK, found) and now < question_deadline(found.tender),
        may_amend=allowed(actor, Action.AMENDMENT_PROPOSE, found),
        own_lots=_own_lots(found, actor),
        open_lots=[number for number, lot in found.lots.items() if lot.phase is Phase.BIDDING],
        follows=terms.parties.follows,
        next_round=_next_round(case),
        may_download=allowed(actor, Action.DOCUMENTS_DOWNLOAD, found),
        openings=[number for number in found.lots if allowed(actor, Action.OPENING_WATCH, found, number)],
        reports=[number for number in found.lots if allowed(actor, Action.REPORT_READ, found, number)],
        failures=[number for number in found.lots if shows_failure(found, number)],
        replays=replayed_lots(actor, found),
        findings=[n for n, lot in found.lots.items() if lot.checked and allowed(actor, Action.FINDINGS_READ, found, n)],
        draws=[number for number in found.lots if allowed(actor, Action.DRAW_WATCH, found, number)],
        evidence=_evidence_page(found, actor),
        is_bidder=actor.is_(Role.BIDDER),
    )


def _evidence_page(case: Case, actor: Actor) -> str:
    """Where this person gets the evidence bundle; "" for who does not."""
    if not allowed(actor, Action.EVIDENCE_EXPORT, case):
        return ""
    return url_for("regulator.case" if actor.is_(Role.REGULATOR) else "agency.export", case=case.id)


def _answered(case: Case) -> list[Question]:
    actor = current_actor()
    return [q for q in case.tender.questions.values() if q.answered_at is not None or q.asker == (actor.id or None)]


def _own_lots(case: Case, actor: Actor) -> list[str]:
    return list(case.lots) if actor.is_(Role.BIDDER) else []


@routes.route("/verify", methods=["GET", "POST"])
@access(Action.RECORD_VERIFY)
@takes(MOST_BYTES + FORM_AROUND)
def verify() -> str:
    """How to check without trusting the platform: receipts in the browser, which is told the platform's key; on the
    server what was uploaded for a first look."""
    receipt, pdf = ReceiptForm(prefix="receipt"), PdfForm(prefix="pdf")
    result = document = None
    chosen = request.form.get("check", "")
    if chosen == "receipt" and receipt.validate_on_submit():
        result = attempt(receipt, lambda: _check_receipt(receipt))
    if chosen == "pdf" and pdf.validate_on_submit():
        document = attempt(pdf, lambda: _check_pdf(pdf))
    reasons = [sentence(r.code, {"field": r.field}, g.get("lang", "zh")) for r in document.reasons] if document else []
    here = platform()
    own = verify_certificate(here.keys.platform.certificate, here.keys.roots, here.database.now())
    shown = {"result": result, "document": document, "reasons": reasons, "answered": chosen == "receipt"}
    shown |= {"platform_spki": base64.b64encode(own.spki).decode()}
    return render_template("pages/public/verify.html", receipt=receipt, pdf=pdf, **shown)


def _check_receipt(form: ReceiptForm) -> dict[str, object]:
    kept = _json(form.receipt.data)
    if isinstance(kept, dict) and "platform_certificate" in kept:  # as a bidder keeps it; the log has the receipt alone
        kept = kept.get("receipt")
    signed = SignedReceipt.from_json(kept)
    submission = _json(form.submission.data) if form.submission.data else None
    here = platform()
    certificate = verify_certificate(here.keys.platform.certificate, here.keys.roots, here.database.now())
    verify_receipt(signed, certificate.spki, submission)
    received_at = parse_instant(signed.receipt["received_at"])
    return {**signed.receipt, "key_id": signed.key_id, "received_at": received_at, "with_submission": bool(submission)}


def _json(file: FileStorage) -> object:
    try:
        return json.loads(file.read(MOST_BYTES))
    except (ValueError, RecursionError) as exc:
        raise RuleViolation("malformed", path=file.filename or "", expected="JSON") from exc


def _check_pdf(form: PdfForm) -> PdfVerdict:
    here = platform()
    return inspect_pdf(form.pdf.data.read(MOST_BYTES), here.keys.roots, here.database.now())


@routes.get("/verify/verify_draw.py")
@access(Action.RECORD_VERIFY)
def draw_verifier() -> Response:
    """The standalone program that draws again from a published record."""
    return download("verify_draw.py", one_file().encode(), "text/x-python")


@routes.get("/trust")
@access(Action.SITE_READ)
def trust() -> str:
    here = platform()
    with here.database.reading() as db_session:
        records = load_records(db_session, REGISTER)
    facts = verify_certificate(here.keys.platform.certificate, here.keys.roots, here.database.now())
    return render_template(
        "pages/public/trust.html",
        origin=here.origin,
        authority=here.keys.authority.certificate_pem,
        platform_certificate=here.keys.platform.certificate,
        platform_key=facts.key_id,
        committees=list(standing_committees(records).values())[::-1],
        client_code=[record for record in reversed(records) if record.type == "ClientCodePublished"],
        chain=here.settings.drand_chain,
        second_lock=second_lock_words(here.settings.drand_chain) if here.settings.drand_chain else "",
        certificates=sum(record.type == "CertificateIssued" for record in records),
        events=len(records),
    )


@routes.get("/trust/authority.pem")
@access(Action.SITE_READ)
def authority() -> Response:
    return download("authority.pem", platform().keys.authority.certificate_pem.encode(), "application/x-pem-file")


@routes.get("/about")
@access(Action.SITE_READ)
def about() -> str:
    usable = [one for one in read_committees(platform().database) if one.in_use]
    one_machine = any(one.description["mode"] == "M0" for one in usable)
    return render_template("pages/public/about.html", one_machine=one_machine)
