"""Whether a draw's statement keeps to what the agency's two persons agreed upon, as a trustee's tool sees it.

A platform that shows a trustee a round nobody needs, or other seats than were approved, gets no signature for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.casefile.codec import decode
from app.procedure.calendar import Period, add
from crypto.instants import parse_instant
from evaluation.draw import (
    LEAST_PARTIES,
    Candidate,
    DrawConditions,
    DrawConditionsProposed,
    RoundReason,
    Stratum,
    given_away,
    lost,
    needless,
    proposal_sha256,
    shortage,
)

Event = Mapping[str, Any]
AGREED = ("DrawConditionsProposed", "DrawConditionsApproved")
REASONS = frozenset(reason.value for reason in RoundReason if reason is not RoundReason.ORDERED)


@dataclass(frozen=True)
class Agreed:
    """What two persons of the agency approved last: conditions, and the pool where the rule book has one; of wider
    conditions what they are, the hash that statements name, and the conditions that they replace."""

    conditions: DrawConditions
    pool: Mapping[str, Any] | None
    wider: DrawConditionsProposed | None = None
    wider_sha256: str = ""
    before: DrawConditions | None = None


def departures(
    events: Sequence[Event], statement: Mapping[str, Any], round_: int, profile: Mapping[str, Any], now: datetime
) -> list[str]:
    """The fields in which the statement of a round departs from the approved conditions and from the rounds before it.

    `events` are those of the lot, their signatures checked; `profile` is the rule book as signed: whether it has pools
    approved with the conditions, and the time that it gives each party to commit. Raises KeyError, TypeError for what
    cannot be read.
    """
    agreed = _approved(events)
    if agreed is None:
        return ["conditions"]
    conditions, pool = agreed.conditions, agreed.pool
    pool_is_fixed, period = profile.get("pool_shrinkage_percent") is not None, profile.get("draw_commit")
    within = decode(Period, period) if period else None
    wrong = [] if _same_seats(statement["strata"], conditions.strata, anew=round_ == 1) else ["strata"]
    if statement["max_per_unit"] != conditions.max_per_unit:
        wrong.append("max_per_unit")
    if (pool or pool_is_fixed) and (pool or {}).get("candidates_sha256") != statement["candidates_sha256"]:
        wrong.append("approved_pool")
    if not _left_out(events, round_) <= {entry["id"] for entry in statement["recused"]}:
        wrong.append("recused")
    if round_ > 1 and statement.get("reason") not in REASONS:
        wrong.append("reason")
    if statement.get("wider_sha256", "") != agreed.wider_sha256:
        wrong.append("wider_sha256")
    least, spare = int(profile.get("pool_least", 1)), int(profile.get("pool_spare", 0))
    if not _chosen_from(events, statement, round_, conditions.max_per_unit, spare):
        wrong.append("pool_spare")
    if round_ > 1 and agreed.wider is not None and not _may_widen(agreed, events, statement, round_, (least, spare)):
        wrong.append("widening")
    if not _may_pass_over(events, statement, round_, conditions.parties, within, now):
        wrong.append("passed_over")
    return wrong


def _may_pass_over(
    events: Iterable[Event],
    statement: Mapping[str, Any],
    round_: int,
    parties: Sequence[str],
    within: Period | None,
    now: datetime,
) -> bool:
    """Whether every party has committed, but for those that have not in the time since they could."""
    passed = statement.get("passed_over", [])
    if len(statement["commitments"]) < LEAST_PARTIES or {*passed, *statement["commitments"]} != set(parties):
        return False
    since = _commits_since(events, round_)
    late = since is not None and within is not None and now >= add(parse_instant(since), within)
    return late if passed else "passed_over" not in statement


def _commits_since(events: Iterable[Event], round_: int) -> str | None:
    """Since when parties can commit in a round: its opening, or the approval of conditions that were proposed anew."""
    since, approved = None, False
    for event in events:
        if event["type"] == "DrawConditionsProposed" and not event["payload"].get("widening"):
            approved = False
        elif event["type"] == "DrawConditionsApproved":
            since = since if approved or since is None else str(event["at"])
            approved = True
        elif event["type"] == "DrawRoundOpened" and event["payload"]["round"] == round_:
            since = str(event["at"])
    return since


def _may_widen(
    agreed: Agreed, events: Sequence[Event], statement: Mapping[str, Any], round_: int, margin: tuple[int, int]
) -> bool:
    """Whether wider conditions of this round move no seat that the pool of before could fill, have as many seats, are
    otherwise those of before, drop nobody of that pool, and leave
    enough (`margin`: times, and people more) for the open seats of every stratum that
    has more than when the round before ended. Those of an earlier round were looked at in that round."""
    wider, before, after = agreed.wider, agreed.before, agreed.conditions
    if wider is None or wider.widening is None or before is None or wider.widening.round > round_:
        return False
    if wider.widening.round < round_:
        return True
    pool, earlier = _pool(events, round_), _pool(events, round_ - 1)
    recused, given = {entry["id"] for entry in statement["recused"]}, given_away(before.strata, after.strata)
    open_seats = {stratum.name: given.get(stratum.name, 0) for stratum in before.strata}
    for stratum in statement["strata"]:
        if stratum["name"] in open_seats:
            open_seats[stratum["name"]] += stratum["quota"]
    free = [candidate for candidate in earlier if candidate.id not in recused]
    return (
        bool(given and wider.widening.reason.strip())
        and replace(after, strata=before.strata) == before
        and sum(s.quota for s in after.strata) == sum(s.quota for s in before.strata)
        and wider.widening.recused.keys() <= recused
        and lost(earlier, pool) is None
        and needless(before.strata, after.strata, open_seats, free, before.max_per_unit, margin[1]) is None
        and _enough(events, statement, round_, after, margin[0])
    )


def _chosen_from(
    events: Iterable[Event], statement: Mapping[str, Any], round_: int, max_per_unit: int, spare: int
) -> bool:
    """Whether every open seat has somebody left to choose from, where the case asks for `spare` people more."""
    if not spare:
        return True
    recused = {entry["id"] for entry in statement["recused"]}
    free = [candidate for candidate in _pool(events, round_) if candidate.id not in recused]
    strata = [decode(Stratum, stratum) for stratum in statement["strata"]]
    return shortage(strata, free, max_per_unit, spare=spare) is None


def _enough(
    events: Sequence[Event], statement: Mapping[str, Any], round_: int, after: DrawConditions, least: int
) -> bool:
    """Whether nobody is certain to be drawn for a seat that the wider conditions of this round have moved."""
    ended = [n for n, e in enumerate(events) if e["type"] == "DrawCompleted" and e["payload"]["round"] == round_ - 1]
    began = _approved(events[: ended[-1]]) if ended else None
    had = {stratum.name: stratum.quota for stratum in began.conditions.strata} if began else {}
    more = {stratum.name for stratum in after.strata if stratum.quota > had.get(stratum.name, 0)}
    gained = [decode(Stratum, stratum) for stratum in statement["strata"] if stratum["name"] in more]
    recused = {entry["id"] for entry in statement["recused"]}
    free = [candidate for candidate in _pool(events, round_) if candidate.id not in recused]
    return shortage(gained, free, after.max_per_unit, least) is None


def _pool(events: Iterable[Event], round_: int) -> tuple[Candidate, ...]:
    """The pool that a round was stated with."""
    stated = (e["payload"] for e in events if e["type"] == "DrawStated" and e["payload"]["round"] == round_)
    return decode(tuple[Candidate, ...], next(stated, {"candidates": []})["candidates"])


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


def _approved(events: Iterable[Event]) -> Agreed | None:
    """What was approved last; wider conditions hold from their approval on, until then those of before."""
    proposed: DrawConditionsProposed | None = None
    agreed: Agreed | None = None
    for event in events:
        if event["type"] == "DrawConditionsProposed":
            proposed = decode(DrawConditionsProposed, event["payload"])
            agreed = agreed if proposed.widening else None
        elif event["type"] == "DrawConditionsApproved":
            hash_, pool = event["payload"]["conditions_sha256"], event["payload"].get("pool")
            if proposed is None or hash_ != proposal_sha256(proposed):
                agreed = None
            elif proposed.widening is None:
                agreed = Agreed(proposed.conditions, pool)
            elif agreed is not None:  # approved anew, as the pool has shrunk, they replace what they replaced
                before = agreed.before if agreed.wider == proposed else agreed.conditions
                agreed = Agreed(proposed.conditions, pool, proposed, hash_, before)
    return agreed


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
