"""Key ceremonies of trustees, and resharings: opened and cancelled by a centre, carried by the trustees' own tools.

The platform passes on what the trustees signed and sealed to each other, and checks all of it that can be seen without
a key. It never has a share. When the last trustee has accepted, the committee stands in the register.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from app.casefile.ceremony import STEPS, ComplaintRaised, Opened, cancel, check_opening, decide
from app.casefile.codec import decode
from app.casefile.register import (
    REGISTER,
    CeremonyMember,
    CeremonyOpened,
    CommitteeRegistered,
    CommitteeReshared,
    ResharingOpened,
)
from app.models import Account
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, authorize
from app.procedure.errors import RuleViolation
from app.procedure.roles import Actor, Role
from app.queries.ceremonies import (
    CeremonyRow,
    certificates_of,
    described,
    find_ceremony,
    load_ceremonies,
    transcript,
    trustees_with_keys,
)
from app.queries.committees import find_committee
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.notices import tell_role
from app.services.platform import Platform
from app.services.register import check_members
from app.services.unit_of_work import UnitOfWork, unit_of_work
from crypto.canonical import Json
from crypto.certificates import verify_certificate

PATIENCE = timedelta(days=1)  # how long a step may be waited for before the centre hears who stays away


def open_ceremony(platform: Platform, log_in: LogIn, k: int, keys: Sequence[str]) -> str:
    """Ask the trustees with these keys (ids, in the order of their shares) for a joint key of which k can sign; its id.

    Raises RuleViolation `ceremony_trustee_without_key`, `ceremony_member_twice`, CryptoError `committee_size`.
    """
    with unit_of_work(platform.database, REGISTER) as work:
        actor = _actor(work, log_in, Action.CEREMONY_OPEN)
        return _open(work, actor, CeremonyOpened(os.urandom(16).hex(), k, _members(work, keys)))


def open_resharing(platform: Platform, log_in: LogIn, committee_id: str, k: int, keys: Sequence[str]) -> str:
    """Ask a committee's trustees to hand its key on to those with these keys, of whom k can sign then; its id.

    Raises RuleViolation `committee_unknown`, `resharing_under_way`, and what `open_ceremony` raises.
    """
    with unit_of_work(platform.database, REGISTER) as work:
        actor = _actor(work, log_in, Action.CEREMONY_OPEN)
        standing = find_committee(work.db_session, committee_id)
        for row in load_ceremonies(work.db_session).values():
            if not row.over and row.state.previous is not None and row.committee_id == standing.id:
                raise RuleViolation("resharing_under_way", ceremony=row.id[:8])
        stands = standing.description["members"]
        holders = certificates_of(work.db_session, [m["key_id"] for m in stands])
        dealers = tuple(
            CeremonyMember(m["index"], holders[m["key_id"]].account_id, m["organisation"], m["key_id"]) for m in stands
        )
        members = _members(work, keys)
        return _open(work, actor, ResharingOpened(os.urandom(16).hex(), k, members, dealers, standing.description))


def _members(work: UnitOfWork, keys: Sequence[str]) -> tuple[CeremonyMember, ...]:
    known = {found.key_id: found for found in trustees_with_keys(work.db_session)}
    if missing := [key for key in keys if key not in known]:
        raise RuleViolation("ceremony_trustee_without_key", key=missing[0][:16])
    return tuple(
        CeremonyMember(index, known[key].account, known[key].organisation, key) for index, key in enumerate(keys, 1)
    )


def _open(work: UnitOfWork, actor: Actor, opened: Opened) -> str:
    check_opening(opened)
    work.append(opened, actor=actor, role="TC")
    _tell(work, _found(work, opened.ceremony))
    return opened.ceremony


def cancel_ceremony(platform: Platform, log_in: LogIn, ceremony: str, words: str) -> None:
    """End a ceremony that is under way, with the reason. Raises RuleViolation `ceremony_over`, `ceremony_unknown`,
    `ceremony_reason_missing`."""
    with unit_of_work(platform.database, REGISTER) as work:
        actor = _actor(work, log_in, Action.CEREMONY_OPEN)
        work.append(cancel(_found(work, ceremony).state, words), actor=actor, role="TC")
        _tell(work, _found(work, ceremony))


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
        taker = state.taker(step)
        if taker.account != actor.id:
            raise NotAllowed(Action.CEREMONY_TAKE_PART)
        if taker.key_id not in actor.keys:
            raise RuleViolation("key_not_certified", key=taker.key_id[:16])
        certificate = certificates_of(work.db_session, [taker.key_id])[taker.key_id]
        holder = verify_certificate(certificate.pem, platform.keys.roots, work.now)
        for fact in decide(state, step, platform.origin, holder.spki):
            _record(work, fact, actor, by_system=isinstance(step, ComplaintRaised))
        after = _found(work, ceremony)
        if after.state.stage != state.stage:
            _tell(work, after)
        return described(after)


def _record(work: UnitOfWork, fact: Any, actor: Actor, *, by_system: bool) -> None:
    """A step is the trustee's; that a ceremony ends, and that a committee stands, are the system's own facts."""
    if isinstance(fact, CommitteeRegistered | CommitteeReshared):
        check_members(work.db_session, fact.description["members"])
        work.append(fact)
        if isinstance(fact, CommitteeReshared):
            work.schedule("change_trustees", work.now, detail=fact.ceremony)
    elif by_system:
        work.append(fact)
    else:
        work.append(fact, actor=actor, role="TR")


def _tell(work: UnitOfWork, row: CeremonyRow) -> None:
    """A ceremony has come to its next stage: a notice to whom it waits for, at its end to all and the centre."""
    stage, facts = row.state.stage, {"ceremony": row.id[:8]}
    if row.over:
        named = {**facts, "because": row.guilty or (row.state.ended.words if row.state.ended else "-")}
        for account in {person.account for person in row.state.people}:
            work.notify(account, f"ceremony_{stage}", **named)
        _tell_centre(work, row, f"ceremony_{stage}", **named)
        return
    for account in {person.account for person in row.state.missing}:
        work.notify(account, f"ceremony_{stage}", **facts)
    work.schedule("remind_ceremony", work.now + PATIENCE, detail=f"{row.id}/{stage}/1")


def _tell_centre(work: UnitOfWork, row: CeremonyRow, code: str, **facts: Any) -> None:
    centre = work.db_session.get_one(Account, row.opened_by).organisation_id
    tell_role(work, centre, Role.CENTRE_OPERATOR, code, **facts)


def remind(platform: Platform, detail: str) -> None:
    """Who is still waited for is told again, and the centre who that is and since when; once more after a while."""
    ceremony, stage, times = detail.split("/")
    with unit_of_work(platform.database, REGISTER) as work:
        row = _found(work, ceremony)
        if row.state.stage != stage:
            return
        names = "、".join(person.organisation for person in row.state.missing)
        for account in {person.account for person in row.state.missing}:
            work.notify(account, f"ceremony_{stage}", ceremony=row.id[:8])
        _tell_centre(work, row, "ceremony_stands_still", ceremony=row.id[:8], names=names, since=row.since)
        again = f"{row.id}/{stage}/{int(times) + 1}"
        work.schedule("remind_ceremony", work.now + PATIENCE, detail=again)


def list_ceremonies(platform: Platform, log_in: LogIn) -> list[Json]:
    """Every ceremony with its progress, the latest first."""
    with platform.database.reading() as db_session:
        authorize(load_actor(db_session, log_in.account_id, log_in.seat), Action.CEREMONY_READ)
        return [described(row) for row in load_ceremonies(db_session).values()]


def read_ceremony(platform: Platform, log_in: LogIn, ceremony: str) -> Json:
    """All that is public of a ceremony, for whoever checks it. Raises RuleViolation `ceremony_unknown`."""
    with platform.database.reading() as db_session:
        authorize(load_actor(db_session, log_in.account_id, log_in.seat), Action.CEREMONY_READ)
        row = find_ceremony(db_session, ceremony)
        if row is None:
            raise RuleViolation("ceremony_unknown")
        return transcript(row, certificates_of(db_session, [person.key_id for person in row.state.people]))


def _actor(work: UnitOfWork, log_in: LogIn, action: Action) -> Actor:
    actor = load_actor(work.db_session, log_in.account_id, log_in.seat)
    authorize(actor, action)
    return actor


def _found(work: UnitOfWork, ceremony: str) -> CeremonyRow:
    row = find_ceremony(work.db_session, ceremony)
    if row is None:
        raise RuleViolation("ceremony_unknown")
    return row
