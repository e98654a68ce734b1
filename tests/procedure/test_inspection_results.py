"""The lawful order of results: a statement that the authority itself holds right stands in the way of its entry."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.procedure.errors import RuleViolation
from app.procedure.inspections import pools
from app.procedure.inspections.facts import (
    Inspector,
    ItemResult,
    Part,
    ResultCode,
    ResultsConfirmed,
    ResultsEntered,
    ViewAnswered,
    ViewStated,
)
from app.procedure.inspections.results import decide_result
from app.procedure.inspections.state import Outcome, Statement, lot_of
from tests.procedure.test_inspection_rules import agency, campaign, completed, item, someone

AT = datetime(2026, 3, 2, tzinfo=UTC)


def entered(code: ResultCode) -> ResultsEntered:
    return ResultsEntered(1, "C0", "lead", (ItemResult("i1", code, "x"),))


@pytest.mark.parametrize("right", [False, True])
def test_what_is_answered_to_be_wrong_is_entered_anew_before_it_is_confirmed(right: bool) -> None:
    people = [Inspector(id_, ()) for id_ in ("first", "second")]
    found = replace(campaign((item("i1"),), [agency(0)], lead=people), published_at=AT)
    draws = {lot_of(1, Part.OBJECTS): completed(found, Part.OBJECTS, {}, 5)}
    draws[lot_of(1, Part.INSPECTORS)] = completed(found, Part.INSPECTORS, draws, 5)
    assert set(pools.inspectors_of(found, draws)["C0", "lead"]) == {"first", "second"}
    made = ViewStated(1, "C0", "lead", "entry-1", "C0", "代理0", "不是我们的项目。")
    answer = ViewAnswered(1, "C0", "lead", "s", right, "属实。" if right else "不属实。")
    said = Statement(made, "s", "party", AT, "first", frozenset(), answer, AT)
    outcome = Outcome(entered(ResultCode.PROBLEM), "entry-1", "first", AT, statements=(said,))
    waiting = replace(found, outcomes={("C0", "lead"): outcome})
    confirmation, second = ResultsConfirmed(1, "C0", "lead", "entry-1"), someone(id_="second")
    assert outcome.upheld is right
    if not right:
        decide_result(waiting, draws, confirmation, second, AT)
        return
    with pytest.raises(RuleViolation, match="statement_upheld"):
        decide_result(waiting, draws, confirmation, second, AT)
    decide_result(waiting, draws, entered(ResultCode.NO_PROBLEM), second, AT)
    anew = replace(outcome, entered=entered(ResultCode.NO_PROBLEM), entered_sha256="entry-2", entered_by="second")
    mended = replace(found, outcomes={("C0", "lead"): anew})
    decide_result(mended, draws, ResultsConfirmed(1, "C0", "lead", "entry-2"), someone(id_="first"), AT)
