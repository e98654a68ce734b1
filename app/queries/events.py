"""The events of a case as one looker may see them, continued from an opaque cursor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session as DbSession

from app.casefile.anonymous import hides_bidders
from app.casefile.case import Case
from app.casefile.record import Record
from app.casefile.sight import sees, sees_author
from app.procedure.roles import Actor, Role
from app.queries.cases import load_case, load_unsealed
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
    records, last = load_unsealed(db_session, case_id, after, _bids_to_be_read(actor, case))
    return Seen(case, tuple(record for record in records if sees(actor, case, record)), last)


def _bids_to_be_read(actor: Actor, case: Case) -> list[int]:
    """The numbers of the records about bids that come into question: of a lot that is sealed the actor's own alone."""
    found: list[int] = []
    for lot in case.lots.values():
        unsealed = lot.opening.openable or lot.opening.failed
        if unsealed or actor.is_(Role.BIDDER):
            bids = lot.bidding.submissions.values()
            mine = (actor.organisation_id, actor.signs_as)
            found += [seq for one in bids if unsealed or one.bidder == mine[0] or one.by == mine[1] for seq in one.seqs]
    return found


def event_view(actor: Actor, case: Case, record: Record, name_of: Callable[[str], str]) -> dict[str, Json]:
    """A record as it goes over the wire: no sequence number, the author only where he or she may be known."""
    shown, payload = sees_author(actor, case, record), _payload(actor, case, record)
    return {
        "type": record.type,
        "lot": record.lot,
        "at": format_instant(record.at),
        "actor": record.actor if shown else HIDDEN,
        "name": name_of(record.actor) if shown else "",
        "role": record.role,
        "payload": payload,
        "act": record.act if shown else {},
        "payload_sha256": record.payload_sha256 if payload is record.payload else "",  # what is left out can be guessed
    }


def _payload(actor: Actor, case: Case, record: Record) -> Json:
    """What a record says. In which words an expert declined is for the authority alone: they tell who it is. Which
    anonymous bid is whose, and its price, which stands beside the name at the opening, is for nobody yet."""
    if record.type == "SittingConvened" and hides_bidders(case, record.lot):
        return {**record.payload, "bids": [{"bid": bid["bid"]} for bid in record.payload["bids"]]}
    if record.type == "CallUpAnswered" and not actor.is_(Role.REGULATOR):
        return {**record.payload, "reason": ""}
    return record.payload
