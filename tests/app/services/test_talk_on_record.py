"""Talk on record: members by seat, read by them and the authority alone, and by nobody while each scores alone."""

from __future__ import annotations

import pytest

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.sight import sees
from app.casefile.verification import STEPS, Verdict, verify_bundle
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.queries.cases import load_records
from app.services.actors import load_actor
from app.services.audits import export_evidence
from app.services.platform import DIST
from app.web.expert import talk as talk_pages
from evaluation import sitting
from evaluation.sitting import AnnouncementMade, AnnouncementNoted, Disposition, FloorGiven, MessagePosted
from tests.app.services import tampering
from tests.app.services.whole_case import DRAWN, LOT, WholeCase
from tests.app.web.site import Site, booth, stated

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
WORDS = "投标人乙第 14 页缺签章，请核对"
NOON = "十二点在本楼层用餐"
FACTS = {"MessagePosted", "FloorGiven", "AnnouncementMade", "AnnouncementNoted"}
JUDGING = {name: STEPS[name] for name in ("head", "log", "acts", "replay")}


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> WholeCase:
    case = WholeCase(tmp_path_factory.mktemp("talk")).through(f"{DRAWN} seat_all elect")
    other = next(number for number in case.members if number != case.chair)
    case.act(case.members[other], MessagePosted(other, WORDS))
    case.act(case.members[case.chair], FloorGiven(case.chair, other))
    case.act("witness-sub", AnnouncementMade(case.sites[1], NOON))
    return case


@pytest.fixture(scope="module")
def site(case: WholeCase) -> Site:
    return Site(case)


@pytest.fixture(scope="module")
def ended(case: WholeCase) -> WholeCase:
    """Somebody has noted the announcement, and the evaluation is given up, so that both halves may be exported."""
    if not any(record.type == "AnnouncementNoted" for record in case.lot_records):
        there = of_site(case, case.sites[1])
        case.act(case.members[there], AnnouncementNoted(there, 1))
    for step in (Disposition.SUSPEND, Disposition.ABANDON):
        case.act("regulator", sitting.SittingOrderProposed(step, "核查"))
        case.act("inspector", sitting.SittingOrdered(step, "核查"))
    case.work_off()
    return case


def of_site(case: WholeCase, site: str) -> int:
    return next(number for number, seat in case.state.seats.items() if seat.site == site)


def kinds(case: WholeCase, account: str, seat: str = "", *reasons: str) -> set[str]:
    with case.platform.database.reading() as db_session:
        actor = load_actor(db_session, account, seat)
        return {record.type for record in load_records(db_session, case.case_id) if sees(actor, case.case, record)}


def test_all_messages_are_read_so_many_on_a_page_the_latest_first(case: WholeCase, site: Site, monkeypatch):
    for words in ("第二条", "第三条"):
        case.act(case.members[1], MessagePosted(1, words))
    monkeypatch.setattr(talk_pages, "ON_A_PAGE", 2)
    address = f"/room/{case.case_id}/{LOT}/talk"
    latest, earlier = (booth(site, case.members[1]).get(f"{address}{page}") for page in ("", "?page=2"))
    assert ("第三条" in latest, WORDS in latest, "?page=2" in latest) == (True, False, True)
    assert ("第三条" in earlier, WORDS in earlier, "?page=3" in earlier) == (False, True, False)


def test_every_member_reads_what_a_seat_said_and_no_name(case: WholeCase, site: Site):
    for person in case.members.values():
        room = booth(site, person).get(f"/room/{case.case_id}/{LOT}")
        part = booth(site, person).get(f"/room/{case.case_id}/{LOT}/talk?part=1")
        assert WORDS in room
        assert WORDS in part
        assert "组长请席位" in part
        assert 'data-talk-open="1"' in part
        assert not any(f"专家{n}" in part for n in range(16))
    assert WORDS in booth(site, case.members[1]).get(f"/room/{case.case_id}/{LOT}/talk")


def test_the_authority_reads_it_for_a_reason_and_nobody_else_ever(case: WholeCase, site: Site):
    site.browser("regulator").get(f"/room/{case.case_id}/{LOT}/talk", 302)
    observed = stated(site).get(f"/room/{case.case_id}/{LOT}")
    assert WORDS in observed
    assert "data-talk-form" not in observed
    for who in ("officer", "releaser", "bidder-a", "centre", "witness-host", "witness-sub", "admin", "trustee-1"):
        site.browser(who).get(f"/room/{case.case_id}/{LOT}/talk", 404)
        assert WORDS not in site.browser(who).client.get(f"/api/v1/cases/{case.case_id}/events").get_data(as_text=True)
    for who in ("officer", "releaser", "bidder-a", "trustee-1"):
        assert not kinds(case, case.people[who].id) & FACTS, who
    for who in ("centre", "witness-host", "witness-sub", "regulator"):
        assert kinds(case, case.people[who].id) & FACTS == {"AnnouncementMade"}, who


