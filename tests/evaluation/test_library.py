"""Specialities as a tree of codes, standings in the library, and what else keeps one out of a pool."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import RuleViolation
from evaluation.experts import (
    Absence,
    EligibilityRules,
    Expert,
    Ineligibility,
    Qualification,
    age,
    eligible,
    ineligibility,
)
from evaluation.specialities import Speciality, SpecialityTree, check_tree, covers, is_code, parent
from evaluation.standing import NEXT, Standing, Status, Step, after, steps_from
from tests.choices import choices

DAY = date(2026, 6, 1)
EXPERT = Expert("E1", "unit", "host", ("A0801", "B02"), date(1975, 1, 1), date(2030, 1, 1))
# Each of three digits below each other on up to four levels.
CODES = [
    root + "".join(levels)
    for root in "ABC"
    for depth in range(5)
    for levels in product(("00", "01", "02"), repeat=depth)
]
DAYS = [date(2020, 1, 1), DAY - timedelta(1), DAY, DAY + timedelta(1), date(2034, 12, 31)]


def reasons(speciality: str = "A08", on: date = DAY, least_years: int = 0, **changes) -> set[Ineligibility]:
    rules = EligibilityRules(70, least_years)
    return set(ineligibility(replace(EXPERT, **changes), rules, speciality=speciality, site="host", on=on))


def test_a_node_covers_itself_and_what_is_below_it():
    for held in CODES:
        above, node = set(), held
        while node:
            above.add(node)
            node = parent(node)
        assert {node for node in CODES if covers(node, held)} == above


@given(st.text(max_size=6), st.text(max_size=6))
def test_plain_words_cover_themselves_alone(node, held):
    if not (is_code(node) and is_code(held)):
        assert covers(node, held) is (node == held)


@given(choices(51))
def test_a_tree_holds_the_parents_of_its_nodes(chosen):
    found = {chosen.one(CODES) for _ in range(chosen.one(range(1, 26)))}
    whole = set(found)
    for code in found:
        while code := parent(code):
            whole.add(code)
    nodes = [Speciality(code, "名", "name") for code in whole]
    check_tree(nodes)
    tree = SpecialityTree("", tuple(nodes))
    for code in found:
        path = [node.code for node in tree.path(code)]
        assert path[0] == code[0]
        assert path[-1] == code
        assert all(covers(node, code) for node in path)


@pytest.mark.parametrize(
    ("nodes", "code"),
    [
        ([], "specialities_missing"),
        ([("A1", "名", "name")], "speciality_code_malformed"),
        ([("A", "名", "name"), ("A", "名", "name")], "speciality_repeated"),
        ([("A", "名", " ")], "speciality_unnamed"),
        ([("A", "名", "name"), ("A0101", "名", "name")], "speciality_without_parent"),
    ],
)
def test_a_wrong_tree_is_refused(nodes, code):
    with pytest.raises(RuleViolation, match=code):
        check_tree(Speciality(*node) for node in nodes)


def test_a_stratum_takes_whoever_holds_something_below_its_speciality():
    assert reasons("A") == reasons("A08") == reasons("A0801") == reasons("B02") == set()
    assert reasons("A09") == reasons("A080101") == reasons("B0201") == {Ineligibility.OTHER_SPECIALITY}


@pytest.mark.parametrize("status", Status)
def test_only_the_admitted_are_drawn(status):
    assert (reasons(status=status) == set()) is (status is Status.ADMITTED)


def test_nobody_is_drawn_for_a_day_of_absence():
    for first, last, on in product(DAYS, repeat=3):
        found = Ineligibility.NOT_AVAILABLE in reasons(on=on, absences=(Absence(first, last),))
        assert found is (first <= on <= last), (first, last, on)


def test_a_qualification_on_record_must_be_valid():
    for ends in (ends for count in range(4) for ends in product((None, *DAYS), repeat=count)):
        for on in DAYS:
            found = reasons(on=on, qualifications=tuple(Qualification("licence", end) for end in ends))
            valid = not ends or any(end is None or on <= end for end in ends)
            assert (Ineligibility.QUALIFICATION_ENDED in found) is not valid, (ends, on)


def test_years_in_the_profession_that_nobody_recorded_are_none():
    around = [DAY.replace(year=year) + timedelta(days) for year in range(2010, 2036) for days in (-1, 0, 1)]
    for since, least in product((None, *around), range(10)):
        found = Ineligibility.TOO_FEW_YEARS in reasons(least_years=least, practising_since=since)
        assert found is (least > 0 and (since is None or age(since, DAY) < least)), (since, least)


@given(choices(21))
def test_a_pool_holds_only_the_admitted_who_are_covered(chosen):
    people = [(chosen.one(list(Status)), (chosen.one(CODES),)) for _ in range(chosen.one(range(7)))]
    experts = [replace(EXPERT, id=f"E{i}", status=s, specialities=held) for i, (s, held) in enumerate(people)]
    held = chosen.one(CODES)
    for speciality in {held[:1], held[:3], held}:
        pool = eligible(experts, EligibilityRules(70), speciality=speciality, site="host", on=DAY)
        assert [e.id for e in pool] == [
            e.id for e in experts if e.status is Status.ADMITTED and e.specialities[0].startswith(speciality)
        ]


def test_whoever_is_admitted_or_removed_was_in_two_hands():
    """Every step by either of two people, from every standing to which steps of theirs lead."""
    reached: list[Standing | None] = [None]
    for before in reached:
        for step, by in product(Step, "ab"):
            try:
                standing = after(before, step, by, "reason")
            except RuleViolation:
                continue
            assert step in steps_from(before.status if before else None)
            if step in {Step.ADMIT, Step.REMOVE}:
                assert before is not None
                assert before.by != by
            if standing not in reached:
                reached.append(standing)
    assert {standing.status for standing in reached if standing} == set(Status)


def test_every_status_but_the_first_is_reached_and_leads_on():
    reached = {status for steps in NEXT.values() for status in steps.values()}
    assert reached == set(Status) == set(NEXT) - {None}


@pytest.mark.parametrize(
    ("step", "by", "reason", "code"),
    [
        (Step.REMOVE, "b", "r", "standing_step_impossible"),
        (Step.ADMIT, "b", " ", "standing_reason_missing"),
        (Step.ADMIT, "a", "r", "second_person_needed"),
    ],
)
def test_a_step_is_refused_in_words(step, by, reason, code):
    with pytest.raises(RuleViolation, match=code):
        after(Standing(Status.REVIEWED, "a"), step, by, reason)


def test_the_last_day_counts():
    assert reasons(certified_until=DAY) == set()
    assert reasons(certified_until=DAY - timedelta(1)) == {Ineligibility.CERTIFICATE_ENDED}
