"""A command is done once, and who may not give it is denied on record, whatever else is wrong with it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.models import DeniedAttempt
from app.permissions.policy import NotAllowed
from app.services.platform import DIST
from tests.app.services.test_gate import open_bidding, refused
from tests.app.workbench import LOT, MILLISECOND

__all__ = ["open_bidding"]
pytestmark = [
    pytest.mark.each_database,
    pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built"),
]


def test_a_repeated_command_gets_its_first_answer_even_after_the_deadline(open_bidding):
    bench, person = open_bidding, open_bidding.people["bidder-a"]
    question = {"question": "q1", "text": "交货地点？"}
    proposal = bench.proposal(person, question, "QuestionAsked", lot="")
    answers = [bench.send(person, proposal) for _ in range(2)]
    again = bench.proposal(person, question, "QuestionAsked", lot="", command_id=proposal.signed.act["command_id"])
    bench.clock.stop_at(bench.deadline_at + MILLISECOND)
    answers.append(bench.send(person, again))
    assert answers[0] == answers[1] == answers[2]
    assert len(bench.records("QuestionAsked")) == 1


def test_a_repeated_submission_gets_the_same_receipt(open_bidding):
    bench, person, sealed = open_bidding, open_bidding.people["bidder-a"], open_bidding.seal("bidder-a")
    proposal = bench.proposal(
        person, sealed.submission, "BidSubmitted", attachments=bench.attach("bidder-a", sealed), command_id="once"
    )
    first = bench.send(person, proposal)
    again = replace(
        proposal, attachments={**proposal.attachments, "upload": bench.attach("bidder-a", sealed)["upload"]}
    )
    assert bench.send(person, again) == first
    assert bench.send(person, proposal) == first  # the upload of the first time has become the bid
    assert len(bench.records("BidSubmitted")) == len(bench.records("BidReceipted")) == 1


def test_another_payload_under_the_same_command_is_refused(open_bidding):
    bench, person = open_bidding, open_bidding.people["bidder-a"]
    for text, code in (("甲？", ""), ("乙？", "command_reused")):
        proposal = bench.proposal(person, {"question": "q1", "text": text}, "QuestionAsked", lot="", command_id="same")
        if code:
            refused(code, bench.send, person, proposal)
        else:
            bench.send(person, proposal)
    assert [record.payload["text"] for record in bench.records("QuestionAsked")] == ["甲？"]


def test_another_act_under_the_same_command_is_refused(open_bidding):
    bench, person = open_bidding, open_bidding.people["bidder-a"]
    same = {"question": "q1", "text": "甲？"}
    bench.send(person, bench.proposal(person, same, "QuestionAsked", lot="", command_id="same"))
    other = bench.proposal(person, same, "AnswerProposed", lot="", command_id="same")
    refused("command_reused", bench.send, person, other)


def test_the_same_act_for_another_lot_under_the_same_command_is_refused(open_bidding):
    bench, person = open_bidding, open_bidding.people["bidder-a"]
    same = {"question": "q1", "text": "甲？"}
    bench.send(person, bench.proposal(person, same, "QuestionAsked", lot="", command_id="same"))
    other = bench.proposal(person, same, "QuestionAsked", lot=LOT, command_id="same")
    refused("command_reused", bench.send, person, other)


def test_who_may_hand_in_no_bid_is_denied_on_record_whatever_else_is_wrong(open_bidding):
    bench, sealed = open_bidding, open_bidding.seal("bidder-a")
    attached = {"capsule": sealed.capsule, "upload": b"no-upload"}
    for login in ("centre", "admin", "regulator"):
        with pytest.raises(NotAllowed):
            bench.act(login, sealed.submission, LOT, "BidSubmitted", attached)
    refused("upload_unknown", bench.act, "bidder-a", sealed.submission, LOT, "BidSubmitted", attached)
    with bench.platform.database.reading() as db_session:
        query = select(DeniedAttempt.actor, DeniedAttempt.action).where(DeniedAttempt.case_id == bench.case_id)
        denied = db_session.execute(query).all()
    assert {bench.people[login].id for login in ("centre", "admin", "regulator")} == {row.actor for row in denied}
    assert {row.action for row in denied} == {"bid:submit"}
