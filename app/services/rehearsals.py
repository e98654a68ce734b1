"""Rehearsals: opened by a centre, signed by the trustees' own tools, opened by the same steps as a real lot.

A rehearsal is a case file of its own kind. It has no row among the tenders, so no notice, list or count knows it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import secrets
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.sealing import bid_identity, read_items
from app.database import in_native_thread
from app.models import Certificate, StoredFile
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure import rehearsal as rules
from app.procedure.errors import RuleViolation
from app.procedure.rehearsal import (
    KIND,
    Rehearsal,
    RehearsalEnded,
    RehearsalOpened,
    RehearsalReleased,
    SampleBid,
    SampleBidOpened,
    rehearsal_statement,
)
from app.queries.cases import load_case
from app.queries.committees import find_committee
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.acts import Act, Answer, Proposal, completes, prepares
from app.services.openings import check_trustee
from app.services.platform import Platform
from app.services.unit_of_work import UnitOfWork, unit_of_work
from crypto.canonical import Json
from crypto.committee import Committee, combine, identity, make_capsule, verify_share
from crypto.envelope import bid_context, context_hash, new_bid_identity, open_bid, seal
from crypto.errors import CryptoError
from crypto.package import MANIFEST_VERSION, bid_manifest, read_package, write_package
from crypto.signing import SigningKey, sign_object

FILE_KIND = "rehearsal"
SAMPLES = (("演练投标一", "156600000"), ("演练投标二", "157402200"), ("演练投标三", "158500000"))


def open_rehearsal(
    platform: Platform, log_in: LogIn, committee_id: str, due_at: datetime | None, lasts: timedelta
) -> str:
    """Ask a registered committee to try an opening at `due_at` (None: now) and for `lasts`; the rehearsal's id.

    Raises RuleViolation `committee_unknown`, `rehearsal_time_wrong`, NotAllowed.
    """
    rehearsal = secrets.token_hex(8)
    with platform.database.reading() as db_session:
        authorize(load_actor(db_session, log_in.account_id, log_in.seat), Action.REHEARSAL_OPEN)
        committee = Committee.from_description(find_committee(db_session, committee_id).description)
    made = [_sample(platform, rehearsal, committee, name, price) for name, price in SAMPLES]
    with unit_of_work(platform.database, rehearsal, begins=KIND) as work:
        actor = load_actor(work.db_session, log_in.account_id, log_in.seat)
        authorize(actor, Action.REHEARSAL_OPEN)
        due = due_at or work.now
        rules.check_times(due, lasts, work.now)
        bids = tuple(bid for bid, _sealed in made)
        opened = RehearsalOpened(actor.organisation_id, committee.describe(), due, due + lasts, bids)
        work.append(*rules.decide(None, opened, work.now), actor=actor, role="TC")
        for bid, sealed in made:
            work.db_session.add(_file(platform, rehearsal, bid, sealed, work.now))
        work.schedule("end_rehearsal", opened.ends_at, detail="time")
        _tell_trustees(work, committee, due)
    return rehearsal


def _identity(platform: Platform, rehearsal: str) -> bytes:
    return identity(KIND, rehearsal_statement(platform.origin, rehearsal))


def _context(platform: Platform, rehearsal: str, committee: Committee, name: str, recipient: str) -> dict[str, Json]:
    """`bidctx/v1` of a sample bid; its identity is the rehearsal's, which no real bid is sealed to."""
    return bid_context(
        origin=platform.origin,
        tender=rehearsal,
        lot=KIND,
        envelope="1",
        epoch=0,
        bidder=name,
        documents_root=hashlib.sha256(rehearsal.encode()).hexdigest(),
        committee=committee.id,
        open_ident=_identity(platform, rehearsal).hex(),
        recipient=recipient,
    )


def _sample(platform: Platform, rehearsal: str, committee: Committee, name: str, price: str) -> tuple[SampleBid, bytes]:
    """A bid that is made up, signed with a key that is thrown away, and sealed like any other."""
    made, signer = new_bid_identity(), SigningKey.generate()
    context = _context(platform, rehearsal, committee, name, made.recipient)
    items = {"price_fen": price, "duration_days": "60", "project_manager": "演练"}
    manifest = bid_manifest(
        context_hash=context_hash(context), bidder=name, tender=rehearsal, lot=KIND, opening=items, files=[]
    )
    plain, sealed = io.BytesIO(), io.BytesIO()
    write_package(plain, manifest, sign_object(signer, MANIFEST_VERSION, manifest), [])
    plain.seek(0)
    root = in_native_thread(seal, plain, sealed, made.recipient, context_hash(context)).root
    capsule = make_capsule(committee, _identity(platform, rehearsal), made.identity.encode())
    return SampleBid(name, made.recipient, base64.b64encode(capsule).decode(), root), sealed.getvalue()


def _file(platform: Platform, rehearsal: str, bid: SampleBid, sealed: bytes, now: datetime) -> StoredFile:
    return StoredFile(
        id=secrets.token_hex(16),
        case_id=rehearsal,
        kind=FILE_KIND,
        owner=bid.name,
        name="bid.age",
        media_type="application/octet-stream",
        size=len(sealed),
        sha256=bid.bid_root,
        blob=platform.blobs.put(sealed),
        created_at=now,
    )


