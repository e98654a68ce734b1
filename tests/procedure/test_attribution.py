"""Whose fault a void bid is: named once, objected to once, answered once, and all of it before the opening ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.procedure.attribution import (
    COMPUTED,
    Attribution,
    AttributionDisputed,
    Fault,
    FaultAttributed,
    apply,
    check_conclusion,
    decide,
    disputable_until,
    fault_of,
)
from app.procedure.errors import RuleViolation
from tests.procedure.tenders import AT, GOODS, MILLISECOND
from tests.procedure.test_opening import closed, read

NAMED, DISPUTE = FaultAttributed("2", Fault.BIDDER, "密钥包打不开"), AttributionDisputed("2", "平台损坏了密钥包")
ANSWER = FaultAttributed("2", Fault.OTHER, "复核后改认")
State = Mapping[str, Attribution]


def after(*facts: FaultAttributed | AttributionDisputed, at: datetime = AT) -> State:
    state: State = {}
    for fact in facts:
        (accepted,) = decide(state, read(voided=("2",)), fact, "2", at, GOODS)
        state = apply(state, accepted, at)
    return state


def refusal(state: State, fact: FaultAttributed | AttributionDisputed, own: str = "2", at: datetime = AT) -> str:
    with pytest.raises(RuleViolation) as refused:
        decide(state, read(voided=("2",)), fact, own, at, GOODS)
    return refused.value.code


def end(state: State, at: datetime) -> str:
    try:
        check_conclusion(state, at, GOODS)
    except RuleViolation as refused:
        return refused.code
    return ""


def test_it_is_named_of_a_void_bid_that_was_read_out_and_of_no_other():
    with pytest.raises(RuleViolation, match="not_read_out"):
        decide({}, closed(), NAMED, "", AT, GOODS)
    with pytest.raises(RuleViolation, match="opening_concluded"):
        decide({}, replace(read(voided=("2",)), concluded_at=AT), NAMED, "", AT, GOODS)
    assert refusal({}, replace(NAMED, receipt_id="1")) == "bid_not_void"
    assert refusal({}, replace(NAMED, ground=" ")) == "text_missing"
    assert fault_of(after(NAMED), "2", "x") is Fault.BIDDER
    assert fault_of({}, "2", "x") is None


@pytest.mark.parametrize("reason", COMPUTED)
def test_what_the_case_file_says_already_is_nobodys_to_name(reason: str):
    """O20 art. 31: who promised a key and kept it back has revoked, and what the platform lost is not the bidder's."""
    opening = read(voided=("2",))
    opening = replace(opening, voided={"2": replace(opening.voided["2"], reason=reason)})
    with pytest.raises(RuleViolation, match="fault_computed"):
        decide({}, opening, NAMED, "", AT, GOODS)
    assert fault_of({}, "2", reason) is (Fault.BIDDER if reason == "key_not_revealed" else Fault.OTHER)


def test_its_bidder_objects_once_and_is_answered_once():
    assert refusal({}, DISPUTE) == "fault_not_attributed"
    assert refusal(after(NAMED), DISPUTE, own="1") == "bid_not_void"
    assert refusal(after(NAMED), replace(DISPUTE, text="")) == "text_missing"
    assert refusal(after(NAMED), ANSWER) == "fault_attributed_already"
    assert refusal(after(NAMED, DISPUTE), DISPUTE) == "dispute_repeated"
    done = after(NAMED, DISPUTE, ANSWER)
    assert (done["2"].fault, done["2"].named) == (Fault.OTHER, NAMED)
    assert refusal(done, NAMED) == "fault_attributed_already"
    assert refusal(done, DISPUTE) == "dispute_repeated"


def test_the_opening_ends_when_nobody_can_object_any_more_and_nobody_waits_for_an_answer():
    until = disputable_until(after(NAMED)["2"], GOODS)
    assert refusal(after(NAMED), DISPUTE, at=until) == "dispute_too_late"
    assert end({}, AT) == ""
    assert (end(after(NAMED), until - MILLISECOND), end(after(NAMED), until)) == ("disputes_still_open", "")
    assert end(after(NAMED, DISPUTE), until + timedelta(days=1)) == "dispute_unanswered"
    assert end(after(NAMED, DISPUTE, ANSWER), AT) == ""


FACTS = st.sampled_from([NAMED, DISPUTE, ANSWER, replace(DISPUTE, receipt_id="1"), replace(NAMED, receipt_id="3")])


@given(st.lists(st.tuples(FACTS, st.integers(0, 40)), max_size=12))
def test_in_any_order_at_most_three_acts_of_a_bid_are_taken_and_the_first_stands_on_record(course):
    opening, state, taken, at = read(voided=("2",)), {}, [], AT
    for fact, minutes in course:
        at += timedelta(minutes=minutes)
        try:
            (accepted,) = decide(state, opening, fact, "2", at, GOODS)
        except RuleViolation:
            continue
        state, taken = apply(state, accepted, at), [*taken, accepted]
    kinds = [type(one) for one in taken]
    assert kinds == [FaultAttributed, AttributionDisputed, FaultAttributed][: len(kinds)]
    assert set(state) == ({"2"} if taken else set())
    if taken:
        assert state["2"].named == taken[0]
        assert state["2"].fault == [one.fault for one in taken if isinstance(one, FaultAttributed)][-1]
