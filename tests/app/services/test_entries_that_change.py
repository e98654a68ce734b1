"""Every line of an expert's entry changes by two persons: employer, term, specialities."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select

from app.models import ExpertSpeciality
from app.procedure.errors import RuleViolation
from app.procedure.expert_particulars import particulars_cells
from app.procedure.expert_rows import correction_cells
from app.procedure.names import credit_code_digit
from app.queries.experts import load_expert_file
from app.services import expert_corrections
from evaluation.experts import correctable, particulars
from tests.app.services.test_expert_library import of_batch, taken
from tests.app.workbench import Bench

__all__ = ["taken"]
OTHER_CODE = f"91510100MA00000X0{credit_code_digit('91510100MA00000X0')}"


def cells_of(bench: Bench, person: str) -> dict[str, str]:
    """An entry as the page of the expert shows it to be changed."""
    with bench.platform.database.reading() as db_session:
        found = load_expert_file(db_session, person)
        assert found is not None
        named = particulars_cells(particulars(found.entry), found.row.employer)
        return named | correction_cells(correctable(found.entry))


def test_who_changes_the_employer_is_its_staff_from_then_on_and_the_former_one_counts_on(bench: Bench, taken: str):
    person, centre = of_batch(bench, taken)[2].id, bench.people["centre"].log_in
    regulator, now = bench.people["regulator"].log_in, cells_of(bench, person)
    propose = partial(expert_corrections.propose_correction, bench.platform, centre, person)
    other = {"organisation": "另一设计院", "credit_code": OTHER_CODE}
    for changed, code in (
        ({"organisation": "另一设计院"}, "correction_changes_nothing"),  # a name alone is no other employer
        ({"credit_code": "91510100MA0000000"}, "row_credit_code"),
        (other | {"organisation": ""}, "row_missing"),
        ({"site": "没有的场所"}, "row_site"),
        ({"specialities": "Z99"}, "row_speciality"),
        ({"certified_until": "2029-13-01"}, "row_date"),
        ({"region": "990000"}, "row_region"),
        ({"practising_since": "2999-01-01"}, "row_future"),
    ):
        with pytest.raises(RuleViolation, match=code):
            propose(now | changed, "核实")
    propose(now | other, "调动")
    assert cells_of(bench, person) == now, "until it is confirmed, nothing has changed"
    expert_corrections.decide_correction(bench.platform, regulator, person, accepted=True)
    after, day = cells_of(bench, person), bench.platform.database.now().date()
    former = f"{now['credit_code']}:{day}"
    assert after == now | other | {"past_employments": "\n".join(filter(None, (now["past_employments"], former)))}
    with pytest.raises(RuleViolation, match="organisation_other_name"):
        propose(after | {"organisation": "又一名称", "credit_code": now["credit_code"]}, "调动")


def test_a_term_is_renewed_and_a_speciality_changed_by_two_persons(bench: Bench, taken: str):
    person, centre = of_batch(bench, taken)[2].id, bench.people["centre"].log_in
    now = cells_of(bench, person)
    other = {"certified_until": "2031-12-31", "specialities": "A0802", "title": "正高级工程师", "region": "510100"}
    other |= {"practising_since": "", "qualifications": "注册造价工程师:2031-12-31\n注册建造师"}
    expert_corrections.propose_correction(bench.platform, centre, person, now | other, "续聘")
    expert_corrections.decide_correction(bench.platform, bench.people["regulator"].log_in, person, accepted=True)
    assert cells_of(bench, person) == now | other
    with bench.platform.database.reading() as db_session:
        found = load_expert_file(db_session, person)
        assert found is not None
        told = {"specialities", "certified_until", "title", "region", "qualifications"}
        assert told <= set(found.history[0].changed) <= told | {"practising_since"}, "the history says what was changed"
    with bench.platform.database.reading() as db_session:
        held = db_session.scalars(select(ExpertSpeciality.speciality).where(ExpertSpeciality.expert_id == person))
        assert list(held) == ["A0802"]
