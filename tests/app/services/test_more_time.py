"""Members have the time extended: nobody is told who asked, the officer has to, and report and evidence say it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.models import Notice
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.queries.next_steps import next_steps
from app.services.actors import load_actor
from app.services.audits import export_evidence
from app.services.platform import DIST
from evaluation import sitting
from evaluation.sitting import Stage
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.test_rollbacks import Again
from tests.app.services.test_signing_statement import words
from tests.app.services.whole_case import DRAWN
from tests.app.web.site import Site, booth

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
UNTIL = "改为十九时结束"
TYPES = ("MoreTimeAsked", "MoreTimeDue", "TimeExtended")


class Short(Again):
    def until_scoring(self) -> Short:
        return self.through(f"{DRAWN} seat_all elect review")

    def told(self, code: str) -> set[str]:
        with self.platform.database.reading() as db_session:
            return {one.account_id for one in db_session.scalars(select(Notice).where(Notice.code == code))}

    def steps(self, who: str) -> set[str]:
        with self.platform.database.reading() as db_session:
            actor = load_actor(db_session, self.people[who].id)
        return {step.code for step in next_steps(self.case, actor, self.clock.at)}


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> Short:
    return Short(tmp_path_factory.mktemp("short")).until_scoring()


def test_while_too_few_have_asked_nobody_is_told_who(case):
    room, first = f"/room/{case.case_id}/{LOT}", case.author
    mine = booth(Site(case), case.members[first])
    assert f"{room}/more-time" in mine.get(room)
    assert 'data-type="MoreTimeAsked"' in mine.get(f"{room}/more-time")
    others = {n: booth(Site(case), person).get(f"{room}/status") for n, person in case.members.items() if n != first}
    case.act(case.members[first], sitting.MoreTimeAsked(first))
    assert "您已提出评标时间不够" in mine.get(f"{room}/status")
    for number, page in others.items():
        now = booth(Site(case), case.members[number]).get(f"{room}/status")
        assert now == page, number
        assert not case.sees(number, "MoreTimeAsked")
    assert case.told("more_time_due") == set()
    assert "extend_time" not in case.steps("officer")
    browser = Site(case).browser("officer")
    early = browser.post(f"/agency/cases/{case.case_id}/lots/{LOT}/more-time", minutes="60", note=UNTIL)
    assert "没有超过规定比例" in early.get_data(as_text=True)


def test_then_it_is_due_and_the_officer_alone_extends(case):
    room = f"/room/{case.case_id}/{LOT}"
    second = next(n for n in case.members if n not in (case.author, case.chair))
    case.act(case.members[second], sitting.MoreTimeAsked(second))
    told = {case.people[who].id for who in ("officer", "releaser", "centre", "regulator")}
    assert told <= case.told("more_time_due")
    assert "评标时间不够，等待延长" in booth(Site(case), case.members[case.chair]).get(room)
    assert "extend_time" in case.steps("officer")
    assert "extend_time" not in case.steps("releaser")
    page = f"/agency/cases/{case.case_id}/lots/{LOT}/more-time"
    browser = Site(case).browser("officer")
    assert "应为 1 至 10080 之间的整数" in browser.post(page, minutes="0", note=UNTIL).get_data(as_text=True)
    signing = browser.post(page, minutes="90", note=UNTIL).get_data(as_text=True)
    assert 'data-type="TimeExtended"' in signing
    fact = sitting.TimeExtended(90, UNTIL)
    for who in ("releaser", "centre", "regulator", "witness-host", "bidder-a"):
        with pytest.raises(NotAllowed):
            case.act(who, fact)
    case.act("officer", fact)
    assert told <= case.told("time_extended")
    assert "评标时间已延长 90 分钟" in booth(Site(case), case.members[case.chair]).get(room)
    assert "extend_time" not in case.steps("officer")
    with pytest.raises(RuleViolation, match="more_time_not_due"):
        case.act("officer", fact)


def test_the_report_says_it_and_the_evidence_holds(case):
    case.score_all()
    for number, person in case.members.items():
        case._sign(number, person)
    case.work_off()
    assert case.state.stage is Stage.CLOSED
    files = unpack(export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)[1])
    said = words(files[f"documents/evaluation-report-{LOT}.pdf"])
    assert "5名成员中有2名认为评标时间不够" in said
    assert f"延长评标时间90分钟：{UNTIL}" in said
    root = case.platform.keys.authority.certificate_pem
    found = verify_bundle(files, [root], [read_profile("demo-goods")])
    assert [check for check in found if check.verdict is Verdict.FAIL] == []
    lines, key = tampering.lines_of(files), case.platform.keys.platform.key
    judging = {name: STEPS[name] for name in ("acts", "replay")}
    for type in TYPES:
        seq = [at for at, line in enumerate(lines) if line["entry"]["type"] == type][-1]
        forged = [
            tampering.changed(lines, seq, at) for at in tampering.paths(lines[seq]["entry"]) if at[0] == "payload"
        ]
        forged += [] if type == "TimeExtended" else [tampering.without(lines, seq)]
        for one in forged:
            assert fails(files, one, key, judging), type
    seq = next(at for at, line in enumerate(lines) if line["entry"]["type"] == "TimeExtended")
    assert fails(files, tampering.without(lines, seq), key, {"documents": STEPS["documents"]})


def fails(files, lines, key, steps) -> bool:
    found = verify_bundle(tampering.by_platform(files, lines, key), steps=steps)
    return any(check.verdict is Verdict.FAIL for check in found)
