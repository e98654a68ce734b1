"""The deadline gate and the one door for acts, through the services, on both databases."""

from __future__ import annotations

import base64
import secrets
from dataclasses import replace
from datetime import timedelta

import pytest

from app.models import Account, AccountRole, Lot
from app.permissions.policy import NotAllowed
from app.procedure.bid import BidWithdrawn
from app.procedure.errors import RuleViolation
from app.procedure.tender import (
    AmendmentProposed,
    AmendmentReleased,
    AnswerProposed,
    AnswerReleased,
    QuestionAsked,
    TenderPublished,
    TenderReturned,
)
from app.services import openings, register, tenders
from app.services.platform import DIST
from app.services.unit_of_work import plain_transaction
from crypto.canonical import digest
from crypto.errors import CryptoError
from crypto.instants import parse_instant
from crypto.receipts import SignedReceipt, verify_receipt
from crypto.signing import SigningKey, sign_object
from tests.app.workbench import LOT, MILLISECOND, Bench, SealedBid

pytestmark = [
    pytest.mark.each_database,
    pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built"),
]
MICROSECOND = timedelta(microseconds=1)


@pytest.fixture
def open_bidding(bench: Bench) -> Bench:
    """A published tender with its gate open."""
    bench.clock.go_on()
    bench.publish()
    yield bench
    bench.clock.go_on()


def refused(code, action, *arguments, **named):
    with pytest.raises((RuleViolation, CryptoError)) as found:
        action(*arguments, **named)
    assert found.value.code == code
    return found.value.facts


def receipt_of(answer):
    return answer["receipt"]["receipt"]


def live(bench):
    return {submission.receipt_id for submission in bench.case.lots[LOT].bidding.live}


# the deadline


@pytest.mark.parametrize("before", [MILLISECOND, MICROSECOND])
def test_strictly_before_the_deadline_is_on_time(open_bidding, before):
    bench, sealed = open_bidding, open_bidding.seal("bidder-a")
    attached = bench.attach("bidder-a", sealed)
    bench.clock.stop_at(bench.deadline_at - before)
    answer = bench.act("bidder-a", sealed.submission, LOT, "BidSubmitted", attached)
    assert parse_instant(receipt_of(answer)["received_at"]) == bench.deadline_at - MILLISECOND
    assert live(bench) == {receipt_of(answer)["receipt_id"]}


@pytest.mark.parametrize("after", [timedelta(0), MICROSECOND, MILLISECOND, timedelta(days=1)])
def test_at_and_after_the_deadline_is_late(open_bidding, after):
    bench = open_bidding
    first = receipt_of(bench.hand_in("bidder-a"))["receipt_id"]
    sealed = bench.seal("bidder-b")
    attached = bench.attach("bidder-b", sealed)
    bench.clock.stop_at(bench.deadline_at + after)
    facts = refused("deadline_passed", bench.act, "bidder-b", sealed.submission, LOT, "BidSubmitted", attached)
    assert facts["deadline_at"] == bench.deadline_at
    refused("withdrawal_too_late", bench.act, "bidder-a", BidWithdrawn(first))
    assert live(bench) == {first}


def test_a_closed_lot_stays_closed_when_the_clock_goes_back(open_bidding):
    bench, sealed = open_bidding, open_bidding.seal("bidder-a")
    attached = bench.attach("bidder-a", sealed)
    bench.clock.stop_at(bench.deadline_at)
    openings.close_lot(bench.platform, bench.case_id, LOT)
    bench.clock.stop_at(bench.deadline_at - timedelta(seconds=10))
    refused("deadline_passed", bench.act, "bidder-a", sealed.submission, LOT, "BidSubmitted", attached)
    assert not bench.records("BidSubmitted")


def test_once_the_lot_is_closed_a_late_bidder_is_still_told_why(open_bidding):
    """Before anything of the late file is read, and for a withdrawal too."""
    bench, sealed = open_bidding, open_bidding.seal("bidder-b")
    first = receipt_of(bench.hand_in("bidder-a"))["receipt_id"]
    bench.clock.stop_at(bench.deadline_at + MILLISECOND)
    openings.close_lot(bench.platform, bench.case_id, LOT)
    nothing = {"capsule": b"", "upload": b"0" * 32}
    facts = refused("deadline_passed", bench.act, "bidder-b", sealed.submission, LOT, "BidSubmitted", nothing)
    assert (facts["deadline_at"], facts["now"]) == (bench.deadline_at, bench.clock())
    refused("withdrawal_too_late", bench.act, "bidder-a", BidWithdrawn(first))


