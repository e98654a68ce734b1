"""A trustee's part in a rehearsal: share, clock and memory as in an opening, for an identity that opens no bid.

What is signed is computed here: the rehearsal's id under the kind `rehearsal`. Whatever a platform calls a rehearsal,
the share is worth nothing for a lot or a draw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from app.client.acting import Person
from app.client.connection import Refused
from app.client.trustee import Event, Share, Trustee, check_clock
from app.procedure.rehearsal import KIND, rehearsal_statement
from crypto.committee import identity, sign_share
from crypto.instants import format_instant, parse_instant


def waiting_rehearsals(person: Person) -> list[str]:
    """Ids of the rehearsals that are under way and ask this trustee."""
    return [str(row["rehearsal"]) for row in person.connection.get("/rehearsals") if not row["ended_at"]]


def rehearsal_shares(
    trustee: Trustee,
    origin: str,
    rehearsal: str,
    events: Sequence[Event],
    *,
    now: datetime,
    clock_offset: timedelta,
    refuse: Callable[[Refused], None] = lambda refusal: None,
) -> list[Share]:
    """The share that a rehearsal waits for, if its time has come by this machine's clock; else nothing.

    `events` are those of the rehearsal, in order. What the trustee is unwilling to sign goes to `refuse`.
    """
    by_type = {event["type"]: event["payload"] for event in events}
    given = {event["payload"]["index"] for event in events if event["type"] == "RehearsalShareSigned"}
    opened = by_type.get("RehearsalOpened")
    if opened is None or "RehearsalEnded" in by_type or trustee.index in given:
        return []
    if opened["committee"] != trustee.committee.describe():
        return []
    try:
        check_clock(clock_offset)
        _check_due(rehearsal, parse_instant(opened["due_at"]), now)
        statement = rehearsal_statement(origin, rehearsal)
        trustee.memory.sign_once(f"rehearsal/{rehearsal}", {"statement": statement, "opened": opened})
    except Refused as refusal:
        refuse(refusal)
        return []
    share = sign_share(trustee.secret, identity(KIND, statement)).hex()
    return [
        Share("", "RehearsalShareSigned", {"index": trustee.index, "share": share}, f"演练 / rehearsal {rehearsal}")
    ]


def _check_due(rehearsal: str, due_at: datetime, now: datetime) -> None:
    if now < due_at:
        facts = {"rehearsal": rehearsal, "due_at": format_instant(due_at), "now": format_instant(now)}
        raise Refused(
            "trustee_not_due",
            f"演练 {rehearsal} 定于 {facts['due_at']}，本机时间 {facts['now']}，尚未到时。拒绝签署。",
            f"The rehearsal {rehearsal} is set for {facts['due_at']}; it is {facts['now']} here. Refused.",
            facts=facts,
        )
