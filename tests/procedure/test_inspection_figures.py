"""What a year's results amount to: coverage of its lists, findings over years and items, what is pending."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.procedure.inspections import pools
from app.procedure.inspections.facts import (
    Inspected,
    InspectionYearOpened,
    ItemResult,
    Part,
    RectificationRecorded,
    ResultCode,
    ResultsEntered,
    ViewAnswered,
    ViewStated,
)
from app.procedure.inspections.figures import Corrections, Figures, Group, Statements, figures
from app.procedure.inspections.items import Grade, Item
from app.procedure.inspections.state import Campaign, InspectionYear, Outcome, Statement, lot_of
from tests.procedure.test_inspection_rules import PARTIES, agency, campaign, completed, item, plan

AT = datetime(2026, 3, 2, tzinfo=UTC)
LATER = AT + timedelta(days=200)
NONE, FOUND = ResultCode.NO_PROBLEM, ResultCode.PROBLEM


def held(number: int, objects: list[Inspected], *items: Item) -> tuple[Campaign, pools.Draws]:
    """A published campaign whose objects are drawn."""
    made = campaign(items, objects)
    made = replace(made, published_at=AT, inspectors_drawn_at=AT, proposed=replace(made.proposed, campaign=number))
    drawn = completed(replace(made, proposed=replace(made.proposed, campaign=1)), Part.OBJECTS, {}, 5)
    return made, {lot_of(number, Part.OBJECTS): drawn}


def entered(number: int, object_: str, **codes: ResultCode) -> Outcome:
    """Confirmed results by item."""
    results = tuple(ItemResult(item_, code, "x") for item_, code in codes.items())
    fact = ResultsEntered(number, object_, "lead", results)
    return Outcome(fact, "h", "me", AT, fact, AT)


def inspected(made: Campaign, **results: dict[str, ResultCode]) -> Campaign:
    found = {(object_, "lead"): entered(made.number, object_, **codes) for object_, codes in results.items()}
    return replace(made, outcomes=found)


def year(number: int, *campaigns: Campaign) -> InspectionYear:
    items = campaigns[0].plan.items if campaigns else (item(),)
    held_ = {one.number: one for one in campaigns}
    return InspectionYear(InspectionYearOpened(number, PARTIES), plan=plan(*items), campaigns=held_)


def counted(this: InspectionYear, draws: pools.Draws, *before: InspectionYear) -> Figures:
    return figures(this, draws, LATER, before)


def test_the_whole_list_of_a_year_is_counted_object_by_object() -> None:
    """20 of grade B in both campaigns, one of which is D in the second; 2 of 20 are drawn, then the D as well."""
    low, high = [agency(n) for n in range(20)], [agency(n) for n in range(1, 20)] + [agency(0, Grade.D)]
    first, draws = held(1, low, item())
    second, further = held(2, high, item())
    one, two = pools.drawn_objects(first, draws)
    found = counted(year(2026, inspected(first, **{one: {"i1": NONE}}), second), {**draws, **further})
    drawn = {one, two, *pools.drawn_objects(second, further)}
    assert "C0" in drawn, "of the highest risk all are drawn"
    low_drawn, inspected_low = len(drawn - {"C0"}), int(one != "C0")
    assert found.groups == (
        Group("agency", "B", 19, low_drawn, inspected_low),
        Group("agency", "D", 1, 1, 1 - inspected_low),
    )
    assert found.whole == Group("", "", 20, len(drawn), 1)
    assert [(line.visits, line.pending, line.published) for line in found.coverage] == [
        (2, 1, 1),
        (len(pools.drawn_objects(second, further)), len(pools.drawn_objects(second, further)), 0),
    ]


def test_items_and_grades_without_a_result_have_a_line_of_their_own() -> None:
    made, draws = held(1, [agency(n) for n in range(20)], item("i1"), item("i2"))
    found = counted(year(2026, made), draws)
    assert [(rate.name, rate.inspected, rate.telling) for rate in found.by_item] == [
        ("事项i1", 0, False),
        ("事项i2", 0, False),
    ]
    assert [(rate.name, rate.inspected) for rate in found.by_grade] == [("B", 0)]


def test_findings_are_repeated_over_years_and_items() -> None:
    """C1 last year and this year, C2 of two items at once, C3 last year only, C4 once, C5 in vain the second time."""
    objects = [agency(n) for n in range(20)]
    before, _draws = held(1, objects, item("i1"), item("i2"))
    this, draws = held(1, objects, item("i1"), item("i2"))
    last = inspected(before, C1={"i1": FOUND}, C3={"i1": FOUND, "i2": FOUND}, C5={"i1": FOUND})
    now = inspected(
        this,
        C1={"i1": FOUND, "i2": NONE},
        C2={"i1": FOUND, "i2": FOUND},
        C4={"i1": FOUND},
        C5={"i1": NONE},
    )
    found = counted(year(2026, now), draws, year(2025, last))
    lines = {
        line.object: (line.years, line.campaigns, line.findings, line.items, line.again) for line in found.repeated
    }
    assert lines == {"C1": ((2025, 2026), 2, 2, 1, 1), "C2": ((2026,), 1, 2, 2, 0)}
    assert (found.after_finding.inspected, found.after_finding.hits) == (2, 1), "C1 and C5 were looked at again"
    assert [(line.year, line.listed, line.inspected, line.results.inspected) for line in found.years] == [
        (2025, 20, 3, 4),
        (2026, 20, 4, 6),
    ]
    assert counted(year(2026, now), draws).after_finding.inspected == 0
    later = year(2027, inspected(before, C1={"i1": FOUND}))
    assert counted(year(2026, now), draws, later).repeated == counted(year(2026, now), draws).repeated, "not the future"


def test_corrections_and_statements_are_counted_of_published_results() -> None:
    made, draws = held(1, [agency(n) for n in range(20)], item("i1"), item("i2"))
    done = RectificationRecorded(1, "C1", "lead", "i1", True, "已补齐")
    first = replace(entered(1, "C1", i1=FOUND, i2=FOUND), corrected={"i1": done})
    said = ViewStated(1, "C2", "lead", "h", "C2", "代理2", "不属实")
    right = ViewAnswered(1, "C2", "lead", "s", True, "属实")
    view = Statement(said, "s", "party", AT, "me", frozenset())
    second = replace(entered(1, "C2", i1=NONE), statements=(view, replace(view, answered=right, answered_at=AT)))
    unsaid = replace(second, confirmed=None, confirmed_at=None)
    outcomes = {("C1", "lead"): first, ("C2", "lead"): second, ("C3", "lead"): unsaid}
    found = counted(year(2026, replace(made, outcomes=outcomes)), draws)
    assert found.corrections == Corrections(due=2, corrected=1, awaited=1, overdue=1)
    assert found.statements == Statements(made=2, upheld=1, open=1)
    assert found.repeated[0].open == 1
    at_once = figures(year(2026, replace(made, outcomes=outcomes)), draws, AT)
    assert at_once.corrections.overdue == 0
