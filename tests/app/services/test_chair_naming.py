"""The tenderer names the chair of a committee of works: the officer, by seat; the room, the report and the evidence say
so, and where that member leaves the committee elects."""

from __future__ import annotations

import json

import pytest

from app.casefile.bundle import unpack
from app.casefile.failure_record import recorded_failure
from app.casefile.named_chair import CHAIR_NAMED
from app.casefile.playback import play_back
from app.casefile.playback_scene import scene_of
from app.casefile.playback_words import names_told, said
from app.casefile.report_data import REPORT_ATTACHMENT, report_data
from app.casefile.sight import sees
from app.casefile.verification import STEPS
from app.permissions.policy import NotAllowed
from app.procedure.errors import RuleViolation
from app.queries.next_steps import next_steps
from app.services.actors import load_actor
from app.services.audits import export_evidence
from app.services.platform import DIST
from crypto.pdf import attached_file
from evaluation import sitting
from evaluation.sitting import ChairNamed, ElectedBy, Stage
from tests.app.services import tampering
from tests.app.services.people import LOT
from tests.app.services.test_methods import bundle_of, wrong
from tests.app.services.test_more_time import fails
from tests.app.services.test_replacements import Succeeding
from tests.app.services.test_signing_statement import words
from tests.app.web.site import Site, booth

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
CONVENED = "found publish bid read_out conclude draw"
TYPES = ("ChairNamed", "ChairElected")
ARTICLE = "评标委员会和评标方法暂行规定第 9 条"


class Named(Succeeding):
    """Works, whose tenderer may name the chair."""

    @property
    def room(self) -> str:
        return f"/room/{self.case_id}/{LOT}"

    @property
    def page(self) -> str:
        return f"/agency/cases/{self.case_id}/lots/{LOT}/chair"

    @property
    def experts(self) -> list[int]:
        return sorted(number for number, seat in self.state.seats.items() if seat.role == "expert")

    def steps(self, who: str) -> set[str]:
        with self.platform.database.reading() as db_session:
            actor = load_actor(db_session, self.people[who].id)
        return {step.code for step in next_steps(self.case, actor, self.clock.at)}

    def conclude_all(self) -> None:
        """To the seal."""
        self.review()
        bids = [bid.bid for bid in self.state.bids]
        self._each(lambda n: sitting.ScoreSheetLocked(n, self.sheet(n, bids), {}))
        self.work_off()
        for number, person in self.members.items():
            self._sign(number, person)
        self.work_off()
        assert self.state.stage is Stage.CLOSED

    def elected(self) -> list[sitting.ChairElected]:
        return [record.fact for record in self.lot_records if record.type == "ChairElected"]


@pytest.fixture(scope="module")
def case(tmp_path_factory, database_url) -> Named:
    made = Named(tmp_path_factory.mktemp("named"), profile="demo-works", database_url=database_url)
    return made.through(CONVENED)


def test_the_notice_says_that_the_tenderer_may(case):
    notice = Site(case).browser().get(f"/cases/{case.case_id}")
    assert f"由成员推选，或者由招标人指定（{ARTICLE}）" in notice


def test_the_officer_alone_names_a_seat_and_nobody_votes(case):
    seat = case.experts[1]
    assert "name_chair" in case.steps("officer")
    assert "name_chair" not in case.steps("releaser")
    officer = Site(case).browser("officer")
    assert "/chair" in officer.get("/agency")
    asked = officer.get(case.page)
    names = {number: case.state.seats[number].person for number in case.state.seats}
    assert ARTICLE in asked
    assert all(f"席位 {number}（" in asked for number in names)  # works: the tenderer's representative too
    assert not any(person in asked for person in names.values())
    assert "请选择一个席位" in officer.post(case.page).get_data(as_text=True)
    signing = officer.post(case.page, seat=str(seat)).get_data(as_text=True)
    assert 'data-type="ChairNamed"' in signing
    for who in ("releaser", "centre", "regulator", "witness-host", "bidder-a"):
        with pytest.raises(NotAllowed):
            case.act(who, ChairNamed(seat))
    case.act("officer", ChairNamed(seat))
    assert "name_chair" not in case.steps("officer")
    with pytest.raises(RuleViolation, match="chair_named_already"):
        case.act("officer", ChairNamed(case.experts[0]))
    assert "每个评标委员会只指定一次" in officer.get(case.page)
    case.seat_all()
    assert (case.state.stage, case.state.chair) == (Stage.REVIEW, seat)
    assert case.elected() == [sitting.ChairElected(seat, 1, ElectedBy.TENDERER)]
    with pytest.raises(RuleViolation, match="sitting_out_of_order"):
        case.act(case.members[seat], sitting.ChairVoted(seat, seat, 1))


def test_the_room_says_who_by_whom_and_under_which_article(case):
    seat, site = case.state.chair, Site(case)
    for person in case.members.values():
        page = booth(site, person).get(f"{case.room}/status")
        assert f"组长由招标人（某学院）指定，为席位 {seat}，不经推选（{ARTICLE}）。" in page
        assert f"组长：席位 {seat}" in page
        assert "推选组长" not in page
    english = booth(site, case.members[seat]).get(f"{case.room}/status?lang=en")
    assert f"The tenderer (某学院) named seat {seat} as the chair; none is elected" in english
    assert 'value="chair"' not in booth(site, case.members[seat]).get(case.room)  # nothing to hold again


