"""What members found and wrote is told with the results: reasons beside scores, votes of the review, draws as draws."""

from __future__ import annotations

import pytest

from app.casefile.score_comments import comments_of
from app.queries.cases import load_records
from app.queries.score_comments import comment_lines
from app.services.platform import DIST
from app.services.report_content import report_content
from evaluation import sitting
from tests.app.services.whole_case import LOT, WholeCase
from tests.app.web.site import Site, booth

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
REASON = "进度计划缺少关键线路，扣五分"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(WholeCase(tmp_path_factory.mktemp("reasons")).until_scoring())


def room(site: Site, number: int) -> str:
    return booth(site, site.case.members[number]).get(f"/room/{site.case.case_id}/{LOT}")


def test_reasons_are_nobodys_to_read_before_the_last_lock_and_everybodys_in_the_room_after_it(site: Site):
    case, bids = site.case, [bid.bid for bid in site.case.state.bids]
    first, *others = case.members
    case.act(case.members[first], sitting.ScoreSheetLocked(first, case.sheet(first, bids), {bids[0]: {"plan": REASON}}))
    for number in others[:-1]:
        case.act(case.members[number], sitting.ScoreSheetLocked(number, case.sheet(number, bids), {}))
        assert REASON not in room(site, number)
    assert comment_lines(case.case, LOT, []) == ()
    last = others[-1]
    case.act(case.members[last], sitting.ScoreSheetLocked(last, case.sheet(last, bids), {}))
    for number in case.members:
        page = room(site, number)
        assert "各席位对分项评分的说明" in page
        assert f"席位 {first}：{REASON}" in page
        assert "各席位的总分已含价格分。" in page


def test_page_and_report_tell_the_reasons_and_every_vote_of_the_review(site: Site):
    case = site.case
    case.work_off()
    page = site.browser("officer").get(f"/cases/{case.case_id}/lots/{LOT}/report")
    assert REASON in page
    assert "评标价" not in page
    assert "投标报价" in page
    content = report_content(case.platform, case.case, LOT, case.lot_records, "zh")
    (told,) = [one for sheet in content.sheets for one in sheet.comments]
    assert told.endswith(f"席位 {min(case.members)}：{REASON}")
    bids, items = case.state.bids, case.state.rules.review_items
    assert {(vote.passed, vote.failed) for vote in content.review.votes} == {(len(case.members), 0)}
    assert len(content.review.votes) == len(bids) * len(items)
    assert [one.seat for one in content.review.signed] == sorted(case.members)
    assert content.review.compliant == tuple(bid.bidder_name for bid in bids)
    for lang in ("zh", "en"):
        content = report_content(case.platform, case.case, LOT, case.lot_records, lang)
        assert case.platform.renderer.render(content).startswith(b"%PDF")


def test_a_substitute_for_somebody_who_never_sat_replaces_no_member(site: Site):
    case = site.case
    assert len(case.case.lots[LOT].draw.rounds) > 1
    content = report_content(case.platform, case.case, LOT, case.lot_records, "zh")
    assert content.member_changes == ()
    assert [note for note in content.notes if note.startswith("专家抽取：第 2 轮补抽")]


def test_comments_are_read_from_the_sheets_that_count(site: Site):
    with site.case.platform.database.reading() as db_session:
        records = load_records(db_session, site.case.case_id)
    assert [one.text for one in comments_of(records)] == [REASON]
