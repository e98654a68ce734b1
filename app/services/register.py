"""The platform's register: founding, certificates of people's keys, committees of trustees, client code."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.register import (
    REGISTER,
    CertificateIssued,
    CertificateRevoked,
    ClientCodePublished,
    CommitteeRegistered,
    PlatformFounded,
)
from app.models import Account, CaseFile, Certificate
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.queries.cases import load_records
from app.queries.committees import load_committees
from app.services.account_changes import check_renewal
from app.services.accounts import LogIn
from app.services.actors import load_actor, rights_of
from app.services.platform import Platform
from app.services.registrations import check_registered
from app.services.unit_of_work import UnitOfWork, unit_of_work
from crypto.canonical import Json
from crypto.certificates import Subject, Usage, issue, verify_certificate
from crypto.committee import Committee
from crypto.signing import key_id, verify_object

PERSON_KEY_VALID = timedelta(days=365)
SEAT_KEY_VALID = timedelta(days=7)
PROOF_LABEL = "tenderhall/key-proof"
BROWSER_CLIENT = "tenderhall-browser"
BROWSER_CLIENT_VERSION = "1"


def found_register(platform: Platform, organisation: str) -> None:
    """Begin the register of a new installation; nothing happens when it stands."""
    with platform.database.reading() as db_session:
        if db_session.get(CaseFile, REGISTER) is not None:
            return
    keys = platform.keys
    with unit_of_work(platform.database, REGISTER, begins="register") as work:
        fact = PlatformFounded(platform.origin, organisation, keys.authority.certificate_pem, keys.platform.certificate)
        work.append(fact)


def certify_key(platform: Platform, log_in: LogIn, spki_base64: str, proof: dict[str, str]) -> str:
    """A certificate (PEM) for the actor's own key, entered in the register before it counts.

    `proof` is the key's signature over the actor's account id: the key is the actor's. Raises RuleViolation
    `malformed`, `account_renewed_lately`, `registration_unchecked`, CryptoError `signature_wrong`, `key_not_p256`.
    """
    spki = read_spki(spki_base64)
    verify_object(spki, PROOF_LABEL, {"account": log_in.account_id, "origin": platform.origin}, proof)
    with unit_of_work(platform.database, REGISTER) as work:
        actor = load_actor(work.db_session, log_in.account_id)
        authorize(actor, Action.CERTIFICATE_REQUEST)
        check_renewal(work.db_session, actor.id, work.now)
        check_registered(platform, work.db_session, actor)
        account = work.db_session.get_one(Account, actor.id)
        return enter_certificate(platform, work, account, spki, usage="person", scope="", valid=PERSON_KEY_VALID)


def read_spki(text: str) -> bytes:
    """The DER of a base64 public key. Raises RuleViolation `malformed`."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as exc:
        raise RuleViolation("malformed", path="$.spki", expected="base64") from exc


def enter_certificate(
    platform: Platform,
    register: UnitOfWork,
    account: Account,
    spki: bytes,
    *,
    usage: Usage,
    scope: str,
    valid: timedelta,
) -> str:
    """Issue a certificate and write it to the register, in the register's own transaction; its PEM."""
    known = select(Certificate).where(Certificate.key_id == key_id(spki), Certificate.scope == scope)
    earlier = register.db_session.scalar(known)
    if earlier is not None:
        if earlier.account_id != account.id or earlier.revoked_at is not None:
            raise RuleViolation("key_in_use")
        return earlier.pem
    until = register.now + valid
    subject = Subject(account.name, account.organisation.name, account.id)
    pem = issue(
        platform.keys.authority,
        subject=subject,
        spki=spki,
        not_before=register.now.replace(microsecond=0),
        not_after=until,
        usage=usage,
        scope=scope,
    )
    facts = verify_certificate(pem, platform.keys.roots, register.now)
    _keep(register, account, facts.serial_number, facts.key_id, scope, pem)
    return pem


def _keep(register: UnitOfWork, account: Account, serial: str, key: str, scope: str, pem: str) -> None:
    expires_at = register.now + (SEAT_KEY_VALID if scope else PERSON_KEY_VALID)
    register.db_session.add(
        Certificate(
            serial=serial,
            account_id=account.id,
            key_id=key,
            scope=scope,
            pem=pem,
            issued_at=register.now,
            expires_at=expires_at,
        )
    )
    register.append(
        CertificateIssued(serial, key, account.id, account.name, account.organisation.name, scope, expires_at, pem)
    )


def revoke_certificate(platform: Platform, log_in: LogIn, key: str, reason: str) -> None:
    """The owner takes a key out of use, at once (ROLES 78). Raises RuleViolation `key_not_certified`."""
    with unit_of_work(platform.database, REGISTER, turn=rights_of(log_in.account_id)) as work:
        actor = load_actor(work.db_session, log_in.account_id)
        authorize(actor, Action.CERTIFICATE_REVOKE)
        query = select(Certificate).where(
            Certificate.account_id == actor.id, Certificate.key_id == key, Certificate.revoked_at.is_(None)
        )
        row = work.db_session.scalar(query)
        if row is None:
            raise RuleViolation("key_not_certified", key=key[:16])
        row.revoked_at, row.revoked_because = work.now, reason[:200]
        work.append(CertificateRevoked(row.serial, row.key_id, reason[:200]), actor=actor, role="owner")


def end_seat_keys(register: UnitOfWork, scope: str, reason: str) -> None:
    """No key that was certified for a seat counts any more, from this transaction on."""
    query = select(Certificate).where(Certificate.scope == scope, Certificate.revoked_at.is_(None))
    for row in register.db_session.scalars(query.order_by(Certificate.serial)).all():
        row.revoked_at, row.revoked_because = register.now, reason
        register.append(CertificateRevoked(row.serial, row.key_id, reason))


def register_committee(platform: Platform, log_in: LogIn, description: Json) -> str:
    """A centre's standing committee of trustees, as certified keys describe it; its id.

    Only mode M0: that its shares were made apart (M1) is what a ceremony shows, not what a file says of itself.
    Raises CryptoError `committee_malformed` and RuleViolation `trustee_not_certified`, `committee_without_ceremony`.
    """
    committee = Committee.from_description(description)
    if committee.mode != "M0":
        raise RuleViolation("committee_without_ceremony", mode=committee.mode)
    with unit_of_work(platform.database, REGISTER) as work:
        actor = load_actor(work.db_session, log_in.account_id)
        authorize(actor, Action.COMMITTEE_REGISTER)
        check_members(work.db_session, committee.describe()["members"])
        if committee.id not in load_committees(work.db_session):
            fact = CommitteeRegistered(committee.id, committee.describe())
            work.append(fact, actor=actor, role="TC")
    return committee.id


def check_members(db_session: DbSession, members: Sequence[Mapping[str, Any]]) -> None:
    """Raises RuleViolation `trustee_not_certified` (index) unless each member's key is certified and in use."""
    for member in members:
        query = select(Certificate).where(Certificate.key_id == member["key_id"], Certificate.revoked_at.is_(None))
        if db_session.scalar(query) is None:
            raise RuleViolation("trustee_not_certified", index=member["index"])


def publish_client_code(platform: Platform, name: str, version: str, bundle_sha256: str) -> None:
    """Enter the hash of code that seals bids, once; done at every start with the code that is served."""
    with unit_of_work(platform.database, REGISTER) as work:
        facts = [r.payload for r in load_records(work.db_session, REGISTER) if r.type == "ClientCodePublished"]
        if bundle_sha256 not in {fact["bundle_sha256"] for fact in facts}:
            work.append(ClientCodePublished(name, version, bundle_sha256))
