"""Anonymous technical bids: until the last lock no page, frame, file name or message of the room names a bidder."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.casefile.bid_ids import bid_of
from app.models import StoredFile
from app.procedure.errors import RuleViolation
from app.procedure.page_links import FILE_NAME, PageLink, write_page_links
from app.procedure.terms import check_terms
from app.services import score_drafts
from app.services.score_drafts import TypedScore
from evaluation import sitting
from evaluation.criteria import CriteriaSet, CriterionStage
from evaluation.evaluate import EvaluationRules
from tests.app.services.whole_case import EVALUATION, LOT, WholeCase
from tests.app.web.papers import pdf
from tests.app.web.site import Site, booth, stated, stored

TECHNICAL = tuple(
    c if c.stage is CriterionStage.PRICE else replace(c, stage=CriterionStage.TECHNICAL)
    for c in EVALUATION.criteria.criteria
)
ANONYMOUS = replace(EVALUATION, criteria=CriteriaSet(TECHNICAL, Decimal(100)))
NAMES = re.compile(r"投标人[abc]|bidder-[abc]\b|经理[abc]")


@dataclass
class AnonymousCase(WholeCase):
    """Technical bids without names; that of bidder b names its author in the properties of its file."""

    evaluation: EvaluationRules = ANONYMOUS

    @property
    def more_terms(self) -> dict[str, Any]:
        return {"anonymous": True}

    def sitting_bid(self, login: str) -> str:
        """The id of a bidder's bid in the room."""
        return bid_of(self.case.lots[LOT], self.receipts[login])

    def papers(self, login: str) -> list[Path]:
        folder = self.folder / f"papers-{login}"
        (folder / "技术").mkdir(parents=True, exist_ok=True)
        name = f"投标人{login[-1]}"
        author = f"\n% {name}".encode() if login == "bidder-b" else b""
        (folder / "技术" / f"{name}方案.pdf").write_bytes(pdf("施工方案") + author)
        (folder / f"商务-{name}.pdf").write_bytes(pdf(f"{name} 营业执照"))
        pages = [PageLink("plan", f"技术/{name}方案.pdf", 1, 1), PageLink("record", f"{name}没有.pdf", 1, 1)]
        (folder / FILE_NAME).write_bytes(write_page_links(pages))
        return [folder]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(AnonymousCase(tmp_path_factory.mktemp("anonymous")).until_scoring())


def shown(site: Site, number: int = 1) -> dict[str, str]:
    """Everything that a seat can ask for."""
    case, seat = site.case, booth(site, site.case.members[number])
    room, api = f"/room/{case.case_id}/{LOT}", f"/api/v1/cases/{case.case_id}"
    bids = [bid.bid for bid in case.state.bids]
    paths = [room, f"{room}/status", f"{room}/sheet", f"{room}/compare", f"{api}/events"]
    paths += [f"{api}/lots/{LOT}/room", f"{api}/lots/{LOT}/files", *(f"{room}?bid={bid}" for bid in bids)]
    paths += [f"{room}/papers?bid={bid}" for bid in bids]
    paths += [f"{room}/findings", f"{room}/pictures", f"{room}/talk", f"{room}/offline"]
    paths += [
        f"/cases/{case.case_id}",
        f"{api}",
        f"{api}/lots/{LOT}/opening",
        f"/cases/{case.case_id}/lots/{LOT}/opening",
    ]
    paths += [f"/cases/{case.case_id}/lots/{LOT}/opening/board", "/"]
    found = {path: seat.client.get(path).get_data(as_text=True) for path in paths}
    for row in stored(site):
        answer = seat.client.get(f"/api/v1/files/{row.id}", headers={"Range": "bytes=0-3"})
        found[row.name] = f"{answer.status_code} {answer.headers.get('Content-Disposition', '')}"
    return found


def test_nothing_in_the_room_names_a_bidder_before_the_last_lock(site: Site):
    for path, text in shown(site).items():
        assert not NAMES.search(text), (path, NAMES.search(text))
        assert "%E6%8A%95%E6%A0%87%E4%BA%BA" not in text, path  # in the name of a file
    page = shown(site)[f"/room/{site.case.case_id}/{LOT}"]
    assert re.findall(r"<span>(匿名投标 \d)</span>", page) == [f"匿名投标 {n}" for n in numbers_of(page)]
    assert sorted(numbers_of(page)) == ["1", "2", "3"]
    assert "匿名评审（暗标）" in page


def numbers_of(page: str) -> list[str]:
    return re.findall(r"<span>匿名投标 (\d)</span>", page)


