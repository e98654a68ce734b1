"""The supervision authority is told of every answered correction: seat, ground, times, decision, and no score."""

from __future__ import annotations

import json
import re

import pytest
from sqlalchemy import select

from app.casefile.sight import sees
from app.models import Notice
from app.queries.cases import load_records
from app.services.actors import load_actor
from app.services.platform import DIST
from evaluation import sitting
from evaluation.sitting import Stage
from tests.app.services.people import LOT
from tests.app.web.site import Site, stated
from tests.app.web.test_correction_answers import FAR, NOTE, REASON, Marked

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
AUTHORITY = ("regulator", "inspector")
OTHERS = ("officer", "releaser", "centre", "bidder-a", "witness-sub")
OF_CORRECTIONS = ("CorrectionRequested", "CorrectionRefused", "CorrectionWithdrawn", "SheetReopened")


def notices(case, who: str) -> list[Notice]:
    with case.platform.database.reading() as db_session:
        query = select(Notice).where(Notice.account_id == case.people[who].id).order_by(Notice.created_at)
        return [notice for notice in db_session.scalars(query) if notice.code.startswith("correction_")]


def seen(case, who: str = "regulator") -> dict[str, set[bool]]:
    """Whether somebody sees the facts of each kind."""
    found: dict[str, set[bool]] = {}
    with case.platform.database.reading() as db_session:
        actor = load_actor(db_session, case.people[who].id)
        for record in load_records(db_session, case.case_id):
            found.setdefault(record.type, set()).add(sees(actor, case.case, record))
    return found


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Marked:
    """Seat 3 takes a request back."""
    case = Marked(tmp_path_factory.mktemp("told")).until_report()
    case.asks()
    case.clock.advance(1)
    case.act(case.members[FAR], sitting.CorrectionWithdrawn(FAR))
    case.work_off()
    return case


@pytest.fixture(scope="module")
def site(case: Marked) -> Site:
    return Site(case)


def without_a_score(case: Marked, text: str) -> None:
    """Nothing of the sheet: neither what is written about it, nor the score asked for, nor its criterion."""
    score = format(case.far(FAR, [case.place.bid])[case.place.bid]["plan"].normalize(), "f")
    assert NOTE not in text
    assert REASON not in text
    assert not re.search(rf"(?<![\d.:-]){re.escape(score)}(?![\d.:-])", text)
    assert "方案" not in text


def test_the_authority_gets_a_notice_of_each_answer_and_nobody_else(case: Marked, site: Site):
    codes = ["correction_withdrawn_abnormal_score"]
    assert [one.code for one in notices(case, "regulator")] == codes
    case.asks()
    assert [one.code for one in notices(case, "regulator")] == codes  # that somebody asks is the committee's alone
    case.clock.advance(1)
    case.act(case.members[case.chair], sitting.CorrectionRefused(case.chair, FAR, REASON))
    case.work_off()
    codes.append("correction_refused_abnormal_score")
    for who in AUTHORITY:
        told = notices(case, who)
        assert [one.code for one in told] == codes
        facts = json.loads(told[-1].facts)
        assert set(facts) == {"title", "lot", "seat", "by", "asked_at", "decided_at"}
        assert (facts["lot"], facts["seat"], facts["by"]) == (LOT, FAR, case.chair)
        assert facts["asked_at"] < facts["decided_at"]
    for who in OTHERS:
        assert notices(case, who) == []
    page = site.browser("regulator").get("/account")
    assert f"席位 {FAR} 于 北京时间" in page
    assert f"席位 {case.chair} 于 北京时间" in page
    assert f"/regulator/cases/{case.case_id}#corrections-title" in page
    english = site.browser("inspector", "en").get("/account")
    assert "asked to correct its own scores (abnormally high or low score); seat" in english


def test_the_page_of_the_case_shows_the_answers_and_no_score(case: Marked, site: Site):
    for lang, heading, refused in (
        ("zh", "评分更正申请的处理", "已驳回"),
        ("en", "Requests to correct scores", "refused"),
    ):
        page = site.browser("regulator", lang).get(f"/regulator/cases/{case.case_id}")
        panel = page[page.index('id="corrections-title"') : page.index('id="readings-title"')]
        assert heading in panel
        assert refused in panel
        assert panel.count("<tr") == 3  # the head, and two answers
        without_a_score(case, panel)
    for notice in notices(case, "regulator"):
        without_a_score(case, notice.facts.replace(case.case.tender.published.title, ""))


def test_a_permitted_correction_is_told_and_hides_every_score_again(tmp_path):
    case = Marked(tmp_path).until_report()
    site = Site(case)
    case.asks()
    case.act(case.members[case.chair], sitting.SheetReopened(case.chair, FAR))
    assert case.state.stage is Stage.SCORING
    for who in AUTHORITY:
        assert [one.code for one in notices(case, who)] == ["correction_permitted_abnormal_score"]
    page = site.browser("regulator").get(f"/regulator/cases/{case.case_id}")
    panel = page[page.index('id="corrections-title"') : page.index('id="readings-title"')]
    assert "已准许" in panel
    without_a_score(case, panel)
    assert "准许更正评分" in site.browser("regulator").get(f"/regulator/cases/{case.case_id}?stage=all")
    found = seen(case)
    assert [found.get(kind) for kind in OF_CORRECTIONS] == [{False}, None, None, {True}]
    assert found["ScoreSheetLocked"] == found["ResultsComputed"] == {False}
    inspector = stated(site)
    events = inspector.client.get(f"/api/v1/cases/{case.case_id}/events").get_json()["events"]
    kinds = {event["type"] for event in events}
    assert {"CorrectionRequested", "SheetReopened"} <= kinds  # with a reason, what was asked for too
    assert "ScoreSheetLocked" not in kinds  # and no sheet before the last lock
    bids = list(case.state.valid)
    case.act(case.members[FAR], sitting.ScoreSheetLocked(FAR, case.sheet(FAR, bids), {}))
    case.work_off()
    assert case.state.stage is Stage.REPORT
    assert seen(case)["ScoreSheetLocked"] == {False}  # row 41: for a stated reason


def test_who_sees_what_of_corrections_without_a_reason(case: Marked):
    found = seen(case)
    assert found["CorrectionWithdrawn"] == {True}
    assert found["CorrectionRequested"] == found["CorrectionRefused"] == {False}
    for who in OTHERS:
        assert all(False in seen(case, who)[kind] for kind in OF_CORRECTIONS if kind in seen(case, who)), who
