"""The tenderer briefs the committee: the officer alone, in writing, read by the room, told by report and evidence."""

from __future__ import annotations

import pytest

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.sight import sees
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.services.actors import load_actor
from app.services.audits import export_evidence
from app.services.platform import DIST
from evaluation.sitting import BriefingGiven, Stage
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.test_more_time import Short, fails
from tests.app.services.test_signing_statement import words
from tests.app.services.whole_case import DRAWN
from tests.app.web.site import Site, booth

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
TEXT = "本项目为实训室十二张床位的设备。\n评审只依据采购文件。"
FACT = BriefingGiven(TEXT)


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> Short:
    return Short(tmp_path_factory.mktemp("briefed")).through(f"{DRAWN} seat_all")


def test_the_officer_alone_briefs_and_the_room_reads(case):
    room, page = f"/room/{case.case_id}/{LOT}", f"/agency/cases/{case.case_id}/lots/{LOT}/briefing"
    assert "brief_committee" in case.steps("officer")
    assert "brief_committee" not in case.steps("releaser")
    assert "/briefing" in Site(case).browser("officer").get("/agency")
    for who in ("releaser", "centre", "regulator", "witness-host", "bidder-a", case.members[min(case.members)]):
        with pytest.raises(NotAllowed):
            case.act(who, FACT)
    named = Site(case).browser("officer").post(page, text="投标人 a 熟悉本校。").get_data(as_text=True)
    assert "介绍的内容提到了投标人" in named
    signing = Site(case).browser("officer").post(page, text=TEXT).get_data(as_text=True)
    assert 'data-type="BriefingGiven"' in signing
    before = booth(Site(case), case.members[min(case.members)]).get(room)
    assert "十二张床位" not in before
    case.act("officer", FACT)
    for person in case.members.values():
        seat = booth(Site(case), person)
        assert "十二张床位" in seat.get(room)
        assert "十二张床位" in seat.get(f"{room}/briefing")
    assert "brief_committee" not in case.steps("officer")
    with pytest.raises(RuleViolation, match="briefing_given"):
        case.act("officer", FACT)


def test_centre_witness_and_bidder_know_nothing_of_it(case):
    records = [record for record in case.lot_records if record.type == "BriefingGiven"]
    with case.platform.database.reading() as db_session:
        actors = {who: load_actor(db_session, case.people[who].id) for who in case.people}
    reads = {who for who, actor in actors.items() if any(sees(actor, case.case, record) for record in records)}
    assert {"officer", "releaser"} <= reads
    assert reads.isdisjoint({"centre", "witness-host", "witness-sub", "bidder-a", "bidder-b"})


def test_the_report_says_it_and_the_evidence_holds(case):
    case.through("elect review score_all")
    for number, person in case.members.items():
        case._sign(number, person)
    case.work_off()
    assert case.state.stage is Stage.CLOSED
    files = unpack(export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)[1])
    assert "以书面向评标委员会介绍：本项目为实训室十二张床位的设备。" in words(
        files[f"documents/evaluation-report-{LOT}.pdf"]
    )
    root = case.platform.keys.authority.certificate_pem
    found = verify_bundle(files, [root], [read_profile("demo-goods")])
    assert [check for check in found if check.verdict is Verdict.FAIL] == []
    lines, key = tampering.lines_of(files), case.platform.keys.platform.key
    seq = next(at for at, line in enumerate(lines) if line["entry"]["type"] == "BriefingGiven")
    assert fails(files, tampering.without(lines, seq), key, {"documents": STEPS["documents"]})
    judging = {name: STEPS[name] for name in ("acts", "replay")}
    for at in tampering.paths(lines[seq]["entry"]):
        if at[0] == "payload":
            assert fails(files, tampering.changed(lines, seq, at), key, judging), at