def test_who_may_say_what(case: WholeCase):
    one, two = sorted(case.members)[:2]
    with pytest.raises(RuleViolation, match="sitting_not_own_seat"):
        case.act(case.members[one], MessagePosted(two, "in another's name"))
    for who in ("officer", "centre", "witness-host", "regulator", "bidder-a"):
        with pytest.raises(NotAllowed):
            case.act(who, MessagePosted(one, WORDS))
    for who in ("officer", "releaser", "bidder-a"):
        with pytest.raises(NotAllowed):
            case.act(who, AnnouncementMade("", NOON))
    for wrong in ("", case.sites[0]):
        with pytest.raises(RuleViolation, match="standstill_site_other"):
            case.act("witness-sub", AnnouncementMade(wrong, NOON))


def test_an_announcement_stays_until_each_has_noted_it(case: WholeCase, site: Site):
    there, elsewhere = of_site(case, case.sites[1]), of_site(case, case.sites[0])
    top = f"/room/{case.case_id}/{LOT}/announcements"
    assert NOON in booth(site, case.members[there]).get(top)
    assert NOON not in booth(site, case.members[elsewhere]).get(top)
    page = f"/cases/{case.case_id}/lots/{LOT}/standstill"
    assert "已阅 0 / 2" in site.browser("witness-sub").get(page)
    case.act(case.members[there], AnnouncementNoted(there, 1))
    assert NOON not in booth(site, case.members[there]).get(top)
    for number, person in case.members.items():  # who has read it is not the other seats' to know
        assert ("AnnouncementNoted" in kinds(case, person.id, person.log_in.seat)) == (number == there)
    assert "已阅 1 / 2" in site.browser("centre").get(page)
    assert "已阅 1 / 2" in site.browser("regulator").get("/regulator/live")
    assert NOON not in site.browser("officer").get(page)
    form = site.browser("witness-sub").post(f"{page}/announcement", site=case.sites[1], note="line\r\ntwo")
    assert 'data-type="AnnouncementMade"' in form.get_data(as_text=True)
    assert "line two" in form.get_data(as_text=True)


def test_while_each_scores_alone_nothing_is_said(case: WholeCase, site: Site):
    case.review()
    assert case.state.stage is sitting.Stage.SCORING
    with pytest.raises(RuleViolation, match="sitting_out_of_order"):
        case.act(case.members[1], MessagePosted(1, "四十分"))
    part = booth(site, case.members[1]).get(f"/room/{case.case_id}/{LOT}/talk?part=1")
    assert 'data-talk-open=""' in part
    assert "成员之间不发言" in part
    assert WORDS in part


def test_the_evidence_holds_and_no_word_of_it_can_be_changed(ended: WholeCase):
    case = ended
    files = unpack(export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)[1])
    root = case.platform.keys.authority.certificate_pem
    found = verify_bundle(files, [root], [read_profile("demo-goods")], steps=JUDGING)
    assert [check for check in found if check.verdict is Verdict.FAIL] == []
    lines, key = tampering.lines_of(files), case.platform.keys.platform.key
    said = [seq for seq, line in enumerate(lines) if line["entry"]["type"] in FACTS]
    assert {lines[seq]["entry"]["type"] for seq in said} == FACTS
    for seq in said:
        for path in tampering.paths(lines[seq]["entry"]):
            if path[0] in ("payload", "act", "at"):
                bundle = tampering.by_platform(files, tampering.changed(lines, seq, path), key)
                found = verify_bundle(bundle, steps={name: STEPS[name] for name in ("acts", "replay")})
                assert path[0] == "at" or any(check.verdict is Verdict.FAIL for check in found), (seq, path)


def test_the_agencys_bundle_holds_without_a_word_of_it(ended: WholeCase):
    case = ended
    case.release_export()
    files = unpack(export_evidence(case.platform, case.people["officer"].log_in, case.case_id)[1])
    found = verify_bundle(files, [], [read_profile("demo-goods")], steps=JUDGING)
    assert [check for check in found if check.verdict is Verdict.FAIL] == []
    told = {line["entry"]["type"] for line in tampering.lines_of(files) if "entry" in line} & FACTS
    assert told == {"AnnouncementMade"}, "which the report tells, too; who noted them and what was said it does not"
    assert all(WORDS.encode() not in data for data in files.values())


def test_the_log_of_the_authority_has_it_word_by_word(case: WholeCase, site: Site):
    log = stated(site).get(f"/regulator/cases/{case.case_id}?stage=all")
    for words in ("席位发言", "现场通知", WORDS, NOON):
        assert words in log
    assert WORDS not in site.browser("officer").get(f"/cases/{case.case_id}")
