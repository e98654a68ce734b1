"""Fees by the published table: figures by hand, and what holds whatever the times."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import RuleViolation
from evaluation.fees import (
    UNNAMED,
    Attendance,
    Course,
    FeeKind,
    FeeTable,
    Origin,
    check_amount,
    check_supplement,
    due_at,
    fee,
    minutes_worked,
    origin,
    total,
)

TABLE = FeeTable(
    base=D(300),
    base_minutes=120,
    step=D(50),
    step_minutes=30,
    night=D(50),
    night_from="22:00",
    night_until="06:00",
    left=D(100),
    waited=D(200),
    recess_paid_minutes=60,
    travel={"district": D(50), "city": D(100), "province": D(200), "elsewhere": D(400)},
    article="平台规则",
)
NINE = datetime(2026, 3, 2, 1, tzinfo=UTC)  # at nine in the morning there
HOUR = timedelta(hours=1)


def came(hours: float, *, at: datetime = NINE, course: Course = Course.FINISHED, recesses=()) -> Attendance:
    return Attendance("n", 1, "s", at, at + timedelta(minutes=round(hours * 60)), course, tuple(recesses))


def paid(attendance: Attendance, where: Origin = Origin.DISTRICT) -> dict[FeeKind, tuple[int, D]]:
    return {line.kind: (line.units, line.amount) for line in fee(TABLE, attendance, where)}


@pytest.mark.parametrize(
    ("hours", "further"), [(0, 0), (1.5, 0), (2, 0), (2 + 1 / 60, 1), (2.5, 1), (3.6, 4), (10, 16)]
)
def test_begun_half_hours_beyond_the_first_two_hours(hours: float, further: int):
    found = paid(came(hours))
    assert found[FeeKind.BASE] == (1, D(300))
    assert found.get(FeeKind.FURTHER, (0, D(0))) == (further, D(50) * further)
    assert found[FeeKind.TRAVEL] == (1, D(50))


def test_a_recess_counts_up_to_what_the_table_pays():
    lunch = [(NINE + 3 * HOUR, NINE + 5 * HOUR)]
    assert minutes_worked(TABLE, came(6, recesses=lunch)) == 5 * 60
    assert minutes_worked(TABLE, came(6, recesses=[(NINE + HOUR, NINE + HOUR * 3 / 2)])) == 6 * 60
    before = [(NINE - 5 * HOUR, NINE - HOUR)]
    assert minutes_worked(TABLE, came(6, recesses=before)) == 6 * 60, "whoever was not there had no recess"


def test_the_night_is_paid_on_top_by_begun_hours_over_midnight():
    found = paid(came(3, at=NINE + 13.5 * HOUR))  # from half past ten in the evening
    assert found[FeeKind.NIGHT] == (3, D(150))
    assert FeeKind.NIGHT not in paid(came(12))
    asleep = [(NINE + 14 * HOUR, NINE + 22 * HOUR)]
    assert paid(came(26, recesses=asleep))[FeeKind.NIGHT][0] == 1, "from ten to eleven; the rest was a recess"


def test_who_steps_back_or_comes_in_vain_gets_a_sum_and_the_way():
    assert paid(came(5, course=Course.LEFT), Origin.CITY) == {
        FeeKind.LEFT: (1, D(100)),
        FeeKind.TRAVEL: (1, D(100)),
    }
    assert paid(came(5, course=Course.DISMISSED), Origin.CITY) == {}, "nor is travel"
    assert total(fee(TABLE, came(5, course=Course.NOT_BEGUN), Origin.UNKNOWN)) == D("200.00")


@pytest.mark.parametrize(
    ("expert", "site", "where"),
    [
        ("510104", "510104", Origin.DISTRICT),
        ("510104", "510107", Origin.CITY),
        ("510104", "511902", Origin.PROVINCE),
        ("500101", "510104", Origin.ELSEWHERE),
        ("", "510104", Origin.UNKNOWN),
        ("510104", "", Origin.UNKNOWN),
    ],
)
def test_how_far_somebody_comes(expert: str, site: str, where: Origin):
    assert origin(expert, site) is where


@given(
    st.integers(0, 3000),
    st.integers(0, 3000),
    st.lists(st.tuples(st.integers(-100, 3000), st.integers(0, 600)), max_size=3),
)
def test_who_stays_longer_is_never_paid_less(first: int, more: int, rests: list[tuple[int, int]]):
    begun = [NINE + timedelta(minutes=since) for since, _long in rests]
    recesses = tuple((at, at + timedelta(minutes=length)) for at, (_s, length) in zip(begun, rests, strict=True))
    shorter = replace(came(0, recesses=recesses), ended_at=NINE + timedelta(minutes=first))
    longer = replace(shorter, ended_at=shorter.ended_at + timedelta(minutes=more))
    low, high = (total(fee(TABLE, one, Origin.CITY)) for one in (shorter, longer))
    assert D(400) <= low <= high
    assert high == high.quantize(D("0.01"))


def test_amounts_that_people_enter():
    check_amount(D("350.00"), D("350.00"), "")
    check_amount(D("0"), D("350.00"), "没有到场")
    for amount, reason, code in (
        (D("350.01"), " ", "fee_reason_missing"),
        (D("-1"), "理由", "fee_amount_wrong"),
        (D("1.001"), "理由", "fee_amount_wrong"),
        (D("1000000.01"), "理由", "fee_amount_wrong"),
    ):
        with pytest.raises(RuleViolation, match=code):
            check_amount(amount, D("350.00"), reason)
    with pytest.raises(RuleViolation, match="fee_times_reversed"):
        fee(TABLE, came(-1), Origin.CITY)


@given(over=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), later=st.timedeltas(timedelta(0), timedelta(90)))
def test_nobody_is_named_as_paid_before_the_evaluation_is_of_the_past(over: datetime, later: timedelta):
    due = due_at(over, over + later)
    assert due - over >= UNNAMED
    assert due in (over + later, over + UNNAMED)


@pytest.mark.parametrize(
    ("amount", "reason", "code"),
    [
        ("0", "多付", "fee_supplement_wrong"),
        ("-100.01", "多付", "fee_supplement_wrong"),
        ("0.001", "少付", "fee_supplement_wrong"),
        ("1000000", "少付", "fee_supplement_wrong"),
        ("10", " ", "fee_supplement_reason"),
    ],
)
def test_what_cannot_be_added_to_a_fee(amount: str, reason: str, code: str):
    with pytest.raises(RuleViolation, match=code):
        check_supplement(D(amount), D("100.00"), reason)


def test_a_fee_is_added_to_and_taken_off_down_to_nothing():
    check_supplement(D("340.00"), D("10.00"), "少输一个零")
    check_supplement(D("-100"), D("100.00"), "没有到场")