def test_bidders_and_the_public_know_nothing_of_it(case):
    records = [record for record in case.lot_records if record.type == "ChairNamed"]
    with case.platform.database.reading() as db_session:
        actors = {who: load_actor(db_session, case.people[who].id) for who in case.people}
    reads = {who for who, actor in actors.items() if any(sees(actor, case.case, record) for record in records)}
    assert {"officer", "releaser", "centre", "witness-host", "witness-sub"} <= reads
    assert reads.isdisjoint({"bidder-a", "bidder-b", "trustee-1"})


def test_the_report_says_it_and_the_evidence_holds(case):
    seat = case.state.chair
    case.conclude_all()
    files = bundle_of(case)
    report = files[f"documents/evaluation-report-{LOT}.pdf"]
    assert f"，为席位{seat}，不经推选（评标委员会和评标方法暂行规定第九条）。" in words(report)
    stated = json.loads(attached_file(report, REPORT_ATTACHMENT))[CHAIR_NAMED]
    assert stated["seat"] == seat
    assert "left_at" not in stated
    assert wrong(case, files) == set()
    found = case.lot_records
    steps = [said(one, names_told(found, LOT)).in_words("zh", "Asia/Shanghai") for one in found if one.type in TYPES]
    assert steps == [
        f"指定席位 {seat} 的成员为组长（评标委员会和评标方法暂行规定第九条）。",
        f"席位 {seat} 任组长（招标人指定，不经推选）。",
    ]
    played = play_back(found, LOT)
    at = next(step for step in played.steps if step.record.type == "ChairNamed")
    assert [one.number for one in scene_of(at.after, names_told(found, LOT)).seats if one.named] == [seat]
    assert [one.number for one in scene_of(played.steps[-1].after, names_told(found, LOT)).seats if one.named] == []
    lines, key = tampering.lines_of(files), case.platform.keys.platform.key
    seq = next(at for at, line in enumerate(lines) if line["entry"]["type"] == "ChairNamed")
    judging = {name: STEPS[name] for name in ("acts", "replay")}
    assert fails(files, tampering.without(lines, seq), key, {name: STEPS[name] for name in ("replay", "documents")})
    for at in tampering.paths(lines[seq]["entry"]):
        if at[0] == "payload":
            assert fails(files, tampering.changed(lines, seq, at), key, judging), at


def test_the_agency_holds_its_part_of_the_evidence(case):
    case.release_export()
    files = unpack(export_evidence(case.platform, case.people["officer"].log_in, case.case_id)[1])
    shown = {line["entry"]["type"] for line in tampering.lines_of(files) if "entry" in line}
    assert {"ChairNamed", "ChairElected"} <= shown
    assert "StatementMade" not in shown
    assert wrong(case, files) == set()


def test_where_the_named_member_leaves_the_committee_elects(tmp_path):
    case = Named(tmp_path, profile="demo-works").through(CONVENED)
    seat = case.experts[0]
    case.act("officer", ChairNamed(seat))
    case.seat_all()
    assert case.state.chair == seat
    case.act(case.members[seat], sitting.ConflictDeclared(seat, "投标人丙的技术负责人是我的表弟"))
    case.work_off()
    case._answer(case.draw_again(), True)
    case.work_off()
    case.members[seat] = case._seat(seat)
    case.act(case.members[seat], sitting.StatementMade(seat, True, ""))
    assert case.state.stage is Stage.CHAIR
    assert "name_chair" not in case.steps("officer")
    page = booth(Site(case), case.members[seat]).get(case.room)
    assert f"招标人（某学院）指定的席位 {seat} 的成员已经退出，组长由评标委员会推选（{ARTICLE}）。" in page
    chosen = case.experts[1]
    case._each(lambda n: sitting.ChairVoted(n, chosen, 1))
    assert case.elected()[-1] == sitting.ChairElected(chosen, 1, ElectedBy.VOTES)
    case.conclude_all()
    files = bundle_of(case)
    assert f"指定席位{seat}的成员为组长；该成员于" in words(files[f"documents/evaluation-report-{LOT}.pdf"])
    assert report_data(case.lot_records, None)[CHAIR_NAMED].keys() == {"seat", "at", "left_at"}
    assert recorded_failure(case.lot_records)[CHAIR_NAMED]["seat"] == seat
    assert wrong(case, files) == set()


def test_goods_know_no_such_thing(tmp_path):
    case = Named(tmp_path).through("found publish bid open draw")
    assert "name_chair" not in case.steps("officer")
    with pytest.raises(RuleViolation, match="chair_not_nameable"):
        case.act("officer", ChairNamed(case.experts[0]))
    assert "组长由成员推选，招标人不指定" in Site(case).browser("officer").get(case.page)
    assert "由招标人指定" not in Site(case).browser().get(f"/cases/{case.case_id}")
