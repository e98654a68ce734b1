"""Where a year of inspections stands: the fold of its facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from app.procedure.calendar import add
from app.procedure.errors import RuleViolation
from app.procedure.inspections.facts import (
    FOLLOWED_UP,
    CampaignProposed,
    CampaignPublished,
    CertainInspectorsProposed,
    Fact,
    Inspected,
    InspectionYearOpened,
    InspectorRecused,
    InspectorsDrawOpened,
    InspectorsListed,
    Part,
    Parties,
    PlanApproved,
    PlanProposed,
    RectificationConfirmed,
    RectificationRecorded,
    RedrawOrdered,
    RedrawProposed,
    ResultsConfirmed,
    ResultsEntered,
    ViewAnswered,
    ViewStated,
)
from app.procedure.inspections.items import Item
from crypto.canonical import Json


def lot_of(campaign: int, part: Part) -> str:
    """The name under which a draw of a campaign stands in the case file."""
    return f"{campaign}-{part.value}"


def part_of(lot: str) -> tuple[int, Part]:
    """Campaign and part of such a name. Raises RuleViolation `campaign_unknown`."""
    number, _, part = lot.partition("-")
    if not number.isdecimal() or part not in set(Part):
        raise RuleViolation("campaign_unknown", campaign=lot[:20])
    return int(number), Part(part)


@dataclass(frozen=True)
class Statement:
    """What a party said of a result. `of`: the account that had entered it; `unchecked`: items that it says have been
    put right and that nobody has looked at since."""

    made: ViewStated
    sha256: str
    by: str
    at: datetime
    of: str
    unchecked: frozenset[str]
    answered: ViewAnswered | None = None
    answered_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether somebody has to answer it: a report of corrections is answered by the record of each."""
        return self.answered is None and (bool(self.unchecked) or not self.made.corrected)

    def asks(self, account: str) -> bool:
        """Whether this inspector may answer it: not who had entered the result."""
        return self.open and account != self.of


@dataclass(frozen=True)
class Seen:
    """What an inspector recorded of a correction, and a second one has not confirmed."""

    made: RectificationRecorded
    sha256: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Outcome:
    """What an authority's inspectors found on an object: the latest entry, and the one that was confirmed last."""

    entered: ResultsEntered
    entered_sha256: str
    entered_by: str
    entered_at: datetime
    confirmed: ResultsEntered | None = None
    confirmed_at: datetime | None = None
    corrected: Mapping[str, RectificationRecorded] = field(default_factory=dict)  # by item, the last word
    statements: tuple[Statement, ...] = ()
    seen: Mapping[str, Seen] = field(default_factory=dict)  # by item, records that wait for the second inspector

    @property
    def waits(self) -> bool:
        """An entry that the second inspector has not confirmed."""
        return self.entered is not self.confirmed

    @property
    def upheld(self) -> bool:
        """Whether the authority itself has answered that a statement about the latest entry is right."""
        about = (said for said in self.statements if said.made.results_sha256 == self.entered_sha256)
        return any(said.answered is not None and said.answered.right for said in about)

    def awaited(self) -> tuple[str, ...]:
        """The items of which a correction is due and not on record."""
        results = self.confirmed.results if self.confirmed else ()
        open_items = (found.item for found in results if found.code in FOLLOWED_UP)
        return tuple(i for i in open_items if i not in self.corrected or not self.corrected[i].done)


