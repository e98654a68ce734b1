"""A tender from draft to publication, its questions and amendments."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session as DbSession

from app.adapters.profiles import read_profile
from app.casefile.case import Case
from app.casefile.codec import decode, encode
from app.casefile.committees import check_in_use
from app.casefile.next_round import next_round_form
from app.models import CaseFile, Download, Lot, Organisation, StoredFile, Tender, TenderDraft
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.procedure.roles import Actor, Role
from app.procedure.tender import TenderSubmitted
from app.procedure.terms import CaseOpened, Document, Party, TenderTerms
from app.queries.cases import load_case
from app.queries.committees import find_committee, load_committees
from app.queries.lists import next_round
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.acts import Act, Answer, completes
from app.services.documents import add_file
from app.services.notices import tell_downloaders, tell_role
from app.services.platform import Platform
from app.services.stored_bytes import file_chunks
from app.services.trustees import follow_resharings
from app.services.unit_of_work import UnitOfWork, plain_transaction, take_turns, unit_of_work
from crypto.canonical import Json
from crypto.committee import Committee
from evaluation.bid_checks import COLUMNS, OWN_NAME, read_list, rows_of

DOCUMENT_LIMIT = 200 * 2**20


@dataclass(frozen=True)
class Draft:
    """A draft as its authors see it; `form` is what the page or program saved."""

    case_id: str
    title: str
    form: dict[str, Any]
    documents: tuple[Document, ...]
    submitted: bool  # and waits for the supervisor


def open_case(platform: Platform, log_in: LogIn, title: str, regulator_id: str, form: dict[str, Any]) -> str:
    """Begin a case of the actor's agency; its id. Raises RuleViolation `regulator_unknown`, `terms_incomplete`."""
    if not title.strip():
        raise RuleViolation("terms_incomplete", field="title")
    case_id = secrets.token_hex(8)
    with unit_of_work(platform.database, case_id, begins="tender") as work:
        actor = load_actor(work.db_session, log_in.account_id)
        authorize(actor, Action.CASE_OPEN)
        parties = CaseOpened(
            Party(actor.organisation_id, actor.organisation_name),
            _party(work.db_session, "centre"),
            _party(work.db_session, "regulator", regulator_id),
        )
        _begin_draft(work, actor, parties, title, form)
    return case_id


def _begin_draft(work: UnitOfWork, actor: Actor, parties: CaseOpened, title: str, form: dict[str, Any]) -> None:
    work.append(parties, actor=actor, role="AO")
    draft = TenderDraft(case_id=work.case.id, organisation_id=actor.organisation_id, author_id=actor.id, title=title)
    draft.terms, draft.saved_at = json.dumps(form, ensure_ascii=False), work.now
    draft.follows = parties.follows or None
    work.db_session.add(draft)


def open_next_round(platform: Platform, log_in: LogIn, case_id: str) -> str:
    """Tender the failed lots of a case again, as a case of its own that names the earlier one; the new case's id.

    Terms and documents are taken over as a draft without deadlines (Law art. 28; Reg. art. 44). There is one next
    round for each case: asked again, its id. Raises NotAllowed, RuleViolation `no_lot_failed`, `lot_given_up`.
    """
    with platform.database.reading() as db_session:
        actor, failed = load_actor(db_session, log_in.account_id), load_case(db_session, case_id)
        authorize(actor, Action.NEXT_ROUND_OPEN, failed)
        if known := next_round(db_session, case_id):
            return known
        form, parties = next_round_form(failed), failed.tender.parties
    assert parties is not None
    new_id = secrets.token_hex(8)
    with unit_of_work(platform.database, new_id, begins="tender") as work:
        actor = load_actor(work.db_session, log_in.account_id)
        authorize(actor, Action.NEXT_ROUND_OPEN, failed)
        if known := next_round(work.db_session, case_id):
            raise RuleViolation("next_round_exists", case=known)
        _begin_draft(work, actor, replace(parties, follows=case_id), str(form["title"]), form)
        for row in work.db_session.scalars(_document_rows(case_id)):
            kept = {"name": row.name, "media_type": row.media_type, "size": row.size, "sha256": row.sha256}
            again = StoredFile(id=secrets.token_hex(16), case_id=new_id, kind="document", blob=row.blob, **kept)
            again.created_at = work.now
            work.db_session.add(again)
    return new_id


