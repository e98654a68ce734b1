"""Where an expert works and what one is drawn for is read as it was written."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.casefile.codec import decode
from app.procedure.expert_particulars import particulars_cells, read_particulars
from app.procedure.expert_rows import Known
from evaluation.experts import Employment, Particulars, Qualification, left_employer
from evaluation.specialities import SpecialityTree

KNOWN = Known({"主场": "s1", "s1": "s1"}, SpecialityTree("", ()), date(2026, 3, 1))
DAYS = st.dates(date(2000, 1, 1), date(2040, 1, 1))
NAMES = st.text("甲乙丙造价工程师", min_size=1, max_size=8)
ENTRIES = st.builds(
    Particulars,
    organisation=st.just("旧单位代码"),  # what stands needs no check
    site=st.just("s1"),
    specialities=st.lists(st.sampled_from(["A01", "goods", "急救"]), min_size=1, unique=True).map(tuple),
    certified_until=DAYS,
    title=NAMES | st.just(""),
    region=st.sampled_from(["", "510000"]),
    practising_since=st.none() | st.dates(date(1970, 1, 1), date(2026, 3, 1)),
    qualifications=st.lists(st.builds(Qualification, NAMES, st.none() | DAYS), max_size=3).map(tuple),
)


@given(ENTRIES)
def test_what_stands_is_read_again_as_it_stands(entry):
    read, faults = read_particulars(particulars_cells(entry, "某设计院"), KNOWN, entry)
    assert faults == ()
    assert decode(Particulars, read) == entry


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"credit_code": "另一代码"}, "row_credit_code"),
        ({"organisation": ""}, "row_missing"),
        ({"site": "副场"}, "row_site"),
        ({"specialities": "B99"}, "row_speciality"),
        ({"certified_until": "明年"}, "row_date"),
        ({"title": "高级\u202e工程师"}, "row_unprintable"),
    ],
)
def test_what_is_new_is_checked(cells, code):
    entry = Particulars("旧单位代码", "s1", ("急救",), date(2030, 1, 1))
    _read, faults = read_particulars(particulars_cells(entry, "某设计院") | cells, KNOWN, entry)
    assert [fault.code for fault in faults] == [code]
    other = particulars_cells(entry, "某设计院") | {"credit_code": "另一代码"}
    assert read_particulars(other, KNOWN, entry, ["另一代码"])[1] == (), "a registered organisation is known"


def test_the_former_employer_is_kept_once():
    day, known = date(2026, 3, 1), Employment("A", date(2020, 1, 1))
    assert left_employer("B", day, (known,)) == (known, Employment("B", day))
    assert left_employer("A", day, (known,)) == (known,)