@dataclass(frozen=True)
class Campaign:
    """One campaign. `lists` by authority; `recusals` are pairs of an inspector's account and an object."""

    proposed: CampaignProposed
    proposed_sha256: str
    proposed_by: str
    plan: PlanProposed  # as it stood when the campaign was proposed
    occasions: Mapping[str, int]  # by item: the how manieth draw of the year this is
    lists: Mapping[str, InspectorsListed] = field(default_factory=dict)
    published_at: datetime | None = None
    recusals: frozenset[tuple[str, str]] = frozenset()
    objects_drawn_at: datetime | None = None
    certain: CertainInspectorsProposed | None = None  # why inspectors are drawn where there is no choice
    certain_sha256: str = ""
    certain_by: str = ""
    certain_held: bool = False  # the draw was opened for that reason
    inspectors_opened: bool = False
    inspectors_drawn_at: datetime | None = None
    redraw: RedrawProposed | None = None
    redraw_by: str = ""
    redrawn: tuple[tuple[RedrawOrdered, datetime], ...] = ()
    outcomes: Mapping[tuple[str, str], Outcome] = field(default_factory=dict)  # by object and authority

    @property
    def number(self) -> int:
        return self.proposed.campaign

    @cached_property
    def objects(self) -> dict[str, Inspected]:
        return {found.id: found for found in self.proposed.objects}

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """The items of the campaign, as the plan has them, in its order."""
        return tuple(item for item in self.plan.items if item.id in self.proposed.items)

    @property
    def authorities(self) -> tuple[str, ...]:
        """Ids of the organisations whose items are inspected."""
        return tuple(dict.fromkeys(item.authority for item in self.items))

    @property
    def due_at(self) -> datetime | None:
        """Until when results are due; None before inspectors are drawn."""
        if self.inspectors_drawn_at is None:
            return None
        return add(self.inspectors_drawn_at, self.plan.rules.results_within)

    def correction_due_at(self, outcome: Outcome) -> datetime | None:
        """Until when what was found is to be put right."""
        if outcome.confirmed_at is None:
            return None
        return add(outcome.confirmed_at, self.plan.rules.rectified_within)


@dataclass(frozen=True)
class InspectionYear:
    """A year of an authority: its plan, its campaigns by number, and whose joint key signs the draws now."""

    opened: InspectionYearOpened
    proposed: PlanProposed | None = None
    proposed_sha256: str = ""
    proposed_by: str = ""
    plan: PlanProposed | None = None
    approved_at: datetime | None = None
    campaigns: Mapping[int, Campaign] = field(default_factory=dict)
    committee: Json = field(default_factory=dict)

    @property
    def parties(self) -> Parties:
        return self.opened.parties

    def approved(self) -> PlanProposed:
        """Raises RuleViolation `plan_not_approved`."""
        if self.plan is None:
            raise RuleViolation("plan_not_approved", year=self.opened.year)
        return self.plan

    def campaign(self, number: int) -> Campaign:
        """Raises RuleViolation `campaign_unknown`."""
        if number not in self.campaigns:
            raise RuleViolation("campaign_unknown", campaign=str(number))
        return self.campaigns[number]

    def drafted(self, fact: CampaignProposed) -> Campaign:
        """The campaign that a proposal would make. Raises RuleViolation `plan_not_approved`."""
        return Campaign(fact, "", "", self.approved(), self.occasions(fact.items, fact.campaign))

    def occasions(self, items: tuple[str, ...], besides: int) -> dict[str, int]:
        """By item, which draw of the year the next one is: published campaigns count, `besides` one."""
        before = [c for n, c in self.campaigns.items() if c.published_at is not None and n != besides]
        return {item: 1 + sum(item in c.proposed.items for c in before) for item in items}


def apply(state: InspectionYear | None, fact: Fact, by: str, at: datetime, sha256: str) -> InspectionYear:
    """The state after an accepted fact. `by`: the account that acted; `sha256`: of the payload."""
    if isinstance(fact, InspectionYearOpened):
        return InspectionYear(fact)
    assert state is not None
    if isinstance(fact, PlanProposed):
        return replace(state, proposed=fact, proposed_sha256=sha256, proposed_by=by)
    if isinstance(fact, PlanApproved):
        assert state.proposed is not None
        committee = state.committee or state.proposed.committee
        return replace(
            state, plan=state.proposed, approved_at=at, committee=committee, proposed=None, proposed_sha256=""
        )
    if isinstance(fact, CampaignProposed):
        lists = state.campaigns[fact.campaign].lists if fact.campaign in state.campaigns else {}
        occasions = state.occasions(fact.items, fact.campaign)
        found = Campaign(fact, sha256, by, state.approved(), occasions, lists)
    else:
        found = _campaign(state.campaigns[fact.campaign], fact, by, at, sha256)
    return replace(state, campaigns={**state.campaigns, fact.campaign: found})


