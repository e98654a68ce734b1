"""Appraisals by seat: marked by one, looked at and confirmed by another, objected to, decided, and what follows."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from app.models import Account, CaseFile, Expert, ExpertAppraisal, ExpertEvent, Lot, Notice, Tender
from app.procedure.errors import RuleViolation
from app.queries.appraisals import CASES
from app.services import appraisals, standings
from app.services.platform import DIST
from app.services.unit_of_work import plain_transaction
from evaluation.standing import Status, Step
from tests.app.services.whole_case import LOT
from tests.app.web.experts_alone import after_an_evaluation, entry, marked
from tests.app.web.site import Site

pytestmark = pytest.mark.skipif(not (DIST / "fonts").is_dir(), reason="the front end is not built")


@pytest.fixture(scope="module")
def over(tmp_path_factory) -> Site:
    return after_an_evaluation(tmp_path_factory.mktemp("appraisals"))


def seen_at(page: str) -> str:
    (found,) = re.findall(r'name="entered_at" value="([^"]+)"', page)
    return str(found)


def test_an_appraisal_is_looked_at_before_it_is_confirmed(over: Site):
    officer = over.browser("officer")
    assert "写明" in marked(over, "officer", ["disclosed"], "")
    assert "没有问题" in marked(over, "officer", ["diligent", "late"], "矛盾")
    assert "至少 20 字" in marked(over, "officer", ["disclosed"], "评审中打电话")
    assert "<form" in marked(over, "officer", ["absent"], "没有来"), "the member was there, says the case file"
    base = marked(over, "officer", ["disclosed"], "评审中打电话：三月二日九时四十分，见证人在场，有录像为证")
    page = officer.get(base)
    assert not re.search(r"专家\d|ZJ[0-9a-f]{8}|单位\d", page)
    assert not re.search(r"确认评价", page), "whoever marked does not confirm"
    assert "还没有评价" in over.browser("member").get("/expert/appraisals")
    releaser = over.browser("releaser")
    assert "entered_at" not in releaser.get(base), "not before it was looked at by itself"
    (path,) = re.findall(r'href="(\S+/confirmation)"', releaser.get(base))
    asked_once = releaser.get(path)
    assert "暂停抽取 180 天" in asked_once
    assert "评审中打电话" in asked_once
    officer.get(path, 404)


def test_appraisals_by_seat_confirmed_objected_and_decided(over: Site):
    expert, releaser = entry(over, "member"), over.browser("releaser")
    base = f"/cases/{over.case.case_id}/lots/{LOT}/appraisals"
    (path,) = re.findall(r'href="(\S+/confirmation)"', releaser.get(base))
    seen = seen_at(releaser.get(path))
    stale = releaser.post(base, entered_at="", decision="confirm")
    assert stale.status_code == 405
    token = re.search(r'name="csrf-token" content="([^"]+)"', releaser.get(base))
    assert token
    sent = {"csrf_token": token[1], "decision": "confirm"}
    assert "已经改动" in releaser.client.post(path, data=sent | {"entered_at": "earlier"}).get_data(as_text=True)
    assert releaser.client.post(path, data=sent | {"entered_at": seen}).status_code == 302
    releaser.get(path, 404)
    own = over.browser("member").get("/expert/appraisals")
    assert "评审中打电话" in own
    assert "代理经办" not in own, "not who marked it"
    assert "评审中打电话" not in over.browser("centre").get(base), "the other party's"
    assert "评审中打电话" not in over.browser("other").get("/expert/appraisals")
    (object_to,) = re.findall(r'action="(\S+/objection)"', own)
    member = over.browser("member")
    token = re.search(r'name="csrf-token" content="([^"]+)"', member.get("/expert/appraisals"))
    assert token
    words = {"csrf_token": token[1], "words": "家中急事，经见证人同意"}
    foreign = over.browser("other")
    token = re.search(r'name="csrf-token" content="([^"]+)"', foreign.get("/expert/appraisals"))
    assert token
    assert foreign.client.post(object_to, data=words | {"csrf_token": token[1]}).status_code == 200, "not one's own"
    assert member.client.post(object_to, data=words).status_code == 302
    with over.case.platform.database.reading() as db_session:
        told = select(Account.login).join(Notice, Notice.account_id == Account.id)
        asked = set(db_session.scalars(told.where(Notice.code == "appraisal_objected")))
    assert asked == {"centre", "second", "regulator", "inspector"}, "who may decide it"
    over.case.work_off(8 * 24 * 3600)
    assert entry(over, "member").status == Status.ADMITTED, "nothing counts while an objection waits"
    decider = over.browser("regulator")
    page = decider.get(base)
    assert "家中急事" in page
    assert "席位" in page
    (decide,) = re.findall(r'action="(\S+/objection)"', page)
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert token
    sent = {"csrf_token": token[1], "decision": "uphold", "reason": ""}
    assert "请写明理由" in decider.client.post(decide, data=sent).get_data(as_text=True)
    assert decider.client.post(decide, data=sent | {"reason": "见证人否认"}).status_code == 302
    suspended = entry(over, "member")
    assert suspended.status == Status.SUSPENDED, "twelve points"
    assert suspended.status_by == standings.BY_RULE
    with pytest.raises(RuleViolation, match="suspended_by_rule"):
        standings.take_step(over.case.platform, over.case.people["centre"].log_in, expert.id, Step.RESTORE, "放行")
    over.case.work_off(181 * 24 * 3600)
    assert entry(over, "member").status == Status.ADMITTED, "its time is over"
    with over.case.platform.database.reading() as db_session:
        steps = list(db_session.scalars(select(ExpertEvent.step).where(ExpertEvent.expert_id == expert.id)))
    assert steps[-3:] == ["appraise", "suspend", "restore"]


def test_points_that_are_settled_during_a_suspension_make_it_longer(over: Site):
    expert, day = entry(over, "other"), 24 * 3600

    def settled(person: str) -> None:
        given = {"grounds": "[]", "points": 12, "note": "", "entered_by": "", "entered_at": over.case.clock()}
        row = ExpertAppraisal(case_id=over.case.case_id, lot=LOT, person=person, seat=1, party="agency", **given)
        with plain_transaction(over.case.platform.database) as (db_session, _now):
            row.expert_id = expert.id
            db_session.add(row)
            db_session.flush()
            number = row.id
        appraisals.settle_appraisal(over.case.platform, number)

    settled("first")
    over.case.work_off(100 * day)
    settled("second")
    over.case.work_off(81 * day)
    assert entry(over, "other").status == Status.SUSPENDED, "the first date is not the last"
    with pytest.raises(RuleViolation, match="suspended_by_rule"):
        standings.take_step(over.case.platform, over.case.people["centre"].log_in, expert.id, Step.RESTORE, "放行")
    over.case.work_off(100 * day)
    assert entry(over, "other").status == Status.ADMITTED
    standings.take_step(over.case.platform, over.case.people["centre"].log_in, expert.id, Step.SUSPEND, "核查")
    over.case.work_off(200 * day)
    settled("third")
    settled("fourth")
    with pytest.raises(RuleViolation, match="suspended_by_rule"):
        standings.take_step(over.case.platform, over.case.people["centre"].log_in, expert.id, Step.RESTORE, "放行")
    over.case.work_off(181 * day)
    assert entry(over, "other").status == Status.SUSPENDED, "a person's suspension is a person's to end"
    standings.take_step(over.case.platform, over.case.people["centre"].log_in, expert.id, Step.RESTORE, "核查完毕")


def test_lots_to_appraise_are_looked_for_among_ones_own(over: Site):
    case, title = over.case, "设备采购"
    ids, later = [f"{n:032x}" for n in range(CASES)], case.case.tender.published_at + timedelta(days=1)
    with case.platform.database.writing() as db_session:
        own = db_session.get_one(Tender, case.case_id)
        given = {"title": "别家", "buyer": "", "profile": own.profile, "published_at": later}
        given |= {"agency_id": own.regulator_id, "regulator_id": own.agency_id}
        db_session.add_all(CaseFile(id=one, kind="tender", created_at=later) for one in ids)
        db_session.flush()
        db_session.add_all(Tender(case_id=one, code=one, **given) for one in ids)
        db_session.add_all(Lot(case_id=one, number="1", title="", deadline_at=later, closed_at=later) for one in ids)
        db_session.commit()
    assert title in over.browser("officer").get("/appraisals")
    assert title not in over.browser("regulator").get("/appraisals"), "no objection waits"
    centre = over.browser("centre")
    assert title not in (page := centre.get("/appraisals"))
    assert f"/appraisals?from={CASES}" in page
    assert title in centre.get(f"/appraisals?from={CASES}")
    with case.platform.database.writing() as db_session:
        for column in (Lot.case_id, Tender.case_id, CaseFile.id):
            db_session.execute(delete(column.class_).where(column.in_(ids)))
        db_session.commit()


def test_nothing_to_object_to_counts_at_once_and_outsiders_see_nothing(over: Site):
    base = marked(over, "centre", ["diligent"], "")
    second = over.browser("second")
    (path,) = re.findall(r'href="(\S+/confirmation)"', second.get(base))
    seen = seen_at(second.get(path))
    token = re.search(r'name="csrf-token" content="([^"]+)"', second.get(base))
    assert token
    sent = {"csrf_token": token[1], "decision": "confirm", "entered_at": seen}
    assert second.client.post(path, data=sent).status_code == 302
    assert "已生效" in second.get(base)
    for who in ("bidder-a", "witness-host", "admin", "other"):
        over.browser(who).get(base, 404)
    with plain_transaction(over.case.platform.database) as (db_session, _now):
        assert db_session.scalars(select(Expert).where(Expert.status == Status.SUSPENDED)).first() is None
