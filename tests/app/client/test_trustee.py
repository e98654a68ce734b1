"""What a trustee's own tool signs, and above all what it does not."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.casefile.codec import encode
from app.client import passphrase, trustee_commands
from app.client.command_line import Parser
from app.client.connection import Refused
from app.client.keyfile import Profile
from app.client.passphrase import seal_under
from app.client.trustee import PURPOSE, Memory, Trustee, setup_m0
from app.client.verified_case import Vouchers
from app.procedure.trustees import REVEAL_PATIENCE
from crypto.committee import identity, verify_share
from crypto.errors import CryptoError
from crypto.instants import format_instant
from crypto.notes import ED25519, NoteKey
from evaluation.draw import (
    Candidate,
    DrawConditions,
    DrawConditionsApproved,
    DrawConditionsProposed,
    DrawStated,
    EarlierRound,
    Stratum,
    conditions_sha256,
    reveal_statement,
    statement,
    statement_bytes,
)
from tests.app.client.signed_world import CASE, DEADLINE, LOG, ORIGIN, WITNESSES, World

AFTER = DEADLINE + timedelta(seconds=1)
PASSPHRASE = "opposed interests"


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> list[Path]:
    root = tmp_path_factory.mktemp("trustees")
    profiles = [Profile(root / str(i)) for i in range(5)]
    for i, profile in enumerate(profiles):
        profile.key(PASSPHRASE)
        profile.keep(organisation=f"受托人{i}")
    setup_m0(profiles, 3, PASSPHRASE, os.urandom)
    return [profile.folder for profile in profiles]


WORLD = World()
event = WORLD.event


@pytest.fixture
def trustee(folders) -> Trustee:
    (folders[1] / "memory.json").unlink(missing_ok=True)
    Profile(folders[1]).keep(roots=list(WORLD.roots))
    return Trustee.read(Profile(folders[1]), PASSPHRASE)


def published(trustee: Trustee, deadline_at: datetime = DEADLINE) -> list[dict[str, Any]]:
    return WORLD.published(trustee.committee.describe(), deadline_at)


def closed(root: str = "a" * 64, enough: bool = True) -> dict[str, Any]:
    payload = {"deadline_at": format_instant(DEADLINE), "submissions_root": root, "enough": enough}
    return event("LotClosed", payload)


def due(
    trustee: Trustee, events: list[dict[str, Any]], now: datetime = AFTER, offset: int = 0, world: World = WORLD
) -> tuple[list, list]:
    refused: list[Refused] = []
    world.events = events
    shares = trustee.shares_due(
        world, ORIGIN, CASE, events, now=now, clock_offset=timedelta(seconds=offset), refuse=refused.append
    )
    return shares, [refusal.code for refusal in refused]


def test_a_closed_lot_with_enough_bids_is_signed(trustee):
    shares, refused = due(trustee, [*published(trustee), closed()])
    assert refused == []
    (share,) = shares
    named = {"origin": ORIGIN, "tender": CASE, "lot": "1", "envelope": "1", "epoch": 0}
    assert verify_share(trustee.committee, 2, identity("open", named), bytes.fromhex(share.payload["share"]))
    assert (share.type, share.lot, share.payload["index"]) == ("ShareReleased", "1", 2)


def test_nothing_is_signed_before_the_close_record(trustee):
    assert due(trustee, published(trustee)) == ([], [])


def test_nothing_is_signed_before_the_deadline_by_the_own_clock(trustee):
    events = [*published(trustee), closed()]
    assert due(trustee, events, DEADLINE - timedelta(milliseconds=1)) == ([], ["trustee_not_due"])
    assert len(due(trustee, events, DEADLINE)[0]) == 1


def test_a_deadline_once_seen_is_never_believed_to_be_earlier(trustee, folders):
    later = DEADLINE + timedelta(hours=1)
    amended = event("AmendmentReleased", {"deadlines": {"1": format_instant(later)}}, "")
    due(trustee, [*published(trustee), amended])
    again = Trustee.read(Profile(folders[1]), PASSPHRASE)
    assert due(again, [*published(trustee), closed()]) == ([], ["trustee_not_due"])
    assert len(due(again, [*published(trustee), closed()], later)[0]) == 1


@pytest.mark.parametrize("type", ["PostponementReleased", "OutageExtensionReleased", "ResumptionOrdered"])
def test_a_moved_lot_is_signed_from_its_new_deadline_on_and_not_before(trustee, type):
    later = DEADLINE + timedelta(hours=1)
    moved = event(type, {"deadlines": {"1": format_instant(later)}}, "")
    earlier = event(type, {"deadlines": {"1": format_instant(DEADLINE - timedelta(hours=1))}}, "")
    other = event(type, {"deadlines": {"2": format_instant(later + timedelta(hours=9))}}, "")
    events = [*published(trustee), moved, earlier, other, closed()]
    assert due(trustee, events, later - timedelta(milliseconds=1)) == ([], ["trustee_not_due"])
    assert len(due(trustee, events, later)[0]) == 1


def test_a_paused_lot_is_not_signed_until_it_is_resumed(trustee):
    paused = event("PauseOrdered", {"lots": ["1"]}, "")
    resumed = event("ResumptionOrdered", {"deadlines": {"1": format_instant(DEADLINE)}}, "")
    assert due(trustee, [*published(trustee), paused, closed()]) == ([], ["trustee_paused"])
    assert due(trustee, [*published(trustee), paused, resumed, paused, closed()]) == ([], ["trustee_paused"])
    assert len(due(trustee, [*published(trustee), paused, resumed, closed()])[0]) == 1
    another = event("PauseOrdered", {"lots": ["2"]}, "")
    assert len(due(trustee, [*published(trustee), another, closed()])[0]) == 1


def test_too_few_bids_are_not_opened(trustee):
    assert due(trustee, [*published(trustee), closed(enough=False)]) == ([], ["trustee_lot_failed"])


@pytest.mark.parametrize("seconds", [61, -61])
def test_a_wrong_clock_signs_nothing(trustee, seconds):
    shares, refused = due(trustee, [*published(trustee), closed()], offset=seconds)
    assert shares == []
    assert set(refused) == {"trustee_clock_off"}


def test_a_second_history_of_the_same_lot_is_refused(trustee, folders):
    assert len(due(trustee, [*published(trustee), closed()])[0]) == 1
    again = Trustee.read(Profile(folders[1]), PASSPHRASE)
    assert len(due(again, [*published(trustee), closed()])[0]) == 1, "the same history may be asked for again"
    assert due(again, [*published(trustee), closed("b" * 64)]) == ([], ["trustee_two_histories"])


def test_what_is_done_is_not_done_again(trustee):
    mine = event("ShareReleased", {"index": 2, "share": ""})
    released = event("BidsReleased", {"signature": "", "used": []})
    assert due(trustee, [*published(trustee), closed(), mine]) == ([], [])
    assert due(trustee, [*published(trustee), closed(), released]) == ([], [])


def test_the_bids_of_another_committee_are_not_its_concern(trustee, tmp_path):
    others = [Profile(tmp_path / str(i)) for i in range(2)]
    for profile in others:
        profile.key(PASSPHRASE)
        profile.keep(organisation="x")
    events = WORLD.published(setup_m0(others, 2, PASSPHRASE, os.urandom).describe())
    assert due(trustee, [*events, closed()]) == ([], [])


# what it does not believe


def test_a_signed_share_names_the_witnesses_that_vouch(trustee):
    (share,) = due(trustee, [*published(trustee), closed()])[0]
    assert share.vouched_by == (WITNESSES[0].name, WITNESSES[1].name)


@pytest.mark.parametrize("type", ["TenderSubmitted", "TenderPublished"])
@pytest.mark.parametrize("field", ["deadline", "signer", "payload", "certificate"])
def test_terms_that_their_agency_did_not_sign_are_not_believed(trustee, type, field):
    events = [*published(trustee), closed()]
    at = next(i for i, e in enumerate(events) if e["type"] == type)
    if field == "signer":
        events[at] = event(type, events[at]["payload"], "", by="stranger")
    elif field == "certificate":
        events[at] = {**events[at], "actor": "centre"}
    elif field == "payload" or type == "TenderPublished":
        events[at] = {**events[at], "payload": {**events[at]["payload"], "x": 1}}
    else:
        events = [*published(trustee, DEADLINE - timedelta(days=1))[:1], *published(trustee)[1:], closed()]
    assert due(trustee, events) == ([], ["trustee_act_unverified"])


def test_one_person_cannot_publish_alone(trustee):
    submitted, released = published(trustee)
    alone = event("TenderPublished", released["payload"], "", by="officer")
    assert due(trustee, [submitted, alone, closed()]) == ([], ["trustee_act_unverified"])


@pytest.mark.parametrize("type", ["AmendmentReleased", "PostponementReleased", "PauseOrdered", "ResumptionOrdered"])
def test_an_order_by_somebody_else_is_not_obeyed(trustee, type):
    payload = {"deadlines": {"1": format_instant(DEADLINE)}, "lots": ["1"]}
    events = [*published(trustee), event(type, payload, "", by="stranger"), closed()]
    assert due(trustee, events) == ([], ["trustee_act_unverified"])
    unsigned = {**event(type, payload, ""), "act": {}}
    assert due(trustee, [*published(trustee), unsigned, closed()]) == ([], ["trustee_act_unverified"])


def test_an_authority_that_was_not_pinned_counts_for_nothing(trustee):
    stranger = replace(trustee, roots=World().roots)
    assert due(stranger, [*published(trustee), closed()]) == ([], ["trustee_act_unverified"])


@pytest.mark.parametrize("cosigners", [(), WITNESSES[:1], (WITNESSES[0], WITNESSES[2])])
def test_nothing_is_signed_before_the_witnesses_of_the_terms_vouch(trustee, cosigners):
    WORLD.cosigners = cosigners
    try:
        assert due(trustee, [*published(trustee), closed()]) == ([], ["trustee_unvouched"])
    finally:
        WORLD.cosigners = WITNESSES
    assert len(due(trustee, [*published(trustee), closed()])[0]) == 1


def test_a_trustee_may_ask_for_a_witness_of_its_own(trustee):
    careful = replace(trustee, vouchers=Vouchers(more=(WITNESSES[2].verifier,)))
    WORLD.cosigners = WITNESSES[:2]
    try:
        assert due(careful, [*published(trustee), closed()]) == ([], ["trustee_unvouched"])
    finally:
        WORLD.cosigners = WITNESSES
    (share,) = due(careful, [*published(trustee), closed()])[0]
    assert WITNESSES[2].name in share.vouched_by


def test_another_close_record_than_the_registers_is_refused(trustee):
    lie, terms = closed("b" * 64), published(trustee)
    WORLD.listed = [*terms, closed()]
    try:
        assert due(trustee, [*terms, lie]) == ([], ["history_not_listed"])
    finally:
        WORLD.listed = None


def test_a_register_under_another_key_is_refused(trustee):
    WORLD.log = NoteKey.generate(LOG.name, ED25519)
    try:
        assert due(trustee, [*published(trustee), closed()]) == ([], ["history_not_listed"])
    finally:
        WORLD.log = LOG


def test_where_the_terms_name_no_witness_it_signs_and_says_so(trustee):
    plain = World(register=replace(WORLD.register, witnesses=(), quorum=0), cosigners=())
    events = [*plain.published(trustee.committee.describe()), closed()]
    (share,) = due(replace(trustee, roots=plain.roots), events, world=plain)[0]
    assert share.vouched_by == ()


POOL = tuple(Candidate(f"{i:032x}", f"u{i}", ("s/host",)) for i in range(9))


def stated(trustee: Trustee, number: int = 1, reason: str = "", **changes: Any) -> list[dict[str, Any]]:
    conditions = DrawConditions(
        tender=CASE,
        lot="1",
        purpose=PURPOSE,
        strata=(Stratum("s/host", 2, 0),),
        max_per_unit=1,
        parties=("agency", "centre"),
        pool_factor=3,
        committee=trustee.committee.id,
        trustees_needed=3,
    )
    commitments = {"agency": "1" * 64, "centre": "2" * 64}
    earlier = EarlierRound("e" * 64, reason, "") if number > 1 else None
    text = statement(
        conditions,
        round_=number,
        strata=conditions.strata,
        candidates=POOL,
        recused={},
        commitments=commitments,
        earlier=earlier,
    )
    commits = [
        event("DrawCommitted", {"round": number, "party": party, "commitment": value})
        for party, value in commitments.items()
    ]
    fact = DrawStated(number, statement_bytes({**text, **changes}).decode(), POOL)
    agreed = [
        event("DrawConditionsProposed", encode(DrawConditionsProposed(conditions))),
        event("DrawConditionsApproved", encode(DrawConditionsApproved(conditions_sha256(conditions)))),
    ]
    return [*agreed, *commits, event("DrawStated", encode(fact))]


def test_a_draw_is_signed_over_its_statement(trustee):
    events = stated(trustee)
    (share,) = due(trustee, [*published(trustee), *events])[0]
    ident = identity("draw", json.loads(events[-1]["payload"]["statement"]))
    assert verify_share(trustee.committee, 2, ident, bytes.fromhex(share.payload["share_hex"]))
    assert share.payload["round"] == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"draw_id": "0" * 64},
        {"round": 2},
        {"committee": "0" * 64},
        {"candidates_sha256": "0" * 64},
        {"commitments": {"agency": "1" * 64}},
        {"strata": []},
        {"strata": [{"name": "s/host", "quota": 3, "reserve": 0}]},
        {"strata": [{"name": "s/host", "quota": 1, "reserve": 0}]},
        {"strata": [{"name": "s/host", "quota": 2, "reserve": 9}]},
        {"strata": [{"name": "s/other", "quota": 2, "reserve": 0}]},
        {"max_per_unit": 2},
    ],
)
def test_a_statement_that_is_not_of_the_record_is_refused(trustee, changes):
    assert due(trustee, [*published(trustee), *stated(trustee, **changes)]) == ([], ["trustee_statement_differs"])


def test_a_round_is_signed_once(trustee):
    assert len(due(trustee, [*published(trustee), *stated(trustee)])[0]) == 1
    another = stated(trustee, recused=[{"id": POOL[0].id, "reason_sha256": "5" * 64}])
    assert due(trustee, [*published(trustee), *another]) == ([], ["trustee_two_histories"])


def test_what_a_silent_party_sealed_is_opened_once_the_statement_is_signed_and_some_minutes_have_passed(trustee):
    events = [*published(trustee), *stated(trustee)]
    late = DEADLINE + REVEAL_PATIENCE
    (statement_share,) = due(trustee, events, now=late)[0]
    assert statement_share.type == "DrawShareReleased"
    events += [event("DrawSigned", {"round": 1, "signature_sha256": "0" * 64})]
    assert due(trustee, events, now=late - timedelta(seconds=1)) == ([], [])
    (share,) = due(trustee, events, now=late)[0]
    ident = identity("draw-reveal", reveal_statement(json.loads(events[-2]["payload"]["statement"])["draw_id"], 1))
    assert share.type == "CapsuleShareReleased"
    assert verify_share(trustee.committee, 2, ident, bytes.fromhex(share.payload["share_hex"]))
    given = event("CapsuleShareReleased", dict(share.payload))
    completed = event("DrawCompleted", {"round": 1, "record_sha256": "e" * 64})
    for further in (given, completed):
        assert due(trustee, [*events, further], now=late) == ([], [])


def test_nothing_is_opened_under_another_statement_than_the_one_that_was_signed(trustee):
    due(trustee, [*published(trustee), *stated(trustee)])
    another = stated(trustee, recused=[{"id": POOL[0].id, "reason_sha256": "5" * 64}])
    signed = event("DrawSigned", {"round": 1, "signature_sha256": "0" * 64})
    late = DEADLINE + REVEAL_PATIENCE
    assert due(trustee, [*published(trustee), *another, signed], now=late) == ([], ["trustee_two_histories"])


def test_a_further_round_must_continue_the_record(trustee):
    completed = event("DrawCompleted", {"round": 1, "record_sha256": "e" * 64})
    events = [*published(trustee), completed, *stated(trustee, 2, "refused")]
    assert len(due(trustee, events)[0]) == 1
    completed["payload"]["record_sha256"] = "f" * 64
    assert due(trustee, events) == ([], ["trustee_statement_differs"])


def test_the_share_is_sealed_with_the_passphrase(folders):
    with pytest.raises(CryptoError, match="envelope_no_identity"):
        Trustee.read(Profile(folders[0]), "another")
    assert (folders[0] / "share.age").stat().st_mode & 0o777 == 0o600
    assert "演示" in (folders[0] / "M0.txt").read_text()


def test_a_sealed_file_is_an_age_file():
    pyrage = pytest.importorskip("pyrage")
    sealed = seal_under("correct horse", b"secret")
    assert pyrage.passphrase.decrypt(sealed, "correct horse") == b"secret"


def test_a_file_of_the_highest_work_factor_opens(monkeypatch):
    """Other tools choose the factor by the speed of their machine (tests/long opens a real one of theirs)."""
    seen = []
    monkeypatch.setattr(hashlib, "scrypt", lambda *_, **named: seen.append(named) or bytes(32))
    passphrase._wrapping_key("correct horse", bytes(16), passphrase.HIGHEST_WORK_FACTOR)
    assert seen[0]["n"] * 128 * seen[0]["r"] < seen[0]["maxmem"] < 2**31 - 1


def test_the_log_lists_what_was_signed(tmp_path, capsys):
    memory = Memory(tmp_path / "memory.json")
    memory.sign_once("open/T/1", {"closed": 1})
    memory.sign_once("open/T/1", {"closed": 1})
    memory.sign_once("draw/d/2", {"round": 2})
    parser = Parser()
    trustee_commands.add_parser(parser.commands())
    arguments = parser.parse_args(["trustee", "log", "--folder", str(tmp_path)])
    assert arguments.run(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[1] for line in lines] == [slot for _at, slot, _sha in memory.signed]
    assert {line.split("  ")[1] for line in lines} == {"open/T/1", "draw/d/2"}