def test_who_has_withdrawn_is_told_that_there_is_nothing_left(open_bidding):
    bench = open_bidding
    first = receipt_of(bench.hand_in("bidder-a"))["receipt_id"]
    bench.act("bidder-a", BidWithdrawn(first))
    refused("nothing_to_withdraw", bench.act, "bidder-a", BidWithdrawn(first))


def test_of_a_bid_that_is_refused_at_the_gate_no_capsule_stays(open_bidding):
    """Neither where the rule says no nor where the answer was given already; what was accepted stays."""
    bench, sealed = open_bidding, open_bidding.seal("bidder-a")
    attached, person = bench.attach("bidder-a", sealed), bench.people["bidder-a"]
    stored = {path for path in bench.platform.settings.home.rglob("*") if path.is_file()}
    wrong = bench.proposal(person, sealed.submission, "BidSubmitted", attachments=attached, prev_act="0" * 64)
    refused("act_out_of_order", bench.send, person, wrong)
    assert {path for path in bench.platform.settings.home.rglob("*") if path.is_file()} == stored
    bench.send(person, bench.proposal(person, sealed.submission, "BidSubmitted", attachments=attached))
    added = {path for path in bench.platform.settings.home.rglob("*") if path.is_file()} - stored
    assert [path.read_bytes() for path in added] == [sealed.capsule]


def test_the_lot_closes_at_its_deadline_and_once(open_bidding):
    bench = open_bidding
    bench.clock.stop_at(bench.deadline_at - MILLISECOND)
    openings.close_lot(bench.platform, bench.case_id, LOT)
    assert not bench.records("LotClosed")
    bench.clock.stop_at(bench.deadline_at)
    for _again in range(3):
        openings.close_lot(bench.platform, bench.case_id, LOT)
    closed = bench.records("LotClosed")
    assert len(closed) == 1
    assert closed[0].at == bench.deadline_at


def test_an_amendment_moves_the_gate(open_bidding):
    bench = open_bidding
    earlier = bench.deadline_at
    later = {LOT: earlier + timedelta(seconds=30)}
    bench.act("officer", AmendmentProposed("a1", "增加培训", later), "")
    bench.act("releaser", AmendmentReleased("a1", "增加培训", later), "")
    sealed = bench.seal("bidder-a")  # the deadline is part of what a bid is sealed for
    attached = bench.attach("bidder-a", sealed)
    bench.clock.stop_at(earlier + MILLISECOND)
    bench.work_off()  # the closing that was due at the earlier deadline
    assert not bench.records("LotClosed")
    bench.act("bidder-a", sealed.submission, LOT, "BidSubmitted", attached)
    with bench.platform.database.reading() as db_session:
        assert db_session.get_one(Lot, (bench.case_id, LOT)).deadline_at == later[LOT]
    bench.clock.stop_at(later[LOT])
    bench.work_off()
    assert len(bench.records("LotClosed")) == 1


# bids


def test_a_later_bid_replaces_and_a_withdrawal_leaves_none(open_bidding):
    bench = open_bidding
    first, second = (receipt_of(bench.hand_in("bidder-a"))["receipt_id"] for _ in range(2))
    assert live(bench) == {second}
    refused("receipt_unknown", bench.act, "bidder-a", BidWithdrawn(first))
    with pytest.raises(NotAllowed):  # somebody without a bid has none to withdraw
        bench.act("bidder-b", BidWithdrawn(second))
    bench.hand_in("bidder-b")
    refused("receipt_unknown", bench.act, "bidder-b", BidWithdrawn(second))
    bench.act("bidder-a", BidWithdrawn(second))
    assert {
        s.ended
        for s in bench.case.lots[LOT].bidding.submissions.values()
        if s.bidder == bench.people["bidder-a"].organisation
    } == {"replaced", "withdrawn"}
    bench.hand_in("bidder-a")
    assert len(live(bench)) == 2


def test_a_receipt_is_the_platforms_word_on_this_very_bid(open_bidding):
    bench, sealed = open_bidding, open_bidding.seal("bidder-a")
    answer = bench.hand_in("bidder-a", sealed)
    signed = SignedReceipt.from_json(answer["receipt"])
    verify_receipt(signed, bench.platform.keys.platform.key.spki, sealed.submission, None)
    assert signed.receipt["bid_root"] == sealed.submission["bid_root"]


def test_what_is_not_encrypted_is_refused(open_bidding):
    bench, sealed = open_bidding, open_bidding.seal("bidder-a")
    refused("bid_not_encrypted", bench.hand_in, "bidder-a", replace(sealed, bid=b"%PDF-1.7 our offer" * 1000))
    refused("bid_not_encrypted", bench.hand_in, "bidder-a", replace(sealed, bid=b"\0" * len(sealed.bid)))
    assert not bench.records("BidSubmitted")


