"""Who and what is drawn from: strata and candidates of both draws, as the record alone leads to them.

Objects are drawn by class and grade, so no stratum overlaps another. The items of a class share its order: an item
whose share is q takes the first q drawn, so that its objects are a fair sample of its own and as many items as possible
meet on one object, in one visit. Inspectors are drawn for each object and authority; a candidate is a pair of an
inspector and an object, so that recusal is of pairs, too. Statement and record are public before the visit: in them an
inspector is a number (decision 0131).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

from app.procedure.inspections.facts import Inspected, Inspector, InspectorsListed, Part
from app.procedure.inspections.items import WHOLE, Item, quota
from app.procedure.inspections.state import Campaign, InspectionYear, lot_of, part_of
from crypto.canonical import digest
from evaluation.draw import Candidate, DrawConditions, DrawState, Stratum, reason_sha256

Draws = Mapping[str, DrawState]  # by the names of their parts in the case file
RECUSED_BY_UNIT, RECUSED_BY_WORD = "unit", "declared"
NO_DRAW = DrawState()


def purpose_of(part: Part) -> str:
    """What a draw is for, which makes it another draw than any of the same lot's name."""
    return f"inspection-{part.value}"


def group(found: Inspected) -> str:
    """The stratum of an object: its class and grade."""
    return f"{found.object_class.value}:{found.grade.value}"


def shares(campaign: Campaign) -> dict[str, dict[str, int]]:
    """By stratum and item how many objects the item takes; of a grade that is inspected less often, none."""
    found: dict[str, dict[str, int]] = {}
    for stratum, base in Counter(map(group, campaign.proposed.objects)).items():
        class_, _, grade = stratum.partition(":")
        found[stratum] = {
            item.id: quota(base, item.intensity[grade].percent)
            for item in campaign.items
            if item.object_class == class_ and campaign.occasions[item.id] <= item.intensity[grade].times
        }
    return {stratum: items for stratum, items in sorted(found.items()) if items}


def object_strata(campaign: Campaign) -> tuple[Stratum, ...]:
    """As many objects of each class and grade as the item with the largest share takes."""
    return tuple(Stratum(stratum, max(items.values()), 0) for stratum, items in shares(campaign).items())


def certain_groups(campaign: Campaign) -> tuple[str, ...]:
    """The groups that are drawn whole although no item inspects all of them: small ones, as shares are rounded up."""
    bases, items = Counter(map(group, campaign.proposed.objects)), {item.id: item for item in campaign.items}
    found = []
    for stratum, wanted in shares(campaign).items():
        grade = stratum.partition(":")[2]
        whole = any(items[id_].intensity[grade].percent == WHOLE for id_ in wanted)
        if max(wanted.values()) >= bases[stratum] and not whole:
            found.append(stratum)
    return tuple(found)


def object_candidates(campaign: Campaign) -> tuple[Candidate, ...]:
    """The objects of which anything is inspected."""
    wanted = shares(campaign)
    return tuple(Candidate(o.id, o.id, (group(o),)) for o in campaign.proposed.objects if group(o) in wanted)


def seated(draw: DrawState) -> tuple[str, ...]:
    """The candidates that are drawn and not replaced, in the order drawn."""
    drawn = [id_ for round_ in draw.rounds if round_.result for ids in round_.result.selected.values() for id_ in ids]
    return tuple(id_ for id_ in drawn if draw.seats[id_].holds_a_seat)


def drawn_objects(campaign: Campaign, draws: Draws) -> dict[str, tuple[str, ...]]:
    """The drawn objects, each with its items: one visit for all of them."""
    wanted, ranks = shares(campaign), Counter[str]()
    objects, found = campaign.objects, dict[str, tuple[str, ...]]()
    for id_ in seated(draws.get(lot_of(campaign.number, Part.OBJECTS), NO_DRAW)):
        stratum = group(objects[id_])
        found[id_] = tuple(item for item, share in wanted[stratum].items() if ranks[stratum] < share)
        ranks[stratum] += 1
    return found


def authorities_of(campaign: Campaign, items: Sequence[str]) -> tuple[str, ...]:
    """The authorities whose items these are, in the order of the plan."""
    return tuple(dict.fromkeys(item.authority for item in campaign.items if item.id in items))


def items_at(campaign: Campaign, draws: Draws, object_: str, authority: str) -> tuple[Item, ...]:
    """What an authority inspects on a drawn object."""
    mine = drawn_objects(campaign, draws).get(object_, ())
    return tuple(item for item in campaign.items if item.id in mine and item.authority == authority)


def visits(campaign: Campaign, draws: Draws) -> tuple[tuple[str, str], ...]:
    """Every drawn object with each authority that inspects it."""
    drawn = drawn_objects(campaign, draws)
    return tuple((id_, authority) for id_, items in drawn.items() for authority in authorities_of(campaign, items))


def recusal(campaign: Campaign, inspector: Inspector, found: Inspected) -> str:
    """Why an inspector does not inspect an object, "" where nothing speaks against it."""
    if found.id in inspector.objects or not set(inspector.ties).isdisjoint(found.units):
        return RECUSED_BY_UNIT
    return RECUSED_BY_WORD if (inspector.account, found.id) in campaign.recusals else ""