def _tell_trustees(work: UnitOfWork, committee: Committee, due_at: datetime) -> None:
    keys = [member.key_id for member in committee.members]
    query = select(Certificate.account_id).where(Certificate.key_id.in_(keys), Certificate.revoked_at.is_(None))
    for account_id in work.db_session.scalars(query):
        work.notify(account_id, "rehearsal_opened", due_at=due_at)


@prepares("RehearsalShareSigned")
def check_share(platform: Platform, log_in: LogIn, proposal: Proposal) -> None:
    """A share counts only when the pairing says that it is that trustee's, and that trustee signed the act."""
    with platform.database.reading() as db_session:
        case = load_case(db_session, proposal.case_id)
        authorize(load_actor(db_session, log_in.account_id, log_in.seat), Action.REHEARSAL_SIGN, case)
    state = case.rehearsal
    assert state is not None  # else nobody may sign
    index = proposal.payload["index"]
    check_trustee(state.committee.members, index, proposal.signed.key_id)
    try:
        share = bytes.fromhex(proposal.payload["share"])
    except ValueError as exc:
        raise RuleViolation("malformed", path="$.share", expected="hex") from exc
    if not in_native_thread(verify_share, state.committee, index, _identity(platform, proposal.case_id), share):
        raise RuleViolation("share_wrong", index=index)


@completes("RehearsalShareSigned")
def take_share(act: Act) -> Answer:
    """With the k-th share the sample bids can be opened; with the last one nothing more is awaited."""
    state = _state(act.work)
    if state.release is None and len(state.shares) >= state.committee.k:
        shares = {index: bytes.fromhex(share) for index, share in state.shares.items()}
        release = combine(state.committee, _identity(act.platform, act.work.case.id), shares)
        act.work.append(RehearsalReleased(release.signature.hex(), release.used))
        act.work.schedule("open_sample_bids", act.work.now)
    if _state(act.work).complete:
        act.work.schedule("end_rehearsal", act.work.now, detail="complete")
    return {}


def _state(work: UnitOfWork) -> Rehearsal:
    if work.case.rehearsal is None:
        raise RuleViolation("rehearsal_unknown")
    return work.case.rehearsal


def open_sample_bids(platform: Platform, rehearsal: str) -> None:
    """Open every sample bid that is not open yet, one transaction each; killed anywhere, it goes on."""
    with platform.database.reading() as db_session:
        state = load_case(db_session, rehearsal).rehearsal
    if state is None or state.release is None or state.ended_at is not None:
        return
    for bid in state.opened.bids:
        if bid.name in state.bids:
            continue
        found = _opened(platform, rehearsal, state, bid)
        with unit_of_work(platform.database, rehearsal) as work:
            if bid.name not in _state(work).bids:
                work.append(*rules.decide(work.case.rehearsal, found, work.now))
            if _state(work).complete:
                work.schedule("end_rehearsal", work.now, detail="complete")


def _opened(platform: Platform, rehearsal: str, state: Rehearsal, bid: SampleBid) -> SampleBidOpened:
    """The steps of a real opening: the capsule's key, the sealed file, the package, the items."""
    assert state.release is not None
    try:
        signature, capsule = bytes.fromhex(state.release.signature), base64.b64decode(bid.capsule_b64)
        key = bid_identity(state.committee, _identity(platform, rehearsal), signature, capsule, bid.recipient)
        with platform.database.reading() as db_session:
            blob = _files(db_session, rehearsal, bid.name)[0].blob
        context = context_hash(_context(platform, rehearsal, state.committee, bid.name, bid.recipient))
        plain = io.BytesIO()
        with platform.blobs.open(blob) as sealed:
            in_native_thread(open_bid, sealed, plain, key, context)
        plain.seek(0)
        price: Decimal | None = read_items(read_package(plain).manifest["opening"]).price
        return SampleBidOpened(bid.name, price, "")
    except CryptoError as exc:
        return SampleBidOpened(bid.name, None, exc.code)


def _files(db_session: DbSession, rehearsal: str, *names: str) -> list[StoredFile]:
    query = select(StoredFile).where(StoredFile.case_id == rehearsal, StoredFile.kind == FILE_KIND)
    return list(db_session.scalars(query.where(StoredFile.owner.in_(names)) if names else query))


def end_rehearsal(platform: Platform, rehearsal: str) -> None:
    """Nothing more is awaited, or the time is up: the result stands, the sample bids go. Too early: nothing happens."""
    with unit_of_work(platform.database, rehearsal) as work:
        try:
            work.append(*rules.decide(work.case.rehearsal, RehearsalEnded(), work.now))
        except RuleViolation as refused:
            if refused.code not in ("rehearsal_over", "rehearsal_not_over"):
                raise
            return
        for row in _files(work.db_session, rehearsal):
            platform.blobs.delete(row.blob)
            work.db_session.delete(row)
