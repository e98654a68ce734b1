"""Whether the unattended agents of a committee are in contact, and those of the parties of a draw: what a centre asks
before an opening, and everybody who waits for a round.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case, Phase
from app.casefile.sealing import committee_of
from app.models import Account, AccountRole, Certificate, TrusteeAgent
from app.procedure.convening import PARTIES
from app.procedure.roles import Role
from app.procedure.trustees import CLOCK_TOLERANCE
from app.queries.boards import LotRow
from app.queries.cases import load_case
from crypto.committee import Committee

LATE_AFTER = timedelta(minutes=3)  # an agent reports every minute
SOON = timedelta(hours=24)  # before an opening somebody can still be reminded


class Contact(StrEnum):
    """How an agent stands."""

    THERE = "there"
    CLOCK_OFF = "clock_off"
    LATE = "late"
    NONE = "none"  # signs attended, or was never started


@dataclass(frozen=True)
class AgentRow:
    """One trustee's agent."""

    contact: Contact = Contact.NONE
    seen_at: datetime | None = None
    offset_seconds: int = 0


@dataclass(frozen=True)
class Agents:
    """The agents of a committee, in the order of its members."""

    needed: int
    rows: tuple[AgentRow, ...]

    @property
    def there(self) -> int:
        return sum(row.contact is Contact.THERE for row in self.rows)

    @property
    def clocks_off(self) -> int:
        """How many would refuse to sign because of their own clocks."""
        return sum(row.contact is Contact.CLOCK_OFF for row in self.rows)

    @property
    def enough(self) -> bool:
        """Whether the agents alone can open."""
        return self.there >= self.needed


def agents_of(db_session: DbSession, committee: Committee, now: datetime) -> Agents:
    """How the agents of a committee stand now."""
    keys = [member.key_id for member in committee.members]
    query = (
        select(Certificate.key_id, TrusteeAgent.seen_at, TrusteeAgent.offset_seconds)
        .join(TrusteeAgent, TrusteeAgent.account_id == Certificate.account_id)
        .where(Certificate.key_id.in_(keys), Certificate.scope == "")
    )
    found = {key: _row(seen_at, offset, now) for key, seen_at, offset in db_session.execute(query)}
    return Agents(committee.k, tuple(found.get(key, AgentRow()) for key in keys))


def short_of_agents(db_session: DbSession, rows: Iterable[LotRow], now: datetime) -> list[tuple[LotRow, Agents]]:
    """Lots whose opening is near, and whose trustees' agents could not open alone or of which a clock is off."""
    near = [row for row in rows if row.phase is Phase.BIDDING and row.tone == "wait" and row.at - now < SOON]
    found = [(row, agents_of(db_session, committee_of(load_case(db_session, row.case_id)), now)) for row in near]
    return [(row, agents) for row, agents in found if not agents.enough or agents.clocks_off]


def own_agent(db_session: DbSession, account_id: str, now: datetime) -> AgentRow:
    """A trustee's own agent."""
    row = db_session.get(TrusteeAgent, account_id)
    return _row(row.seen_at, row.offset_seconds, now) if row is not None else AgentRow()


def draw_agent_of(db_session: DbSession, organisation_id: str, role: Role, now: datetime) -> AgentRow:
    """The agent of a party of draws: of several of its people's the one that was in contact last. Its clock decides
    nothing."""
    mine = (Account.organisation_id == organisation_id, AccountRole.role == role, Account.suspended_at.is_(None))
    query = select(TrusteeAgent.seen_at).join(Account, Account.id == TrusteeAgent.account_id).join(AccountRole)
    seen_at = db_session.scalars(query.where(*mine).order_by(TrusteeAgent.seen_at.desc())).first()
    return _row(seen_at, 0, now) if seen_at is not None else AgentRow()


def draw_agents(db_session: DbSession, case: Case, now: datetime) -> dict[str, AgentRow]:
    """The agents of the parties of a draw of experts, by their names in it."""
    parties = case.tender.parties
    if parties is None:
        return {}
    who = {"agency": parties.agency, "centre": parties.centre, "supervisor": parties.regulator}
    return {name: draw_agent_of(db_session, who[name].id, role, now) for name, role in PARTIES.items()}


def _row(seen_at: datetime, offset_seconds: int, now: datetime) -> AgentRow:
    if now - seen_at > LATE_AFTER:
        contact = Contact.LATE
    elif abs(timedelta(seconds=offset_seconds)) > CLOCK_TOLERANCE:
        contact = Contact.CLOCK_OFF
    else:
        contact = Contact.THERE
    return AgentRow(contact, seen_at, offset_seconds)
