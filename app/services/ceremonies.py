"""Key ceremonies of trustees (mode M1): opened and cancelled by a centre, carried by the trustees' own tools.

The platform passes on what the trustees signed and sealed to each other, and checks all of it that can be seen without
a key. It never has a share. When the last trustee has accepted, the committee stands in the register.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from app.casefile.ceremony import STEPS, ComplaintRaised, cancel, check_opening, decide
from app.casefile.codec import decode
from app.casefile.register import REGISTER, CeremonyMember, CeremonyOpened, CommitteeRegistered
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, authorize
from app.procedure.errors import RuleViolation
from app.procedure.roles import Actor
from app.queries.ceremonies import (
    CeremonyRow,
    certificates_of,
    described,
    load_ceremonies,
    transcript,
    trustees_with_keys,
)
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.platform import Platform
from app.services.register import check_members
from app.services.unit_of_work import UnitOfWork, unit_of_work
from crypto.canonical import Json
from crypto.certificates import verify_certificate


def open_ceremony(platform: Platform, log_in: LogIn, k: int, keys: Sequence[str]) -> str:
    """Ask the trustees with these keys (ids, in the order of their shares) for a joint key of which k can sign; its id.

    Raises RuleViolation `ceremony_trustee_without_key`, `ceremony_member_twice`, CryptoError `committee_size`.
    """
    with unit_of_work(platform.database, REGISTER) as work:
        actor = _actor(work, log_in, Action.CEREMONY_OPEN)
        known = {found.key_id: found for found in trustees_with_keys(work.db_session)}
        if missing := [key for key in keys if key not in known]:
            raise RuleViolation("ceremony_trustee_without_key", key=missing[0][:16])
        members = tuple(
            CeremonyMember(index, known[key].account, known[key].organisation, key) for index, key in enumerate(keys, 1)
        )
        opened = CeremonyOpened(os.urandom(16).hex(), k, members)
        check_opening(opened)
        work.append(opened, actor=actor, role="TC")
        return opened.ceremony


def cancel_ceremony(platform: Platform, log_in: LogIn, ceremony: str, words: str) -> None:
    """End a ceremony that is under way, with the reason. Raises RuleViolation `ceremony_over`, `ceremony_unknown`,
    `ceremony_reason_missing`."""
    with unit_of_work(platform.database, REGISTER) as work:
        actor = _actor(work, log_in, Action.CEREMONY_OPEN)
        work.append(cancel(_found(work, ceremony).state, words), actor=actor, role="TC")


def take_step(platform: Platform, log_in: LogIn, ceremony: str, name: str, sent: dict[str, Any]) -> Json:
    """A trustee's signed step (`join`, `deal`, `accept`, `complain`); the ceremony as it stands afterwards.

    The same step sent again changes nothing. Raises RuleViolation `malformed`, `ceremony_unknown`, and what
    `app.casefile.ceremony.decide` raises; CryptoError of certificates and signatures.
    """
    kind = STEPS.get(name)
    if kind is None:
        raise RuleViolation("malformed", path="$.step", expected=", ".join(STEPS))
    step = decode(kind, {**sent, "ceremony": ceremony})
    with unit_of_work(platform.database, REGISTER) as work:
        actor = _actor(work, log_in, Action.CEREMONY_TAKE_PART)
        state = _found(work, ceremony).state
        member = state.member(step.index)
        if member.account != actor.id:
            raise NotAllowed(Action.CEREMONY_TAKE_PART)
        certificate = certificates_of(work.db_session, state)[member.index]
        if member.key_id not in actor.keys:
            raise RuleViolation("key_not_certified", key=member.key_id[:16])
        holder = verify_certificate(certificate.pem, platform.keys.roots, work.now)
        for fact in decide(state, step, platform.origin, holder.spki):
            _record(work, fact, actor, by_system=isinstance(step, ComplaintRaised))
        return described(_found(work, ceremony))


def _record(work: UnitOfWork, fact: Any, actor: Actor, *, by_system: bool) -> None:
    """A step is the trustee's; that a ceremony ends, and that a committee stands, are the system's own facts."""
    if isinstance(fact, CommitteeRegistered):
        check_members(work.db_session, fact.description["members"])
        work.append(fact)
    elif by_system:
        work.append(fact)
    else:
        work.append(fact, actor=actor, role="TR")


def list_ceremonies(platform: Platform, log_in: LogIn) -> list[Json]:
    """Every ceremony with its progress, the latest first."""
    with platform.database.reading() as db_session:
        authorize(load_actor(db_session, log_in.account_id, log_in.seat), Action.CEREMONY_READ)
        return [described(row) for row in load_ceremonies(db_session).values()]


def read_ceremony(platform: Platform, log_in: LogIn, ceremony: str) -> Json:
    """All that is public of a ceremony, for whoever checks it. Raises RuleViolation `ceremony_unknown`."""
    with platform.database.reading() as db_session:
        authorize(load_actor(db_session, log_in.account_id, log_in.seat), Action.CEREMONY_READ)
        row = load_ceremonies(db_session).get(ceremony)
        if row is None:
            raise RuleViolation("ceremony_unknown")
        return transcript(row, certificates_of(db_session, row.state))


def _actor(work: UnitOfWork, log_in: LogIn, action: Action) -> Actor:
    actor = load_actor(work.db_session, log_in.account_id, log_in.seat)
    authorize(actor, action)
    return actor


def _found(work: UnitOfWork, ceremony: str) -> CeremonyRow:
    row = load_ceremonies(work.db_session).get(ceremony)
    if row is None:
        raise RuleViolation("ceremony_unknown")
    return row
