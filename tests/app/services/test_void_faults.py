"""A bid that could not be opened: the tenderer names whose fault it is, its bidder objects, the record says it all."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from markupsafe import escape
from sqlalchemy import select

from app.adapters.profiles import read_profile
from app.casefile.bundle import unpack
from app.casefile.verification import Verdict, verify_bundle
from app.models import Notice
from app.procedure.attribution import AttributionDisputed, Fault, FaultAttributed
from app.procedure.errors import RuleViolation
from app.queries.next_steps import next_steps
from app.queries.void_faults import fault_lines
from app.services.actors import load_actor
from app.services.audits import export_evidence
from app.services.platform import DIST
from tests.app.services.whole_case import LOT, WholeCase
from tests.app.web.site import Site

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")
COURSE = "found publish change_deadlines bid read_out"
GROUND, TEXT, REPLY = "密钥包打不开，平台收到的密文与回执一致", "密钥包在上传之后被平台改动", "经复核，维持认定"
HOSTILE = "<b>&<img src=x>"


def named(case: WholeCase, fault: Fault = Fault.BIDDER, ground: str = GROUND) -> FaultAttributed:
    return FaultAttributed(case.receipts["bidder-e"], fault, ground)


def told(case: WholeCase, login: str) -> list[str]:
    with case.platform.database.reading() as db_session:
        query = select(Notice.code).where(Notice.account_id == case.people[login].id).order_by(Notice.created_at)
        return [code for code in db_session.scalars(query) if "fault" in code]


def concluded(case: WholeCase) -> bool:
    return case.case.lots[LOT].opening.concluded_at is not None


def steps(case: WholeCase) -> list[str]:
    with case.platform.database.reading() as db_session:
        actor = load_actor(db_session, case.people["officer"].id)
    found = next_steps(case.case, actor, case.platform.database.now())
    return [step.code for step in found if step.code == "attribute_fault"]


def test_what_was_named_disputed_and_answered_stands_on_the_record_and_holds_offline(tmp_path):
    case = WholeCase(tmp_path).through(COURSE)
    assert steps(case) == ["attribute_fault"]
    case.act("officer", named(case))
    assert (steps(case), told(case, "bidder-e")) == ([], ["fault_bidder"])
    with pytest.raises(RuleViolation, match="bid_not_void"):
        case.act("bidder-a", AttributionDisputed(case.receipts["bidder-e"], TEXT))
    case.act("bidder-e", AttributionDisputed(case.receipts["bidder-e"], TEXT))
    assert (steps(case), told(case, "officer")) == (["attribute_fault"], ["fault_disputed"])
    case.work_off(3600)
    assert not concluded(case), "the bidder waits for an answer"
    case.act("officer", named(case, ground=REPLY + HOSTILE))
    hall = Site(case).browser().get(f"/cases/{case.case_id}/lots/{LOT}/opening")
    assert HOSTILE not in hall
    assert str(escape(HOSTILE)) in hall
    case.work_off()
    assert concluded(case)
    assert told(case, "bidder-e") == ["fault_bidder", "fault_bidder_for_good"]
    with pytest.raises(RuleViolation, match="opening_concluded"):
        case.act("officer", named(case, Fault.OTHER))
    pdf = next(data for name, data in evidence(case).items() if name.endswith(f"opening-record-{LOT}.pdf"))
    if shutil.which("pdftotext"):
        shown = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, capture_output=True, check=True).stdout
        text = shown.decode().replace("\n", "")
        assert all(words in text for words in ("视为撤销", GROUND, TEXT, REPLY, HOSTILE))


def evidence(case: WholeCase) -> dict[str, bytes]:
    case.qualify().draw().sit().report()
    data = export_evidence(case.platform, case.people["regulator"].log_in, case.case_id)[1]
    roots, profiles = [case.platform.keys.authority.certificate_pem], [read_profile("demo-goods")]
    found = verify_bundle(data, roots, profiles)
    assert [step for step in found if step.verdict is Verdict.FAIL] == []
    return dict(unpack(data))


def test_silence_of_the_bidder_holds_nobody_up_and_the_conclusion_waits_until_its_time_has_passed(tmp_path):
    case = WholeCase(tmp_path).through(COURSE)
    until = case.case.lots[LOT].opening.objections_until
    case.clock.advance((until - case.platform.database.now()).total_seconds() - 0.5)
    case.act("officer", named(case, Fault.OTHER))
    case.work_off(1)
    assert not concluded(case)
    (line,) = fault_lines(case.case, LOT)
    case.work_off((line.until - case.platform.database.now()).total_seconds())
    assert concluded(case)
    assert (line.fault, line.ground) == (Fault.OTHER, GROUND)


def test_where_the_tenderer_names_nothing_the_record_says_so(tmp_path):
    case = WholeCase(tmp_path).through(COURSE).conclude()
    assert concluded(case)
    (line,) = fault_lines(case.case, LOT)
    assert (line.fault, line.computed) == (None, False)
    hall = Site(case).browser().get(f"/cases/{case.case_id}/lots/{LOT}/opening")
    assert "招标人未认定" in hall


def test_pages_of_both_and_the_hall(tmp_path):
    case = WholeCase(tmp_path).through(COURSE)
    site = Site(case)
    page = f"/agency/cases/{case.case_id}/lots/{LOT}/void-bids/{case.receipts['bidder-e']}"
    officer = site.browser("officer")
    assert page in officer.get("/agency")
    assert "请选择是谁的原因" in officer.post(page, fault="", ground="").get_data(as_text=True)
    review = officer.post(page, fault="bidder", ground=GROUND).get_data(as_text=True)
    assert "可以提出一次异议" in review
    assert GROUND in review
    own = f"/bidder/cases/{case.case_id}/lots/{LOT}"
    assert "招标人尚未认定" in site.browser("bidder-e").get(own)
    case.act("officer", named(case))
    bidder = site.browser("bidder-e")
    assert f"{own}/void-bid" in bidder.get(own)
    assert TEXT in bidder.post(f"{own}/void-bid", text=TEXT).get_data(as_text=True)
    assert "解密失败的责任" not in site.browser("bidder-b").get(own)
    site.browser("bidder-b").get(f"{own}/void-bid", 404)
    case.act("bidder-e", AttributionDisputed(case.receipts["bidder-e"], TEXT))
    assert f"{own}/void-bid" not in bidder.get(own)
    assert TEXT in officer.get(page)
    hall = site.browser().get(f"/cases/{case.case_id}/lots/{LOT}/opening")
    assert all(words in hall for words in ("视为撤销", GROUND, TEXT, "待代理机构答复"))
    english = site.browser("bidder-e", "en").get(own)
    assert "counts as revoked" in english
    assert json.dumps(TEXT) not in hall
