"""The evidence bundle of a case, cut to what its holder may see."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from contextlib import suppress

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.bundle import (
    Contents,
    Line,
    NumberOpening,
    PrivateHalf,
    Trust,
    committee_at,
    pack,
    signed_head,
    submission_folder,
)
from app.casefile.case import Case
from app.casefile.ceremony import OPENINGS, Ceremony, records_behind
from app.casefile.rebuilding import seat_accounts
from app.casefile.record import Record
from app.casefile.register import REGISTER
from app.casefile.sight import sees
from app.casefile.signed_acts import VERIFIED
from app.casefile.verification.log import documents_named
from app.database import in_native_thread
from app.models import CasePrivate, Pseudonym, StoredFile
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.exports import check_taking
from app.procedure.inspections.rules import check_no_draw_open
from app.procedure.roles import Actor, Role
from app.queries.cases import load_case, load_records, load_rows, record_of
from app.services.access import record_access
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.acts import Act, Answer, completes
from app.services.notices import tell_role
from app.services.platform import Platform
from app.services.tick_proofs import register_files

SEALED_BIDS_LIMIT = 64 * 2**20  # bytes of sealed bids in a bundle; beyond it the holder keeps them apart
CERTIFICATES = ("CertificateIssued", "CertificateRevoked")


def export_evidence(platform: Platform, log_in: LogIn, case_id: str, address: str = "") -> tuple[str, bytes]:
    """File name and bytes of the asker's evidence bundle.

    The regulator takes it alone, the agency what two persons released (ROLES 56); the access log keeps each one. What
    the asker may not see is there as a leaf hash; private halves are the regulator's alone. Raises NotAllowed,
    RuleViolation `export_not_released`, `export_expired`, `export_during_draw`.
    """
    with platform.database.reading() as db_session:
        actor, case = load_actor(db_session, log_in.account_id, log_in.seat), load_case(db_session, case_id)
        authorize(actor, Action.EVIDENCE_EXPORT, case)
        now = platform.database.now(db_session.connection())
        if case.inspection is not None:
            check_no_draw_open(case.inspection, case.draws)
        if not actor.is_(Role.REGULATOR):
            check_taking(case.export, actor.id, now, case.tender.published.profile)
        # before the log, which then holds at least as much
        ticks = register_files(platform, db_session, case_id, case.lots)
        lines = _lines(db_session, actor, case)
        visible = [line.record for line in lines if line.record]
        register = _register(db_session, visible)
        trust = Trust(platform.keys.roots, platform.keys.platform.certificate, register)
        attached = _bids(platform, db_session, actor, case, visible) | _documents(platform, db_session, visible)
        attached |= ticks
        private = _private(db_session, case_id) if actor.is_(Role.REGULATOR) else []
        persons = _persons(db_session, case, register) if actor.is_(Role.REGULATOR) else []
    record_access(platform.database, actor.id, Action.EVIDENCE_EXPORT, case_id, address=address)
    head = signed_head(
        platform.keys.platform.key,
        lines,
        trust,
        origin=platform.origin,
        case_id=case_id,
        holder="+".join(sorted(actor.roles)),
        exported_at=now,
    )
    archive = io.BytesIO()
    in_native_thread(pack, Contents(head, lines, trust, attached, private, persons), archive)
    return f"case-{case_id}.evidence.zip", archive.getvalue()


@completes("EvidenceExportRequested")
def request_export(act: Act) -> Answer:
    """The agency's supervisors are told that an export waits for them."""
    _tell_agency(act, Role.AGENCY_SUPERVISOR, "export_waits")
    return {}


@completes("EvidenceExportReleased")
def release_export(act: Act) -> Answer:
    """Who asked may take the bundle now, and the competent authority knows that the agency does."""
    _tell_agency(act, Role.AGENCY_OFFICER, "export_released")
    parties = act.work.case.tender.published.parties
    facts = {"title": act.work.case.tender.published.title, "reason": act.fact.reason}
    tell_role(act.work, parties.regulator.id, Role.REGULATOR, "export_reported", **facts)
    return {}


def _tell_agency(act: Act, role: Role, code: str) -> None:
    terms = act.work.case.tender.published
    tell_role(act.work, terms.parties.agency.id, role, code, title=terms.title, reason=act.fact.reason)