def test_only_technical_files_are_read_and_a_link_still_leads_there(site: Site):
    found, case = shown(site), site.case
    read = {row.name: found[row.name][:3] for row in stored(site) if row.kind == "opened"}
    assert {name: status for name, status in read.items() if name.startswith("技术/")} == dict.fromkeys(
        (f"技术/投标人{letter}方案.pdf" for letter in "abc"), "206"
    )
    assert {status for name, status in read.items() if name.startswith("商务")} == {"404"}
    assert read[FILE_NAME] == "404"  # the list of pages names files as the bidder called them
    page = found[f"/room/{case.case_id}/{LOT}?bid={case.sitting_bid('bidder-a')}"]
    (link,) = re.findall(r'data-paper-link="desk" data-file="(\w+)" data-page="1">([^<]+)</a>', page)
    (plan,) = [r for r in stored(site) if r.owner == case.receipts["bidder-a"] and r.name.startswith("技术/")]
    assert link == (plan.id, "技术文件 1.pdf 第 1 页")


def test_a_file_that_names_its_bidder_is_told_as_a_fact_without_the_name(site: Site):
    found, case = shown(site), site.case
    told = {
        login: "文件中出现投标人名称" in found[f"/room/{case.case_id}/{LOT}?bid={case.sitting_bid(login)}"]
        for login in ("bidder-a", "bidder-b", "bidder-c")
    }
    assert told == {"bidder-a": False, "bidder-b": True, "bidder-c": False}


def test_a_lost_file_of_an_anonymous_bid_leaves_the_room_and_says_no_name(site: Site):
    case, bid = site.case, site.case.sitting_bid("bidder-c")
    (plan,) = [r for r in stored(site) if r.owner == case.receipts["bidder-c"] and r.name.startswith("技术/")]
    with case.platform.database.writing() as db_session:
        db_session.get_one(StoredFile, plan.id).start += 7
        db_session.commit()
    case.platform.database.memory.clear()
    seat = booth(site, case.members[2])
    assert "技术文件 1.pdf" in seat.get(f"/room/{case.case_id}/{LOT}?bid={bid}")
    refused = seat.client.get(f"/api/v1/files/{plan.id}", headers={"Range": "bytes=0-3"}).json["error"]
    assert refused["code"] == "file_damaged"
    assert not NAMES.search(str(refused))
    with case.platform.database.writing() as db_session:
        db_session.get_one(StoredFile, plan.id).start -= 7
        db_session.commit()


def test_a_refused_score_names_the_number(site: Site):
    case, bid = site.case, site.case.sitting_bid("bidder-a")
    typed = TypedScore(bid, "plan", Decimal(99), "")
    with pytest.raises(RuleViolation) as refused:
        score_drafts.save_score(case.platform, case.members[1].log_in, case.case_id, LOT, typed)
    assert refused.value.facts["bid"]["zh"].startswith("匿名投标 ")
    assert refused.value.facts["bid"]["en"].startswith("Bid ")


def opened_names(site: Site) -> set[str]:
    listed = stated(site).client.get(f"/api/v1/cases/{site.case.case_id}/lots/{LOT}/files").json
    return {file["name"] for file in listed if file["kind"] == "opened"}


def test_an_inspector_who_observes_reads_what_the_room_reads(site: Site):
    case, inspector = site.case, stated(site)
    assert opened_names(site) == {"技术文件 1.pdf"}
    for bid in case.state.bids:
        page = inspector.get(f"/room/{case.case_id}/{LOT}/papers?bid={bid.bid}")
        assert "技术文件 1.pdf" in page
        assert not re.search(r"(商务-|技术/)?投标人[abc](\.pdf|方案)", page)


def test_a_criterion_that_is_not_technical_is_not_published_so(site: Site):
    terms = site.case.case.tender.published
    lot = replace(terms.lots[0], evaluation=EVALUATION, deadline_at=site.case.clock().replace(year=2099))
    with pytest.raises(RuleViolation, match="anonymous_criterion"):
        check_terms(replace(terms, lots=(lot,)), site.case.clock())


def test_after_the_last_lock_the_names_are_there(site: Site):
    case = site.case
    bids = [bid.bid for bid in case.state.bids]
    case._each(lambda n: sitting.ScoreSheetLocked(n, case.sheet(n, bids), {}))
    page = booth(site, case.members[1]).get(f"/room/{case.case_id}/{LOT}")
    assert set(re.findall(r"投标人[abc]", page)) == {"投标人a", "投标人b", "投标人c"}
    assert "匿名投标" not in page
    assert {"商务-投标人a.pdf", "技术/投标人a方案.pdf"} <= opened_names(site)
