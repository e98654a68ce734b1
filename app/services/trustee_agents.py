"""The unattended agents of trustees, and of parties of draws, tell that they are there."""

from __future__ import annotations

from datetime import datetime

from app.models import TrusteeAgent
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.platform import Platform
from app.services.unit_of_work import plain_transaction, take_turns

MOST_SECONDS = 2**31 - 1  # what the column holds


def report_agent(platform: Platform, log_in: LogIn, clock: datetime) -> None:
    """The actor's agent is in contact now, and its clock shows `clock`."""
    with plain_transaction(platform.database) as (db_session, now):
        actor = load_actor(db_session, log_in.account_id, log_in.seat)
        authorize(actor, Action.AGENT_REPORT)
        take_turns(db_session, f"trustee-agent/{actor.id}")  # two agents of one person may begin at once
        ahead = round((clock - now).total_seconds())
        row = db_session.get(TrusteeAgent, actor.id) or TrusteeAgent(account_id=actor.id)
        row.seen_at, row.offset_seconds = now, max(-MOST_SECONDS, min(ahead, MOST_SECONDS))
        db_session.add(row)
