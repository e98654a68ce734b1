"""A trustee that sends a wrong share is named in the record and on the wall, and only after the lot is closed (T29)."""

from __future__ import annotations

import secrets

import pytest

from app.casefile.bundle import unpack
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.queries.cases import load_case, load_records
from app.queries.lots import opening_board
from app.queries.opening_hall import opening_hall
from app.services.audits import export_evidence
from app.services.platform import DIST
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.test_too_few_trustees import WITHIN, code, opening, share_of
from tests.app.services.whole_case import WholeCase

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
CHECKED = {name: STEPS[name] for name in ("log", "files", "acts", "replay", "release")}


@pytest.fixture
def bidding(tmp_path):
    return WholeCase(tmp_path).through("found publish bid")


def records(whole, kind="ShareRefused"):
    with whole.platform.database.reading() as db_session:
        return [record for record in load_records(db_session, whole.case_id) if record.type == kind]


def hall(whole):
    with whole.platform.database.reading() as db_session:
        case, seen = load_case(db_session, whole.case_id), load_records(db_session, whole.case_id)
    return opening_hall(whole.platform.origin, case, LOT, seen), opening_board(whole.platform.origin, case, LOT)


def test_before_the_deadline_nothing_is_recorded_of_it(bidding):
    before = len(records(bidding, "BidSubmitted"))
    for secret in (1, 2):  # right or wrong, and though a bid was withdrawn whose files are to be destroyed
        for login in ("trustee-1", "bidder-b"):
            with pytest.raises(NotAllowed):
                bidding.act(login, share_of(bidding, 1, secret=secret))
    assert records(bidding) == []
    assert {light.state for light in hall(bidding)[0].trustees} == {"waiting"}
    assert len(records(bidding, "BidSubmitted")) == before


def test_who_sent_a_wrong_share_stands_in_the_record_and_on_the_wall(bidding):
    whole = bidding
    whole.work_off(80)
    refused, facts = code(whole.act, "trustee-1", share_of(whole, 1, secret=2))
    assert (refused, facts["index"]) == ("share_wrong", 1)
    assert facts["organisation"]
    (record,) = records(whole)
    assert (record.actor, record.fact.index, record.fact.by) == ("system", 1, whole.people["trustee-1"].id)
    shown, board = hall(whole)
    assert [light.state for light in shown.trustees] == ["bad", "waiting", "waiting"]
    assert shown.record[-1].about == facts["organisation"]
    assert [bool(trustee["refused_at"]) for trustee in board["trustees"]] == [True, False, False]

    assert code(whole.act, "trustee-1", share_of(whole, 1, secret=3))[0] == "share_wrong"
    assert len(records(whole)) == 1, "named once, however often it is sent"
    whole.act("trustee-1", share_of(whole, 1))
    assert [light.state for light in hall(whole)[0].trustees] == ["verified", "waiting", "waiting"]
    whole.act("trustee-2", share_of(whole, 2))
    whole.work_off()
    assert opening(whole).release is not None, "a wrong share holds up nothing"


def test_nobody_is_named_for_what_another_sent(bidding):
    """Neither who may not sign shares, nor who sends one under another's index, nor a signature that is not theirs."""
    whole = bidding
    whole.work_off(80)
    with pytest.raises(NotAllowed):
        whole.act("bidder-a", share_of(whole, 1, secret=2))
    assert code(whole.act, "trustee-2", share_of(whole, 1, secret=2))[0] == "share_of_another"
    whole.people["trustee-1"], kept = whole.people["trustee-2"], whole.people["trustee-1"]
    with pytest.raises(RuleViolation):
        whole.act("trustee-1", share_of(whole, 1, secret=2))
    whole.people["trustee-1"] = kept
    assert records(whole) == []


def failures(files):
    return {check.code for check in verify_bundle(files, (), steps=CHECKED) if check.verdict is Verdict.FAIL}


def test_the_verifier_judges_the_refusal_anew(bidding):
    whole = bidding
    whole.work_off(80)
    right = share_of(whole, 1).share
    assert code(whole.act, "trustee-1", share_of(whole, 1, secret=2))[0] == "share_wrong"
    for _step in range(3):
        whole.work_off(WITHIN)  # no right share comes, and no bidder commits its key
    assert opening(whole).failed == "too_few_keys"
    files = unpack(export_evidence(whole.platform, whole.people["regulator"].log_in, whole.case_id)[1])
    assert failures(files) == set()
    lines, key = tampering.lines_of(files), whole.platform.keys.platform.key
    seq = next(n for n, line in enumerate(lines) if line["entry"]["type"] == "ShareRefused")
    for path, value in (
        (("payload", "share"), right),
        (("payload", "share"), secrets.token_hex(48)),
        (("payload", "index"), 2),
        (("payload", "by"), whole.people["trustee-2"].id),
    ):
        forged = tampering.changed(lines, seq, path, lambda _old, value=value: value)
        assert "evidence_refusal_unfounded" in failures(tampering.by_platform(files, forged, key))
