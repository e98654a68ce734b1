"""What a year's published results amount to: how much was inspected, how often something was found, who repeats it.

Counts of the record, never a verdict: an object stands for its results, not for a person.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.procedure.inspections.facts import FOLLOWED_UP, HITS, ItemResult
from app.procedure.inspections.items import Grade, ObjectClass
from app.procedure.inspections.pools import Draws, drawn_objects, visits
from app.procedure.inspections.state import Campaign, InspectionYear, Outcome

LEAST_FOR_A_RATE = 10  # results: of fewer a rate says nothing, and is not told
CODES_OF_PRESENT = frozenset("158ABCE")  # under these an object was there and engaged in what is inspected


def per_mille(part: int, whole: int) -> int:
    """`part` of `whole` in a thousand, rounded half up; 0 where there is no whole."""
    return (2000 * part + whole) // (2 * whole) if whole else 0


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
        return per_mille(self.hits, self.inspected)


@dataclass(frozen=True)
class Coverage:
    """How many of a campaign's objects are listed, drawn, and inspected with published results; `late` results were
    published after their time, the results of `overdue` objects are not published although it is over.

    A visit is an object with one of the authorities that inspect it: of `visits`, `pending` have no published result.
    """

    campaign: int
    title: str
    listed: int
    drawn: int
    published: int
    late: int
    overdue: int
    visits: int
    pending: int


@dataclass(frozen=True)
class Group:
    """The objects of a class and risk grade that a year's campaigns list: how many there are, how many were drawn at
    least once, and how many were inspected at all, with a published result. An object counts once, under the grade that
    the latest list gives it.
    """

    object_class: str
    grade: str
    listed: int
    drawn: int
    inspected: int


@dataclass(frozen=True)
class Corrections:
    """What became of findings after which a correction is awaited (code A); `overdue` ones are awaited, too."""

    due: int
    corrected: int
    awaited: int
    overdue: int


@dataclass(frozen=True)
class Statements:
    """What inspected parties said about published results: how often, how many of it the authority found right, and how
    many wait for an answer."""

    made: int
    upheld: int
    open: int


@dataclass(frozen=True)
class Repeated:
    """An object with findings in more than one campaign, of this or an earlier year, or of more than one item; the
    latest of them in the year that is counted.

    `years` and `campaigns` in which something was found, `items` of which, and `again`: those of which it was found in
    more than one campaign. `open` corrections are awaited.
    """

    object: str
    name: str
    years: tuple[int, ...]
    campaigns: int
    findings: int
    items: int
    again: int
    open: int


@dataclass(frozen=True)
class YearLine:
    """A year in one line: objects on its lists, those inspected at all, and results."""

    year: int
    listed: int
    inspected: int
    results: Rate


@dataclass(frozen=True)
class Figures:
    """All figures of a year. `years`: it and those before it, the earliest first. `after_finding`: of the objects that
    were inspected again in this year after something had been found on them, on how many something was found again.
    """

    by_item: tuple[Rate, ...]
    by_grade: tuple[Rate, ...]
    by_code: tuple[tuple[str, int], ...]
    coverage: tuple[Coverage, ...]
    groups: tuple[Group, ...]
    whole: Group
    years: tuple[YearLine, ...]
    repeated: tuple[Repeated, ...]
    after_finding: Rate
    corrections: Corrections
    statements: Statements


def figures(year: InspectionYear, draws: Draws, now: datetime, before: Iterable[InspectionYear] = ()) -> Figures:
    """The figures of the published campaigns as they are `now`; `before`: earlier years of the same authority."""
    campaigns = _published(year)
    earlier = sorted((y for y in before if y.opened.year < year.opened.year), key=lambda y: y.opened.year)
    groups = _groups(campaigns, draws)
    items, grades, codes = _counted(campaigns)
    listed_items = {item.id: item.title for campaign in campaigns for item in campaign.items}
    listed_grades = {group.grade for group in groups}
    return Figures(
        by_item=tuple(_rate(title, items[id_]) for id_, title in listed_items.items()),
        by_grade=tuple(_rate(grade.value, grades[grade.value]) for grade in Grade if grade.value in listed_grades),
        by_code=tuple(sorted(codes.items())),
        coverage=tuple(_coverage(campaign, draws, now) for campaign in campaigns),
        groups=groups,
        whole=Group("", "", *(sum(found) for found in _columns(groups))),
        years=tuple(_year_line(one) for one in (*earlier, year)),
        repeated=_repeated(year, earlier),
        after_finding=_after_finding(year, earlier),
        corrections=_corrections(campaigns, now),
        statements=_statements(campaigns),
    )


def _published(year: InspectionYear) -> list[Campaign]:
    return [campaign for _n, campaign in sorted(year.campaigns.items()) if campaign.published_at is not None]


def _settled(campaign: Campaign) -> Iterable[tuple[tuple[str, str], Outcome]]:
    """The visits with published results."""
    return ((visit, outcome) for visit, outcome in campaign.outcomes.items() if outcome.confirmed is not None)


def _results(campaign: Campaign) -> Iterable[tuple[str, ItemResult]]:
    for (object_, _authority), outcome in _settled(campaign):
        for result in outcome.confirmed.results if outcome.confirmed else ():
            yield object_, result


Counts = Mapping[str, Counter[str]]


def _counted(campaigns: Iterable[Campaign]) -> tuple[Counts, Counts, Counter[str]]:
    """Results by item and by grade, of objects that were there; and all by code."""
    items, grades = defaultdict[str, Counter[str]](Counter), defaultdict[str, Counter[str]](Counter)
    codes = Counter[str]()
    for campaign in campaigns:
        for object_, result in _results(campaign):
            codes[result.code.value] += 1
            if result.code.value in CODES_OF_PRESENT:
                hit = "hits" if result.code.value in HITS else "none"
                items[result.item][hit] += 1
                grades[campaign.objects[object_].grade.value][hit] += 1
    return items, grades, codes


def _rate(name: str, counts: Counter[str]) -> Rate:
    return Rate(name, counts["hits"] + counts["none"], counts["hits"])


def _coverage(campaign: Campaign, draws: Draws, now: datetime) -> Coverage:
    drawn, wanted = drawn_objects(campaign, draws), visits(campaign, draws)
    settled = {visit for visit, _outcome in _settled(campaign)}
    pending = [visit for visit in wanted if visit not in settled]
    done = len(drawn.keys() - {object_ for object_, _authority in pending})
    due_at = campaign.due_at
    late = sum(
        outcome.confirmed_at is not None and due_at is not None and outcome.confirmed_at > due_at
        for outcome in campaign.outcomes.values()
    )
    return Coverage(
        campaign=campaign.number,
        title=campaign.proposed.title,
        listed=len(campaign.proposed.objects),
        drawn=len(drawn),
        published=done,
        late=late,
        overdue=len(drawn) - done if due_at is not None and now > due_at else 0,
        visits=len(wanted),
        pending=len(pending),
    )


def _groups(campaigns: Iterable[Campaign], draws: Draws) -> tuple[Group, ...]:
    known, drawn, inspected = dict[str, tuple[str, str]](), set[str](), set[str]()
    for campaign in campaigns:
        known |= {one.id: (one.object_class.value, one.grade.value) for one in campaign.proposed.objects}
        drawn |= drawn_objects(campaign, draws).keys()
        inspected |= {object_ for (object_, _authority), _outcome in _settled(campaign)}
    listed = Counter(known.values())
    seen, found = Counter(known[id_] for id_ in drawn), Counter(known[id_] for id_ in inspected)
    order = [(class_.value, grade.value) for class_ in ObjectClass for grade in Grade]
    return tuple(Group(*key, listed[key], seen[key], found[key]) for key in order if listed[key])


def _columns(groups: Sequence[Group]) -> tuple[list[int], list[int], list[int]]:
    return [g.listed for g in groups], [g.drawn for g in groups], [g.inspected for g in groups]


def _year_line(year: InspectionYear) -> YearLine:
    campaigns = _published(year)
    listed = {one.id for campaign in campaigns for one in campaign.proposed.objects}
    inspected = {object_ for campaign in campaigns for (object_, _authority), _outcome in _settled(campaign)}
    _items, grades, _codes = _counted(campaigns)
    total = sum(grades.values(), Counter[str]())
    return YearLine(year.opened.year, len(listed), len(inspected), _rate(str(year.opened.year), total))


def _repeated(year: InspectionYear, earlier: Sequence[InspectionYear]) -> tuple[Repeated, ...]:
    found = defaultdict[str, list[tuple[int, int, str]]](list)  # by object: year, campaign, item
    names, awaited = dict[str, str](), Counter[str]()
    for one in (*earlier, year):
        for campaign in _published(one):
            for object_, result in _results(campaign):
                names[object_] = campaign.objects[object_].name
                if result.code.value in HITS:
                    found[object_].append((one.opened.year, campaign.number, result.item))
            for (object_, _authority), outcome in campaign.outcomes.items():
                awaited[object_] += len(outcome.awaited())
    lines = [
        line
        for object_, hits in found.items()
        if (line := _repeated_line(object_, names[object_], hits, awaited[object_])).years[-1] == year.opened.year
        and (line.campaigns > 1 or line.items > 1)
    ]
    return tuple(sorted(lines, key=lambda line: (-line.campaigns, -line.findings, line.object)))


def _repeated_line(object_: str, name: str, hits: Sequence[tuple[int, int, str]], open_: int) -> Repeated:
    by_item = defaultdict[str, set[tuple[int, int]]](set)
    for year, campaign, item in hits:
        by_item[item].add((year, campaign))
    return Repeated(
        object=object_,
        name=name,
        years=tuple(sorted({year for year, _campaign, _item in hits})),
        campaigns=len({(year, campaign) for year, campaign, _item in hits}),
        findings=len(hits),
        items=len(by_item),
        again=sum(len(where) > 1 for where in by_item.values()),
        open=open_,
    )


def _after_finding(year: InspectionYear, earlier: Sequence[InspectionYear]) -> Rate:
    """Objects, each once: what was found before counts from the campaign after it."""
    marked, again, hit = set[str](), set[str](), set[str]()
    for one in (*earlier, year):
        for campaign in _published(one):
            results = list(_results(campaign))
            found = {object_ for object_, result in results if result.code.value in HITS}
            if one is year:
                again |= {object_ for object_, _result in results if object_ in marked}
                hit |= found & marked
            marked |= found
    return Rate("", len(again), len(hit))


def _corrections(campaigns: Iterable[Campaign], now: datetime) -> Corrections:
    due = awaited = overdue = 0
    for campaign in campaigns:
        for _visit, outcome in _settled(campaign):
            results, waits = outcome.confirmed.results if outcome.confirmed else (), len(outcome.awaited())
            due += sum(result.code in FOLLOWED_UP for result in results)
            awaited += waits
            until = campaign.correction_due_at(outcome)
            overdue += waits if until is not None and until <= now else 0
    return Corrections(due, due - awaited, awaited, overdue)


def _statements(campaigns: Iterable[Campaign]) -> Statements:
    said = [one for c in campaigns for _visit, outcome in _settled(c) for one in outcome.statements]
    upheld = sum(one.answered is not None and one.answered.right for one in said)
    return Statements(len(said), upheld, sum(one.open for one in said))
