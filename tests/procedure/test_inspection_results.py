"""The lawful order of results: a statement that the authority itself holds right stands in the way of its entry."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.procedure.errors import RuleViolation
from app.procedure.inspections import pools
from app.procedure.inspections.facts import (
    InspectionYearOpened,
    Inspector,
    ItemResult,
    Part,
    Parties,
    RectificationConfirmed,
    RectificationRecorded,
    ResultCode,
    ResultsConfirmed,
    ResultsEntered,
    ViewAnswered,
    ViewStated,
)
from app.procedure.inspections.results import decide_result
from app.procedure.inspections.state import InspectionYear, Outcome, Statement, apply, lot_of
from app.procedure.terms import Party
from tests.procedure.test_inspection_rules import agency, campaign, completed, item, someone

LEAD = Party("lead", "牵头部门")
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


@pytest.mark.parametrize("two", [False, True])
def test_a_correction_counts_with_its_second_inspector_who_need_not_step_back(two: bool) -> None:
    people = [Inspector(id_, ("C0",) if id_ == "tied" else ()) for id_ in ("first", "second", "third", "tied")]
    found = replace(campaign((item("i1"),), [agency(0)], lead=people), published_at=AT)
    plan = replace(found.plan, rules=replace(found.plan.rules, corrections_confirmed=two))
    result = entered(ResultCode.PROBLEM)
    made = ViewStated(1, "C0", "lead", "entry-1", "C0", "代理0", "已改。", ("i1",))
    said = Statement(made, "s", "party", AT, "first", frozenset({"i1"}))
    outcome = Outcome(result, "entry-1", "first", AT, result, AT, statements=(said,))
    found = replace(found, plan=plan, outcomes={("C0", "lead"): outcome})
    seen = RectificationRecorded(1, "C0", "lead", "i1", True, "已补齐")
    state = InspectionYear(InspectionYearOpened(2026, Parties(LEAD, (), LEAD)), campaigns={1: found})
    for who in ("tied", "nobody"):
        if two:
            with pytest.raises(RuleViolation, match="inspector_may_not_follow"):
                decide_result(found, {}, seen, someone(id_=who), AT)
    decide_result(found, {}, seen, someone(id_="third"), AT)
    after = apply(state, seen, "third", AT, "record").campaign(1)
    assert bool(after.outcomes["C0", "lead"].awaited()) is two
    assert after.outcomes["C0", "lead"].statements[0].open is two
    confirmation = RectificationConfirmed(1, "C0", "lead", "i1", "record")
    if not two:
        with pytest.raises(RuleViolation, match="rectification_not_recorded"):
            decide_result(after, {}, confirmation, someone(id_="second"), AT)
        return
    for who, wrong in (("third", "second_person_needed"), ("tied", "inspector_may_not_follow")):
        with pytest.raises(RuleViolation, match=wrong):
            decide_result(after, {}, confirmation, someone(id_=who), AT)
    decide_result(after, {}, confirmation, someone(id_="second"), AT)
    done = apply(replace(state, campaigns={1: after}), confirmation, "second", AT, "").campaign(1)
    assert done.outcomes["C0", "lead"].awaited() == ()
    assert not done.outcomes["C0", "lead"].statements[0].open
    anew = apply(replace(state, campaigns={1: after}), replace(seen, done=False), "second", AT, "later").campaign(1)
    with pytest.raises(RuleViolation, match="object_has_changed"):
        decide_result(anew, {}, confirmation, someone(id_="first"), AT)