def _party(db_session: DbSession, kind: str, organisation_id: str = "") -> Party:
    query = select(Organisation).where(Organisation.kind == kind).order_by(Organisation.created_at)
    if organisation_id:
        query = query.where(Organisation.id == organisation_id)
    found = db_session.scalars(query).first()
    if found is None:
        raise RuleViolation(f"{kind}_unknown")
    return Party(found.id, found.name)


def save_draft(
    platform: Platform, log_in: LogIn, case_id: str, form: dict[str, Any], before: dict[str, Any] | None = None
) -> None:
    """Keep what was typed, complete or not; over `before` alone, where that is given.

    Raises NotAllowed, RuleViolation `draft_overtaken` where somebody has saved something else meanwhile.
    """
    with plain_transaction(platform.database) as (db_session, now):
        actor = load_actor(db_session, log_in.account_id)
        authorize(actor, Action.DRAFT_EDIT, load_case(db_session, case_id))
        draft = _draft_row(db_session, case_id)
        db_session.refresh(draft, with_for_update=True)
        if before is not None and json.loads(draft.terms) != before:
            raise RuleViolation("draft_overtaken", saved_at=draft.saved_at)
        draft.terms, draft.saved_at = json.dumps(form, ensure_ascii=False), now
        draft.title = str(form.get("title") or draft.title)[:300]


def _draft_row(db_session: DbSession, case_id: str) -> TenderDraft:
    draft = db_session.get(TenderDraft, case_id)
    if draft is None:
        raise RuleViolation("case_unknown", case=case_id)
    return draft


def discard_draft(platform: Platform, log_in: LogIn, case_id: str) -> str:
    """Give up a draft that waits for nobody: it leaves the desks, nothing can be submitted under its case; its title.

    Raises NotAllowed, RuleViolation `draft_submitted`.
    """
    with plain_transaction(platform.database) as (db_session, _now):
        _editable(db_session, log_in, case_id)
        db_session.execute(delete(StoredFile).where(StoredFile.case_id == case_id, StoredFile.kind == "document"))
        draft = _draft_row(db_session, case_id)
        db_session.delete(draft)
        return draft.title


def _waits_for_release(case: Case) -> bool:
    return case.tender.terms is not None and not case.tender.returned


def _editable(db_session: DbSession, log_in: LogIn, case_id: str) -> None:
    """Whose draft it is may change its files now, and nobody submits it meanwhile: whoever does waits for the case.

    Raises NotAllowed, RuleViolation `draft_submitted`.
    """
    db_session.get(CaseFile, case_id, with_for_update=True)
    case = load_case(db_session, case_id)
    authorize(load_actor(db_session, log_in.account_id), Action.DRAFT_EDIT, case)
    if _waits_for_release(case):
        raise RuleViolation("draft_submitted")


def remove_document(platform: Platform, log_in: LogIn, case_id: str, document_id: str) -> str:
    """Take a file out of the draft; its name.

    Raises NotAllowed, RuleViolation `draft_submitted`, `document_unknown`.
    """
    with plain_transaction(platform.database) as (db_session, _now):
        _editable(db_session, log_in, case_id)
        row = db_session.get(StoredFile, document_id)
        if row is None or row.case_id != case_id or row.kind != "document":
            raise RuleViolation("document_unknown")
        db_session.delete(row)
        return row.name


def add_document(platform: Platform, log_in: LogIn, case_id: str, name: str, data: bytes) -> Document:
    """A file of the tender documents.

    Raises NotAllowed, RuleViolation `document_too_large`, `document_empty`, `document_repeated`, `draft_submitted`; of
    a list of items with which bids are to be compared also those of `read_list`.
    """
    if not name.strip() or len(data) > DOCUMENT_LIMIT:
        raise RuleViolation("document_too_large", size=len(data), limit=DOCUMENT_LIMIT)
    if not data:
        raise RuleViolation("document_empty", name=name[:120])
    if name == OWN_NAME:
        _check_own_list(data)
    blob = platform.blobs.put(data)
    with plain_transaction(platform.database) as (db_session, now):
        _editable(db_session, log_in, case_id)
        if any(document.name == name for document in _documents(db_session, case_id)):
            raise RuleViolation("document_repeated", name=name[:120])
        row = add_file(db_session, now, case_id=case_id, kind="document", name=name, blob=blob, data=data)
        return Document(row.id, row.name, row.size, row.sha256)


