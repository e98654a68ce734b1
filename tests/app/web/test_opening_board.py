"""The live part of the opening hall is made once for everybody who sees the same, and for nobody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.casefile.board import board_digest
from app.messages import regime_words, sentence
from app.procedure.errors import RuleViolation
from app.procedure.opening import ObjectionRaised, OpeningConfirmed
from app.queries.cases import load_records
from app.services.cursors import write_cursor
from app.web.rooms import board
from tests.app.web.site import LOT, Site, WholeCase, played

CONFIRM = "opening/confirmation"


class Made:
    """Counts the pages that were made, not found."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count, make = 0, board._made

        def counted(*args: Any) -> Any:
            self.count += 1
            return make(*args)

        monkeypatch.setattr(board, "_made", counted)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    return Made(monkeypatch)


def wall(site: Site, who: str = "", lang: str = "zh") -> str:
    return site.browser(who, lang).get(f"/cases/{site.case.case_id}/lots/{LOT}/opening/board")


def last_seq(site: Site) -> int:
    with site.case.platform.database.reading() as db_session:
        return load_records(db_session, site.case.case_id)[-1].seq


def test_made_once_for_each_audience_and_step(tmp_path: Path, made: Made):
    site = played(tmp_path, "found publish bid read_out")
    stranger = wall(site)
    assert wall(site) == stranger == wall(site, "trustee-1")
    assert made.count == 1
    assert CONFIRM not in stranger
    assert "可以提出询问" in stranger
    assert "异议" not in stranger
    assert CONFIRM in wall(site, "officer")
    assert wall(site, "bidder-a") == wall(site, "officer")
    assert made.count == 2
    assert "Trustees" in wall(site, lang="en")
    assert wall(site) == stranger
    assert made.count == 3
    site.case.act("bidder-b", ObjectionRaised("o2", "报价宣读有误"))
    assert "报价宣读有误" in wall(site)
    assert CONFIRM not in wall(site)
    assert made.count == 4


def test_what_is_raised_is_called_as_the_law_of_the_regime_calls_it():
    assert {"objection": "异议", "objecting": "异议"}.items() <= regime_words("works", "zh").items()
    assert {"objection": "疑义", "objecting": "询问"}.items() <= regime_words("goods", "zh").items()
    notice = sentence("notice_objection_raised", {"lot": "1", "objection": "o1", "regime": "works"}, "en")
    assert notice == "A bidder raised an objection at the opening of lot 1. Answer it now."


def test_before_the_deadline_nothing_is_kept(tmp_path: Path, made: Made):
    site = played(tmp_path, "found publish")
    before = wall(site)
    WholeCase.bid(site.case)
    assert wall(site) == before
    assert made.count == 2
    assert all(not remembered.pages for remembered in site.case.platform.database.memory["walls"].values())


def test_a_page_is_content_with_a_hall_as_far_as_it_has_heard(tmp_path: Path, made: Made):
    site = played(tmp_path, "found publish bid read_out")
    case_id, here = site.case.case_id, site.case.platform
    browser, part = site.browser(), f"/cases/{case_id}/lots/{LOT}/opening/board"
    before, heard = browser.get(part), last_seq(site)
    site.case.act("bidder-b", ObjectionRaised("o2", "报价宣读有误"))
    assert browser.get(f"{part}?cursor={write_cursor(here, case_id, heard)}") == before
    after = browser.get(f"{part}?cursor={write_cursor(here, case_id, heard + 1)}")
    assert "报价宣读有误" in after
    assert browser.get(part) == after == browser.get(f"{part}?cursor={write_cursor(here, case_id, heard)}")
    browser.get(f"{part}?cursor=none", 422)


def test_before_the_deadline_whoever_has_heard_is_shown_what_is_there(tmp_path: Path, made: Made):
    site = played(tmp_path, "found publish")
    cursor = write_cursor(site.case.platform, site.case.case_id, last_seq(site))
    for _ in range(3):
        site.browser().get(f"/cases/{site.case.case_id}/lots/{LOT}/opening/board?cursor={cursor}")
    assert made.count == 3


def test_once_it_is_over_nobody_is_told_that_it_goes_on(opened: Site):
    notice = opened.browser().get(f"/cases/{opened.case.case_id}")
    assert "开标已结束，等待抽取评审专家" in notice
    assert "正在开标" not in notice


def test_who_confirms_too_late_is_told_that_it_is_over(opened: Site):
    hall = f"/cases/{opened.case.case_id}/lots/{LOT}/{CONFIRM}"
    opened.browser("officer").get(hall, 302)
    digest = board_digest(opened.case.case.lots[LOT].opening)
    for late in (OpeningConfirmed(digest), ObjectionRaised("o9", "报价宣读有误")):
        with pytest.raises(RuleViolation) as found:
            opened.case.act("bidder-b", late)
        assert found.value.code == "opening_concluded"


def test_the_running_record_names_who_confirmed(opened: Site):
    hall = opened.browser("", "en").get(f"/cases/{opened.case.case_id}/lots/{LOT}/opening")
    assert opened.case.case.lots[LOT].opening.confirmations
    assert "confirmed the opening record" in hall
    assert ">Notices</a>" in hall


@pytest.mark.parametrize("where", ["{case}/lots/9", "none/lots/1", "%00/lots/1"])
def test_there_are_no_files_of_what_is_not_there(opened: Site, where: str):
    path = f"/api/v1/cases/{where.format(case=opened.case.case_id)}/files"
    assert opened.browser().client.get(path).status_code == 404
