"""The rules of double-random inspection: how much of which risk, who may inspect what, and bad input."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.inspection_rules import read_rules, rule_books
from app.procedure.errors import RuleViolation
from app.procedure.inspections import pools
from app.procedure.inspections.facts import (
    CampaignProposed,
    CampaignPublished,
    Inspected,
    InspectionYearOpened,
    Inspector,
    InspectorsListed,
    ItemResult,
    Part,
    Parties,
    PlanApproved,
    PlanProposed,
    ResultCode,
    ResultsEntered,
)
from app.procedure.inspections.figures import Rate, figures
from app.procedure.inspections.items import Grade, Intensity, Item, ObjectClass, check_item, quota
from app.procedure.inspections.lists import object_rows, read_objects
from app.procedure.inspections.rules import decide
from app.procedure.inspections.state import Campaign, InspectionYear, Outcome, lot_of, part_of
from app.procedure.roles import Actor, Role
from app.procedure.terms import Party
from crypto.committee import Member, run_ceremony
from evaluation import draw

LEAD, FIRE = Party("lead", "发改委"), Party("fire", "财政局")
PARTIES = Parties(LEAD, (FIRE,), Party("centre", "中心"))
COMMITTEE = run_ceremony([Member(i, f"T{i}", f"{i:064x}") for i in (1, 2, 3)], 2, lambda n: bytes([7]) * n)[0]


def risk(*percents: str, times: tuple[int, ...] = (1, 1, 2, 2)) -> dict[str, Intensity]:
    shares = zip(Grade, percents, times, strict=True)
    return {grade.value: Intensity(Decimal(percent), count) for grade, percent, count in shares}


def item(id_: str = "i1", authority: Party = LEAD, **changes: object) -> Item:
    made = Item(id_, f"事项{id_}", ObjectClass.AGENCY, authority.id, "招标投标法", risk("5", "10", "30", "100"))
    return replace(made, **changes)


def agency(number: int, grade: Grade = Grade.B) -> Inspected:
    return Inspected(f"C{number}", f"代理{number}", ObjectClass.AGENCY, grade, (f"C{number}",))


def plan(*items: Item) -> PlanProposed:
    return PlanProposed(PARTIES, "计划", read_rules("cn"), items, COMMITTEE.describe())


def year(*items: Item) -> InspectionYear:
    return InspectionYear(InspectionYearOpened(2026, PARTIES), plan=plan(*items), committee=COMMITTEE.describe())


def campaign(items: tuple[Item, ...], objects: list[Inspected], **lists: list[Inspector]) -> Campaign:
    proposed = CampaignProposed(1, "抽查", tuple(i.id for i in items), tuple(objects))
    listed = {name: InspectorsListed(1, name, tuple(people)) for name, people in lists.items()}
    return Campaign(proposed, "p", "me", plan(*items), dict.fromkeys((i.id for i in items), 1), listed)


def someone(organisation: str = "lead", id_: str = "me") -> Actor:
    return Actor(id_, id_, frozenset({Role.REGULATOR}), organisation, organisation, "")


def completed(found: Campaign, part: Part, draws: pools.Draws, seed: int) -> draw.DrawState:
    """A draw of that pool that has come to its result, without its cryptography."""
    holder = InspectionYear(InspectionYearOpened(2026, PARTIES), campaigns={1: found})
    conditions = pools.conditions("case", holder, lot_of(1, part), draws, ("c", 2))
    candidates = pools.candidates_of(found, draws, part)
    recused = dict.fromkeys(pools.recused_of(found, draws, part), "0" * 64)
    stated = draw.statement(
        conditions, round_=1, strata=conditions.strata, candidates=candidates, recused=recused, commitments={}
    )
    result = draw.select(stated, candidates, hashlib.sha256(str(seed).encode()).digest())
    done = draw.DrawCompleted(1, result.selected, result.reserve, (), "r")
    opened = draw.DrawRoundOpened(1, None, "", "")
    text = draw.statement_bytes(stated).decode()
    events = (draw.DrawConditionsProposed(conditions), opened, draw.DrawStated(1, text, candidates), done)
    return draw.replay(events)


@given(st.integers(0, 5000), st.integers(1, 10_000))
def test_what_is_drawn_is_base_times_ratio_rounded_up(base: int, hundredths: int) -> None:
    percent = Decimal(hundredths) / 100
    drawn = quota(base, percent)
    assert base * percent / 100 <= drawn < base * percent / 100 + 1
    assert drawn <= base


@pytest.mark.parametrize("book", rule_books())
def test_numbers_come_from_a_rule_book(book: str) -> None:
    rules = read_rules(book)
    assert rules.inspectors_per_object >= 2
    assert str(read_rules("cn").results_within) == "20 working days"
    assert rules.demo == (book == "demo")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"title": " "}, "item_incomplete"),
        ({"basis": ""}, "item_incomplete"),
        ({"intensity": {}}, "item_incomplete"),
        ({"intensity": risk("0", "1", "2", "3")}, "item_percent_wrong"),
        ({"intensity": risk("1.001", "2", "3", "4")}, "item_percent_wrong"),
        ({"intensity": risk("1", "2", "3", "101")}, "item_percent_wrong"),
        ({"intensity": risk("1", "2", "3", "4", times=(0, 1, 1, 1))}, "item_times_wrong"),
        ({"intensity": risk("5", "4", "30", "100")}, "item_risk_reversed"),
        ({"intensity": risk("5", "5", "5", "5", times=(2, 1, 1, 1))}, "item_risk_reversed"),
    ],
)
def test_an_item_inspects_higher_risk_no_less(wrong: dict[str, object], code: str) -> None:
    check_item(item())
    with pytest.raises(RuleViolation, match=code):
        check_item(item(**wrong))


@pytest.mark.parametrize(
    ("objects", "code"),
    [
        ([], "campaign_empty"),
        ([agency(1), agency(1, Grade.D)], "object_repeated"),
        ([replace(agency(1), id="with space")], "object_malformed"),
        ([replace(agency(1), object_class=ObjectClass.EXPERT)], "object_without_item"),
        ([replace(agency(1), units=("不是代码",))], "object_unit_wrong"),
        ([agency(n) for n in range(2001)], "objects_too_many"),
    ],
)
def test_a_list_of_objects_that_overlaps_or_says_nonsense_is_refused(objects: list[Inspected], code: str) -> None:
    with pytest.raises(RuleViolation, match=code):
        decide(year(item()), {}, CampaignProposed(1, "抽查", ("i1",), tuple(objects)), someone())


def test_an_expert_is_a_number() -> None:
    named = (Inspected("E7", "张三", ObjectClass.EXPERT, Grade.B, ()),)
    state = year(item(object_class=ObjectClass.EXPERT))
    with pytest.raises(RuleViolation, match="object_name_not_public"):
        decide(state, {}, CampaignProposed(1, "抽查", ("i1",), named), someone())
    number = replace(named[0], name="")
    for known, code in ((replace(number, units=("U1",)), "object_name_not_public"), (number, "")):
        proposal = CampaignProposed(1, "抽查", ("i1",), (known,), "只有一名")
        if code:
            with pytest.raises(RuleViolation, match=code):
                decide(state, {}, proposal, someone())
        else:
            assert decide(state, {}, proposal, someone()) == (proposal,)
    people = (Inspector("a", (), ("E7",)), Inspector("b", ()))
    assert pools.free_inspectors(campaign((item(),), [number], lead=list(people)), "lead", "E7") == ("b",)


def test_a_grade_whose_draws_of_the_year_are_used_up_is_drawn_no_more() -> None:
    found = campaign((item(),), [agency(1), agency(2, Grade.C)])
    assert set(pools.shares(found)) == {"agency:B", "agency:C"}
    second = replace(found, occasions={"i1": 2})
    assert pools.shares(second) == {"agency:C": {"i1": 1}}
    assert [candidate.id for candidate in pools.object_candidates(second)] == ["C2"]
    done = replace(found, published_at=None)
    spent = replace(year(item()), campaigns={n: replace(done, published_at=1) for n in (1, 2)})  # type: ignore[arg-type]
    with pytest.raises(RuleViolation, match="item_without_objects"):
        decide(spent, {}, CampaignProposed(3, "抽查", ("i1",), (agency(1),)), someone())


BOTH = (item("i1"), item("i2", FIRE, intensity=risk("10", "50", "60", "100")))


@given(st.integers(2, 30), st.integers(0, 5), st.integers(0, 10_000))
def test_items_meet_on_one_object_and_each_has_its_share(common: int, high: int, seed: int) -> None:
    objects = [agency(n) for n in range(common)] + [agency(100 + n, Grade.D) for n in range(high)]
    found = campaign(BOTH, objects)
    draws = {lot_of(1, Part.OBJECTS): completed(found, Part.OBJECTS, {}, seed)}
    drawn = pools.drawn_objects(found, draws)
    wanted = pools.shares(found)
    for stratum, items in wanted.items():
        mine = [its for id_, its in drawn.items() if pools.group(found.objects[id_]) == stratum]
        assert len(mine) == max(items.values())
        assert {id_: sum(id_ in its for its in mine) for id_ in items} == items
        assert all(set(later) <= set(earlier) for earlier, later in pairwise(mine))  # nobody is visited twice for less
    assert all(drawn.values())


@given(st.data())
def test_at_least_two_free_inspectors_of_each_authority_for_every_object(data: st.DataObject) -> None:
    objects = [agency(n) for n in range(data.draw(st.integers(2, 12)))]
    codes = [found.id for found in objects]
    people = {
        name: [Inspector(f"{name}{n}", ()) for n in range(2)]
        + [Inspector(f"{name}{n}", (data.draw(st.sampled_from(codes)),)) for n in range(2, 5)]
        for name in ("lead", "fire")
    }
    found = campaign(BOTH, objects, **people)
    first = {lot_of(1, Part.OBJECTS): completed(found, Part.OBJECTS, {}, 1)}
    seed = data.draw(st.integers(0, 1000))
    draws = first | {lot_of(1, Part.INSPECTORS): completed(found, Part.INSPECTORS, first, seed)}
    for visit, accounts in pools.inspectors_of(found, draws).items():
        assert len(set(accounts)) == 2
        assert set(accounts) <= set(pools.free_inspectors(found, visit[1], visit[0]))
    assert set(pools.inspectors_of(found, draws)) == set(pools.visits(found, first))


def test_too_few_inspectors_for_an_object_are_told_before_anything_is_drawn() -> None:
    people = [Inspector("a", ()), Inspector("b", ()), Inspector("c", ("C2",))]
    state = replace(year(item()), campaigns={1: campaign((item(),), [agency(1), agency(2)], lead=people)})
    publication = CampaignPublished(1, "frozen")
    assert decide(state, {}, publication, someone(id_="other"), "frozen") == (publication,)
    drafted = state.campaigns[1]
    for stale in (
        replace(state, campaigns={1: replace(drafted, occasions={"i1": 2})}),
        replace(state, plan=plan(item(), item("i2"))),
    ):
        with pytest.raises(RuleViolation, match="campaign_outdated"):
            decide(stale, {}, publication, someone(id_="other"), "frozen")
    many = [Inspector(f"m{n}", ()) for n in range(8_001)]
    crowded = replace(state, campaigns={1: campaign((item(),), [agency(1)], lead=many)})
    with pytest.raises(RuleViolation, match="draw_too_large"):
        decide(crowded, {}, publication, someone(id_="other"), "frozen")
    for people, code in (
        ([Inspector("a", ("C2",)), Inspector("b", ()), Inspector("c", ("C2",))], "inspectors_too_few_for"),
        (None, "inspectors_not_listed"),
    ):
        lists = {"lead": people} if people else {}
        state = replace(state, campaigns={1: campaign((item(),), [agency(1), agency(2)], **lists)})
        with pytest.raises(RuleViolation, match=code) as refused:
            decide(state, {}, publication, someone(id_="other"), "frozen")
        if people:
            assert refused.value.facts == {"object": "C2", "available": 1, "needed": 2}


def test_two_persons_and_the_very_thing_that_was_read() -> None:
    state = replace(year(item()), proposed=plan(item()), proposed_sha256="x", proposed_by="me")
    with pytest.raises(RuleViolation, match="second_person_needed"):
        decide(state, {}, PlanApproved("x"), someone())
    with pytest.raises(RuleViolation, match="object_has_changed"):
        decide(state, {}, PlanApproved("y"), someone(id_="other"))
    people = [Inspector("a", ()), Inspector("b", ())]
    state = replace(state, campaigns={1: campaign((item(),), [agency(1)], lead=people)})
    with pytest.raises(RuleViolation, match="second_person_needed"):
        decide(state, {}, CampaignPublished(1, "f"), someone(), "f")
    with pytest.raises(RuleViolation, match="object_has_changed"):
        decide(state, {}, CampaignPublished(1, "g"), someone(id_="other"), "f")
    with pytest.raises(RuleViolation, match="act_for_another_authority"):
        decide(state, {}, InspectorsListed(1, "fire", ()), someone())


def test_a_plan_is_of_its_own_authorities_and_keeps_its_trustees() -> None:
    others, _ = run_ceremony([Member(i, f"T{i}", f"{i:064x}") for i in (1, 2, 3)], 2, lambda n: bytes([9]) * n)
    state = year(item())
    for wrong, code in (
        (plan(), "plan_empty"),
        (plan(item(), item()), "item_repeated"),
        (plan(item(authority=Party("strange", ""))), "item_of_others"),
        (replace(plan(item()), committee=others.describe()), "plan_trust_changed"),
        (replace(plan(item()), parties=replace(PARTIES, joint=())), "plan_of_others"),
    ):
        with pytest.raises(RuleViolation, match=code):
            decide(state, {}, wrong, someone())


def test_the_name_of_a_draw_is_read_strictly() -> None:
    assert part_of(lot_of(12, Part.INSPECTORS)) == (12, Part.INSPECTORS)
    for wrong in ("", "1", "1-", "x-objects", "1-objects-2", "-1-objects"):
        with pytest.raises(RuleViolation, match="campaign_unknown"):
            part_of(wrong)


LINES = (
    ("代码", "名称", "类别", "风险分类", "关联单位代码"),
    ("C1", "代理一", "代理机构", "b", "U1;U2;U1"),
    ("", "", ""),
    ("E7", "张三", "专家", "D", "U9"),
    ("P1", "项目", "project", "A"),
)


def test_a_list_is_read_as_people_keep_it_and_keeps_no_experts_name() -> None:
    objects = read_objects(LINES)
    assert [o.id for o in objects] == ["C1", "E7", "P1"]
    assert objects[0].units == ("U1", "U2")
    assert objects[1] == Inspected("E7", "", ObjectClass.EXPERT, Grade.D, ())
    assert read_objects(object_rows(objects)) == objects
    wrong = (("C1", "x", "别的", "B"), ("C1", "x", "专家", "E"), ("C1", "x"), ("", "x", "专家", "A"))
    for number, line in enumerate(wrong, 1):
        with pytest.raises(RuleViolation, match="objects_line_wrong") as refused:
            read_objects([("C0", "零", "专家", "A")] * (number - 1) + [line])
        assert refused.value.facts == {"line": number}


def test_figures_count_what_is_published_and_leave_out_who_was_not_there() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    found = replace(campaign((item("i1"),), [agency(n) for n in range(20)]), published_at=at, inspectors_drawn_at=at)
    draws = {lot_of(1, Part.OBJECTS): completed(found, Part.OBJECTS, {}, 5)}
    first, second = pools.drawn_objects(found, draws)
    outcomes = {}
    for object_, code in ((first, ResultCode.PROBLEM), (second, ResultCode.NOT_FOUND)):
        fact = ResultsEntered(1, object_, "lead", (ItemResult("i1", code, "x"),))
        outcomes[object_, "lead"] = Outcome(fact, "h", "me", at, fact, at + timedelta(days=60))
    state = replace(year(item("i1")), campaigns={1: replace(found, outcomes=outcomes)})
    later = at + timedelta(days=90)
    counted = figures(state, draws, later)
    assert [(r.inspected, r.hits, r.per_mille) for r in counted.by_item] == [(1, 1, 1000)]
    assert counted.by_code == (("6", 1), ("A", 1))
    (line,) = counted.coverage
    assert (line.listed, line.drawn, line.published, line.late) == (20, 2, 2, 2)
    assert counted.repeated == ()
    assert (counted.corrections.due, counted.corrections.awaited, counted.corrections.corrected) == (1, 1, 0)
    assert not any(rate.telling for rate in counted.by_item), "one result is no rate"
    again = ResultsEntered(1, first, "other", (ItemResult("i1", ResultCode.PROBLEM, "x"),))
    at_once = replace(found, outcomes=outcomes | {(first, "other"): Outcome(again, "h", "me", at, again, at)})
    assert figures(replace(state, campaigns={1: at_once}), draws, later).repeated == (), "two findings of one visit"
    second_campaign = replace(state.campaigns[1], proposed=replace(found.proposed, campaign=2))
    twice = replace(state, campaigns={1: state.campaigns[1], 2: second_campaign})
    assert [(r.object, r.findings) for r in figures(twice, draws, later).repeated] == [(first, 2)]


def test_results_that_are_not_published_in_time_are_counted_though_nothing_is_published() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    found = replace(campaign((item("i1"),), [agency(n) for n in range(20)]), published_at=at, inspectors_drawn_at=at)
    draws = {lot_of(1, Part.OBJECTS): completed(found, Part.OBJECTS, {}, 5)}
    first, _second = pools.drawn_objects(found, draws)
    fact = ResultsEntered(1, first, "lead", (ItemResult("i1", ResultCode.NO_PROBLEM, ""),))
    state = replace(year(item("i1")), campaigns={1: found})
    due_at = found.due_at
    assert due_at is not None

    def overdue(outcomes: dict[tuple[str, str], Outcome], now: datetime) -> tuple[int, int]:
        one = replace(found, outcomes=outcomes)
        (line,) = figures(replace(state, campaigns={1: one}), draws, now).coverage
        return line.late, line.overdue

    entered = {(first, "lead"): Outcome(fact, "h", "me", at)}
    published = {(first, "lead"): Outcome(fact, "h", "me", at, fact, at)}
    assert [overdue({}, now) for now in (due_at, due_at + timedelta(seconds=1))] == [(0, 0), (0, 2)]
    assert overdue(entered, due_at + timedelta(days=1)) == (0, 2), "a result that nobody confirms is not published"
    assert overdue(published, due_at + timedelta(days=1)) == (0, 1)


@given(st.integers(0, 400), st.integers(0, 400))
def test_a_rate_is_rounded_half_up(hits: int, others: int) -> None:
    rate = Rate("x", hits + others, hits)
    assert rate.per_mille == (0 if not rate.inspected else int(Decimal(1000 * hits) / rate.inspected + Decimal("0.5")))


CRITICAL = {9: 27.9, 19: 43.8}  # of χ² at p = 0.001, by degrees of freedom


def _chi_square(counts: list[int]) -> float:
    expected = sum(counts) / len(counts)
    return sum((count - expected) ** 2 / expected for count in counts)


def test_every_object_has_the_same_chance_under_each_item_and_every_free_inspector_too() -> None:
    objects = [agency(n) for n in range(20)]
    people = [Inspector(f"p{n}", ()) for n in range(10)] + [Inspector("tied", tuple(o.id for o in objects))]
    found = campaign((item("i1"), item("i2", intensity=risk("5", "25", "60", "100"))), objects, lead=people)
    drawn: dict[str, Counter[str]] = {"i1": Counter(), "i2": Counter()}
    sent = Counter[str]()
    for seed in range(600):
        first = {lot_of(1, Part.OBJECTS): completed(found, Part.OBJECTS, {}, seed)}
        for id_, items in pools.drawn_objects(found, first).items():
            for name in items:
                drawn[name][id_] += 1
        both = first | {lot_of(1, Part.INSPECTORS): completed(found, Part.INSPECTORS, first, -seed - 1)}
        sent.update(account for accounts in pools.inspectors_of(found, both).values() for account in accounts)
    for name, share in (("i1", 2), ("i2", 5)):
        assert sum(drawn[name].values()) == 600 * share
        assert _chi_square([drawn[name][o.id] for o in objects]) < CRITICAL[19]
    assert sent["tied"] == 0
    assert _chi_square([sent[f"p{n}"] for n in range(10)]) < CRITICAL[9]