def _check_own_list(data: bytes) -> None:
    """Raises RuleViolation, with the column as each language calls it."""
    try:
        read_list(rows_of(data), priced=False)
    except RuleViolation as refusal:
        column = refusal.facts.get("column")
        if column is None:
            raise
        english, chinese = COLUMNS[str(column)][:2]
        named = {"column": {"zh": chinese, "en": english}}
        raise RuleViolation(refusal.code, **refusal.facts | named) from refusal


def read_draft(platform: Platform, log_in: LogIn, case_id: str) -> Draft:
    """The draft, for its agency. Raises NotAllowed."""
    with platform.database.reading() as db_session:
        case = load_case(db_session, case_id)
        authorize(load_actor(db_session, log_in.account_id), Action.DRAFT_READ, case)
        draft, waits = _draft_row(db_session, case_id), _waits_for_release(case)
        return Draft(case_id, draft.title, json.loads(draft.terms), _documents(db_session, case_id), waits)


def _documents(db_session: DbSession, case_id: str) -> tuple[Document, ...]:
    return tuple(
        Document(row.id, row.name, row.size, row.sha256) for row in db_session.scalars(_document_rows(case_id))
    )


def _document_rows(case_id: str) -> Select[tuple[StoredFile]]:
    query = select(StoredFile).where(StoredFile.case_id == case_id, StoredFile.kind == "document")
    return query.order_by(StoredFile.created_at, StoredFile.id)


def draft_terms(platform: Platform, log_in: LogIn, case_id: str) -> Json:
    """The payload of TenderSubmitted that the draft stands for, to be shown and signed.

    Raises RuleViolation `malformed` with the field that is missing or wrong, `committee_missing`.
    """
    draft = read_draft(platform, log_in, case_id)
    form = dict(draft.form)
    with platform.database.reading() as db_session:
        usable = [c for c in load_committees(db_session).values() if c.in_use]
        parties = load_case(db_session, case_id).tender.parties
    chosen = next((c for c in usable if c.id == form.get("committee")), usable[0] if usable else None)
    if chosen is None:
        raise RuleViolation("committee_missing")
    locked = form.pop("timelock", "")
    if locked:
        form["timelock"] = _second_lock(platform, locked)
    payload = {
        **form,
        "parties": encode(parties),
        "title": draft.title,
        "profile": encode(read_profile(str(form.get("profile", "")))),
        "documents": encode(draft.documents),
        "committee": chosen.description,
        "register": encode(platform.register_terms),
    }
    return encode(decode(TenderSubmitted, {"terms": payload}))


def _second_lock(platform: Platform, chain_hash: str) -> Json:
    """The description of the chain that the centre allows, if it is the chosen one."""
    chain = platform.settings.drand_chain
    if chain is None or chain.hash != chain_hash:
        raise RuleViolation("second_lock_unavailable", chain=chain_hash[:12])
    return chain.describe()


@completes("TenderSubmitted")
def submit_tender(act: Act) -> Answer:
    """The terms must be the platform's own profile and witnesses, a registered committee and the kept documents."""
    terms: TenderTerms = act.fact.terms
    db_session = act.work.db_session
    if db_session.get(TenderDraft, act.work.case.id) is None:
        raise RuleViolation("draft_discarded")
    if terms.profile != read_profile(terms.profile.name):
        raise RuleViolation("profile_changed", profile=terms.profile.name)
    check_register(act.platform, terms)
    if terms.documents != _documents(db_session, act.work.case.id):
        raise RuleViolation("documents_changed")
    chosen = next((c for c in load_committees(db_session).values() if c.description == terms.committee), None)
    if chosen is None:
        raise RuleViolation("committee_missing")
    check_in_use(chosen)
    if terms.chain is not None and terms.chain != act.platform.settings.drand_chain:
        raise RuleViolation("second_lock_unavailable", chain=terms.chain.hash[:12])
    _check_code(db_session, terms.code)
    _notify(act, Role.AGENCY_SUPERVISOR, "release_waits", title=terms.title)
    return {}


