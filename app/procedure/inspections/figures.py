"""What a year's published results amount to: how much was inspected, how often something was found, who repeats it.

Counts of the record, never a verdict: an object stands for its results, not for a person.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.procedure.inspections.facts import HITS, ItemResult
from app.procedure.inspections.items import Grade
from app.procedure.inspections.pools import Draws, drawn_objects, visits
from app.procedure.inspections.state import Campaign, InspectionYear

LEAST_FOR_A_RATE = 10  # results: of fewer a rate says nothing, and is not told
CODES_OF_PRESENT = frozenset("158ABCE")  # under these an object was there and engaged in what is inspected


@dataclass(frozen=True)
class Rate:
    """`hits` of `inspected` results; with nothing inspected there is no rate."""

    name: str
    inspected: int
    hits: int

    @property
    def telling(self) -> bool:
        """Whether there are enough results for a rate."""
        return self.inspected >= LEAST_FOR_A_RATE

    @property
    def per_mille(self) -> int:
        """Hits in a thousand, rounded half up; 0 where nothing was inspected."""
        return (2000 * self.hits + self.inspected) // (2 * self.inspected) if self.inspected else 0


@dataclass(frozen=True)
class Coverage:
    """How many of a campaign's objects are listed, drawn, and inspected with published results; `late` results were
    published after their time, the results of `overdue` objects are not published although it is over.
    """

    campaign: int
    title: str
    listed: int
    drawn: int
    published: int
    late: int
    overdue: int


@dataclass(frozen=True)
class Repeated:
    """An object with findings in more than one campaign, or of more than one item; `open` corrections are awaited."""

    object: str
    name: str
    campaigns: int
    findings: int
    open: int


@dataclass(frozen=True)
class Figures:
    """All figures of a year."""

    by_item: tuple[Rate, ...]
    by_grade: tuple[Rate, ...]
    by_code: tuple[tuple[str, int], ...]
    coverage: tuple[Coverage, ...]
    repeated: tuple[Repeated, ...]
    awaited: int  # corrections
    stated: int  # statements of inspected parties about published results
    upheld: int  # of these, those that the authority found right


def _results(campaign: Campaign) -> Iterable[tuple[str, ItemResult]]:
    for (object_, _authority), outcome in campaign.outcomes.items():
        for result in outcome.confirmed.results if outcome.confirmed else ():
            yield object_, result


def figures(year: InspectionYear, draws: Draws, now: datetime) -> Figures:
    """The figures of the published campaigns as they are `now`."""
    campaigns = [c for _n, c in sorted(year.campaigns.items()) if c.published_at is not None]
    titles = {item.id: item.title for campaign in campaigns for item in campaign.plan.items}
    items, grades, codes = (
        defaultdict[str, Counter[str]](Counter),
        defaultdict[str, Counter[str]](Counter),
        Counter[str](),
    )
    for campaign in campaigns:
        for object_, result in _results(campaign):
            codes[result.code.value] += 1
            if result.code.value in CODES_OF_PRESENT:
                hit = "hits" if result.code.value in HITS else "none"
                items[result.item][hit] += 1
                grades[campaign.objects[object_].grade.value][hit] += 1
    published = [o for campaign in campaigns for o in campaign.outcomes.values() if o.confirmed is not None]
    return Figures(
        by_item=tuple(_rate(titles[id_], items[id_]) for id_ in titles if id_ in items),
        by_grade=tuple(_rate(grade.value, grades[grade.value]) for grade in Grade if grade.value in grades),
        by_code=tuple(sorted(codes.items())),
        coverage=tuple(_coverage(campaign, draws, now) for campaign in campaigns),
        repeated=_repeated(campaigns),
        stated=sum(len(outcome.statements) for outcome in published),
        upheld=sum(said.answered is not None and said.answered.right for o in published for said in o.statements),
        awaited=sum(len(outcome.awaited()) for campaign in campaigns for outcome in campaign.outcomes.values()),
    )


def _rate(name: str, counts: Counter[str]) -> Rate:
    return Rate(name, counts["hits"] + counts["none"], counts["hits"])


def _coverage(campaign: Campaign, draws: Draws, now: datetime) -> Coverage:
    drawn = drawn_objects(campaign, draws)
    settled = {visit for visit, outcome in campaign.outcomes.items() if outcome.confirmed is not None}
    wanted = visits(campaign, draws)
    done = {object_ for object_ in drawn if all(v in settled for v in wanted if v[0] == object_)}
    due_at = campaign.due_at
    late = sum(
        outcome.confirmed_at is not None and due_at is not None and outcome.confirmed_at > due_at
        for outcome in campaign.outcomes.values()
    )
    overdue = len(drawn) - len(done) if due_at is not None and now > due_at else 0
    listed = len(campaign.proposed.objects)
    return Coverage(campaign.number, campaign.proposed.title, listed, len(drawn), len(done), late, overdue)


def _repeated(campaigns: Iterable[Campaign]) -> tuple[Repeated, ...]:
    found = defaultdict[str, list[int]](list)
    names, awaited = dict[str, str](), Counter[str]()
    for campaign in campaigns:
        for object_, result in _results(campaign):
            names[object_] = campaign.objects[object_].name
            if result.code.value in HITS:
                found[object_].append(campaign.number)
        for (object_, _authority), outcome in campaign.outcomes.items():
            awaited[object_] += len(outcome.awaited())
    lines = [Repeated(o, names[o], len(set(n)), len(n), awaited[o]) for o, n in found.items() if len(set(n)) > 1]
    return tuple(sorted(lines, key=lambda line: (-line.campaigns, -line.findings, line.object)))
