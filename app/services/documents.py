"""Documents of a case: rendered from its state, sealed by the centre, kept by content."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote, urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case, LotCase
from app.casefile.opening_data import OPENING_ATTACHMENT, opening_data
from app.casefile.sealing import open_identity, opening_committee
from app.documents.content import (
    CaseHeading,
    FallbackProof,
    OpenedBid,
    OpeningConfirmation,
    OpeningObjection,
    OpeningRecord,
    ReleaseProof,
    RoundProof,
    TrusteeShare,
)
from app.documents.course_content import DocumentCheck
from app.documents.wording import Lang, listed, plain
from app.messages import regime_words, sentence, void_sentence
from app.models import Account, StoredFile
from app.queries.void_faults import fault_lines, fault_text
from app.services.platform import Platform
from app.services.unit_of_work import UnitOfWork
from crypto import pdf as signed_pdf
from crypto.canonical import canonical, digest
from crypto.timelock import Round

SEAL_FIELD = "Seal"


def public_address(platform: Platform) -> str:
    """The address under which others reach the platform; "" where none is configured but this machine's own."""
    address = platform.settings.base_url
    host = urlsplit(address).hostname or ""
    here = host in ("localhost", "::1", "0.0.0.0") or host.startswith("127.")  # noqa: S104  compared, not bound
    return "" if here else address


def named_address(platform: Platform) -> str:
    """Where on the net something took place, for a document that lasts: an address of one machine means nothing."""
    address = public_address(platform)
    return f"{platform.origin}（{address}）" if address else platform.origin


def document_check(platform: Platform, case_id: str, lot: str, data_sha256: str) -> DocumentCheck:
    """What the QR code of a document leads to: the public page about its lot, with the digest of its data (ADR 0104).

    Without a public address it is no link that leads nowhere, but says in plain text of what the digest is.
    """
    address = public_address(platform)
    if not address:
        return DocumentCheck(f"tenderhall-check/v1 {platform.origin} {case_id}/{lot} {data_sha256}", "", data_sha256)
    page = f"{address}/check/{case_id}/{quote(lot, safe='')}"
    return DocumentCheck(f"{page}?sha256={data_sha256}", page, data_sha256)


def add_file(
    db_session: DbSession,
    now: datetime,
    *,
    case_id: str,
    kind: str,
    name: str,
    blob: str,
    data: bytes,
    lot: str = "",
    owner: str = "",
) -> StoredFile:
    """The row of a file whose bytes are kept under `blob`."""
    row = StoredFile(
        id=secrets.token_hex(16),
        case_id=case_id,
        lot=lot,
        kind=kind,
        owner=owner,
        name=name[:300],
        media_type="application/pdf" if data[:5] == b"%PDF-" else "application/octet-stream",
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        blob=blob,
        created_at=now,
    )
    db_session.add(row)
    return row


def store_document(platform: Platform, work: UnitOfWork, lot: str, kind: str, name: str, pdf: bytes) -> str:
    """Keep a document of the case; its SHA-256. The latest of a kind is the one that counts."""
    blob = platform.blobs.put(pdf)
    row = add_file(work.db_session, work.now, case_id=work.case.id, lot=lot, kind=kind, name=name, blob=blob, data=pdf)
    return row.sha256


def latest_document(db_session: DbSession, case_id: str, lot: str, kind: str) -> StoredFile | None:
    """The newest document of a kind."""
    query = (
        select(StoredFile)
        .where(StoredFile.case_id == case_id, StoredFile.lot == lot, StoredFile.kind == kind)
        .order_by(StoredFile.created_at.desc(), StoredFile.id)
        .limit(1)
    )
    return db_session.scalar(query)


def timestamper(platform: Platform) -> signed_pdf.LocalTimeStamper:
    """The platform's own time-stamping authority (RFC 3161)."""
    own = platform.keys.timestamp
    chain = [platform.keys.authority.certificate_pem]
    return signed_pdf.LocalTimeStamper(own.key, own.certificate, chain, platform.database.now)


def seal_document(platform: Platform, pdf: bytes, centre: str, purpose: str, signed_at: datetime) -> bytes:
    """The centre's seal, last and over everything."""
    return signed_pdf.seal(
        pdf,
        field=SEAL_FIELD,
        key=platform.keys.seal.key,
        certificate_pem=platform.keys.seal.certificate,
        chain_pems=[platform.keys.authority.certificate_pem],
        signed_at=signed_at,
        timestamper=timestamper(platform),
        appearance=platform.renderer.seal_appearance(centre, purpose),
    )


def marking(case: Case, lang: Lang) -> str:
    """What every page of a case's documents must say about itself: demo periods, trustees on one machine."""
    terms, notes = case.tender.published, []
    if terms.profile.demo:
        notes.append(sentence("marking_demo", {}, lang))
    if terms.committee["mode"] == "M0":
        notes.append(sentence("marking_m0", {}, lang))
    return listed(notes, lang)


def heading(case: Case, lot: str, what: str, digest: str, lang: Lang) -> CaseHeading:
    """Which case a document belongs to, and the digest of `what` it goes back to (terms, sitting …)."""
    terms, parties = case.tender.published, case.tender.parties
    assert parties is not None
    return CaseHeading(
        case_code=terms.code,
        project=terms.title,
        lot=f"{lot} {case.tender.published.lot(lot).title}",
        buyer=terms.buyer,
        agency=parties.agency.name,
        centre=parties.centre.name,
        marking=marking(case, lang),
        digest=sentence(f"digest_of_{what}", {"digest": digest}, lang),
    )


