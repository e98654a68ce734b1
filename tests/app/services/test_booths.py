"""A member whose booth breaks goes on at another one; what is signed counts by the key of its time, offline too."""

from __future__ import annotations

import base64
import copy
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.models import Certificate, PendingSignature, SeatRequest, WebSession
from app.procedure.errors import RuleViolation
from app.services import booths, call_ups, register, reports, score_drafts
from app.services.accounts import read_web_session
from app.services.audits import export_evidence
from app.services.booths import Standing
from app.services.database_check import database_differences
from app.services.platform import DIST
from app.services.score_drafts import TypedScore
from crypto.signing import SigningKey, sign_act, sign_object
from evaluation import sitting
from evaluation.sitting import CheckInGround, Stage
from tests.app.services import tampering
from tests.app.services.people import LOT, Person
from tests.app.services.whole_case import WholeCase

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
MOVER = 2


@dataclass
class Moving(WholeCase):
    """A case in which booths break."""

    held: dict[int, list[Person]] = field(default_factory=dict)

    def ask(self, number: int) -> tuple[booths.SeatOffer, SigningKey]:
        """At a booth: the code, and a key made there."""
        code = call_ups.call_up_code(self.platform, self.case_id, LOT, self.state.seats[number].person)
        key = SigningKey.generate()
        statement = {"code_sha256": call_ups.code_hash(code), "origin": self.platform.origin}
        proof = sign_object(key, register.PROOF_LABEL, statement)
        return booths.request_seat(self.platform, code, base64.b64encode(key.spki).decode(), proof), key

    def witness_of(self, number: int) -> str:
        return "witness-host" if self.state.seats[number].site == self.sites[0] else "witness-sub"

    def move(self, number: int) -> booths.SeatOffer:
        """The witness lets the member go on at another booth."""
        offer, key = self.ask(number)
        witness = self.witness_of(number)
        (row,) = booths.waiting_seats(self.platform, self.people[witness].log_in)
        assert (row.seat, row.key_id, row.replaces) == (number, key.key_id, self.state.keys[number])
        fact = sitting.BoothChanged(number, row.key_id, row.replaces, self.people[witness].id, "屏幕不亮", row.booth)
        self.act(witness, fact, attachments={"request": offer.request.encode()})
        self.held.setdefault(number, []).append(self.members[number])
        self.members[number] = Person(self.members[number].log_in, key, "")
        return offer


@pytest.fixture(scope="module")
def case(tmp_path_factory, database_url) -> Moving:
    return Moving(tmp_path_factory.mktemp("booths"), database_url=database_url).until_scoring()


def rows(case, query):
    with case.platform.database.reading() as db_session:
        return list(db_session.scalars(query))


def test_at_another_booth_drafts_are_there_and_the_old_key_counts_no_more(case):
    (bid, *_) = case.state.valid
    mover = case.members[MOVER]
    score_drafts.save_score(
        case.platform, mover.log_in, case.case_id, LOT, TypedScore(bid, "plan", Decimal(41), "清楚")
    )
    before = case.state
    offer = case.move(MOVER)
    assert case.state.keys == before.keys | {MOVER: case.members[MOVER].key.key_id}
    assert (case.state.statements, case.state.reviews) == (before.statements, before.reviews)
    (draft,) = score_drafts.own_drafts(case.platform, case.members[MOVER].log_in, case.case, LOT)
    assert (draft.bid, draft.value, draft.comment) == (bid, Decimal(41), "清楚")
    (old,) = case.held[MOVER]
    with pytest.raises(RuleViolation, match="key_not_certified"):
        case.act(old, sitting.ScoreSheetLocked(MOVER, case.sheet(MOVER, list(before.valid)), {}))
    (row,) = rows(case, select(Certificate).where(Certificate.key_id == old.key.key_id))
    assert row.revoked_at is not None
    assert row.revoked_because == "booth_changed"
    alive = select(func.count()).where(WebSession.seat == mover.log_in.seat, WebSession.ended_at.is_(None))
    assert rows(case, alive) == [1]
    with case.platform.database.reading() as db_session:
        log_in = read_web_session(db_session, offer.token, case.clock())
    assert log_in.seat == mover.log_in.seat


