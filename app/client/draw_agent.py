"""A party of a draw without anybody at the keyboard: what waits for it in a round, and the act that it gives.

A substitute is a further round (decision 0011), and a round needs every party's bytes: where one of them has to be
fetched from home, a seat that becomes free in the evening costs hours. An agent commits as soon as a round is opened,
for the centre states the pool once all have committed, and shows the bytes once the trustees have signed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from app.client.acting import Person
from app.client.draw_party import DrawParty
from app.client.trustee import committee_shown
from app.procedure.convening import PARTIES, PURPOSE
from crypto.committee import Committee
from evaluation.draw import LEAST_PARTIES, draw_id

Event = Mapping[str, Any]
CENTRE = "centre"


class Task(StrEnum):
    """What a round waits for from a party."""

    COMMIT = "DrawCommitted"
    STATE = "DrawStated"
    REVEAL = "DrawRevealed"


@dataclass(frozen=True)
class Due:
    """One task in the open round of a lot."""

    lot: str
    round: int
    task: Task


def party_of(roles: Sequence[str]) -> str:
    """As which party somebody with these roles gives bytes; "" for nobody who does."""
    return next((party for party, role in PARTIES.items() if role.value in roles), "")


def tasks(events: Sequence[Event], party: str, first_round: int) -> Iterator[Due]:
    """What a case waits for from `party`, in rounds from `first_round` on. `events`: all that it may see, in order."""
    for lot in dict.fromkeys(event["lot"] for event in events if event["type"] == "DrawRoundOpened"):
        mine = [event for event in events if event["lot"] == lot]
        if _conditions(mine).get("purpose") != PURPOSE:  # of inspections, whose further rounds people order
            continue
        number = max(event["payload"]["round"] for event in mine if event["type"] == "DrawRoundOpened")
        task = _task(mine, number, party) if number >= first_round else None
        if task is not None:
            yield Due(lot, number, task)


def _task(mine: Sequence[Event], number: int, party: str) -> Task | None:
    here = [event for event in mine if event["payload"].get("round") == number]
    kinds = {event["type"] for event in here}
    committed = {event["payload"]["party"] for event in here if event["type"] == Task.COMMIT}
    late = {name for event in here if event["type"] == "CommitmentsOverdue" for name in event["payload"]["parties"]}
    shown = {event["payload"]["party"] for event in here if event["type"] == Task.REVEAL}
    if Task.STATE not in kinds:
        if party not in committed:
            return Task.COMMIT
        every = set(_conditions(mine)["parties"]) <= committed | late and len(committed) >= LEAST_PARTIES
        return Task.STATE if party == CENTRE and every else None
    waits = "DrawSigned" in kinds and "DrawCompleted" not in kinds and "CapsulesOpened" not in kinds
    return Task.REVEAL if waits and party in committed - shown else None


def _conditions(mine: Sequence[Event]) -> Mapping[str, Any]:
    """Those that were proposed last; {} where there are none."""
    proposed = [event["payload"]["conditions"] for event in mine if event["type"] == "DrawConditionsProposed"]
    return proposed[-1] if proposed else {}


def perform(person: Person, party: DrawParty, case: str, events: Sequence[Event], due: Due) -> None:
    """Give the act that is due. Raises Refused; FileNotFoundError where the bytes were committed to elsewhere."""
    terms = _conditions([event for event in events if event["lot"] == due.lot])
    draw = draw_id(terms["tender"], terms["lot"], terms["purpose"])
    fact: Any
    match due.task:
        case Task.COMMIT:
            committee = Committee.from_description(committee_shown(events))
            fact = party.make_commitment(committee, draw, due.round, os.urandom)
        case Task.STATE:
            fact = person.connection.post(f"/cases/{quote(case)}/lots/{quote(due.lot)}/draw/pool")
        case Task.REVEAL:
            fact = party.reveal(draw, due.round)
    person.act(case, due.lot, due.task.value, fact)