def names_of(db_session: DbSession, account_ids: list[str]) -> Mapping[str, tuple[str, str]]:
    """(name, organisation) of accounts."""
    rows = db_session.scalars(select(Account).where(Account.id.in_(account_ids)))
    return {row.id: (row.name, row.organisation.name) for row in rows}


def opened_bids(case: Case, lot: str, lang: Lang) -> tuple[OpenedBid, ...]:
    """The rows of 开标一览表: opened bids by price, then the void ones."""
    state = case.lots[lot]
    opened = sorted(state.opening.opened.values(), key=lambda bid: (bid.price, bid.receipt_id))
    rows = []
    for bid in opened:
        submission = state.bidding.submissions[bid.receipt_id]
        rows.append(
            OpenedBid(
                order=len(rows) + 1,
                bidder=bid.bidder_name,
                received_at=submission.received_at,
                price=bid.price,
                duration=sentence("duration_days", {"days": bid.duration_days}, lang),
                manager=bid.project_manager,
                bid_root=submission.fact.bid_root,
                brand=bid.core_brand or "",
            )
        )
    for void in sorted(state.opening.voided.values(), key=lambda bid: bid.receipt_id):
        submission = state.bidding.submissions[void.receipt_id]
        reason = void_sentence(void.reason, lang)
        rows.append(
            OpenedBid(len(rows) + 1, void.bidder_name, submission.received_at, None, "", "", void_reason=reason)
        )
    return tuple(rows)


def _release_proof(platform: Platform, case: Case, lot: str) -> ReleaseProof:
    opening, committee = case.lots[lot].opening, opening_committee(case, lot)
    shares = tuple(
        TrusteeShare(m.index, m.organisation, opening.share_times.get(m.index), m.index in opening.shares)
        for m in committee.members
    )
    ident = open_identity(platform.origin, case.id, lot).hex()
    terms, signature = case.tender.published, opening.release.signature if opening.release else ""
    rounds = tuple(
        RoundProof(number, Round(terms.chain, number).at, fact.signature)
        for number, fact in sorted(opening.rounds.items())
        if terms.chain is not None
    )
    return ReleaseProof(
        terms.mode,
        committee.id,
        ident,
        signature,
        committee.k,
        shares,
        _fallback_proof(case.lots[lot]),
        terms.chain.hash if terms.chain else "",
        rounds,
    )


def _fallback_proof(state: LotCase) -> FallbackProof | None:
    started_at, opening = state.fallback.started_at, state.opening
    if started_at is None or opening.disclosed is None:
        return FallbackProof(started_at, None, "", (), (), opening.released_at) if started_at else None
    found = opening.disclosed
    names = [
        tuple(opening.voided[r].bidder_name for r in receipts if r in opening.voided)
        for receipts in (found.revoked, found.withdrawn)
    ]
    return FallbackProof(started_at, opening.disclosed_at, digest(dict(found.keys)), *names)


def opening_record(platform: Platform, case: Case, lot: str, now: datetime, lang: Lang) -> OpeningRecord:
    """The content of 开标记录 as the case stands."""
    state, terms = case.lots[lot], case.tender.published
    opening, parties, lot_published = state.opening, case.tender.parties, case.tender.published.lot(lot)
    assert parties is not None
    assert opening.closed is not None
    assert opening.closed_at is not None
    with platform.database.reading() as db_session:
        people = names_of(db_session, [o.by for o in opening.objections.values()] + list(opening.confirmations))
    confirmed = {people[by][1]: at for by, at in opening.confirmations.items() if by in people}
    release, rows = _release_proof(platform, case, lot), opened_bids(case, lot, lang)
    return OpeningRecord(
        heading=heading(case, lot, "terms", case.tender.terms_sha256, lang),
        method=terms.method,
        place=named_address(platform),
        chair=parties.agency.name,
        supervisor=parties.regulator.name,
        budget=lot_published.budget,
        ceiling=lot_published.ceiling,
        published_at=case.tender.published_at or now,
        deadline_at=opening.closed.deadline_at,
        opened_at=opening.closed_at,
        finished_at=now,
        bids=rows,
        coefficients=tuple(
            f"{sentence(f'coefficient_{name}', {}, lang)} {plain(value)}"
            for name, value in sorted(opening.coefficients.items())
        ),
        words=regime_words(terms.profile.regime, lang),
        faults=tuple((line.bidder, fault_text(line, lang)) for line in fault_lines(case, lot)),
        objections=tuple(
            OpeningObjection(people[o.by][1], o.raised_at, o.text, parties.agency.name, o.answered_at, o.answer)
            for o in opening.objections.values()
        ),
        confirmations=tuple(
            OpeningConfirmation(row.bidder, confirmed.get(row.bidder)) for row in rows if row.price is not None
        ),
        release=release,
        signatories=(),
    )


def render_opening_record(platform: Platform, case: Case, lot: str, now: datetime) -> bytes:
    """开标记录 as PDF with its data attached, under the centre's seal."""
    content = opening_record(platform, case, lot, now, "zh")
    data = canonical(opening_data(case.id, lot, case.lots[lot]))
    pdf = platform.renderer.render(content, attachments={OPENING_ATTACHMENT: data})
    return seal_document(platform, pdf, content.heading.centre, "开标专用", now)
