"""Standing committees of trustees, for whoever has to choose, show or check one."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.codec import encode
from app.casefile.committees import StandingCommittee, standing_committees
from app.casefile.register import REGISTER
from app.database import Database
from app.models import CaseEvent
from app.procedure.errors import RuleViolation
from app.queries.cases import record_of
from crypto.canonical import Json

KINDS = ("CommitteeRegistered", "CommitteeReshared", "CommitteeRetired")


def load_committees(db_session: DbSession) -> dict[str, StandingCommittee]:
    """Every committee by id, the latest first."""
    query = select(CaseEvent).where(CaseEvent.case_id == REGISTER, CaseEvent.type.in_(KINDS)).order_by(CaseEvent.seq)
    return dict(reversed(standing_committees(map(record_of, db_session.scalars(query))).items()))


def find_committee(db_session: DbSession, committee_id: str) -> StandingCommittee:
    """Raises RuleViolation `committee_unknown`."""
    found = load_committees(db_session).get(committee_id)
    if found is None:
        raise RuleViolation("committee_unknown", committee=committee_id[:12])
    return found


def read_committees(database: Database) -> tuple[StandingCommittee, ...]:
    """Every committee, the latest first."""
    with database.reading() as db_session:
        return tuple(load_committees(db_session).values())


def described(committee: StandingCommittee) -> dict[str, Json]:
    """A committee as programs read it: the description that holds, and those before it."""
    return {
        "id": committee.id,
        "description": committee.description,
        "earlier": [committee.registered, *(step.description for step in committee.resharings)][:-1],
        "registered_at": encode(committee.registered_at),
        "reshared_at": encode(committee.reshared_at) if committee.reshared_at else "",
        "retired_at": encode(committee.retired_at) if committee.retired_at else "",
    }