@pytest.mark.parametrize("changes", [{"tender": "0" * 16}, {"lot": "2"}, {"origin": "other.example"}])
def test_a_bid_sealed_for_something_else_is_refused(open_bidding, changes):
    bench = open_bidding
    refused("bid_foreign_context", bench.hand_in, "bidder-a", bench.seal("bidder-a", **changes))


def test_another_bidders_bid_is_refused(open_bidding):
    bench, sealed = open_bidding, open_bidding.seal("bidder-a")
    bench.hand_in("bidder-a", sealed)
    refused("bid_foreign_context", bench.hand_in, "bidder-b", sealed)


def test_a_copy_is_refused(open_bidding):
    bench, sealed = open_bidding, open_bidding.seal("bidder-a")
    bench.hand_in("bidder-a", sealed)
    refused("bid_copied", bench.hand_in, "bidder-a", sealed)
    other = bench.seal("bidder-a")
    capsule = {"capsule_sha256": sealed.submission["capsule_sha256"]}
    borrowed = SealedBid({**other.submission, **capsule}, other.bid, sealed.capsule)
    refused("bid_copied", bench.hand_in, "bidder-a", borrowed)


def test_a_truncated_bid_is_refused(open_bidding):
    bench, sealed = open_bidding, open_bidding.seal("bidder-a")
    short = sealed.bid[:-100]
    facts = refused("submission_differs", bench.hand_in, "bidder-a", replace(sealed, bid=short))
    assert (facts["field"], facts["found"], facts["expected"]) == ("bid_size", len(sealed.bid), len(short))
    upload = bench.upload("bidder-a", short, len(sealed.bid)).encode()
    attached = {"capsule": sealed.capsule, "upload": upload}
    facts = refused("upload_incomplete", bench.act, "bidder-a", sealed.submission, LOT, "BidSubmitted", attached)
    assert (facts["offset"], facts["size"]) == (len(short), len(sealed.bid))


def test_changed_bytes_and_foreign_uploads_are_refused(open_bidding):
    bench, sealed = open_bidding, open_bidding.seal("bidder-a")
    changed = sealed.bid[:-1] + bytes([sealed.bid[-1] ^ 1])
    assert refused("submission_differs", bench.hand_in, "bidder-a", replace(sealed, bid=changed))["field"] == "bid_root"
    refused("submission_differs", bench.hand_in, "bidder-a", replace(sealed, capsule=sealed.capsule + b" "))
    attached = {"capsule": sealed.capsule, "upload": bench.upload("bidder-b", sealed.bid).encode()}
    refused("upload_unknown", bench.act, "bidder-a", sealed.submission, LOT, "BidSubmitted", attached)


# the door: keys and links; commands are in `test_commands_once`


def test_acts_of_a_person_link_to_each_other(open_bidding):
    bench, person = open_bidding, open_bidding.people["bidder-a"]
    early = bench.proposal(person, {"question": "q1", "text": "甲？"}, "QuestionAsked", lot="")
    bench.act("bidder-a", QuestionAsked("q0", "先问"), "")
    refused("act_out_of_order", bench.send, person, early)
    invented = bench.proposal(person, early.payload, "QuestionAsked", lot="", prev_act="0" * 64)
    refused("act_out_of_order", bench.send, person, invented)
    acts = [record for record in bench.records() if record.actor == person.id]
    assert [record.act["act"]["prev_act"] for record in acts] == [""]


def test_a_revoked_and_a_foreign_key_are_refused(open_bidding):
    bench, person = open_bidding, open_bidding.people["bidder-a"]
    question = {"question": "q1", "text": "甲？"}
    stolen = bench.proposal(person, question, "QuestionAsked", lot="", key=bench.people["bidder-b"].key)
    refused("key_not_certified", bench.send, person, stolen)
    unknown = bench.proposal(person, question, "QuestionAsked", lot="", key=SigningKey.generate())
    refused("key_not_certified", bench.send, person, unknown)
    key = SigningKey.generate()
    certify(bench, "bidder-a", key)
    signed = bench.proposal(person, question, "QuestionAsked", lot="", key=key)
    register.revoke_certificate(bench.platform, person.log_in, key.key_id, "设备丢失")
    refused("key_not_certified", bench.send, person, signed)
    refused("key_in_use", certify, bench, "bidder-a", key)  # revoked is revoked
    assert not bench.records("QuestionAsked")


