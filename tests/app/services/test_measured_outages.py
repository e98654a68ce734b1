"""A gap of the register's ticks before a deadline: the platform proposes by its rule, two persons decide."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.verification import Verdict, verify_bundle
from app.models import Job, Notice
from app.procedure.deadlines import OutageExtensionProposed, OutageExtensionReleased
from app.services import openings, outages, ticks
from app.services.audits import export_evidence
from app.services.platform import DIST
from app.worker import run_next
from crypto.instants import format_instant, parse_instant
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.whole_case import WholeCase
from tests.app.workbench import Bench

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
GAP = timedelta(seconds=6)


def every_second(case):
    """Its platform, with a register that ticks once a second."""
    return replace(case.platform, settings=replace(case.platform.settings, tick_seconds=1))


def measured(case, gap=GAP):
    """The jobs that a gap of the ticks leaves; both of its ends."""
    here = every_second(case)
    ticks.make_tick(here)
    began_at = case.clock.at
    case.clock.advance(gap.total_seconds())
    index = ticks.make_tick(here)
    with here.database.reading() as db_session:
        jobs = list(db_session.scalars(select(Job.detail).where(Job.task == "propose_extensions")))
    return began_at, index, jobs


@pytest.fixture
def bidding(bench: Bench) -> Bench:
    bench.clock.stop_at(bench.clock())
    bench.publish(60)
    yield bench
    bench.clock.go_on()


def notices(bench, login):
    with bench.platform.database.reading() as db_session:
        mine = Notice.account_id == bench.people[login].id, Notice.case_id == bench.case_id
        return list(db_session.scalars(select(Notice.code).where(*mine)))


def test_a_gap_is_proposed_once_told_and_moves_nothing_by_itself(bidding):
    deadline_at = bidding.deadline_at
    _began_at, index, jobs = measured(bidding)
    assert str(index) in jobs
    while not bidding.records("OutageMeasured"):
        assert run_next(bidding.platform)
    outages.propose_extensions(bidding.platform, index)  # as after a crash before the job was marked done
    (record,) = bidding.records("OutageMeasured")
    assert (record.actor, record.act) == ("system", {})
    lost = record.fact.ended_at - record.fact.began_at
    assert GAP <= lost < GAP + timedelta(seconds=1)
    assert timedelta() <= record.fact.deadlines[LOT] - deadline_at - lost < timedelta(seconds=1)
    assert bidding.deadline_at == deadline_at
    for login in ("centre", "releaser", "regulator"):
        assert notices(bidding, login).count("outage_measured") == 1
    assert not any("outage_measured" in notices(bidding, login) for login in ("bidder-a", "officer"))
    said = {"cause": "机房断电", **vars(record.fact)}
    bidding.act("centre", OutageExtensionProposed(**said), "")
    bidding.act("releaser", OutageExtensionReleased(**said), "")
    assert bidding.deadline_at == record.fact.deadlines[LOT]


def test_a_short_gap_leaves_no_job_and_one_that_ends_after_the_deadline_no_proposal(bidding):
    _began_at, index, jobs = measured(bidding, timedelta(seconds=2))
    assert str(index) not in jobs
    _began_at, index, jobs = measured(bidding, timedelta(seconds=61))
    assert str(index) in jobs
    outages.propose_extensions(bidding.platform, index)
    assert bidding.records("OutageMeasured") == []


def test_the_verifier_works_out_what_the_rule_gives(tmp_path):
    case = WholeCase(tmp_path).through("found publish")
    _began_at, index, _jobs = measured(case)
    outages.propose_extensions(case.platform, index)
    case.clock.at = case.case.tender.deadlines[LOT]
    openings.close_lot(case.platform, case.case_id, LOT)  # nobody has bid: it is over
    log_in, root = case.people["regulator"].log_in, case.platform.keys.authority.certificate_pem
    files = unpack(export_evidence(case.platform, log_in, case.case_id)[1])
    checks = verify_bundle(files, [root], [read_profile("demo-goods")])
    assert [check for check in checks if check.verdict is Verdict.FAIL] == []
    lines = copy.deepcopy(tampering.lines_of(files))
    (entry,) = [line["entry"] for line in lines if line["entry"]["type"] == "OutageMeasured"]
    deadlines = entry["payload"]["deadlines"]
    deadlines[LOT] = format_instant(parse_instant(deadlines[LOT]) + timedelta(seconds=1))
    forged = tampering.by_platform(files, lines, case.platform.keys.platform.key)
    failed = [check for check in verify_bundle(forged) if check.verdict is Verdict.FAIL]
    assert {check.code for check in failed} == {"evidence_fact_unlawful"}
    assert failed[0].facts["reason"] == "outage_not_measured"