def _check_code(db_session: DbSession, code: str) -> None:
    """Raises RuleViolation `code_taken` for that of a tender which is published already."""
    if db_session.scalar(select(Tender.case_id).where(Tender.code == code)) is not None:
        raise RuleViolation("code_taken", code=code)


def check_register(platform: Platform, terms: TenderTerms) -> None:
    """Nobody publishes a tender whose witnesses do not watch this register any more.

    Raises RuleViolation `register_terms_changed`.
    """
    if terms.register != platform.register_terms:
        raise RuleViolation("register_terms_changed")


@completes("TenderReturned")
def return_tender(act: Act) -> Answer:
    _notify(act, Role.AGENCY_OFFICER, "tender_returned", reason=act.fact.reason)
    return {}


@completes("TenderPublished")
def publish_tender(act: Act) -> Answer:
    """The notice is public from here; each lot gets its gate and its closing is due."""
    work = act.work
    check_in_use(find_committee(work.db_session, Committee.from_description(work.case.tender.committee).id))
    follow_resharings(work)
    terms, parties = work.case.tender.published, work.case.tender.parties
    assert parties is not None
    check_register(act.platform, terms)
    if terms.documents != _documents(work.db_session, work.case.id):
        raise RuleViolation("documents_changed")
    take_turns(work.db_session, f"code/{terms.code}")
    _check_code(work.db_session, terms.code)  # another tender may have been published since these terms were handed in
    work.db_session.add(
        Tender(
            case_id=work.case.id,
            code=terms.code,
            title=terms.title,
            buyer=terms.buyer,
            agency_id=parties.agency.id,
            regulator_id=parties.regulator.id,
            profile=terms.profile.name,
            published_at=work.now,
        )
    )
    for lot in terms.lots:
        gate = Lot(case_id=work.case.id, number=lot.number, title=lot.title, deadline_at=lot.deadline_at)
        work.db_session.add(gate)
        work.schedule("close_lot", lot.deadline_at, lot=lot.number, detail=encode(lot.deadline_at))
    _notify(act, Role.AGENCY_OFFICER, "tender_published", title=terms.title)
    return {}


@completes("QuestionAsked")
def ask_question(act: Act) -> Answer:
    _notify(act, Role.AGENCY_OFFICER, "question_asked")
    return {}


@completes("AnswerProposed", "AmendmentProposed")
def propose(act: Act) -> Answer:
    _notify(act, Role.AGENCY_SUPERVISOR, "release_waits", title=act.work.case.tender.published.title)
    return {}


@completes("AnswerReleased")
def release_answer(act: Act) -> Answer:
    tell_downloaders(act.work, "answer_released", title=act.work.case.tender.published.title)
    return {}


def _notify(act: Act, role: Role, code: str, **facts: Any) -> None:
    parties = act.work.case.tender.parties
    assert parties is not None
    tell_role(act.work, parties.agency.id, role, code, **facts)


def download_document(
    platform: Platform, log_in: LogIn | None, case_id: str, document_id: str
) -> tuple[StoredFile, Iterator[bytes]]:
    """A tender document in pieces, for anybody; who is logged in as a bidder will be told of changes.

    Raises RuleViolation `document_unknown`, `file_damaged`.
    """
    with platform.database.reading() as db_session:
        actor = load_actor(db_session, log_in.account_id if log_in else "", log_in.seat if log_in else "")
        case = load_case(db_session, case_id)
        authorize(actor, Action.DOCUMENTS_DOWNLOAD, case)
        row = db_session.get(StoredFile, document_id)
        if row is None or row.case_id != case_id or row.kind != "document":
            raise RuleViolation("document_unknown")
    if actor.is_(Role.BIDDER):
        with plain_transaction(platform.database) as (db_session, now):
            if db_session.get(Download, (case_id, actor.id)) is None:
                db_session.add(Download(case_id=case_id, account_id=actor.id, at=now))
    return row, file_chunks(platform, case, row)
