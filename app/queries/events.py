"""The events of a case as one looker may see them, continued from an opaque cursor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.casefile.record import Record
from app.casefile.sight import sees, sees_author
from app.procedure.roles import Actor
from app.queries.cases import load_case, load_records
from crypto.canonical import Json
from crypto.instants import format_instant

HIDDEN = "hidden"


@dataclass(frozen=True)
class Seen:
    """A record that the looker may see, and the case as it stands."""

    case: Case
    records: tuple[Record, ...]
    last_seq: int


def seen_events(db_session: DbSession, actor: Actor, case_id: str, after: int = -1) -> Seen:
    """Records above `after` that the actor may see now; `last_seq` counts the others too."""
    case = load_case(db_session, case_id)
    records = load_records(db_session, case_id, after)
    visible = tuple(record for record in records if sees(actor, case, record))
    return Seen(case, visible, records[-1].seq if records else after)


def event_view(actor: Actor, case: Case, record: Record, name_of: Callable[[str], str]) -> dict[str, Json]:
    """A record as it goes over the wire: no sequence number, the author only where he or she may be known."""
    shown = sees_author(actor, case, record)
    return {
        "type": record.type,
        "lot": record.lot,
        "at": format_instant(record.at),
        "actor": record.actor if shown else HIDDEN,
        "name": name_of(record.actor) if shown else "",
        "role": record.role,
        "payload": record.payload,
        "act": record.act if shown else {},
        "payload_sha256": record.payload_sha256,
    }
