"""Key ceremonies as the register has them, and who can be asked to take part in one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.ceremony import OF_A_CEREMONY, OPENINGS, Ceremony, apply
from app.casefile.codec import encode
from app.casefile.record import Record
from app.casefile.register import REGISTER
from app.models import Account, AccountRole, CaseEvent, Certificate
from app.procedure.roles import Role
from app.queries.cases import record_of
from crypto.canonical import Json


@dataclass(frozen=True)
class CeremonyRow:
    """A ceremony as it stands, its facts in order, when and by whom (an account) it was opened.

    `since`: when what is waited for now began to be waited for.
    """

    state: Ceremony
    facts: tuple[Any, ...]
    opened_at: datetime
    opened_by: str
    since: datetime

    @property
    def id(self) -> str:
        return self.state.id

    @property
    def over(self) -> bool:
        return self.state.stage in ("ended", "complete")

    @property
    def guilty(self) -> str:
        """The organisation that a complaint found to be wrong; "" for none."""
        guilty = self.state.guilty
        return guilty.organisation if guilty is not None else ""

    @property
    def committee_id(self) -> str:
        """The committee that it has made, or whose key it hands on; "" for none yet."""
        if self.state.previous is not None:
            return self.state.previous.id
        return self.state.committee.id if self.state.complete else ""

    def waits_for(self, keys: frozenset[str]) -> bool:
        """Whether it is the turn of somebody with one of these keys."""
        return any(person.key_id in keys for person in self.state.missing)


def load_ceremonies(db_session: DbSession) -> dict[str, CeremonyRow]:
    """Every ceremony by id, the latest first."""
    return dict(reversed(_folded(_records(db_session)).items()))


def find_ceremony(db_session: DbSession, ceremony: str) -> CeremonyRow | None:
    """One ceremony; the facts of the others are not decoded for it."""
    named = _records(db_session, CaseEvent.payload.contains(ceremony, autoescape=True))
    return _folded(record for record in named if record.fact.ceremony == ceremony).get(ceremony)


def _records(db_session: DbSession, *narrowed: ColumnElement[bool]) -> Iterator[Record]:
    ours = (CaseEvent.case_id == REGISTER, CaseEvent.type.in_(OF_A_CEREMONY))
    query = select(CaseEvent.__table__).where(*ours, *narrowed).order_by(CaseEvent.seq)
    return map(record_of, db_session.execute(query))


def _folded(records: Iterable[Record]) -> dict[str, CeremonyRow]:
    found: dict[str, CeremonyRow] = {}
    for record in records:
        fact = record.fact
        if record.type in OPENINGS:
            found[fact.ceremony] = CeremonyRow(Ceremony(fact), (), record.at, record.actor, record.at)
            continue
        row = found[fact.ceremony]
        after = apply(row.state, fact)
        since = row.since if after.stage == row.state.stage else record.at
        found[fact.ceremony] = replace(row, state=after, facts=(*row.facts, fact), since=since)
    return found


def waiting_for(db_session: DbSession, keys: frozenset[str]) -> list[tuple[CeremonyRow, bool]]:
    """Ceremonies under way in which one of these keys takes part, and whether it is that member's turn."""
    found = []
    for row in load_ceremonies(db_session).values():
        if not row.over and any(person.key_id in keys for person in row.state.people):
            found.append((row, row.waits_for(keys)))
    return found


def certificates_of(db_session: DbSession, keys: Iterable[str]) -> dict[str, Certificate]:
    """By key id the certificate of each of these keys, revoked or not."""
    query = select(Certificate).where(Certificate.key_id.in_(set(keys)), Certificate.scope == "")
    return {row.key_id: row for row in db_session.scalars(query)}


def described(row: CeremonyRow) -> dict[str, Json]:
    """A ceremony in a list: who is asked, what is waited for, and how it ended."""
    state = row.state
    return {
        "ceremony": state.id,
        "k": state.opened.k,
        "n": state.n,
        "members": encode(state.opened.members),
        "stage": state.stage,
        "joined": sorted(state.joined),
        "dealt": sorted(state.dealt),
        "accepted": sorted(state.accepted),
        "dealers": encode(state.dealers),
        "resharing": state.previous is not None,
        "committee_id": row.committee_id,
        "ended": encode(state.ended) if state.ended else {},
        "opened_at": encode(row.opened_at),
        "since": encode(row.since),
    }


def transcript(row: CeremonyRow, certificates: Mapping[str, Certificate]) -> dict[str, Json]:
    """All that anybody needs to check a ceremony: its opening, its facts in order, certificates by key id."""
    return {
        **described(row),
        "type": type(row.state.opened).__name__,
        "opened": encode(row.state.opened),
        "facts": [{"type": type(fact).__name__, "payload": encode(fact)} for fact in row.facts],
        "certificates": {key: certificate.pem for key, certificate in certificates.items()},
    }


@dataclass(frozen=True)
class Candidate:
    """A key that can be a trustee's, and whose it is: a person may have one in the browser and one in the tool."""

    account: str
    name: str
    organisation: str
    key_id: str


def trustees_with_keys(db_session: DbSession) -> list[Candidate]:
    """The certified keys of trustees whose accounts are in use, by organisation; of one person the latest first."""
    query = (
        select(Account, Certificate.key_id)
        .join(AccountRole)
        .join(Certificate, Certificate.account_id == Account.id)
        .where(
            AccountRole.role == Role.TRUSTEE,
            Account.approved_at.is_not(None),
            Account.suspended_at.is_(None),
            Certificate.scope == "",
            Certificate.revoked_at.is_(None),
        )
        .order_by(Certificate.issued_at.desc())
    )
    rows = db_session.execute(query)
    found = [Candidate(row.id, row.name, row.organisation.name, key_id) for row, key_id in rows]
    return sorted(found, key=lambda one: (one.organisation, one.name))
