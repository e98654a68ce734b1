"""The events of a case as one person may see them, fetched as they come."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from app.client.connection import Connection
from app.procedure.inspections.facts import CampaignPublished, PlanApproved
from app.procedure.trustees import TrusteesChanged

# What stands in the log before one of these may be seen only since: a feed that has passed it by begins anew.
UNSEALING = frozenset(fact.__name__ for fact in (TrusteesChanged, PlanApproved, CampaignPublished))


class CaseFeed:
    """All events seen so far, in order; `refresh` asks only for what came since."""

    def __init__(self, connection: Connection, case: str) -> None:
        self.connection, self.case = connection, case
        self.events: list[dict[str, Any]] = []
        self._cursor = ""

    def refresh(self) -> list[dict[str, Any]]:
        """The new events. Raises Refused.

        With other trustees, an approved plan or a published campaign of inspections it begins anew: its reader may see
        now what it could not see when it came.
        """
        found = self._fetch()
        if self._cursor and any(event["type"] in UNSEALING for event in found):
            self.events, self._cursor = [], ""
            found = self._fetch()
        self.events += found
        return found

    def _fetch(self) -> list[dict[str, Any]]:
        query = {"cursor": self._cursor} if self._cursor else {}
        answer = self.connection.get(f"/cases/{quote(self.case)}/events", **query)
        self._cursor = answer["cursor"]
        return list(answer["events"])

    def of(self, type: str, lot: str = "") -> list[dict[str, Any]]:
        """The events of one type, of one lot where it is named."""
        return [e for e in self.events if e["type"] == type and lot in ("", e["lot"])]

    def payload(self, type: str, lot: str = "") -> dict[str, Any] | None:
        """The payload of the latest event of a type."""
        found = self.of(type, lot)
        return dict(found[-1]["payload"]) if found else None
