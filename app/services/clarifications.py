"""What the committee asks a bidder, beyond the rules: who is told, the files of an answer, and the end of its time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import delete

from app.casefile.bid_ids import receipt_of
from app.casefile.case import Case
from app.models import StoredFile, Upload
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.anonymity import names_bidder
from app.procedure.clarifying import MOST_BYTES, Course, answer_file_name, check_files
from app.procedure.errors import RuleViolation
from app.procedure.roles import Actor, Role
from app.queries.cases import load_case
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.acts import Act, Answer, Proposal, completes, prepares
from app.services.findings import after_decision
from app.services.notices import tell_role
from app.services.platform import Platform
from app.services.unit_of_work import UnitOfWork, unit_of_work
from app.services.uploads import begin_upload, complete_upload, continue_upload
from evaluation.sitting import AnswerFile, ClarificationLapsed, ClarificationSubject, ExplanationJudged

FILE_KIND = "clarification"
CHUNK = 1 << 18
PDF = b"%PDF-"
# What a bidder is told that has answered nothing about its price.
_LAPSED = {
    ClarificationSubject.LOW_PRICE: "price_unexplained",
    ClarificationSubject.ARITHMETIC: "correction_unconfirmed",
}


def take_answer_file(platform: Platform, log_in: LogIn, name: str, data: bytes) -> AnswerFile:
    """Keep a file until an answer names it; it goes by itself when none does.

    Raises NotAllowed, RuleViolation `file_too_large`, `clarification_file_not_pdf` and as `begin_upload` does.
    """
    file = AnswerFile("", name, len(data), hashlib.sha256(data).hexdigest())
    check_files((file,))
    _require_pdf(name, data)
    upload = begin_upload(platform, log_in, len(data))
    continue_upload(platform, log_in, upload.id, 0, [data])
    return AnswerFile(upload.id, name, file.size, file.sha256)


def _require_pdf(name: str, data: bytes) -> None:
    if not data.startswith(PDF):
        raise RuleViolation("clarification_file_not_pdf", name=name)


@prepares("ClarificationAnswered")
def check_answer(platform: Platform, log_in: LogIn, proposal: Proposal) -> dict[str, str]:
    """The blob of each file that the answer names: one's own uploads, just as named, each a PDF that does not hold the
    name of a bidder who is anonymous.

    Raises NotAllowed, RuleViolation `file_changed`, `file_repeated`, `file_too_large`, `clarification_file_not_pdf`,
    `clarification_file_names_bidder`, `upload_unknown`, `upload_incomplete`.
    """
    with platform.database.reading() as db_session:
        actor, case = load_actor(db_session, log_in.account_id, log_in.seat), load_case(db_session, proposal.case_id)
        authorize(actor, Action.CLARIFICATION_ANSWER, case, proposal.lot)
    named: list[dict[str, Any]] = list(proposal.payload.get("files", ()))
    if len({file["id"] for file in named}) != len(named):
        raise RuleViolation("file_repeated")
    hidden = _hidden_name(case, proposal.lot, actor, str(proposal.payload.get("id", "")))
    return {file["id"]: _measured(platform, log_in, file, hidden) for file in named}


def _hidden_name(case: Case, lot: str, actor: Actor, id: str) -> str:
    """The name of the actor's own organisation as it was read out, where the room must not read it; "" elsewhere, and
    in what is about a price, which members read once they know the names."""
    own = case.lots[lot].bidding.of_bidder(actor.organisation_id)
    opened = case.lots[lot].opening.opened
    asked = case.lots[lot].sitting.clarifications.get(id)
    named = asked is None or asked.after_locks
    if named or own is None or own.receipt_id not in opened or not case.tender.published.lot(lot).anonymous:
        return ""
    return opened[own.receipt_id].bidder_name


def _measured(platform: Platform, log_in: LogIn, file: dict[str, Any], hidden: str) -> str:
    upload = complete_upload(platform, log_in, file["id"])
    if upload.size > MOST_BYTES:
        raise RuleViolation("file_too_large", name=file["name"], size=upload.size, most=MOST_BYTES)
    with platform.blobs.open(upload.blob) as source:
        data = source.read()
    if (upload.size, hashlib.sha256(data).hexdigest()) != (file["size"], file["sha256"]):
        raise RuleViolation("file_changed", name=file["name"])
    _require_pdf(file["name"], data)
    if names_bidder(_pieces(data), hidden):
        raise RuleViolation("clarification_file_names_bidder", name=file["name"])
    return upload.blob


def _pieces(data: bytes) -> Iterator[bytes]:
    return (data[at : at + CHUNK] for at in range(0, len(data), CHUNK))


@completes("ClarificationAnswered")
def take_answer(act: Act) -> Answer:
    """The files are on record with the answer, under names that nobody has typed; the committee reads them at once.
    Whether a corrected price is confirmed changes the results, or rejects the bid."""
    work, fact = act.work, act.fact
    for number, file in enumerate(fact.files, 1):
        blob = act.prepared[file.id]
        taken = delete(Upload).where(Upload.id == file.id, Upload.blob == blob)
        if not work.connection.execute(taken).rowcount:
            raise RuleViolation("upload_unknown")
        row = StoredFile(id=file.id, case_id=work.case.id, lot=act.lot, kind=FILE_KIND, owner=fact.bid)
        row.name, row.media_type = answer_file_name(fact.id, number), "application/pdf"
        row.size, row.sha256, row.blob = file.size, file.sha256, blob
        row.created_at = work.now
        work.db_session.add(row)
    if fact.confirms is not None:
        after_decision(work, act.lot, anew=True)
    return {}


@completes("ClarificationSent")
def ask_bidder(act: Act) -> Answer:
    """The bidder is told that it is asked and until when, not what: that it reads after its log-in."""
    _await(act.work, act.lot, act.fact.id, "clarification_asked")
    return {}


@completes("ClarificationVoted", "ClarificationWithdrawn", "ExplanationJudged")
def follow_votes(act: Act) -> Answer:
    """Where members know prices already a vote may reject a bid, or leave nothing that the report waits for."""
    sitting = act.work.case.lots[act.lot].sitting
    one = sitting.clarifications[act.fact.id]
    if one.after_locks:
        after_decision(act.work, act.lot, anew=isinstance(act.fact, ExplanationJudged) and one.proven is False)
    return {}


def time_goes_on(work: UnitOfWork, lot: str) -> None:
    """Where the sitting goes on now, each bidder that is waited for has what was left of its time, and is told."""
    for id, course in work.case.lots[lot].clarifying.items():
        if course.open and course.rested_at is None and course.resumed_at == work.now:
            _await(work, lot, id, "clarification_anew")


def _await(work: UnitOfWork, lot: str, id: str, code: str) -> None:
    course = work.case.lots[lot].clarifying[id]
    assert course.until is not None
    _tell_bidder(work, lot, course, code, until=course.until)
    work.schedule("end_clarification", course.until, lot=lot, detail=f"{id}/{work.size}")


def _tell_bidder(work: UnitOfWork, lot: str, course: Course, code: str, **facts: Any) -> None:
    assert course.asked is not None
    state = work.case.lots[lot]
    bidder = state.bidding.submissions[receipt_of(state, course.asked.bid)].bidder
    tell_role(work, bidder, Role.BIDDER, code, title=work.case.tender.published.title, lot=lot, **facts)


def end_clarification(platform: Platform, case_id: str, lot: str, id: str) -> None:
    """The time of a request has passed without an answer: that is put on record, and the sitting goes on.

    Nothing happens where it was answered, or its time rests. Repeating it is harmless.
    """
    with unit_of_work(platform.database, case_id, lot) as work:
        state = work.case.lots[lot]
        course = state.clarifying.get(id, Course())
        due = course.until is not None and work.now >= course.until and not state.sitting.suspended
        if course.asked is None or not course.open or not due:
            return
        work.conclude(ClarificationLapsed(id), lot)
        _tell_bidder(work, lot, course, _LAPSED.get(course.asked.subject, "clarification_lapsed"))
        if course.after_locks:  # nothing is proven or confirmed: the bid is rejected as soon as results stand
            after_decision(work, lot, anew=True)