def _campaign(found: Campaign, fact: Fact, by: str, at: datetime, sha256: str) -> Campaign:
    match fact:
        case InspectorsListed():
            return replace(found, lists={**found.lists, fact.authority: fact})
        case CampaignPublished():
            return replace(found, published_at=at)
        case InspectorRecused():
            return replace(found, recusals=found.recusals | {(by, fact.object)})
        case CertainInspectorsProposed():
            return replace(found, certain=fact, certain_sha256=sha256, certain_by=by)
        case InspectorsDrawOpened():
            return replace(found, inspectors_opened=True, certain_held=bool(fact.certain_sha256))
        case RedrawProposed():
            return replace(found, redraw=fact, redraw_by=by)
        case RedrawOrdered():
            return replace(found, redraw=None, redraw_by="", redrawn=(*found.redrawn, (fact, at)))
        case _:
            return _of_result(found, fact, by, at, sha256)


def _of_result(found: Campaign, fact: Fact, by: str, at: datetime, sha256: str) -> Campaign:
    match fact:
        case ResultsEntered():
            before = found.outcomes.get((fact.object, fact.authority))
            entered = Outcome(fact, sha256, by, at)
            if before is not None:
                kept = (before.confirmed, before.confirmed_at, before.corrected, before.statements, before.seen)
                entered = Outcome(fact, sha256, by, at, *kept)
            return _with(found, fact.object, fact.authority, entered)
        case ResultsConfirmed():
            outcome = found.outcomes[fact.object, fact.authority]
            outcome = replace(outcome, confirmed=outcome.entered, confirmed_at=at, corrected={}, seen={})
            return _with(found, fact.object, fact.authority, outcome)
        case ViewStated() | ViewAnswered():
            outcome = _with_statement(found.outcomes[fact.object, fact.authority], fact, by, at, sha256)
            return _with(found, fact.object, fact.authority, outcome)
        case RectificationRecorded():
            outcome = found.outcomes[fact.object, fact.authority]
            if found.plan.rules.corrections_confirmed:
                waiting = {**outcome.seen, fact.item: Seen(fact, sha256, by, at)}
                return _with(found, fact.object, fact.authority, replace(outcome, seen=waiting))
            return _with(found, fact.object, fact.authority, _corrected(outcome, fact))
        case RectificationConfirmed():
            outcome = found.outcomes[fact.object, fact.authority]
            return _with(found, fact.object, fact.authority, _corrected(outcome, outcome.seen[fact.item].made))
    raise TypeError(f"{type(fact).__name__} does not happen in a campaign")


def _corrected(outcome: Outcome, fact: RectificationRecorded) -> Outcome:
    """What was seen of a correction counts, and answers whoever reported it."""
    statements = tuple(replace(said, unchecked=said.unchecked - {fact.item}) for said in outcome.statements)
    waiting = {item: seen for item, seen in outcome.seen.items() if item != fact.item}
    return replace(outcome, corrected={**outcome.corrected, fact.item: fact}, statements=statements, seen=waiting)


def _with_statement(outcome: Outcome, fact: ViewStated | ViewAnswered, by: str, at: datetime, sha256: str) -> Outcome:
    if isinstance(fact, ViewStated):
        said = Statement(fact, sha256, by, at, outcome.entered_by, frozenset(fact.corrected))
        return replace(outcome, statements=(*outcome.statements, said))
    answered = tuple(
        replace(said, answered=fact, answered_at=at) if said.sha256 == fact.statement_sha256 else said
        for said in outcome.statements
    )
    return replace(outcome, statements=answered)


def _with(found: Campaign, object_: str, authority: str, outcome: Outcome) -> Campaign:
    return replace(found, outcomes={**found.outcomes, (object_, authority): outcome})


def drawn(state: InspectionYear, lot: str, at: datetime) -> InspectionYear:
    """The state once a draw of a campaign has its result; the first one counts for what is due."""
    number, part = part_of(lot)
    found = state.campaigns[number]
    if part is Part.OBJECTS:
        found = replace(found, objects_drawn_at=found.objects_drawn_at or at)
    else:
        found = replace(found, inspectors_drawn_at=found.inspectors_drawn_at or at)
    return replace(state, campaigns={**state.campaigns, number: found})
