"""A party that seals other bytes than it commits to, and one that commits to nothing: neither stops a draw, and neither
can choose between two results.
"""

from __future__ import annotations

import base64
import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.draw_capsules import seal_value
from app.casefile.sealing import committee_of
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.client import verify_draw
from app.procedure.calendar import add
from app.procedure.errors import RuleViolation
from app.queries.lots import draw_record
from app.services import draws, overdue_parties
from app.services.audits import export_evidence
from crypto.committee import identity, make_capsule, sign_share
from crypto.instants import format_instant
from evaluation import draw as drawing
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.test_pools import BEFORE, approve
from tests.app.services.whole_case import WholeCase
from tests.app.web.site import Site


def test_a_false_capsule_and_a_late_party_stop_nothing_and_are_on_record(tmp_path: Path):
    case = WholeCase(tmp_path).through(BEFORE)
    found = approve(case)
    committee, draw_id = committee_of(case.case), found.draw_id
    hidden = identity("draw-reveal", drawing.reveal_statement(draw_id, 1))
    value, other = os.urandom(32), os.urandom(32)

    def commit(who: str, party: str, capsule: bytes, seal: str | None = drawing.SEAL) -> None:
        promise = drawing.commitment(draw_id, party, value)
        sealed = base64.b64encode(capsule).decode()
        case.act(who, drawing.DrawCommitted(1, party, promise, sealed, seal))

    with pytest.raises(RuleViolation, match="draw_capsule_unbound"):
        commit("releaser", "agency", make_capsule(committee, hidden, value), None)
    commit("releaser", "agency", seal_value(committee, hidden, other))
    with pytest.raises(RuleViolation, match="draw_commitments_missing"):
        state(case)
    nobody_is_late_while_nobody_can_commit(case, found)
    late(case)
    with pytest.raises(RuleViolation, match="draw_too_few_commitments"):
        state(case)
    wall = Site(case).browser("regulator").get(f"/cases/{case.case_id}/lots/{LOT}/draw")
    assert "逾期未承诺" in wall
    assert 'data-draw-give="commit"' in wall  # who is late may still commit
    commit("centre", "centre", seal_value(committee, hidden, value))
    state(case)
    case.work_off()
    sign(case, identity("draw", case.case.lots[LOT].draw.current.stated), drawing.DrawShareReleased)
    case.act("centre", drawing.DrawRevealed(1, "centre", value.hex()))
    with pytest.raises(RuleViolation, match="draw_capsule_holds_other"):
        case.act("releaser", drawing.DrawRevealed(1, "agency", value.hex()))
    sign(case, hidden, drawing.CapsuleShareReleased)
    current = case.case.lots[LOT].draw.rounds[0]
    assert current.result is not None
    assert (current.replaced, current.stated["passed_over"]) == (("agency",), ["supervisor"])
    assert current.reveals["agency"] == drawing.replacement(current.commitments["agency"])
    for number in case.case.lots[LOT].draw.seats:
        case.work_off()
        case._answer(number, True)
    case.work_off()
    case.sit().report()
    holds_for_outsiders(case, tmp_path)
    judged_anew(case)


def nobody_is_late_while_nobody_can_commit(case: WholeCase, found: drawing.DrawConditions) -> None:
    """Conditions that are proposed anew hold everybody up; once they are approved, the time begins again."""
    case.act("officer", drawing.DrawConditionsProposed(found))
    case.clock.at = add(case.clock.at, case.case.tender.published.profile.draw_commit) + timedelta(seconds=1)
    case.work_off()
    case.approve_draw()
    case.work_off()
    assert case.case.lots[LOT].draw.current.overdue == ()


def late(case: WholeCase) -> None:
    """The time to commit passes; before that nobody is late."""
    within = case.case.tender.published.profile.draw_commit
    since = format_instant(case.case.lots[LOT].commits_since)
    overdue_parties.pass_over_parties(case.platform, case.case_id, LOT, f"2@{since}")  # of another round
    case.clock.at = add(case.clock.at, within) + timedelta(seconds=1)
    case.work_off()
    overdue_parties.pass_over_parties(case.platform, case.case_id, LOT, f"1@{since}")  # again: nothing
    assert case.case.lots[LOT].draw.current.overdue == ("centre", "supervisor")


def state(case: WholeCase) -> None:
    payload = draws.freeze_pool(case.platform, case.people["centre"].log_in, case.case_id, LOT)
    case.act("centre", payload, LOT, "DrawStated")


def sign(case: WholeCase, ident: bytes, kind: type) -> None:
    for index in (2, 3):
        case.act(f"trustee-{index}", kind(1, index, sign_share(case.shares[index], ident).hex()))
    case.work_off()


def holds_for_outsiders(case: WholeCase, folder: Path) -> None:
    """The record names who was late; that a capsule was false it cannot show, and says so."""
    path = folder / "draw-1.json"
    record = draw_record(case.case, LOT, 1)
    assert (record["v"], record["statement"]["v"]) == ("biddraw-record/v3", "biddraw/v2")
    path.write_text(json.dumps(record))
    trusted = committee_of(case.case).id
    assert verify_draw.main([str(path), "--committee", trusted]) == verify_draw.NOT_COMPARED
    record["statement"]["passed_over"] = ["nobody"]
    path.write_text(json.dumps(record))
    assert verify_draw.main([str(path), "--committee", trusted]) == verify_draw.WRONG


def judged_anew(case: WholeCase) -> None:
    """The bundle for the regulator holds, every fact decided again."""
    log_in, root = case.people["regulator"].log_in, case.platform.keys.authority.certificate_pem
    files = unpack(export_evidence(case.platform, log_in, case.case_id)[1])
    found = verify_bundle(files, [root], [read_profile("demo-goods")])
    assert [(one.name, one.code, one.facts) for one in found if one.verdict is Verdict.FAIL] == []
    falsified_by_the_platform(case, files)


def falsified_by_the_platform(case: WholeCase, files: dict[str, bytes]) -> None:
    """Nobody is late too early, nobody else, nobody's bytes are replaced but those of the false capsule, and nobody
    approves conditions of his or her own.
    """
    lines = tampering.lines_of(files)
    at = {line["entry"]["type"]: seq for seq, line in enumerate(lines)}
    overdue, opened = at["CommitmentsOverdue"], at["CapsulesOpened"]
    stated = lines[overdue]["entry"]
    before = lines[at["DrawRoundOpened"]]["entry"]["at"]
    for seq, path, value in (
        (at["DrawConditionsApproved"], ("actor",), lines[at["DrawConditionsProposed"]]["entry"]["actor"]),
        (overdue, ("at",), before),
        (overdue, ("at",), lines[at["DrawConditionsApproved"]]["entry"]["at"]),
        (overdue, ("payload", "parties"), ["centre"]),
        (overdue, ("payload", "round"), 2),
        (overdue, ("actor",), lines[at["DrawStated"]]["entry"]["actor"]),
        (opened, ("payload", "replaced"), []),
        (opened, ("payload", "values", "agency"), "0" * 64),
    ):
        wrong = tampering.changed(lines, seq, path, lambda _, value=value: value)
        bundle = tampering.by_platform(files, wrong, case.platform.keys.platform.key)
        found = verify_bundle(bundle, steps={"replay": STEPS["replay"]})
        assert [one.verdict for one in found if one.verdict is Verdict.FAIL], (path, value)
    assert stated["payload"]["parties"] == ["centre", "supervisor"]
