"""The data of a failed evaluation is a function of the log: what is void, who left, what stood still, what counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.casefile.failure_record import agrees_with_log, recorded_failure
from app.procedure.opening import BidVoided
from app.procedure.qualification import Qualification, QualificationChecked
from evaluation.sitting import (
    BidsReviewed,
    FaultRepaired,
    MemberRecused,
    MemberReplaced,
    RecessEnded,
    Rejection,
    ReviewConcluded,
    SittingAbandoned,
    SittingFailed,
    SittingResumed,
    SittingSuspended,
    SuspensionGround,
)
from tests.evaluation.sittings import CONVENED, SEATS

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
COURSE = (
    replace(CONVENED, seats=SEATS[:2]),
    BidVoided("r4", "o4", "丁", "capsule_other_key"),
    QualificationChecked({"r1": Qualification(True, ""), "r3": Qualification(False, "执照过期")}),
    BidsReviewed(1, ()),
    BidsReviewed(2, ()),
    SittingSuspended(SuspensionGround.FAULT, "site", "断线"),
    SittingResumed("恢复"),
    MemberRecused(2, "近亲属"),
    MemberReplaced(2, "site", "p9"),
    BidsReviewed(2, ()),
    ReviewConcluded((Rejection("r2", "formal", 2, ("未签章", "未签章")),), ("r1",)),
    SittingFailed("too_few_valid_bids", 1, 3),
)


def records(facts: tuple[Any, ...]) -> list[Any]:
    return [
        SimpleNamespace(
            seq=seq, fact=fact, at=AT + timedelta(minutes=seq), payload_sha256=f"{seq:064x}", case_id="c", lot="1"
        )
        for seq, fact in enumerate(facts)
    ]


def test_the_data_tell_of_everything_until_the_failure_and_of_reviews_that_count():
    data = recorded_failure(records(COURSE))
    assert (data["v"], data["case"], data["lot"]) == ("failed-evaluation/v1", "c", "1")
    assert (data["reason"], data["valid"], data["least"]) == ("too_few_valid_bids", 1, 3)
    assert data["void"] == [{"bid": "r4", "reason": "capsule_other_key"}]
    assert data["unqualified"] == [{"bid": "r3", "reason": "执照过期"}]
    assert data["rejected"] == [{"bid": "r2", "item": "formal", "votes": 2, "grounds": ["未签章", "未签章"]}]
    assert [change["seat"] for change in data["changes"]] == [2, 2]
    assert data["standstills"] == [
        {"since": "2026-03-02T01:05:00Z", "ground": "fault", "until": "2026-03-02T01:06:00Z"}
    ]
    # seat 2's first review went with the member who left
    assert data["reviews"] == [{"seat": 1, "sha256": f"{3:064x}"}, {"seat": 2, "sha256": f"{9:064x}"}]


def test_what_comes_after_the_record_changes_nothing_in_it():
    seen = records((*COURSE, BidsReviewed(1, ())))
    assert recorded_failure(seen, seen[-1]) == recorded_failure(seen[:-1])


STATED = recorded_failure(records(COURSE))


@pytest.mark.parametrize("hidden", [(), (3,), (9,), (3, 9)])
def test_hidden_reviews_are_taken_as_stated_and_nothing_else_is(hidden):
    shown = recorded_failure([record for record in records(COURSE) if record.seq not in hidden])
    assert agrees_with_log(STATED, shown, hidden)
    for name in STATED.keys() - {"reviews"}:
        assert not agrees_with_log({**STATED, name: "x"}, shown, hidden), name
    for review in shown["reviews"]:
        others = [{**one, "sha256": "0" * 64} if one == review else one for one in STATED["reviews"]]
        assert not agrees_with_log({**STATED, "reviews": others}, shown, hidden)
    if not hidden:
        assert not agrees_with_log({**STATED, "reviews": []}, shown, ())


@given(
    st.one_of(st.none(), st.integers(), st.text(), st.lists(st.integers()), st.dictionaries(st.text(), st.integers()))
)
def test_what_is_no_record_agrees_with_nothing(stated):
    assert not agrees_with_log(stated, STATED, ())
    assert not agrees_with_log(stated, STATED, (1,))


JUNK = [None, False, True, 0, 1, 2, -1, 2**70, "", "0", "x", "1" * 65, "G" * 64, {}, {"seat": 1}, [], [[]]]


@pytest.mark.parametrize("hidden", [(3,), (9,), (3, 9)])
def test_beside_hidden_reviews_stands_nothing_that_is_no_review_of_one_seat(hidden):
    shown = recorded_failure([record for record in records(COURSE) if record.seq not in hidden])
    first, second = STATED["reviews"]
    digest = "e" * 64
    for junk, place in product(JUNK, range(3)):
        wrong = (
            [*STATED["reviews"][:place], junk, *STATED["reviews"][place:]],
            [first, second, {"seat": 2, "sha256": digest}],
            [first, second, {"seat": 99, "sha256": digest}],
            [first, {"seat": 99, "sha256": digest}],
            [first, first],
            [second, first],
            [first],
            [first, {**second, "note": "x"}],
            [{**first, "seat": True}, second],
            [first, {**second, "sha256": "E" * 64}],
            [first, {**second, "sha256": digest[:-1]}],
            [first, {**second, "sha256": junk}],
            [junk, junk],
            junk,
        )
        for reviews in wrong:
            assert not agrees_with_log({**STATED, "reviews": reviews}, shown, hidden), reviews
        assert not agrees_with_log({**STATED, "more": junk}, shown, hidden), junk
    other = [{**first, "sha256": digest}, second]
    assert agrees_with_log({**STATED, "reviews": other}, shown, hidden) is (3 in hidden)


def test_a_ground_lasts_from_its_beginning_to_its_own_end_whatever_is_laid_over_it():
    """A recess, a fault over it, an order over both: fault and recess end beneath, or the order is lifted."""
    grounds = (SuspensionGround.RECESS, SuspensionGround.FAULT, SuspensionGround.ORDER)
    stack = tuple(SittingSuspended(ground, "", "x") for ground in grounds)
    repaired = recorded_failure(records((*stack, FaultRepaired("换线"), RecessEnded(1), SittingAbandoned("查实"))))
    assert repaired["standstills"] == [
        {"since": "2026-03-02T01:00:00Z", "ground": "recess", "until": "2026-03-02T01:04:00Z"},
        {"since": "2026-03-02T01:01:00Z", "ground": "fault", "until": "2026-03-02T01:03:00Z"},
        {"since": "2026-03-02T01:02:00Z", "ground": "order"},
    ]
    lifted = recorded_failure(records((*stack, SittingResumed("查毕"), stack[1], SittingAbandoned("不能恢复"))))
    assert lifted["standstills"] == [
        {"since": "2026-03-02T01:00:00Z", "ground": "recess"},
        {"since": "2026-03-02T01:01:00Z", "ground": "fault"},
        {"since": "2026-03-02T01:02:00Z", "ground": "order", "until": "2026-03-02T01:03:00Z"},
    ]
