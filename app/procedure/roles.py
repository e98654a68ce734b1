"""Who people are in a procurement: roles, and which two may never meet in one person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    AGENCY_OFFICER = "AO"
    AGENCY_SUPERVISOR = "AS"
    CENTRE_OPERATOR = "TC"
    TRUSTEE = "TR"
    BIDDER = "BD"
    EXPERT = "EX"
    SITE_WITNESS = "SW"
    REGULATOR = "RG"
    SYSTEM_ADMIN = "SA"
    PUBLIC = "PB"


def _pairs(text: str) -> frozenset[frozenset[Role]]:
    return frozenset(frozenset(map(Role, pair.split("-"))) for pair in text.split())


# Never in one account, in any tender (the X-G cells of the separation-of-duties matrix).
NEVER_COMBINED = _pairs(
    "AO-TC AO-BD AO-RG AO-SA AS-TC AS-BD AS-RG AS-SA TC-BD TC-EX TC-RG TC-SA TR-BD TR-EX TR-SA "
    "BD-EX BD-SW BD-RG BD-SA EX-SW EX-RG EX-SA SW-SA RG-SA"
)


def clash(roles: frozenset[Role]) -> frozenset[Role] | None:
    """A pair of `roles` that may never be combined, or None."""
    return next((pair for pair in NEVER_COMBINED if pair <= roles), None)


ALL_DRAWS = ""  # in the place of a case's id: the figures of all of an authority's draws that are over


@dataclass(frozen=True)
class Actor:
    """Who acts or looks, as loaded inside the transaction.

    `seat` is set at an evaluation booth: "case/lot#number"; such an actor is that seat and nothing else.
    `sites` are the places whose witness the actor is, `keys` the ids of the actor's valid signing keys. `reasons`: the
    cases, or ALL_DRAWS, for which this log-in has stated why it reads, each with the number of that entry of the access
    log.
    """

    id: str
    name: str
    roles: frozenset[Role]
    organisation_id: str
    organisation_name: str
    credit_code: str
    sites: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    seat: str = ""
    reasons: Mapping[str, int] = field(default_factory=dict, hash=False)

    def is_(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)

    def seat_in(self, case_id: str, lot: str) -> int | None:
        """The actor's seat number in the sitting of a lot, if this is such a booth."""
        prefix = f"{case_id}/{lot}#"
        return int(self.seat[len(prefix) :]) if self.seat.startswith(prefix) else None

    def lot_of_seat(self, case_id: str) -> str:
        """The lot in whose sitting the actor sits, where that is of this case; "" for everybody else."""
        prefix = f"{case_id}/"
        return self.seat[len(prefix) :].rpartition("#")[0] if self.seat.startswith(prefix) else ""

    @property
    def signs_as(self) -> str:
        """The name under which the actor's acts are chained and logged."""
        return self.seat or self.id


ANYONE = Actor("", "", frozenset({Role.PUBLIC}), "", "", "")
SYSTEM = Actor("system", "system", frozenset(), "", "", "")
