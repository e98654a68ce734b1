"""What each desk reads of a lot that failed in its evaluation: why, with the figures, and of its own bid the ground."""

from __future__ import annotations

import re

import pytest

from app.queries.timeline import case_stages
from app.services.platform import DIST
from tests.app.services.people import LOT
from tests.app.services.test_failed_evaluation import LICENCE, UNSIGNED, Failing
from tests.app.web.site import Site, booth

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
WHY = {
    "zh": "初步评审后有效投标 1 家，少于规定的 3 家",
    "en": "Valid bids after the preliminary review: 1, fewer than the 3 required",
}


@pytest.fixture(scope="module")
def case(tmp_path_factory, database_url) -> Failing:
    return Failing(tmp_path_factory.mktemp("failure-pages"), database_url=database_url).recorded()


@pytest.fixture(scope="module")
def site(case) -> Site:
    return Site(case)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("", "/cases/{case}"),
        ("officer", "/cases/{case}"),
        ("officer", "/agency"),
        ("officer", "/cases/{case}/lots/{lot}/failure"),
        ("releaser", "/cases/{case}/lots/{lot}/failure"),
        ("bidder-a", "/cases/{case}"),
        ("bidder-a", "/bidder"),
        ("bidder-a", "/bidder/cases/{case}/lots/{lot}"),
        ("regulator", "/regulator/cases/{case}"),
        ("regulator", "/cases/{case}/lots/{lot}/failure"),
        ("trustee-1", "/cases/{case}"),
    ],
)
def test_wherever_the_failure_stands_the_reason_stands_with_its_figures(site, case, who, path, lang):
    shown = site.browser(who, lang).get(path.format(case=case.case_id, lot=LOT))
    assert WHY[lang] in shown
    if who in ("", "bidder-a", "trustee-1"):
        assert UNSIGNED not in shown
        assert LICENCE not in shown


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_members_read_the_reason_and_open_the_record(site, case, lang):
    browser = booth(site, case.members[1])
    shown = browser.get(f"/room/{case.case_id}/{LOT}" + ("?lang=en" if lang == "en" else ""))
    assert WHY[lang] in shown
    assert 'id="halt"' not in shown  # nothing is left to be stopped
    record = re.search(r'href="(/api/v1/files/[0-9a-f]+)"', shown)
    assert record
    assert browser.client.get(record[1]).data.startswith(b"%PDF")


def test_each_bidder_reads_the_ground_of_its_own_bid_alone(site, case):
    own = {who: site.browser(who).get(f"/bidder/cases/{case.case_id}/lots/{LOT}") for who in case.receipts}
    assert "未通过初步评审" in own["bidder-b"]
    assert "5 名成员中有 3 名认定不通过" in own["bidder-b"]
    assert UNSIGNED in own["bidder-b"]
    assert "未通过资格审查" in own["bidder-c"]
    assert LICENCE in own["bidder-c"]
    assert "开标时认定无效" in own["bidder-e"]
    for who in ("bidder-a", "bidder-c", "bidder-e"):
        assert UNSIGNED not in own[who], who
    for who in ("bidder-a", "bidder-b", "bidder-e"):
        assert LICENCE not in own[who], who
    assert "无效" not in own["bidder-a"]
    assert not re.search(r"席位 ?\d", own["bidder-b"])


def test_the_page_of_the_record_lists_every_invalid_bid_and_the_files(site, case):
    shown = site.browser("officer").get(f"/cases/{case.case_id}/lots/{LOT}/failure")
    for text in (
        UNSIGNED,
        LICENCE,
        "评标委员会 3 票",
        "开标时（系统核验）",
        "评审情况记录.pdf",
        "第四十三条",
    ):
        assert text in shown, text
    assert case.state.failure_sha256 in shown
    link = f"/cases/{case.case_id}/lots/{LOT}/failure"
    assert link in site.browser("regulator").get(f"/regulator/cases/{case.case_id}")
    assert link in site.browser("officer").get(f"/cases/{case.case_id}")
    for who in ("", "bidder-a", "centre"):
        assert link not in site.browser(who).get(f"/cases/{case.case_id}")
        answer = site.browser(who).client.get(link)
        assert answer.status_code != 200


def test_the_time_line_is_true(case):
    with case.platform.database.reading() as db_session:
        now = case.platform.database.now(db_session.connection())
    stages = {stage.code: stage for stage in case_stages(case.case, case.reader("officer"), LOT, now)}
    since = case.case.lots[LOT].since
    assert stages["draw"].state == "done"
    assert (stages["evaluation"].state, stages["evaluation"].at) == ("warning", since["P9"])
    assert stages["evaluation"].facts == {"reason": "too_few_valid_bids", "valid": "1", "least": "3"}
    assert (stages["report"].state, stages["report"].facts) == ("done", {"failure": "sealed"})


def test_the_time_line_of_the_page_says_it_in_words(site, case):
    shown = site.browser("").get(f"/cases/{case.case_id}")
    assert "没有评审报告；本记录已由中心封存。" in shown
    for stage in ("抽取专家", "远程评审", "评审情况记录"):
        assert stage in shown
    assert "未开始" not in shown
