"""An inspected party that is heard, and a draw of inspectors that leaves no choice, in a year of `Inspecting`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.casefile.codec import encode
from app.casefile.sight import sees
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.procedure.inspections import pools
from app.procedure.inspections.facts import (
    CertainInspectorsProposed,
    InspectorRecused,
    InspectorsDrawOpened,
    RectificationConfirmed,
    RectificationRecorded,
    ResultCode,
    ResultsConfirmed,
    ResultsEntered,
    ViewAnswered,
    ViewStated,
)
from app.procedure.roles import ANYONE
from app.services.actors import load_actor
from app.services.inspection_results import evidence_file, take_evidence
from app.services.notices import own_notices
from crypto.canonical import digest
from tests.app.services.inspecting import AGENCY, Inspecting


def told(desk: Inspecting, login: str) -> set[str]:
    return {notice.code for notice in own_notices(desk.platform, desk.people[login].log_in)}


def hear_the_party(desk: Inspecting, object_: str, authority: str) -> None:
    """A0 says what it thinks of a result; it is answered by the other inspector, and then published."""
    assert object_ == "A0"
    first, second = desk.logins_of(object_, authority)
    results = desk.results(object_, authority, ResultCode.PROBLEM)
    desk.act(first, ResultsEntered(1, object_, authority, results), "")
    assert "result_entered_of_you" in told(desk, "officer")
    entered = desk.campaign().outcomes[object_, authority].entered_sha256
    file = take_evidence(desk.platform, desk.people["officer"].log_in, "存档.pdf", b"%PDF-1.7 kept elsewhere")
    said = ViewStated(1, object_, authority, entered, AGENCY, "agency单位", "存档在二楼，附照片。", (), (file,))
    for changes, wrong in (
        ({"name": "别的单位"}, "statement_of_another"),
        ({"unit": "A0"}, "statement_of_another"),
        ({"object": "A1"}, "statement_of_another"),
        ({"results_sha256": "0" * 64}, "object_has_changed"),
        ({"words": " "}, "text_missing"),
        ({"corrected": ("nothing",)}, "nothing_to_rectify"),
    ):
        with pytest.raises(RuleViolation, match=wrong):
            desk.act("officer", replace(said, **changes), "")
    for stranger in ("bidder-a", "centre", "regulator"):
        with pytest.raises(NotAllowed):
            desk.act(stranger, said, "")
    desk.act("officer", said, "")
    assert "statement_waits" in told(desk, second)
    confirmation = ResultsConfirmed(1, object_, authority, entered)
    with pytest.raises(RuleViolation, match="statement_unanswered"):
        desk.act(second, confirmation, "")
    (kept,) = desk.campaign().outcomes[object_, authority].statements
    answer = ViewAnswered(1, object_, authority, kept.sha256, False, "照片不是本年度的。")
    with pytest.raises(RuleViolation, match="second_person_needed"):
        desk.act(first, answer, "")
    desk.act(second, answer, "")
    with pytest.raises(RuleViolation, match="statement_answered"):
        desk.act(second, answer, "")
    assert "statement_answered" in told(desk, "officer")
    desk.act(second, confirmation, "")
    assert "result_published_of_you" in told(desk, "officer")
    row, chunks = evidence_file(desk.platform, desk.people[first].log_in, desk.case_id, file.id)
    assert (row.media_type, b"".join(chunks)) == ("application/pdf", b"%PDF-1.7 kept elsewhere")
    statement = next(r for r in desk.records() if r.type == "ViewStated")
    officer, other = (desk.people[login] for login in ("officer", "bidder-a"))
    with desk.platform.database.reading() as db_session:
        assert sees(load_actor(db_session, officer.id), desk.case, statement)
        assert not sees(load_actor(db_session, other.id), desk.case, statement)
    assert not sees(ANYONE, desk.case, statement)


def report_a_correction(desk: Inspecting, object_: str, authority: str) -> None:
    """After the time for its view the party may still say what it has put right; an inspector looks at it."""
    first, second = desk.logins_of(object_, authority)
    outcome = desk.campaign().outcomes[object_, authority]
    (item_id,) = outcome.awaited()
    desk.work_off(241)
    said = ViewStated(1, object_, authority, outcome.entered_sha256, AGENCY, "agency单位", "已经补齐。")
    with pytest.raises(RuleViolation, match="statement_too_late"):
        desk.act("releaser", said, "")
    desk.act("releaser", replace(said, corrected=(item_id,)), "")
    reported = desk.campaign().outcomes[object_, authority]
    assert reported.statements[-1].open
    assert reported.awaited() == (item_id,), "what a party says is not what was seen"
    desk.act(first, RectificationRecorded(1, object_, authority, item_id, True, "现场核查属实"), "")
    record = desk.campaign().outcomes[object_, authority].seen[item_id]
    assert desk.campaign().outcomes[object_, authority].statements[-1].open, "one inspector alone settles nothing"
    desk.act(second, RectificationConfirmed(1, object_, authority, item_id, record.sha256), "")
    seen = desk.campaign().outcomes[object_, authority]
    assert not seen.statements[-1].open
    assert seen.awaited() == ()


def open_without_choice(desk: Inspecting) -> None:
    """Somebody steps back, so that of one object both who are left will be drawn: two persons say why it goes on."""
    finance = desk.people["finance-1"].organisation
    object_ = next(o for o, a in pools.visits(desk.campaign(2), desk.case.draws) if a == finance)
    desk.act("finance-1", InspectorRecused(2, object_, "去年在该单位任职"), "")
    with pytest.raises(RuleViolation, match="draw_without_choice"):
        desk.act("regulator", InspectorsDrawOpened(2), "")
    proposed = CertainInspectorsProposed(2, (pools.place(object_, finance),), "财政局只有三名检查人员")
    for changes, wrong in (({"places": ()}, "certain_places_differ"), ({"reason": " "}, "text_missing")):
        with pytest.raises(RuleViolation, match=wrong):
            desk.act("regulator", replace(proposed, **changes), "")
    with pytest.raises(NotAllowed):
        desk.act("finance-2", proposed, "")
    desk.act("regulator", proposed, "")
    assert "certain_inspectors_wait" in told(desk, "inspector")
    opened = InspectorsDrawOpened(2, digest(encode(proposed)))
    with pytest.raises(RuleViolation, match="second_person_needed"):
        desk.act("regulator", opened, "")
    with pytest.raises(RuleViolation, match="object_has_changed"):
        desk.act("inspector", InspectorsDrawOpened(2), "")
    desk.act("inspector", opened, "")
