"""Points, what they lead to, and the hours of training that count."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.appraisal import (
    AppraisalGround,
    AppraisalRules,
    Points,
    Presence,
    in_force,
    objection_until,
    points_of,
    suspended_until,
)
from evaluation.errors import RuleViolation
from evaluation.experts import EligibilityRules, Expert, Ineligibility, ineligibility
from evaluation.training import Training, TrainingDemand, hours_on, trained

NOW = datetime(2026, 3, 2, tzinfo=UTC)
TODAY = NOW.date()
RULES = AppraisalRules(
    grounds=(
        AppraisalGround("fine", "好", "Fine", 0, "规则"),
        AppraisalGround("late", "迟到", "Late", 2, "规则", Presence.CAME),
        AppraisalGround("absent", "不到场", "Absent", 6, "规则", Presence.ABSENT),
        AppraisalGround("told", "泄密", "Told", 12, "规则"),
    ),
    objection_days=7,
    counted_days=365,
    suspended_from=12,
    suspended_days=180,
    article="规则",
)


@pytest.mark.parametrize(
    ("codes", "note", "code"),
    [
        ([], "", "appraisal_empty"),
        (["rude"], "粗鲁", "appraisal_ground_unknown"),
        (["fine", "late"], "矛盾", "appraisal_contradicts"),
        (["late"], " ", "appraisal_note_missing"),
        (["late"], "长" * 501, "appraisal_note_long"),
        (["absent"], "没有来", "appraisal_refuted"),
        (["told", "late"], "短" * 19, "appraisal_note_short"),
    ],
)
def test_what_is_no_appraisal(codes: list[str], note: str, code: str):
    with pytest.raises(RuleViolation, match=code):
        points_of(RULES, codes, note, Presence.CAME)


def test_points_of_grounds_are_added_once_each():
    assert points_of(RULES, ["fine"], "", Presence.CAME) == 0
    assert points_of(RULES, ["late", "told", "late"], "证据" * 10, Presence.CAME) == 14
    assert points_of(RULES, ["absent"], "没有来", Presence.ABSENT) == 6
    with pytest.raises(RuleViolation, match="appraisal_refuted"):
        points_of(RULES, ["late"], "没有来的人不会迟到", Presence.ABSENT)
    assert objection_until(RULES, NOW) == NOW + timedelta(days=7)


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(-10, 800)), max_size=8))
def test_only_settled_points_of_the_last_days_count(given_points: list[tuple[int, int]]):
    points = [Points(count, NOW - timedelta(days=ago)) for count, ago in given_points]
    expected = sum(count for count, ago in given_points if 0 <= ago < 365)
    assert in_force(RULES, points, NOW) == expected
    until = suspended_until(RULES, points, NOW)
    assert until == (NOW + timedelta(days=180) if expected >= 12 else None)


@given(st.lists(st.tuples(st.integers(1, 80), st.integers(-20, 900), st.integers(-20, 900) | st.none()), max_size=6))
def test_hours_count_while_their_course_is_fresh_and_valid(courses: list[tuple[int, int, int | None]]):
    trainings = [
        Training(
            "课", D(tenths) / 10, TODAY - timedelta(days=ago), None if end is None else TODAY + timedelta(days=end)
        )
        for tenths, ago, end in courses
    ]
    demand = TrainingDemand(8, 730)
    expected = sum((D(t) / 10 for t, ago, end in courses if 0 <= ago < 730 and (end is None or end >= 0)), D(0))
    assert hours_on(trainings, demand, TODAY) == expected
    assert trained(trainings, demand, TODAY) == (expected >= 8)
    assert trained(trainings, None, TODAY)


def test_whoever_lacks_the_hours_is_not_drawn_where_they_are_asked_for():
    expert = Expert("e", "o", "s", ("A",), date(1980, 1, 1), date(2030, 1, 1))
    asked = EligibilityRules(70, training=TrainingDemand(8, 730))
    where = {"speciality": "A", "site": "s", "on": TODAY}
    assert ineligibility(expert, EligibilityRules(70), **where) == ()  # type: ignore[arg-type]
    assert ineligibility(expert, asked, **where) == (Ineligibility.NOT_TRAINED,)  # type: ignore[arg-type]
