"""An inspector leaves between the entry of a result and its confirmation: others have him or her replaced."""

from __future__ import annotations

import pytest

from app.procedure.errors import RuleViolation
from app.procedure.inspections import pools
from app.procedure.inspections.facts import (
    Part,
    RedrawOrdered,
    RedrawProposed,
    ResultCode,
    ResultsConfirmed,
    ResultsEntered,
)
from app.queries.inspection_steps import steps
from app.services.actors import load_actor
from tests.app.services.inspecting import COURSE, LEAD, Inspecting
from tests.app.web.site import Site


def refused(desk: Inspecting, who: str, fact: object) -> str:
    with pytest.raises(RuleViolation) as violation:
        desk.act(who, fact, "")
    return violation.value.code


def step(desk: Inspecting, login: str, object_: str) -> str:
    with desk.platform.database.reading() as db_session:
        actor = load_actor(db_session, desk.people[login].id)
    found = steps(desk.case, actor, desk.platform.database.now())
    return next((one.code for one in found if one.subject == object_), "")


@pytest.mark.parametrize("leaves", ["who entered it", "who would confirm it"])
def test_who_leaves_after_an_entry_is_replaced_by_two_who_were_not_drawn(tmp_path, leaves: str):
    desk = Inspecting(tmp_path).through(COURSE)
    desk.drawn()
    object_, authority = next(
        visit for visit in pools.visits(desk.campaign(), desk.case.draws) if set(desk.logins_of(*visit)) <= set(LEAD)
    )
    first, second = desk.logins_of(object_, authority)
    results = desk.results(object_, authority, ResultCode.PROBLEM)
    desk.act(first, ResultsEntered(1, object_, authority, results), "")
    gone, stays = (first, second) if leaves == "who entered it" else (second, first)
    proposer, orderer = (login for login in LEAD if login not in (first, second))
    asked = RedrawProposed(1, Part.INSPECTORS, desk.candidate(gone, object_), "调离本部门")
    assert refused(desk, stays, asked) == "redraw_by_inspector"
    desk.act(proposer, asked, "")
    assert refused(desk, stays, RedrawOrdered(**vars(asked))) == "redraw_by_inspector"
    assert refused(desk, proposer, RedrawOrdered(**vars(asked))) == "second_person_needed"
    desk.act(orderer, RedrawOrdered(**vars(asked)), "")
    desk.draw(1, Part.INSPECTORS)
    desk.work_off()
    pair = desk.logins_of(object_, authority)
    assert stays in pair
    assert gone not in pair
    (fresh,) = set(pair) - {stays}
    entry = desk.campaign().outcomes[object_, authority]
    confirmation = ResultsConfirmed(1, object_, authority, entry.entered_sha256)
    if gone == first:
        assert refused(desk, stays, confirmation) == "results_of_replaced"
        assert step(desk, stays, object_) == step(desk, fresh, object_) == "enter_results"
        page = Site(desk).browser(stays).get(f"/inspections/{desk.case_id}/campaigns/1/visits/{object_}")
        assert "其填报不能确认" in page
        desk.act(stays, ResultsEntered(1, object_, authority, results), "")
        confirmation = ResultsConfirmed(
            1, object_, authority, desk.campaign().outcomes[object_, authority].entered_sha256
        )
    else:
        assert step(desk, fresh, object_) == "confirm_results"
    desk.act(fresh, confirmation, "")
    assert desk.campaign().outcomes[object_, authority].confirmed is not None
    drawn = desk.candidate(fresh, object_)
    assert refused(desk, gone, RedrawProposed(1, Part.INSPECTORS, drawn, "再换")) == "redraw_after_results"
    assert drawn not in Site(desk).browser("regulator").get(f"/inspections/{desk.case_id}/campaigns/1/redraw")
