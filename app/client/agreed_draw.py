"""Whether a draw's statement keeps to what the agency's two persons agreed upon, as a trustee's tool sees it.

A platform that shows a trustee a round nobody needs, or other seats than were approved, gets no signature for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.casefile.codec import decode
from evaluation.draw import DrawConditions, RoundReason, Stratum, conditions_sha256

Event = Mapping[str, Any]
AGREED = ("DrawConditionsProposed", "DrawConditionsApproved")
REASONS = frozenset(reason.value for reason in RoundReason if reason is not RoundReason.ORDERED)


def departures(events: Sequence[Event], statement: Mapping[str, Any], round_: int, *, pool_is_fixed: bool) -> list[str]:
    """The fields in which the statement of a round departs from the approved conditions and from the rounds before it.

    `events` are those of the lot, their signatures checked; `pool_is_fixed`: the rule book has pools approved with the
    conditions. Raises KeyError, TypeError for what cannot be read.
    """
    conditions, pool = _approved(events)
    if conditions is None:
        return ["conditions"]
    wrong = [] if _same_seats(statement["strata"], conditions.strata, anew=round_ == 1) else ["strata"]
    if statement["max_per_unit"] != conditions.max_per_unit:
        wrong.append("max_per_unit")
    if (pool or pool_is_fixed) and (pool or {}).get("candidates_sha256") != statement["candidates_sha256"]:
        wrong.append("approved_pool")
    if not _left_out(events, round_) <= {entry["id"] for entry in statement["recused"]}:
        wrong.append("recused")
    if round_ > 1 and statement.get("reason") not in REASONS:
        wrong.append("reason")
    return wrong


def _same_seats(stated: Sequence[Mapping[str, Any]], agreed: Sequence[Stratum], *, anew: bool) -> bool:
    """The seats that were agreed upon, in their order: `anew` all of them, later those that are open again."""
    by_name = {stratum.name: stratum for stratum in agreed}
    names = [stratum["name"] for stratum in stated]
    if not names or names != [name for name in by_name if name in names]:
        return False
    for stratum in stated:
        due = by_name[stratum["name"]]
        fits = stratum["quota"] == due.quota if anew else 0 < stratum["quota"] <= due.quota
        if not fits or stratum["reserve"] != due.reserve:
            return False
    return not anew or len(names) == len(by_name)


def _approved(events: Iterable[Event]) -> tuple[DrawConditions | None, Mapping[str, Any] | None]:
    """The conditions that were approved last, with the pool that was approved with them where the rule book has one."""
    proposed, approved, pool = None, None, None
    for event in events:
        if event["type"] == "DrawConditionsProposed":
            proposed, approved = decode(DrawConditions, event["payload"]["conditions"]), None
        elif event["type"] == "DrawConditionsApproved":
            same = proposed and event["payload"]["conditions_sha256"] == conditions_sha256(proposed)
            approved, pool = (proposed if same else None), event["payload"].get("pool")
    return approved, pool


def _left_out(events: Iterable[Event], round_: int) -> set[str]:
    """Who was recused or drawn in the rounds before."""
    found: set[str] = set()
    for event in events:
        payload = event["payload"]
        if event["type"] == "DrawStated" and payload["round"] < round_:
            found |= {entry["id"] for entry in json.loads(payload["statement"])["recused"]}
        elif event["type"] == "DrawCompleted" and payload["round"] < round_:
            found |= {id_ for ids in payload.get("selected", {}).values() for id_ in ids}
    return found
