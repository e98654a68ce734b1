"""A failed tender comes again: terms and documents are taken over, both cases name each other, and once only."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.casefile.next_round import next_round_form, round_number
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.procedure.tender import TenderPublished
from app.queries.lists import next_round
from app.services import tenders
from crypto.canonical import digest
from crypto.instants import format_instant
from tests.app.web.site import Site
from tests.app.workbench import LOT


@pytest.fixture
def failed(bench):
    """A published case whose deadline passed with one bid."""
    bench.publish()
    bench.hand_in("bidder-a")
    bench.clock.stop_at(bench.deadline_at + timedelta(seconds=1))
    bench.work_off()
    return bench


def again(bench) -> str:
    return tenders.open_next_round(bench.platform, bench.people["officer"].log_in, bench.case_id)


def test_terms_and_documents_are_taken_over_without_deadlines(failed):
    earlier, officer = failed.case.tender.published, failed.people["officer"].log_in
    draft = tenders.read_draft(failed.platform, officer, again(failed))
    assert draft.title == f"{earlier.title}（第二次）"
    assert draft.form["code"] == f"{earlier.code}-R2"
    assert draft.form["buyer"] == earlier.buyer
    assert [(lot["number"], lot["deadline_at"]) for lot in draft.form["lots"]] == [(LOT, "")]
    assert [(d.name, d.sha256) for d in draft.documents] == [(d.name, d.sha256) for d in earlier.documents]


def test_there_is_one_next_round(failed):
    assert again(failed) == again(failed)


def test_both_rounds_name_each_other_once_the_second_is_published(failed):
    first, second, officer = failed.case_id, again(failed), failed.people["officer"].log_in
    form = tenders.read_draft(failed.platform, officer, second).form
    deadline = failed.clock() + timedelta(seconds=100)
    form["lots"][0]["deadline_at"] = format_instant(deadline)
    tenders.save_draft(failed.platform, officer, second, form)
    failed.case_id = second
    payload = tenders.draft_terms(failed.platform, officer, second)
    failed.act("officer", payload, "", "TenderSubmitted")
    site = Site(failed)
    assert f"/cases/{second}" not in site.app.test_client().get(f"/cases/{first}").text
    failed.act("releaser", TenderPublished(digest(payload)), "")
    assert failed.case.tender.published.parties.follows == first
    assert f"/cases/{second}" in site.app.test_client().get(f"/cases/{first}").text
    assert f"/cases/{first}" in site.app.test_client().get(f"/cases/{second}").text


def test_nothing_is_tendered_again_that_did_not_fail(bench):
    bench.publish()
    with pytest.raises(RuleViolation, match="no_lot_failed"):
        again(bench)
    with bench.platform.database.reading() as db_session:
        assert next_round(db_session, bench.case_id) == ""


@pytest.mark.parametrize("who", ["releaser", "bidder-a", "regulator", "centre", "admin"])
def test_only_the_agencys_officer_tenders_again(failed, who):
    with pytest.raises(NotAllowed):
        tenders.open_next_round(failed.platform, failed.people[who].log_in, failed.case_id)


@given(st.integers(1, 9))
def test_titles_count(number):
    title = "设备采购" if number == 1 else f"设备采购（第{'一二三四五六七八九十'[number - 1]}次）"
    assert round_number(title) == number


def test_the_third_round_is_called_the_third(failed):
    case = failed.case
    form = next_round_form(case)
    assert round_number(form["title"]) == 2
