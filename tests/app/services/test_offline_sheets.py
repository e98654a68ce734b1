"""Sheets that were signed without a line: taken once, from the booth or by hand, and never another round's."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D

import pytest

from app.casefile.codec import encode
from app.casefile.record import case_reference
from app.casefile.verification import Verdict, verify_bundle
from app.client.acting import sign_act
from app.models import ScoreDraft
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.queries.cases import load_besides_bids
from app.services import offline_sheets
from app.services.acts import act_head
from app.services.audits import export_evidence
from app.services.report_course import interruptions_of
from app.services.unit_of_work import plain_transaction
from crypto.canonical import canonical
from crypto.carried import seal
from evaluation.sitting import OfflineSigning, ScoreSheetLocked, sheet_basis
from tests.app.services.people import Person
from tests.app.services.whole_case import DRAWN, LOT, WholeCase


@pytest.fixture(scope="module")
def case(tmp_path_factory, database_url) -> WholeCase:
    folder = tmp_path_factory.mktemp("offline")
    return WholeCase(folder, database_url=database_url).through(f"{DRAWN} seat_all elect review")


def sheet(case: WholeCase, number: int, **changes) -> ScoreSheetLocked:
    signing = OfflineSigning(
        case.clock() - timedelta(hours=3), sheet_basis(case.state, number)
    )  # a clock that is wrong
    fact = ScoreSheetLocked(number, case.sheet(number, [bid.bid for bid in case.state.bids]), {}, signing)
    return replace(fact, **changes)


def signed(case: WholeCase, fact: ScoreSheetLocked, person: Person) -> dict:
    payload = encode(fact)
    act = sign_act(
        person.key,
        origin=case.platform.origin,
        case=case_reference(case.case_id, LOT),
        type="ScoreSheetLocked",
        payload=payload,
        prev_act=act_head(case.platform, case.case_id, person.log_in),
        command_id=f"sheet-{fact.seat}",
        at=case.clock(),
    )
    return {"payload": payload, **act.to_json()}


def saved(case: WholeCase, fact: ScoreSheetLocked, person: Person | None = None, **changes) -> bytes:
    """The file that a booth saves."""
    about = {"v": offline_sheets.FORMAT, "case": case_reference(case.case_id, LOT), "seat": fact.seat}
    point = base64.b64decode(offline_sheets.seal_point(case.platform, case.case_id, LOT))
    body = canonical(signed(case, fact, person or case.members[fact.seat]))
    return canonical({**about, **seal(point, body, about), **changes})


def hand_in(case: WholeCase, data: bytes, who: str = "witness-sub") -> offline_sheets.HandedIn:
    person = case.people[who]
    return offline_sheets.hand_in_file(case.platform, person.log_in, case.case_id, LOT, data, {"address": "10.0.0.7"})


def refused(case: WholeCase, data: bytes, who: str = "witness-sub") -> str:
    with pytest.raises(RuleViolation) as refusal:
        hand_in(case, data, who)
    assert not any(word in json.dumps(refusal.value.facts, default=str) for word in ("plan", "record")), (
        "no score is told"
    )
    return refusal.value.code


@pytest.fixture(scope="module")
def away(case: WholeCase) -> list[int]:
    """Seats of the site whose line is gone."""
    return [number for number, seat in case.state.seats.items() if seat.site == case.sites[1]]


def test_what_is_no_sheet_of_this_seat_and_round_is_refused_in_words(case: WholeCase, away: list[int]):
    number, other = away
    fact = sheet(case, number)
    data = saved(case, fact)
    assert b"plan" not in data, "whoever carries it reads no score"
    assert refused(case, data, "witness-host") == "offline_sheet_site"
    assert refused(case, data[:-3]) == "offline_sheet_unreadable"
    assert refused(case, b"{}") == "offline_sheet_unreadable"
    assert refused(case, saved(case, fact, seat=other)) == "offline_sheet_unreadable"
    assert refused(case, saved(case, replace(fact, offline=None))) == "offline_sheet_unreadable"
    assert refused(case, saved(case, fact, case.members[other])) == "key_not_certified"
    assert refused(case, saved(case, replace(fact, offline=replace(fact.offline, basis="0" * 64)))) == (
        "offline_sheet_other"
    )
    bid = next(iter(fact.scores))
    for wrong in ({"plan": D(61), "record": D(2)}, {"plan": D("40.25"), "record": D(2)}, {"plan": D(40)}):
        assert refused(case, saved(case, replace(fact, scores={**fact.scores, bid: wrong}))) == "offline_sheet_content"
    for who in ("centre", "officer", "regulator"):
        with pytest.raises(NotAllowed):
            hand_in(case, data, who)
    assert case.state.sheets == {}


def test_a_sheet_that_is_carried_counts_once(case: WholeCase, away: list[int]):
    number = away[0]
    fact = sheet(case, number)
    bid = next(iter(fact.scores))
    with plain_transaction(case.platform.database) as (db_session, now):
        for criterion, value in (("plan", fact.scores[bid]["plan"]), ("record", D(10))):
            place = {"case_id": case.case_id, "lot": LOT, "seat": number, "bid": bid, "criterion": criterion}
            db_session.add(ScoreDraft(**place, value=value, comment="", saved_at=now, seq=1))
    data = saved(case, fact)
    first = hand_in(case, data)
    assert (first.seat, first.signed_at) == (number, fact.offline.signed_at)
    assert first.received_at > first.signed_at
    assert hand_in(case, data) == first
    assert case.state.offline == {number}
    own = offline_sheets.own_offline_sheet(case.platform, case.case, LOT, number)
    assert own.received_at == first.received_at
    assert {(d.bid, d.criterion, d.saved, d.signed) for d in own.differences} >= {
        (bid, "record", D(10), fact.scores[bid]["record"])
    }
    assert (bid, "plan") not in {(d.bid, d.criterion) for d in own.differences}
    with case.platform.database.reading() as db_session:
        records = load_besides_bids(db_session, case.case_id)
    (record,) = [one for one in records if one.type == "ScoreSheetLocked"]
    assert record.payload["offline"]["basis"] == fact.offline.basis
    assert refused(case, saved(case, replace(sheet(case, number), comments={bid: {"plan": "another"}}))) == (
        "command_reused"
    )


def test_the_booth_hands_in_by_itself_and_the_report_and_the_verifier_know(case: WholeCase, away: list[int]):
    number = away[1]
    fact = sheet(case, number)
    case.act(case.members[number], fact)
    bids = [bid.bid for bid in case.state.bids]
    carried = saved(case, sheet(case, number))
    assert refused(case, carried) == "sitting_already_done"
    for seat, person in case.members.items():
        if seat not in away:
            case.act(person, ScoreSheetLocked(seat, case.sheet(seat, bids), {}))
    case.work_off()
    with pytest.raises(NotAllowed):
        hand_in(case, carried)  # after the last lock there is nothing to be handed in
    with case.platform.database.reading() as db_session:
        told = interruptions_of(load_besides_bids(db_session, case.case_id), {}, "zh")
    assert [words.startswith(f"离线评分表：席位 {seat} ") for words, seat in zip(told, away, strict=True)] == [
        True,
        True,
    ]
    case.report()
    assert case.case.phase(LOT) == "P7"
    _name, bundle = export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)
    assert not [check for check in verify_bundle(bundle) if check.verdict is Verdict.FAIL]