def _lines(db_session: DbSession, actor: Actor, case: Case) -> list[Line]:
    found = []
    for row in load_rows(db_session, case.id):
        record = record_of(row)
        found.append(Line(row.leaf_hash, record, row.salt) if sees(actor, case, record) else Line(row.leaf_hash))
    return found


def _register(db_session: DbSession, visible: Sequence[Record]) -> list[Record]:
    """The register's facts that the visible records rest on, and no others: keys, where the trustees' shares come
    from, and the code that sealed the bids."""
    register, description = load_records(db_session, REGISTER), committee_at(visible)
    behind = records_behind(register, description) if description else []
    opened = [record.fact for record in behind if record.type in OPENINGS]
    people = {person.key_id for fact in opened for person in Ceremony(fact).people}
    certificates = _certificates(register, people | _keys(visible))
    named = {record.payload["client"]["bundle_sha256"] for record in visible if record.type == "BidSubmitted"}
    code = [r for r in register if r.type == "ClientCodePublished" and r.payload["bundle_sha256"] in named]
    return sorted([*behind, *certificates, *code], key=lambda record: record.seq)


def _keys(records: Iterable[Record]) -> set[str]:
    """Keys that signed, and those that witnesses certified or replaced."""
    found: set[str] = set()
    for record in records:
        if record.act:
            found.add(record.act["key_id"])
        if record.type == "ShareRefused":
            found.add(record.payload["proof"]["key_id"])
        if record.type in ("MemberIdentified", "BoothChanged"):
            found |= {record.payload["key_id"], record.payload.get("replaces", "")}
    return found


def _certificates(register: Iterable[Record], keys: set[str]) -> list[Record]:
    return [record for record in register if record.type in CERTIFICATES and record.payload["key_id"] in keys]


def signing_certificates(db_session: DbSession, case_id: str) -> list[Record]:
    """The register's facts about the keys of the acts that a trustee's tool verifies."""
    needed = _keys(r for r in load_records(db_session, case_id) if r.type in VERIFIED)
    return _certificates(load_records(db_session, REGISTER), needed)


def _bids(
    platform: Platform, db_session: DbSession, actor: Actor, case: Case, visible: Sequence[Record]
) -> dict[str, bytes]:
    """Capsules of the visible bids of open lots; the sealed bids, while small, for who may read them."""
    receipted = [r for r in visible if r.type == "BidReceipted" and case.lots[r.lot].opening.openable]
    receipts = {r.payload["receipt_id"]: r.lot for r in receipted}
    query = select(StoredFile).where(StoredFile.case_id == case.id, StoredFile.owner.in_(receipts))
    rows = [row for row in db_session.scalars(query) if row.kind in ("bid", "capsule")]
    small = sum(row.size for row in rows if row.kind == "bid") <= SEALED_BIDS_LIMIT
    found = {}
    for row in rows:
        if row.kind == "capsule" or (small and actor.is_(Role.REGULATOR)):
            with suppress(OSError):  # what the store has lost is missing in the bundle, too, and the verifier says so
                found[f"{submission_folder(row.owner)}/{row.kind}.age"] = platform.blobs.get(row.blob)
    return found


def _documents(platform: Platform, db_session: DbSession, visible: Iterable[Record]) -> dict[str, bytes]:
    """Exactly the sealed documents that visible records name."""
    found = {}
    for record in visible:
        for document in documents_named(record):
            query = select(StoredFile).where(
                StoredFile.case_id == record.case_id,
                StoredFile.kind == document.kind,
                StoredFile.sha256 == document.sha256,
            )
            row = db_session.scalars(query).first()
            if row is not None:
                found[document.name] = platform.blobs.get(row.blob)
    return found


def _private(db_session: DbSession, case_id: str) -> list[PrivateHalf]:
    query = select(CasePrivate).where(CasePrivate.case_id == case_id).order_by(CasePrivate.seq)
    return [PrivateHalf(row.seq, row.salt, json.loads(row.facts)) for row in db_session.scalars(query)]


def _persons(db_session: DbSession, case: Case, register: Iterable[Record]) -> list[NumberOpening]:
    """The salts of those who took a seat, whose names are no secret any more; of nobody else in the pool."""
    seated = seat_accounts(case, [record.fact for record in register if record.type == "CertificateIssued"])
    rows = db_session.scalars(select(Pseudonym).where(Pseudonym.case_id == case.id).order_by("lot", "number"))
    return [NumberOpening(row.lot, row.number, row.salt) for row in rows if (row.lot, row.number) in seated]
