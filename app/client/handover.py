"""After a resharing: which shares in a trustee's folder have been handed on, and their destruction.

The platform alone is not believed, since a share that is destroyed too early may be the one that an opening lacks: the
whole record of the resharing is decided anew, and every case that this trustee sees must rely on the new shares.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.client.acting import Person
from app.client.ceremony import Part
from app.client.feed import CaseFeed
from app.client.holding import Holding, holdings
from app.client.keeping import Keeping
from app.client.trustee import committee_shown

SETTLED = ("BidsReleased", "LotFailed")


@dataclass(frozen=True)
class HandedOn:
    """A share whose committee has other trustees now. `needed_by` are the cases in which it still counts."""

    holding: Holding
    ceremony: str
    needed_by: tuple[str, ...]


def handed_on(person: Person) -> list[HandedOn]:
    """The shares of this folder that a resharing has replaced. Raises Refused where its record does not hold."""
    held = holdings(person.profile)
    if not held:
        return []
    done = [c for c in person.connection.get("/ceremonies") if c["resharing"] and c["stage"] == "complete"]
    found = []
    for holding in held:
        for shown in (c for c in done if c["committee_id"] == holding.committee.id):
            ceremony = Part(person, Keeping(person.profile, str(shown["ceremony"]), "")).look()
            if ceremony.complete and ceremony.previous == holding.committee:
                found.append(HandedOn(holding, ceremony.id, _needed_by(person, holding)))
    return found


def _needed_by(person: Person, holding: Holding) -> tuple[str, ...]:
    found = []
    for case in person.connection.get("/cases/current"):
        feed = CaseFeed(person.connection, case)
        feed.refresh()
        if committee_shown(feed.events) != holding.committee.describe():
            continue
        settled = {event["lot"] for event in feed.events if event["type"] in SETTLED}
        terms = feed.payload("TenderSubmitted") or {}
        if {lot["number"] for lot in terms["terms"]["lots"]} - settled:
            found.append(feed.case)
    return tuple(found)