def test_each_booth_is_told_what_became_of_it(case):
    first = rows(case, select(SeatRequest).where(SeatRequest.seat == MOVER).order_by(SeatRequest.created_at))
    told = [booths.booth_standing(case.platform, request.id) for request in first]
    assert [found.standing for found in told] == [Standing.MOVED, Standing.SEATED]
    assert (told[0].at, told[0].reason) == (first[1].certified_at, "屏幕不亮")
    waiting, _ = case.ask(3)
    assert booths.booth_standing(case.platform, waiting.request).standing is Standing.WAITING
    again, _ = case.ask(3)
    assert booths.booth_standing(case.platform, waiting.request).standing is Standing.OVERTAKEN
    witness, key = case.witness_of(3), case.state.keys[3]
    (row,) = booths.waiting_seats(case.platform, case.people[witness].log_in)
    other = "witness-sub" if witness == "witness-host" else "witness-host"
    files = {"request": again.request.encode()}
    fact = sitting.CheckInRefused(3, row.key_id, case.people[other].id, CheckInGround.NOT_THE_PERSON, "照片不符")
    with pytest.raises(RuleViolation, match="seat_request_unknown"):
        case.act(other, fact, attachments=files)
    fact = sitting.CheckInRefused(3, row.key_id, case.people[witness].id, CheckInGround.NOT_THE_PERSON, "照片不符")
    case.act(witness, fact, attachments=files)
    refused = booths.booth_standing(case.platform, again.request)
    assert (refused.standing, refused.ground, refused.reason) == (Standing.REFUSED, "not_the_person", "照片不符")
    assert booths.waiting_seats(case.platform, case.people[witness].log_in) == ()
    assert case.state.keys[3] == key
    seated = sitting.BoothChanged(3, row.key_id, key, case.people[witness].id, "再试", row.booth)
    with pytest.raises(RuleViolation, match="seat_request_unknown"):
        case.act(witness, seated, attachments=files)


def test_what_was_signed_stays_and_the_report_is_signed_at_the_third_booth(case):
    bids = list(case.state.valid)
    case._each(lambda n: sitting.ScoreSheetLocked(n, case.sheet(n, bids), {}))
    case.move(MOVER)
    case.work_off()
    assert case.state.stage is Stage.REPORT
    reports.request_signature(case.platform, case.members[MOVER].log_in, case.case_id, LOT)
    case.move(MOVER)
    assert rows(case, select(func.count()).select_from(PendingSignature)) == [0]
    case._sign(1, case.members[1])
    case.move(1)
    for number in (2, 3, 4, 5):
        case._sign(number, case.members[number])
    case.work_off()
    assert case.state.stage is Stage.CLOSED


@pytest.fixture(scope="module")
def files(case):
    return unpack(export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)[1])


def wrong(found):
    return [(check.name, check.code) for check in found if check.verdict is Verdict.FAIL]


def test_the_tables_are_those_that_the_logs_determine(case):
    assert list(database_differences(case.platform)) == []


def test_the_verifier_accepts_each_act_by_the_key_of_its_time(case, files):
    assert sum(line["entry"]["type"] == "BoothChanged" for line in tampering.lines_of(files)) == 4
    root = case.platform.keys.authority.certificate_pem
    assert wrong(verify_bundle(files, [root], [read_profile("demo-goods")])) == []


def test_the_verifier_refuses_a_later_act_by_the_old_key(case, files):
    lines = copy.deepcopy(tampering.lines_of(files))
    seat = case.members[MOVER].log_in.seat
    entry = next(
        line["entry"]
        for line in lines
        if line["entry"]["type"] == "ScoreSheetLocked" and line["entry"]["actor"] == seat
    )
    signed, results = entry["act"]["act"], []
    for person in (*case.held[MOVER], case.members[MOVER]):  # at four booths; the sheet was locked at the second
        act = sign_act(
            person.key,
            origin=case.platform.origin,
            case=signed["case"],
            type=signed["type"],
            payload=entry["payload"],
            prev_act=signed["prev_act"],
            command_id=signed["command_id"],
            at=case.clock(),
        )
        entry["act"] = act.to_json()
        forged = tampering.by_platform(files, lines, case.platform.keys.platform.key)
        found = verify_bundle(forged, steps={"acts": STEPS["acts"]})
        results.append({str(check.facts["reason"]) for check in found if check.code == "evidence_act_wrong"})
    uncertified = {"evidence_key_uncertified"}
    assert results == [uncertified, set(), uncertified, uncertified]