def certify(bench, login, key):
    log_in = bench.people[login].log_in
    proof = sign_object(key, register.PROOF_LABEL, {"account": log_in.account_id, "origin": bench.platform.origin})
    register.certify_key(bench.platform, log_in, base64.b64encode(key.spki).decode(), proof)


def test_an_act_counts_for_its_own_case_lot_type_and_payload_only(open_bidding):
    bench, person = open_bidding, open_bidding.people["bidder-a"]
    sent = bench.proposal(person, {"question": "q1", "text": "甲？"}, "QuestionAsked", lot="")
    for forged in (
        replace(sent, payload={"question": "q1", "text": "乙？"}),
        replace(sent, type="AnswerReleased"),
        replace(sent, signed=replace(sent.signed, signature=sent.signed.signature[:-4] + "AAA=")),
    ):
        with pytest.raises((RuleViolation, CryptoError, NotAllowed)):
            bench.send(person, forged)
    assert not bench.records("QuestionAsked", "AnswerReleased")
    here = bench.case_id
    bench.publish()
    with pytest.raises((RuleViolation, CryptoError)):
        bench.send(person, replace(sent, case_id=bench.case_id))
    bench.case_id = here
    bench.send(person, sent)


# two persons


@pytest.fixture
def both(open_bidding):
    """Somebody of the agency who may propose and release."""
    bench = open_bidding
    with plain_transaction(bench.platform.database) as (db_session, _now):
        account = db_session.get_one(Account, bench.people["officer"].id)
        account.roles = [AccountRole(role="AO"), AccountRole(role="AS")]
    yield bench
    with plain_transaction(bench.platform.database) as (db_session, _now):
        account = db_session.get_one(Account, bench.people["officer"].id)
        account.roles = [role for role in account.roles if role.role == "AO"]


def test_nobody_releases_what_he_or_she_proposed(both):
    bench = both
    bench.act("bidder-a", QuestionAsked("q1", "交货地点？"), "")
    bench.act("officer", AnswerProposed("q1", "校内"), "")
    refused("second_person_needed", bench.act, "officer", AnswerReleased("q1", "校内"), "")
    later = {LOT: bench.deadline_at + timedelta(seconds=30)}
    bench.act("officer", AmendmentProposed("a1", "增加培训", later), "")
    refused("second_person_needed", bench.act, "officer", AmendmentReleased("a1", "增加培训", later), "")
    payload = bench.draft()
    bench.act("officer", payload, "", "TenderSubmitted")
    refused("second_person_needed", bench.act, "officer", TenderPublished(digest(payload)), "")
    assert not bench.records("TenderPublished", "AnswerReleased", "AmendmentReleased")


def test_the_second_person_releases_exactly_what_was_proposed(open_bidding):
    bench = open_bidding
    bench.act("bidder-a", QuestionAsked("q1", "交货地点？"), "")
    bench.act("officer", AnswerProposed("q1", "校内"), "")
    refused("object_has_changed", bench.act, "releaser", AnswerReleased("q1", "校外"), "")
    bench.act("releaser", AnswerReleased("q1", "校内"), "")
    payload = bench.draft()
    bench.act("officer", payload, "", "TenderSubmitted")
    refused("object_has_changed", bench.act, "releaser", TenderPublished("0" * 64), "")
    more = (bench.platform, bench.people["officer"].log_in, bench.case_id, "补充.txt", b"more")
    refused("draft_submitted", tenders.add_document, *more)
    bench.act("releaser", TenderReturned("请补充"), "")
    tenders.add_document(*more)
    refused("documents_changed", bench.act, "officer", payload, "", "TenderSubmitted")


def test_roles_stay_apart(open_bidding):
    bench = open_bidding
    payload = bench.draft()
    for login, fact, type in (
        ("releaser", payload, "TenderSubmitted"),
        ("officer", {"terms_sha256": digest(payload)}, "TenderPublished"),
        ("centre", payload, "TenderSubmitted"),
        ("bidder-a", {"terms_sha256": digest(payload)}, "TenderPublished"),
    ):
        with pytest.raises(NotAllowed):
            bench.act(login, fact, "", type)
    assert [record.type for record in bench.records()] == ["CaseOpened"]


def test_the_systems_own_facts_cannot_be_sent(open_bidding):
    bench = open_bidding
    for type, payload in (("BidReceipted", {"receipt_id": "x", "receipt": {}, "key_id": "", "signature": ""}),):
        with pytest.raises(NotAllowed):
            bench.act("bidder-a", payload, LOT, type)
    refused("fact_unknown", bench.act, "bidder-a", {}, LOT, f"Bid{secrets.token_hex(2)}")
