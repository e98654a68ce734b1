"""Mode M2 through the services: both signatures open a lot, whoever brings the second; the gate takes no other bids."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from datetime import timedelta

import pytest

from app.casefile.sealing import committee_of, open_identity
from app.casefile.verification import Verdict, verify_bundle
from app.models import Job
from app.permissions.policy import NotAllowed
from app.procedure.bid import BidWithdrawn
from app.procedure.errors import RuleViolation
from app.procedure.roles import ANYONE, Actor
from app.procedure.tender import AmendmentProposed, AmendmentReleased
from app.queries.lots import bid_desk, opening_board
from app.queries.opening_hall import opening_hall
from app.services import rounds, tenders
from app.services.audits import export_evidence
from app.services.jobs import claim_job, due_jobs
from app.services.platform import DIST
from app.tasks.jobs import run_job
from crypto.committee import make_capsule
from crypto.errors import CryptoError
from crypto.timelock import Round
from tests.app.second_lock import allow_second_lock, draft_locked, publish_locked, relay, release
from tests.app.workbench import LOT, Bench, SealedBid
from tests.beacon import SigningChain

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
BEACON, OTHER = SigningChain(), SigningChain()
PRICES = {"bidder-a": "156600000", "bidder-b": "157402200", "bidder-c": "158500000"}


@pytest.fixture
def locked(bench: Bench):
    """A published tender of mode M2, no relay configured."""
    bench.clock.go_on()
    allow_second_lock(bench, BEACON)
    publish_locked(bench)
    yield bench
    bench.clock.go_on()


def refused(code, action, *arguments, **named):
    with pytest.raises((RuleViolation, CryptoError)) as found:
        action(*arguments, **named)
    assert found.value.code == code
    return found.value.facts


def awaited(bench) -> list[int]:
    return [found.number for found in rounds.missing_rounds(bench.case, LOT)]


def carry(bench, signature: bytes) -> int:
    return rounds.carry_round(bench.platform, ANYONE, bench.case_id, LOT, signature.hex())


def opening(bench):
    return bench.case.lots[LOT].opening


def hand_in_all(bench) -> None:
    for login, price in PRICES.items():
        bench.hand_in(login, bench.seal(login, price))


def other_lock(bench, login: str, number: int, sealed_to: Round | None = None) -> SealedBid:
    """A bid that names round `number`, and whose second half is sealed to that one or another."""
    sealed, case = bench.seal(login), bench.case
    ident = open_identity(bench.platform.origin, case.id, LOT)
    named = Round(case.tender.published.chain, number)
    capsule = make_capsule(committee_of(case), ident, os.urandom(77), sealed_to or named)
    digest = {"capsule_sha256": hashlib.sha256(capsule).hexdigest(), "round": number}
    return SealedBid({**sealed.submission, **digest}, sealed.bid, capsule)


def test_opens_with_a_signature_that_somebody_read_out(locked):
    """Trustees first: their release opens nothing. Then 96 digits from a telephone, brought by nobody in particular."""
    hand_in_all(locked)
    due = BEACON.chain.round_after(locked.deadline_at)
    with pytest.raises(NotAllowed):  # before the release nobody may even bring one
        carry(locked, BEACON.sign(due.number))
    release(locked)
    assert awaited(locked) == [due.number]
    assert not opening(locked).opened
    refused("round_fits_none", carry, locked, BEACON.sign(due.number + 1))
    refused("round_fits_none", carry, locked, OTHER.sign(due.number))
    refused("round_signature_malformed", rounds.carry_round, locked.platform, ANYONE, locked.case_id, LOT, "12 ab")
    locked.work_off()
    assert not opening(locked).opened
    assert carry(locked, BEACON.sign(due.number)) == due.number
    refused("no_round_awaited", carry, locked, BEACON.sign(due.number))
    locked.work_off()
    assert sorted(str(bid.price) for bid in opening(locked).opened.values()) == [
        "1566000.00",
        "1574022.00",
        "1585000.00",
    ]
    assert opening(locked).read_out
    (record,) = locked.records("RoundSigned")
    assert (record.actor, record.role) == ("system", "system")


def test_gate_takes_exactly_the_rounds_of_the_lots_deadlines(locked):
    latest = locked.case.tender.rounds(LOT)[-1].number
    facts = refused("round_too_late", locked.hand_in, "bidder-a", other_lock(locked, "bidder-a", latest + 1))
    assert (facts["round"], facts["latest"]) == (latest + 1, latest)
    refused("round_foreign", locked.hand_in, "bidder-a", other_lock(locked, "bidder-a", latest - 1))
    lying = other_lock(locked, "bidder-a", latest, Round(BEACON.chain, latest + 1))
    assert refused("capsule_foreign", locked.hand_in, "bidder-a", lying)["field"] == "round"
    foreign = other_lock(locked, "bidder-a", latest, Round(OTHER.chain, latest))
    assert refused("capsule_foreign", locked.hand_in, "bidder-a", foreign)["field"] == "chain"
    assert not locked.case.lots[LOT].bidding.live


def test_bid_of_the_other_kind_is_refused_in_both_directions(locked):
    sealed, case = locked.seal("bidder-a"), locked.case
    ident = open_identity(locked.platform.origin, case.id, LOT)
    plain = make_capsule(committee_of(case), ident, os.urandom(77))
    kind = {"v": "bidsub/v1", "capsule_type": "tenderhall/bidcommittee-v1"}
    submission = {name: value for name, value in sealed.submission.items() if name != "round"} | kind
    submission["capsule_sha256"] = hashlib.sha256(plain).hexdigest()
    refused("second_lock_missing", locked.hand_in, "bidder-a", SealedBid(submission, sealed.bid, plain))
    locked.publish()
    wanted = locked.seal("bidder-a")
    timed = make_capsule(committee_of(locked.case), ident, os.urandom(77), BEACON.chain.round_after(locked.deadline_at))
    kind = {"v": "bidsub/v2", "capsule_type": "tenderhall/bidcommittee-v2", "round": 5}
    kind["capsule_sha256"] = hashlib.sha256(timed).hexdigest()
    unwanted = SealedBid(wanted.submission | kind, wanted.bid, timed)
    refused("second_lock_unwanted", locked.hand_in, "bidder-a", unwanted)


def test_postponement_voids_no_bid_and_a_lot_waits_for_both_rounds(locked):
    locked.hand_in("bidder-a")
    early = locked.seal("bidder-b")  # sealed before the postponement, handed in after it
    later = {LOT: locked.deadline_at + timedelta(seconds=30)}
    locked.act("officer", AmendmentProposed("a1", "增加培训", later), "")
    locked.act("releaser", AmendmentReleased("a1", "增加培训", later), "")
    locked.hand_in("bidder-b", early)
    locked.hand_in("bidder-c")
    first, second = (found.number for found in locked.case.tender.rounds(LOT))
    assert second == first + 10
    release(locked)
    assert awaited(locked) == [first, second]
    carry(locked, BEACON.sign(second))
    locked.work_off()
    assert not opening(locked).opened
    carry(locked, BEACON.sign(first))
    locked.work_off()
    assert len(opening(locked).opened) == 3


def test_bid_whose_second_half_is_false_is_void_and_the_others_go_on(locked):
    """Then too few are left, the lot fails, and its bundle holds for whoever checks it offline."""
    hand_in_all(locked)
    due = locked.case.tender.rounds(LOT)[-1]
    hollow = other_lock(locked, "bidder-d", due.number)
    locked.hand_in("bidder-d", hollow)
    standing = locked.case.lots[LOT].bidding.of_bidder(locked.people["bidder-c"].organisation)
    locked.act("bidder-c", BidWithdrawn(standing.receipt_id))
    release(locked)
    carry(locked, BEACON.sign(due.number))
    locked.work_off()
    assert [bid.reason for bid in opening(locked).voided.values()] == ["capsule_other_key"]
    assert len(opening(locked).opened) == 2
    assert opening(locked).failed == "too_few_valid"
    root = locked.platform.keys.authority.certificate_pem
    _name, bundle = export_evidence(locked.platform, locked.people["regulator"].log_in, locked.case_id)
    checks = verify_bundle(bundle, [root])
    # the bench's trustees are only as if from a ceremony, and the verifier says so
    assert [c.code for c in checks if c.verdict is Verdict.FAIL] == ["evidence_ceremony_missing"]
    told = {c.code: c.facts for c in checks}
    assert told["evidence_mode_m2"] == {"chain": f"test {BEACON.chain.hash}", "rounds": 1}
    assert "evidence_chain_unknown" in told
    assert "evidence_mode_m0" not in told


def fetch_jobs(bench) -> list[Job]:
    with bench.platform.database.reading() as db_session:
        found = db_session.query(Job).filter(Job.task == "fetch_round", Job.case_id == bench.case_id)
        return [job for job in found if job.done_at is None]


def test_relays_are_asked_until_one_has_the_round(locked):
    """A dead relay, one that lies, one that is late: the first right signature counts."""
    hand_in_all(locked)
    with relay() as liar, relay() as late:
        allow_second_lock(locked, BEACON, ("http://127.0.0.1:9", liar.url, late.url))
        due = locked.case.tender.rounds(LOT)[-1]
        liar.give(BEACON, due.number, OTHER.sign(due.number))
        release(locked)  # at the very deadline: the round is of three seconds later, nobody is asked yet
        assert not liar.asked
        assert [job.due_at for job in fetch_jobs(locked)] == [due.at + rounds.PUBLISHED_WITHIN]
        locked.clock.stop_at(due.at + timedelta(seconds=2))
        job = claim_job(locked.platform)
        assert job.task == "fetch_round"
        refused("round_not_there", run_job, locked.platform, job)
        assert len(liar.asked) == len(late.asked) == 1
        late.give(BEACON, due.number)
        run_job(locked.platform, job)
        run_job(locked.platform, job)  # killed after its commit and run again: nothing is asked any more
        assert len(late.asked) == 2
    assert due_jobs(locked.platform)
    locked.work_off()
    assert len(opening(locked).opened) == 3
    assert len(locked.records("RoundSigned")) == 1


def test_without_relays_nothing_is_asked_for(locked):
    hand_in_all(locked)
    release(locked)
    assert not fetch_jobs(locked)


def test_answer_that_is_no_answer_is_none(locked):
    due = locked.case.tender.rounds(LOT)[-1]
    with relay() as odd:
        path = f"/{BEACON.chain.hash}/public/{due.number}"
        for answer in (b"", b"[]", b"{}", b'{"signature": 7}', b'{"signature": "00"}', b"\xff", b"[" * 100_000):
            odd.answers[path] = answer
            assert rounds.fetch_signed_round([odd.url], due) is None
        odd.give(BEACON, due.number)
        assert rounds.fetch_signed_round([odd.url], due).signature == BEACON.sign(due.number)


def test_draft_takes_the_lock_that_the_centre_allows_and_no_other(locked):
    payload = draft_locked(locked)
    assert payload["terms"]["timelock"] == BEACON.chain.describe()
    allow_second_lock(locked, OTHER)
    refused("second_lock_unavailable", locked.act, "officer", payload, "", "TenderSubmitted")
    locked.platform = replace(locked.platform, settings=replace(locked.platform.settings, drand_chain=None))
    officer = locked.people["officer"].log_in
    refused("second_lock_unavailable", tenders.draft_terms, locked.platform, officer, locked.case_id)
    allow_second_lock(locked, BEACON)
    on_one_machine = {**payload["terms"]["committee"], "mode": "M0"}
    terms = {**payload["terms"], "committee": on_one_machine}
    refused("second_lock_needs_ceremony", locked.act, "officer", {"terms": terms}, "", "TenderSubmitted")
    other_key = {**payload["terms"]["timelock"], "public_key": OTHER.chain.public_key}
    terms = {**payload["terms"], "timelock": other_key}
    refused("chain_malformed", locked.act, "officer", {"terms": terms}, "", "TenderSubmitted")


def test_before_the_release_the_wall_shows_the_deadlines_round_whatever_was_handed_in(locked):
    """Also where a bid was sealed before a postponement: which rounds are waited for is told after the release."""
    early = locked.seal("bidder-a")
    later = {LOT: locked.deadline_at + timedelta(seconds=30)}
    locked.act("officer", AmendmentProposed("a1", "增加培训", later), "")
    locked.act("releaser", AmendmentReleased("a1", "增加培训", later), "")

    def shown():
        origin, case = locked.platform.origin, locked.case
        return opening_board(origin, case, LOT), opening_hall(origin, case, LOT, [])

    empty = shown()
    locked.hand_in("bidder-a", early)
    hand_in_all(locked)
    assert shown() == empty
    board, hall = empty
    due = BEACON.chain.round_after(locked.deadline_at)
    assert [line["round"] for line in board["rounds"]] == [light.number for light in hall.rounds] == [due.number]
    assert (board["mode"], hall.mode, hall.rounds[0].state) == ("M2", "M2", "waiting")
    bidder = Actor("b", "", frozenset(), "organisation", "", "")
    desk = bid_desk(locked.platform.origin, locked.case, LOT, bidder, 1)
    assert desk["timelock"] == BEACON.chain.describe()