def free_inspectors(campaign: Campaign, authority: str, object_: str) -> tuple[str, ...]:
    """The accounts of an authority's inspectors who may inspect an object."""
    listed, found = campaign.lists.get(authority), campaign.objects[object_]
    return tuple(i.account for i in (listed.inspectors if listed else ()) if not recusal(campaign, i, found))


def certain_places(campaign: Campaign, draws: Draws) -> tuple[str, ...]:
    """The strata of the inspectors' draw in which whoever is free will be drawn."""
    needed = campaign.plan.rules.inspectors_per_object
    wanted = visits(campaign, draws)
    return tuple(sorted(place(o, a) for o, a in wanted if len(free_inspectors(campaign, a, o)) <= needed))


def place(object_: str, authority: str) -> str:
    """The stratum of an authority's inspectors of an object."""
    return f"{object_}:{authority}"


NUMBER_DIGITS = 32  # as long as an account's id


@lru_cache(maxsize=1 << 16)
def _number(salt: str, account: str) -> str:
    return digest({"account": account, "salt": salt})[:NUMBER_DIGITS]


def number_of(listed: InspectorsListed, account: str) -> str:
    """The number under which an inspector of a list is drawn, the same for each object."""
    return _number(listed.salt, account) if listed.salt else account


def pair(listed: InspectorsListed, account: str, object_: str) -> str:
    """The candidate that stands for an inspector of an object."""
    return f"{number_of(listed, account)}:{object_}"


def accounts_of(campaign: Campaign) -> dict[str, str]:
    """By number the accounts of a campaign's inspectors. The lists are the authorities' alone, and so is this."""
    return {number_of(listed, i.account): i.account for listed in campaign.lists.values() for i in listed.inspectors}


def inspector_candidates(campaign: Campaign, draws: Draws) -> tuple[Candidate, ...]:
    """Every inspector for every drawn object of the own authority, recused or not."""
    return tuple(
        Candidate(pair(listed, inspector.account, object_), number_of(listed, inspector.account), (place(object_, a),))
        for object_, a in visits(campaign, draws)
        for listed in (campaign.lists[a],)
        for inspector in listed.inspectors
    )


def recused_pairs(campaign: Campaign, draws: Draws) -> dict[str, str]:
    """By candidate of the inspectors' draw why it cannot be drawn."""
    found = {}
    for object_, authority in visits(campaign, draws):
        listed = campaign.lists[authority]
        for inspector in listed.inspectors:
            if reason := recusal(campaign, inspector, campaign.objects[object_]):
                found[pair(listed, inspector.account, object_)] = reason
    return found


def inspectors_of(campaign: Campaign, draws: Draws) -> dict[tuple[str, str], tuple[str, ...]]:
    """By object and authority the accounts of the inspectors who are drawn for it."""
    draw = draws.get(lot_of(campaign.number, Part.INSPECTORS), NO_DRAW)
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    people = accounts_of(campaign) if draw.seats else {}
    for id_ in seated(draw):
        number, _, object_ = id_.partition(":")
        authority = draw.drawn_for[id_].rpartition(":")[2]
        found[object_, authority] = (*found.get((object_, authority), ()), people[number])
    return found


def others_at(campaign: Campaign, draws: Draws, object_: str, authority: str) -> dict[str, tuple[str, ...]]:
    """The other authorities that inspect an object, each with the accounts of its inspectors: they go together."""
    drawn = inspectors_of(campaign, draws)
    return {other: people for (found, other), people in drawn.items() if found == object_ and other != authority}


def candidates_of(campaign: Campaign, draws: Draws, part: Part) -> tuple[Candidate, ...]:
    """The pool of a draw."""
    return object_candidates(campaign) if part is Part.OBJECTS else inspector_candidates(campaign, draws)


def recused_of(campaign: Campaign, draws: Draws, part: Part) -> dict[str, str]:
    """Who of the pool cannot be drawn, and why."""
    return {} if part is Part.OBJECTS else recused_pairs(campaign, draws)


def reason_hash(draw_id: str, candidate: str, reason: str) -> str:
    """The reason as the statement has it. Nothing here is secret: the record itself says why, so the salt is no more
    than a name."""
    return reason_sha256(bytes.fromhex(digest({"draw": draw_id, "candidate": candidate})), candidate, reason)


def conditions(
    case_id: str, year: InspectionYear, lot: str, draws: Draws, committee: tuple[str, int]
) -> DrawConditions:
    """The conditions of a draw, of which nobody chooses anything. `committee`: id and threshold of its trustees."""
    number, part = part_of(lot)
    campaign = year.campaign(number)
    per_object = campaign.plan.rules.inspectors_per_object
    if part is Part.OBJECTS:
        strata, most = object_strata(campaign), 1
    else:
        strata = tuple(Stratum(place(*visit), per_object, 0) for visit in visits(campaign, draws))
        most = max(1, len(drawn_objects(campaign, draws)))
    return DrawConditions(
        tender=case_id,
        lot=lot,
        purpose=purpose_of(part),
        strata=strata,
        max_per_unit=most,
        parties=tuple(sorted(year.parties.by_name)),
        pool_factor=campaign.plan.rules.pool_factor,
        committee=committee[0],
        trustees_needed=committee[1],
    )
